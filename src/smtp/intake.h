/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of a mail as a client sends it, by DATA (RFC 5321 4.1.1.4, 4.5.2) or BDAT
 * (RFC 3030), kept in an unlinked file so that memory stays flat. */
#ifndef SMTP_INTAKE_H
#define SMTP_INTAKE_H

#include "base/error.h"
#include "mail/message.h"

#include <stdint.h>

/* Where in its line the next byte of DATA stands. */
enum intake_place {
	AT_LINE_START,
	BEHIND_DOT,    /* a dot at the start of a line is held back */
	BEHIND_DOT_CR, /* … and a CR behind it */
	INSIDE_LINE,
	BEHIND_END /* the final dot has come */
};

struct intake {
	int fd;	       /* -1: not begun */
	uint64_t size; /* octets taken, dots removed */
	uint64_t most; /* octets that are kept; what is beyond is forgotten */
	int failed;    /* errno of writing; 0: none */
	struct buf waiting;
	enum intake_place place;
	bool lf_lines; /* a bare LF ends a line */
	bool crlf;     /* the line before ended with CRLF */
	bool cr;       /* the byte before was a CR */
};

/* Makes the file. MOST 0: any size. With LF_LINES the client ends its lines with a bare
 * LF. False with errno set. */
bool intake_begin(struct intake *intake, uint64_t most, bool lf_lines) MUST_CHECK;
/* Takes DATA: up to the end of HEARD, or to the line that is a lone dot, which gives
 * true; *USED octets belong to it. That line is ".", behind a CRLF and ended by CRLF or,
 * with LF_LINES, behind an LF and ended by a bare LF; nothing else ends the content, and
 * a dot is removed from the start of such lines only. */
bool intake_data(struct intake *intake, struct span heard, size_t *used) MUST_CHECK;
/* Takes octets as they are. */
void intake_chunk(struct intake *intake, struct span octets);
bool intake_too_large(const struct intake *intake);
/* Reads what was taken as a message, as message_read does; the intake is done.
 * FAULT_TEMPORARY when it could not be kept. */
bool intake_end(struct intake *intake, struct arena *arena, struct message *message,
		struct error *err) MUST_CHECK;
/* Forgets everything; the intake is not begun again. */
void intake_release(struct intake *intake);

#endif
