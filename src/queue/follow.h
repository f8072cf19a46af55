/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hands a message to the process that has the connection, and waits for its verdict. */
#ifndef QUEUE_FOLLOW_H
#define QUEUE_FOLLOW_H

#include "queue/share.h"
#include "smtp/submit.h"

struct follow {
	/* Set by the caller. The delivery is as submit wants it; it and the session, whose
	 * history and host alone are set, tell what came of it. */
	struct arena *arena;
	struct delivery *delivery;
	struct session *session;
	const char *host;
	bool waives_reports; /* see struct handover */
	int64_t until;	     /* when it must have been begun; see base/clock.h */
	unsigned timeout;    /* seconds: as in struct session */
};

enum follow_result {
	FOLLOW_LEADS,	  /* no other one does: this process leads now */
	FOLLOW_ALONE,	  /* it has to go by itself */
	FOLLOW_LATE,	  /* nobody began in time: it was not sent */
	FOLLOW_DELIVERED, /* everybody has it */
	FOLLOW_FAILED	  /* ERR says why, as if it had been sent here */
};

/* Leads, or has the message sent by the one that does. One that ends before the message may
 * be out is replaced; one that ends behind leaves it in doubt, and so does one that has begun
 * and is silent for longer than a server may be. */
enum follow_result follow(struct share *share, struct follow *follow, struct error *err);

#endif
