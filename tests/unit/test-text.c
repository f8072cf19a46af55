/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans, buffers, base64, near words, memory. */
#include "unit.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/columns.h"
#include "base/error.h"
#include "base/text.h"

#include <limits.h>
#include <locale.h>

static void
words_and_numbers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		unsigned long long value;
	} numbers[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, ULLONG_MAX },
		{ "18446744073709551616", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x10", false, 0 },
	};
	struct span rest = SPAN("  one\ttwo  three ");

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t value = 0;

		unit_number(numbers[i].text,
			    span_number(span_of(numbers[i].text), &value), numbers[i].ok);
		if (numbers[i].ok)
			unit_number(numbers[i].text, (long long)value,
				    (long long)numbers[i].value);
	}
	unit_number("one", span_equal(span_word(&rest), SPAN("one")), true);
	unit_number("two", span_equal(span_word(&rest), SPAN("two")), true);
	unit_number("three", span_equal(span_word(&rest), SPAN("three")), true);
	unit_number("end", (long long)span_word(&rest).len, 0);
	unit_number("part beyond the end", (long long)span_part(SPAN("ab"), 5, 9).len, 0);
	unit_done();
}

static void
base64(void **state)
{
	static const struct {
		const char *plain, *coded;
	} pairs[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe", "//4=" },
	};
	static const char *const bad[] = { "Zg",    "Zg=",	"Zg===",
					   "Z===",  "====",	"Zm9v!",
					   "Zm 9v", "Zg==Zg==", "\xff\xff\xff\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct buf coded = { 0 }, plain = { 0 };

		base64_encode(&coded, span_of(pairs[i].plain));
		unit_same(pairs[i].plain, coded.len ? coded.at : "", pairs[i].coded);
		unit_number(pairs[i].coded,
			    base64_decode(&plain, span_of(pairs[i].coded)), true);
		unit_same(pairs[i].coded, plain.len ? plain.at : "", pairs[i].plain);
		buf_release(&coded);
		buf_release(&plain);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf plain = { 0 };

		unit_number(bad[i], base64_decode(&plain, span_of(bad[i])), false);
		buf_release(&plain);
	}
	unit_done();
}

/* Every octet alone and every two-octet sequence comes out harmless. */
static void
clean(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b += a < 0xc2 || a > 0xdf ? 37 : 1) {
			char raw[2] = { (char)a, (char)b };
			const char *shown = clean_text(&arena, (struct span){ raw, 2 });

			unit_number("no control", has_control(span_of(shown)), false);
			unit_number("UTF-8", is_utf8(span_of(shown)), true);
		}
		arena_release(&arena);
	}
	unit_done();
}

static void
utf8(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "abc", true },
		{ "\xc3\xa9", true },
		{ "\xe4\xbe\x8b", true },
		{ "\xf0\x9f\x93\xa7", true },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x80\x80", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xc3", false },
		{ "\x80", false },
		{ "a\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_number(cases[i].text, is_utf8(span_of(cases[i].text)),
			    cases[i].valid);
	unit_done();
}

static void
near_words(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{ "account", "acount", 1 },
		{ "host", "hots", 1 },
		{ "tls", "tls", 0 },
		{ "port", "prot", 1 },
		{ "a", "abc", 2 },
		{ "abc", "xyz", 3 },
		{ "", "ab", 2 },
		{ "abcdefgh", "", 3 },
		{ "TLS", "tls", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_number(cases[i].a, edit_distance(cases[i].a, cases[i].b, 2),
			    cases[i].distance);
	unit_done();
}

static void
memory(void **state)
{
	struct arena arena = { 0 };
	struct buf buf = { 0 };
	char *first = arena_take(&arena, 1), *big, *small;

	(void)state;
	*first = 'x';
	big = arena_take(&arena, 1000000);
	small = arena_string(&arena, "small");
	memset(big, 'b', 1000000);
	unit_number("pieces do not overlap", *first == 'x' && strcmp(small, "small") == 0,
		    true);
	for (int i = 0; i < 10000; i++)
		buf_printf(&buf, "%d,", i);
	unit_number("a NUL behind it", buf.at[buf.len], 0);
	buf_drop(&buf, buf.len - 5);
	unit_same("what is left", buf.at, "9999,");
	buf_release(&buf);
	arena_release(&arena);
	unit_done();
}

static void
errors(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };

	(void)state;
	unit_number("false", fail(&err, FAULT_DATA, "first %d", 1), false);
	unit_number("false", fail(&err, FAULT_BUG, "second"), false);
	unit_same("the first failure stays", err.what, "first 1");
	unit_number("its class", err.fault, FAULT_DATA);
	unit_number("its status", fault_status(err.fault), 65);
	error_clear(&err);
	unit_number("clean", err.fault == FAULT_NONE && !err.what && err.arena == &arena,
		    true);
	for (int fault = 0; fault < FAULT_COUNT; fault++) {
		int status = fault_status((enum fault)fault);

		unit_number("a word and a status for each class",
			    fault_word((enum fault)fault) &&
				    fault_status_name((enum fault)fault) &&
				    (fault == FAULT_NONE ? status == 0
							 : status >= 64 && status <= 78),
			    true);
		if (status == 75)
			unit_number("75 is temporary",
				    fault_is_temporary((enum fault)fault), true);
	}
	unit_number("never", deadline_left(DEADLINE_NEVER), -1);
	unit_number("passed", deadline_left(now_us() - 1), 0);
	arena_release(&arena);
	unit_done();
}

