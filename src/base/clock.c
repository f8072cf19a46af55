/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the monotonic clock. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
deadline_in(unsigned seconds)
{
	return now_us() + (int64_t)seconds * 1000000;
}

int
deadline_left(int64_t deadline)
{
	int64_t left;

	if (deadline == DEADLINE_NEVER)
		return -1;
	left = deadline - now_us();
	if (left <= 0)
		return 0;
	left = (left + 999) / 1000;
	return left > INT_MAX ? INT_MAX : (int)left;
}
