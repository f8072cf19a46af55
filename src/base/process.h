/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child processes: started clean, heard with a deadline, always reaped. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/text.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A pipe, close-on-exec, ENDS[0] to read and ENDS[1] to write. Neither end is one of the
 * three standard descriptors, even if those are closed. False with errno set. */
bool process_pipe(int ends[2]) __attribute__((warn_unused_result));

/* Runs `/bin/sh -c TEXT` with INPUT as standard input (-1: /dev/null) and OUTPUT as
 * standard output, both still the caller's to close, our standard error, and no other
 * descriptor. False with errno set.
 *
 * In the child no signal is blocked or ignored. In this process SIGCHLD gets its default
 * action if it was ignored, as some callers leave it; else nobody could learn how the
 * child ends. */
bool process_shell(const char *text, int input, int output, pid_t *child)
	__attribute__((warn_unused_result));

/* fork(2), with the same care for signals. The child is killed when this process ends
 * before it. The child must end by _exit. -1 with errno set. */
pid_t process_fork(void) __attribute__((warn_unused_result));

/* Runs this program again, in a session of its own, with "/" as its folder, /dev/null as
 * standard files and no other descriptor; it is not waited for. ARGUMENTS are
 * NULL-terminated and begin with its name. False with errno set. */
bool process_again(char *const arguments[]) __attribute__((warn_unused_result));
/* What a shell has limited for itself is no limit of what outlives it: size of files,
 * processor time and memory may be as much as they may. */
void process_lift_limits(void);

/* The state of a process as proc(5) has it: R, S, T for one that is stopped, …; 0: there is
 * no such process, or it has ended. */
char process_state(pid_t process);

/* Blocks the signals that ask a process to end, for what has to come to an end itself.
 * BEFORE is what sigprocmask(2) gets afterwards. */
void process_hold_signals(sigset_t *before);

/* Has WORK done by a copy of this process: in a session of its own, with "/" as its folder,
 * /dev/null as standard files and, of the others, only the descriptors KEPT (in rising
 * order). It is no child of this one, and ends when WORK returns. SIGTERM and SIGINT are
 * blocked there, so that it can end between two things. False with errno set. */
bool process_part(const int kept[], size_t count, void (*work)(void *context),
		  void *context) __attribute__((warn_unused_result));

enum process_result {
	PROCESS_ENDED, /* by itself or by a signal; its status is known */
	PROCESS_LATE,  /* the deadline came first */
	PROCESS_FULL,  /* it said more than there is room for */
	PROCESS_LOST,  /* somebody else has reaped it: nobody knows how it ended */
};

/* Collects what CHILD writes to the pipe FD until it has ended, or until DEADLINE. HEARD
 * gets as much as it has room for (cap) and is never moved, so that a secret leaves no
 * copies. *STATUS is that of waitpid, for PROCESS_ENDED only. The child is gone
 * afterwards in every case: late or full, it was ended. A process that the child leaves
 * behind is not waited for, although it may hold the pipe open. */
enum process_result process_hear(pid_t child, int fd, int64_t deadline, struct buf *heard,
				 int *status);

/* Ends a child (SIGTERM, a second later SIGKILL) and reaps it. */
void process_end(pid_t child);

#endif
