/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of a message, as large as it likes, in memory that stays flat. */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Canonical: every line ends with CRLF, no bare CR or LF. Up to a limit it is in memory,
 * beyond it in an unlinked file, or in the file that it came in; use body_read. */
struct body {
	struct buf memory;
	int fd;		/* -1: all of it is in memory; else all of it is in the file */
	uint64_t size;	/* octets */
	uint64_t start; /* where in the file it begins */
	struct source *source; /* the file is somebody else's; NULL: it is ours */
};

enum { BODY_MEMORY_MAX = 1024 * 1024 /* octets kept in memory */ };

/* Octets of a body, from a line start on. */
struct range {
	uint64_t from, to;
};

/* As many octets of the body from OFFSET on as there are, and room->cap at most: a view
 * of the memory, or read into ROOM's. *PIECE is empty at the end. FAULT_IO when the file
 * cannot be read, or is somebody else's and was changed; its last octets are given only
 * when it was not. */
bool body_read(const struct body *body, uint64_t offset, struct buf *room,
	       struct span *piece, struct error *err) MUST_CHECK;
/* Some of them, without a copy where that can be: at least one unless it is the end. Good
 * until the next call. */
bool body_view(const struct body *body, uint64_t offset, struct buf *room,
	       struct span *piece, struct error *err) MUST_CHECK;
/* Frees what the body owns; nothing when all of it is zero. */
void body_release(struct body *body);

/* ---- a body that is being written: empty at first, with fd -1 ---- */

/* After bytes were added to BODY's memory, which may be moved to an unlinked file.
 * FAULT_CANNOT_CREATE or FAULT_IO when that cannot be made or written. */
bool body_settle(struct body *body, struct error *err) MUST_CHECK;
/* The last time; the body may then be read. */
bool body_finish(struct body *body, struct error *err) MUST_CHECK;
/* Adds a part of SOURCE. FAULT_IO also when that cannot be read. */
bool body_copy(struct body *body, const struct body *source, struct range range,
	       struct error *err) MUST_CHECK;

#endif
