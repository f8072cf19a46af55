/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes verdicts for another process, and reads them with distrust. */
#include "queue/answer.h"

#include "base/english.h"

#include <inttypes.h>
#include <string.h>

/* ---- written ---- */

/* With the English that it comes from, if that is another text: the log wants it. */
static void
add_told(struct buf *out, const char *type, const char *text)
{
	struct arena arena = { 0 };
	const char *english = english_of(&arena, text);

	record_add_text(out, type, text);
	if (english != text)
		record_add(out, "english", span_of(english));
	arena_release(&arena);
}

static void
add_exchange(struct buf *out, const struct exchange *exchange)
{
	const struct reply *reply = &exchange->reply;
	struct span rest = reply->text, line;

	record_printf(out, "exchange", "%u %u %" PRIu64, (unsigned)exchange->stage,
		      (unsigned)reply->code, exchange->octets);
	record_add_text(out, "said", exchange->said);
	if (reply->enhanced.len)
		record_add(out, "enhanced", reply->enhanced);
	while (reply_line(&rest, &line))
		record_add(out, "text", line);
}

/* Finds exchanges by their address. Those of the recipients stand in their order, so that
 * the next one is near. */
struct finder_of_exchanges {
	const struct exchange *first, *at;
	size_t number; /* of `at`, from 1 on */
};

/* 0: it is none of them. */
static size_t
number_of(struct finder_of_exchanges *finder, const struct exchange *wanted)
{
	const struct exchange *one = finder->at;
	size_t number = finder->number;

	if (!wanted)
		return 0;
	do {
		if (one == wanted) {
			finder->at = one;
			finder->number = number;
			return number;
		}
		one = one && one->next ? one->next : finder->first;
		number = one == finder->first ? 1 : number + 1;
	} while (one != finder->at);
	return 0;
}

static void
add_verdicts(struct buf *out, const struct delivery *delivery,
	     const struct exchange *first)
{
	struct finder_of_exchanges finder = { first, first, 1 };
	size_t accepted = number_of(&finder, delivery->accepted);

	record_printf(out, "size", "%" PRIu64, delivery->size);
	if (accepted)
		record_printf(out, "accepted", "%zu", accepted);
	for (size_t i = 0; delivery->verdicts && i < delivery->envelope->count; i++) {
		const struct verdict *verdict = &delivery->verdicts[i];
		bool same = verdict->by == delivery->accepted;

		record_printf(out, "verdict", "%u %zu", (unsigned)verdict->outcome,
			      same ? accepted : number_of(&finder, verdict->by));
		add_told(out, "why", verdict->why);
	}
}

/* What hints depend on. */
static void
add_line(struct buf *out, const struct session *session)
{
	const struct line *line = &session->wire.line;
	struct finder_of_exchanges finder = { session->first, session->first, 1 };
	size_t owed = number_of(&finder, session->owed);

	record_printf(out, "line", "%u %d %" PRIu64, line->port,
		      !line->started || line->resolved, session->caps.size_limit);
	if (owed)
		record_printf(out, "owed", "%zu", owed);
}

void
answer_add(struct buf *out, const struct delivery *delivery,
	   const struct session *session, const struct error *err)
{
	if (err->fault) {
		record_printf(out, "fault", "%u", (unsigned)err->fault);
		add_told(out, "what", err->what);
		record_add_text(out, "reply", err->reply);
		record_add_text(out, "hint", err->hint);
	}
	for (const struct exchange *one = session->first; one; one = one->next)
		add_exchange(out, one);
	add_line(out, session);
	if (delivery)
		add_verdicts(out, delivery, session->first);
	record_add(out, "end", SPAN(""));
}

void
answer_add_concluded(struct buf *out, const struct delivery *delivery, bool *told)
{
	for (size_t i = 0; i < delivery->envelope->count; i++) {
		const struct verdict *verdict = &delivery->verdicts[i];

		if (told[i] || !verdict->by || verdict->outcome == PENDING)
			continue;
		told[i] = true;
		add_exchange(out, verdict->by);
		record_printf(out, "of", "%zu %u", i, (unsigned)verdict->outcome);
	}
	record_add(out, WORD_CONCLUDED, SPAN(""));
}

