/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A body that stays in the file that it came in: read once to know it and once to send it,
 * and never copied. */
#ifndef MAIL_SOURCE_H
#define MAIL_SOURCE_H

#include "mail/message.h"

struct source;

/* Looks at what the regular file FD has from FROM on. When that is a clean body, with the
 * same line end everywhere, it becomes MESSAGE's body, and its facts are noted. False when
 * it is none, or is just being written, or cannot be read: then nothing has changed, and
 * it is to be read like any other input. With DOT_ENDS a line that is a lone dot is not
 * clean. FD stays where it is. */
bool source_take(int fd, uint64_t from, bool dot_ends, struct message *message);
/* Whether its line ends are made CRLF while it is read. */
bool source_converts(const struct source *source);
/* Some octets of such a BODY, from OFFSET on; good until the next call. FAULT_IO. */
bool source_view(const struct body *body, uint64_t offset, struct span *piece,
		 struct error *err) MUST_CHECK;
/* Fills ROOM with a part of BODY, for body_read; its last octets are given only when the
 * file is as it was. FAULT_IO. */
bool source_read(const struct body *body, struct range range, char *room,
		 struct error *err) MUST_CHECK;
void source_release(struct source **source);

#endif
