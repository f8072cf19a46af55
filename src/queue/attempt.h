/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One try to send one message of the queue, and what is written about it. */
#ifndef QUEUE_ATTEMPT_H
#define QUEUE_ATTEMPT_H

#include "queue/entry.h"
#include "queue/route.h"
#include "smtp/submit.h"

/* Something that a log should know. */
struct queue_event {
	const char *id;
	const char *remark; /* in English, for the log; NULL: an attempt like any other */
	const struct account *account; /* NULL: unknown */
	const struct envelope *envelope;
	const struct delivery *delivery; /* NULL: none was tried */
	const struct error *err;
};

struct attempt {
	/* Set by the caller. */
	struct entry *entry; /* claimed */
	void (*tell)(void *context, const struct queue_event *event);
	void *context;
	bool sync_later; /* that everybody has it need not be on the disk yet */

	bool begun;	 /* a server may have heard of it */
	bool unsynced;	 /* that everybody has it is not on the disk */
	bool unnoted;	 /* … and not even in the journal, which could not be written */
	struct buf owed; /* notes that could not be written so far */
	struct message message;
	struct composed composed;
	struct envelope waiting; /* those who wait */
	size_t *index;		 /* of each of them in the entry */
};

/* Tries the route, and its fallbacks when its server cannot be used or refuses for now,
 * until nobody waits or the message may have been delivered. What comes of it stands in
 * the journal when this returns, and on the disk unless `unsynced` says otherwise. False
 * when that could not be written: if it was `begun`, nothing more should be tried. */
bool attempt_entry(struct attempt *attempt, struct route *route,
		   struct error *err) MUST_CHECK;
/* For the watcher of routes: the message may be out from here on. */
void attempt_completing(struct attempt *attempt);

/* … and here some of its recipients are done with, and others come. True when that stands on
 * the disk; else it is written with what comes of the others. */
bool attempt_concluded(struct attempt *attempt, const struct delivery *delivery);

/* When the message is tried again, ms since 1970: after 1, 2, 4 … 60 minutes, each a
 * tenth more or less. */
int64_t attempt_due(unsigned attempts);
/* Whether a refusal of MAIL is about the login and not about the message: RFC 4954 6. */
bool is_about_login(const struct verdict *verdict);

#endif
