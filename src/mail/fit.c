/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes header fields in ASCII, and folds their lines. */
#include "mail/fit.h"

#include "mail/address.h"
#include "mail/mime.h"
#include "mail/scan.h"

#include <string.h>

enum {
	COLUMN_MAX = 78,   /* RFC 5322 2.1.1 */
	COLUMN_WORDS = 16, /* where encode_words expects its text to begin */
	COLUMN_ANGLE = 40, /* behind an encoded name, an address may begin up to here */
	EXTENDED_MAX = 18  /* octets, as %XX, in one extended parameter */
};

bool
has_long_line(struct span lines)
{
	while (lines.len) {
		size_t lf = span_find(lines, '\n');

		if (lf > HEADER_LINE_MAX + 1 || (lf == lines.len && lf > HEADER_LINE_MAX))
			return true;
		lines = span_part(lines, lf + 1, lines.len);
	}
	return false;
}

/* ---- addresses ---- */

static bool
is_address_field(const struct field *field)
{
	static const char *const names[] = { "From",
					     "Sender",
					     "Reply-To",
					     "To",
					     "Cc",
					     "Bcc",
					     "Errors-To",
					     "Return-Receipt-To",
					     "Disposition-Notification-To",
					     "Mail-Followup-To",
					     "Mail-Reply-To" };
	struct field plain = *field;

	if (span_starts_with_word(field->name, SPAN("Resent-")))
		plain.name = span_part(field->name, strlen("Resent-"), SIZE_MAX);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (field_is(&plain, names[i]))
			return true;
	return false;
}

/* How far the last line of OUT has come, without the name of the field. */
static size_t
column_of(const struct buf *out)
{
	size_t len = 0;

	while (len < out->len && out->at[out->len - 1 - len] != '\n')
		len++;
	return len;
}

/* Takes blanks and folds away from the end. */
static void
strip_end(struct buf *out)
{
	while (out->len &&
	       (is_blank(out->at[out->len - 1]) || out->at[out->len - 1] == '\r' ||
		out->at[out->len - 1] == '\n'))
		out->len--;
}

/* A line of its own, so that encoded words have the room that they count on. */
static void
begin_line(struct buf *out)
{
	strip_end(out);
	if (out->len)
		buf_add_string(out, "\r\n ");
}

/* A display name without its quotes. */
static struct span
bare_phrase(struct arena *arena, struct span text)
{
	char *bare = arena_take(arena, text.len + 1);
	bool quoted = false;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"') {
			quoted = !quoted;
		} else {
			if (quoted && text.at[i] == '\\' && i + 1 < text.len)
				i++;
			bare[len++] = text.at[i];
		}
	}
	return (struct span){ bare, len };
}

/* Adds a display name, or whatever stands before an address. */
static bool
add_phrase(struct arena *arena, struct span text, struct buf *out)
{
	struct span phrase = span_trim(text);

	if (is_ascii(phrase)) {
		buf_add_span(out, text);
		return true;
	}
	/* A route, which has no use anyway. */
	if (phrase.at[0] == '@')
		return false;
	begin_line(out);
	buf_add_string(out, encode_words(arena, bare_phrase(arena, phrase), true));
	buf_add_string(out, column_of(out) > COLUMN_ANGLE ? "\r\n " : " ");
	return true;
}

static void
add_comment(struct arena *arena, struct span comment, struct buf *out)
{
	if (is_ascii(comment)) {
		buf_add_span(out, comment);
		return;
	}
	begin_line(out);
	buf_printf(out, "(%s)",
		   encode_words(arena, span_part(comment, 1, comment.len - 2), true));
}

/* What stands between two addresses: names, comments, and marks. */
static bool
add_between(struct arena *arena, struct span text, struct buf *out)
{
	struct scan scan = { .text = text };

	/* The empty span is nowhere. */
	if (!text.at)
		return true;
	while (scan.at < text.len) {
		size_t from = scan.at;
		char c = scan_peek(&scan);

		if (c == '(') {
			if (!scan_skip(&scan, false))
				return false;
			add_comment(arena, span_part(text, from, scan.at - from), out);
		} else if (c && strchr("<>,;:", c)) {
			buf_add_char(out, c);
			scan.at++;
		} else {
			while (scan.at < text.len && !strchr("<>,;:(", scan_peek(&scan)))
				if (!scan_skip(&scan, false))
					return false;
			if (!add_phrase(arena, span_part(text, from, scan.at - from),
					out))
				return false;
		}
	}
	return true;
}

static bool
add_address(struct arena *arena, const struct address *address, struct buf *out)
{
	struct error ignored = { .arena = arena };
	const char *text;

	if (is_ascii(address->source)) {
		buf_add_span(out, address->source);
		return true;
	}
	if (!address_envelope(arena, address, NULL, &text, &ignored) ||
	    address_needs_utf8(text) || !is_ascii(span_of(text)))
		return false;
	buf_add_string(out, text);
	return true;
}

static bool
address_text(struct arena *arena, struct span value, struct buf *out)
{
	struct error ignored = { .arena = arena };
	struct address_list list;
	const char *done = value.at;

	if (!address_list_parse(arena, value, &list, &ignored))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct span source = list.items[i].source;
		struct span between = { done, (size_t)(source.at - done) };

		if (!add_between(arena, between, out) ||
		    !add_address(arena, &list.items[i], out))
			return false;
		done = source.at + source.len;
	}
	return add_between(
		arena, (struct span){ done, (size_t)(value.at + value.len - done) }, out);
}

