/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the secret of an account: where the configuration says, else in the keyring, in
 * netrc, or typed in. */
#ifndef SECRET_FIND_H
#define SECRET_FIND_H

#include "base/error.h"
#include "secret/command.h"
#include "secret/git.h"
#include "secret/secret.h"

/* The settings that the search needs. */
struct secret_policy {
	/* By the settings of these names; one that is unset is empty, NULL or false. */
	struct secret password;
	const char *password_file;
	const char *password_credential;
	const char *passwordeval; /* for sh -c */
	const char *password_key;
	bool password_git;

	const char *user; /* whose secret */
	const char *host; /* as configured, never NULL: the key in keyring and netrc */
	unsigned port;	  /* as configured, for git; 0: not */
	/* The provider shows passwords in four groups of four letters, and knows them
	 * without the blanks. */
	bool grouped;
};

/* A search under way. All zero but the policy is the initial state. */
struct finder {
	const struct secret_policy *policy;
	bool silent;		/* nobody is asked */
	struct command command; /* passwordeval, under way */
	struct git git;
	struct secret found;
	const char *source; /* where it was found: the setting that named the place,
			       * "keyring", "netrc", "prompt", "token"; NULL: not yet */
	/* Told before somebody is asked for it, which may take long; NULL: nobody is. */
	void (*asking)(void *context);
	void *context;
};

/* The setting that names the place of the secret; NULL when none does. */
const char *secret_source(const struct secret_policy *policy);
/* Starts what takes time: a command or git, when it is their turn. Standard input is
 * /dev/null, standard error is ours, the environment has no secrets added, signals are
 * reset. The policy must outlive the search. */
bool finder_start(struct finder *finder, const struct secret_policy *policy,
		  struct error *err) MUST_CHECK;
/* The secret, from the first place that a setting names, in the order of struct
 * secret_policy; when none does, from the first of these that has it: keyring
 * (libsecret), ~/.netrc, /etc/netrc, prompt on the terminal. Waits at most 60 s for a
 * command. Called again, it gives the same. An empty password is none. Of
 * "abcd efgh ijkl mnop" the blanks are taken away where the policy says that they mean
 * nothing.
 *
 * FAULT_CONFIG when a place that was named gives nothing: no other one steps in for it. A
 * keyring that does not answer is passed over, and told when nothing else has the secret.
 * FAULT_LOGIN with a hint when nothing was found. *SECRET belongs to the finder. */
bool finder_take(struct finder *finder, const struct secret **secret,
		 struct error *err) MUST_CHECK;
/* The secret is known already: FOUND, from SOURCE. */
void finder_give(struct finder *finder, const char *source, const struct secret *found);
/* The server has taken the secret, or has refused it as wrong: told to who keeps it. */
void finder_tell(struct finder *finder, bool accepted);
/* Ends a command that still runs, wipes the secret. */
void finder_release(struct finder *finder);

#endif
