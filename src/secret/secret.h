/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password or token: kept out of core dumps and swap where the system allows, wiped
 * when let go. */
#ifndef SECRET_SECRET_H
#define SECRET_SECRET_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero: there is none. Never copied into the arena, a log, a transcript or an
 * argument list. */
struct secret {
	char *at; /* NUL-terminated; NULL: there is none */
	size_t len;
	size_t room; /* of the mapping, for secret_release */
};

/* Replaces the secret by a copy of the bytes. A NUL inside is the caller's fault: the
 * bytes up to it count. No bytes make an empty secret, which is not the same as none. */
void secret_set(struct secret *secret, struct span bytes);
/* The same with the first line of TEXT, without its LF or CRLF. False, and nothing changes,
 * when that is empty or has a NUL. */
bool secret_set_line(struct secret *secret, struct span text)
	__attribute__((warn_unused_result));
void secret_copy(struct secret *to, const struct secret *from);
/* Wipes and unmaps. */
void secret_release(struct secret *secret);
/* buf_wipe, in the shape that CLEANUP wants. */
void secret_wipe(struct buf *buf);

#endif
