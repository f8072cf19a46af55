/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One mail from a client: MAIL, RCPT, DATA or BDAT, and the replies (RFC 5321 3.3). */
#ifndef SMTP_RECEIVE_H
#define SMTP_RECEIVE_H

#include "smtp/client.h"
#include "smtp/command.h"
#include "smtp/intake.h"
#include "smtp/serve.h"

/* One mail, from MAIL to its end. */
struct transaction {
	struct arena arena;
	struct envelope envelope;
	struct message message;
	struct intake intake;
	size_t recipients; /* how often RCPT was accepted */
	unsigned notify;   /* of all recipients together */
	bool begun;	   /* MAIL was accepted */
	bool silent;	   /* a recipient said nothing about NOTIFY */
	bool utf8;	   /* SMTPUTF8 was said */
	bool content;	   /* the content has begun */
	bool spoiled;	   /* a chunk was refused: the rest of them are, too */
};

/* One session. */
struct service {
	struct client client;
	const struct serve_policy *policy;
	struct arena arena; /* for one command */
	struct transaction mail;
	unsigned login_failures;
	bool logged_in;
	bool dropped; /* the client was gone before a mail was complete */
};

/* Says a reply of one line, codes and text. */
void say(struct service *service, const char *reply);
extern const char wrong_syntax[], wrong_order[]; /* replies */

/* Forgets the mail that was begun; the first thing to do with a new service. */
void receive_nothing(struct service *service);
/* Each does what its command asks, and answers it. */
void receive_sender(struct service *service, const struct command *command);
void receive_recipient(struct service *service, const struct command *command);
void receive_data(struct service *service, const struct command *command);
void receive_chunk(struct service *service, const struct command *command);

#endif
