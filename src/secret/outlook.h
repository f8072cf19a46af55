/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a secret would come from, told without bothering anybody. */
#ifndef SECRET_OUTLOOK_H
#define SECRET_OUTLOOK_H

#include "secret/find.h"

struct outlook {
	/* As in struct finder, in the order of the search, which ends where the secret is
	 * known to be; NULL-terminated. */
	const char *sources[3];
	const char *place; /* the file, credential or key; NULL: nothing to tell */
};

/* What finder_take would do. Files and the kernel's keyrings are looked at, and what they
 * have is wiped at once; no program runs, and neither keyring nor terminal is asked. The
 * outlook is filled also when it is certain that finder_take would fail, with that
 * error. */
bool secret_outlook(const struct secret_policy *policy, struct outlook *outlook,
		    struct error *err) MUST_CHECK;

#endif
