/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files: found, read, and one account chosen from them. The grammar is
 * msmtp's. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "conf/settings.h"

enum { CONFIG_PLACES = 4 };

/* Where a configuration file may be. */
struct config_place {
	const char *path;   /* NULL: the list ends */
	bool foreign;	    /* the system's */
	enum dialect usual; /* when its name does not tell */
};

/* Where the user's file is looked for, and the system's: of each list the first that
 * exists is read. */
void config_places(struct arena *arena, struct config_place user[CONFIG_PLACES],
		   struct config_place host[CONFIG_PLACES]);

struct config {
	/* The user's first, then those of the system file whose names the user's file
	 * does not have. */
	struct account *accounts;
	size_t count;
	size_t own;			     /* how many of them are the user's */
	const char *user_file, *system_file; /* that were read; NULL: none */
	const char *warning; /* a sentence worth saying once with -v; NULL */
	bool broken;	     /* it could not be read as it stands */
	uint32_t seen; /* what all its files looked like, as far as they were read */
};

/* Reads FILE (of -C; FAULT_CONFIG when it cannot be read) and nothing else; or when it is
 * NULL, the first that exists of the user's files and of the system's files. No file at
 * all is no failure, nor is one of the system or of another user that this user may not
 * read. Syntax errors are FAULT_CONFIG with file, line, and the nearest known word.
 * Permission rules are checked on the opened descriptor: a file of the user's that holds
 * a `password` must belong to this user or to root and be readable by nobody else (an
 * msmtp file that root reads may be anything).
 *
 * A file is msmtp's when it has one of msmtp's names: .msmtprc, msmtprc, msmtp/config;
 * FILE, when its name does not tell, is of the USUAL dialect. */
bool config_read(struct arena *arena, const char *file, enum dialect usual,
		 struct config *config, struct error *err) MUST_CHECK;

/* The same of a configuration that is broken, for who sends and where the queue is, while it
 * waits to be mended: what is wrong with server, TLS, login and log is passed over. False
 * when anything else is wrong, and when there is an eval, which is not carried out. */
bool config_salvage(struct arena *arena, const char *file, enum dialect usual,
		    struct config *config) MUST_CHECK;

/* What the file at PLACE would say if TEXT stood in it. */
bool config_read_text(struct arena *arena, struct span text,
		      const struct config_place *place, struct config *config,
		      struct error *err) MUST_CHECK;

/* Of which dialect a file is: by its name, or as USUAL when that does not tell. */
enum dialect config_dialect(const char *path, enum dialect usual);

/* The account that was wished for: by name; else the first whose `from` matches the
 * sender; else `default` of the user's file, or the only account of a postrider file;
 * then the same of the system's file; then, if that is wished, the one that SMTPSERVER
 * and EMAIL describe. FAULT_CONFIG with the nearest name, or all names, when there is
 * none. *ACCOUNT points into CONFIG, or into the arena of ERR. */
bool config_choose(const struct config *config, const struct account_wish *wish,
		   struct account **account, struct error *err) MUST_CHECK;
/* Whether an address matches an account's `from`: in any case; or as a pattern of
 * fnmatch(3) when it has one of ? * [. If not, the same for the address without the
 * detail between the first "+" and the last "@", unless FROM has a "+" itself. */
bool from_matches(const char *from, const char *address);
void config_release(struct config *config);

#endif
