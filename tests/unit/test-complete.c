/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses in header fields get their domain, and nothing else changes. */
#include "unit.h"

#include "mail/compose.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const char *const local_names[] = { "vm", "localhost", "vm.example.com", NULL };

static const struct {
	const char *name, *whole;
	const char *want; /* NULL: the very same bytes */
} cases[] = {
	{ "comment", "From: root (Cron Daemon)\r\n",
	  "From: root@example.org (Cron Daemon)\r\n" },
	{ "angle", "From: Anacron <root>\r\n", "From: Anacron <root@example.org>\r\n" },
	{ "bare", "To: root\r\n", "To: root@example.org\r\n" },
	{ "no blank", "To:root\r\n", "To:root@example.org\r\n" },
	{ "blank before the colon", "TO : root\r\n", "TO : root@example.org\r\n" },
	{ "blanks around", "To:  root  \r\n", "To:  root@example.org  \r\n" },
	{ "list", "Cc: ann, Bob <bob>,c@x.org,,\tdan\r\n",
	  "Cc: ann@example.org, Bob <bob@example.org>,c@x.org,,\tdan@example.org\r\n" },
	{ "semicolons", "To: ann; bob\r\n", "To: ann@example.org; bob@example.org\r\n" },
	{ "folds", "To: ann,\r\n\tbob,\r\n  (x\r\n y) dan\r\n",
	  "To: ann@example.org,\r\n\tbob@example.org,\r\n  (x\r\n y) dan@example.org\r\n" },
	{ "group", "To: us: ann, bob@x.org;, dan\r\n",
	  "To: us: ann@example.org, bob@x.org;, dan@example.org\r\n" },
	{ "empty group", "To: undisclosed-recipients:;\r\n", NULL },
	{ "quoted name", "From: \"root, <root>\" <root>\r\n",
	  "From: \"root, <root>\" <root@example.org>\r\n" },
	{ "quoted local part", "From: \"j doe\"\r\n", "From: \"j doe\"@example.org\r\n" },
	{ "quoted local part with an @", "From: \"a@vm\"\r\n",
	  "From: \"a@vm\"@example.org\r\n" },
	{ "comments everywhere", "From: (a) root (b) (c@vm)\r\n",
	  "From: (a) root@example.org (b) (c@vm)\r\n" },
	{ "comments in angles", "From: x (\\)y) < (q) root (z) >\r\n",
	  "From: x (\\)y) < (q) root@example.org (z) >\r\n" },
	{ "name beyond ASCII", "From: J\303\266rg <root>\r\n",
	  "From: J\303\266rg <root@example.org>\r\n" },
	{ "backslash", "To: \\root, ann@x.org\r\n",
	  "To: root@example.org, ann@x.org\r\n" },
	{ "dots", "To: ann.doe\r\n", "To: ann.doe@example.org\r\n" },
	{ "all of it there", "From: Ann <ann@x.org>, b@y.org (b)\r\n", NULL },
	{ "this host, short", "From: root@vm\r\n", "From: root@example.org\r\n" },
	{ "this host, long", "Sender: R <root@VM.example.com> (x)\r\n",
	  "Sender: R <root@example.org> (x)\r\n" },
	{ "this host, with a dot", "From: root@vm.\r\n", "From: root@example.org\r\n" },
	{ "this host, comments", "From: root (a) @ (@b) vm (c)\r\n",
	  "From: root (a) @ (@b) example.org (c)\r\n" },
	{ "this host, quotes", "From: \"a@b\"@localhost\r\n",
	  "From: \"a@b\"@example.org\r\n" },
	{ "this host, Reply-To", "Reply-To: a@localhost, b@x.org\r\n",
	  "Reply-To: a@example.org, b@x.org\r\n" },
	{ "this host, Resent-From", "Resent-From: a@localhost\r\n",
	  "Resent-From: a@example.org\r\n" },
	{ "this host, Resent-Reply-To", "resent-reply-to: a@localhost\r\n",
	  "resent-reply-to: a@example.org\r\n" },
	{ "this host in To", "To: root@vm\r\n", NULL },
	{ "this host in Cc", "Cc: root@vm, ann\r\n", "Cc: root@vm, ann@example.org\r\n" },
	{ "this host in Resent-To", "Resent-To: root@vm\r\n", NULL },
	{ "Resent-Bcc", "Resent-Bcc: ann\r\n", "Resent-Bcc: ann@example.org\r\n" },
	{ "Bcc", "Bcc: ann\r\n", "Bcc: ann@example.org\r\n" },
	{ "Errors-To", "Errors-To: ann\r\n", "Errors-To: ann@example.org\r\n" },
	{ "route", "To: <@a.org,@b.org:joe>\r\n",
	  "To: <@a.org,@b.org:joe@example.org>\r\n" },
	{ "literal", "From: root@[127.0.0.1]\r\n", NULL },
	{ "already the domain", "From: root@Example.org\r\n", NULL },
	{ "no address field", "Subject: root\r\n", NULL },
	{ "none either", "X-From: root\r\n", NULL },
	{ "empty", "To:\r\n", NULL },
	{ "blanks only", "To:  \r\n \r\n", NULL },
	{ "unreadable", "From: root (oops\r\n", NULL },
	{ "one of them unreadable", "To: root, foo@@bar\r\n", NULL },
	{ "words side by side", "From: Cron Daemon\r\n", NULL },
	{ "a null address", "From: <>\r\n", NULL },
};

