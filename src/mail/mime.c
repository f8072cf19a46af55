/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what MIME fields say, and bodies line by line. */
#include "mail/mime.h"

#include "mail/encode.h"
#include "mail/scan.h"

#include <string.h>

enum {
	BOUNDARY_MAX = 200, /* octets; RFC 2046 5.1.1 allows 70 */
	WINDOW = 64 * 1024,
	CHARACTER_MAX = 4 /* octets in UTF-8 */
};

/* ---- parameters ---- */

static size_t
token_length(struct span text, const char *ends)
{
	size_t len = 0;

	while (len < text.len && text.at[len] && !strchr(ends, text.at[len]))
		len++;
	return len;
}

/* The token or quoted string at this place. */
static bool
take_value(struct scan *scan, struct span *value)
{
	size_t from = scan->at;
	struct span rest = span_part(scan->text, from, scan->text.len);

	if (scan_peek(scan) == '"') {
		if (!scan_skip(scan, false))
			return false;
	} else {
		scan->at += token_length(rest, "; \t\r\n(");
	}
	*value = span_part(scan->text, from, scan->at - from);
	return true;
}

bool
mime_next_parameter(struct span value, size_t *at, struct mime_parameter *parameter)
{
	struct scan scan = { .text = value, .at = *at };
	size_t from;

	while (scan.at < value.len && scan_peek(&scan) != ';')
		if (!scan_skip(&scan, false))
			return false;
	if (scan.at == value.len)
		return false;
	scan.at++;
	if (!scan_gap(&scan))
		return false;
	from = scan.at;
	scan.at += token_length(span_part(value, from, value.len), "=; \t\r\n(\"");
	*parameter =
		(struct mime_parameter){ .name = span_part(value, from, scan.at - from) };
	if (!scan_gap(&scan))
		return false;
	if (scan_peek(&scan) == '=') {
		scan.at++;
		if (!scan_gap(&scan) || !take_value(&scan, &parameter->value))
			return false;
	}
	parameter->whole = (struct span){ value.at + from, scan.at - from };
	*at = scan.at;
	return true;
}

struct span
mime_unquote(struct arena *arena, struct span value)
{
	char *text = arena_take(arena, value.len + 1);
	bool quoted = value.len && value.at[0] == '"';
	size_t len = 0;

	for (size_t i = quoted; i < value.len && !(quoted && value.at[i] == '"'); i++) {
		if (quoted && value.at[i] == '\\' && i + 1 < value.len)
			i++;
		if (value.at[i] != '\r' && value.at[i] != '\n')
			text[len++] = value.at[i];
	}
	return (struct span){ text, len };
}

static bool
find_parameter(struct span value, const char *name, struct mime_parameter *parameter)
{
	size_t at = 0;

	while (mime_next_parameter(value, &at, parameter))
		if (span_same_word(parameter->name, span_of(name)))
			return true;
	return false;
}

/* The first words of a structured field, in one: "text/plain". */
static struct span
main_word(struct arena *arena, struct span value)
{
	char *text = arena_take(arena, value.len + 1);
	struct scan scan = { .text = value };
	size_t len = 0;

	while (scan_gap(&scan) && scan.at < value.len && scan_peek(&scan) != ';')
		text[len++] = value.at[scan.at++];
	return (struct span){ text, len };
}

static bool
is_ascii_charset(struct span charset)
{
	return charset.len == 0 || span_same_word(charset, SPAN("us-ascii")) ||
	       span_same_word(charset, SPAN("ascii")) ||
	       span_same_word(charset, SPAN("ANSI_X3.4-1968")) ||
	       span_same_word(charset, SPAN("iso646-us"));
}

struct span
mime_with_charset(struct arena *arena, const struct field *type, const char *charset)
{
	struct mime_parameter old;
	struct span whole = type->whole, kept = span_trim(whole);
	struct buf out = { 0 };

	if (find_parameter(type->value, "charset", &old)) {
		size_t from = (size_t)(old.whole.at - whole.at);

		buf_add(&out, whole.at, from);
		buf_printf(&out, "charset=%s", charset);
		buf_add_span(&out, span_part(whole, from + old.whole.len, whole.len));
	} else {
		bool ended = kept.at[kept.len - 1] == ';';

		buf_add_span(&out, kept);
		buf_printf(&out, "%s charset=%s\r\n", ended ? "" : ";", charset);
	}
	whole = (struct span){ span_string(arena, buf_span(&out)), out.len };
	buf_release(&out);
	return whole;
}

/* ---- fields ---- */

