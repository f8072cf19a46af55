/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop's secret service, by libsecret, which is loaded only when it is asked. */
#ifndef SECRET_KEYRING_H
#define SECRET_KEYRING_H

#include "base/error.h"
#include "secret/secret.h"

/* Looks up msmtp's attributes (host, service=smtp, user), then the older set (user,
 * protocol=smtp, server). secret->at stays NULL without a failure when nothing is found,
 * when libsecret is not installed or was not built in, when there is no session bus, and
 * when the service fails. USER may be NULL. FAULT_LOGIN when there is no answer within 5
 * s: the keyring is locked, say, and nobody unlocks it. */
bool keyring_find(const char *host, const char *user, struct secret *secret,
		  struct error *err) MUST_CHECK;

/* Keeps the password where keyring_find and msmtp look for it, in place of the one that
 * was there. The service may ask the user to unlock it: waits for 60 s. When it was not
 * stored, the sentence says why; FAULT_UNSUPPORTED when it cannot be here: no libsecret,
 * no session bus. */
bool keyring_store(const char *host, const char *user, const struct secret *secret,
		   struct error *err) MUST_CHECK;

#endif
