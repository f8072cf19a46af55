/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes bodies and reads them. */
#include "mail/body.h"

#include "base/file.h"
#include "mail/source.h"

#include <errno.h>

enum { COPY = 64 * 1024 /* octets that are moved at a time */ };

bool
body_read(const struct body *body, uint64_t offset, struct buf *room, struct span *piece,
	  struct error *err)
{
	uint64_t left = offset < body->size ? body->size - offset : 0;
	size_t size = left < room->cap ? (size_t)left : room->cap;

	*piece = (struct span){ room->at, size };
	if (body->fd < 0) {
		*piece = span_part(buf_span(&body->memory), (size_t)offset, size);
		return true;
	}
	if (body->source && size)
		return source_read(body, (struct range){ offset, offset + size },
				   room->at, err);
	if (read_part(body->fd, body->start + offset, room->at, size))
		return true;
	/* Somebody cut the file short, though it has no name. */
	if (!errno)
		errno = EIO;
	return fail_errno(err, FAULT_IO,
			  _("The message cannot be read from its temporary file"));
}

bool
body_view(const struct body *body, uint64_t offset, struct buf *room, struct span *piece,
	  struct error *err)
{
	if (offset < body->size && body->source && source_converts(body->source))
		return source_view(body, offset, piece, err);
	return body_read(body, offset, room, piece, err);
}

static bool
spill(struct body *body, struct error *err)
{
	if (body->fd < 0)
		body->fd = open_unlinked();
	if (body->fd < 0)
		return fail_errno(err, FAULT_CANNOT_CREATE,
				  _("A temporary file for the message cannot be made"));
	if (!write_unlinked(&body->fd, body->size, buf_span(&body->memory)))
		return fail_errno(err, FAULT_IO,
				  _("The message cannot be written to a temporary file"));
	body->size += body->memory.len;
	body->memory.len = 0;
	return true;
}

bool
body_settle(struct body *body, struct error *err)
{
	size_t most = body->fd < 0 ? BODY_MEMORY_MAX : COPY;

	return body->memory.len <= most || spill(body, err);
}

bool
body_finish(struct body *body, struct error *err)
{
	if (body->fd < 0) {
		body->size = body->memory.len;
		return true;
	}
	if (!spill(body, err))
		return false;
	buf_release(&body->memory);
	return true;
}

bool
body_copy(struct body *body, const struct body *source, struct range range,
	  struct error *err)
{
	CLEANUP(release_buf) struct buf room = { 0 };
	struct span piece;

	for (; range.from < range.to; range.from += piece.len) {
		uint64_t left = range.to - range.from;

		buf_reserve(&room, left < COPY ? (size_t)left : COPY);
		if (!body_view(source, range.from, &room, &piece, err))
			return false;
		if (piece.len > left)
			piece.len = (size_t)left;
		buf_add_span(&body->memory, piece);
		if (!body_settle(body, err))
			return false;
	}
	return true;
}

void
body_release(struct body *body)
{
	buf_release(&body->memory);
	source_release(&body->source);
	/* In a body that is all zero the descriptor is 0, which is not ours. */
	if (body->fd > 0)
		close_file(&body->fd);
	*body = (struct body){ .fd = -1 };
}