static void
read_multipart(struct arena *arena, struct span value, struct mime *mime)
{
	struct mime_parameter boundary;

	if (!find_parameter(value, "boundary", &boundary))
		return;
	mime->boundary = mime_unquote(arena, boundary.value);
	/* Blanks at its end cannot be told from blanks behind it. */
	while (mime->boundary.len && is_blank(mime->boundary.at[mime->boundary.len - 1]))
		mime->boundary.len--;
	if (mime->boundary.len == 0 || mime->boundary.len > BOUNDARY_MAX ||
	    !is_ascii(mime->boundary))
		return;
	mime->kind = MIME_MULTIPART;
}

static void
read_type(struct arena *arena, struct mime *mime)
{
	struct span value = mime->type->value, type = main_word(arena, value);
	struct mime_parameter charset;

	if (span_starts_with_word(type, SPAN("text/"))) {
		mime->kind = MIME_TEXT;
		mime->claims_ascii = !find_parameter(value, "charset", &charset) ||
				     is_ascii_charset(mime_unquote(arena, charset.value));
	} else if (span_starts_with_word(type, SPAN("multipart/"))) {
		read_multipart(arena, value, mime);
		mime->digest = span_same_word(type, SPAN("multipart/digest"));
		if (mime->kind == MIME_MULTIPART &&
		    span_same_word(type, SPAN("multipart/signed")))
			mime->kind = MIME_SIGNED;
	} else if (span_same_word(type, SPAN("message/rfc822"))) {
		mime->kind = MIME_MESSAGE;
	}
}

static void
read_encoding(struct arena *arena, struct mime *mime)
{
	struct span word = main_word(arena, mime->encoding_field->value);

	if (span_same_word(word, SPAN("quoted-printable")))
		mime->encoding = MIME_QP;
	else if (span_same_word(word, SPAN("base64")))
		mime->encoding = MIME_BASE64;
	else if (span_starts_with_word(word, SPAN("x-")) ||
		 span_starts_with_word(word, SPAN("uuencode")))
		mime->encoding = MIME_OTHER;
	mime->is_binary = span_same_word(word, SPAN("binary"));
	mime->is_eight_bit = mime->is_binary || span_same_word(word, SPAN("8bit"));
}

static const struct field *
find_field(const struct field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (field_is(&fields[i], name) && !field_is_empty(&fields[i]))
			return &fields[i];
	return NULL;
}

struct mime
mime_read(struct arena *arena, const struct field *fields, size_t count, bool in_digest)
{
	struct mime mime = {
		.type = find_field(fields, count, "Content-Type"),
		.encoding_field = find_field(fields, count, "Content-Transfer-Encoding"),
		.version = find_field(fields, count, "MIME-Version"),
	};

	if (mime.type) {
		read_type(arena, &mime);
	} else {
		mime.kind = in_digest ? MIME_MESSAGE : MIME_TEXT;
		mime.claims_ascii = !in_digest;
	}
	if (mime.encoding_field)
		read_encoding(arena, &mime);
	/* What is encoded as a whole has no parts that could be seen, though nobody may
	 * do that (RFC 2045 6.4). */
	if (mime.encoding != MIME_IDENTITY && mime.kind != MIME_TEXT)
		mime.kind = MIME_LEAF;
	return mime;
}

/* ---- lines ---- */

/* TEXT without the character that is cut at its end, and never between CR and LF. */
static size_t
whole_characters(struct span text)
{
	size_t len = text.len;

	for (size_t i = 1; i <= CHARACTER_MAX && i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[text.len - i];

		if (byte < 0x80 || byte >= 0xc0) {
			len = byte >= 0xc0 ? text.len - i : len;
			break;
		}
	}
	return len > 1 && text.at[len - 1] == '\r' ? len - 1 : len;
}

/* Whether the window holds a line, or all that there is of it. */
static bool
has_line(const struct body_lines *lines)
{
	return span_find(lines->window, '\n') < lines->window.len ||
	       lines->left.from + lines->window.len >= lines->left.to;
}

bool
body_lines_next(struct body_lines *lines, struct error *err)
{
	struct span *window = &lines->window;
	uint64_t left = lines->left.to - lines->left.from;
	size_t lf;

	lines->starts_line = !lines->begun || lines->ends_line;
	lines->begun = true;
	lines->at = lines->left.from;
	lines->piece = (struct span){ 0 };
	if (left == 0)
		return true;
	if (window->len == 0 || !has_line(lines)) {
		/* Parts may be small and many: no more is read than there is. */
		buf_reserve(&lines->room, left < WINDOW ? (size_t)left : WINDOW);
		if (!body_read(lines->body, lines->at, &lines->room, window, err))
			return false;
		if (window->len > left)
			window->len = (size_t)left;
	}
	lf = span_find(*window, '\n');
	lines->ends_line = lf < window->len;
	lines->piece = span_part(*window, 0,
				 has_line(lines) ? lf + 1 : whole_characters(*window));
	*window = span_part(*window, lines->piece.len, window->len);
	lines->left.from += lines->piece.len;
	return true;
}

