/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes quoted-printable and base64. */
#include "mail/encode.h"

#include "base/base64.h"

#include <string.h>

/* RFC 2045 6.7 (5), 6.8: no line is longer; quoted-printable keeps one for the "=". */
enum { LINE_MAX_QP = 75, LINE_MAX_BASE64 = 76 };

static bool
is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '=';
}

/* ---- quoted-printable ---- */

static void
soft_break(struct encoder *e, size_t len)
{
	if (e->column + len <= LINE_MAX_QP)
		return;
	buf_add_string(e->out, "=\r\n");
	e->column = 0;
}

static void
add_literal(struct encoder *e, char c)
{
	soft_break(e, 1);
	buf_add_char(e->out, c);
	e->column++;
}

static void
add_hex(struct encoder *e, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned byte = (unsigned char)c;
	char code[3] = { '=', digits[byte >> 4], digits[byte & 15] };

	soft_break(e, sizeof(code));
	buf_add(e->out, code, sizeof(code));
	e->column += sizeof(code);
}

/* At the start of a line "-" could make a boundary, and "." is what servers fumble
 * with. */
static void
add_byte(struct encoder *e, char c)
{
	bool starts = e->column == 0 || e->column + 1 > LINE_MAX_QP;

	if ((is_plain(c) || is_blank(c)) && !(starts && (c == '-' || c == '.')))
		add_literal(e, c);
	else
		add_hex(e, c);
}

static void
end_line(struct encoder *e)
{
	buf_add_string(e->out, "\r\n");
	e->column = 0;
	e->together = 0;
}

/* A blank at the end of a line would get lost. */
static void
end_blank(struct encoder *e)
{
	if (e->blank)
		add_hex(e, e->blank);
	e->blank = '\0';
}

static void
add_qp(struct encoder *e, char c)
{
	if (c == '\r' || c == '\n') {
		end_blank(e);
		if (c == '\n')
			end_line(e);
		return;
	}
	if (e->blank)
		add_literal(e, e->blank);
	e->blank = is_blank(c) ? c : '\0';
	if (!e->blank)
		add_byte(e, c);
}

/* What was encoded stays as it is, and on one line. */
static void
repair_qp(struct encoder *e, char c)
{
	if (c == '\n') {
		end_line(e);
	} else if (c == '=') {
		soft_break(e, 3);
		add_literal(e, c);
		e->together = 2;
	} else if (e->together && hex_value(c) >= 0) {
		buf_add_char(e->out, c);
		e->column++;
		e->together--;
	} else if (c != '\r') {
		e->together = 0;
		add_byte(e, c);
	}
}

size_t
encode_qp_length(struct span line)
{
	size_t len = 0;

	for (size_t i = 0; i < line.len; i++)
		len += is_plain(line.at[i]) || is_blank(line.at[i]) ? 1 : 3;
	return len > LINE_MAX_QP ? len + (len - 1) / LINE_MAX_QP * 3 : len;
}

/* ---- base64 ---- */

static void
next_line(struct encoder *e)
{
	if (e->column)
		buf_add_string(e->out, "\r\n");
	e->column = LINE_MAX_BASE64;
}

static void
add_group(struct encoder *e)
{
	if (!e->grouped)
		return;
	next_line(e);
	base64_encode(e->out, (struct span){ e->group, e->grouped });
	e->grouped = 0;
}

static void
add_base64(struct encoder *e, struct span text)
{
	while (text.len) {
		size_t len = sizeof(e->group) - e->grouped;

		if (len > text.len)
			len = text.len;
		memcpy(e->group + e->grouped, text.at, len);
		e->grouped += len;
		if (e->grouped == sizeof(e->group))
			add_group(e);
		text = span_part(text, len, text.len);
	}
}

static void
repair_base64(struct encoder *e, char c)
{
	if (!is_letter(c) && !is_digit(c) && !(c && strchr("+/=", c)))
		return;
	if (e->column == LINE_MAX_BASE64) {
		buf_add_string(e->out, "\r\n");
		e->column = 0;
	}
	buf_add_char(e->out, c);
	e->column++;
}

/* ---- all of them ---- */

void
encode_add(struct encoder *e, struct span text)
{
	if (e->how == ENCODE_BASE64) {
		add_base64(e, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		switch (e->how) {
		case ENCODE_QP:
			add_qp(e, text.at[i]);
			break;
		case REPAIR_QP:
			repair_qp(e, text.at[i]);
			break;
		case REPAIR_BASE64:
			repair_base64(e, text.at[i]);
			break;
		case ENCODE_BASE64:
			break;
		}
	}
}

void
encode_end(struct encoder *e)
{
	end_blank(e);
	add_group(e);
}
