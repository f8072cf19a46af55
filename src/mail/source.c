/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leaves a large body in its file, and makes its line ends CRLF while it is read. */
#include "mail/source.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 };

struct source {
	uint64_t from, to; /* in the file */
	struct stat as_it_was;
	/* When its lines end with LF: how many of them end before each block of the file,
	 * and after the last. NULL: with CRLF. */
	uint64_t *lines;
	size_t count, room;    /* of those */
	struct buf raw, ready; /* a block of the file, and what it is in the body */
	size_t block;	       /* which one */
};

/* ---- is it clean? ---- */

/* What is known between two blocks. */
struct look {
	struct facts facts;
	uint64_t crs, crlfs;
	uint64_t line; /* octets of the line so far */
	bool dot;      /* it begins with one */
	bool cr;       /* the octet before was one */
	bool dot_ends;
	bool lone_dot; /* there is a line that ends the input */
};

static void
end_line(struct look *look, bool cr)
{
	uint64_t len = look->line - cr;

	if (len > look->facts.longest_line)
		look->facts.longest_line = len;
	look->facts.body_lines++;
	look->crlfs += cr;
	look->lone_dot |= look->dot_ends && look->dot && len == 1;
	look->line = 0;
}

static void
look_at_lines(struct look *look, struct span block)
{
	const char *at = block.at, *end = block.at + block.len, *lf;

	while (at < end) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!look->line)
			look->dot = *at == '.';
		look->line += (size_t)((lf ? lf : end) - at);
		if (!lf)
			break;
		end_line(look, lf > block.at ? lf[-1] == '\r' : look->cr);
		at = lf + 1;
	}
	look->cr = end[-1] == '\r';
}

/* Whether it may still be clean: either every line ends with CRLF and there is no other
 * CR, or there is no CR at all. */
static bool
look_at_block(struct look *look, struct span block)
{
	struct facts *facts = &look->facts;

	look_at_lines(look, block);
	look->crs += span_count(block, '\r');
	facts->nul += span_count(block, '\0');
	facts->eight_bit = facts->eight_bit || !is_ascii(block);
	return !look->lone_dot && (!look->crs || (look->crlfs == facts->body_lines &&
						  look->crs == look->crlfs + look->cr));
}

static void
note_lines(struct source *source, uint64_t lines)
{
	if (source->count == source->room) {
		size_t room = source->room ? 2 * source->room : 64;
		uint64_t *more =
			realloc(source->lines, checked_product(room, sizeof(*more)));

		if (!more)
			out_of_memory();
		source->lines = more;
		source->room = room;
	}
	source->lines[source->count++] = lines;
}

static size_t
block_length(const struct source *source, size_t block)
{
	uint64_t left = source->to - source->from - (uint64_t)block * BLOCK;

	return left < BLOCK ? (size_t)left : BLOCK;
}

static bool
look_at_all(struct source *source, int fd, struct look *look)
{
	uint64_t at = source->from;

	for (size_t i = 0; at < source->to; i++) {
		size_t len = block_length(source, i);

		note_lines(source, look->facts.body_lines);
		if (!read_part(fd, at, source->raw.at, len) ||
		    !look_at_block(look, (struct span){ source->raw.at, len }))
			return false;
		at += len;
	}
	note_lines(source, look->facts.body_lines);
	return look->line == 0;
}

static bool
is_as_it_was(const struct source *source, int fd)
{
	const struct stat *was = &source->as_it_was;
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_size == was->st_size &&
	       now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == was->st_mtim.tv_nsec &&
	       now.st_ctim.tv_sec == was->st_ctim.tv_sec &&
	       now.st_ctim.tv_nsec == was->st_ctim.tv_nsec;
}

/* ---- taken ---- */

static void
give(struct source *source, const struct look *look, struct message *message)
{
	struct facts *facts = &message->facts;
	struct body *body = &message->body;

	facts->eight_bit = look->facts.eight_bit;
	facts->nul = look->facts.nul;
	facts->body_lines = look->facts.body_lines;
	if (look->facts.longest_line > facts->longest_line)
		facts->longest_line = look->facts.longest_line;
	body->source = source;
	body->start = source->from;
	body->size = source->to - source->from;
	if (look->crs) {
		free(source->lines);
		source->lines = NULL;
	} else {
		body->size += look->facts.body_lines;
	}
	source->block = SIZE_MAX;
}

