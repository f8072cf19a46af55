/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ~/.netrc and /etc/netrc. */
#ifndef SECRET_NETRC_H
#define SECRET_NETRC_H

#include "base/error.h"
#include "secret/secret.h"

/* The password of the first entry of the file at PATH whose machine is HOST (without regard to case)
 * and whose login is absent or USER; `default` matches any machine. A missing file is no failure:
 * secret->at stays NULL. FAULT_CONFIG when the file is readable by others although it holds a
 * password that would be used (checked on the opened descriptor). */
bool netrc_find(const char *path, const char *host, const char *user, struct secret *secret,
		struct error *err) MUST_CHECK;

#endif
