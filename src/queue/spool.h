/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of the queue: what is where in it, made on first use, moved so that a power
 * cut loses nothing.
 *
 *	VERSION            "postrider queue 1"
 *	tmp/               being written
 *	msg/00 … msg/FF    waiting, a file each; the folder is the end of its ID
 *	hold/ failed/ corrupt/
 *	account/TAG        there is mail for this account; when to try it again
 *	limits/TAG…        what a rate limit and max_connections count
 *	runner             locked by the resident runner
 *	wake               a FIFO: a byte wakes that runner
 */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { ID_DIGITS = 24, TAG_DIGITS = 8, NAME_ROOM = 64 };

/* "ID-TAG-SIZE": a look at the folder tells what there is, without opening a file. */
struct entry_name {
	char id[ID_DIGITS + 1];	  /* 12 hexadecimal digits of ms since 1970, 12 random */
	char tag[TAG_DIGITS + 1]; /* of the account, see queue/standing.h */
	uint64_t size;		  /* octets of content */
};

/* A new one, that sorts by time. */
void id_make(char id[ID_DIGITS + 1]);
bool is_id(struct span text);
/* Milliseconds since 1970. */
int64_t id_time(const char *id);
int64_t wall_ms(void);
void name_print(const struct entry_name *name, char out[NAME_ROOM]);
bool name_parse(const char *text, struct entry_name *name) MUST_CHECK;

/* Where a message is. */
enum place { PLACE_WAITING, PLACE_HELD, PLACE_FAILED, PLACE_CORRUPT, PLACE_COUNT };
/* "waiting", … for programs. */
const char *place_word(enum place place);

struct spool {
	const char *path;
	int fd; /* of the folder; -1: it is not there */
};

/* Opens what is there; a queue that was never used is no failure. FAULT_CANNOT_CREATE
 * when it is of a later version, or somebody else's. */
bool spool_open(const char *path, struct spool *spool, struct error *err) MUST_CHECK;
/* The same, and makes what is missing, durably. */
bool spool_make(const char *path, struct spool *spool, struct error *err) MUST_CHECK;
void spool_close(struct spool *spool);

/* The folder in which an ID is; -1 with errno set. Owned by the caller. */
int spool_folder(const struct spool *spool, enum place place, const char *id);
/* Finds the file of an ID in a place; true with its name. */
bool spool_find(const struct spool *spool, enum place place, const char *id,
		struct entry_name *name);
/* Moves the file to another place; durable when it is true. When there is one of its name
 * already, which only a copy can be, it goes to corrupt/; but back to msg/ that fails. */
bool spool_move(const struct spool *spool, const struct entry_name *name, enum place from,
		enum place to, struct error *err) MUST_CHECK;
/* Gives the file of an ID another tag; durable. False with errno set. */
bool spool_rename(const struct spool *spool, enum place place,
		  const struct entry_name *from, const struct entry_name *to) MUST_CHECK;
/* Removes the file. When it is not DURABLE, it may be there again after a power cut: then
 * its journal must tell that it is done. */
bool spool_remove(const struct spool *spool, enum place place,
		  const struct entry_name *name, bool durable) MUST_CHECK;
/* Moves any file to corrupt/, under a name that is free there. */
bool spool_set_aside(const struct spool *spool, int folder, const char *file) MUST_CHECK;
/* Makes a change of names in a folder durable. False with errno set. */
bool sync_folder(int folder) MUST_CHECK;
/* Fails by errno: FAULT_TEMPORARY when it may be possible later (a full disk), else
 * FAULT_CANNOT_CREATE. */
bool spool_fail(const char *path, const char *what, struct error *err);

/* ---- the resident runner ---- */

/* True when this process is now the one: *LOCK is to be kept open. False with *LOCK -1
 * when there is another; if it WAITS, when a signal came first. */
bool spool_be_runner(const struct spool *spool, bool waits, int *lock);
/* Whether there is one. */
bool spool_has_runner(const struct spool *spool);
/* The process that was the one last, for people; 0: there was none. */
pid_t spool_last_runner(const struct spool *spool);
/* Wakes the one that there is; nothing when there is none. */
void spool_wake(const struct spool *spool);
/* The reading end of that FIFO; -1 when it cannot be had. */
int spool_listen(const struct spool *spool);

#endif
