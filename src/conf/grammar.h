/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the lines of a configuration file mean: accounts, what they inherit, and their settings. */
#ifndef CONF_GRAMMAR_H
#define CONF_GRAMMAR_H

#include "conf/account.h"

/* An account as the file tells it so far. */
struct draft {
	struct account account;
	bool own[SETTINGS_MAX];		/* rows that were set in it or taken from a parent, not by
					 * `defaults`: only these are inherited */
	bool auto_from;			/* msmtp's former way to say `from %U@DOMAIN` */
	struct origin auto_from_origin;
	const char *mail_domain;	/* for auto_from; NULL: none */
};

struct source;

/* A reading under way. Set the first group, then grammar_begin. */
struct grammar {
	struct arena *arena;
	enum dialect dialect;
	bool inert;		/* nothing but the text is touched: eval and include are refused */
	bool foreign;		/* a file of the system: passwords in it may be readable */

	struct draft defaults;
	struct draft **drafts;
	size_t count, room;
	struct draft *current;		/* that settings go into; NULL: none was named yet */
	const struct source *source;	/* the file that is being read */
	const char *exposed;		/* the first foreign file with a password that others can
					 * read; NULL: none */
};

bool grammar_begin(struct grammar *grammar, struct error *err) MUST_CHECK;
/* Reads the open file to its end. Errors are FAULT_CONFIG with file and line. A file with a password
 * must be private, unless it is foreign. */
bool grammar_file(struct grammar *grammar, int fd, const char *path, struct error *err) MUST_CHECK;
/* The same for a text in memory. */
bool grammar_text(struct grammar *grammar, const char *path, struct span text,
		  struct error *err) MUST_CHECK;
/* Moves the accounts, with their secrets, to *ACCOUNTS, which has room for grammar->count. */
bool grammar_end(struct grammar *grammar, struct account *accounts, struct error *err) MUST_CHECK;
/* Wipes the secrets that are still here. */
void grammar_release(struct grammar *grammar);

#endif
