/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields are found as RFC 5322 has them, and encoded words are as RFC 2047 wants them. */
#include "mail/header.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Says how a case went; true when it failed. */
static bool
differs(struct arena *arena, const char *name, struct span got, struct span want)
{
	bool differ = !span_equal(got, want);

	if (differ)
		printf("not ok - %s: got \"%s\", want \"%s\"\n", name,
		       clean_text(arena, got), clean_text(arena, want));
	else
		printf("ok - %s\n", name);
	return differ;
}

/* ---- names ---- */

static const struct {
	const char *name;
	struct span line;
	const char *want; /* the field name; "" when it is no field */
} names[] = {
	{ "name: plain", SPAN("Subject: x"), "Subject" },
	{ "name: nothing behind the colon", SPAN("To:"), "To" },
	{ "name: blank before the colon", SPAN("Bcc : x"), "Bcc" },
	{ "name: tabs before the colon", SPAN("Bcc\t \t: x"), "Bcc" },
	{ "name: all printable characters", SPAN("!#$%&'*+-./0AZ[\\]^_`az{|}~: x"),
	  "!#$%&'*+-./0AZ[\\]^_`az{|}~" },
	{ "name: one dash", SPAN("-x: y"), "-x" },
	{ "name: Text is a field", SPAN("Text: y"), "Text" },
	{ "name: From with blank and colon", SPAN("From : y"), "From" },
	{ "name: 998 octets with the colon", SPAN("<998>"), "<997>" },
	{ "name: 999 octets with the colon", SPAN("<999>"), "" },
	{ "no name: empty line", SPAN(""), "" },
	{ "no name: no colon", SPAN("Subject"), "" },
	{ "no name: word behind a blank", SPAN("Hello world: x"), "" },
	{ "no name: colon first", SPAN(": x"), "" },
	{ "no name: blank first", SPAN(" Subject: x"), "" },
	{ "no name: tab first", SPAN("\tSubject: x"), "" },
	{ "no name: blanks and colon", SPAN(" : x"), "" },
	{ "no name: two dashes", SPAN("--boundary: x"), "" },
	{ "no name: mbox line", SPAN("From a@b Mon Nov 23 07:00:00 2026"), "" },
	{ "no name: control in it", SPAN("Sub\001ject: x"), "" },
	{ "no name: DEL in it", SPAN("Sub\177ject: x"), "" },
	{ "no name: NUL in it", SPAN("Sub\0ject: x"), "" },
	{ "no name: eight-bit", SPAN("S\303\274bject: x"), "" },
	{ "no name: line end before the colon", SPAN("Sub\r\n: x"), "" },
};

/* "<N>" stands for N octets, of which the last is the colon when it is a line. */
static struct span
long_name(struct arena *arena, struct span text, bool colon)
{
	size_t len;
	char *line;

	if (!text.len || text.at[0] != '<')
		return text;
	len = strtoul(text.at + 1, NULL, 10);
	line = arena_take(arena, len + 1);
	memset(line, 'x', len);
	if (colon)
		line[len - 1] = ':';
	return (struct span){ line, len };
}

static void
test_names(void **state)
{
	struct arena arena = { 0 };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct span line = long_name(&arena, names[i].line, true);
		struct span want = long_name(&arena, span_of(names[i].want), false);
		size_t len = field_name_length(line);

		failed += differs(&arena, names[i].name, span_part(line, 0, len), want);
	}
	arena_release(&arena);
	assert_int_equal(failed, 0);
}

/* ---- fields ---- */

