/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everybody is in the envelope once, the rules of -t hold, and no option's word can add a
 * command. */
#include "base/file.h"
#include "mail/envelope.h"
#include "mail/fit.h"
#include "mail/named.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static unsigned
check(const char *name, const char *got, const char *want)
{
	if (strcmp(got, want) == 0) {
		printf("ok - %s\n", name);
		return 0;
	}
	printf("not ok - %s: got %s, want %s\n", name, got, want);
	return 1;
}

/* The recipients with "|" between them. */
static const char *
joined(struct arena *arena, const struct envelope *envelope)
{
	const char *text = "";

	for (size_t i = 0; i < envelope->count; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? "|" : "", envelope->to[i]);
	return text;
}

/* ---- recipients ---- */

static const struct {
	const char *name;
	const char *operands[5];
	const char *domain;
	const char *want;
} additions[] = {
	{ "add: none", { NULL }, NULL, "" },
	{ "add: several", { "a@x.org", "b@x.org", NULL }, NULL, "a@x.org|b@x.org" },
	{ "add: lists",
	  { "a@x.org,b@x.org", "c@x.org", NULL },
	  NULL,
	  "a@x.org|b@x.org|c@x.org" },
	{ "add: twice the same",
	  { "a@x.org", "b@x.org", "a@x.org", NULL },
	  NULL,
	  "a@x.org|b@x.org" },
	{ "add: the same in one list",
	  { "a@x.org, a@x.org,b@x.org", NULL },
	  NULL,
	  "a@x.org|b@x.org" },
	{ "add: domains in any case",
	  { "a@x.org", "a@X.ORG", "A@x.org", NULL },
	  NULL,
	  "a@x.org|A@x.org" },
	{ "add: bare ones get the domain",
	  { "a", "b@y.org", "a@x.org", NULL },
	  "x.org",
	  "a@x.org|b@y.org" },
	{ "add: bare ones without a domain",
	  { "a", "a@x.org", "a", NULL },
	  NULL,
	  "a|a@x.org" },
	{ "add: quoted where it must be",
	  { "\"a b\"@x.org", "\"c\"@x.org", "c@x.org", NULL },
	  NULL,
	  "\"a b\"@x.org|c@x.org" },
	{ "add: an at sign in quotes",
	  { "\"a@X\"@y.org", "\"a@x\"@y.org", NULL },
	  NULL,
	  "\"a@X\"@y.org|\"a@x\"@y.org" },
};

static void
add_operand(struct arena *arena, struct envelope *envelope, const char *operand,
	    const char *domain)
{
	struct error err = { .arena = arena };
	struct address_list list;

	assert_true(address_operand_parse(arena, operand, &list, &err));
	assert_true(envelope_add(arena, envelope, &list, domain, &err));
}

