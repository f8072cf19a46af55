/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts an account into the text of a configuration file, and leaves the rest of it alone. */
#ifndef CONF_REWRITE_H
#define CONF_REWRITE_H

#include "conf/settings.h"

struct config_line {
	const char *word; /* of the table of settings */
	const char *value;
};

/* What an account gets. */
struct config_entry {
	const char *name;
	const struct config_line *lines;
	size_t count;
	bool keeps_secret; /* what says where its password is stays as it is */
};

/* The lines as they will stand in the file, with "account NAME" before them. */
void config_entry_print(const struct config_entry *entry, struct buf *out);
/* OLD with the entry in it. When the account is there, the lines go where it is: they take
 * the place of those that say the same, and of all that say how server and login are
 * reached; comments and other settings stay. Else it goes to the end. */
void config_rewrite(struct span old, const struct config_entry *entry, struct buf *out);

#endif
