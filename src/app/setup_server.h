/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first half of a setup: from an address to a server that works. */
#ifndef APP_SETUP_SERVER_H
#define APP_SETUP_SERVER_H

#include "app/probe.h"
#include "app/send.h"
#include "conf/discover.h"

#include <stdio.h>
#include <sys/stat.h>

/* One setup, as far as it has come. The first group is set by set_up. */
struct setup {
	struct run *run;
	struct arena *arena;
	FILE *out; /* what people read: standard output, unless that is for programs */
	bool asks; /* there is a person who may be asked */

	/* By setup_find_server. */
	const char *address; /* as in an envelope */
	const char *user;    /* NULL: it has to be asked for */
	struct discovery discovery;
	struct probe probes[CANDIDATES_MAX]; /* one for each of its items */
	const struct candidate *server;	     /* that works; NULL: none yet */
	unsigned port;			     /* of it */

	/* By setup_log_in. */
	struct account account; /* finished, with the user */
	struct secret password; /* typed in or read; len 0: it is somewhere already */
	bool by_token;		/* there is no password: a login with a token follows */
	bool logged_in;

	/* By setup_place. */
	struct config config;
	const char *file;   /* of the configuration, that gets the account */
	struct stat status; /* of it, before it was read; all zero: it was not there */
	bool file_exists;
	enum dialect dialect;	      /* of it */
	const char *name;	      /* of the account */
	const struct account *former; /* of that name; NULL: none */
	struct config rest;	      /* without what the setup says of the account */
	const struct account *given;  /* which is so by the defaults, its parents and what
				       * stays of it */

	/* By setup_write. */
	bool written;
	const char *kept; /* where the password is: "keyring", "file"; NULL: not by us */
};

/* Reads the address and what the command line says of the server. FAULT_DATA when it is no
 * address. */
bool setup_begin(struct setup *setup, struct error *err) MUST_CHECK;
/* Finds servers, tries them, and takes the best that works. When none does, the error says
 * what was wrong with the one that was most likely. */
bool setup_find_server(struct setup *setup, struct error *err) MUST_CHECK;
/* An account for a server as it stands in the setup; finished. PORT 0: as the candidate
 * says. The caller releases it. */
bool setup_account(const struct setup *setup, const struct candidate *candidate,
		   unsigned port, struct account *account, struct error *err) MUST_CHECK;
/* Whether an option says where the password is. */
bool setup_is_told_secret(const struct setup *setup) MUST_CHECK;
/* What people stumble over at the provider of a candidate. */
void setup_tell_notes(const struct setup *setup, const struct candidate *candidate);
void setup_release(struct setup *setup);

#endif
