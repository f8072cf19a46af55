/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds where the words of a structured field begin and end. */
#include "mail/scan.h"

#include "base/error.h"

#include <string.h>

bool
scan_wrong(struct scan *scan, const char *problem)
{
	scan->problem = problem;
	return false;
}

/* The length of the line end at this place when a blank follows it, else 0. */
static size_t
fold_length(struct span text, size_t at)
{
	size_t len = text.at[at] == '\r' ? 2 : 1;

	if (text.len - at <= len || text.at[at + len - 1] != '\n')
		return 0;
	return is_blank(text.at[at + len]) ? len : 0;
}

bool
scan_check(struct scan *scan)
{
	for (scan->at = 0; scan->at < scan->text.len; scan->at++) {
		char c = scan_peek(scan);
		size_t fold =
			c == '\r' || c == '\n' ? fold_length(scan->text, scan->at) : 0;

		if (fold)
			scan->at += fold - 1;
		else if (c == '\r' || c == '\n')
			return scan_wrong(scan, N_("it has a line end"));
		else if (is_control(c) && c != '\t')
			return scan_wrong(scan, N_("it has a control character"));
	}
	scan->at = 0;
	return true;
}

static bool
skip_comment(struct scan *scan)
{
	size_t depth = 0;

	for (; scan->at < scan->text.len; scan->at++) {
		char c = scan_peek(scan);

		if (c == '\\')
			scan->at++;
		else if (c == '(' && ++depth > COMMENT_DEPTH_MAX)
			return scan_wrong(scan, N_("its comments are nested too deeply"));
		else if (c == ')' && --depth == 0) {
			scan->at++;
			return true;
		}
	}
	scan->at = scan->text.len;
	return scan_wrong(scan, N_("a parenthesis is not closed"));
}

bool
scan_gap(struct scan *scan)
{
	for (;;) {
		char c = scan_peek(scan);

		if (c == '(') {
			if (!skip_comment(scan))
				return false;
		} else if (is_blank(c) || c == '\r' || c == '\n') {
			scan->at++;
		} else {
			return true;
		}
	}
}

/* Copies the content to OUT; NULL when nobody wants it. */
static bool
quoted_string(struct scan *scan, struct buf *out)
{
	for (scan->at++; scan->at < scan->text.len; scan->at++) {
		char c = scan_peek(scan);

		if (c == '"') {
			scan->at++;
			return true;
		}
		if (!out && c == '\\')
			scan->at++;
		if (!out || c == '\r' || c == '\n')
			continue;
		if (c == '\\' && scan->at + 1 < scan->text.len)
			c = scan->text.at[++scan->at];
		buf_add_char(out, c);
	}
	scan->at = scan->text.len;
	return scan_wrong(scan, N_("a quotation mark is not closed"));
}

bool
scan_skip(struct scan *scan, bool literal)
{
	switch (scan_peek(scan)) {
	case '"':
		return quoted_string(scan, NULL);
	case '(':
		return skip_comment(scan);
	case '[':
		if (!literal)
			break;
		scan->at +=
			span_find(span_part(scan->text, scan->at, scan->text.len), ']');
		if (scan->at == scan->text.len)
			return scan_wrong(scan, N_("a bracket is not closed"));
		break;
	}
	scan->at++;
	return true;
}

bool
scan_word(struct scan *scan, struct buf *out)
{
	size_t from = scan->at;

	if (scan_peek(scan) == '"')
		return quoted_string(scan, out);
	while (is_atom_byte(scan_peek(scan)))
		scan->at++;
	buf_add_span(out, span_part(scan->text, from, scan->at - from));
	return true;
}
