/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads replies out of what was heard. */
#include "smtp/reply.h"

#include <string.h>

static size_t
digits(struct span span, size_t at, size_t most)
{
	size_t n = 0;

	while (n < most && at + n < span.len && is_digit(span.at[at + n]))
		n++;
	return n;
}

/* "5.1.1" at the start of the text, followed by a blank or the end (RFC 2034 4). */
static size_t
enhanced_length(int code, struct span text)
{
	size_t subject, detail;

	if (text.len < 5 || text.at[0] != (char)('0' + code / 100) || text.at[1] != '.' ||
	    !strchr("245", text.at[0]))
		return 0;
	subject = digits(text, 2, 3);
	if (!subject || 2 + subject >= text.len || text.at[2 + subject] != '.')
		return 0;
	detail = digits(text, 3 + subject, 3);
	if (!detail)
		return 0;
	if (3 + subject + detail < text.len && !is_blank(text.at[3 + subject + detail]))
		return 0;
	return 3 + subject + detail;
}

/* The code of a line with its text behind it, or -1. RFC 5321 4.2: a bare code is a
 * reply, too. */
static int
line_code(struct span line)
{
	if (digits(line, 0, 3) < 3 || line.at[0] < '2' || line.at[0] > '5')
		return -1;
	if (line.len > 3 && line.at[3] != ' ' && line.at[3] != '-')
		return -1;
	return (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0');
}

/* A tab is as harmless as a blank, and keywords may be separated by one. */
static void
add_words(struct buf *text, struct span words)
{
	for (;;) {
		size_t tab = span_find(words, '\t');

		buf_add_clean(text, span_part(words, 0, tab));
		if (tab == words.len)
			return;
		buf_add_char(text, ' ');
		words = span_part(words, tab + 1, SIZE_MAX);
	}
}

static void
add_line(struct reply *reply, struct span line, struct buf *text)
{
	struct span words = span_trim(span_part(line, 4, line.len));
	size_t enhanced = enhanced_length(reply->code, words);

	if (text->at)
		buf_add_char(text, '\n');
	else if (enhanced)
		reply->enhanced = span_part(words, 0, enhanced);
	/* A code that is repeated on each line is said once. */
	if (enhanced && span_equal(reply->enhanced, span_part(words, 0, enhanced)))
		words = span_trim(span_part(words, enhanced, words.len));
	add_words(text, words);
}

static enum reply_state
parse_lines(struct arena *arena, struct span heard, struct reply *reply, struct buf *text)
{
	for (unsigned lines = 0; lines < REPLY_LINES_MAX; lines++) {
		size_t end = span_find(heard, '\n');
		struct span line = span_part(heard, 0, end);
		int code;

		if (end == heard.len)
			return end > REPLY_LINE_MAX ? REPLY_BROKEN : REPLY_INCOMPLETE;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		code = line_code(line);
		if (code < 0 || (lines && code != reply->code) ||
		    line.len > REPLY_LINE_MAX)
			return REPLY_BROKEN;
		reply->code = code;
		add_line(reply, line, text);
		if (line.len < 4 || line.at[3] == ' ') {
			reply->text = span_of(span_string(arena, buf_span(text)));
			reply->enhanced = span_of(span_string(arena, reply->enhanced));
			return REPLY_COMPLETE;
		}
		if (text->len > REPLY_SIZE_MAX)
			return REPLY_BROKEN;
		heard = span_part(heard, end + 1, heard.len);
	}
	return REPLY_BROKEN;
}

/* How many octets the reply's lines have: up to the first one whose fourth octet is no
 * "-". */
static size_t
reply_length(struct span heard)
{
	size_t length = 0;

	for (;;) {
		struct span line = span_part(heard, length, heard.len);
		size_t end = span_find(line, '\n');

		length += end + (end < line.len);
		if (end == line.len || end < 4 || line.at[3] != '-')
			return length;
	}
}

static bool
is_cut(struct span heard)
{
	size_t len = 0;

	while (len < heard.len && heard.at[heard.len - 1 - len] != '\n')
		len++;
	return !heard.len || (len && len <= REPLY_LINE_MAX);
}

enum reply_state
reply_parse(struct arena *arena, struct span heard, struct reply *reply, size_t *used)
{
	struct buf text = { 0 };
	enum reply_state state;

	*reply = (struct reply){ 0 };
	*used = 0;
	/* Nothing is made of a reply whose last line is not all there: it will be read
	 * again, maybe with one octet more. */
	if (reply_length(heard) == heard.len && is_cut(heard))
		return REPLY_INCOMPLETE;
	state = parse_lines(arena, heard, reply, &text);
	buf_release(&text);
	if (state == REPLY_COMPLETE)
		*used = reply_length(heard);
	else
		*reply = (struct reply){ 0 };
	return state;
}

int
reply_class(const struct reply *reply)
{
	return reply->code / 100;
}

enum fault
reply_fault(const struct reply *reply)
{
	int class = reply_class(reply);

	return class == 4 ? FAULT_TEMPORARY : class == 5 ? FAULT_REFUSED : FAULT_PROTOCOL;
}

bool
reply_enhanced_is(const struct reply *reply, const char *subject_and_detail)
{
	return span_equal(span_part(reply->enhanced, 2, reply->enhanced.len),
			  span_of(subject_and_detail));
}

char *
reply_show(struct arena *arena, const struct reply *reply)
{
	char *shown = arena_printf(
		arena, "%03d%s%.*s%s%.*s", reply->code, reply->enhanced.len ? " " : "",
		(int)reply->enhanced.len, reply->enhanced.at ? reply->enhanced.at : "",
		reply->text.len ? " " : "", (int)reply->text.len,
		reply->text.at ? reply->text.at : "");

	for (char *c = shown; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return shown;
}

bool
reply_line(struct span *rest, struct span *line)
{
	size_t end;

	if (!rest->at)
		return false;
	end = span_find(*rest, '\n');
	*line = span_part(*rest, 0, end);
	*rest = end < rest->len ? (struct span){ rest->at + end + 1, rest->len - end - 1 }
				: (struct span){ 0 };
	return true;
}
