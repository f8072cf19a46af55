/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ~/.netrc and /etc/netrc. */
#ifndef SECRET_NETRC_H
#define SECRET_NETRC_H

#include "base/error.h"
#include "secret/secret.h"

/* The password of the first entry of the file at PATH whose machine is HOST (without
 * regard to case) and whose login is absent or USER; `default` matches any machine.
 * Entries without a password are passed over. Words may stand in quotes, in double ones
 * with \" and \\; a value may begin with a #. A file that is missing, no regular file, or
 * not ours to read is no failure: then, and when nothing is found, secret->at stays NULL.
 * FAULT_CONFIG when the file holds a password that would be used, but is another user's
 * or open to others (checked on the opened descriptor); root may have given it to a group
 * that reads it. */
bool netrc_find(const char *path, const char *host, const char *user,
		struct secret *secret, struct error *err) MUST_CHECK;
/* The same in ~/.netrc, and if that has none, in /etc/netrc. */
bool netrc_search(const char *host, const char *user, struct secret *secret,
		  struct error *err) MUST_CHECK;

#endif
