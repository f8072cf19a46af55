/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message on its way: BDAT with the very octets, or DATA with dots doubled. */
#ifndef SMTP_CONTENT_H
#define SMTP_CONTENT_H

#include "mail/compose.h"
#include "smtp/session.h"

/* What is sent, and how. */
struct content {
	const struct composed *message;
	uint64_t size; /* octets that go out, before dots are doubled: what SIZE= says */
};

/* Sends what waits as soon as it is worth a flight of its own. False when the session
 * failed. */
bool flush_when_full(struct session *session, enum stage stage);
/* All of the content is in the buffer, or out. */
void content_is_said(const struct session *session, struct exchange *exchange,
		     uint64_t octets);
/* `BDAT size LAST` and the octets (RFC 3030), behind what already waits in the buffer. */
struct exchange *send_chunk(struct session *session, const struct content *content)
	__attribute__((returns_nonnull));
/* The octets after 354, dots at line starts doubled, and the final dot (RFC 5321
 * 4.5.2). */
struct exchange *send_data(struct session *session, const struct content *content)
	__attribute__((returns_nonnull));
/* A lone dot: ends a DATA that was granted although no recipient was (RFC 2920 3.1). */
struct exchange *send_nothing(struct session *session) __attribute__((returns_nonnull));

#endif
