/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a message in one pass and makes it canonical on the way. */
#include "mail/message.h"

#include "base/file.h"
#include "mail/line_ends.h"
#include "mail/source.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 };

enum part { IN_HEADER, IN_BODY, ENDED, FAILED };

/* What is known between two blocks. */
struct reader {
	struct message *message;
	struct error *err;
	int fd;
	enum part part;
	bool dot_ends;
	bool large;    /* the input is a file whose body may stay where it is */
	bool dot;      /* the line so far is a "." that is held back */
	uint64_t line; /* octets of the line so far */
	uint64_t crs;  /* CRs behind it: the byte that follows says what they are */
	bool in_field; /* the line so far is a field's, and had CRs */
	struct line_ends ends; /* of the header */
	size_t line_start;     /* of a header line, in message->text */
	size_t noted;	       /* octets of body.memory that the facts already know */
};

/* ---- the body ---- */

static void
note_body(struct reader *reader)
{
	struct facts *facts = &reader->message->facts;
	struct span all = buf_span(&reader->message->body.memory);
	struct span fresh = span_part(all, reader->noted, all.len);

	facts->eight_bit = facts->eight_bit || !is_ascii(fresh);
	facts->nul += span_count(fresh, '\0');
	reader->noted = all.len;
}

/* Looks at what has come in, and keeps memory flat. */
static void
settle(struct reader *reader)
{
	struct body *body = &reader->message->body;

	note_body(reader);
	if (reader->part != FAILED && !body_settle(body, reader->err))
		reader->part = FAILED;
	reader->noted = body->memory.len;
}

static void
note_line(struct reader *reader, uint64_t len)
{
	if (len > reader->message->facts.longest_line)
		reader->message->facts.longest_line = len;
}

static void
end_body_line(struct reader *reader)
{
	buf_add(&reader->message->body.memory, "\r\n", 2);
	reader->message->facts.body_lines++;
	note_line(reader, reader->line);
}

/* ---- the header ---- */

enum kind { LINE_EMPTY, LINE_MBOX, LINE_FIELD, LINE_BODY };

/* "From ", maybe quoted with ">" and again (mbox(5)). */
static bool
is_mbox_line(struct span line)
{
	size_t at = 0;

	while (at < line.len && line.at[at] == '>')
		at++;
	return line.len <= HEADER_LINE_MAX &&
	       span_equal(span_part(line, at, 5), SPAN("From "));
}

/* Copies SPAN to ROOM (or moves it there) without its NULs. */
static struct span
without_nuls(struct span span, char *room)
{
	size_t len = 0;

	for (size_t i = 0; i < span.len; i++)
		if (span.at[i])
			room[len++] = span.at[i];
	return (struct span){ room, len };
}

/* Looks only at the first HEADER_LINE_MAX octets, so that a line need not be complete,
 * and the answer does not depend on how the input was cut into blocks. */
static enum kind
line_kind(const struct reader *reader, struct span line)
{
	char room[HEADER_LINE_MAX];
	struct span start = without_nuls(span_part(line, 0, sizeof(room)), room);
	bool first = reader->line_start == 0;

	if (start.len == 0)
		return line.len > sizeof(room) ? LINE_BODY : LINE_EMPTY;
	if (is_blank(start.at[0]))
		return first ? LINE_BODY : LINE_FIELD;
	if (field_name_length(start))
		return LINE_FIELD;
	return first && is_mbox_line(line) ? LINE_MBOX : LINE_BODY;
}

static struct span
header_line(const struct reader *reader)
{
	return span_part(buf_span(&reader->message->text), reader->line_start, SIZE_MAX);
}

/* The line that was begun is no field: the body begins with it. */
static void
begin_body(struct reader *reader)
{
	buf_add_span(&reader->message->body.memory, header_line(reader));
	reader->message->text.len = reader->line_start;
	reader->part = IN_BODY;
}

static void
check_header_length(struct reader *reader)
{
	if (reader->message->text.len <= MESSAGE_HEADER_MAX)
		return;
	fail(reader->err, FAULT_DATA,
	     _("The message cannot be sent: its header is longer than %d octets"),
	     (int)MESSAGE_HEADER_MAX);
	reader->part = FAILED;
}

static void
end_field_line(struct reader *reader)
{
	struct message *message = reader->message;
	struct span line = header_line(reader), kept = line;

	if (span_find(line, '\0') < line.len)
		kept = without_nuls(line, message->text.at + reader->line_start);
	message->facts.header_nul += line.len - kept.len;
	message->text.len = reader->line_start + kept.len;
	buf_add(&message->text, "\r\n", 2);
	reader->line_start = message->text.len;
	note_line(reader, kept.len);
	check_header_length(reader);
}

