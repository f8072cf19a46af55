/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts connections by locked files, and messages by the times of the last ones. */
#include "queue/limits.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TICK = 5,    /* ms between two looks at a lock */
	TRIES = 100, /* of them */
	BUSY = 1000  /* ms until a lock may be free that was not */
};

static int
open_file(const struct spool *spool, const char *tag, const char *kind, unsigned number)
{
	char name[NAME_ROOM];

	snprintf(name, sizeof(name), "limits/%s.%s%u", tag, kind, number);
	if (mkdirat(spool->fd, "limits", 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(spool->fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

bool
limits_connect(const struct spool *spool, const char *tag, unsigned most, int *slot)
{
	for (unsigned i = 0; i < most; i++) {
		*slot = open_file(spool, tag, "connection", i);
		if (*slot < 0 || flock(*slot, LOCK_EX | LOCK_NB) == 0)
			return true;
		close_file(slot);
	}
	return false;
}

/* The file is a ring of times, in ms since 1970: [0] is how many were counted so far, then
 * come the last rate.count of them. */
int64_t
limits_count(const struct spool *spool, const char *tag, struct rate rate)
{
	CLEANUP(close_file) int fd = -1;
	int64_t counted = 0, before = 0, now = wall_ms(), window;
	off_t at;

	if (!rate.count)
		return 0;
	window = (int64_t)rate.seconds * 1000;
	fd = open_file(spool, tag, "rate", rate.count);
	if (fd < 0)
		return 0;
	for (unsigned i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		/* Whoever holds it may have been stopped. */
		if (errno != EWOULDBLOCK || i == TRIES)
			return errno == EWOULDBLOCK ? BUSY : 0;
		poll(NULL, 0, TICK);
	}
	if (pread(fd, &counted, sizeof(counted), 0) != (ssize_t)sizeof(counted) ||
	    counted < 0 || counted == INT64_MAX)
		counted = 0;
	at = (off_t)sizeof(counted) * (1 + (off_t)(counted % rate.count));
	if (pread(fd, &before, sizeof(before), at) != (ssize_t)sizeof(before))
		before = 0;
	/* A clock that went back must not stop everything. */
	if (before > 0 && before <= now && now - before < window)
		return before + window - now;
	counted++;
	if (pwrite(fd, &now, sizeof(now), at) != (ssize_t)sizeof(now) ||
	    pwrite(fd, &counted, sizeof(counted), 0) != (ssize_t)sizeof(counted))
		errno = 0;
	return 0;
}