void
body_lines_release(struct body_lines *lines)
{
	buf_release(&lines->room);
}

enum delimiter
delimiter_of(struct span line, struct span boundary)
{
	enum delimiter found = DELIMITER_PART;

	if (line.len < 2 + boundary.len || memcmp(line.at, "--", 2) != 0 ||
	    memcmp(line.at + 2, boundary.at, boundary.len) != 0)
		return DELIMITER_NONE;
	line = span_part(line, 2 + boundary.len, line.len);
	if (line.len >= 2 && memcmp(line.at, "--", 2) == 0) {
		found = DELIMITER_END;
		line = span_part(line, 2, line.len);
	}
	return span_trim(line).len ? DELIMITER_NONE : found;
}

/* What a line is at the start of an entity. */
enum kind { LINE_FIELD, LINE_EMPTY, LINE_MBOX, LINE_BODY };

static enum kind
line_kind(const struct body_lines *lines, bool first)
{
	struct span line = lines->piece;

	if (line.len == 0 || (lines->starts_line && lines->ends_line && line.len == 2))
		return LINE_EMPTY;
	if (!lines->starts_line)
		return LINE_FIELD;
	if (!first && is_blank(line.at[0]))
		return LINE_FIELD;
	return field_name_length(line) ? LINE_FIELD : LINE_BODY;
}

static bool
read_header_lines(struct body_lines *lines, bool is_message, struct buf *text,
		  uint64_t *end, struct error *err)
{
	while (body_lines_next(lines, err)) {
		bool first = text->len == 0 && lines->starts_line;
		enum kind kind = line_kind(lines, first);

		*end = kind == LINE_EMPTY ? lines->left.from : lines->at;
		/* The mark of an mbox before a message that was put in here. */
		if (first && is_message && kind == LINE_BODY &&
		    span_starts_with_word(lines->piece, SPAN("From ")))
			kind = LINE_MBOX;
		if (kind == LINE_MBOX || (kind == LINE_FIELD && !text->len && !first))
			continue;
		if (kind != LINE_FIELD)
			return true;
		for (size_t i = 0; i < lines->piece.len; i++)
			if (lines->piece.at[i])
				buf_add_char(text, lines->piece.at[i]);
		if (text->len > MESSAGE_HEADER_MAX)
			return fail(err, FAULT_DATA,
				    _("The message cannot be sent: the header of one of "
				      "its parts is longer than %d octets"),
				    (int)MESSAGE_HEADER_MAX);
	}
	return false;
}

bool
mime_header(const struct body *body, struct range *range, bool is_message,
	    struct buf *header, struct error *err)
{
	struct body_lines lines = { .body = body, .left = *range };
	bool done = read_header_lines(&lines, is_message, header, &range->from, err);

	body_lines_release(&lines);
	if (header->len && header->at[header->len - 1] != '\n')
		buf_add_string(header, "\r\n");
	return done;
}

bool
find_delimiter(const struct body *body, struct range range, struct span boundary,
	       bool *found, struct error *err)
{
	struct body_lines lines = { .body = body, .left = range };
	bool done = true;

	*found = false;
	while (!*found && (done = body_lines_next(&lines, err)) && lines.piece.len)
		*found = lines.starts_line &&
			 delimiter_of(lines.piece, boundary) == DELIMITER_PART;
	body_lines_release(&lines);
	return done;
}

static void
survey_piece(struct survey *survey, const struct body_lines *lines)
{
	struct span line = lines->piece;

	if (lines->ends_line)
		line.len -= 2;
	if (lines->starts_line)
		survey->line = 0;
	survey->line += line.len;
	survey->long_line = survey->long_line || survey->line > HEADER_LINE_MAX;
	survey->nul = survey->nul || span_find(line, '\0') < line.len;
	survey->quoted += encode_qp_length(line) + (lines->ends_line ? 2 : 0);
	survey->plain += lines->piece.len;
	if (is_ascii(line))
		return;
	survey->eight_bit = true;
	survey->utf8 = survey->utf8 && is_utf8(line);
}

bool
survey_range(const struct body *body, struct range range, struct survey *survey,
	     struct error *err)
{
	struct body_lines lines = { .body = body, .left = range };
	bool done;

	*survey = (struct survey){ .utf8 = true };
	while ((done = body_lines_next(&lines, err)) && lines.piece.len)
		survey_piece(survey, &lines);
	body_lines_release(&lines);
	return done;
}
