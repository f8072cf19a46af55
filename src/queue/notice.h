/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the sender of a message who does not get it (RFC 3464, RFC 3462). */
#ifndef QUEUE_NOTICE_H
#define QUEUE_NOTICE_H

#include "queue/entry.h"

/* Whether somebody is to be told: no null sender, no notice, and NOTIFY does not forbid
 * it. */
bool notice_is_due(const struct entry *entry);

/* Keeps a message to the sender, from the null sender, about all recipients that were
 * refused (of a held message: who wait) and of whom nothing was told yet. Its ID is made
 * from the entry's and from what it tells about, so that a second call, after a crash,
 * finds it there and is content. */
bool notice_keep(const struct entry *entry, int64_t lifetime,
		 struct error *err) MUST_CHECK;

/* Whether ENTRY is a notice that must wait: the message that it is about has not yet
 * written down that it was sent, and would send it again. */
bool notice_must_wait(const struct entry *entry);

#endif
