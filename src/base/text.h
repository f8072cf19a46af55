/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes seen (span), bytes growing (buf), and bytes made safe to show. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- span: a view; not terminated; owns nothing ------------------------------------- */

struct span {
	const char *at;
	size_t len;
};

/* A span of a string literal. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

/* A span of a C string; NULL gives the empty span. */
static inline struct span
span_of(const char *string)
{
	return (struct span){ string, string ? strlen(string) : 0 };
}

/* The part from FROM on, at most LEN bytes; what lies outside is left out. */
static inline struct span
span_part(struct span span, size_t from, size_t len)
{
	if (from > span.len)
		from = span.len;
	if (len > span.len - from)
		len = span.len - from;
	return (struct span){ len ? span.at + from : span.at, len };
}

/* Without spaces, tabs, CR and LF at both ends. */
struct span span_trim(struct span span);
/* Without the byte order mark that some editors put before a text in UTF-8. */
struct span span_without_mark(struct span span);
bool span_equal(struct span a, struct span b);
/* The same without regard to the case of ASCII letters. */
bool span_same_word(struct span a, struct span b);
bool span_starts_with_word(struct span span, struct span prefix);
/* Where the first such byte is; span.len when there is none. */
size_t span_find(struct span span, char byte);
/* How many such bytes there are. */
size_t span_count(struct span span, char byte);
/* The next word, up to a space or tab, which are skipped; *REST loses it. Empty at the
 * end. */
struct span span_word(struct span *rest);
/* Decimal digits only, at least one, no overflow. */
bool span_number(struct span span, uint64_t *number) __attribute__((warn_unused_result));
char *span_string(struct arena *arena, struct span span);

/* ---- ASCII, whatever the locale says ---- */

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool is_letter(char c);

/* Space or tab. */
static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Below 0x20, or DEL. */
static inline bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* -1 when it is no hexadecimal digit. */
int hex_value(char c);
bool is_ascii(struct span span);
/* No overlong forms, no surrogates (RFC 3629). */
bool is_utf8(struct span span);
bool has_control(struct span span);

/* ---- buf: bytes that grow ----------------------------------------------------------- */

/* Always true: at[len] is NUL when at is not NULL; len <= cap. You may read at and len,
 * and lower len. All zero is the empty buf. Memory that runs out ends the program. */
struct buf {
	char *at;
	size_t len, cap;
};

void buf_add(struct buf *buf, const char *at, size_t len);
void buf_add_span(struct buf *buf, struct span span);
void buf_add_string(struct buf *buf, const char *string);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for LEN more bytes; returns where they go. The caller raises len afterwards. */
char *buf_reserve(struct buf *buf, size_t len);
/* Takes LEN bytes away from the front. */
void buf_drop(struct buf *buf, size_t len);
struct span buf_span(const struct buf *buf);
/* Frees the memory; the buf is empty again. */
void buf_release(struct buf *buf);
/* The same, after the bytes were overwritten: for buffers that a secret passed
 * through. */
void buf_wipe(struct buf *buf);

/* ---- bytes from elsewhere, made safe -------------------------------------------------- */

/* What may be shown on a terminal or written in a log: printable UTF-8 stays; C0 and C1
 * controls, DEL, bidirectional controls and invalid bytes become \xNN. One line. */
char *clean_text(struct arena *arena, struct span span);
void buf_add_clean(struct buf *out, struct span span);
/* With an asterisk for each octet of what TEXT repeats of SECRET: all of it, or eight octets
 * of it and more. Three octets may well be no secret: base64 has four at least. */
char *mask_text(struct arena *arena, struct span text, struct span secret);

/* ---- near words ---- */

/* How many letters must be changed, added, taken away or swapped; at most LIMIT + 1. */
unsigned edit_distance(const char *a, const char *b, unsigned limit);

#endif
