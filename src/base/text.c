/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at bytes, collects them, and makes them safe to show. */
#include "base/text.h"

#include "base/english.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRINTED = 60 /* octets that buf_printf hopes to need */ };

static bool
is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

struct span
span_trim(struct span span)
{
	while (span.len && is_space(span.at[0]))
		span = span_part(span, 1, span.len - 1);
	while (span.len && is_space(span.at[span.len - 1]))
		span.len--;
	return span;
}

struct span
span_without_mark(struct span span)
{
	bool marked = span_equal(span_part(span, 0, 3), SPAN("\xef\xbb\xbf"));

	return marked ? span_part(span, 3, span.len) : span;
}

bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool
span_same_word(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (to_lower(a.at[i]) != to_lower(b.at[i]))
			return false;
	return true;
}

bool
span_starts_with_word(struct span span, struct span prefix)
{
	return span_same_word(span_part(span, 0, prefix.len), prefix);
}

size_t
span_find(struct span span, char byte)
{
	const char *found = span.len ? memchr(span.at, byte, span.len) : NULL;

	return found ? (size_t)(found - span.at) : span.len;
}

size_t
span_count(struct span span, char byte)
{
	size_t count = 0;

	for (size_t at; (at = span_find(span, byte)) < span.len; count++)
		span = span_part(span, at + 1, span.len);
	return count;
}

struct span
span_word(struct span *rest)
{
	struct span word;
	size_t end = 0;

	while (rest->len && is_blank(rest->at[0]))
		*rest = span_part(*rest, 1, rest->len - 1);
	while (end < rest->len && !is_blank(rest->at[end]))
		end++;
	word = span_part(*rest, 0, end);
	*rest = span_part(*rest, end, rest->len - end);
	while (rest->len && is_blank(rest->at[0]))
		*rest = span_part(*rest, 1, rest->len - 1);
	return word;
}

bool
span_number(struct span span, uint64_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < span.len; i++) {
		if (!is_digit(span.at[i]) || __builtin_mul_overflow(value, 10U, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(span.at[i] - '0'), &value))
			return false;
	}
	*number = value;
	return span.len > 0;
}

char *
span_string(struct arena *arena, struct span span)
{
	return arena_copy(arena, span.at, span.len);
}

bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What the registers of every processor that matters can hold. */
typedef uint64_t lanes __attribute__((vector_size(16)));

bool
is_ascii(struct span span)
{
	lanes one, other, both = { 0 };
	uint64_t word, seen;
	size_t at = 0;

	/* A gigabyte may have to be looked at, and ten thousand names: many bytes at a
	 * time. */
	for (; at + 2 * sizeof(one) <= span.len; at += 2 * sizeof(one)) {
		memcpy(&one, span.at + at, sizeof(one));
		memcpy(&other, span.at + at + sizeof(one), sizeof(other));
		both |= one | other;
	}
	seen = both[0] | both[1];
	for (; at + sizeof(word) <= span.len; at += sizeof(word)) {
		memcpy(&word, span.at + at, sizeof(word));
		seen |= word;
	}
	for (; at < span.len; at++)
		seen |= (unsigned char)span.at[at];
	return !(seen & 0x8080808080808080U);
}

/* Whether one of the eight bytes is_control: is below 0x20, or makes zero with DEL. A
 * borrow can only come from a byte that is one. */
static bool
word_has_control(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101U;
	uint64_t del = word ^ 0x7f * ones;

	return (((word - 0x20 * ones) & ~word) | ((del - ones) & ~del)) & 0x80 * ones;
}

bool
has_control(struct span span)
{
	uint64_t word;
	size_t at = 0;

	for (; at + sizeof(word) <= span.len; at += sizeof(word)) {
		memcpy(&word, span.at + at, sizeof(word));
		if (word_has_control(word))
			return true;
	}
	for (; at < span.len; at++)
		if (is_control(span.at[at]))
			return true;
	return false;
}

/* How many bytes the UTF-8 character at the start has, and which it is; 0 when
 * invalid. */
