/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue, shown: in the form that programs read from mailq, and as JSON. */
#ifndef APP_QUEUE_LIST_H
#define APP_QUEUE_LIST_H

#include "app/send.h"
#include "queue/spool.h"

/* -bp, mailq: what waits and what is held, in Postfix's form with sendmail's count, which
 * readers of either understand. Without --all at most 10,000 of them, the oldest. */
bool list_queue(struct run *run, struct error *err) MUST_CHECK;
/* postrider queue: the same, and what failed or is damaged; or all of it as JSON. */
bool list_everything(struct run *run, struct error *err) MUST_CHECK;

#endif
