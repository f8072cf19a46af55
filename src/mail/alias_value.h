/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of an alias: addresses, :include:/path, /dev/null, |command, /path. */
#ifndef MAIL_ALIAS_VALUE_H
#define MAIL_ALIAS_VALUE_H

#include "mail/alias_file.h"
#include "mail/scan.h"

/* Set all but counted. */
struct alias_values {
	const struct alias_reader *reader;
	struct scan scan;     /* stands where the values begin */
	unsigned line;	      /* of that place */
	size_t counted;	      /* up to where its line ends are in line */
	struct target **last; /* where the next target goes */
};

/* Reads the values, separated by commas, to the end of the text. What is no value is an
 * error of the reader's class with file and line. */
bool alias_values_read(struct alias_values *values, struct error *err) MUST_CHECK;

#endif
