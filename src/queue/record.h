/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one form of everything that the queue writes: "TYPE LEN:BYTES CRC" and a line end.
 * A person can read it, and a program can tell whether it is whole. */
#ifndef QUEUE_RECORD_H
#define QUEUE_RECORD_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* CRC is CRC32C of all before the blank in front of it, as eight lower-case hexadecimal
 * digits. TYPE is lower-case letters and "-". */
struct record_view {
	struct span type, value;
};

enum record_state {
	RECORD_WHOLE,
	RECORD_TORN,   /* what there is may be the beginning of a record */
	RECORD_DAMAGED /* it cannot become one */
};

enum { RECORD_HEAD_MAX = 64 /* octets of "TYPE LEN:" */ };

void record_add(struct buf *out, const char *type, struct span value);
void record_printf(struct buf *out, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Takes the next record from the front of REST. */
enum record_state record_next(struct span *rest, struct record_view *record);
/* "TYPE LEN:" at the front of REST, whose bytes need not be there: *LEN of them follow
 * *USED octets. */
enum record_state record_head(struct span rest, struct span *type, uint64_t *len,
			      size_t *used);
bool record_is(const struct record_view *record, const char *type);

/* ---- values ---- */

/* Adds a text, if there is one. */
void record_add_text(struct buf *out, const char *type, const char *text);
/* The next word of REST: a decimal number up to LIMIT; one that fits; a time in ms. */
bool record_number(struct span *rest, uint64_t limit, uint64_t *number)
	__attribute__((warn_unused_result));
bool record_unsigned(struct span *rest, unsigned *number)
	__attribute__((warn_unused_result));
bool record_time(struct span *rest, int64_t *ms) __attribute__((warn_unused_result));

#endif
