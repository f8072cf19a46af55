/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions that take time, each answered by a child process, so that many are asked at
 * once and none outlives its deadline. */
#ifndef BASE_ERRAND_H
#define BASE_ERRAND_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <sys/types.h>

enum { ERRAND_ANSWER_MAX = 64 * 1024 /* octets */ };

/* One under way. All zero: none. */
struct errand {
	pid_t child; /* 0: none */
	int answer;  /* what it writes; meaningless without a child */
};

/* Finds the answer, in the child. */
typedef void errand_work(const void *question, struct buf *answer);

bool errand_start(struct errand *errand, errand_work *work, const void *question,
		  struct error *err) MUST_CHECK;
/* Waits until DEADLINE for the whole answer, which is added to ANSWER. False when there is
 * none: it came too late, is too long, or the child died. The errand is over in each
 * case. */
bool errand_take(struct errand *errand, int64_t deadline, struct buf *answer) MUST_CHECK;
/* Ends one whose answer is no longer wanted. */
void errand_abandon(struct errand *errand);

#endif
