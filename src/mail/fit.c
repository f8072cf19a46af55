/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes header fields in ASCII. */
#include "mail/fit.h"

#include "mail/address.h"
#include "mail/fold.h"
#include "mail/mime.h"
#include "mail/scan.h"

#include <string.h>

enum {
	COLUMN_WORDS = 16, /* where encode_words expects its text to begin */
	COLUMN_ANGLE = 40, /* behind an encoded name, an address may begin up to here */
	EXTENDED_MAX = 18  /* octets, as %XX, in one extended parameter */
};

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
					     "Mail-Reply-To",
					     NULL };
	struct field plain = *field;

	if (span_starts_with_word(field->name, SPAN("Resent-")))
		plain.name = span_part(field->name, strlen("Resent-"), SIZE_MAX);
	return field_is_one_of(&plain, names);
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

/* A line of its own, so that encoded words have the room that they count on. */
static void
begin_line(struct buf *out)
{
	fold_strip(out);
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

/* Whether a group is open behind TEXT, which stands between two addresses. */
static bool
goes_on_in_group(struct span text, bool in_group)
{
	struct scan scan = { .text = text };

	while (scan.at < text.len) {
		char c = scan_peek(&scan);

		if (c == ':' || c == ';')
			in_group = c == ':';
		if (!scan_skip(&scan, false))
			return in_group;
	}
	return in_group;
}

/* RFC 6857 3.1.8, RFC 6854: an address that only internationalised mail can have becomes the
 * name of a group without members, which people can read. Its "<" goes, and the ">" that
 * *BEHIND begins with. */
static bool
add_as_group(struct arena *arena, const struct address *address, struct span *behind,
	     struct buf *out)
{
	bool in_angle;

	fold_strip(out);
	while (behind->len && is_blank(behind->at[0]))
		*behind = span_part(*behind, 1, SIZE_MAX);
	in_angle = out->len && out->at[out->len - 1] == '<';
	if (in_angle != (behind->len && behind->at[0] == '>'))
		return false;
	if (in_angle)
		out->len--;
	begin_line(out);
	buf_printf(out, "%s:;", encode_words(arena, address->source, true));
	*behind = span_part(*behind, in_angle, SIZE_MAX);
	return true;
}

static bool
address_text(struct arena *arena, struct span value, struct buf *out)
{
	struct error ignored = { .arena = arena };
	struct address_list list;
	struct span rest = value;
	bool in_group = false;

	if (!address_list_parse(arena, value, &list, &ignored))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct span source = list.items[i].source;
		struct span between = span_part(rest, 0, (size_t)(source.at - rest.at));

		if (!add_between(arena, between, out))
			return false;
		rest = span_part(rest, between.len + source.len, SIZE_MAX);
		in_group = goes_on_in_group(between, in_group);
		if (!add_address(arena, &list.items[i], out) &&
		    (in_group || !add_as_group(arena, &list.items[i], &rest, out)))
			return false;
	}
	return add_between(arena, rest, out);
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

/* Where no text is expected. */
static void
add_marked(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++)
		buf_add_char(out, (unsigned char)text.at[i] < 0x80 ? text.at[i] : '?');
}

static void
add_commented(struct arena *arena, struct span text, struct buf *out)
{
	struct scan scan = { .text = text };

	/* The empty span is nowhere. */
	if (!text.at)
		return;
	while (scan.at < text.len) {
		size_t from = scan.at;

		if (scan_peek(&scan) == '(' && scan_skip(&scan, false)) {
			add_comment(arena, span_part(text, from, scan.at - from), out);
		} else {
			add_marked(span_part(text, from, 1), out);
			scan.at = from + 1;
		}
	}
}

/* One that says that it is encoded, and is not: name*=utf-8''... (RFC 2231 4). */
static void
add_encoded(const struct mime_parameter *parameter, struct buf *out)
{
	struct span whole = parameter->whole;

	for (size_t i = 0; i < whole.len; i++) {
		unsigned char byte = (unsigned char)whole.at[i];

		if (byte < 0x80)
			buf_add_char(out, whole.at[i]);
		else
			buf_printf(out, "%%%02X", (unsigned)byte);
	}
}

