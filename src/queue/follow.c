/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follows whoever leads, for as long as it takes. */
#include "queue/follow.h"

#include "base/clock.h"
#include "base/file.h"
#include "queue/answer.h"
#include "queue/handover.h"

#include <poll.h>

enum {
	TICK = 5,	    /* ms between two looks for who leads */
	HESITATION = 400,   /* of them, until the one that leads must listen */
	SAYING = 1000,	    /* ms for a few octets */
	MARGIN = 5,	    /* s longer than a server may be silent */
	ROUNDS_MAX = 64,    /* of others that ended before they came to this message */
	BREAKS_MAX = 3,	    /* … or between its beginning and its end */
	PART_MAX = 1 << 20, /* octets of what is not yet a whole record */
	HEARD_MAX = 1 << 26 /* … and of all */
};

/* What one who leads has come to. */
enum round {
	ROUND_DONE,
	ROUND_OVER,  /* it ended before our turn */
	ROUND_BROKE, /* … before our message can be out */
	ROUND_DOUBT, /* … when it may have been out */
	ROUND_ODD,   /* it does not speak as it should */
	ROUND_LATE
};

/* A conversation with it. */
struct talk {
	struct follow *follow;
	struct answer answer;
	struct buf heard;
	size_t total;
	int fd;
	bool started;
	bool completing; /* somebody may have it, and nobody would say so */
};

/* What it means that it has ended, or has said something that means nothing. */
static enum round
broken(const struct talk *talk, bool odd)
{
	if (talk->completing)
		return ROUND_DOUBT;
	if (talk->started)
		return ROUND_BROKE;
	return odd ? ROUND_ODD : ROUND_OVER;
}

/* True when there is more to hear. */
static bool
take_answer(struct talk *talk, enum answer_kind kind, enum round *round)
{
	*round = broken(talk, true);
	switch (kind) {
	case ANSWER_PART:
		*round = broken(talk, false);
		return talk->heard.len < PART_MAX && talk->total < HEARD_MAX;
	case ANSWER_STARTED:
		if (talk->started)
			return false;
		/* From here on it is no use to give up: it is sent. */
		talk->started = share_say_word(talk->fd, WORD_GO);
		*round = ROUND_OVER;
		return talk->started;
	case ANSWER_COMPLETING:
		talk->completing = talk->started;
		return talk->started;
	case ANSWER_WORKING:
	case ANSWER_CONCLUDED:
		return talk->started;
	case ANSWER_AGAIN:
		*round = ROUND_BROKE;
		return false;
	case ANSWER_VERDICT:
		if (talk->started || !talk->answer.verdicts)
			*round = ROUND_DONE;
		return false;
	case ANSWER_GO:
	case ANSWER_WRONG:
		break;
	}
	return false;
}

/* Once it has begun, each wait is one for a reply. */
static int64_t
deadline_of(const struct talk *talk)
{
	unsigned seconds = stage_seconds(STAGE_CONTENT), timeout = talk->follow->timeout;

	if (!talk->started)
		return talk->follow->until;
	return deadline_in((timeout && timeout < seconds ? timeout : seconds) + MARGIN);
}

static enum round
listen_to(struct talk *talk)
{
	enum round round = ROUND_OVER;
	enum answer_kind kind;
	bool more;

	do {
		struct span rest = buf_span(&talk->heard);
		int64_t deadline;

		kind = answer_take(&talk->answer, &rest);
		buf_drop(&talk->heard, talk->heard.len - rest.len);
		more = take_answer(talk, kind, &round);
		if (!more || kind != ANSWER_PART)
			continue;
		talk->total += talk->heard.len;
		deadline = deadline_of(talk);
		if (share_hear(talk->fd, &talk->heard, NULL, deadline_left(deadline)))
			continue;
		/* What has begun may go on when the other process does. */
		if (!deadline_left(deadline))
			return talk->started ? ROUND_DOUBT : ROUND_LATE;
		more = false;
	} while (more);
	return round;
}

static enum round
hand_over(struct talk *talk, int handover)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	const int files[] = { handover, talk->follow->delivery->composed->body->fd };

	record_add(&text, "handover", SPAN(""));
	/* If it does not listen, it may all the same have told why nothing can be sent. */
	share_say(talk->fd, buf_span(&text), files, SAYING);
	return listen_to(talk);
}

/* ---- what came of it ---- */

