/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the lines of a configuration file mean: accounts, their settings, and other
 * files. */
#ifndef CONF_GRAMMAR_H
#define CONF_GRAMMAR_H

#include "conf/drafts.h"

struct source;

/* A reading under way. Set the first group, then grammar_begin; at the end drafts_end and
 * drafts_release. */
struct grammar {
	struct arena *arena;
	enum dialect dialect;
	bool inert;   /* nothing but the text is touched: eval and include are refused */
	bool foreign; /* a file of the system: passwords in it may be readable */
	const struct stat *status; /* of the file that a text stands for; NULL: none */
	bool lenient; /* what is wrong with server, TLS, login and log is passed over */

	struct drafts drafts;
	struct draft *current;	     /* what settings go into; NULL: none was named yet */
	const struct source *source; /* the file that is being read */
	uint32_t seen; /* what the files looked like: other files have another number */
	/* The first foreign file with a password that everybody can read; NULL: none. */
	const char *exposed;
};

bool grammar_begin(struct grammar *grammar, struct error *err) MUST_CHECK;
/* Reads the open file to its end. Errors are FAULT_CONFIG with file and line. A file with
 * a password must be private, unless it is foreign. */
bool grammar_file(struct grammar *grammar, int fd, const char *path,
		  struct error *err) MUST_CHECK;
/* The same for a text in memory. */
bool grammar_text(struct grammar *grammar, const char *path, struct span text,
		  struct error *err) MUST_CHECK;

#endif
