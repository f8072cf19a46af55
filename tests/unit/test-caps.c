/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Capabilities: whole keywords, any case, sane numbers. */
#include "unit.h"

#include "smtp/caps.h"

static struct caps
caps_of(struct arena *arena, const char *lines)
{
	struct buf heard = { 0 };
	struct reply reply = { 0 };
	size_t used;
	const char *end;

	buf_add_string(&heard, "250-there\r\n");
	for (; (end = strchr(lines, '|')); lines = end + 1)
		buf_printf(&heard, "250-%.*s\r\n", (int)(end - lines), lines);
	buf_printf(&heard, "250 %s\r\n", lines);
	assert_int_equal(reply_parse(arena, buf_span(&heard), &reply, &used),
			 REPLY_COMPLETE);
	buf_release(&heard);
	return caps_parse(arena, &reply);
}

static char *
describe(struct arena *arena, const struct caps *c)
{
	return arena_printf(
		arena,
		"%s%s%s%s%s%s%s%s%s%s%s%s%s%s size=%llu rcpt=%llu mail=%llu by=%llu "
		"hold=%llu auth=%.*s",
		c->pipelining ? "P" : "", c->chunking ? "C" : "",
		c->binarymime ? "B" : "", c->eightbitmime ? "8" : "",
		c->smtputf8 ? "U" : "", c->dsn ? "D" : "",
		c->enhancedstatuscodes ? "E" : "", c->starttls ? "T" : "",
		c->size ? "S" : "", c->deliverby ? "Y" : "", c->futurerelease ? "F" : "",
		c->mt_priority ? "M" : "", c->requiretls ? "R" : "", c->etrn ? "N" : "",
		(unsigned long long)c->size_limit, (unsigned long long)c->rcpt_max,
		(unsigned long long)c->mail_max, (unsigned long long)c->deliverby_least,
		(unsigned long long)c->hold_for_most, (int)c->mechanisms.len,
		c->mechanisms.at ? c->mechanisms.at : "");
}

static const struct {
	const char *lines, *want;
} cases[] = {
	{ "PIPELINING", "P size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "pipelining|Chunking|8bitMIME", "PC8 size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "STARTTLSX|XSTARTTLS|DSNX|PIPELININGS",
	  " size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "STARTTLS", "T size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE", "S size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE 1000", "S size=1000 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE  1000 ", "S size=1000 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE 18446744073709551616", "S size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE 18446744073709551615",
	  "S size=18446744073709551615 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE -1", "S size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "SIZE 10k", "S size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "AUTH PLAIN LOGIN", " size=0 rcpt=0 mail=0 by=0 hold=0 auth=PLAIN LOGIN" },
	{ "AUTH=PLAIN login", " size=0 rcpt=0 mail=0 by=0 hold=0 auth=PLAIN LOGIN" },
	{ "AUTH PLAIN|AUTH=LOGIN", " size=0 rcpt=0 mail=0 by=0 hold=0 auth=PLAIN LOGIN" },
	{ "AUTH", " size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "LIMITS RCPTMAX=10 MAILMAX=5", " size=0 rcpt=10 mail=5 by=0 hold=0 auth=" },
	{ "LIMITS RCPTMAX=0 MAILMAX=x FOO", " size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "DELIVERBY 240|FUTURERELEASE 86400 2027-01-01T00:00:00Z|MT-PRIORITY MIXER|REQUIRETLS",
	  "YFMR size=0 rcpt=0 mail=0 by=240 hold=86400 auth=" },
	{ "BINARYMIME|SMTPUTF8|DSN|ENHANCEDSTATUSCODES|ETRN",
	  "BUDEN size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "PIPELINING with words", "P size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
	{ "", " size=0 rcpt=0 mail=0 by=0 hold=0 auth=" },
};

static void
keywords(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caps caps = caps_of(&arena, cases[i].lines);

		unit_same(cases[i].lines, describe(&arena, &caps), cases[i].want);
	}
	arena_release(&arena);
	unit_done();
}

static void
first_line_is_no_keyword(void **state)
{
	struct arena arena = { 0 };
	struct reply reply = { 0 };
	struct caps caps;
	size_t used;

	(void)state;
	assert_int_equal(
		reply_parse(&arena, SPAN("250-STARTTLS\r\n250 DSN\r\n"), &reply, &used),
		REPLY_COMPLETE);
	caps = caps_parse(&arena, &reply);
	unit_number("STARTTLS as a name", caps.starttls, false);
	unit_number("DSN", caps.dsn, true);
	arena_release(&arena);
	unit_done();
}

static void
mechanisms(void **state)
{
	struct arena arena = { 0 };
	struct caps caps = caps_of(&arena, "AUTH SCRAM-SHA-1-PLUS PLAIN xoauth2");

	(void)state;
	unit_number("PLAIN", caps_offers(&caps, "plain"), true);
	unit_number("XOAUTH2", caps_offers(&caps, "xoauth2"), true);
	unit_number("SCRAM-SHA-1-PLUS", caps_offers(&caps, "scram-sha-1-plus"), true);
	unit_number("SCRAM-SHA-1 inside -PLUS", caps_offers(&caps, "scram-sha-1"), false);
	unit_number("LOGIN", caps_offers(&caps, "login"), false);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords),
		cmocka_unit_test(first_line_is_no_keyword),
		cmocka_unit_test(mechanisms),
	};

	return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}