static struct field
field_of(struct arena *arena, const char *whole)
{
	size_t count;
	struct field *field = header_split(arena, span_of(whole), &count);

	assert_int_equal(count, 1);
	return *field;
}

static void
test_cases(void **state)
{
	struct completion completion = { "example.org", local_names };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = { 0 };
		struct field field = field_of(&arena, cases[i].whole);
		struct span got = complete_field(&arena, &field, &completion);

		unit_same(cases[i].name, span_string(&arena, got),
			  cases[i].want ? cases[i].want : cases[i].whole);
		if (!cases[i].want && got.at != field.whole.at)
			unit_same(cases[i].name, "a copy", "the very same bytes");
		arena_release(&arena);
	}
	unit_done();
}

/* What is complete stays so. */
static void
test_twice(void **state)
{
	struct completion completion = { "example.org", local_names };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = { 0 };
		struct field field = field_of(&arena, cases[i].whole), again;
		struct span got = complete_field(&arena, &field, &completion);

		again = field_of(&arena, span_string(&arena, got));
		got = complete_field(&arena, &again, &completion);
		unit_number(cases[i].name, got.at == again.whole.at, true);
		arena_release(&arena);
	}
	unit_done();
}

static void
test_off(void **state)
{
	struct completion no_domain = { NULL, local_names };
	struct completion no_names = { "example.org", NULL };
	struct arena arena = { 0 };
	struct field field = field_of(&arena, "From: root, a@vm\r\n");

	(void)state;
	assert_ptr_equal(complete_field(&arena, &field, &no_domain).at, field.whole.at);
	unit_same("no local names",
		  span_string(&arena, complete_field(&arena, &field, &no_names)),
		  "From: root@example.org, a@vm\r\n");
	arena_release(&arena);
	unit_done();
}

/* compose completes what it keeps, and nothing else. */
static void
test_composed(void **state)
{
	static const struct completion completion = { "example.org", local_names };
	static const struct header_policy policy = { .date = ADD_NEVER,
						     .message_id = ADD_NEVER,
						     .remove_bcc = true };
	struct origin_facts origin = { .from = "root", .completion = &completion };
	struct envelope envelope = { .sender = "root@example.org" };
	struct arena arena = { 0 };
	struct message message = { .body.fd = -1 };
	struct composed composed;
	struct buf out = { 0 };

	(void)state;
	message.fields = header_split(
		&arena, SPAN("From: root (Cron)\r\nBcc: ann\r\nX: ann\r\nTo: ann\r\n"),
		&message.count);
	composed = compose(&arena, &message, &policy, &origin, &envelope);
	for (size_t i = 0; i < composed.count; i++)
		buf_add_span(&out, composed.pieces[i]);
	unit_same("composed", out.at,
		  "From: root@example.org (Cron)\r\nX: ann\r\nTo: ann@example.org\r\n"
		  "\r\n");
	unit_number("size", (long long)composed.size, (long long)out.len);
	origin.completion = NULL;
	composed = compose(&arena, &message, &policy, &origin, &envelope);
	unit_number("off", (long long)composed.size,
		    (long long)out.len - 2 * (long long)strlen("@example.org"));
	buf_release(&out);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_composed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
