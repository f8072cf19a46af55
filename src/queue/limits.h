/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a provider allows, kept to by all processes of a user together. */
#ifndef QUEUE_LIMITS_H
#define QUEUE_LIMITS_H

#include "conf/account.h"
#include "queue/spool.h"

/* One of MOST connections of the account TAG: *SLOT is to be kept open as long as the
 * connection is, or -1: nobody can count, and mail matters more. False when all are
 * taken. */
bool limits_connect(const struct spool *spool, const char *tag, unsigned most, int *slot);

/* Whether one more message may go now; it is counted then: 0. Else how many ms from now
 * on. */
int64_t limits_count(const struct spool *spool, const char *tag, struct rate rate);

#endif
