/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts connections by locked files, and messages by the times of the last ones. */
#include "queue/limits.h"

#include "base/crc.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TICK = 5,    /* ms between two looks at a lock */
	TRIES = 100, /* of them */
	BUSY = 1000  /* ms until a lock may be free that was not */
};

static uint32_t
add_text(uint32_t crc, const char *text)
{
	return text ? crc32c(crc, text, strlen(text) + 1) : crc;
}

static int
open_file(const struct spool *spool, const struct account *account, const char *kind,
	  unsigned number)
{
	uint32_t tag = add_text(0, account->endpoint.host);
	char name[NAME_ROOM];

	tag = add_text(tag, account->endpoint.socket);
	tag = add_text(tag, account->login.user);
	snprintf(name, sizeof(name), "limits/%08" PRIX32 ".%s.%u", tag, kind, number);
	if (mkdirat(spool->fd, "limits", 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(spool->fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

bool
limits_connect(const struct spool *spool, const struct account *account, unsigned most,
	       int *slot)
{
	char kind[32];

	/* A fallback may be another port of the same server. */
	snprintf(kind, sizeof(kind), "connection%u", account->endpoint.ports[0]);
	for (unsigned i = 0; i < most; i++) {
		*slot = open_file(spool, account, kind, i);
		if (*slot < 0 || flock(*slot, LOCK_EX | LOCK_NB) == 0)
			return true;
		close_file(slot);
	}
	return false;
}

/* ---- a ring of times ---- */

/* In the file, in ms since 1970: [0] is how many were counted so far, then come the last
 * SIZE of them; that of number N is at N % SIZE. A place is taken again when what is in it
 * is old enough. */
struct ring {
	int fd; /* locked; -1: nobody can count */
	unsigned size;
	int64_t counted;
};

static int64_t
get(const struct ring *ring, off_t place)
{
	int64_t value = 0;

	if (pread(ring->fd, &value, sizeof(value), place * (off_t)sizeof(value)) !=
	    (ssize_t)sizeof(value))
		return 0;
	return value;
}

/* Trouble costs one message too many. */
static void
put(const struct ring *ring, off_t place, int64_t value)
{
	if (pwrite(ring->fd, &value, sizeof(value), place * (off_t)sizeof(value)) !=
	    (ssize_t)sizeof(value))
		errno = 0;
}

static off_t
place_of(const struct ring *ring, int64_t number)
{
	return 1 + (off_t)(number % ring->size);
}

/* False when somebody else has it. */
static bool
open_ring(const struct spool *spool, const struct account *account, struct ring *ring)
{
	ring->size = account->queue.rate.count;
	ring->fd = ring->size ? open_file(spool, account, "rate", ring->size) : -1;
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
	ring->counted = ring->fd >= 0 ? get(ring, 0) : 0;
	if (ring->counted < 0 || ring->counted == INT64_MAX)
		ring->counted = 0;
	return true;
}

int64_t
limits_count(const struct spool *spool, const struct account *account, int64_t *counted)
{
	const int64_t now = wall_ms(),
		      window = (int64_t)account->queue.rate.seconds * 1000;
	struct ring ring;
	int64_t before, wait = 0;
	off_t next;

	*counted = 0;
	if (!open_ring(spool, account, &ring))
		return BUSY;
	if (ring.fd < 0)
		return 0;
	next = place_of(&ring, ring.counted);
	before = get(&ring, next);
	/* A clock that went back must not stop everything. */
	if (before > 0 && before <= now && now - before < window) {
		wait = before + window - now;
	} else {
		*counted = now;
		put(&ring, next, now);
		put(&ring, 0, ring.counted + 1);
	}
	close_file(&ring.fd);
	return wait;
}

void
limits_give_back(const struct spool *spool, const struct account *account,
		 int64_t counted)
{
	struct ring ring;
	off_t next;

	if (!counted || !open_ring(spool, account, &ring) || ring.fd < 0)
		return;
	next = place_of(&ring, ring.counted);
	for (int64_t i = ring.counted; i > 0 && ring.counted - i < ring.size; i--) {
		off_t place = place_of(&ring, i - 1);

		if (get(&ring, place) != counted)
			continue;
		/* What would have been looked at next is looked at in its stead. */
		put(&ring, place, get(&ring, next));
		put(&ring, next, 0);
		break;
	}
	close_file(&ring.fd);
}
