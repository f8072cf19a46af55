/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes a message into the queue: afterwards a power cut does not lose it. */
#ifndef QUEUE_KEEP_H
#define QUEUE_KEEP_H

#include "conf/choose.h"
#include "mail/compose.h"
#include "queue/spool.h"

/* What a message needs to be kept. */
struct parcel {
	const char *id; /* NULL: a new one */
	const struct account_key *key;
	const struct envelope *envelope; /* only those who wait */
	const struct composed *composed;
	const struct facts *facts;
	const char *about; /* a notice: the ID that it tells about; else NULL */
	int64_t lifetime;  /* ms */
	int64_t due;	   /* ms since 1970 */
	const char *why; /* what the attempt came to that was made already; NULL: none */
	const char **texts; /* … for each recipient, where that is something else; or
			     * NULL */
	bool in_doubt;	    /* that attempt may have delivered it */
};

/* Writes the message into the queue; ID gets its name. When it is false, there is nothing
 * of it: FAULT_TEMPORARY or FAULT_CANNOT_CREATE (see spool_fail), FAULT_IO when the body
 * cannot be read. */
bool keep_message(const struct spool *spool, const struct parcel *parcel,
		  char id[ID_DIGITS + 1], struct error *err) MUST_CHECK;

/* Which account waits for its turn together with others: the tag in the names. */
void account_tag(const struct account_key *key, char tag[TAG_DIGITS + 1]);

#endif
