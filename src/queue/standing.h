/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an account stands: whether its server is worth a try now. A file for each account
 * for which mail waits. Losing it costs one try too many. */
#ifndef QUEUE_STANDING_H
#define QUEUE_STANDING_H

#include "queue/spool.h"

struct standing {
	char tag[TAG_DIGITS + 1];
	const char *account; /* name, for people */
	unsigned failures;   /* in a row */
	int64_t until;	     /* ms since 1970: not before then */
	bool held;    /* somebody has to mend something: a password, a certificate, … */
	bool refuses; /* the server answers, and said no: another network changes nothing */
	bool has_fallback;   /* its mail can go another way meanwhile */
	const char *why;     /* of the last failure, for people; NULL */
	const char *english; /* the same for programs; NULL */
	int64_t failed;	     /* ms since 1970: when */
	int64_t awake;	     /* since when it fails and is tried, without a day's break */
	uint32_t seen;	     /* what the files looked like that may mend it */
	int64_t swept; /* when its mail was last looked through for what is too old */
	int64_t told;  /* when a person was last told that it is held */
};

/* Reads it; false when there is none, and then it is as for a good account. Times that a
 * clock has written which was wrong do not count. */
bool standing_read(struct arena *arena, const struct spool *spool, const char *tag,
		   struct standing *standing);
/* Writes it, as a whole. Trouble is no failure. */
void standing_write(const struct spool *spool, const struct standing *standing);
/* There is mail for the account: the file has to be there. */
void standing_note_mail(const struct spool *spool, const char *tag, const char *account);
/* No mail waits for it any more. */
void standing_forget(const struct spool *spool, const char *tag);

/* Its server could not be used. The next try is 30 s later, then twice that, up to half an
 * hour, each a fifth more or less; six hours when HELD. Within such a time further
 * failures do not count. */
void standing_failed(struct standing *standing, bool held, const char *why);
/* It could be used. True when that is news. */
bool standing_recovered(struct standing *standing);
/* Why it failed, in words that this user's terminal can show: another one's language may
 * have other bytes. NULL: not known. */
const char *standing_words(const struct standing *standing);
/* DELAY ms, up to PERCENT more or less. */
int64_t jitter(int64_t delay, unsigned percent);

/* Calls VISIT for each file. */
void standing_each(const struct spool *spool,
		   void (*visit)(void *context, const char *tag), void *context);

#endif