static void
columns(void **state)
{
	/* Each is broken into lines of ten columns, the further ones indented by two. */
	static const struct {
		const char *text, *lines;
	} cases[] = {
		{ "", "\n" },
		{ "one two three", "one two\n  three\n" },
		{ "abcdefghijklmnop", "abcdefgh\n  ijklmnop\n" },
		{ "メールを送信", "メールを送\n  信\n" },
		/* What closes does not begin a line, and what opens does not end one. */
		{ "メールです。はい", "メールで\n  す。はい\n" },
		{ "送信サーバー", "送信サー\n  バー\n" },
		{ "ab送信待ち(例)", "ab送信待ち\n  (例)\n" },
		{ "宛先は「a」です", "宛先は\n  「a」で\n  す\n" },
		{ "ab 送信 587 番", "ab 送信\n  587 番\n" },
		{ "ab收件人“甲”乙", "ab收件人\n  “甲”乙\n" },
		{ "\xff\xfe", "\xff\xfe\n" },
	};

	(void)state;
	unit_number("a locale", setlocale(LC_CTYPE, "C.UTF-8") != NULL, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = { 0 };

		columns_wrap(&out, span_of(cases[i].text), 0, (struct frame){ 2, 10 });
		unit_same(cases[i].text, out.at, cases[i].lines);
		buf_release(&out);
	}
	unit_number("wide", (long long)columns_of(SPAN("aあｱ")), 4);
	unit_number("combined", (long long)columns_of(SPAN("e\xcc\x81")), 1);
	unit_number("no character", (long long)columns_of(SPAN("\xe3\x81")), 2);
	setlocale(LC_CTYPE, "C");
	unit_done();
}

/* One byte is found wherever it is. */
static void
many_bytes(void **state)
{
	char text[100];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++) {
		struct span all = { text, len };

		unit_number("without", is_ascii(all) && !span_count(all, '\x80'), true);
		for (size_t at = 0; at < len; at++) {
			text[at] = '\x80';
			unit_number("one", !is_ascii(all) && span_count(all, '\x80') == 1,
				    true);
			for (unsigned c = 0; c < 256; c++) {
				text[at] = (char)c;
				if (has_control(all) != is_control((char)c))
					unit_number("control", c, -1);
			}
			text[at] = 'x';
		}
		unit_number("all", (long long)span_count(all, 'x'), (long long)len);
	}
	unit_done();
}

static void
masked(void **state)
{
	static const struct {
		const char *text, *secret, *want;
	} rows[] = {
		{ "no AGFubgBzZWNyZXQ= here",
		  "AGFubgBzZWNyZXQ=", "no **************** here" },
		{ "cut: \"AGFubgBzZ\"", "AGFubgBzZWNyZXQ=", "cut: \"*********\"" },
		{ "its end: BzZWNyZXQ=!", "AGFubgBzZWNyZXQ=", "its end: **********!" },
		{ "seven: AGFubgB", "AGFubgBzZWNyZXQ=", "seven: AGFubgB" },
		{ "twice: YWJjYWJj", "YWJj", "twice: ********" },
		{ "YWJ", "YWJj", "YWJ" },
		{ "nothing", "", "nothing" },
		{ "not", "not", "not" },
		{ "", "YWJj", "" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		unit_same(
			rows[i].text,
			mask_text(&arena, span_of(rows[i].text), span_of(rows[i].secret)),
			rows[i].want);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_numbers),
		cmocka_unit_test(base64),
		cmocka_unit_test(clean),
		cmocka_unit_test(masked),
		cmocka_unit_test(utf8),
		cmocka_unit_test(near_words),
		cmocka_unit_test(many_bytes),
		cmocka_unit_test(memory),
		cmocka_unit_test(errors),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