static void
test_additions(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(additions); i++) {
		struct arena arena = { 0 };
		struct envelope envelope = { .sender = "" };

		for (const char *const *word = additions[i].operands; *word; word++)
			add_operand(&arena, &envelope, *word, additions[i].domain);
		failed += check(additions[i].name, joined(&arena, &envelope),
				additions[i].want);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* Ten thousand, one by one, twice. */
static void
test_many(void **state)
{
	enum { MANY = 10000 };
	struct arena arena = { 0 };
	struct envelope envelope = { .sender = "" };

	(void)state;
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < MANY; i++)
			add_operand(&arena, &envelope,
				    arena_printf(&arena, "user%zu@%s.org", i,
						 round ? "X" : "x"),
				    NULL);
	assert_int_equal(envelope.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_string_equal(envelope.to[i],
				    arena_printf(&arena, "user%zu@x.org", i));
	arena_release(&arena);
}

/* Others may change the list; what they put there counts from then on. */
static void
test_changed_by_others(void **state)
{
	const char *others[] = { "p@x.org", "q@X.ORG", "p@x.org" };
	const char *another[] = { "y@x.org", "z@x.org" };
	struct arena arena = { 0 };
	struct envelope envelope = { .sender = "" };

	(void)state;
	add_operand(&arena, &envelope, "a@x.org", NULL);
	envelope.to = others;
	envelope.count = COUNT(others);
	add_operand(&arena, &envelope, "q@x.org,a@x.org", NULL);
	assert_string_equal(joined(&arena, &envelope), "p@x.org|q@X.ORG|p@x.org|a@x.org");
	envelope.count = 1;
	add_operand(&arena, &envelope, "q@x.org,p@x.org", NULL);
	assert_string_equal(joined(&arena, &envelope), "p@x.org|q@x.org");
	envelope.to = another;
	add_operand(&arena, &envelope, "p@x.org,z@x.org", NULL);
	assert_string_equal(joined(&arena, &envelope), "y@x.org|z@x.org|p@x.org");
	arena_release(&arena);
}

/* ---- the header ---- */

static struct message
message_of(struct arena *arena, const char *header)
{
	struct error err = { .arena = arena };
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct message message;

	assert_true(write_all(fd, header, strlen(header)));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(message_read(arena, fd, false, &message, &err));
	close(fd);
	return message;
}

static const struct {
	const char *name, *header;
	const char *to;	  /* what -t finds; "!" for FAULT_DATA */
	const char *from; /* what envelope_from_header finds; "" for none */
} headers[] = {
	{ "header: none", "", "", "" },
	{ "header: To, Cc, Bcc, Apparently-To",
	  "From: f@x.org\nTo: a@x.org\nCc: b@x.org\nBcc: c@x.org\nApparently-To: d@x.org\n",
	  "a@x.org|b@x.org|c@x.org|d@x.org", "f@x.org" },
	{ "header: any case, several, blanks, folds",
	  "to : a@x.org,\n\tb@x.org\nTO:\n c@x.org\nbcc:\n\n", "a@x.org|b@x.org|c@x.org",
	  "" },
	{ "header: bare ones", "From: root (Cron Daemon)\nTo: root, Anacron <b>\n",
	  "root@d.org|b@d.org", "root@d.org" },
	{ "header: others do not count",
	  "Reply-To: a@x.org\nDelivered-To: b@x.org\nX-To: c@x.org\nSender: s@x.org\n",
	  "", "" },
	{ "header: groups, empty ones too",
	  "From: g: f@x.org;\nTo: undisclosed-recipients:;\n"
	  "Cc: Friends: \"Q, R\" <q@x.org>, s@x.org;\n",
	  "q@x.org|s@x.org", "f@x.org" },
	{ "header: each once", "To: a@x.org\nCc: a@X.org, b@x.org\n", "a@x.org|b@x.org",
	  "" },
	{ "header: in the body they do not count", "To: a@x.org\n\nCc: b@x.org\n",
	  "a@x.org", "" },
	{ "header: sent again",
	  "Resent-From: r@x.org\nResent-To: a@x.org\n"
	  "Resent-Bcc: b@x.org\nFrom: f@x.org\nTo: t@x.org\nBcc: u@x.org\n",
	  "a@x.org|b@x.org", "r@x.org" },
	{ "header: sent again twice",
	  "Resent-To: a@x.org\nReceived: x\nResent-Cc: b@x.org\n"
	  "To: t@x.org\n",
	  "a@x.org|b@x.org", "" },
	{ "header: sent again to nobody", "Resent-To:\nTo: t@x.org\n", "", "" },
	{ "header: Resent-From alone leaves To",
	  "From: f@x.org\nResent-From: r@x.org\n"
	  "To: t@x.org\n",
	  "t@x.org", "f@x.org" },
	{ "header: first of several senders", "From: , f@x.org, g@x.org\n", "",
	  "f@x.org" },
	{ "header: empty From, then another", "From:\nFrom: x:;\nFrom: g@x.org\n", "",
	  "g@x.org" },
	{ "header: broken To", "From: f@x.org\nTo: a@x.org\nCc: foo@@bar\n", "!",
	  "f@x.org" },
	{ "header: broken From", "From: foo@@bar\nTo: a@x.org\n", "a@x.org", "!" },
};

static void
test_headers(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct arena arena = { 0 };
		struct message message = message_of(&arena, headers[i].header);
		struct envelope envelope = { .sender = "" };
		struct error err = { .arena = &arena };
		struct address_list list;
		const char *got = "!", *from;

		if (header_recipients(&arena, &message, RESENT_ALL, &list, &err) &&
		    envelope_add(&arena, &envelope, &list, "d.org", &err))
			got = joined(&arena, &envelope);
		else
			assert_int_equal(err.fault, FAULT_DATA);
		failed += check(headers[i].name, got, headers[i].to);
		error_clear(&err);
		got = "!";
		if (envelope_from_header(&arena, &message, "d.org", &from, &err))
			got = from ? from : "";
		failed += check(arena_printf(&arena, "%s, sender", headers[i].name), got,
				headers[i].from);
		message_release(&message);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* What counts as sent again, when only the newest block does. */
static const struct {
	const char *name, *header, *to;
} newest[] = {
	{ "newest: twice",
	  "X: y\nResent-From: r@x.org\nresent-to: a@x.org\nResent-Date: x\n"
	  "Resent-Cc: c@x.org\nReceived: x\nResent-To: b@x.org\nTo: t@x.org\n",
	  "a@x.org|c@x.org" },
	{ "newest: behind a lone Resent-Date",
	  "Resent-Date: x\nReceived: x\nResent-To: b@x.org\nTo: t@x.org\n", "b@x.org" },
	{ "newest: not sent again", "To: t@x.org\nCc: c@x.org\n", "t@x.org|c@x.org" },
};

static void
test_newest(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(newest); i++) {
		struct arena arena = { 0 };
		struct message message = message_of(&arena, newest[i].header);
		struct envelope envelope = { .sender = "" };
		struct error err = { .arena = &arena };
		struct address_list list;

		assert_true(
			header_recipients(&arena, &message, RESENT_FIRST, &list, &err));
		assert_true(envelope_add(&arena, &envelope, &list, "d.org", &err));
		failed += check(newest[i].name, joined(&arena, &envelope), newest[i].to);
		message_release(&message);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* ---- needs ---- */

enum { UTF8 = NEEDS_SMTPUTF8 };

static const struct {
	const char *name;
	const char *sender, *to, *header;
	struct mail_options options;
	unsigned want;
} needs[] = {
	{ "needs: nothing", "a@x.org", "b@x.org", "A: b\n", { 0 }, 0 },
	{ "needs: eight-bit body is no need", "", "b", "A: b\n\n\303\251\n", { 0 }, 0 },
	{ "needs: header that is not UTF-8", "", "b", "A: \351\n", { 0 }, 0 },
	{ "needs: UTF-8 text in the header", "", "b", "A: \303\251\n", { 0 }, 0 },
	{ "needs: UTF-8 name", "", "b", "From: \303\251 <a@x.org>\n", { 0 }, 0 },
	{ "needs: UTF-8 name alone", "", "b", "From: \303\251\n", { 0 }, 0 },
	{ "needs: UTF-8 comment", "", "b", "From: a@x.org (\303\251)\n", { 0 }, 0 },
	{ "needs: UTF-8 domain", "", "b", "To: a@\303\251.org\n", { 0 }, 0 },
	{ "needs: UTF-8 local part",
	  "",
	  "b",
	  "To: b@x.org,\n \303\251@x.org\n",
	  { 0 },
	  UTF8 },
	{ "needs: UTF-8 local part, quoted",
	  "",
	  "b",
	  "Cc: \"\303\251 a\"@x\n",
	  { 0 },
	  UTF8 },
	{ "needs: UTF-8 local part in a group",
	  "",
	  "b",
	  "To: g: \303\251@x;\n",
	  { 0 },
	  UTF8 },
	{ "needs: UTF-8 local part, Resent",
	  "",
	  "b",
	  "Resent-To: \303\251@x\n",
	  { 0 },
	  UTF8 },
	{ "needs: UTF-8 local part in a text", "", "b", "A: \303\251@x.org\n", { 0 }, 0 },
	{ "needs: no list of addresses", "", "b", "To: \303\251@x, @\n", { 0 }, UTF8 },
	{ "needs: no list, a name", "", "b", "To: \303\251 <a@x>, @\n", { 0 }, 0 },
	{ "needs: a row", "", "b", "To: a@x \303\251@x\n", { 0 }, UTF8 },
	{ "needs: local part, header not UTF-8",
	  "",
	  "b",
	  "To: \303\251@x\nA: \351\n",
	  { 0 },
	  0 },
	{ "needs: UTF-8, signed",
	  "",
	  "b",
	  "DKIM-Signature: a\nA: \303\251\n",
	  { 0 },
	  UTF8 },
	{ "needs: ASCII, signed", "", "b", "DKIM-Signature: a\nA: b\n", { 0 }, 0 },
	{ "needs: not UTF-8, signed", "", "b", "DKIM-Signature: a\nA: \351\n", { 0 }, 0 },
	{ "needs: UTF-8 sender", "\303\251@x.org", "b", "", { 0 }, UTF8 },
	{ "needs: UTF-8 recipient", "", "\303\251@x.org", "", { 0 }, UTF8 },
	{ "needs: RET", "", "b", "", { .ret = "FULL" }, NEEDS_DSN },
	{ "needs: ENVID", "", "b", "", { .envid = "x" }, NEEDS_DSN },
	{ "needs: NOTIFY", "", "b", "", { .notify = "NEVER" }, NEEDS_DSN },
	{ "needs: BY", "", "b", "", { .by = "1;R" }, NEEDS_DELIVERBY },
	{ "needs: HOLDFOR", "", "b", "", { .hold_for = "1" }, NEEDS_FUTURERELEASE },
	{ "needs: HOLDUNTIL", "", "b", "", { .hold_until = "x" }, NEEDS_FUTURERELEASE },
	{ "needs: MT-PRIORITY", "", "b", "", { .mt_priority = "0" }, NEEDS_MT_PRIORITY },
	{ "needs: REQUIRETLS", "", "b", "", { .require_tls = true }, NEEDS_REQUIRETLS },
	{ "needs: several",
	  "",
	  "b",
	  "To: \303\251@x\n",
	  { .ret = "FULL", .require_tls = true },
	  UTF8 | NEEDS_DSN | NEEDS_REQUIRETLS },
};

static void
test_needs(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(needs); i++) {
		struct arena arena = { 0 };
		const char *to[] = { "first@x.org", needs[i].to };
		struct message message = message_of(&arena, needs[i].header);
		struct envelope envelope = { .sender = needs[i].sender,
					     .to = to,
					     .count = 2,
					     .options = needs[i].options,
					     .needs = 0xff };

		envelope_decide_needs(&envelope, &message);
		failed +=
			check(needs[i].name, arena_printf(&arena, "%#x", envelope.needs),
			      arena_printf(&arena, "%#x", needs[i].want));
		message_release(&message);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* What somebody kept who asked for SMTPUTF8 too often. */
static void
test_waived(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(needs); i++) {
		struct arena arena = { 0 };
		const char *to[] = { needs[i].to };
		struct message message = message_of(&arena, needs[i].header);
		struct envelope envelope = { .sender = needs[i].sender,
					     .to = to,
					     .count = 1,
					     .needs = UTF8 | NEEDS_DSN };

		envelope_waive_utf8(&envelope, &message);
		failed += check(
			needs[i].name, arena_printf(&arena, "%#x", envelope.needs),
			arena_printf(&arena, "%#x", (needs[i].want & UTF8) | NEEDS_DSN));
		envelope.needs = 0;
		envelope_waive_utf8(&envelope, &message);
		failed += check("waived: nothing is added",
				arena_printf(&arena, "%#x", envelope.needs), "0");
		message_release(&message);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* A field that cannot be read is looked through once: this would take hours otherwise. */
static void
test_long_field(void **state)
{
	enum { LONG = 2000000 };
	struct arena arena = { 0 };
	char *value = arena_take(&arena, LONG + 1);
	struct field field = { .value = { value, LONG } };

	(void)state;
	field.name = SPAN("To");
	memset(value, '@', LONG);
	value[0] = '\303';
	value[1] = '\251';
	value[2] = ' ';
	assert_false(field_needs_utf8(&arena, &field));
	value[2] = 'x';
	assert_true(field_needs_utf8(&arena, &field));
	arena_release(&arena);
}

/* ---- the words of options ---- */

enum option { NOTIFY, RET, ENVID, BY, HOLD_FOR, HOLD_UNTIL, MT_PRIORITY };

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* "-" stands for NULL, "!" for FAULT_USAGE. */
static const struct {
	const char *name;
	enum option option;
	const char *word, *want;
} words[] = {
	{ "notify: never", NOTIFY, "never", "NEVER" },
	{ "notify: any case", NOTIFY, "Failure", "FAILURE" },
	{ "notify: any order", NOTIFY, "delay,failure,success", "SUCCESS,FAILURE,DELAY" },
	{ "notify: twice", NOTIFY, "DELAY,delay", "DELAY" },
	{ "notify: blanks", NOTIFY, " failure, delay ", "FAILURE,DELAY" },
	{ "notify: off", NOTIFY, "off", "-" },
	{ "notify: empty", NOTIFY, "", "-" },
	{ "notify: never and more", NOTIFY, "never,delay", "!" },
	{ "notify: unknown", NOTIFY, "bogus", "!" },
	{ "notify: unknown among others", NOTIFY, "failure,bogus", "!" },
	{ "notify: comma at the end", NOTIFY, "failure,", "!" },
	{ "notify: comma alone", NOTIFY, ",", "!" },
	{ "notify: another parameter", NOTIFY, "never ORCPT=x", "!" },
	{ "notify: a line end", NOTIFY, "never\r\nRSET", "!" },
	{ "ret: full", RET, "full", "FULL" },
	{ "ret: hdrs", RET, "HDRS", "HDRS" },
	{ "ret: headers", RET, "headers", "HDRS" },
	{ "ret: off", RET, "off", "-" },
	{ "ret: empty", RET, "", "-" },
	{ "ret: unknown", RET, "body", "!" },
	{ "ret: a line end", RET, "full\r\n", "!" },
	{ "envid: plain", ENVID, "QQ314159", "QQ314159" },
	{ "envid: xtext", ENVID, "a+b=c d", "a+2Bb+3Dc+20d" },
	{ "envid: off is an identifier", ENVID, "off", "off" },
	{ "envid: empty", ENVID, "", "-" },
	{ "envid: a hundred", ENVID, HUNDRED, HUNDRED },
	{ "envid: one more", ENVID, HUNDRED "0", "!" },
	{ "envid: a hundred when encoded", ENVID, "++++++++++++++++++++++++++++++++++",
	  "!" },
	{ "envid: a line end", ENVID, "a\r\nRSET", "!" },
	{ "envid: a tab", ENVID, "a\tb", "!" },
	{ "envid: eight-bit", ENVID, "caf\303\251", "!" },
	{ "by: seconds", BY, "120", "120;R" },
	{ "by: return", BY, "120;R", "120;R" },
	{ "by: notify", BY, "120;N", "120;N" },
	{ "by: trace", BY, "120T", "120;RT" },
	{ "by: return and trace", BY, "120;rt", "120;RT" },
	{ "by: notify and trace", BY, "120;NT", "120;NT" },
	{ "by: plus", BY, "+5;N", "5;N" },
	{ "by: the past, notify", BY, "-5;N", "-5;N" },
	{ "by: now, notify", BY, "0;N", "0;N" },
	{ "by: nine digits", BY, "123456789", "123456789;R" },
	{ "by: off", BY, "off", "-" },
	{ "by: empty", BY, "", "-" },
	{ "by: the past, return", BY, "-5;R", "!" },
	{ "by: now, return", BY, "0", "!" },
	{ "by: ten digits", BY, "1234567890", "!" },
	{ "by: no seconds", BY, ";R", "!" },
	{ "by: sign alone", BY, "-", "!" },
	{ "by: two signs", BY, "--5;N", "!" },
	{ "by: no semicolon", BY, "120R", "!" },
	{ "by: semicolon alone", BY, "120;", "!" },
	{ "by: trace behind a semicolon", BY, "120;T", "!" },
	{ "by: trace first", BY, "120;TR", "!" },
	{ "by: a blank", BY, "120 ;R", "!" },
	{ "by: a line end", BY, "120\r\n", "!" },
	{ "hold for: seconds", HOLD_FOR, "3600", "3600" },
	{ "hold for: off", HOLD_FOR, "off", "-" },
	{ "hold for: zero", HOLD_FOR, "0", "!" },
	{ "hold for: zero first", HOLD_FOR, "03600", "!" },
	{ "hold for: ten digits", HOLD_FOR, "1234567890", "!" },
	{ "hold for: a unit", HOLD_FOR, "1h", "!" },
	{ "hold for: negative", HOLD_FOR, "-1", "!" },
	{ "hold for: a line end", HOLD_FOR, "1\n", "!" },
	{ "hold until: UTC", HOLD_UNTIL, "2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z" },
	{ "hold until: small letters", HOLD_UNTIL, "2026-12-31t18:00:00z",
	  "2026-12-31t18:00:00z" },
	{ "hold until: zone", HOLD_UNTIL, "2026-12-31T18:00:00+05:30",
	  "2026-12-31T18:00:00+05:30" },
	{ "hold until: fraction", HOLD_UNTIL, "2026-12-31T18:00:00.125Z",
	  "2026-12-31T18:00:00.125Z" },
	{ "hold until: leap second", HOLD_UNTIL, "2026-12-31T23:59:60Z",
	  "2026-12-31T23:59:60Z" },
	{ "hold until: off", HOLD_UNTIL, "off", "-" },
	{ "hold until: no zone", HOLD_UNTIL, "2026-12-31T18:00:00", "!" },
	{ "hold until: no time", HOLD_UNTIL, "2026-12-31", "!" },
	{ "hold until: blank for T", HOLD_UNTIL, "2026-12-31 18:00:00Z", "!" },
	{ "hold until: month", HOLD_UNTIL, "2026-13-31T18:00:00Z", "!" },
	{ "hold until: month zero", HOLD_UNTIL, "2026-00-31T18:00:00Z", "!" },
	{ "hold until: day", HOLD_UNTIL, "2026-12-32T18:00:00Z", "!" },
	{ "hold until: hour", HOLD_UNTIL, "2026-12-31T24:00:00Z", "!" },
	{ "hold until: minute", HOLD_UNTIL, "2026-12-31T18:60:00Z", "!" },
	{ "hold until: zone hour", HOLD_UNTIL, "2026-12-31T18:00:00+24:00", "!" },
	{ "hold until: zone without colon", HOLD_UNTIL, "2026-12-31T18:00:00+0530", "!" },
	{ "hold until: empty fraction", HOLD_UNTIL, "2026-12-31T18:00:00.Z", "!" },
	{ "hold until: more behind it", HOLD_UNTIL, "2026-12-31T18:00:00Z BODY=7BIT",
	  "!" },
	{ "hold until: a line end", HOLD_UNTIL, "2026-12-31T18:00:00Z\r\n", "!" },
	{ "hold until: a letter", HOLD_UNTIL, "2o26-12-31T18:00:00Z", "!" },
	{ "priority: least", MT_PRIORITY, "-9", "-9" },
	{ "priority: zero", MT_PRIORITY, "0", "0" },
	{ "priority: most", MT_PRIORITY, "9", "9" },
	{ "priority: off", MT_PRIORITY, "off", "-" },
	{ "priority: ten", MT_PRIORITY, "10", "!" },
	{ "priority: minus zero", MT_PRIORITY, "-0", "!" },
	{ "priority: plus", MT_PRIORITY, "+1", "!" },
	{ "priority: minus", MT_PRIORITY, "-", "!" },
	{ "priority: a word", MT_PRIORITY, "high", "!" },
	{ "priority: a line end", MT_PRIORITY, "1\r\n", "!" },
};

static bool
parse(struct arena *arena, enum option option, const char *word, const char **value,
      struct error *err)
{
	switch (option) {
	case NOTIFY:
		return parse_notify(arena, word, value, err);
	case RET:
		return parse_ret(word, value, err);
	case ENVID:
		return parse_envid(arena, word, value, err);
	case BY:
		return parse_by(arena, word, value, err);
	case HOLD_FOR:
		return parse_hold_for(word, value, err);
	case HOLD_UNTIL:
		return parse_hold_until(word, value, err);
	case MT_PRIORITY:
		return parse_mt_priority(word, value, err);
	}
	return false;
}

static void
test_words(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		const char *got = "!", *value = "unset";

		if (parse(&arena, words[i].option, words[i].word, &value, &err))
			got = value ? value : "-";
		else if (err.fault != FAULT_USAGE || value ||
			 has_control(span_of(err.what)))
			got = "another failure";
		failed += check(words[i].name, got, words[i].want);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* ---- ORCPT ---- */

static const struct {
	const char *name, *address, *want;
} originals[] = {
	{ "orcpt: plain", "bob@x.org", "rfc822;bob@x.org" },
	{ "orcpt: plus and equals sign", "bob+a=b@x.org", "rfc822;bob+2Ba+3Db@x.org" },
	{ "orcpt: quoted", "\"a b\\\"\"@x.org", "rfc822;\"a+20b\\\"\"@x.org" },
	{ "orcpt: no domain", "bob", "rfc822;bob" },
	{ "orcpt: UTF-8", "caf\303\251@x.org", "utf-8;caf\\x{E9}@x.org" },
	{ "orcpt: UTF-8, three bytes", "\344\273\266@x.org", "utf-8;\\x{4EF6}@x.org" },
	{ "orcpt: UTF-8, four bytes", "\360\237\230\200@x.org",
	  "utf-8;\\x{1F600}@x.org" },
	{ "orcpt: UTF-8 and specials", "\"\303\251+= \\\\\"@x.org",
	  "utf-8;\"\\x{E9}\\x{2B}\\x{3D}\\x{20}\\x{5C}\\x{5C}\"@x.org" },
	{ "orcpt: bytes that are no UTF-8", "caf\351@x.org", "rfc822;caf+E9@x.org" },
};

static void
test_originals(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(originals); i++) {
		struct arena arena = { 0 };

		failed += check(originals[i].name,
				original_recipient(&arena, originals[i].address),
				originals[i].want);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_additions),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_changed_by_others),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_waived),
		cmocka_unit_test(test_long_field),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_originals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