/* Each field is shown as [NAME|UNFOLDED VALUE], an empty one with "-" behind it. */
static const struct {
	const char *name;
	struct span header;
	const char *want;
} headers[] = {
	{ "fields: none", SPAN(""), "" },
	{ "fields: one", SPAN("A: b\r\n"), "[A|b]" },
	{ "fields: several", SPAN("A: b\r\nC:d\r\nE:  f  \r\n"), "[A|b][C|d][E|f]" },
	{ "fields: folded", SPAN("A: b\r\n c\r\n\td\r\nE: f\r\n"), "[A|b c\td][E|f]" },
	{ "fields: folded before the value", SPAN("A:\r\n b\r\n"), "[A|b]" },
	{ "fields: a fold of only blanks", SPAN("A: b\r\n  \r\n c\r\n"), "[A|b   c]" },
	{ "fields: blank before the colon", SPAN("A : b\r\n"), "[A|b]" },
	{ "fields: colons in the value", SPAN("A: b:c: d\r\n"), "[A|b:c: d]" },
	{ "fields: empty", SPAN("A:\r\nB: \t\r\n \r\nC: c\r\n"), "[A|]-[B|]-[C|c]" },
	{ "fields: the last without a line end cannot be", SPAN("A: b\r\nB: c\r\n"),
	  "[A|b][B|c]" },
};

static struct span
shown_fields(struct arena *arena, const struct field *fields, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s[%s|%s]%s", text,
				    span_string(arena, fields[i].name),
				    field_unfold(arena, &fields[i]),
				    field_is_empty(&fields[i]) ? "-" : "");
	return span_of(text);
}

static void
test_fields(void **state)
{
	struct arena arena = { 0 };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		size_t count;
		struct field *fields = header_split(&arena, headers[i].header, &count);
		const char *at = headers[i].header.at;

		failed += differs(&arena, headers[i].name,
				  shown_fields(&arena, fields, count),
				  span_of(headers[i].want));
		for (size_t k = 0; k < count; k++) {
			assert_ptr_equal(fields[k].whole.at, at);
			at += fields[k].whole.len;
		}
		assert_ptr_equal(at, headers[i].header.at + headers[i].header.len);
	}
	arena_release(&arena);
	assert_int_equal(failed, 0);
}

static void
test_field_is(void **state)
{
	struct arena arena = { 0 };
	size_t count;
	struct field *fields =
		header_split(&arena, SPAN("MESSAGE-id : <a@b>\r\n"), &count);

	(void)state;
	assert_int_equal(count, 1);
	assert_true(field_is(&fields[0], "Message-ID"));
	assert_false(field_is(&fields[0], "Message-I"));
	assert_false(field_is(&fields[0], "Message-IDs"));
	arena_release(&arena);
}

/* ---- encoded words ---- */

