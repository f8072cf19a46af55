/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks through the folders of the queue: what is there, what is due, what does not belong
 * there. */
#ifndef QUEUE_SCAN_H
#define QUEUE_SCAN_H

#include "queue/spool.h"

/* Calls VISIT with the folder and the name of each message in a place, in no order; stops
 * when it returns false. A name that is none goes to STRANGER, when there is one. */
struct scan {
	bool (*visit)(void *context, int folder, const char *file,
		      const struct entry_name *name);
	void (*stranger)(void *context, int folder, const char *file);
	void *context;
};
/* False with errno set when a folder cannot be read. */
bool scan_place(const struct spool *spool, enum place place,
		const struct scan *scan) MUST_CHECK;

/* Names that were found; free `all` at the end. */
struct names {
	struct entry_name *all;
	size_t count, room;
};
void names_add(struct names *names, const struct entry_name *name);
/* By account, and by age. */
void names_sort(struct names *names);

/* Removes what an ended process has left in tmp/ for 36 hours, and what has been in failed/
 * for 14 days. */
void scan_clean(const struct spool *spool);

#endif
