/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records behind a message's `end` say about it. Each value begins with its
 * number and the time, in ms since 1970; then comes:
 *
 *	start			an attempt begins
 *	dot-sent		… and is about to have sent all of the message
 *	doubt			the line was lost behind that: it may have been delivered
 *	rcpt INDEX ok TEXT	the server has taken it for this recipient
 *	rcpt INDEX fail TEXT	… or has refused it for good
 *	defer INDEX TEXT	… or for now; INDEX is * for everybody who waits
 *	due MS			not before then
 *	noticed INDEX		the sender was told that this one was refused
 *	account NAME		it goes by this account from now on
 *	expires MS		it is given up then
 *	retry			the same, and everybody who was refused waits again
 *	released		it is tried at once, as if it never had been
 *	done			nobody waits any more
 */
#ifndef QUEUE_JOURNAL_H
#define QUEUE_JOURNAL_H

#include "queue/entry.h"
#include "queue/record.h"

/* Behind the last record there is room for more of them, which these fill. */
#define JOURNAL_FREE '\n'

/* Octets for what becomes of so many recipients in one attempt. */
size_t journal_room(size_t recipients);
/* Takes one record into account. False when it is none of these. */
bool journal_apply(struct entry *entry, const struct record_view *record);

#endif
