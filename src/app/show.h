/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown on standard output when it was asked for. */
#ifndef APP_SHOW_H
#define APP_SHOW_H

#include "app/send.h"

/* --version: the version and what was built in. */
void show_version(void);
/* -P: the account's settings, each with its origin. */
void show_pretend(struct run *run);
/* --dry-run: server, envelope, and the header as it would go out. */
void show_dry_run(const struct run *run, const struct envelope *envelope,
		  const struct composed *composed);
/* info, --serverinfo: connects, and tells what the server is and can do; with --vrfy and
 * --expn logs in and asks. */
bool show_info(struct run *run, struct error *err) MUST_CHECK;
/* --rmqs: ETRN (RFC 1985). */
bool start_remote_queue(struct run *run, struct error *err) MUST_CHECK;

#endif
