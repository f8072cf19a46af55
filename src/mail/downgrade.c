/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encodes what a server cannot take, part by part. */
#include "mail/downgrade.h"

#include "mail/body.h"
#include "mail/encode.h"
#include "mail/fit.h"
#include "mail/fold.h"
#include "mail/mime.h"

#include <string.h>

enum { DEPTH_MAX = 32 };

struct writer {
	struct arena *arena;
	struct error *err;
	const struct body *source;
	const struct downgrade *what;
	struct body *body; /* being written */
	unsigned depth;
};

/* Where an entity stands. */
struct place {
	bool is_message; /* at the top, or in a message/rfc822 */
	bool in_digest;
};

/* An entity, and what becomes of it. */
struct entity {
	struct place place;
	struct field *fields;
	size_t count;
	struct range content;
	struct mime mime;
	bool ascii_header; /* its header must be ASCII */
	bool short_header; /* and have no long lines */
	bool changes;	   /* its content does */
	enum encode_how how;
	const char *encoding; /* the new Content-Transfer-Encoding; NULL: stays */
	const char *charset;  /* the new charset; NULL: stays */
};

static bool write_entity(struct writer *w, struct range range, struct place place);

/* ---- what must change ---- */

static bool
copy(struct writer *w, struct range range)
{
	return body_copy(w->body, w->source, range, w->err);
}

static bool
must_change(const struct writer *w, const struct survey *survey)
{
	return (survey->eight_bit && w->what->eight_bit_body) ||
	       (survey->nul && w->what->nul) ||
	       (survey->long_line && w->what->long_lines);
}

static bool
plan_leaf(struct writer *w, struct entity *entity, const struct survey *survey)
{
	uint64_t base64 = (survey->plain + 2) / 3 * 4;

	switch (entity->mime.encoding) {
	case MIME_QP:
		entity->how = REPAIR_QP;
		return true;
	case MIME_BASE64:
		entity->how = REPAIR_BASE64;
		return true;
	case MIME_OTHER:
		return fail(w->err, FAULT_DATA,
			    _("The message cannot be sent: the server does not take "
			      "one of its parts as it is, and how that is encoded "
			      "is not known here"));
	case MIME_IDENTITY:
		break;
	}
	base64 += base64 / 76 * 2;
	entity->how = survey->nul || base64 < survey->quoted ? ENCODE_BASE64 : ENCODE_QP;
	entity->encoding = entity->how == ENCODE_QP ? "quoted-printable" : "base64";
	if (entity->mime.kind != MIME_TEXT || !entity->mime.claims_ascii)
		return true;
	if (survey->eight_bit)
		entity->charset = survey->utf8 ? "utf-8" : "unknown-8bit";
	else if (!entity->mime.type)
		entity->charset = "us-ascii";
	return true;
}

/* What has parts is not encoded; it says what the worst of its parts is (RFC 2045
 * 6.4). */
static void
plan_parts(const struct writer *w, struct entity *entity)
{
	if (w->what->eight_bit_body && entity->mime.is_eight_bit)
		entity->encoding = "7bit";
	else if (entity->mime.is_binary)
		entity->encoding = "8bit";
}

static bool
plan_entity(struct writer *w, struct entity *entity)
{
	struct survey survey;
	bool found;

	if (!survey_range(w->source, entity->content, &survey, w->err))
		return false;
	entity->changes = must_change(w, &survey);
	if (!entity->changes)
		return true;
	if (entity->mime.kind == MIME_SIGNED) {
		fail(w->err, FAULT_DATA,
		     _("The message cannot be sent: the server does not take its signed "
		       "part as it is, and a change would break the signature"));
		return fail_hint(w->err,
				 _("The part must be encoded before it is signed, as "
				   "quoted-printable or base64"));
	}
	if (entity->mime.kind == MIME_MULTIPART) {
		if (!find_delimiter(w->source, entity->content, entity->mime.boundary,
				    &found, w->err))
			return false;
		if (!found)
			entity->mime.kind = MIME_LEAF;
	}
	if (entity->mime.kind == MIME_LEAF || entity->mime.kind == MIME_TEXT)
		return plan_leaf(w, entity, &survey);
	plan_parts(w, entity);
	return true;
}

/* ---- headers ---- */

/* The new lines of one field; nothing when it goes. */
static struct span
new_lines(const struct writer *w, const struct entity *entity, const struct field *field)
{
	const struct mime *mime = &entity->mime;
	struct span lines = field->whole;
	size_t count;

	if (entity->encoding && field_is(field, "Content-Transfer-Encoding")) {
		if (field != mime->encoding_field)
			return (struct span){ 0 };
		return span_of(arena_printf(w->arena, "Content-Transfer-Encoding: %s\r\n",
					    entity->encoding));
	}
	if (entity->charset && field == mime->type) {
		lines = mime_with_charset(w->arena, field, entity->charset);
		field = header_split(w->arena, lines, &count);
	}
	if ((entity->ascii_header && !is_ascii(lines)) ||
	    (entity->short_header && has_long_line(lines)))
		lines = fit_field(w->arena, field, entity->ascii_header);
	return lines;
}

