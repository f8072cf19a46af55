/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A helper program that prints a secret. */
#ifndef SECRET_COMMAND_H
#define SECRET_COMMAND_H

#include "base/error.h"
#include "secret/secret.h"

#include <stdint.h>
#include <sys/types.h>

/* One run. All zero: none. */
struct command {
	const char *setting; /* whose command it is: "passwordeval", "eval" */
	pid_t child;	     /* 0: not running */
	int output; /* its standard output, ours to read; meaningless without a child */
};

/* Runs `sh -c TEXT` with /dev/null as its standard input, our standard error, signals
 * reset. SETTING is named in every sentence, and TEXT in none: it may hold a secret. */
bool command_start(struct command *command, const char *setting, const char *text,
		   struct error *err) MUST_CHECK;
/* The same with INPUT as its standard input. */
bool command_start_with(struct command *command, const char *setting, const char *text,
			struct span input, struct error *err) MUST_CHECK;
/* Its whole output, at most 64 KiB, into HEARD, which is empty before and for the caller
 * to wipe; else as command_take. */
bool command_hear(struct command *command, int64_t deadline, struct buf *heard,
		  struct error *err) MUST_CHECK;
/* The first line of its output, without the line end; the whole output may have 64 KiB.
 * Waits until DEADLINE for output and end; what it leaves running behind is not waited
 * for. FAULT_CONFIG: it failed (status or signal in the sentence), said nothing or too
 * much, or took too long (then it is ended). The run is over in every case. */
bool command_take(struct command *command, int64_t deadline, struct secret *secret,
		  struct error *err) MUST_CHECK;
/* Ends a command whose answer is no longer wanted. */
void command_abandon(struct command *command);

#endif
