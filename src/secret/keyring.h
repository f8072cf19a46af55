/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop's secret service, by libsecret, which is loaded only when it is asked. */
#ifndef SECRET_KEYRING_H
#define SECRET_KEYRING_H

#include "base/error.h"
#include "secret/secret.h"

/* Whether there is a chance: libsecret was built in, and there is a session bus. */
bool keyring_may_be_asked(void);
/* Looks up msmtp's attributes (host, service=smtp, user), then the older set (user,
 * protocol=smtp, server). USER may be NULL. The service may ask the user to unlock it:
 * waits for 60 s when there is a terminal, else for 5 s, since then nobody may be there.
 *
 * When there is none, the sentence says why not. FAULT_UNSUPPORTED when the keyring cannot
 * be asked here: no libsecret, no session bus. FAULT_LOGIN when it has none, fails, or is
 * locked and nobody unlocks it; then there is a hint too. */
bool keyring_find(const char *host, const char *user, struct secret *secret,
		  struct error *err) MUST_CHECK;

/* Keeps the password where keyring_find and msmtp look for it, in place of the one that
 * was there. Waits for 60 s. Errors are those of keyring_find. */
bool keyring_store(const char *host, const char *user, const struct secret *secret,
		   struct error *err) MUST_CHECK;

#endif