/* ---- read ---- */

static const char *
take_text(const struct answer *answer, struct span value)
{
	return clean_text(answer->arena, value);
}

static bool
take_fault(struct answer *answer, struct span value)
{
	uint64_t fault;

	if (!record_number(&value, FAULT_COUNT - 1, &fault))
		return false;
	answer->err.fault = (enum fault)fault;
	return fault != FAULT_NONE;
}

/* The list of all grows by doubling. */
static void
add_to_list(struct answer *answer, struct exchange *exchange)
{
	size_t count = answer->exchange_count;

	if ((count & (count - 1)) == 0) {
		struct exchange **more = arena_array(answer->arena, struct exchange *,
						     count ? 2 * count : 1);

		if (count)
			memcpy(more, answer->exchanges,
			       count * sizeof(struct exchange *));
		answer->exchanges = more;
	}
	answer->exchanges[answer->exchange_count++] = exchange;
}

static bool
take_exchange(struct answer *answer, struct span value)
{
	struct exchange *exchange = arena_take(answer->arena, sizeof(*exchange));
	uint64_t stage, code;

	if (!record_number(&value, STAGE_COUNT - 1, &stage) ||
	    !record_number(&value, 599, &code) ||
	    !record_number(&value, UINT64_MAX, &exchange->octets) || (code && code < 200))
		return false;
	exchange->stage = (enum stage)stage;
	exchange->reply.code = (int)code;
	if (answer->last)
		answer->last->next = exchange;
	else
		answer->first = exchange;
	answer->last = exchange;
	add_to_list(answer, exchange);
	return true;
}

/* One more line of the reply. A server may have many: their room doubles. */
static bool
take_reply_line(struct answer *answer, struct span value)
{
	struct span *text = &answer->last->reply.text;
	struct span line = span_of(take_text(answer, value));
	size_t len = text->len + line.len + 1;

	if (!text->at) {
		*text = line;
		answer->text_room = 0;
		return true;
	}
	if (len >= answer->text_room) {
		answer->text_room = checked_product(len, 2);
		answer->text = arena_take(answer->arena, answer->text_room);
		memcpy(answer->text, text->at, text->len);
		text->at = answer->text;
	}
	answer->text[text->len] = '\n';
	memcpy(answer->text + text->len + 1, line.at, line.len + 1);
	text->len = len;
	return true;
}

static const struct exchange *
exchange_of(const struct answer *answer, uint64_t number)
{
	return number ? answer->exchanges[number - 1] : NULL;
}

static bool
take_accepted(struct answer *answer, struct span value)
{
	uint64_t number;

	if (!record_number(&value, answer->exchange_count, &number))
		return false;
	answer->accepted = exchange_of(answer, number);
	return answer->accepted && reply_class(&answer->accepted->reply) == 2;
}

static bool
take_line(struct answer *answer, struct span value)
{
	uint64_t port, resolved;

	if (!record_number(&value, UINT16_MAX, &port) ||
	    !record_number(&value, 1, &resolved) ||
	    !record_number(&value, UINT64_MAX, &answer->size_limit))
		return false;
	answer->port = (unsigned)port;
	answer->resolved = resolved;
	return true;
}

static bool
take_verdict(struct answer *answer, struct span value)
{
	uint64_t outcome, number;
	struct verdict *verdict;

	if (answer->verdict_count == answer->count ||
	    !record_number(&value, IN_DOUBT, &outcome) ||
	    !record_number(&value, answer->exchange_count, &number))
		return false;
	if (!answer->verdicts)
		answer->verdicts =
			arena_array(answer->arena, struct verdict, answer->count);
	verdict = &answer->verdicts[answer->verdict_count++];
	verdict->outcome = (enum outcome)outcome;
	verdict->by = exchange_of(answer, number);
	answer->delivered += verdict->outcome == DELIVERED;
	return verdict->outcome != DELIVERED || verdict->by;
}

