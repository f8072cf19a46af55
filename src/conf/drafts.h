/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts while their configuration file is being read, and what they inherit. */
#ifndef CONF_DRAFTS_H
#define CONF_DRAFTS_H

#include "conf/account.h"

/* An account as the file tells it so far. */
struct draft {
	struct account account;
	/* Rows that were set in it or taken from a parent, not by `defaults`: only these
	 * are inherited. */
	bool own[SETTINGS_MAX];
	bool auto_from; /* msmtp's former way to say `from %U@DOMAIN` */
	struct origin auto_from_origin;
	const char *mail_domain; /* for auto_from; NULL: none */
};

/* All of one reading. The first group is set by drafts_begin. */
struct drafts {
	struct arena *arena;
	struct draft defaults; /* what `defaults` says so far */

	struct draft **all;
	size_t count, room;
};

bool drafts_begin(struct drafts *drafts, struct arena *arena, enum dialect dialect,
		  struct error *err) MUST_CHECK;
/* NULL when there is none of that name. */
struct draft *drafts_find(const struct drafts *drafts, struct span name);
/* A new account with what `defaults` says so far. */
struct draft *drafts_add(struct drafts *drafts, struct span name,
			 const struct origin *origin);
/* Takes over what the parent says itself; what that has from `defaults` counts as not
 * said. */
void draft_inherit(struct draft *draft, const struct draft *parent);
/* Moves the accounts, with their secrets, to ACCOUNTS, which has room for all. */
bool drafts_end(struct drafts *drafts, struct account *accounts,
		struct error *err) MUST_CHECK;
/* Wipes the secrets that are still here. */
void drafts_release(struct drafts *drafts);

#endif
