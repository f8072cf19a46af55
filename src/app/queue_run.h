/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes through the queue: -q, and the runs that a person wants now. */
#ifndef APP_QUEUE_RUN_H
#define APP_QUEUE_RUN_H

#include "app/send.h"
#include "queue/spool.h"

/* The queue of the account. False and no failure when there is none. */
bool queue_open(struct run *run, struct spool *spool, struct error *err) MUST_CHECK;
/* -q, runq. */
bool run_queue(struct run *run, struct error *err) MUST_CHECK;
/* Tries what waits, all of it without an ID. *NEXT is as with pass_run. */
bool queue_force(struct run *run, const struct spool *spool, const char *id,
		 int64_t *next, struct error *err) MUST_CHECK;

#endif
