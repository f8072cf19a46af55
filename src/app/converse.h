/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One attempt to have a message taken by the server of the account: over a connection of
 * this process, or over that of another one that sends at the same time. */
#ifndef APP_CONVERSE_H
#define APP_CONVERSE_H

#include "app/deliver.h"

/* Offers the message to those of ENVELOPE, who are of mail->envelope. What became of them is
 * in DELIVERY, and the error as submit gives it. */
bool converse(struct run *run, struct mail *mail, struct delivery *delivery,
	      const struct envelope *envelope, struct error *err) MUST_CHECK;

/* The account as it is found later, from any folder. */
struct account_key run_later_key(const struct run *run);
/* The queue of POLICY, made if it is not there. */
bool run_open_spool(struct run *run, const struct queue_policy *policy,
		    struct spool *spool, struct error *err) MUST_CHECK;

#endif
