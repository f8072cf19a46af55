/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the secret of an account: told in the configuration, printed by a command, in the
 * keyring, in netrc, or typed in. */
#ifndef SECRET_FIND_H
#define SECRET_FIND_H

#include "base/error.h"
#include "secret/command.h"
#include "secret/secret.h"

/* The settings that the search needs. */
struct secret_policy {
	struct secret password; /* setting `password` */
	const char *command;	/* setting `passwordeval`, for sh -c; NULL: none */
	const char *user;	/* whose secret */
	const char *host;	/* as configured: the key in keyring and netrc */
};

/* A search under way. All zero but the policy is the initial state. */
struct finder {
	const struct secret_policy *policy;
	struct command command; /* passwordeval, under way */
	struct secret found;
	const char *source; /* where it was found: "password", "passwordeval", "keyring",
			     * "netrc", "prompt", "token"; NULL: not found yet */
};

/* Starts what takes time: the command, when there is no `password`. Its standard input is
 * /dev/null, its standard error is ours, its environment has no secrets added, signals
 * are reset. The policy must outlive the search. */
bool finder_start(struct finder *finder, const struct secret_policy *policy,
		  struct error *err) MUST_CHECK;
/* The secret, in this order: password, passwordeval, keyring (libsecret), ~/.netrc,
 * /etc/netrc, prompt on the terminal. Waits at most 60 s for the command. Called again,
 * it gives the same. An empty password is none.
 *
 * FAULT_CONFIG when the command fails (its exit status is in the sentence) or says
 * nothing: no other source steps in for it. A keyring that does not answer is passed
 * over, and told when nothing else has the secret. FAULT_LOGIN with a hint when nothing
 * was found. *SECRET belongs to the finder. */
bool finder_take(struct finder *finder, const struct secret **secret,
		 struct error *err) MUST_CHECK;
/* The secret is known already: FOUND, from SOURCE. */
void finder_give(struct finder *finder, const char *source, const struct secret *found);
/* Ends a command that still runs, wipes the secret. */
void finder_release(struct finder *finder);

#endif