/* ---- parameters ---- */

/* RFC 2231 3, 4: name*0*=utf-8''%C3%A9; name*1*=… */
static void
add_extended(struct arena *arena, const struct mime_parameter *parameter, struct buf *out)
{
	struct span value = mime_unquote(arena, parameter->value);
	const char *charset = is_utf8(value) ? "utf-8''" : "unknown-8bit''";
	bool many = value.len > EXTENDED_MAX;

	for (unsigned i = 0; value.len; i++) {
		struct span part = span_part(value, 0, EXTENDED_MAX);

		begin_line(out);
		buf_add_span(out, parameter->name);
		if (many)
			buf_printf(out, "*%u", i);
		buf_printf(out, "*=%s", i ? "" : charset);
		for (size_t k = 0; k < part.len; k++) {
			if (is_letter(part.at[k]) || is_digit(part.at[k]) ||
			    part.at[k] == '.' || part.at[k] == '-')
				buf_add_char(out, part.at[k]);
			else
				buf_printf(out, "%%%02X",
					   (unsigned)(unsigned char)part.at[k]);
		}
		value = span_part(value, part.len, value.len);
		if (value.len)
			buf_add_char(out, ';');
	}
}

static bool
parameter_text(struct arena *arena, struct span value, struct buf *out)
{
	struct mime_parameter parameter;
	const char *done = value.at, *end = value.at + value.len;
	size_t at = 0;

	while (mime_next_parameter(value, &at, &parameter)) {
		struct span before = { done, (size_t)(parameter.whole.at - done) };

		if (!is_ascii(before) || !is_ascii(parameter.name))
			return false;
		buf_add_span(out, before);
		if (is_ascii(parameter.whole))
			buf_add_span(out, parameter.whole);
		else if (span_find(parameter.name, '*') < parameter.name.len)
			return false;
		else
			add_extended(arena, &parameter, out);
		done = parameter.whole.at + parameter.whole.len;
	}
	buf_add(out, done, (size_t)(end - done));
	return is_ascii(buf_span(out));
}

/* ---- fields ---- */

/* Adds the field's name, then TEXT, whose first encoded word may need a line of its
 * own. */
static void
add_text(const struct field *field, struct span text, struct buf *out)
{
	size_t len = (size_t)(field->value.at - field->whole.at);
	bool encoded = text.len >= 2 && memcmp(text.at, "=?", 2) == 0;

	buf_add(out, field->whole.at, len);
	buf_add_string(out, encoded && len + 1 > COLUMN_WORDS ? "\r\n " : " ");
	buf_add_span(out, text);
}

static struct span
finished(struct arena *arena, struct buf *out)
{
	struct span lines;

	strip_end(out);
	buf_add_string(out, "\r\n");
	lines = (struct span){ span_string(arena, buf_span(out)), out->len };
	buf_release(out);
	return lines;
}

static struct span
in_encoded_words(struct arena *arena, const struct field *field)
{
	struct buf out = { 0 };
	char *text = field_unfold(arena, field);

	add_text(field, span_of(encode_words(arena, span_of(text), false)), &out);
	return finished(arena, &out);
}

static struct span
in_ascii(struct arena *arena, const struct field *field)
{
	struct span value = span_of(field_unfold(arena, field));
	struct buf text = { 0 }, out = { 0 };
	bool done = false;

	if (is_address_field(field))
		done = address_text(arena, value, &text);
	else if (field_is(field, "Content-Type") ||
		 field_is(field, "Content-Disposition"))
		done = parameter_text(arena, value, &text);
	if (done)
		add_text(field, buf_span(&text), &out);
	buf_release(&text);
	return done ? finished(arena, &out) : in_encoded_words(arena, field);
}

/* How much of TEXT goes on a line that has ROOM: to the last blank that fits, or else to
 * the first one. Blanks alone make no line. */
static size_t
foldable_length(struct span text, size_t room)
{
	size_t len = 0, at = 0;

	if (text.len <= room)
		return text.len;
	while (at < text.len && is_blank(text.at[at]))
		at++;
	for (; at < text.len && (at <= room || !len); at++)
		if (is_blank(text.at[at]) && !is_blank(text.at[at - 1]))
			len = at;
	return len ? len : text.len;
}

/* The field on new lines. */
static struct span
folded(struct arena *arena, const struct field *field)
{
	size_t name = (size_t)(field->value.at - field->whole.at);
	struct span text =
		span_of(arena_printf(arena, " %s", field_unfold(arena, field)));
	size_t room = name < COLUMN_MAX ? COLUMN_MAX - name : 0;
	struct buf out = { 0 };

	buf_add(&out, field->whole.at, name);
	while (text.len) {
		bool first = out.len == name;
		size_t len = foldable_length(text, room);

		if (first && len > room)
			buf_add_string(&out, "\r\n");
		buf_add(&out, text.at, len);
		text = span_part(text, len, text.len);
		if (text.len)
			buf_add_string(&out, "\r\n");
		room = COLUMN_MAX;
	}
	return finished(arena, &out);
}

struct span
fit_field(struct arena *arena, const struct field *field, bool ascii)
{
	struct span lines = field->whole, again;
	size_t count;

	if (ascii && !is_ascii(lines)) {
		lines = in_ascii(arena, field);
		field = header_split(arena, lines, &count);
	}
	if (!has_long_line(lines))
		return lines;
	again = folded(arena, field);
	return has_long_line(again) ? in_encoded_words(arena, field) : again;
}
