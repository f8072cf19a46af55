/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one process tells another about a message: it arrives as it was, or not at all. */
#include "unit.h"

#include "base/english.h"
#include "queue/answer.h"

#include <stdlib.h>

static const char *
kind_word(enum answer_kind kind)
{
	static const char *const words[] = { "part",	   "started", "go",
					     "completing", "working", "concluded",
					     "again",	   "verdict", "wrong" };

	return words[kind];
}

/* ---- as one text ---- */

static void
add_exchange(struct buf *out, const struct exchange *one)
{
	struct arena arena = { 0 };

	buf_printf(out, "%d \"%s\" %llu %s\n", (int)one->stage,
		   one->said ? one->said : "(null)", (unsigned long long)one->octets,
		   clean_text(&arena, span_of(reply_show(&arena, &one->reply))));
	buf_printf(out, "  %s\n", clean_text(&arena, one->reply.text));
	arena_release(&arena);
}

static int
number_of(const struct exchange *first, const struct exchange *wanted)
{
	int number = 1;

	for (; first; first = first->next, number++)
		if (first == wanted)
			return number;
	return 0;
}

static const char *
describe(struct arena *arena, const struct delivery *delivery,
	 const struct session *session, const struct error *err)
{
	const struct exchange *first = session->first;
	struct buf out = { 0 };
	const char *text;

	buf_printf(&out, "%s|%s|%s|%s\n", fault_word(err->fault),
		   err->what ? err->what : "", err->reply ? err->reply : "",
		   err->hint ? err->hint : "");
	for (const struct exchange *one = first; one; one = one->next)
		add_exchange(&out, one);
	for (size_t i = 0; delivery->verdicts && i < delivery->envelope->count; i++) {
		const struct verdict *verdict = &delivery->verdicts[i];

		buf_printf(&out, "verdict %d by %d %s\n", (int)verdict->outcome,
			   number_of(first, verdict->by),
			   verdict->why ? verdict->why : "");
	}
	buf_printf(&out, "port %u %d limit %llu owed %d\n", session->wire.line.port,
		   session->wire.line.resolved != 0,
		   (unsigned long long)session->caps.size_limit,
		   number_of(first, session->owed));
	buf_printf(&out, "%zu by %d, %llu octets\n", delivery->delivered,
		   number_of(first, delivery->accepted),
		   (unsigned long long)delivery->size);
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

/* ---- there and back ---- */

/* Takes it in pieces of so many octets. */
static const char *
read_back(struct arena *arena, const struct envelope *envelope, struct span text,
	  size_t piece)
{
	struct answer answer = { .arena = arena, .count = envelope->count };
	struct buf heard = { 0 };
	enum answer_kind kind = ANSWER_PART;
	struct delivery delivery = { .envelope = envelope };
	struct session session = { 0 };

	for (size_t at = 0; at < text.len && kind == ANSWER_PART; at += piece) {
		struct span rest, more = span_part(text, at, piece);

		buf_add_span(&heard, more);
		rest = buf_span(&heard);
		kind = answer_take(&answer, &rest);
		buf_drop(&heard, heard.len - rest.len);
	}
	buf_release(&heard);
	if (kind != ANSWER_VERDICT)
		return kind_word(kind);
	delivery.verdicts = answer.verdicts;
	delivery.delivered = answer.delivered;
	delivery.accepted = answer.accepted;
	delivery.size = answer.size;
	session.first = answer.first;
	session.owed = answer.owed ? answer.exchanges[answer.owed - 1] : NULL;
	session.wire.line.port = answer.port;
	session.wire.line.resolved = answer.resolved;
	session.caps.size_limit = answer.size_limit;
	return describe(arena, &delivery, &session, &answer.err);
}

static void
comes_back(const char *name, const struct delivery *delivery,
	   const struct exchange *first, const struct error *err)
{
	struct arena arena = { 0 };
	struct delivery nothing = { .envelope = delivery->envelope };
	struct exchange *start = (struct exchange *)(uintptr_t)first;
	const struct session session = { .first = start,
					 .owed = start ? start->next : NULL,
					 .wire.line = { .port = 587, .started = 1 },
					 .caps.size_limit = 1234567 };
	const char *want =
		describe(&arena, delivery->verdicts ? delivery : &nothing, &session, err);
	struct buf text = { 0 };

	answer_add(&text, delivery->verdicts ? delivery : NULL, &session, err);
	unit_same(name, read_back(&arena, delivery->envelope, buf_span(&text), SIZE_MAX),
		  want);
	unit_same(name, read_back(&arena, delivery->envelope, buf_span(&text), 1), want);
	for (size_t cut = 0; cut < text.len; cut++)
		unit_same("a part",
			  read_back(&arena, delivery->envelope,
				    span_part(buf_span(&text), 0, cut), SIZE_MAX),
			  "part");
	buf_release(&text);
	arena_release(&arena);
}

static struct exchange history[] = {
	{ STAGE_MAIL,
	  "MAIL FROM:<a@b>",
	  { 250, SPAN("2.1.0"), SPAN("ok") },
	  1,
	  2,
	  0,
	  0,
	  NULL },
	{ STAGE_RCPT,
	  "RCPT TO:<c@d>",
	  { 250, SPAN("2.1.5"), SPAN("ok") },
	  1,
	  2,
	  0,
	  0,
	  NULL },
	{ STAGE_RCPT,
	  "RCPT TO:<e@f>",
	  { 550, SPAN("5.1.1"), SPAN("no\n\nsuch") },
	  1,
	  2,
	  0,
	  0,
	  NULL },
	{ STAGE_RCPT, "RCPT TO:<g@h>", { 450, { 0 }, SPAN("later") }, 1, 2, 0, 0, NULL },
	{ STAGE_CONTENT, NULL, { 250, { 0 }, { 0 } }, 1, 2, 1234, 0, NULL },
};

static void
make_history(void)
{
	for (size_t i = 0; i + 1 < sizeof(history) / sizeof(history[0]); i++)
		history[i].next = &history[i + 1];
}

static void
verdicts(void **state)
{
	const char *to[] = { "c@d", "e@f", "g@h", "\xc3\xa4@i", "j@k" };
	const struct envelope some = { .sender = "a@b", .to = to, .count = 5 };
	const struct envelope one = { .sender = "a@b", .to = to, .count = 1 };
	struct verdict verdict[] = {
		{ DELIVERED, &history[4], NULL }, { REFUSED, &history[2], NULL },
		{ DEFERRED, &history[3], NULL },  { REFUSED, NULL, "no UTF-8 there" },
		{ DELIVERED, &history[4], NULL },
	};
	struct verdict doubt = { IN_DOUBT, NULL, NULL };
	struct delivery mixed = { .envelope = &some,
				  .verdicts = verdict,
				  .delivered = 2,
				  .accepted = &history[4],
				  .size = 1234 };
	struct delivery good = { .envelope = &one,
				 .verdicts = verdict,
				 .delivered = 1,
				 .accepted = &history[4],
				 .size = 1234 };
	struct delivery unknown = { .envelope = &one, .verdicts = &doubt, .size = 9 };
	struct delivery never = { .envelope = &some };
	const struct error none = { 0 };
	const struct error refused = { NULL, FAULT_REFUSED, "x refused 3 of 5", "550 no",
				       NULL };
	const struct error lost = { NULL, FAULT_UNCERTAIN, "lost", NULL, NULL };
	const struct error login = { NULL, FAULT_LOGIN, "no", "535 5.7.8 no", "Look" };

	(void)state;
	make_history();
	comes_back("some have it", &mixed, history, &refused);
	comes_back("it has it", &good, history, &none);
	comes_back("in doubt", &unknown, history, &lost);
	comes_back("no login", &never, &history[3], &login);
	comes_back("no history", &never, NULL, &login);
	unit_done();
}

/* Many refusals between those who have it are found in the time of one walk. */
static void
many(void **state)
{
	enum { MANY = 20000 };
	struct arena arena = { 0 };
	struct exchange *all = arena_array(&arena, struct exchange, MANY + 1);
	const char **to = arena_array(&arena, const char *, MANY);
	struct verdict *verdict = arena_array(&arena, struct verdict, MANY);
	const struct envelope envelope = { .sender = "", .to = to, .count = MANY };
	struct delivery delivery = { .envelope = &envelope,
				     .verdicts = verdict,
				     .delivered = MANY / 2,
				     .accepted = &all[MANY] };
	const struct error err = { NULL, FAULT_REFUSED, "some", NULL, NULL };
	const struct session session = { .first = all, .wire.line.resolved = 1 };
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i <= MANY; i++) {
		all[i].stage = i < MANY ? STAGE_RCPT : STAGE_CONTENT;
		all[i].reply.code = i < MANY && i % 2 ? 550 : 250;
		all[i].next = i < MANY ? &all[i + 1] : NULL;
	}
	for (size_t i = 0; i < MANY; i++) {
		to[i] = "a@b";
		verdict[i].outcome = i % 2 ? REFUSED : DELIVERED;
		verdict[i].by = i % 2 ? &all[i] : &all[MANY];
	}
	answer_add(&text, &delivery, &session, &err);
	unit_same("many", read_back(&arena, &envelope, buf_span(&text), SIZE_MAX),
		  describe(&arena, &delivery, &session, &err));
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

/* ---- what a stranger may say ---- */

#define GOOD "exchange 9 250 5;accepted 1;"

/* Records "TYPE VALUE", ended by ";", for two recipients. */
static const struct {
	const char *name, *input, *want;
} cases[] = {
	{ "nothing", "", "part" },
	{ "a word", "started;", "started" },
	{ "the next word waits", "completing;started;", "completing" },
	{ "go", "go;", "go" },
	{ "again", "again;", "again" },
	{ "one has it, the other comes", GOOD "of 0 1;concluded;", "concluded" },
	{ "one is refused, the other comes", "exchange 7 550 0;of 1 2;concluded;",
	  "concluded" },
	{ "concluded by nobody", "of 0 1;", "wrong" },
	{ "concluded of somebody else", GOOD "of 2 1;", "wrong" },
	{ "concluded, and pending", GOOD "of 0 0;", "wrong" },
	{ "concluded for now", GOOD "of 0 3;", "wrong" },
	{ "delivered by a refusal, the other comes", "exchange 7 550 0;of 1 1;",
	  "wrong" },
	{ "an end of nothing", "end;", "wrong" },
	{ "another word", "hello;", "wrong" },
	{ "both have it", GOOD "verdict 1 1;verdict 1 1;end;", "verdict" },
	{ "a fault and no verdicts", "fault 13;what no;end;", "verdict" },
	{ "one has it and it is a fault",
	  GOOD "fault 6;what x;verdict 1 1;verdict 3 1;end;", "verdict" },
	{ "a fault without a sentence", "fault 13;end;", "wrong" },
	{ "a sentence without a fault", GOOD "what x;verdict 1 1;verdict 1 1;end;",
	  "wrong" },
	{ "no fault though one has not got it", GOOD "verdict 1 1;verdict 0 0;end;",
	  "wrong" },
	{ "a fault though both have it",
	  GOOD "fault 6;what x;verdict 1 1;verdict 1 1;end;", "wrong" },
	{ "one verdict", GOOD "verdict 1 1;end;", "wrong" },
	{ "three verdicts", GOOD "verdict 1 1;verdict 1 1;verdict 1 1;end;", "wrong" },
	{ "delivered by nobody", GOOD "verdict 1 0;verdict 1 1;end;", "wrong" },
	{ "accepted by nobody", "exchange 9 250 5;verdict 1 1;verdict 1 1;end;",
	  "wrong" },
	{ "accepted by a refusal", "exchange 9 550 5;accepted 1;", "wrong" },
	{ "accepted and nobody has it",
	  GOOD "fault 6;what x;verdict 2 1;verdict 2 1;end;", "wrong" },
	{ "an exchange that is not there", GOOD "verdict 1 2;", "wrong" },
	{ "an outcome that is none", GOOD "verdict 6 1;", "wrong" },
	{ "waiting, which only the caller can say", GOOD "verdict 5 1;", "wrong" },
	{ "a fault that is none", "fault 99;", "wrong" },
	{ "no fault as a fault", "fault 0;", "wrong" },
	{ "a stage that is none", "exchange 14 250 0;", "wrong" },
	{ "a code that is none", "exchange 1 600 0;", "wrong" },
	{ "a code that no server says", "exchange 1 199 0;", "wrong" },
	{ "a text of no exchange", "text x;", "wrong" },
	{ "words of no exchange", "said x;", "wrong" },
	{ "a code of no exchange", "enhanced 5.1.1;", "wrong" },
	{ "a reason of no verdict", "why x;", "wrong" },
	{ "the English of nothing", "english x;", "wrong" },
	{ "a number that is none", "size x;", "wrong" },
	{ "a port that is none", "line 65536 1 0;", "wrong" },
	{ "half of a line", "line 25 1;", "wrong" },
	{ "owed, and not said", GOOD "owed 2;", "wrong" },
};

static void
add_records(struct buf *out, struct span text)
{
	struct arena arena = { 0 };

	while (text.len) {
		struct span line = span_part(text, 0, span_find(text, ';'));
		size_t blank = span_find(line, ' ');

		record_add(out, span_string(&arena, span_part(line, 0, blank)),
			   span_part(line, blank + 1, SIZE_MAX));
		text = span_part(text, line.len + 1, SIZE_MAX);
	}
	arena_release(&arena);
}

static void
strangers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena = { 0 };
		struct answer answer = { .arena = &arena, .count = 2 };
		struct buf text = { 0 };
		struct span rest;

		add_records(&text, span_of(cases[i].input));
		rest = buf_span(&text);
		unit_same(cases[i].name, kind_word(answer_take(&answer, &rest)),
			  cases[i].want);
		buf_release(&text);
		arena_release(&arena);
	}
	unit_done();
}