/* Of one recipient, by the last exchange. */
static bool
take_concluded(struct answer *answer, struct span value)
{
	uint64_t i, outcome;

	if (!answer->last || !record_number(&value, answer->count - 1, &i) ||
	    !record_number(&value, DEFERRED, &outcome) || outcome == PENDING)
		return false;
	if (!answer->concluded)
		answer->concluded =
			arena_array(answer->arena, struct verdict, answer->count);
	answer->concluded[i] = (struct verdict){
		.outcome = (enum outcome)outcome,
		.by = answer->last,
	};
	return (outcome == DELIVERED) == (reply_class(&answer->last->reply) == 2);
}

/* The history that comes at the end has all of them once more. */
static void
forget_history(struct answer *answer)
{
	answer->first = answer->last = NULL;
	answer->exchange_count = 0;
}

/* Texts of the error, and of what came last. */
static const char **
text_place(struct answer *answer, const struct record_view *record)
{
	if (record_is(record, "what"))
		return &answer->err.what;
	if (record_is(record, "reply"))
		return &answer->err.reply;
	if (record_is(record, "hint"))
		return &answer->err.hint;
	if (record_is(record, "said") && answer->last)
		return &answer->last->said;
	if (record_is(record, "why") && answer->verdict_count)
		return &answer->verdicts[answer->verdict_count - 1].why;
	return NULL;
}

static bool
take_record(struct answer *answer, const struct record_view *record)
{
	const char **place = text_place(answer, record);
	struct span value = record->value;

	if (place) {
		*place = answer->told = take_text(answer, value);
		return true;
	}
	if (record_is(record, "english") && answer->told) {
		english_means(answer->told, take_text(answer, value));
		return true;
	}
	if (record_is(record, "fault"))
		return take_fault(answer, value);
	if (record_is(record, "exchange"))
		return take_exchange(answer, value);
	if (record_is(record, "enhanced") && answer->last) {
		answer->last->reply.enhanced = span_of(take_text(answer, value));
		return true;
	}
	if (record_is(record, "text") && answer->last)
		return take_reply_line(answer, value);
	if (record_is(record, "size"))
		return span_number(record->value, &answer->size);
	if (record_is(record, "line"))
		return take_line(answer, value);
	if (record_is(record, "owed"))
		return record_number(&value, answer->exchange_count, &answer->owed);
	if (record_is(record, "accepted"))
		return take_accepted(answer, value);
	if (record_is(record, "of"))
		return take_concluded(answer, value);
	return record_is(record, "verdict") && take_verdict(answer, value);
}

/* Whether it fits together. */
static bool
is_sound(const struct answer *answer)
{
	bool all = answer->verdict_count && answer->delivered == answer->count;

	if (answer->verdict_count && answer->verdict_count != answer->count)
		return false;
	if (!answer->err.fault != all || !answer->err.fault != !answer->err.what)
		return false;
	return !answer->delivered == !answer->accepted;
}

static enum answer_kind
word_of(const struct record_view *record)
{
	static const struct {
		const char *word;
		enum answer_kind kind;
	} words[] = {
		{ WORD_STARTED, ANSWER_STARTED },	{ WORD_GO, ANSWER_GO },
		{ WORD_COMPLETING, ANSWER_COMPLETING }, { WORD_WORKING, ANSWER_WORKING },
		{ WORD_CONCLUDED, ANSWER_CONCLUDED },	{ WORD_AGAIN, ANSWER_AGAIN },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (record_is(record, words[i].word))
			return words[i].kind;
	return ANSWER_PART;
}

enum answer_kind
answer_take(struct answer *answer, struct span *heard)
{
	struct record_view record;
	enum record_state state;

	answer->err.arena = answer->arena;
	while ((state = record_next(heard, &record)) == RECORD_WHOLE) {
		enum answer_kind word = word_of(&record);

		if (word == ANSWER_CONCLUDED)
			forget_history(answer);
		if (word != ANSWER_PART)
			return word;
		if (record_is(&record, "end"))
			return is_sound(answer) ? ANSWER_VERDICT : ANSWER_WRONG;
		if (!take_record(answer, &record))
			return ANSWER_WRONG;
	}
	return state == RECORD_TORN ? ANSWER_PART : ANSWER_WRONG;
}