bool
source_take(int fd, uint64_t from, bool dot_ends, struct message *message)
{
	struct look look = { .dot_ends = dot_ends };
	struct source *source = calloc(1, sizeof(*source));
	struct stat *was;

	if (!source)
		out_of_memory();
	was = &source->as_it_was;
	buf_reserve(&source->raw, BLOCK);
	if (fstat(fd, was) == 0 && was->st_size >= 0 && (uint64_t)was->st_size > from) {
		source->from = from;
		source->to = (uint64_t)was->st_size;
		if (look_at_all(source, fd, &look) && is_as_it_was(source, fd))
			message->body.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
	if (message->body.fd < 0)
		source_release(&source);
	else
		give(source, &look, message);
	return message->body.fd >= 0;
}

/* ---- read ---- */

static bool
was_changed(struct error *err)
{
	return fail(
		err, FAULT_IO,
		_("The message was not sent: the file that it is in was changed while "
		  "it was read"));
}

static bool
cannot_read(struct error *err)
{
	return errno ? fail_errno(err, FAULT_IO, _("The message cannot be read"))
		     : was_changed(err);
}

/* Where in the body a block of the file begins. */
static uint64_t
beginning(const struct source *source, size_t block)
{
	uint64_t raw = (uint64_t)block * BLOCK, size = source->to - source->from;

	return (raw < size ? raw : size) + source->lines[block];
}

static size_t
block_with(const struct source *source, uint64_t offset)
{
	size_t low = 0, high = source->count - 1;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (beginning(source, middle) <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void
make_ready(struct source *source, size_t len)
{
	const char *at = source->raw.at, *end = at + len, *lf;
	char *to;

	source->ready.len = 0;
	to = buf_reserve(&source->ready, 2 * BLOCK);
	for (; (lf = memchr(at, '\n', (size_t)(end - at))); at = lf + 1) {
		memcpy(to, at, (size_t)(lf - at));
		to += lf - at;
		*to++ = '\r';
		*to++ = '\n';
	}
	memcpy(to, at, (size_t)(end - at));
	source->ready.len = (size_t)(to - source->ready.at) + (size_t)(end - at);
}

static bool
load(const struct body *body, size_t block, struct error *err)
{
	struct source *source = body->source;
	size_t len = block_length(source, block);

	if (block == source->block)
		return true;
	source->block = SIZE_MAX;
	if (!read_part(body->fd, source->from + (uint64_t)block * BLOCK, source->raw.at,
		       len))
		return cannot_read(err);
	make_ready(source, len);
	if (source->ready.len != beginning(source, block + 1) - beginning(source, block))
		return was_changed(err);
	source->block = block;
	return true;
}

bool
source_converts(const struct source *source)
{
	return source->lines != NULL;
}

/* The last octets of a body go out only when it is what was looked at. */
static bool
may_end(const struct body *body, uint64_t at, struct error *err)
{
	return at < body->size || is_as_it_was(body->source, body->fd) ||
	       was_changed(err);
}

bool
source_view(const struct body *body, uint64_t offset, struct span *piece,
	    struct error *err)
{
	struct source *source = body->source;
	size_t block = block_with(source, offset);

	if (!load(body, block, err))
		return false;
	*piece = span_part(buf_span(&source->ready),
			   (size_t)(offset - beginning(source, block)), SIZE_MAX);
	return may_end(body, offset + piece->len, err);
}

static bool
read_converted(const struct body *body, struct range range, char *room, struct error *err)
{
	while (range.from < range.to) {
		struct span piece;

		if (!source_view(body, range.from, &piece, err))
			return false;
		piece = span_part(piece, 0, (size_t)(range.to - range.from));
		memcpy(room, piece.at, piece.len);
		room += piece.len;
		range.from += piece.len;
	}
	return true;
}

bool
source_read(const struct body *body, struct range range, char *room, struct error *err)
{
	if (source_converts(body->source))
		return read_converted(body, range, room, err);
	if (!read_part(body->fd, body->start + range.from, room,
		       (size_t)(range.to - range.from)))
		return cannot_read(err);
	return may_end(body, range.to, err);
}

void
source_release(struct source **source)
{
	if (!*source)
		return;
	free((*source)->lines);
	buf_release(&(*source)->raw);
	buf_release(&(*source)->ready);
	free(*source);
	*source = NULL;
}
