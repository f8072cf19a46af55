/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts connections by locked files, and messages by the times of the last ones. */
#include "queue/limits.h"

#include "base/file.h"
#include "queue/keep.h"

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
open_file(const struct spool *spool, const struct account_key *key, const char *kind,
	  unsigned number)
{
	struct account_key whole = *key;
	char name[NAME_ROOM], tag[TAG_DIGITS + 1];

	/* Without a file, what was set is all that there is. */
	if (!key->without_file)
		whole.assignment_count = 0;
	account_tag(&whole, tag);
	snprintf(name, sizeof(name), "limits/%s.%s%u", tag, kind, number);
	if (mkdirat(spool->fd, "limits", 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(spool->fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

bool
limits_connect(const struct spool *spool, const struct account_key *key, unsigned most,
	       int *slot)
{
	for (unsigned i = 0; i < most; i++) {
		*slot = open_file(spool, key, "connection", i);
		if (*slot < 0 || flock(*slot, LOCK_EX | LOCK_NB) == 0)
			return true;
		close_file(slot);
	}
	return false;
}

/* ---- a ring of times ---- */

/* In the file, in ms since 1970: [0] is how many were counted so far, then come the last
 * rate.count of them. */
struct ring {
	int fd; /* locked; -1: nobody can count */
	struct rate rate;
	int64_t counted;
};

/* False when somebody else has it. */
static bool
open_ring(const struct spool *spool, const struct account_key *key, struct ring *ring)
{
	ring->fd = open_file(spool, key, "rate", ring->rate.count);
	for (unsigned i = 0; ring->fd >= 0 && flock(ring->fd, LOCK_EX | LOCK_NB) != 0;
	     i++) {
		bool busy = errno == EWOULDBLOCK;

		/* Whoever holds it may have been stopped. */
		if (!busy || i == TRIES) {
			close_file(&ring->fd);
			return !busy;
		}
		poll(NULL, 0, TICK);
	}
	if (ring->fd >= 0 && (pread(ring->fd, &ring->counted, sizeof(ring->counted), 0) !=
				      (ssize_t)sizeof(ring->counted) ||
			      ring->counted < 0 || ring->counted == INT64_MAX))
		ring->counted = 0;
	return true;
}

/* Where the time of that message is. */
static off_t
place(const struct ring *ring, int64_t number)
{
	return (off_t)sizeof(number) * (1 + (off_t)(number % ring->rate.count));
}

/* Trouble costs one message too many. */
static void
put(const struct ring *ring, int64_t value, off_t at)
{
	if (pwrite(ring->fd, &value, sizeof(value), at) != (ssize_t)sizeof(value))
		errno = 0;
}

int64_t
limits_count(const struct spool *spool, const struct account_key *key, struct rate rate)
{
	const int64_t now = wall_ms(), window = (int64_t)rate.seconds * 1000;
	struct ring ring = { .fd = -1, .rate = rate };
	int64_t before = 0, wait = 0;

	if (rate.count && !open_ring(spool, key, &ring))
		return BUSY;
	if (ring.fd < 0)
		return 0;
	if (pread(ring.fd, &before, sizeof(before), place(&ring, ring.counted)) !=
	    (ssize_t)sizeof(before))
		before = 0;
	/* A clock that went back must not stop everything. */
	if (before > 0 && before <= now && now - before < window) {
		wait = before + window - now;
	} else {
		put(&ring, now, place(&ring, ring.counted));
		put(&ring, ring.counted + 1, 0);
	}
	close_file(&ring.fd);
	return wait;
}

/* The last one that was counted is taken back, whoever counted it: they are of one age. */
void
limits_give_back(const struct spool *spool, const struct account_key *key,
		 struct rate rate)
{
	struct ring ring = { .fd = -1, .rate = rate };

	if (!rate.count || !open_ring(spool, key, &ring) || ring.fd < 0)
		return;
	if (ring.counted) {
		put(&ring, ring.counted - 1, 0);
		put(&ring, 0, place(&ring, ring.counted - 1));
	}
	close_file(&ring.fd);
}
