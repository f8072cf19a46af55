/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a provider allows, kept to by all processes of a user together. */
#ifndef QUEUE_LIMITS_H
#define QUEUE_LIMITS_H

#include "conf/account.h"
#include "queue/spool.h"

/* A provider knows an account by its server and the name that logs in, by whichever file or
 * option it is chosen. */

/* One of MOST connections of the account: *SLOT is to be kept open as long as the
 * connection is, or -1: nobody can count, and mail matters more. False when all are
 * taken. */
bool limits_connect(const struct spool *spool, const struct account *account,
		    unsigned most, int *slot);

/* Whether one more message may go now by the account's rate; it is counted then, at the
 * time COUNTED (ms since 1970): 0. Else how many ms from now on. */
int64_t limits_count(const struct spool *spool, const struct account *account,
		     int64_t *counted);
/* The message that was counted then has reached no server. */
void limits_give_back(const struct spool *spool, const struct account *account,
		      int64_t counted);

#endif
