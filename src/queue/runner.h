/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one process of a queue that stays as long as mail waits there. */
#ifndef QUEUE_RUNNER_H
#define QUEUE_RUNNER_H

#include "queue/pass.h"

/* Stays, and wakes for new messages, for the network and in time. Ends when nothing waits,
 * when SIGTERM or SIGINT comes (behind the message that is on its way), and at once when
 * there is another one. */
bool runner_stay(struct pass *pass, struct error *err) MUST_CHECK;
/* Has one running: wakes it, or starts it in the background. FAULT_SYSTEM: the messages are
 * safe, but nobody sends them before the next one or -q tries again. */
bool runner_start(const struct spool *spool, struct error *err) MUST_CHECK;

/* A caller has just sent something by the account TAG: what is known against it is over,
 * and the rest may go. Costs one look when no mail waits for it. */
void runner_hint(const struct spool *spool, const char *tag);

#endif
