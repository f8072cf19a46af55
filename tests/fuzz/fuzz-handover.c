/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one process hands to another, from arbitrary octets: messages, and what became of
 * them. */
#include "lair.h"

#include "queue/answer.h"
#include "queue/handover.h"

#include <sys/mman.h>

/* Lines "TYPE VALUE" up to an empty one, each as a whole record; TEXT loses them. */
static void
add_records(struct span *text, struct buf *out)
{
	struct arena arena = { 0 };

	while (text->len && text->at[0] != '\n') {
		struct record_view line = next_line(text);

		record_add(out, span_string(&arena, line.type), line.value);
	}
	*text = span_part(*text, 1, SIZE_MAX);
	arena_release(&arena);
}

/* ---- messages ---- */

static int
file_of(struct span text)
{
	int fd = memfd_create("handover", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	check(fd >= 0 && write_all(fd, text.at, text.len));
	check(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
	return fd;
}

/* All of the body, which must be there. */
static void
read_body(struct arena *arena, const struct body *body, struct buf *out)
{
	struct error err = { .arena = arena };
	struct buf room = { 0 };
	struct span piece = { 0 };
	uint64_t offset = 0;

	buf_reserve(&room, 4096);
	do {
		check(body_read(body, offset, &room, &piece, &err));
		buf_add_span(out, piece);
		offset += piece.len;
	} while (piece.len);
	check(out->len == body->size);
	buf_release(&room);
}

static bool
same_content(struct arena *arena, const struct handover *a, const struct handover *b)
{
	struct buf one = { 0 }, other = { 0 };
	bool same;

	read_body(arena, a->composed.body, &one);
	read_body(arena, b->composed.body, &other);
	same = span_equal(buf_span(&one), buf_span(&other)) &&
	       span_equal(a->composed.pieces[0], b->composed.pieces[0]);
	buf_release(&one);
	buf_release(&other);
	return same;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* No command can be ended by what stands in it. */
static void
check_envelope(const struct envelope *envelope)
{
	check(envelope->count && envelope->sender &&
	      !has_control(span_of(envelope->sender)));
	for (size_t i = 0; i < envelope->count; i++)
		check(!has_control(span_of(envelope->to[i])));
}

/* What was taken is the same when it is handed on. */
static void
check_again(struct arena *arena, const struct handover *handover)
{
	const struct delivery delivery = {
		.envelope = &handover->label.envelope,
		.message = &handover->message,
		.composed = &handover->composed,
		.partial = handover->partial,
	};
	int body = handover->composed.body->fd;
	struct handover again = {
		.arena = arena,
		.files = { handover_pack(&delivery, handover->waives_reports),
			   dup(body) },
	};

	check(again.files[0] >= 0 && handover_unpack(&again));
	check(again.partial == handover->partial);
	check(again.waives_reports == handover->waives_reports);
	check(again.label.envelope.count == handover->label.envelope.count);
	check(again.label.envelope.needs == handover->label.envelope.needs);
	check(same_text(again.label.envelope.sender, handover->label.envelope.sender));
	check(again.message.count == handover->message.count);
	check(same_content(arena, handover, &again));
	handover_release(&again);
}

static void
check_handover(struct span text, bool body)
{
	struct arena arena = { 0 };
	struct handover handover = {
		.arena = &arena,
		.files = { file_of(text), body ? file_of(text) : -1 },
	};

	if (handover_unpack(&handover)) {
		check_envelope(&handover.label.envelope);
		check_again(&arena, &handover);
	}
	handover_release(&handover);
	arena_release(&arena);
}

/* What is behind the checksums and lengths is reached, too. */
static void
check_whole_handover(struct span text)
{
	struct buf out = { 0 }, lines = { 0 };

	record_add(&out, "postrider-handover", SPAN("1"));
	record_add(&out, "sender", SPAN("a@example.org"));
	record_add(&out, "to", SPAN("b@example.net"));
	add_records(&text, &out);
	/* Canonical lines. */
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\n')
			buf_add_char(&lines, '\r');
		buf_add_char(&lines, text.at[i]);
	}
	buf_printf(&out, "content %zu:", lines.len);
	buf_add_span(&out, buf_span(&lines));
	check_handover(buf_span(&out), false);
	check_handover(buf_span(&out), true);
	buf_release(&lines);
	buf_release(&out);
}

/* ---- answers ---- */

enum { RECIPIENTS = 2 };

static void
check_clean(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		check(!is_control(text.at[i]) || text.at[i] == '\n');
}

static void
check_verdict(struct arena *arena, const struct answer *answer)
{
	static const char *to[RECIPIENTS] = { "a@b", "c@d" };
	const struct envelope envelope = { .sender = "", .to = to, .count = RECIPIENTS };
	struct delivery delivery = {
		.envelope = &envelope,
		.verdicts = answer->verdicts,
		.delivered = answer->delivered,
		.accepted = answer->accepted,
		.size = answer->size,
	};
	const struct session session = {
		.first = answer->first,
		.owed = answer->owed ? answer->exchanges[answer->owed - 1] : NULL,
		.wire.line.port = answer->port,
		.caps.size_limit = answer->size_limit,
	};
	struct answer again = { .arena = arena, .count = RECIPIENTS };
	struct buf out = { 0 };
	struct span rest;

	check(!answer->err.fault == !answer->err.what);
	check(answer->delivered <= RECIPIENTS && answer->err.fault < FAULT_COUNT);
	for (const struct exchange *one = answer->first; one; one = one->next) {
		check(one->stage < STAGE_COUNT);
		check_clean(one->reply.text);
		check_clean(span_of(one->said));
	}
	answer_add(&out, answer->verdicts ? &delivery : NULL, &session, &answer->err);
	rest = buf_span(&out);
	check(answer_take(&again, &rest) == ANSWER_VERDICT && !rest.len);
	check(again.exchange_count == answer->exchange_count);
	check(again.delivered == answer->delivered && again.owed == answer->owed);
	check(again.port == answer->port && again.size_limit == answer->size_limit);
	check(same_text(again.err.what, answer->err.what));
	for (size_t i = 0; answer->verdicts && i < RECIPIENTS; i++)
		check(again.verdicts[i].outcome == answer->verdicts[i].outcome &&
		      same_text(again.verdicts[i].why, answer->verdicts[i].why));
	buf_release(&out);
}

static void
check_answer(struct span text)
{
	struct arena arena = { 0 };
	struct answer answer = { .arena = &arena, .count = RECIPIENTS };
	size_t before = text.len + 1;

	while (text.len < before) {
		enum answer_kind kind;

		before = text.len;
		kind = answer_take(&answer, &text);
		if (kind == ANSWER_VERDICT)
			check_verdict(&arena, &answer);
		if (kind == ANSWER_VERDICT || kind == ANSWER_WRONG || kind == ANSWER_PART)
			break;
	}
	arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct buf records = { 0 };

	check_handover(text, false);
	check_answer(text);
	check_whole_handover(text);
	add_records(&text, &records);
	check_answer(buf_span(&records));
	/* An end that may make it whole. */
	record_add(&records, "fault", SPAN("6"));
	record_add(&records, "what", SPAN("x"));
	record_add(&records, "end", SPAN(""));
	check_answer(buf_span(&records));
	buf_release(&records);
	return 0;
}
