/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An access token that is good now. */
#ifndef OAUTH_ACCESS_H
#define OAUTH_ACCESS_H

#include "oauth/token.h"

struct access_wish {
	const struct oauth_policy *policy;
	/* That the server has refused: this one is not given again. NULL: none. */
	const struct secret *refused;
	unsigned patience; /* s for the provider; 0: as long as is usual */
};

/* The kept token while it has a minute left, else a new one; whatever comes with it is on
 * the disk before this returns. Any number of processes may ask at once: one of them asks
 * the provider. FAULT_LOGIN when there is none, or when the provider refuses a new one for
 * good; else as in flow.h. *EXPIRES, s since 1970, may be NULL. */
bool access_take(const struct access_wish *wish, struct secret *access, int64_t *expires,
		 struct error *err) MUST_CHECK;
/* Some other program was refused with it: the next one that is taken will be new. Nothing
 * happens when the kept token is another one. */
bool access_forget(const struct oauth_policy *policy, const struct secret *refused,
		   struct error *err) MUST_CHECK;

#endif
