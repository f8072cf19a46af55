/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where processes of one user meet that send by the same account at the same time: one of
 * them leads and has the connection, the others hand their messages to it.
 *
 *	NAME.lock   locked by the one that leads
 *	NAME.sock   where it listens
 *
 * The folder is postrider/ in $XDG_RUNTIME_DIR or /run/user/UID, for root in /run. Nothing
 * in it outlives the machine, nobody else gets in. */
#ifndef QUEUE_SHARE_H
#define QUEUE_SHARE_H

#include "conf/choose.h"
#include "queue/spool.h"

enum { SHARE_DIGITS = 16, SHARE_NAME = TAG_DIGITS + 1 + SHARE_DIGITS };

/* Descriptors are -1 when they are closed; see SHARE_NOWHERE. */
struct share {
	int folder;
	int lock;     /* held: this process leads */
	int listener; /* open: others may come */
	char name[SHARE_NAME + 1];
};

#define SHARE_NOWHERE ((struct share){ .folder = -1, .lock = -1, .listener = -1 })

/* The place for all who send by this very account, with these very settings, in this
 * language. False, with everything closed, when there is none. */
bool share_open(struct share *share, const struct account_key *key,
		const struct account *account);

enum share_role {
	SHARE_LEADS,
	SHARE_FOLLOWS, /* another process leads */
	SHARE_ALONE    /* neither can be */
};

/* Becomes the one that leads, if there is none: then others may come. */
enum share_role share_lead(struct share *share);
/* A connected socket, non-blocking, to the one that leads; -1 when it does not listen, or is
 * somebody else's. */
int share_connect(const struct share *share);
/* The next of this user who comes within WAIT ms; -1 when there is none. */
int share_accept(const struct share *share, int wait);
/* Leads no longer: whoever waits looks for somebody else at once. */
void share_resign(struct share *share);
/* The same, and the place is closed. Twice is once. */
void share_close(struct share *share);

/* ---- what is said there ---- */

/* Sends text, with up to two descriptors unless they are -1, within WAIT ms. */
bool share_say(int fd, struct span text, const int files[2], int wait);
/* A record without a value, within a second. */
bool share_say_word(int fd, const char *word);
/* Takes in what comes first within WAIT ms (-1: whenever it comes). FILES gets the
 * descriptors that come along, which are the caller's then; NULL: none are taken. False at
 * the end, and when nothing comes. */
bool share_hear(int fd, struct buf *heard, int files[2], int wait);

#endif
