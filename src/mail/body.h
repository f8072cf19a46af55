/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A body that is being written: appended to its memory, and moved to an unlinked file
 * when there is much. */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include "mail/message.h"

/* Octets of a body, from a line start on. */
struct range {
	uint64_t from, to;
};

/* After bytes were added to BODY's memory; a body that is being written is empty at
 * first, with fd -1. FAULT_CANNOT_CREATE or FAULT_IO when the file cannot be made or
 * written. */
bool body_settle(struct body *body, struct error *err) MUST_CHECK;
/* The last time; the body may then be read. */
bool body_finish(struct body *body, struct error *err) MUST_CHECK;
/* Adds a part of SOURCE. FAULT_IO also when that cannot be read. */
bool body_copy(struct body *body, const struct body *source, struct range range,
	       struct error *err) MUST_CHECK;
/* Frees what the body owns; nothing when all of it is zero. */
void body_release(struct body *body);

#endif
