/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as it comes in: made canonical once, at the door, and never changed again. */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "base/error.h"
#include "base/text.h"
#include "mail/body.h"
#include "mail/header.h"

#include <stdbool.h>
#include <stdint.h>

/* What one pass over the bytes found out. */
struct facts {
	bool eight_bit;	       /* a byte above 0x7f in the body */
	bool header_eight_bit; /* one in the header */
	bool utf8_header;      /* … and the header is valid UTF-8 (RFC 6532) */
	bool bare_cr;	       /* a CR without LF was made a line end, or a blank */
	bool ended_by_dot; /* a lone dot ended the input, and bytes that had already been
				 * read with it followed */
	uint64_t nul; /* how many NULs the body has; those of the header were dropped */
	uint64_t header_nul;   /* how many NULs were dropped from the header */
	uint64_t longest_line; /* octets without CRLF, header and body */
	uint64_t body_lines;
};

struct message {
	struct span
		header; /* canonical, without the empty line behind it; a view of text */
	struct field *fields; /* in the arena */
	size_t count;
	struct body body;
	struct facts facts;
	struct buf text; /* the header's bytes */
};

enum { MESSAGE_HEADER_MAX = 4 * 1024 * 1024 /* octets; a longer one is FAULT_DATA */ };

/* Reads a message from FD, at whatever offset it stands, to its end or, with DOT_ENDS, to
 * a line that is exactly "." and ends with LF, CRLF or the input (RFC 5321 4.5.2 without
 * unstuffing); what follows that line is not read on purpose, and not drained.
 *
 * Line ends may be LF, CRLF (with any number of CR before the LF), bare CR, in any
 * mixture; but in a field a bare CR is one only when no LF is between any lines: else the
 * CRs are a blank, and nothing at the start of its line. Leading mbox lines ("From ",
 * ">From ") are dropped. The header ends at the first empty line or before the first line
 * that is no field; that line is the body's first. A continuation line at the very start
 * belongs to the body. NULs in the header are dropped. A missing last line end is added.
 * FD may be non-blocking.
 *
 * FAULT_IO when reading fails, FAULT_DATA when the header is too long,
 * FAULT_CANNOT_CREATE or FAULT_IO when the unlinked file cannot be made or written. A
 * message that could not be read owns nothing. */
bool message_read(struct arena *arena, int fd, bool dot_ends, struct message *message,
		  struct error *err) MUST_CHECK;
/* Frees what the message owns outside the arena; nothing when all of it is zero. */
void message_release(struct message *message);

/* The first field of that name that is not empty; NULL when there is none. */
const struct field *message_field(const struct message *message, const char *name);

#endif
