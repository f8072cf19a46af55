/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message to its recipients: MAIL, RCPT, content, and who got it (RFC 6409, RFC
 * 5321 3.3). */
#ifndef SMTP_SUBMIT_H
#define SMTP_SUBMIT_H

#include "mail/compose.h"
#include "mail/envelope.h"
#include "smtp/session.h"

/* What became of one recipient. */
enum outcome {
	PENDING,   /* nobody has said anything about it */
	DELIVERED, /* the server took the message for it */
	REFUSED,   /* for good */
	DEFERRED,  /* for now */
	IN_DOUBT,  /* the line was lost behind the content */
	WAITING	   /* kept in the queue; set by the caller */
};

struct verdict {
	enum outcome outcome;
	const struct exchange *by; /* whose reply decided; NULL: this side did */
	const char *why;	   /* a sentence when this side decided; else NULL */
};

/* One message and what became of it. */
struct delivery {
	const struct envelope *envelope;
	const struct message *message;
	const struct composed *composed;
	bool partial; /* accepted recipients get it although others are refused */
	bool last;    /* the session ends with it: QUIT may go along */
	/* By recipient; filled by submit, in the session's arena. */
	struct verdict *verdicts;
	size_t delivered;
	const struct exchange *accepted; /* the reply that took the content; NULL: none */
	uint64_t size;			 /* octets, as SIZE= said or would have */
};

/* Submits. True when every recipient has it. Else ERR has the class and the sentence for
 * the whole, and the verdicts tell about each.
 *
 * One recipient, or partial: MAIL, RCPT, content (and QUIT) are one flight where
 * PIPELINING and CHUNKING are offered. Several of which all must be accepted: the content
 * waits for their replies. A message larger than the server's SIZE is FAULT_DATA and not
 * begun. Recipients that are too many for one transaction (452, LIMITS RCPTMAX of RFC
 * 9422) get another one in the same session; not so when all must be accepted. */
bool submit(struct session *session, struct delivery *delivery,
	    struct error *err) MUST_CHECK;

#endif
