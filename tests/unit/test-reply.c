/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies: what is one, what it says, and what is none (RFC 5321 4.2, RFC 3463). */
#include "unit.h"

#include "smtp/reply.h"

#include <stdlib.h>

static const struct {
	const char *name, *heard;
	const char *want; /* "state used code|enhanced|text" */
} cases[] = {
	{ "one line", "250 ok\r\n", "complete 8 250||ok" },
	{ "bare code", "250\r\n", "complete 5 250||" },
	{ "bare code and blank", "250 \r\n", "complete 6 250||" },
	{ "bare LF", "220 hello\n", "complete 10 220||hello" },
	{ "two lines", "250-one\r\n250 two\r\n", "complete 18 250||one\ntwo" },
	{ "something behind it", "250 ok\r\n354 go\r\n", "complete 8 250||ok" },
	{ "enhanced", "550 5.1.1 no such user\r\n",
	  "complete 24 550|5.1.1|no such user" },
	{ "enhanced, no text", "250 2.0.0\r\n", "complete 11 250|2.0.0|" },
	{ "enhanced on each line", "550-5.7.1 a\r\n550 5.7.1 b\r\n",
	  "complete 26 550|5.7.1|a\nb" },
	{ "enhanced of another class", "550 2.1.1 x\r\n", "complete 13 550||2.1.1 x" },
	{ "three digits in the detail", "550 5.7.139 x\r\n",
	  "complete 15 550|5.7.139|x" },
	{ "no enhanced: two numbers", "250 2.0 ok\r\n", "complete 12 250||2.0 ok" },
	{ "no enhanced: glued text", "550 5.1.1x\r\n", "complete 12 550||5.1.1x" },
	{ "no enhanced: four digits", "550 5.7.1399 x\r\n",
	  "complete 16 550||5.7.1399 x" },
	{ "empty lines inside", "214-\r\n214 end\r\n", "complete 15 214||\nend" },
	{ "text with a dash", "250 -x\r\n", "complete 8 250||-x" },
	{ "nothing", "", "incomplete 0" },
	{ "half a line", "250 o", "incomplete 0" },
	{ "no last line yet", "250-one\r\n", "incomplete 0" },
	{ "no last line yet, part of it", "250-one\r\n250 t", "incomplete 0" },
	{ "CR without LF", "250 ok\r", "incomplete 0" },
	{ "no code", "hello\r\n", "broken 0" },
	{ "empty line", "\r\n", "broken 0" },
	{ "two digits", "25 x\r\n", "broken 0" },
	{ "four digits", "2500 x\r\n", "broken 0" },
	{ "code 1yz", "150 x\r\n", "broken 0" },
	{ "code 6yz", "650 x\r\n", "broken 0" },
	{ "code changes", "250-a\r\n550 b\r\n", "broken 0" },
	{ "code changes to more lines", "250-a\r\n251-b\r\n250 c\r\n", "broken 0" },
	{ "no code on the second line", "250-a\r\nb\r\n250 c\r\n", "broken 0" },
	{ "tab behind the code", "250\tok\r\n", "broken 0" },
	{ "HTTP", "HTTP/1.1 400 Bad Request\r\n", "broken 0" },
	{ "TLS alert", "\x15\x03\x01\n", "broken 0" },
	{ "escape sequence", "550 \x1b[31mred\r\n", "complete 14 550||\\x1b[31mred" },
	{ "invalid UTF-8", "550 \xff\r\n", "complete 7 550||\\xff" },
	{ "UTF-8", "550 gr\xc3\xbc\xc3\x9f\r\n", "complete 12 550||gr\xc3\xbc\xc3\x9f" },
	{ "C1 control",
	  "550 \xc2\x9b"
	  "31m\r\n",
	  "complete 11 550||\\xc2\\x9b31m" },
	{ "bidirectional override",
	  "550 a\xe2\x80\xae"
	  "b\r\n",
	  "complete 11 550||a\\xe2\\x80\\xaeb" },
	{ "DEL",
	  "550 a\x7f"
	  "b\r\n",
	  "complete 9 550||a\\x7fb" },
	{ "CR inside", "550 a\rb\r\n", "complete 9 550||a\\x0db" },
};