static size_t
utf8_character(struct span span, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)span.at[0];
	size_t len = first < 0x80   ? 1
		     : first < 0xc2 ? 0
		     : first < 0xe0 ? 2
		     : first < 0xf0 ? 3
		     : first < 0xf5 ? 4
				    : 0;
	uint32_t value = len == 1 ? first : first & (0x7fU >> len);

	if (len == 0 || len > span.len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		unsigned char byte = (unsigned char)span.at[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (byte & 0x3f);
	}
	if (value < least[len] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*character = value;
	return len;
}

bool
is_utf8(struct span span)
{
	uint32_t character;

	if (is_ascii(span))
		return true;
	while (span.len) {
		size_t len = utf8_character(span, &character);

		if (len == 0)
			return false;
		span = span_part(span, len, span.len - len);
	}
	return true;
}

/* ---- buf ---- */

char *
buf_reserve(struct buf *buf, size_t len)
{
	if (!buf->at || buf->cap - buf->len < len) {
		size_t cap = buf->cap + buf->cap / 2;

		if (len > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
			out_of_memory();
		if (cap < buf->len + len)
			cap = buf->len + len;
		if (cap < 64)
			cap = 64;
		buf->at = realloc(buf->at, cap + 1);
		if (!buf->at)
			out_of_memory();
		buf->cap = cap;
		buf->at[buf->len] = '\0';
	}
	return buf->at + buf->len;
}

void
buf_add(struct buf *buf, const char *at, size_t len)
{
	if (len)
		memcpy(buf_reserve(buf, len), at, len);
	else
		buf_reserve(buf, 0);
	buf->len += len;
	buf->at[buf->len] = '\0';
}

void
buf_add_span(struct buf *buf, struct span span)
{
	buf_add(buf, span.at, span.len);
}

void
buf_add_string(struct buf *buf, const char *string)
{
	buf_add(buf, string, strlen(string));
}

void
buf_add_char(struct buf *buf, char c)
{
	buf_reserve(buf, 1);
	buf->at[buf->len++] = c;
	buf->at[buf->len] = '\0';
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	char *to = buf_reserve(buf, PRINTED);
	size_t room = buf->cap - buf->len;
	va_list arguments, again;
	int len;

	va_start(arguments, format);
	va_copy(again, arguments);
	len = vsnprintf(to, room + 1, format, arguments);
	if (len < 0)
		out_of_memory();
	if ((size_t)len > room)
		vsnprintf(buf_reserve(buf, (size_t)len), (size_t)len + 1, format, again);
	va_end(again);
	va_end(arguments);
	va_start(arguments, format);
	english_made(buf->at + buf->len, format, arguments);
	va_end(arguments);
	buf->len += (size_t)len;
}

void
buf_drop(struct buf *buf, size_t len)
{
	if (len > buf->len)
		len = buf->len;
	if (len == 0)
		return;
	memmove(buf->at, buf->at + len, buf->len - len + 1);
	buf->len -= len;
}

struct span
buf_span(const struct buf *buf)
{
	return (struct span){ buf->at, buf->len };
}

void
buf_release(struct buf *buf)
{
	free(buf->at);
	*buf = (struct buf){ 0 };
}

void
buf_wipe(struct buf *buf)
{
	if (buf->at)
		explicit_bzero(buf->at, buf->cap);
	buf_release(buf);
}

/* ---- safe to show ---- */

static bool
is_harmless(uint32_t character)
{
	if (character < 0x20 || (character >= 0x7f && character <= 0x9f))
		return false;
	/* Bidirectional controls, line and paragraph separators, the byte order mark. */
	if (character == 0x61c || character == 0xfeff)
		return false;
	return !(character >= 0x200e && character <= 0x200f) &&
	       !(character >= 0x2028 && character <= 0x202e) &&
	       !(character >= 0x2066 && character <= 0x2069);
}

/* How many characters at the front need no second look; nearly always all. */
static size_t
plain_length(struct span span)
{
	size_t len = 0;

	while (len < span.len && span.at[len] >= ' ' && span.at[len] <= '~')
		len++;
	return len;
}

/* How many octets at the front may be shown as they are. */
static size_t
harmless_length(struct span span)
{
	size_t len = plain_length(span);
	uint32_t character = 0;

	if (len)
		return len;
	len = utf8_character(span, &character);
	return is_harmless(character) ? len : 0;
}

void
buf_add_clean(struct buf *out, struct span span)
{
	buf_reserve(out, span.len);
	while (span.len) {
		size_t len = harmless_length(span);

		if (len)
			buf_add(out, span.at, len);
		else
			buf_printf(out, "\\x%02x", (unsigned)(unsigned char)span.at[0]);
		span = span_part(span, len ? len : 1, span.len);
	}
}

char *
clean_text(struct arena *arena, struct span span)
{
	struct buf out = { 0 };
	char *text;

	if (plain_length(span) == span.len)
		return span_string(arena, span);
	buf_add_clean(&out, span);
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

char *
mask_text(struct arena *arena, struct span text, struct span secret)
{
	enum { SHORTEST = 4, ECHO = 8 };
	size_t least = secret.len < ECHO ? secret.len : ECHO;
	char *shown = span_string(arena, text);

	for (size_t i = 0; least >= SHORTEST && i + least <= text.len; i++)
		if (memmem(secret.at, secret.len, text.at + i, least))
			memset(shown + i, '*', least);
	return shown;
}

/* ---- near words ---- */

unsigned
edit_distance(const char *a, const char *b, unsigned limit)
{
	enum { LONGEST = 63 };
	size_t la = strlen(a), lb = strlen(b);
	unsigned rows[3][LONGEST + 1];

	if (la > LONGEST || lb > LONGEST)
		return limit + 1;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *two = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best =
				above[j - 1] + (to_lower(a[i - 1]) != to_lower(b[j - 1]));

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < best)
				best = two[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[la % 3][lb] > limit ? limit + 1 : rows[la % 3][lb];
}
