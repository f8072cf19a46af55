/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the fields of a header, and writes texts so that a header may hold them. */
#include "mail/header.h"

#include "base/base64.h"

#include <string.h>

/* ---- fields ---- */

size_t
field_name_length(struct span line)
{
	size_t name = 0, colon;

	line = span_part(line, 0, HEADER_LINE_MAX);
	while (name < line.len && line.at[name] > ' ' && line.at[name] <= '~' &&
	       line.at[name] != ':')
		name++;
	for (colon = name; colon < line.len && is_blank(line.at[colon]);)
		colon++;
	if (colon == line.len || line.at[colon] != ':')
		return 0;
	return name >= 2 && memcmp(line.at, "--", 2) == 0 ? 0 : name;
}

/* The length of the first line with its line end. */
static size_t
line_length(struct span text)
{
	size_t lf = span_find(text, '\n');

	return lf < text.len ? lf + 1 : text.len;
}

/* The same, with the continuation lines that follow (RFC 5322 2.2.3). */
static size_t
field_length(struct span text)
{
	size_t len = line_length(text);

	while (len < text.len && is_blank(text.at[len]))
		len += line_length(span_part(text, len, text.len - len));
	return len;
}

static struct field
field_of(struct span whole)
{
	size_t name = field_name_length(whole), colon = span_find(whole, ':');
	struct span value = span_part(whole, colon + 1, whole.len);

	if (value.len >= 2)
		value.len -= 2;
	return (struct field){ .name = span_part(whole, 0, name),
			       .value = value,
			       .whole = whole };
}

struct field *
header_split(struct arena *arena, struct span header, size_t *count)
{
	struct field *fields;
	size_t len, found = 0;

	for (struct span rest = header; rest.len; rest = span_part(rest, len, rest.len)) {
		len = field_length(rest);
		found++;
	}
	fields = arena_array(arena, struct field, found);
	*count = found;
	for (size_t i = 0; i < found; i++) {
		len = field_length(header);
		fields[i] = field_of(span_part(header, 0, len));
		header = span_part(header, len, header.len);
	}
	return fields;
}

bool
field_is(const struct field *field, const char *name)
{
	return span_same_word(field->name, span_of(name));
}

bool
field_is_one_of(const struct field *field, const char *const *names)
{
	for (; *names; names++)
		if (field_is(field, *names))
			return true;
	return false;
}

bool
field_is_empty(const struct field *field)
{
	return span_trim(field->value).len == 0;
}

char *
field_unfold(struct arena *arena, const struct field *field)
{
	struct span value = span_trim(field->value);
	char *text = arena_copy(arena, value.at, value.len), *to = text;

	for (const char *from = text; *from; from++)
		if (*from != '\r' && *from != '\n')
			*to++ = *from;
	*to = '\0';
	return text;
}

/* ---- RFC 2047 ---- */

enum {
	COLUMN_MAX = 76,   /* RFC 2047 2: octets of a line that holds an encoded word, of
			    * which a blank is one, so that no word is longer than 75 */
	COLUMN_FIRST = 16, /* where the text may begin, behind the name of its field */
	COLUMN_WORTH = 40, /* with less room than this a word goes to the next line */
	PLAIN_MAX = 800,   /* a longer word is encoded, because only that can be folded */
	GAP_MAX = 60	   /* so are the blanks of a longer gap */
};

struct words {
	struct buf out;
	size_t column; /* of the line that is being written */
	const char *charset;
	bool by_character; /* the charset is UTF-8: words end between characters */
	bool in_phrase;
	bool swallows; /* the word before is an encoded one, whether made here or
			* found in the text: a reader drops blanks between such two */
};

