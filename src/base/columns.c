/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts columns and breaks lines. */
#include "base/columns.h"

#include <wchar.h>

struct character {
	wchar_t wide;
	size_t len, columns;
};

/* The first one. A byte that is none takes a column. */
static struct character
character(struct span text)
{
	mbstate_t state = { 0 };
	struct character c = { 0 };
	int width;

	c.len = mbrtowc(&c.wide, text.at, text.len, &state);
	if (c.len == 0 || c.len > text.len)
		return (struct character){ L'?', 1, 1 };
	width = wcwidth(c.wide);
	c.columns = width > 0 ? (size_t)width : 0;
	return c;
}

size_t
columns_of(struct span text)
{
	size_t sum = 0;

	while (text.len) {
		struct character c = character(text);

		text = span_part(text, c.len, text.len);
		sum += c.columns;
	}
	return sum;
}

/* Whether a line may end between the two: beside a wide character, but not before what
 * closes or goes on, and not behind what opens (JIS X 4051). */
static bool
may_break(const struct character *a, const struct character *b)
{
	static const wchar_t opening[] = L"([{<“（［｛〈《「『【〔";
	static const wchar_t closing[] =
		L")]}>”,.;:!?、。，．・：；？！）］｝〉》」』】〕"
		L"々ーゝゞヽヾぁぃぅぇぉっゃゅょゎ"
		L"ァィゥェォッャュョヮヵヶ";

	return (a->columns > 1 || b->columns > 1) && !wcschr(opening, a->wide) &&
	       !wcschr(closing, b->wide);
}

/* The next piece that a line can end behind: up to a blank or, as in Japanese, a place
 * beside a wide character; and not more than fits into a line. */
static struct span
next_piece(struct span text, size_t most)
{
	struct character last = { 0 };
	size_t len = 0, sum = 0;

	while (len < text.len && text.at[len] != ' ') {
		struct character c = character(span_part(text, len, text.len));

		if (len && (may_break(&last, &c) || sum + c.columns > most))
			break;
		sum += c.columns;
		len += c.len;
		last = c;
	}
	return span_part(text, 0, len);
}

static void
add_spaces(struct buf *out, size_t count)
{
	while (count--)
		buf_add_char(out, ' ');
}

void
columns_wrap(struct buf *out, struct span text, size_t at, struct frame frame)
{
	bool first = true;

	while (text.len) {
		size_t blanks = 0, width;
		struct span piece;

		while (blanks < text.len && text.at[blanks] == ' ')
			blanks++;
		piece = next_piece(
			span_part(text, blanks, text.len),
			frame.width > frame.indent + 1 ? frame.width - frame.indent : 1);
		text = span_part(text, blanks + piece.len, text.len);
		width = columns_of(piece);
		if (!first && at + blanks + width > frame.width) {
			buf_add_char(out, '\n');
			add_spaces(out, frame.indent);
			at = frame.indent;
		} else {
			add_spaces(out, blanks);
			at += blanks;
		}
		buf_add_span(out, piece);
		at += width;
		first = false;
	}
	buf_add_char(out, '\n');
}
