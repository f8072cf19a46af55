/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts columns and breaks lines. */
#include "base/columns.h"

#include <wchar.h>

/* The first character: how many bytes it has, and how many columns. */
static size_t
character(struct span text, size_t *columns)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t used = mbrtowc(&wide, text.at, text.len, &state);
	int width = 1;

	if (used == 0 || used > text.len)
		used = 1;
	else
		width = wcwidth(wide);
	*columns = width > 0 ? (size_t)width : 0;
	return used;
}

size_t
columns_of(struct span text)
{
	size_t sum = 0, width;

	while (text.len) {
		size_t used = character(text, &width);

		text = span_part(text, used, text.len);
		sum += width;
	}
	return sum;
}

/* The next piece that a line can end behind: up to a blank; where there is none, as in
 * Japanese, a single character that is wide; and not more than fits into a line. */
static struct span
next_piece(struct span text, size_t most)
{
	size_t len = 0, sum = 0, width;

	while (len < text.len && text.at[len] != ' ') {
		size_t used = character(span_part(text, len, text.len), &width);

		if (width > 1)
			return span_part(text, 0, len ? len : used);
		if (len && sum + width > most)
			break;
		sum += width;
		len += used;
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
