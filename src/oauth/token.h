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

/* Where a new token goes: locked, with room for it on the disk, so that the one before is not
 * spent for a token that cannot be kept. */
struct token_place {
	const char *path;
	int lock, file; /* -1: closed */
};

/* One process at a time renews a token. Makes the folders that are missing. FAULT_TIMEOUT
 * when another one has the place for more than PATIENCE s. token_leave() in any case. */
bool token_enter(const char *path, unsigned patience, struct token_place *place,
		 struct error *err) MUST_CHECK;
/* What was not saved is gone. */
void token_leave(struct token_place *place);
/* *THERE is false, and nothing filled, when there is no such file. FAULT_CONFIG for a file
 * that is not ours alone, or is none of this kind. */
bool token_load(const char *path, struct token *token, bool *there,
		struct error *err) MUST_CHECK;
/* Once. Durable when it returns true: written aside, fsync, rename, fsync. */
bool token_save(struct token_place *place, const struct token *token,
		struct error *err) MUST_CHECK;
void token_release(struct token *token);

#endif