/* Nothing of it moves a cursor. */
static void
controls(void **state)
{
	struct arena arena = { 0 };
	struct answer answer = { .arena = &arena, .count = 1 };
	struct buf text = { 0 };
	struct span rest;

	(void)state;
	add_records(&text,
		    SPAN("fault 6;what a\033[2Jb;english a d;reply c\nd;exchange 3 550 0;"
			 "said e\rf;text g\th\n;text i;enhanced \x9b;end;"));
	rest = buf_span(&text);
	unit_same("its kind", kind_word(answer_take(&answer, &rest)), "verdict");
	unit_same("a sentence", answer.err.what, "a\\x1b[2Jb");
	unit_same("a reply", answer.err.reply, "c\\x0ad");
	unit_same("what was said", answer.first->said, "e\\x0df");
	unit_same("lines", span_string(&arena, answer.first->reply.text),
		  "g\\x09h\\x0a\ni");
	unit_same("what is logged of it", english_of(&arena, answer.err.what), "a d");
	unit_same("a code", span_string(&arena, answer.first->reply.enhanced), "\\x9b");
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

/* A server may have very much to say. */
static void
many_lines(void **state)
{
	enum { LINES = 255 };
	struct arena arena = { 0 };
	struct answer answer = { .arena = &arena, .count = 1 };
	struct buf text = { 0 }, want = { 0 };
	struct span rest;

	(void)state;
	record_add(&text, "exchange", SPAN("3 250 0"));
	for (unsigned i = 0; i < LINES; i++) {
		const char *line = arena_printf(&arena, "%0*u", (int)(i % 60), i);

		record_add(&text, "text", span_of(line));
		buf_printf(&want, "%s%s", i ? "\n" : "", line);
	}
	record_add(&text, "exchange", SPAN("3 250 0"));
	record_add(&text, "text", SPAN("a"));
	record_add(&text, "text", SPAN("b"));
	rest = buf_span(&text);
	answer_take(&answer, &rest);
	unit_same("all of them", span_string(&arena, answer.first->reply.text), want.at);
	unit_same("and what comes behind", span_string(&arena, answer.last->reply.text),
		  "a\nb");
	buf_release(&text);
	buf_release(&want);
	arena_release(&arena);
	unit_done();
}

/* A sentence in another language comes with the English one, which is for the log. */
static void
languages(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena, .fault = FAULT_LOGIN, .what = "だめ" };
	struct answer answer = { .arena = &arena, .count = 1 };
	struct session session = { .arena = &arena };
	struct buf text = { 0 };
	struct span rest;

	(void)state;
	unit_same("not known yet", english_of(&arena, "a だめ b"), "a だめ b");
	english_means("だめ", "no");
	answer_add(&text, NULL, &session, &err);
	english_means("だめ", "forgotten");
	unit_same("known", english_of(&arena, "a だめ b"), "a forgotten b");
	rest = buf_span(&text);
	unit_same("its kind", kind_word(answer_take(&answer, &rest)), "verdict");
	unit_same("the sentence", answer.err.what, "だめ");
	unit_same("in English", english_of(&arena, answer.err.what), "no");
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),   cmocka_unit_test(many),
		cmocka_unit_test(strangers),  cmocka_unit_test(controls),
		cmocka_unit_test(many_lines), cmocka_unit_test(languages),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