static void
end_header_line(struct reader *reader)
{
	struct span line = header_line(reader);

	switch (line_kind(reader, line)) {
	case LINE_EMPTY:
		reader->message->facts.header_nul += line.len;
		reader->message->text.len = reader->line_start;
		reader->part = IN_BODY;
		break;
	case LINE_MBOX:
		reader->message->text.len = reader->line_start;
		break;
	case LINE_FIELD:
		end_field_line(reader);
		break;
	case LINE_BODY:
		begin_body(reader);
		end_body_line(reader);
		break;
	}
}

/* A line that cannot be a field any more need not be collected. */
static void
look_at_long_line(struct reader *reader)
{
	struct span line = header_line(reader);

	if (reader->part != IN_HEADER || line.len <= HEADER_LINE_MAX)
		return;
	if (line_kind(reader, line) == LINE_BODY)
		begin_body(reader);
	else
		check_header_length(reader);
}

/* ---- lines, cut anywhere into pieces ---- */

static void
append(struct reader *reader, struct span text)
{
	struct message *message = reader->message;
	bool in_header = reader->part == IN_HEADER;

	buf_add_span(in_header ? &message->text : &message->body.memory, text);
}

static void
end_line(struct reader *reader)
{
	if (reader->part == IN_HEADER)
		end_header_line(reader);
	else if (reader->part == IN_BODY)
		end_body_line(reader);
	reader->line = 0;
	reader->in_field = false;
}

static void
release_dot(struct reader *reader)
{
	if (reader->dot)
		append(reader, SPAN("."));
	reader->dot = false;
}

/* Each of the CRs ends a line. */
static void
end_lines_at_crs(struct reader *reader)
{
	release_dot(reader);
	reader->message->facts.bare_cr = true;
	for (; reader->crs && reader->part != FAILED; reader->crs--) {
		end_line(reader);
		if (reader->message->body.memory.len > 2 * BODY_MEMORY_MAX)
			settle(reader);
	}
}

/* The CRs were no part of a CRLF. A field must not begin another one: in its lines they are
 * a blank, and nothing at the start of a line, where a blank would be a fold. */
static void
take_crs(struct reader *reader)
{
	enum kind kind = LINE_BODY;

	release_dot(reader);
	if (reader->part == IN_HEADER && !reader->ends.cr)
		kind = reader->in_field ? LINE_FIELD
					: line_kind(reader, header_line(reader));
	if (kind == LINE_BODY) {
		end_lines_at_crs(reader);
		return;
	}
	reader->message->facts.bare_cr = true;
	reader->crs = 0;
	reader->in_field = kind != LINE_EMPTY;
	append(reader, reader->in_field ? SPAN(" ") : SPAN(""));
	reader->line += reader->in_field;
}

static void
take_text(struct reader *reader, struct span text)
{
	if (reader->crs)
		take_crs(reader);
	if (reader->dot_ends && reader->line == 0 && text.len == 1 && text.at[0] == '.') {
		reader->dot = true;
	} else {
		release_dot(reader);
		append(reader, text);
	}
	reader->line += text.len;
}

/* Takes one line, or what there is of it. Returns where the next one begins. */
static const char *
take_line(struct reader *reader, const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;

	while (at < stop) {
		const char *cr = memchr(at, '\r', (size_t)(stop - at));
		const char *to = cr ? cr : stop;

		if (to > at)
			take_text(reader, (struct span){ at, (size_t)(to - at) });
		if (cr)
			reader->crs++;
		at = cr ? cr + 1 : stop;
	}
	if (!lf)
		return end;
	reader->crs = 0;
	if (reader->dot) {
		reader->message->facts.ended_by_dot = lf + 1 < end;
		reader->dot = false;
		reader->part = ENDED;
	} else {
		end_line(reader);
	}
	return lf + 1;
}

/* The common case, body lines that end with LF or CRLF and are all here: two searches and
 * a copy for each. Stops before the first line that wants more thought. */
static const char *
take_clean_lines(struct reader *reader, const char *at, const char *end)
{
	struct buf *memory = &reader->message->body.memory;
	char *to = buf_reserve(memory, 2 * (size_t)(end - at));
	const char *lf, *cr = memchr(at, '\r', (size_t)(end - at));

	while (at < end && (lf = memchr(at, '\n', (size_t)(end - at)))) {
		size_t len = (size_t)(lf - at);

		if (cr && cr < at)
			cr = memchr(at, '\r', (size_t)(end - at));
		if (cr && cr < lf && cr != lf - 1)
			break;
		len -= cr && cr < lf;
		if (reader->dot_ends && len == 1 && *at == '.')
			break;
		memcpy(to, at, len);
		to[len] = '\r';
		to[len + 1] = '\n';
		to += len + 2;
		reader->message->facts.body_lines++;
		note_line(reader, len);
		at = lf + 1;
	}
	*to = '\0';
	memory->len = (size_t)(to - memory->at);
	return at;
}

