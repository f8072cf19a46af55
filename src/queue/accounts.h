/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The accounts that a look through the queue has met, by their tags. */
#ifndef QUEUE_ACCOUNTS_H
#define QUEUE_ACCOUNTS_H

#include "queue/standing.h"

struct account_seen {
	char tag[TAG_DIGITS + 1];
	size_t waiting; /* messages in msg/ */
	bool closed;	/* nothing goes by it in this run */
	bool sweep;	/* … and it is time to look for mail that is too old */
	int64_t again;	/* ms since 1970: when that is over */
};

struct accounts {
	struct arena *arena;
	const struct spool *spool;
	struct account_seen *seen;
	size_t count;
};

/* The one of that tag, with its standing read when it is new. FORCE: how it stands does
 * not matter. */
struct account_seen *accounts_get(struct accounts *accounts, const char *tag, bool force)
	__attribute__((returns_nonnull));
/* Before another look: nothing is counted. */
void accounts_recount(struct accounts *accounts);
/* Removes the standings of accounts for which nothing waits, and makes those that are
 * missing. */
void accounts_tidy(struct accounts *accounts);

#endif
