/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of name servers: what is taken from them, in which order, and broken ones. */
#include "unit.h"

#include "net/records.h"

#include <stdlib.h>

/* One question for "a.example", whose name stands at octet 12. */
#define HEAD "\0\1\x81\x80\0\1\0" ANSWERS "\0\0\0\0\1a\7example\0\0\x21\0\1"
#define OWNER "\xc0\x0c"
#define SRV(length) OWNER "\0\x21\0\1\0\0\0\x3c\0" length
#define MX(length) OWNER "\0\x0f\0\1\0\0\0\x3c\0" length
#define TXT(length) OWNER "\0\x10\0\1\0\0\0\x3c\0" length
#define ANSWERS "\2"
/* clang-format off */
#define TEXT(string) { string, sizeof(string) - 1 }
/* clang-format on */

static const struct {
	const char *name;
	enum record_kind kind;
	struct span answer;
	const char *want; /* "priority weight port host text|" for each */
} cases[] = {
	{ "SRV", RECORD_SRV, TEXT(HEAD SRV("\x0c") "\0\1\0\2\1\xd1\1m\xc0\x0e"), "" },
	{ "SRV of the right length", RECORD_SRV,
	  TEXT(HEAD SRV("\x0a") "\0\1\0\2\1\xd1\1m\xc0\x0e"), "1 2 465 m.example |" },
	{ "the better comes first", RECORD_SRV,
	  TEXT(HEAD SRV("\x08") "\0\2\0\x09\0\1\xc0\x0c" SRV(
		  "\x0a") "\0\1\0\0\0\2\1b\xc0\x0e"),
	  "1 0 2 b.example |2 9 1 a.example |" },
	{ "then the heavier", RECORD_SRV,
	  TEXT(HEAD SRV("\x08") "\0\1\0\1\0\1\xc0\x0c" SRV(
		  "\x0a") "\0\1\0\2\0\2\1b\xc0\x0e"),
	  "1 2 2 b.example |1 1 1 a.example |" },
	{ "of equals the first", RECORD_SRV,
	  TEXT(HEAD SRV("\x08") "\0\1\0\1\0\1\xc0\x0c" SRV(
		  "\x0a") "\0\1\0\1\0\2\1b\xc0\x0e"),
	  "1 1 1 a.example |1 1 2 b.example |" },
	{ "SRV that says there is none", RECORD_SRV,
	  TEXT(HEAD SRV("\x07") "\0\0\0\0\0\0\0"), "" },
	{ "SRV without a port", RECORD_SRV, TEXT(HEAD SRV("\x08") "\0\0\0\0\0\0\xc0\x0c"),
	  "" },
	{ "a name that is none", RECORD_SRV,
	  TEXT(HEAD SRV("\x0a") "\0\0\0\0\0\1\1;\xc0\x0e" MX("\4") "\0\0\xc0\x0c"), "" },
	{ "MX among others", RECORD_MX,
	  TEXT(HEAD SRV("\x08") "\0\1\0\1\0\1\xc0\x0c" MX("\6") "\0\x0a\1m\xc0\x0e"),
	  "10 0 0 m.example |" },
	{ "MX of none", RECORD_MX, TEXT(HEAD MX("\3") "\0\0\0"), "" },
	{ "MX without a name", RECORD_MX, TEXT(HEAD MX("\2") "\0\0"), "" },
	{ "TXT in two strings", RECORD_TXT, TEXT(HEAD TXT("\7") "\3abc\2de"),
	  "0 0 0 - abcde|" },
	{ "TXT of nothing", RECORD_TXT, TEXT(HEAD TXT("\1") "\0"), "0 0 0 - |" },
	{ "a string longer than its record", RECORD_TXT,
	  TEXT(HEAD TXT("\4") "\4abcde" TXT("\2") "\1z"), "" },
	{ "a record longer than the answer", RECORD_TXT, TEXT(HEAD TXT("\5") "\3abc"),
	  "" },
	{ "names that turn in a circle", RECORD_MX,
	  TEXT(HEAD MX("\4") "\0\0\xc0\x29" MX("\6") "\0\x0a\1m\xc0\x0e"),
	  "10 0 0 m.example |" },
	{ "nothing", RECORD_MX, TEXT(""), "" },
};

static const char *
describe(struct arena *arena, const struct records *records)
{
	const char *said = "";

	for (size_t i = 0; i < records->count; i++) {
		const struct dns_record *record = &records->items[i];

		said = arena_printf(
			arena, "%s%u %u %u %s %.*s|", said, record->priority,
			record->weight, record->port, record->host ? record->host : "-",
			(int)record->text.len, record->text.at ? record->text.at : "");
	}
	return said;
}

static void
answers(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct records records =
			records_read(cases[i].kind, cases[i].answer, &arena);

		unit_same(cases[i].name, describe(&arena, &records), cases[i].want);
	}
	arena_release(&arena);
	unit_done();
}

/* Each shorter answer is in memory of its own, so that reading past its end is seen. */
static void
cut_answers(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t len = 0; len < cases[i].answer.len; len++) {
			char *copy = malloc(len ? len : 1);
			struct records records;

			assert_non_null(copy);
			memcpy(copy, cases[i].answer.at, len);
			records = records_read(cases[i].kind, (struct span){ copy, len },
					       &arena);
			assert_true(records.count <= 2);
			free(copy);
		}
	arena_release(&arena);
}

static void
too_many(void **state)
{
	static const char head[] = "\0\1\x81\x80\0\0\0\xff\0\0\0";
	static const char record[] = "\0\0\x0f\0\1\0\0\0\0\0\5\0\1\1m";
	struct buf answer = { 0 };
	struct arena arena = { 0 };

	(void)state;
	buf_add(&answer, head, sizeof(head));
	for (int i = 0; i < 255; i++)
		buf_add(&answer, record, sizeof(record));
	assert_int_equal(records_read(RECORD_MX, buf_span(&answer), &arena).count,
			 RECORDS_MAX);
	buf_release(&answer);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(cut_answers),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
