/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password from git's credential helpers, which are told how the login went; see
 * git-credential(1). */
#ifndef SECRET_GIT_H
#define SECRET_GIT_H

#include "secret/command.h"

/* One conversation. All zero but the question is the initial state. */
struct git {
	/* Whose password, in the words of git send-email. */
	const char *host;
	unsigned port;	  /* as configured; 0: not */
	const char *user; /* NULL: anybody's */

	struct command command; /* what runs now */
	struct secret answer;	/* all that git said; none before and after a failure */
};

/* Starts `git credential fill`, which may ask on the terminal. */
bool git_start(struct git *git, struct error *err) MUST_CHECK;
/* Waits until DEADLINE for the password. FAULT_CONFIG when there is none. */
bool git_take(struct git *git, int64_t deadline, struct secret *password,
	      struct error *err) MUST_CHECK;
/* The server has taken the password, or has refused it as wrong: the helpers keep it, or
 * forget it. Without an answer nothing happens. What fails here is nobody's concern. */
void git_tell(struct git *git, bool accepted);
/* Ends a search, but waits up to 10 s for what git_tell has started. */
void git_release(struct git *git);

#endif
