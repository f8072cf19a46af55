/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes once through the queue and sends what is due: many messages over one connection for
 * each account. */
#ifndef QUEUE_PASS_H
#define QUEUE_PASS_H

#include "conf/wanted.h"
#include "queue/attempt.h"

/* Which messages, and who is told. */
struct pass {
	const struct spool *spool;
	void (*tell)(void *context, const struct queue_event *event);
	void *context;
	bool force; /* a person wants it now: neither times nor standings count */
	struct wanted id, recipient, sender; /* what is in the ID, in one, in it */
	const volatile int *stop; /* set by a signal: end after this message; NULL */
	/* Set while a message may be out and that is not noted; NULL. With it `stop` is the
	 * signal's number, which is raised again when the message goes on without that. */
	volatile int *out;
};

/* *NEXT: when something is due again, ms since 1970; 0 when nothing waits any more.
 * FAULT_IO, FAULT_TEMPORARY and others when the queue itself makes trouble; what becomes
 * of the messages is told by TELL and stands in the queue. */
bool pass_run(const struct pass *pass, int64_t *next, struct error *err) MUST_CHECK;

#endif
