/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What names an account, written down and found again. */
#include "unit.h"

#include "conf/choose.h"

static const struct {
	const char *name, *input, *want; /* NULL: none */
} cases[] = {
	{ "a word", "host=mail.example.org", "host=mail.example.org" },
	{ "no value", "user=", "user=" },
	{ "an equals sign in the value", "user=a=b=", "user=a=b=" },
	{ "blanks in the value", "from_full_name= A  B ", "from_full_name= A  B " },
	{ "dashes in the name", "tls-trust-file=/x", "tls_trust_file=/x" },
	{ "UTF-8", "from_full_name=J\xc3\xb6rg", "from_full_name=J\xc3\xb6rg" },
	{ "no name", "=x", NULL },
	{ "no setting", "hosts=x", NULL },
	{ "half a setting", "hos=x", NULL },
	{ "no equals sign", "host", NULL },
	{ "nothing", "", NULL },
};

static void
assignments(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct assignment assignment;
		const char *got = NULL;

		if (assignment_parse(span_of(cases[i].input), &assignment)) {
			got = assignment_print(&arena, &assignment);
			unit_number(cases[i].name, assignment.origin.kind, ORIGIN_OPTION);
		}
		unit_same(cases[i].name, got, cases[i].want);
	}
	arena_release(&arena);
	unit_done();
}

/* Whatever can be an option comes back as it went. */
static void
every_setting(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t row = 0; row < settings_count; row++) {
		struct assignment before = { .row = row, .text = SPAN("a=b\tc") }, after;
		const char *text = assignment_print(&arena, &before);

		if (!assignment_parse(span_of(text), &after)) {
			unit_same(text, "not read", "read");
			continue;
		}
		unit_number(text, (long long)after.row, (long long)row);
		unit_same(text, span_string(&arena, after.text), "a=b\tc");
	}
	arena_release(&arena);
	unit_done();
}

/* An account that no file knows is all in the assignments. */
static void
without_a_file(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct assignment given[2];
	struct account_key key = { .without_file = true, .assignments = given };
	struct chosen chosen = { 0 };

	(void)state;
	assert_true(assignment_parse(SPAN("host=mail.example.org"), &given[0]));
	assert_true(assignment_parse(SPAN("port=2525"), &given[1]));
	key.assignment_count = 2;
	unit_number("chosen", account_choose(&arena, &key, NULL, &chosen, &err), true);
	unit_same("its host", chosen.account->endpoint.host, "mail.example.org");
	unit_number("its port", chosen.account->port, 2525);
	unit_number("its queue", chosen.account->queue.on, false);
	chosen_release(&chosen);
	unit_number("released", chosen.account == NULL, true);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assignments),
		cmocka_unit_test(every_setting),
		cmocka_unit_test(without_a_file),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
