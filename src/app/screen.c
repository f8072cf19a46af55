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
screen_width(void)
{
	const char *told = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (told && span_number(span_of(told), &number) && number >= LEAST_WIDTH &&
	    number < 1000)
		return (size_t)number;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= LEAST_WIDTH)
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
add_line(struct span line, size_t width, struct buf *out)
{
	struct frame frame = { .indent = beginning(line), .width = width };

	if (!has_long_address(line, width))
		columns_wrap(out, line, 0, frame);
	else
		buf_printf(out, "%.*s\n", (int)line.len, line.at);
}

void
screen_say(FILE *out, const char *format, ...)
{
	struct arena arena = { 0 };
	CLEANUP(release_buf) struct buf lines = { 0 };
	const char *text;
	struct span rest;
	va_list arguments;

	va_start(arguments, format);
	text = arena_vprintf(&arena, format, arguments);
	va_end(arguments);
	rest = isatty(fileno(out)) ? span_of(text) : SPAN("");
	while (rest.len) {
		size_t end = span_find(rest, '\n');

		add_line(span_part(rest, 0, end), screen_width(), &lines);
		rest = span_part(rest, end + 1, rest.len);
	}
	fputs(lines.len ? lines.at : text, out);
	arena_release(&arena);
}
