/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of mail providers: each row of it, rows that are wrong, and finding. */
#include "unit.h"

#include "conf/providers.h"
#include "oauth/provider.h"

#include <stdlib.h>

static bool
is_name(struct span name)
{
	bool dot = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '.')
			return false;
		dot |= c == '.' && i > 0 && i + 1 < name.len;
	}
	return dot;
}

static void
check_names(struct span words, const struct providers *providers, size_t row)
{
	struct span word;

	while ((word = span_word(&words)).len) {
		char *name = strndup(word.at, word.len);

		assert_non_null(name);
		unit_number(name, is_name(word), true);
		if (words.at >= providers->items[row].mx.at)
			unit_same(name, provider_of_mx(providers, name)->name.at,
				  providers->items[row].name.at);
		else
			unit_same(name, provider_of_domain(providers, name)->name.at,
				  providers->items[row].name.at);
		free(name);
	}
}

/* Names are names, none is in two rows, and each secret can be had. */
static void
built_in(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct providers providers = { 0 };

	(void)state;
	unit_number("read",
		    providers_add(&arena, span_of(providers_text), "built in", &providers,
				  &err),
		    true);
	unit_same("error", err.what, NULL);
	assert_true(providers.count > 80);
	for (size_t i = 0; i < providers.count; i++) {
		const struct mail_provider *row = &providers.items[i];
		const char *name = span_string(&arena, row->name);

		check_names(row->domains, &providers, i);
		check_names(row->mx, &providers, i);
		if (row->host_is_mx)
			unit_number(name, (long long)row->domains.len, 0);
		else if (row->host)
			unit_number(name, is_name(span_of(row->host)), true);
		if (row->secrets & SECRET_OAUTH)
			unit_number(name,
				    provider_has_host(row->host) ||
					    strcmp(row->host, "smtp-relay.gmail.com") ==
						    0,
				    true);
		if (row->help)
			unit_number(name, strncmp(row->help, "https://", 8), 0);
		if (row->first == SECRET_APP_PASSWORD && !row->help)
			unit_same(name, "no help page", "a page where it is made");
	}
	arena_release(&arena);
	unit_done();
}

#define GOOD                                                                             \
	"A | a.example | mx.example | smtp.a.example 465 | address | password | - | -"

static const struct {
	const char *text;
	const char *want; /* of the error; NULL: none */
} rows[] = {
	{ GOOD, NULL },
	{ "\n# A comment | with bars\n\n  \t\n" GOOD "\n", NULL },
	{ "A | - | - | - | - | - | none | -", NULL },
	{ "A|-|-|h.example 465|=word|key|-|-\r", NULL },
	{ "A | a.example", "t:1" },
	{ GOOD " | more", "t:1" },
	{ "\n#\n | - | - | h.example 465 | address | password | - | -", "t:3" },
	{ "A | - | - | h.example | address | password | - | -", "t:1" },
	{ "A | - | - | h.example 0 | address | password | - | -", "t:1" },
	{ "A | - | - | h.example 65536 | address | password | - | -", "t:1" },
	{ "A | - | - | h.example 587 465 | address | password | - | -", NULL },
	{ "A | - | - | h.example 465 465 | address | password | - | -", "t:1" },
	{ "A | - | - | h.example 465 2587 | address | password | - | -", "t:1" },
	{ "A | - | - | h.example 465 587 25 | address | password | - | -", "t:1" },
	{ "A | - | - | h.example 465 | = | password | - | -", "t:1" },
	{ "A | - | - | h.example 465 | somebody | password | - | -", "t:1" },
	{ "A | - | - | h.example 465 | address | - | - | -", "t:1" },
	{ "A | - | - | h.example 465 | address | word | - | -", "t:1" },
	{ "A | - | - | h.example 465 | address | password | nothing | -", "t:1" },
	{ "A | - | - | h.example 465 | address | password | from from from from | -",
	  "t:1" },
	{ "A | - | - | - | address | password | - | -", "t:1" },
	{ "A\1 | - | - | h.example 465 | address | password | - | -", "t:1" },
};

static void
wrong_rows(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { .arena = &arena };
		struct providers providers = { 0 };
		bool ok = providers_add(&arena, span_of(rows[i].text), "t", &providers,
					&err);
		const char *got =
			ok ? NULL
			   : span_string(&arena, span_part(span_of(err.what), 0, 3));

		unit_same(rows[i].text, got, rows[i].want);
		if (ok)
			unit_number(rows[i].text, (long long)providers.count, 1);
	}
	arena_release(&arena);
	unit_done();
}

/* What is read first goes first: so the system's file before the built-in table. */
static void
finding(void **state)
{
	static const char text[] =
		"A | a.example | deep.mx.example | smtp.a.example 587 | local | oauth "
		"app-password | - | -\n"
		"B | b.example a.example | mx.example | %MX 587 | address | password | - | -\n"
		"C | c.example | - | 127.0.0.1 1025 | address | password | - | -\n";
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct providers providers = { 0 };
	const struct mail_provider *a, *b;

	(void)state;
	assert_true(providers_add(&arena, span_of(text), "t", &providers, &err));
	a = provider_of_domain(&providers, "a.example");
	b = provider_of_domain(&providers, "b.example");
	assert_true(a == &providers.items[0] && b == &providers.items[1]);
	assert_null(provider_of_domain(&providers, "x.a.example"));
	assert_true(provider_of_mx(&providers, "1.deep.mx.example") == a);
	assert_true(provider_of_mx(&providers, "mx.example") == b);
	assert_true(provider_of_mx(&providers, "in.mx.example") == b);
	assert_null(provider_of_mx(&providers, "amx.example"));
	assert_null(provider_of_mx(&providers, "example"));
	assert_null(provider_of_mx(&providers, "mx.example."));
	assert_true(provider_of_host(&providers, "SMTP.a.example", 0) == a);
	assert_true(provider_of_host(&providers, "127.0.0.1", 1025) ==
		    &providers.items[2]);
	assert_null(provider_of_host(&providers, "127.0.0.1", 0));
	assert_null(provider_of_host(&providers, "127.0.0.1", 587));
	unit_number("port", a->port, 587);
	unit_number("first secret", a->first, SECRET_OAUTH);
	unit_number("secrets", a->secrets, SECRET_OAUTH | SECRET_APP_PASSWORD);
	unit_number("the MX", b->host_is_mx, true);
	arena_release(&arena);
	unit_done();
}

static void
users(void **state)
{
	struct arena arena = { 0 };
	const char *address = "me.too@a.example";

	(void)state;
	unit_same("address", user_of_form(&arena, USER_ADDRESS, NULL, address), address);
	unit_same("local", user_of_form(&arena, USER_LOCAL, NULL, address), "me.too");
	unit_same("local.domain", user_of_form(&arena, USER_LOCAL_DOMAIN, NULL, address),
		  "me.too.a.example");
	unit_same("fixed", user_of_form(&arena, USER_FIXED, "word", address), "word");
	unit_same("ask", user_of_form(&arena, USER_ASK, NULL, address), NULL);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in),
		cmocka_unit_test(wrong_rows),
		cmocka_unit_test(finding),
		cmocka_unit_test(users),
	};

	return cmocka_run_group_tests_name("providers", tests, NULL, NULL);
}
