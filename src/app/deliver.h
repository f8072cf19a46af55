/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message that is ready, to its server: now; or by another account; or later. */
#ifndef APP_DELIVER_H
#define APP_DELIVER_H

#include "app/send.h"
#include "queue/spool.h"

/* What is known about the mail itself. */
struct mail {
	struct message message;
	struct envelope envelope;
	struct composed composed;
	struct arena names; /* the addresses of the header, which nobody needs once it is
			     * composed */
	struct delivery delivery;
	bool discarded; /* an alias sends all of it to /dev/null */
	/* Of the account that was chosen first, whose queue it is. */
	struct account_key key;
	struct queue_policy queue;
	char kept[ID_DIGITS + 1]; /* its ID in the queue; "": it is not there */
	/* The first failure that was only for now; when it was kept, why. */
	struct error tried;
	bool limited; /* which was no failure of a server, but a limit of ours */
	/* Why nobody tries again before the next message comes, in English; or NULL. */
	const char *stays;
};

/* True when every recipient has the message, or the queue has it for those who wait.
 * Nobody gets it twice, but when a line was lost behind the content. Verdicts stand in
 * mail->delivery. */
bool deliver(struct run *run, struct mail *mail, struct error *err) MUST_CHECK;

/* The configuration could not be used, for the reason in ERR. When nobody is there to be
 * told, and there is a queue already, the run gets an account with which the message is
 * only kept: true, and ERR is clean. */
bool deliver_later(struct run *run, struct error *err) MUST_CHECK;

/* Looks for the account that says where the queue is; without one it is in the usual
 * place. What is wrong with the configuration is reported, or it fails, when that leaves
 * open where the queue is. */
bool run_find_queue(struct run *run, struct error *err) MUST_CHECK;
/* Where this run's queue is; NULL when there is no place for one. */
const char *run_spool_path(const struct run *run);

#endif
