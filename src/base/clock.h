/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time that only goes forward, and points in it by which something must have happened. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Microseconds of the monotonic clock. */
int64_t now_us(void);

/* A point of that clock; DEADLINE_NEVER never comes. */
#define DEADLINE_NEVER INT64_MAX

int64_t deadline_in(unsigned seconds);
/* What poll(2) wants: milliseconds until then, rounded up; 0 when it has passed; -1 for
 * never. */
int deadline_left(int64_t deadline);

#endif
