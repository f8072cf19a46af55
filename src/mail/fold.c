/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds header fields. */
#include "mail/fold.h"

#include "mail/scan.h"

#include <string.h>

enum { COLUMN_MAX = 78 /* RFC 5322 2.1.1 */ };

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

bool
has_syntax(const struct field *field)
{
	static const char *const names[] = { "Content-Type",
					     "Content-Disposition",
					     "Content-Transfer-Encoding",
					     "Content-ID",
					     "MIME-Version",
					     "Date",
					     "Message-ID",
					     "In-Reply-To",
					     "References",
					     "Received",
					     "Return-Path",
					     "Received-SPF",
					     "Authentication-Results",
					     "DKIM-Signature",
					     "Autocrypt",
					     "Auto-Submitted",
					     "List-Archive",
					     "List-Help",
					     "List-Owner",
					     "List-Post",
					     "List-Subscribe",
					     "List-Unsubscribe",
					     NULL };
	static const char *const families[] = { "ARC-", "Resent-" };

	if (field_is_one_of(field, names))
		return true;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (span_starts_with_word(field->name, span_of(families[i])))
			return true;
	return false;
}

/* ---- written ---- */

void
fold_strip(struct buf *out)
{
	while (out->len &&
	       (is_blank(out->at[out->len - 1]) || out->at[out->len - 1] == '\r' ||
		out->at[out->len - 1] == '\n'))
		out->len--;
}

struct span
fold_finished(struct arena *arena, struct buf *out)
{
	struct span lines;

	fold_strip(out);
	buf_add_string(out, "\r\n");
	lines = (struct span){ span_string(arena, buf_span(out)), out->len };
	buf_release(out);
	return lines;
}

/* ---- folded ---- */

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

/* Blanks where a structured field may have them. */
static struct span
with_blanks(struct arena *arena, struct span text)
{
	struct scan scan = { .text = text };
	struct buf out = { 0 };
	bool in_angle = false;
	struct span all;

	while (scan.at < text.len) {
		size_t from = scan.at;
		char c = scan_peek(&scan), next;

		if (c == '<' || c == '>')
			in_angle = c == '<';

		/* A quote or parenthesis that nothing ends is a letter. */
		if (!scan_skip(&scan, false))
			scan.at = from + 1;
		next = scan_peek(&scan);
		buf_add_span(&out, span_part(text, from, scan.at - from));
		if (!in_angle && (c == ',' || c == ';' ? next && !is_blank(next)
						       : c == '>' && next == '<'))
			buf_add_char(&out, ' ');
	}
	all = (struct span){ span_string(arena, buf_span(&out)), out.len };
	buf_release(&out);
	return all;
}

/* TEXT on new lines behind the field's name. */
static struct span
folded(struct arena *arena, const struct field *field, struct span text)
{
	size_t name = (size_t)(field->value.at - field->whole.at);
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
	return fold_finished(arena, &out);
}

struct span
fold_field(struct arena *arena, const struct field *field, bool structured)
{
	struct span text =
		span_of(arena_printf(arena, " %s", field_unfold(arena, field)));
	struct span lines = folded(arena, field, text);

	if (!structured || !has_long_line(lines))
		return lines;
	return folded(arena, field, with_blanks(arena, text));
}