/* Of a large file the body is left where it is, if it is clean. */
static bool
stays_in_file(struct reader *reader, size_t unread)
{
	off_t at = lseek(reader->fd, 0, SEEK_CUR) - (off_t)unread;

	reader->large = false;
	/* The line that ended the header may be the body's first. */
	if (at < 0 || reader->message->body.memory.len ||
	    !source_take(reader->fd, (uint64_t)at, reader->dot_ends, reader->message))
		return false;
	/* As if it had been read. */
	lseek(reader->fd, 0, SEEK_END);
	reader->part = ENDED;
	return true;
}

static void
take_lines(struct reader *reader, struct span text)
{
	const char *at = text.at, *end = text.at + text.len;

	while (at < end && reader->part < ENDED) {
		bool begins = reader->part == IN_BODY && !reader->line && !reader->crs;

		if (begins && reader->large && stays_in_file(reader, (size_t)(end - at)))
			break;
		if (begins)
			at = take_clean_lines(reader, at, end);
		if (at < end)
			at = take_line(reader, at, end);
	}
	look_at_long_line(reader);
	settle(reader);
}

static void
take_block(struct reader *reader, struct span block)
{
	if (reader->part != IN_HEADER || line_ends_tell(&reader->ends, &block))
		take_lines(reader, block);
}

/* ---- the whole ---- */

static ssize_t
read_some(int fd, char *room)
{
	for (;;) {
		ssize_t got = read(fd, room, BLOCK);
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (got >= 0)
			return got;
		/* A caller's socket may be non-blocking; it is shared, so that stays. */
		if (errno == EAGAIN)
			poll(&ready, 1, -1);
		else if (errno != EINTR)
			return -1;
	}
}

/* Whether so much is still to be read that it would not stay in memory. */
static bool
is_large(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat info;

	return at >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
	       info.st_size - at > BODY_MEMORY_MAX;
}

static bool
read_blocks(struct reader *reader)
{
	CLEANUP(release_buf) struct buf block = { 0 };
	char *room = buf_reserve(&block, BLOCK);

	while (reader->part < ENDED) {
		ssize_t got = read_some(reader->fd, room);

		if (got < 0)
			return fail_errno(reader->err, FAULT_IO,
					  _("The message cannot be read"));
		if (got == 0)
			break;
		take_block(reader, (struct span){ room, (size_t)got });
	}
	return reader->part != FAILED;
}

/* The input is at its end: what was held back is decided. */
static bool
end_input(struct reader *reader)
{
	struct message *message = reader->message;
	struct span held;

	if (line_ends_finish(&reader->ends, &held))
		take_lines(reader, held);
	/* A lone dot is no line, whatever its line end would have been. */
	if (!reader->dot && reader->crs)
		end_lines_at_crs(reader);
	if (!reader->dot && reader->line)
		end_line(reader);
	settle(reader);
	return reader->part != FAILED &&
	       (message->body.source || body_finish(&message->body, reader->err));
}

bool
message_read(struct arena *arena, int fd, bool dot_ends, struct message *message,
	     struct error *err)
{
	struct reader reader = {
		.message = message,
		.err = err,
		.fd = fd,
		.dot_ends = dot_ends,
		.large = is_large(fd),
	};
	bool eight_bit, done;

	*message = (struct message){ .body.fd = -1 };
	done = read_blocks(&reader) && end_input(&reader);
	buf_release(&reader.ends.held);
	if (!done) {
		message_release(message);
		return false;
	}
	message->header = buf_span(&message->text);
	message->fields = header_split(arena, message->header, &message->count);
	eight_bit = !is_ascii(message->header);
	message->facts.header_eight_bit = eight_bit;
	message->facts.utf8_header = eight_bit && is_utf8(message->header);
	return true;
}

void
message_release(struct message *message)
{
	buf_release(&message->text);
	body_release(&message->body);
	*message = (struct message){ .body.fd = -1 };
}

const struct field *
message_field(const struct message *message, const char *name)
{
	for (size_t i = 0; i < message->count; i++)
		if (field_is(&message->fields[i], name) &&
		    !field_is_empty(&message->fields[i]))
			return &message->fields[i];
	return NULL;
}
