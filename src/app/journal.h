/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line per attempt, for logfile and syslog, in msmtp's format. */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include "base/error.h"
#include "conf/account.h"
#include "mail/envelope.h"
#include "smtp/submit.h"

/* What is logged. Everything but err and program may be NULL, when it was not yet
 * known. */
struct record {
	const struct account *account;
	const struct envelope *envelope;
	const struct delivery *delivery;
	const struct error *err; /* clean on success */
	const char *status;	 /* "EX_TEMPFAIL"; NULL: as the fault says */
	const char *reply;   /* that decided; NULL: as the error and the delivery tell */
	const char *remark;  /* something that was put right on the way; NULL: nothing */
	const char *program; /* argv[0], for syslog */
	bool kept;	     /* the queue has it: err is only why it could not go */
	const char *queue;   /* ID in the queue; NULL: it is not there */
	const char *tag;     /* name in syslog; NULL: postrider */
	bool as_sendmail; /* called by a sendmail's name: its callers look into syslog */
};

/* Writes the line where the account wants it. Trouble with the log file is told in
 * PROBLEM (a sentence in the arena, or NULL) and changes nothing else. */
void journal_write(struct arena *arena, const struct record *record,
		   const char **problem);

#endif