static const char *const state_names[] = { "incomplete", "complete", "broken" };

static char *
describe(struct arena *arena, struct span heard)
{
	struct reply reply;
	size_t used;
	enum reply_state state = reply_parse(arena, heard, &reply, &used);

	if (state != REPLY_COMPLETE)
		return arena_printf(arena, "%s %zu", state_names[state], used);
	return arena_printf(arena, "%s %zu %d|%s|%s", state_names[state], used,
			    reply.code, span_string(arena, reply.enhanced),
			    span_string(arena, reply.text));
}

static void
replies(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_same(cases[i].name, describe(&arena, span_of(cases[i].heard)),
			  cases[i].want);
	unit_same("NUL", describe(&arena, (struct span){ "250 a\0b\r\n", 9 }),
		  "complete 9 250||a\\x00b");
	arena_release(&arena);
	unit_done();
}

/* However the octets arrive, nothing is made of a part. */
static void
every_prefix_is_incomplete(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span heard = span_of(cases[i].heard);
		struct reply reply;
		size_t used, length;

		if (reply_parse(&arena, heard, &reply, &length) != REPLY_COMPLETE)
			continue;
		for (size_t k = 0; k < length; k++)
			unit_number(cases[i].name,
				    reply_parse(&arena, span_part(heard, 0, k), &reply,
						&used),
				    REPLY_INCOMPLETE);
	}
	arena_release(&arena);
	unit_done();
}

static enum reply_state
flood(struct arena *arena, const char *unit, size_t count, const char *end)
{
	struct buf heard = { 0 };
	struct reply reply;
	enum reply_state state;
	size_t used;

	for (size_t i = 0; i < count; i++)
		buf_add_string(&heard, unit);
	buf_add_string(&heard, end);
	state = reply_parse(arena, buf_span(&heard), &reply, &used);
	buf_release(&heard);
	return state;
}

static void
limits(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	unit_number("as many lines as allowed",
		    flood(&arena, "250-x\r\n", REPLY_LINES_MAX - 1, "250 x\r\n"),
		    REPLY_COMPLETE);
	unit_number("a line too many",
		    flood(&arena, "250-x\r\n", REPLY_LINES_MAX, "250 x\r\n"),
		    REPLY_BROKEN);
	unit_number("endless lines", flood(&arena, "250-x\r\n", 100000, ""),
		    REPLY_BROKEN);
	unit_number("endless line",
		    flood(&arena, "2500000000", REPLY_LINE_MAX / 10 + 2, ""),
		    REPLY_BROKEN);
	unit_number("a long challenge", flood(&arena, "", 0, ""), REPLY_INCOMPLETE);
	arena_release(&arena);
	unit_done();
}

/* A reply may come octet by octet, and is looked at each time. */
static void
memory(void **state)
{
	const struct arena untouched = { 0 };
	struct arena arena = { 0 };

	(void)state;
	unit_number("many lines", flood(&arena, "250-1.0.0 a\tb\r\n", 255, ""),
		    REPLY_INCOMPLETE);
	unit_number("and one that is cut",
		    flood(&arena, "250-1.0.0 a\tb\r\n", 255, "250 c\td"),
		    REPLY_INCOMPLETE);
	unit_number("nothing is kept of them", memcmp(&arena, &untouched, sizeof(arena)),
		    0);
	arena_release(&arena);
	unit_done();
}

static void
shown(void **state)
{
	static const struct {
		const char *heard, *want;
	} lines[] = {
		{ "550-5.1.1 no\r\n550 5.1.1 user\r\n", "550 5.1.1 no user" },
		{ "250\r\n", "250" },
		{ "250 ok\r\n", "250 ok" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct reply reply;
		size_t used;

		unit_number(lines[i].heard,
			    reply_parse(&arena, span_of(lines[i].heard), &reply, &used),
			    REPLY_COMPLETE);
		unit_same(lines[i].heard, reply_show(&arena, &reply), lines[i].want);
	}
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies), cmocka_unit_test(every_prefix_is_incomplete),
		cmocka_unit_test(limits),  cmocka_unit_test(memory),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
