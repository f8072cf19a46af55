/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user is told on standard error: failures, verdicts, steps, transcript,
 * progress. */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include "base/error.h"
#include "smtp/session.h"
#include "smtp/submit.h"

#include <stdio.h>

/* How much is told while it happens. */
struct reporter {
	const char *program;   /* the name that lines begin with */
	bool verbose;	       /* -v: the steps */
	bool debug;	       /* --debug: every line, secrets masked */
	bool quiet;	       /* -oeq: nothing */
	FILE *dialogue;	       /* where the lines of --debug go */
	bool progress_shown;   /* a progress line stands on the terminal */
	int64_t started, last; /* of the progress line */
};

/* "PROGRAM: " and the text, one line; on a terminal broken so that it fits, and in the
 * place of a progress line. */
void report_line(struct reporter *reporter, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The sentence, the server's words in quotes, and the hint. */
void report_error(struct reporter *reporter, const struct error *err);
/* Who has the message and who has not; nothing for one recipient or when all have it. */
void report_verdicts(struct reporter *reporter, const struct delivery *delivery);
/* The session's watcher for this reporter, which must outlive it. */
struct watcher report_watcher(struct reporter *reporter);

#endif