static bool
is_atom_character(char c)
{
	return is_letter(c) || is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Whether Q lets the byte stand for itself: RFC 2047 4.2, 5(3). */
static bool
is_plain_in_q(const struct words *words, char c)
{
	if (is_letter(c) || is_digit(c) || (c && strchr("!*+-/", c)))
		return true;
	return !words->in_phrase && c > ' ' && c <= '~' && c != '=' && c != '?' &&
	       c != '_';
}

/* Whether a reader will decode the word: =?charset?Q?text?= or with B. */
static bool
looks_encoded(struct span word)
{
	size_t mark = 2 + span_find(span_part(word, 2, word.len), '?');

	return word.len > mark + 4 && memcmp(word.at, "=?", 2) == 0 &&
	       strchr("QqBb", word.at[mark + 1]) && word.at[mark + 2] == '?' &&
	       memcmp(word.at + word.len - 2, "?=", 2) == 0;
}

static bool
must_be_encoded(const struct words *words, struct span word)
{
	if (word.len > PLAIN_MAX)
		return true;
	for (size_t i = 0; i < word.len; i++)
		if (words->in_phrase ? !is_atom_character(word.at[i])
				     : (unsigned char)word.at[i] >= 0x80)
			return true;
	return false;
}

static size_t
q_length(const struct words *words, struct span text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		len += is_plain_in_q(words, text.at[i]) || text.at[i] == ' ' ? 1 : 3;
	return len;
}

static size_t
b_length(struct span text)
{
	return (text.len + 2) / 3 * 4;
}

static size_t
character_length(const struct words *words, struct span text)
{
	size_t len = 1;

	while (words->by_character && len < text.len &&
	       ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* The part of TEXT from its start that fits, encoded, into ROOM octets. */
static struct span
part_that_fits(const struct words *words, struct span text, bool q, size_t room)
{
	size_t len = 0, used = 0;

	while (len < text.len) {
		struct span rest = span_part(text, len, text.len);
		size_t step = character_length(words, rest);

		used = q ? used + q_length(words, span_part(rest, 0, step))
			 : b_length(span_part(text, 0, len + step));
		if (used > room)
			break;
		len += step;
	}
	return span_part(text, 0, len);
}

static void
add_q(struct words *words, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == ' ')
			buf_add_char(&words->out, '_');
		else if (is_plain_in_q(words, text.at[i]))
			buf_add_char(&words->out, text.at[i]);
		else
			buf_printf(&words->out, "=%02X",
				   (unsigned)(unsigned char)text.at[i]);
	}
}

static void
fold(struct words *words)
{
	buf_add_string(&words->out, "\r\n");
	words->column = 0;
}

static void
add_encoded(struct words *words, struct span text)
{
	bool q = q_length(words, text) <=
		 2 * text.len; /* else it is not readable anyway */
	size_t frame =
		strlen("=?") + strlen(words->charset) + strlen("?Q?") + strlen("?=");

	while (text.len) {
		bool first = words->out.len == 0;
		size_t room, before;
		struct span part;

		if (!first && words->column > COLUMN_MAX - COLUMN_WORTH)
			fold(words);
		if (!first)
			buf_add_char(&words->out, ' ');
		words->column += !first;
		room = COLUMN_MAX - words->column - frame;
		part = part_that_fits(words, text, q, room);
		before = words->out.len;
		buf_printf(&words->out, "=?%s?%c?", words->charset, q ? 'Q' : 'B');
		if (q)
			add_q(words, part);
		else
			base64_encode(&words->out, part);
		buf_add_string(&words->out, "?=");
		words->column += words->out.len - before;
		text = span_part(text, part.len, text.len);
	}
}

static void
add_plain(struct words *words, struct span gap, struct span word)
{
	if (words->out.len && gap.len == 0)
		gap = SPAN(" ");
	if (words->out.len && words->column + gap.len + word.len > COLUMN_MAX)
		fold(words);
	buf_add_span(&words->out, gap);
	buf_add_span(&words->out, word);
	words->column += gap.len + word.len;
}

static size_t
gap_length(struct span text)
{
	size_t len = 0;

	while (len < text.len && text.at[len] == ' ')
		len++;
	return len;
}

/* The words that are encoded together, with the blanks between them. The blanks around
 * them stay outside, except those that a reader would drop there. */
static struct span
run_to_encode(const struct words *words, struct span text, size_t gap)
{
	size_t end = gap + span_find(span_part(text, gap, text.len), ' ');
	size_t from = gap == 0 ? 0 : words->swallows ? 0 : 1;

	for (;;) {
		struct span rest = span_part(text, end, text.len);
		size_t next = gap_length(rest);
		struct span word = span_part(rest, next, rest.len);

		word.len = span_find(word, ' ');
		if (word.len && looks_encoded(word) && word.len <= PLAIN_MAX) {
			end += next;
			break;
		}
		if (!word.len || (next <= GAP_MAX && !must_be_encoded(words, word)))
			break;
		end += next + word.len;
	}
	return span_part(text, from, end - from);
}

/* TEXT without controls; a tab is a blank. */
static char *
printable(struct arena *arena, struct span text)
{
	char *clean = arena_take(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (is_blank(text.at[i]))
			clean[len++] = ' ';
		else if (!is_control(text.at[i]))
			clean[len++] = text.at[i];
	}
	clean[len] = '\0';
	return clean;
}

char *
encode_words(struct arena *arena, struct span text, bool in_phrase)
{
	struct span rest = span_trim(span_of(printable(arena, text)));
	bool utf8 = is_utf8(rest);
	struct words words = { .column = COLUMN_FIRST,
			       .in_phrase = in_phrase,
			       .by_character = utf8,
			       .charset = utf8 ? "UTF-8" : "unknown-8bit" };
	char *encoded;

	while (rest.len) {
		size_t gap = gap_length(rest), taken;
		struct span word = span_part(rest, gap, rest.len);

		word.len = span_find(word, ' ');
		if (gap > GAP_MAX || must_be_encoded(&words, word)) {
			struct span run = run_to_encode(&words, rest, gap);

			add_encoded(&words, run);
			taken = (size_t)(run.at - rest.at) + run.len;
			words.swallows = true;
		} else {
			add_plain(&words, span_part(rest, 0, gap), word);
			taken = gap + word.len;
			words.swallows = looks_encoded(word);
		}
		rest = span_part(rest, taken, rest.len);
	}
	encoded = span_string(arena, buf_span(&words.out));
	buf_release(&words.out);
	return encoded;
}
