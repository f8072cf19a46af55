/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server says: replies of one or more lines (RFC 5321 4.2), enhanced status codes
 * (RFC 2034, RFC 3463). */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct reply {
	int code;	      /* 200 … 599; 0: not heard */
	struct span enhanced; /* "5.1.1"; empty when there is none */
	struct span text; /* without codes, clean for a terminal; lines joined by LF */
};

enum {
	REPLY_LINE_MAX =
		12288 + 8, /* octets; an AUTH challenge may be so long (RFC 4954 4) */
	REPLY_LINES_MAX = 256,
	REPLY_SIZE_MAX = 64 * 1024
};

enum reply_state { REPLY_INCOMPLETE, REPLY_COMPLETE, REPLY_BROKEN };

/* Takes one reply from the front of what was heard. COMPLETE: *USED octets belong to it.
 * BROKEN: it is no reply, or longer than the limits. A line may end with a bare LF; all
 * lines must have the same code. */
enum reply_state reply_parse(struct arena *arena, struct span heard, struct reply *reply,
			     size_t *used);

/* 2 for 250 … */
int reply_class(const struct reply *reply);
/* Of a reply that is not what was wanted: temporary, refused, or no sense at all. */
enum fault reply_fault(const struct reply *reply);
/* Whether the enhanced code is CLASS.SUBJECT.DETAIL with any class: "1.1" for 5.1.1. */
bool reply_enhanced_is(const struct reply *reply, const char *subject_and_detail);
/* The text as one line with its codes, as the server said it: "550 5.1.1 no such
 * user". */
char *reply_show(struct arena *arena, const struct reply *reply);
/* The lines of the text, one after the other; false at the end. */
bool reply_line(struct span *rest, struct span *line);

#endif