/* As if the session had been here. Of a line nothing is left but what is told of it. */
static void
rebuild_session(struct session *session, const struct answer *answer)
{
	session->first = answer->first;
	session->last = answer->last;
	if (answer->owed)
		session->owed = answer->exchanges[answer->owed - 1];
	session->wire.line.fd = -1;
	session->wire.line.port = answer->port;
	session->wire.line.started = 1;
	session->wire.line.resolved = answer->resolved;
	session->caps.size_limit = answer->size_limit;
}

static enum follow_result
take_over(struct talk *talk, struct error *err)
{
	struct delivery *delivery = talk->follow->delivery;
	const struct answer *answer = &talk->answer;
	struct arena *arena = err->arena;

	delivery->verdicts = answer->verdicts;
	delivery->delivered = answer->delivered;
	delivery->accepted = answer->accepted;
	delivery->size = answer->size;
	rebuild_session(talk->follow->session, answer);
	*err = answer->err;
	err->arena = arena;
	return err->fault ? FOLLOW_FAILED : FOLLOW_DELIVERED;
}

/* … but for those of whom it has told before. */
static enum follow_result
stay_in_doubt(const struct talk *talk, struct error *err)
{
	struct follow *follow = talk->follow;
	struct delivery *delivery = follow->delivery;
	size_t count = delivery->envelope->count;

	delivery->verdicts = talk->answer.concluded;
	if (!delivery->verdicts)
		delivery->verdicts = arena_array(follow->arena, struct verdict, count);
	for (size_t i = 0; i < count; i++) {
		struct verdict *verdict = &delivery->verdicts[i];

		if (verdict->outcome == PENDING)
			verdict->outcome = IN_DOUBT;
		if (verdict->outcome != DELIVERED)
			continue;
		delivery->delivered++;
		delivery->accepted = verdict->by;
	}
	fail(err, FAULT_UNCERTAIN,
	     _("%s: the process that was sending it was ended or stopped, and the whole "
	       "message may be out; it may have been delivered"),
	     follow->host);
	return FOLLOW_FAILED;
}

/* ---- the whole ---- */

/* One round: who leads is found, or this process does. */
static enum round
talk_once(struct talk *talk, int handover, enum follow_result *result, struct error *err)
{
	enum round round = hand_over(talk, handover);

	if (round == ROUND_DONE)
		*result = take_over(talk, err);
	else if (round == ROUND_DOUBT)
		*result = stay_in_doubt(talk, err);
	buf_release(&talk->heard);
	return round;
}

/* A socket to the one that leads; -1 when there is none by now, and RESULT is set. */
static int
find_leader(struct share *share, int64_t until, enum follow_result *result)
{
	for (unsigned tries = 0; tries < HESITATION; tries++) {
		enum share_role role = share_lead(share);
		int fd;

		*result = role == SHARE_LEADS ? FOLLOW_LEADS : FOLLOW_ALONE;
		if (role != SHARE_FOLLOWS)
			return -1;
		fd = share_connect(share);
		if (fd >= 0)
			return fd;
		*result = FOLLOW_LATE;
		if (!deadline_left(until))
			return -1;
		poll(NULL, 0, TICK);
	}
	*result = FOLLOW_ALONE;
	return -1;
}

enum follow_result
follow(struct share *share, struct follow *follow, struct error *err)
{
	CLEANUP(close_file) int handover = -1;
	enum follow_result result;
	unsigned rounds = 0, breaks = 0;

	follow->session->host = follow->host;
	while (rounds < ROUNDS_MAX && breaks < BREAKS_MAX) {
		CLEANUP(close_file) int fd = find_leader(share, follow->until, &result);
		struct talk talk = {
			.follow = follow,
			.answer = { .arena = follow->arena,
				    .count = follow->delivery->envelope->count },
			.fd = fd,
		};

		if (fd < 0)
			return result;
		if (handover < 0)
			handover =
				handover_pack(follow->delivery, follow->waives_reports);
		if (handover < 0)
			return FOLLOW_ALONE;
		switch (talk_once(&talk, handover, &result, err)) {
		case ROUND_DONE:
		case ROUND_DOUBT:
			return result;
		case ROUND_OVER:
			rounds++;
			break;
		case ROUND_BROKE:
			breaks++;
			break;
		case ROUND_ODD:
			return FOLLOW_ALONE;
		case ROUND_LATE:
			return FOLLOW_LATE;
		}
	}
	return FOLLOW_ALONE;
}
