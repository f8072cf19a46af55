/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures the terminal, and fits text to it. */
#include "app/screen.h"

#include "base/columns.h"
#include "base/file.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80, LEAST_WIDTH = 40 };

size_t
screen_width(FILE *file)
{
	const char *told = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (told && span_number(span_of(told), &number) && number >= LEAST_WIDTH &&
	    number < 1000)
		return (size_t)number;
	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col >= LEAST_WIDTH)
		return size.ws_col;
	return USUAL_WIDTH;
}

/* Where the text begins in "text", "  text", "- text", "  1. text". */
static size_t
beginning(struct span line)
{
	size_t at = 0, mark;

	while (at < line.len && line.at[at] == ' ')
		at++;
	mark = at;
	while (mark < line.len && is_digit(line.at[mark]))
		mark++;
	if (mark < line.len && line.at[mark] == (mark > at ? '.' : '-'))
		mark++;
	return mark > at && mark < line.len && line.at[mark] == ' ' ? mark + 1 : at;
}

/* An address that would be broken could not be copied. */
static bool
has_long_address(struct span line, size_t width)
{
	struct span word;

	while ((word = span_word(&line)).len)
		if (word.len >= width && span_starts_with_word(word, SPAN("http")))
			return true;
	return false;
}

static void
add_line(struct span line, struct frame frame, struct buf *out)
{
	if (beginning(line) > frame.indent)
		frame.indent = beginning(line);
	if (!has_long_address(line, frame.width))
		columns_wrap(out, line, 0, frame);
	else
		buf_printf(out, "%.*s\n", (int)line.len, line.at);
}

void
screen_put(FILE *out, struct span text, size_t indent)
{
	CLEANUP(release_buf) struct buf lines = { 0 };
	const struct frame frame = { .indent = indent, .width = screen_width(out) };
	bool terminal = isatty(fileno(out));

	while (text.len) {
		struct span line = span_part(text, 0, span_find(text, '\n'));

		if (terminal)
			add_line(line, frame, &lines);
		else
			buf_printf(&lines, "%.*s\n", (int)line.len, line.at);
		text = span_part(text, line.len + 1, text.len);
	}
	fwrite(lines.at, 1, lines.len, out);
}

void
screen_say(FILE *out, const char *format, ...)
{
	struct arena arena = { 0 };
	va_list arguments;

	va_start(arguments, format);
	screen_put(out, span_of(arena_vprintf(&arena, format, arguments)), 0);
	va_end(arguments);
	arena_release(&arena);
}