static const struct {
	const char *name;
	struct span text;
	bool in_phrase;
	const char *want;
} texts[] = {
	{ "encode: nothing", SPAN(""), false, "" },
	{ "encode: blanks only", SPAN(" \t "), false, "" },
	{ "encode: ASCII stays", SPAN("Hello, (wide) world?"), false,
	  "Hello, (wide) world?" },
	{ "encode: blanks inside stay", SPAN("a  b   c"), false, "a  b   c" },
	{ "encode: controls are left out", SPAN("a\001\r\nBcc: b\177\0c"), false,
	  "aBcc: bc" },
	{ "encode: a tab is a blank", SPAN("a\tb"), false, "a b" },
	{ "encode: one word", SPAN("caf\303\251"), false, "=?UTF-8?Q?caf=C3=A9?=" },
	{ "encode: only the words that need it", SPAN("un caf\303\251 noir"), false,
	  "un =?UTF-8?Q?caf=C3=A9?= noir" },
	{ "encode: neighbours with the blank between them",
	  SPAN("caf\303\251 cr\303\250me"), false, "=?UTF-8?Q?caf=C3=A9_cr=C3=A8me?=" },
	{ "encode: mostly eight-bit in base64", SPAN("\344\273\266\345\220\215"), false,
	  "=?UTF-8?B?5Lu25ZCN?=" },
	{ "encode: not UTF-8", SPAN("caf\351"), false, "=?unknown-8bit?Q?caf=E9?=" },
	{ "encode: what Q must escape", SPAN("\303\251=?_\"x tangled"), false,
	  "=?UTF-8?B?w6k9P18ieA==?= tangled" },
	{ "encode: what Q escapes", SPAN("caf\303\251=?_\"abcdef"), false,
	  "=?UTF-8?Q?caf=C3=A9=3D=3F=5F\"abcdef?=" },
	{ "encode: question marks stay in text", SPAN("what? caf\303\251"), false,
	  "what? =?UTF-8?Q?caf=C3=A9?=" },
	{ "encode: an encoded word stays", SPAN("=?UTF-8?Q?a?= b"), false,
	  "=?UTF-8?Q?a?= b" },
	{ "encode: the blank behind an encoded word is kept",
	  SPAN("=?UTF-8?Q?a?= caf\303\251"), false,
	  "=?UTF-8?Q?a?= =?UTF-8?Q?_caf=C3=A9?=" },
	{ "encode: the blank before an encoded word is kept",
	  SPAN("caf\303\251 =?UTF-8?Q?a?="), false,
	  "=?UTF-8?Q?caf=C3=A9_?= =?UTF-8?Q?a?=" },
	{ "encode: words are cut between characters",
	  SPAN("\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"
	       "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"
	       "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"),
	  false,
	  "=?UTF-8?B?w6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOp?=\r\n"
	  " =?UTF-8?B?w6nDqcOpw6nDqcOp?=" },
	{ "encode: ASCII text is folded at blanks",
	  SPAN("aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff"),
	  false,
	  "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee\r\n ffffffffff" },
	{ "phrase: atoms stay", SPAN("John Q. Doe"), true, "John =?UTF-8?Q?Q=2E?= Doe" },
	{ "phrase: specials are encoded", SPAN("Doe, John"), true,
	  "=?UTF-8?Q?Doe=2C?= John" },
	{ "phrase: only what 2047 5(3) allows", SPAN("J\303\266rg (x) \"y\""), true,
	  "=?UTF-8?Q?J=C3=B6rg_=28x=29_=22y=22?=" },
	{ "phrase: eight-bit atom", SPAN("J\303\266rg Meier"), true,
	  "=?UTF-8?Q?J=C3=B6rg?= Meier" },
	{ "phrase: underscore and equals sign in Q", SPAN("J\303\266rg_=abcdefgh"), true,
	  "=?UTF-8?Q?J=C3=B6rg=5F=3Dabcdefgh?=" },
};

static void
test_texts(void **state)
{
	struct arena arena = { 0 };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *got = encode_words(&arena, texts[i].text, texts[i].in_phrase);

		failed += differs(&arena, texts[i].name, span_of(got),
				  span_of(texts[i].want));
	}
	arena_release(&arena);
	assert_int_equal(failed, 0);
}

/* ---- encoded words, read back ---- */

static void
decode_q(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '_') {
			buf_add_char(out, ' ');
		} else if (text.at[i] == '=') {
			int high = hex_value(text.at[i + 1]);
			int low = hex_value(text.at[i + 2]);

			buf_add_char(out, (char)(high << 4 | low));
			i += 2;
		} else {
			buf_add_char(out, text.at[i]);
		}
	}
}

/* What a reader makes of one word; false when it is no encoded word. */
static bool
decode_word(struct buf *out, struct span word)
{
	size_t charset;
	char encoding;

	if (!span_starts_with_word(word, SPAN("=?UTF-8?")) || word.len < 12 ||
	    memcmp(word.at + word.len - 2, "?=", 2) != 0)
		return false;
	charset = 2 + span_find(span_part(word, 2, word.len), '?');
	encoding = word.at[charset + 1];
	word = span_part(word, charset + 3, word.len - charset - 5);
	if (encoding == 'Q')
		decode_q(out, word);
	else if (!base64_decode(out, word))
		return false;
	return true;
}

