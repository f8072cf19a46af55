/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration file as lines of a word and an argument. */
#ifndef CONF_LINES_H
#define CONF_LINES_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <sys/stat.h>

enum { LINES_FILE_MAX = 4 * 1024 * 1024, LINES_LINE_MAX = 1024 * 1024 }; /* octets */

/* All zero but path and rest: the lines of a text in memory. */
struct lines {
	const char *path;   /* to be shown */
	struct span rest;   /* what was not yet given */
	unsigned number;    /* of the line that was given last */
	struct stat status; /* of the file that was read */
	struct buf text;    /* of that file: may hold a password, and is wiped */
};

/* Reads all of FD. FAULT_CONFIG when that fails; then there is nothing to release. */
bool lines_read(struct lines *lines, int fd, const char *path,
		struct error *err) MUST_CHECK;

enum lines_state { LINES_GIVEN, LINES_END, LINES_BAD };
/* The next line that is neither blank nor a comment. WORD is never empty. VALUE is the
 * rest, without blanks at both ends, and without a pair of double quotes around the
 * whole; nothing else is special. LINES_BAD: a line that is too long, a NUL, or another
 * control character than TAB; ERR says so. */
enum lines_state lines_next(struct lines *lines, struct span *word, struct span *value,
			    struct error *err) MUST_CHECK;

/* Whether nobody but this user or root can read the file, as a password in it demands.
 * STRICT: the rule holds for root, too. */
bool lines_are_private(const struct lines *lines, bool strict,
		       struct error *err) MUST_CHECK;

/* Wipes the text. */
void lines_release(struct lines *lines);

#endif