static bool
is_fit(struct span parameter)
{
	return is_ascii(parameter) && parameter.len < HEADER_LINE_MAX;
}

static void
parameter_text(struct arena *arena, struct span value, struct buf *out)
{
	struct mime_parameter parameter;
	const char *done = value.at, *end = value.at + value.len;
	size_t at = 0;

	while (mime_next_parameter(value, &at, &parameter)) {
		struct span before = { done, (size_t)(parameter.whole.at - done) };

		add_commented(arena, before, out);
		if (is_fit(parameter.whole))
			buf_add_span(out, parameter.whole);
		else if (!is_ascii(parameter.name))
			add_commented(arena, parameter.whole, out);
		else if (span_find(parameter.name, '*') < parameter.name.len)
			add_encoded(&parameter, out);
		else
			add_extended(arena, &parameter, out);
		done = parameter.whole.at + parameter.whole.len;
	}
	add_commented(arena, (struct span){ done, (size_t)(end - done) }, out);
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
in_encoded_words(struct arena *arena, const struct field *field)
{
	struct buf out = { 0 };
	char *text = field_unfold(arena, field);

	add_text(field, span_of(encode_words(arena, span_of(text), false)), &out);
	return fold_finished(arena, &out);
}

static bool
has_parameters(const struct field *field)
{
	return field_is(field, "Content-Type") || field_is(field, "Content-Disposition");
}

static struct span
in_ascii(struct arena *arena, const struct field *field)
{
	struct span value = span_of(field_unfold(arena, field));
	struct buf text = { 0 }, out = { 0 };
	bool done = true;

	if (is_address_field(field))
		done = address_text(arena, value, &text);
	else if (has_parameters(field))
		parameter_text(arena, value, &text);
	else if (has_syntax(field))
		/* No encoded word may stand in Received (RFC 2047 5). */
		add_marked(value, &text);
	else
		done = false;
	if (done)
		add_text(field, buf_span(&text), &out);
	buf_release(&text);
	return done ? fold_finished(arena, &out) : in_encoded_words(arena, field);
}

/* Whether what it is made of can be told: addresses, or parameters. */
static bool
is_structured(struct arena *arena, const struct field *field)
{
	struct error ignored = { .arena = arena };
	struct address_list list;

	return is_address_field(field)
		       ? address_list_parse(arena, field->value, &list, &ignored)
		       : has_syntax(field);
}

struct span
fit_field(struct arena *arena, const struct field *field, bool ascii)
{
	struct span lines = field->whole;
	size_t count;

	if ((ascii && !is_ascii(lines)) ||
	    (has_long_line(lines) && has_parameters(field))) {
		lines = in_ascii(arena, field);
		field = header_split(arena, lines, &count);
	}
	if (!has_long_line(lines))
		return lines;
	if (is_structured(arena, field))
		return fold_field(arena, field, true);
	lines = fold_field(arena, field, false);
	return has_long_line(lines) ? in_encoded_words(arena, field) : lines;
}

/* In what cannot be read. */
static bool
has_utf8_before_at(struct span value)
{
	bool utf8 = false; /* in the word so far */

	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '@' && utf8)
			return true;
		utf8 = !strchr(" \t\r\n<>,;:()\"@", value.at[i]) &&
		       (utf8 || (unsigned char)value.at[i] > 0x7f);
	}
	return false;
}

bool
field_needs_utf8(struct arena *arena, const struct field *field)
{
	struct error ignored = { .arena = arena };
	struct address_list list;

	if (is_ascii(field->value) || !is_address_field(field))
		return false;
	if (!address_field_parse(arena, field->value, &list, &ignored))
		return has_utf8_before_at(field->value);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].domain && !is_ascii(span_of(list.items[i].local)))
			return true;
	return false;
}