static void
add_header(const struct writer *w, const struct entity *entity, struct buf *out)
{
	const struct mime *mime = &entity->mime;

	for (size_t i = 0; i < entity->count; i++)
		buf_add_span(out, new_lines(w, entity, &entity->fields[i]));
	if (entity->changes && entity->place.is_message && !mime->version)
		buf_add_string(out, "MIME-Version: 1.0\r\n");
	if (entity->charset && !mime->type)
		buf_printf(out, "Content-Type: text/plain; charset=%s\r\n",
			   entity->charset);
	if (entity->encoding && !mime->encoding_field)
		buf_printf(out, "Content-Transfer-Encoding: %s\r\n", entity->encoding);
	buf_add_string(out, "\r\n");
}

static bool
read_header(struct writer *w, struct entity *entity)
{
	struct buf text = { 0 };
	struct span header;
	bool done = mime_header(w->source, &entity->content, entity->place.is_message,
				&text, w->err);

	header = (struct span){ span_string(w->arena, buf_span(&text)), text.len };
	buf_release(&text);
	entity->fields = header_split(w->arena, header, &entity->count);
	return done;
}

/* ---- contents ---- */

static bool
write_encoded(struct writer *w, const struct entity *entity)
{
	struct body_lines lines = { .body = w->source, .left = entity->content };
	struct encoder encoder = { .out = &w->body->memory, .how = entity->how };
	bool done;

	while ((done = body_lines_next(&lines, w->err)) && lines.piece.len) {
		encode_add(&encoder, lines.piece);
		if (!(done = body_settle(w->body, w->err)))
			break;
	}
	if (done)
		encode_end(&encoder);
	body_lines_release(&lines);
	return done;
}

/* Adds a piece of a line that nobody reads: its bytes may be replaced, but it must not
 * become a boundary by that. */
static void
add_ignored(struct writer *w, const struct body_lines *lines, uint64_t *column)
{
	struct buf *out = &w->body->memory;
	struct span text = lines->piece;
	bool stays = is_ascii(text) && span_find(text, '\0') == text.len &&
		     text.len <= HEADER_LINE_MAX;

	if (lines->starts_line)
		*column = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool ends = c == '\r' || c == '\n';

		if (*column == HEADER_LINE_MAX && !ends && w->what->long_lines) {
			buf_add_string(out, "\r\n ");
			*column = 1;
		}
		if (*column == 0 && c == '-' && !stays)
			c = ' ';
		if ((w->what->nul && !c) ||
		    (w->what->eight_bit_body && (unsigned char)c >= 0x80))
			c = '?';
		buf_add_char(out, c);
		*column += !ends;
	}
}

/* Copies what is outside of the parts of a multipart. */
static bool
write_ignored(struct writer *w, struct range range)
{
	struct body_lines lines = { .body = w->source, .left = range };
	struct survey survey;
	uint64_t column = 0;
	bool done;

	if (!survey_range(w->source, range, &survey, w->err))
		return false;
	if (!must_change(w, &survey))
		return copy(w, range);
	while ((done = body_lines_next(&lines, w->err)) && lines.piece.len) {
		add_ignored(w, &lines, &column);
		if (!(done = body_settle(w->body, w->err)))
			break;
	}
	body_lines_release(&lines);
	return done;
}

/* Writes what is before a delimiter: the part that it ends, or what comes before all
 * parts. */
static bool
write_before(struct writer *w, const struct entity *entity, struct range range,
	     bool is_part)
{
	/* The line end belongs to the delimiter (RFC 2046 5.1.1). */
	bool line_end = range.to - range.from >= 2;

	if (!is_part)
		return write_ignored(w, range);
	if (line_end)
		range.to -= 2;
	if (!write_entity(w, range, (struct place){ .in_digest = entity->mime.digest }))
		return false;
	if (line_end)
		buf_add_string(&w->body->memory, "\r\n");
	return true;
}

/* Writes the parts that LINES goes through. */
static bool
write_parts(struct writer *w, const struct entity *entity, struct body_lines *lines)
{
	struct span boundary = entity->mime.boundary;
	uint64_t from = entity->content.from, to = entity->content.to;
	bool in_part = false;

	while (body_lines_next(lines, w->err)) {
		enum delimiter found = DELIMITER_NONE;

		if (lines->piece.len == 0)
			return in_part ? write_entity(
						 w, (struct range){ from, to },
						 (struct place){
							 .in_digest =
								 entity->mime.digest })
				       : write_ignored(w, (struct range){ from, to });
		if (lines->starts_line)
			found = delimiter_of(lines->piece, boundary);
		if (found == DELIMITER_NONE || (found == DELIMITER_END && !in_part))
			continue;
		if (!write_before(w, entity, (struct range){ from, lines->at }, in_part))
			return false;
		buf_printf(&w->body->memory, "--%.*s%s%s", (int)boundary.len, boundary.at,
			   found == DELIMITER_END ? "--" : "",
			   lines->ends_line ? "\r\n" : "");
		from = lines->left.from;
		in_part = true;
		if (found == DELIMITER_END)
			return write_ignored(w, (struct range){ from, to });
	}
	return false;
}

