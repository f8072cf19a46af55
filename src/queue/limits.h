/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a provider allows, kept to by all processes of a user together. */
#ifndef QUEUE_LIMITS_H
#define QUEUE_LIMITS_H

#include "conf/account.h"
#include "conf/choose.h"
#include "queue/spool.h"

/* An account is one whatever a caller has set beside its configuration, as a timeout. */

/* One of MOST connections of the account: *SLOT is to be kept open as long as the
 * connection is, or -1: nobody can count, and mail matters more. False when all are
 * taken. */
bool limits_connect(const struct spool *spool, const struct account_key *key,
		    unsigned most, int *slot);

/* Whether one more message may go now; it is counted then: 0. Else how many ms from now
 * on. */
int64_t limits_count(const struct spool *spool, const struct account_key *key,
		     struct rate rate);
/* The message that was counted has reached no server. */
void limits_give_back(const struct spool *spool, const struct account_key *key,
		      struct rate rate);

#endif
