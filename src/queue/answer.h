/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process that sends messages for others of its user tells each of them: that it
 * begins, that nobody could take it back from now on, and what became of it. */
#ifndef QUEUE_ANSWER_H
#define QUEUE_ANSWER_H

#include "queue/record.h"
#include "smtp/submit.h"

/* The words of both, records without a value. After ANSWER_STARTED it waits for ANSWER_GO,
 * so that nothing is sent for somebody who has given up. */
#define WORD_STARTED "started"	     /* your turn: do you still want it? */
#define WORD_GO "go"		     /* … and this is the answer */
#define WORD_COMPLETING "completing" /* see struct watcher */
#define WORD_WORKING "working"	     /* it goes on: the server takes, or has answered */
#define WORD_CONCLUDED "concluded"   /* … and what has been said of some stays */
#define WORD_AGAIN "again" /* the server has had enough, and has nothing of it */

/* The verdicts of a delivery, with the history of the session, in which those exchanges are
 * that the verdicts point to, and what else is told about a failure. With DELIVERY NULL:
 * what keeps every message from being sent. */
void answer_add(struct buf *out, const struct delivery *delivery,
		const struct session *session, const struct error *err);

/* What has been said of those recipients whose transaction is over, while others come: of
 * each whom TOLD, by recipient, does not yet have, and WORD_CONCLUDED. */
void answer_add_concluded(struct buf *out, const struct delivery *delivery, bool *told);

enum answer_kind {
	ANSWER_PART, /* more octets are needed */
	ANSWER_STARTED,
	ANSWER_GO,
	ANSWER_COMPLETING,
	ANSWER_WORKING,
	ANSWER_CONCLUDED,
	ANSWER_AGAIN,
	ANSWER_VERDICT,
	ANSWER_WRONG /* it is none */
};

/* An answer that is being read. Set by the caller: arena, and how many recipients were
 * asked for; the others are to be zero. All texts are clean for a terminal. */
struct answer {
	struct arena *arena;
	size_t count;

	struct error err;
	const char *told; /* the latest text */
	struct exchange *first, *last;
	char *text; /* of the last one's reply, when it has several lines */
	size_t text_room;
	struct exchange **exchanges; /* all of them */
	size_t exchange_count;
	struct verdict *verdicts; /* NULL: it was not offered */
	size_t verdict_count, delivered;
	struct verdict *concluded; /* those that were told before; NULL: none */
	const struct exchange *accepted;
	uint64_t size;
	uint64_t owed;	     /* the number of that exchange, from 1 on; 0: none */
	unsigned port;	     /* of the server; 0: there was no connection */
	bool resolved;	     /* its name was found, or needed not be */
	uint64_t size_limit; /* what the server takes; 0: it does not tell */
};

/* Takes what is whole off the front of HEARD, up to the end of a word or a verdict. A
 * verdict is what submit could have come to, for that many recipients. */
enum answer_kind answer_take(struct answer *answer, struct span *heard);

#endif