/* RFC 2047 6.2: blanks between encoded words are dropped, the others stay. */
static struct span
decode_text(struct arena *arena, const char *text)
{
	struct buf out = { 0 };
	struct span rest = span_of(text), gap = { 0 }, shown;
	bool encoded = false;

	while (rest.len) {
		size_t blanks = 0, end;
		size_t before = out.len;
		bool was = encoded;

		while (blanks < rest.len && strchr(" \r\n", rest.at[blanks]))
			blanks++;
		gap = span_part(rest, 0, blanks);
		rest = span_part(rest, blanks, rest.len);
		for (end = 0; end < rest.len && !strchr(" \r\n", rest.at[end]);)
			end++;
		for (size_t i = 0; i < gap.len; i++)
			if (gap.at[i] == ' ')
				buf_add_char(&out, ' ');
		encoded = false;
		if (was) {
			size_t here = out.len;

			out.len = before;
			encoded = decode_word(&out, span_part(rest, 0, end));
			out.len = encoded ? out.len : here;
		} else {
			encoded = decode_word(&out, span_part(rest, 0, end));
		}
		if (!encoded)
			buf_add_span(&out, span_part(rest, 0, end));
		rest = span_part(rest, end, rest.len);
	}
	shown = (struct span){ span_string(arena, buf_span(&out)), out.len };
	buf_release(&out);
	return shown;
}

/* Lines, words and characters are as RFC 2047 2 and 5322 2.1.1 want them. */
static bool
is_well_formed(const char *text)
{
	size_t line = 0;

	for (const char *c = text; *c; c++) {
		size_t word = strcspn(c, " \r");

		if (strncmp(c, "\r\n ", 3) == 0) {
			line = 0;
			c++;
			continue;
		}
		if (*c < ' ' || *c > '~' || ++line > HEADER_LINE_MAX)
			return false;
		if (strncmp(c, "=?UTF-8?", 8) == 0 && (word > 75 || line + word > 77))
			return false;
	}
	return true;
}

/* A text of COUNT pieces, chosen by SEED. */
static char *
made_text(struct arena *arena, uint32_t seed, size_t count)
{
	static const char *const pieces[] = {
		"a",
		"b",
		"word",
		"\303\251",
		"\344\273\266",
		"\360\237\230\200",
		", ",
		" ",
		"  ",
		"(x)",
		"?",
		"=",
		"_",
		"\"",
		"Stra\303\237e",
		"longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong",
	};
	struct buf out = { 0 };
	char *text;

	while (count--) {
		seed = seed * 1664525 + 1013904223;
		buf_add_string(&out, pieces[(seed >> 16) % COUNT(pieces)]);
	}
	text = span_string(arena, span_trim(buf_span(&out)));
	buf_release(&out);
	return text;
}

static void
test_round_trip(void **state)
{
	enum { TEXTS = 3000 };
	unsigned failed = 0;

	(void)state;
	for (uint32_t i = 0; i < TEXTS; i++) {
		struct arena arena = { 0 };
		const char *text = made_text(&arena, i, i % 50);
		const char *got = encode_words(&arena, span_of(text), i % 2);
		struct span back = decode_text(&arena, got);

		if (!is_well_formed(got) || !span_equal(back, span_of(text))) {
			printf("not ok - encoded text %u: got \"%s\", want \"%s\"\n", i,
			       clean_text(&arena, span_of(got)), text);
			failed++;
		}
		arena_release(&arena);
	}
	if (!failed)
		printf("ok - %d encoded texts read back\n", TEXTS);
	assert_int_equal(failed, 0);
}

static void
test_long_words(void **state)
{
	struct arena arena = { 0 };
	char *word = arena_take(&arena, 3001), *gap = arena_take(&arena, 3001);
	const char *got;

	(void)state;
	memset(word, 'x', 3000);
	got = encode_words(&arena, span_of(word), false);
	assert_true(is_well_formed(got));
	assert_true(span_equal(decode_text(&arena, got), span_of(word)));
	memset(gap, ' ', 3000);
	gap[0] = gap[2999] = 'x';
	got = encode_words(&arena, span_of(gap), false);
	assert_true(is_well_formed(got));
	assert_true(span_equal(decode_text(&arena, got), span_of(gap)));
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	   cmocka_unit_test(test_fields),
		cmocka_unit_test(test_field_is),   cmocka_unit_test(test_texts),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
