/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a message when nobody waits for it any more: it goes, or it is kept for
 * its sender, who is told. */
#ifndef QUEUE_FINISH_H
#define QUEUE_FINISH_H

#include "queue/entry.h"

/* For a claimed entry in msg/. Tells the sender about recipients that were refused, in the
 * queue itself; and when nobody waits, removes the message, or moves it to failed/ when
 * somebody was refused. Each step is durable before the next, so that it may be called
 * again after a crash at any point. *MOVED: it is not in msg/ any more. */
bool finish_entry(struct entry *entry, int64_t lifetime, bool *moved,
		  struct error *err) MUST_CHECK;

/* Puts a message aside that ended the program three times, so that the others go; its
 * sender is told. */
bool hold_entry(struct entry *entry, int64_t lifetime, struct error *err) MUST_CHECK;

/* A message that everybody has, which is not yet on the disk. All zero: there is none. */
struct leaving {
	const struct spool *spool;
	struct entry_name name;
	int fd; /* claimed */
	bool noted;
};

/* Takes the claim over from ENTRY, of which everybody has the message. NOTED: its journal
 * says so. */
void leave_later(struct leaving *leaving, struct entry *entry, bool noted);
/* Has the disk know it, and removes the message, if there is one. What cannot be noted is
 * removed all the same, since it would be sent again. */
bool leave_now(struct leaving *leaving, struct error *err) MUST_CHECK;

/* When its time is over, whoever waits is refused; but if it has RESTED, since the machine
 * was off or its clock behind, it is tried for another day, once. What was kept in the
 * future, by a clock that was ahead, has LIFETIME ms from now on. */
bool expire_entry(struct entry *entry, int64_t lifetime, bool rested,
		  struct error *err) MUST_CHECK;

/* It goes by another account since somebody said so: its name, of a file in msg/, follows.
 * *RENAMED: the entry is to be found anew. */
bool rename_entry(struct entry *entry, bool *renamed, struct error *err) MUST_CHECK;

#endif
