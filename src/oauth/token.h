/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens that are kept: one file of mode 0600 for each user at a mail server. */
#ifndef OAUTH_TOKEN_H
#define OAUTH_TOKEN_H

#include "oauth/provider.h"

#include <stdint.h>

/* Everything that a renewal needs, so that it asks the configuration for nothing. The
 * texts live in an arena. */
struct token {
	struct secret access, refresh, client_secret;
	int64_t expires;      /* of access: s since 1970 */
	const char *endpoint; /* URL */
	const char *client_id;
	const char *scope; /* NULL: not asked for */
};

/* The file for the account's tokens; it need not be there. NULL when there is no home. */
const char *token_path(struct arena *arena, const struct oauth_policy *policy);
bool token_exists(struct arena *arena, const struct oauth_policy *policy);

/* One process at a time renews a token. Makes the folders that are missing. *LOCK is
 * closed by the caller, which lets go. FAULT_TIMEOUT when another one has it for more
 * than PATIENCE s. */
bool token_lock(const char *path, unsigned patience, int *lock,
		struct error *err) MUST_CHECK;
/* *THERE is false, and nothing filled, when there is no such file. FAULT_CONFIG for a file
 * that is not ours alone, or is none of this kind. */
bool token_load(const char *path, struct token *token, bool *there,
		struct error *err) MUST_CHECK;
/* Durable when it returns true: written aside, fsync, rename, fsync. Under the lock. */
bool token_save(const char *path, const struct token *token,
		struct error *err) MUST_CHECK;
void token_release(struct token *token);

#endif
