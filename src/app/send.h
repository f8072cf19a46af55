/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message from standard input to its server. */
#ifndef APP_SEND_H
#define APP_SEND_H

#include "app/report.h"
#include "conf/choose.h"
#include "conf/options.h"
#include "queue/connection.h"

struct host_names;

/* One run of the program, as far as it has come. */
struct run {
	struct arena *arena;
	const struct request *request;
	struct reporter *reporter;
	struct chosen chosen;
	struct account *account; /* chosen and finished; NULL: not yet */
	struct account_key key;	 /* that it is found by, now and later */
	struct connection connection;
	/* The configuration is broken, and the message goes into the queue until it is
	 * mended; clean: it is not. */
	struct error broken;
	struct host_names *host;	 /* NULL: not looked for yet; see app/local.c */
	bool as_sendmail;		 /* called by the name of a sendmail */
	bool logged;			 /* the attempt has its line in the log */
	const struct delivery *delivery; /* once the message was offered; NULL before */
};

/* Chooses the account for SENDER (NULL: none is known); see conf/choose.h. */
bool run_choose_account(struct run *run, const char *sender,
			struct error *err) MUST_CHECK;
/* Starts what finds the secret, if login or key may want one. */
bool run_start_secret(struct run *run, struct error *err) MUST_CHECK;
/* Connects, and secures the line as the account says. */
bool run_connect(struct run *run, struct error *err) MUST_CHECK;
/* Ends the session politely, if there is one; its history stays. */
void run_disconnect(struct run *run);
/* Lets go of every secret. */
void run_release(struct run *run);

/* MODE_SEND. True when every recipient has the message; failures are in ERR, the verdicts
 * in run->delivery; the log line was written. */
bool send_message(struct run *run, struct error *err) MUST_CHECK;

/* Sends a mail that another program handed over by SMTP: its sender chooses the
 * account, its recipients go through the aliases. MESSAGE stays the caller's. */
bool send_taken(struct run *run, const struct envelope *taken,
		const struct message *message, struct error *err) MUST_CHECK;

/* Callers throw away what they are told: a mail that was refused before there was an
 * attempt leaves a trace in the log all the same. */
void log_refusal(struct run *run, const struct error *err);

/* Reads standard input to its end, unless it is a terminal: a caller that still writes
 * shall see the exit status and not a broken pipe. */
void drain_input(void);

#endif
