/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One account for one message: found in the configuration, with the options of the
 * command line over it; and found again later, when a message has waited. */
#ifndef CONF_CHOOSE_H
#define CONF_CHOOSE_H

#include "conf/file.h"

/* What names an account. No secret is in it: those are never options. */
struct account_key {
	const char *name;	 /* of -a; NULL: by the sender */
	const char *config_file; /* of -C; NULL: the usual files */
	enum dialect dialect;	 /* of a file whose name does not tell, and without one */
	bool without_file; /* --host: the assignments are all there is; nothing is kept
			    * then unless `queue` says so */
	const struct assignment *assignments; /* long options, in order */
	size_t assignment_count;
};

/* An account ready for use. chosen_release wipes its secret. */
struct chosen {
	struct config config;
	struct account *account;
	struct account *own; /* that no configuration holds; or NULL */
};

/* Reads the configuration, chooses the account for SENDER (NULL: none is known), puts the
 * assignments over it and finishes it. */
bool account_choose(struct arena *arena, const struct account_key *key,
		    const char *sender, struct chosen *chosen,
		    struct error *err) MUST_CHECK;
/* The same of a configuration that is broken: who sends, and where the queue is. False when
 * that is not certain. */
bool account_salvage(struct arena *arena, const struct account_key *key,
		     const char *sender, struct chosen *chosen) MUST_CHECK;
void chosen_release(struct chosen *chosen);

/* Puts them over the account, in order. */
bool account_assign(struct arena *arena, struct account *account,
		    const struct assignment *all, size_t count,
		    struct error *err) MUST_CHECK;
/* The assignment as "name=value", and back. False when it is none. */
char *assignment_print(struct arena *arena, const struct assignment *assignment);
bool assignment_parse(struct span text, struct assignment *assignment) MUST_CHECK;

#endif