static bool
write_multipart(struct writer *w, const struct entity *entity)
{
	struct body_lines lines = { .body = w->source, .left = entity->content };
	bool done = write_parts(w, entity, &lines);

	body_lines_release(&lines);
	return done;
}

static bool
write_content(struct writer *w, const struct entity *entity)
{
	if (!entity->changes)
		return copy(w, entity->content);
	switch (entity->mime.kind) {
	case MIME_MULTIPART:
		return write_multipart(w, entity);
	case MIME_MESSAGE:
		return write_entity(w, entity->content,
				    (struct place){ .is_message = true });
	case MIME_LEAF:
	case MIME_TEXT:
	case MIME_SIGNED:
		break;
	}
	return write_encoded(w, entity);
}

/* An entity that is in the body: a part, or a message in it. */
static bool
write_changed(struct writer *w, struct range range, struct place place)
{
	struct entity entity = { .place = place,
				 .content = range,
				 .ascii_header = w->what->eight_bit_body,
				 .short_header = w->what->long_lines };

	if (!read_header(w, &entity))
		return false;
	entity.mime = mime_read(w->arena, entity.fields, entity.count, place.in_digest);
	if (!plan_entity(w, &entity))
		return false;
	add_header(w, &entity, &w->body->memory);
	return write_content(w, &entity);
}

/* The same with memory that is given back at the end: there may be many parts. */
static bool
write_apart(struct writer *w, struct range range, struct place place)
{
	struct arena *outside = w->arena, inside = { 0 };
	bool done;

	w->arena = &inside;
	w->depth++;
	done = write_changed(w, range, place);
	w->depth--;
	w->arena = outside;
	arena_release(&inside);
	return done;
}

static bool
write_entity(struct writer *w, struct range range, struct place place)
{
	struct survey survey;

	if (!survey_range(w->source, range, &survey, w->err))
		return false;
	if (!must_change(w, &survey))
		return copy(w, range);
	if (w->depth == DEPTH_MAX)
		return fail(w->err, FAULT_DATA,
			    _("The message cannot be sent: its parts are nested deeper "
			      "than %d, and the server does not take them as they are"),
			    (int)DEPTH_MAX);
	return write_apart(w, range, place);
}

/* ---- the whole ---- */

static bool
is_eight_bit_header(const struct composed *composed)
{
	for (size_t i = 0; i < composed->count; i++)
		if (!is_ascii(composed->pieces[i]))
			return true;
	return false;
}

struct downgrade
downgrade_candidates(const struct composed *composed, const struct facts *facts)
{
	struct downgrade what = { .eight_bit_body = facts->eight_bit,
				  .eight_bit_header = is_eight_bit_header(composed),
				  .long_lines = facts->longest_line > HEADER_LINE_MAX,
				  .nul = facts->nul > 0 };

	/* A piece begins and ends with a line. */
	for (size_t i = 0; i < composed->count && !what.long_header; i++)
		what.long_header = has_long_line(composed->pieces[i]);
	return what;
}

bool
downgrade_is_needed(const struct downgrade *what)
{
	return what->eight_bit_body || what->eight_bit_header || what->long_header ||
	       what->long_lines || what->nul;
}

static struct field *
split_again(struct arena *arena, const struct composed *in, size_t *count)
{
	struct buf text = { 0 };
	struct span header;

	for (size_t i = 0; i < in->count; i++)
		buf_add_span(&text, in->pieces[i]);
	text.len -= strlen("\r\n");
	header = (struct span){ span_string(arena, buf_span(&text)), text.len };
	buf_release(&text);
	return header_split(arena, header, count);
}

static bool
write_body(struct writer *w, const struct entity *entity)
{
	struct buf *memory = &w->body->memory;

	if (!write_content(w, entity))
		return false;
	if (memory->len && memory->at[memory->len - 1] != '\n')
		buf_add_string(memory, "\r\n");
	return body_finish(w->body, w->err);
}

bool
downgrade(const struct composed *in, const struct downgrade *what, struct composed *out,
	  struct body *body, struct error *err)
{
	struct arena *arena = err->arena;
	struct writer w = { arena, err, in->body, what, body, .depth = 0 };
	struct entity top = { .place = { .is_message = true },
			      .ascii_header = what->eight_bit_header,
			      .short_header = what->long_header,
			      .content = { 0, in->body->size } };
	struct buf header = { 0 };

	*body = (struct body){ .fd = -1 };
	*out = (struct composed){ .body = in->body };
	top.fields = split_again(arena, in, &top.count);
	top.mime = mime_read(arena, top.fields, top.count, false);
	if (!plan_entity(&w, &top) || (top.changes && !write_body(&w, &top))) {
		body_release(body);
		return false;
	}
	if (top.changes)
		out->body = body;
	add_header(&w, &top, &header);
	out->pieces = arena_array(arena, struct span, 1);
	out->pieces[0] =
		(struct span){ span_string(arena, buf_span(&header)), header.len };
	out->count = 1;
	out->size = header.len;
	buf_release(&header);
	return true;
}
