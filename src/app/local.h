/* SPDX-License-Identifier: GPL-3.0-or-later */
/* This host and its own names: what completes them, and what becomes of mail to them. */
#ifndef APP_LOCAL_H
#define APP_LOCAL_H

#include "app/send.h"
#include "mail/aliases.h"

/* The domain for addresses without one: qualify_domain, else /etc/mailname, the domain
 * of `from`, the host's full name as far as /etc/hosts tells it; in the msmtp dialect only
 * the first and the third. NULL when there is none. No name look-up: accepting a message
 * must not wait. */
const char *default_domain(struct run *run);
/* user@domain of the real uid, never of the environment. */
const char *user_address(struct run *run);
/* The GECOS field of that user up to the first comma; NULL when it is empty. */
const char *real_name(struct arena *arena);
/* How mail to local names is treated in this run. */
struct local_policy local_policy(struct run *run);

/* -bi, newaliases. FAULT_DATA with file and line when the aliases are wrong. */
bool check_aliases(struct run *run, struct error *err) MUST_CHECK;
/* -bv: shows for each operand where mail to it would go. */
bool show_addresses(struct run *run, struct error *err) MUST_CHECK;

#endif
