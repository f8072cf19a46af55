/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps sessions in files, and gives each to one process only. */
#include "net/ticket.h"

#include "base/clock.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_LINE "postrider session 1"

enum {
	ASIDE_ROOM = DIGEST_HEX + 1 + 17 /* a name, and one beside it */
};

void
ticket_wipe(struct ticket *ticket)
{
	buf_wipe(&ticket->session);
}

/* ---- the contents ---- */

static struct span
next_line(struct span *rest)
{
	size_t end = span_find(*rest, '\n');
	struct span line = span_part(*rest, 0, end);

	*rest = span_part(*rest, end + 1, SIZE_MAX);
	return line;
}

/* A clock that was set back would make a ticket last. */
static bool
read_numbers(struct span line, int64_t now, struct ticket *ticket)
{
	uint64_t kept, until, first, at = (uint64_t)now;

	if (!span_number(span_word(&line), &kept) ||
	    !span_number(span_word(&line), &until) || !span_number(line, &first) ||
	    first > 1 || kept > at || until <= at || until - kept > TICKET_LIFE)
		return false;
	ticket->until = (int64_t)until;
	ticket->first_group = first;
	return true;
}

bool
ticket_read(struct span file, const char *whole, int64_t now, struct ticket *ticket)
{
	bool known = span_equal(next_line(&file), SPAN(FIRST_LINE));
	struct span digest = next_line(&file);
	char right[DIGEST_HEX + 1];

	digest_hex(file, right);
	if (!known || !span_equal(digest, span_of(right)) ||
	    !span_equal(next_line(&file), span_of(whole)) ||
	    !read_numbers(next_line(&file), now, ticket))
		return false;
	buf_add_span(&ticket->session, file);
	return true;
}

void
ticket_write(const struct ticket *ticket, const char *whole, int64_t now,
	     struct buf *file)
{
	struct buf body = { 0 };
	char digest[DIGEST_HEX + 1];

	/* At once in full, since growing would leave copies behind. */
	buf_reserve(&body, ticket->session.len + 256);
	buf_printf(&body, "%s\n%" PRId64 " %" PRId64 " %d\n", whole, now, ticket->until,
		   ticket->first_group);
	buf_add_span(&body, buf_span(&ticket->session));
	digest_hex(buf_span(&body), digest);
	buf_reserve(file, body.len + 256);
	buf_printf(file, "%s\n%s\n", FIRST_LINE, digest);
	buf_add_span(file, buf_span(&body));
	buf_wipe(&body);
}

/* ---- the folder ---- */

/* Nobody else may put anything there. */
static int
open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd >= 0 &&
	    (fstat(fd, &info) != 0 || info.st_uid != geteuid() || (info.st_mode & 077)))
		close_file(&fd);
	return fd;
}

static int
find_folder(bool make)
{
	struct arena arena = { 0 };
	const char *state = state_folder(&arena);
	int fd = -1;

	if (state) {
		const char *path = arena_printf(&arena, "%s/postrider/tls", state);

		fd = open_folder(path);
		if (fd < 0 && make && make_folders(&arena, path) &&
		    mkdir(path, 0700) == 0)
			fd = open_folder(path);
	}
	arena_release(&arena);
	return fd;
}

/* A name that nobody else has. */
static void
name_aside(const char *place, char name[ASIDE_ROOM])
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = (uint64_t)now_us() << 22 ^ (uint64_t)getpid();
	snprintf(name, ASIDE_ROOM, "%s.%016" PRIx64, place, random);
}

static bool
is_ours(const char *name)
{
	size_t digits = 0;

	while (hex_value(name[digits]) >= 0)
		digits++;
	return digits == DIGEST_HEX;
}

/* Tickets for servers that are not used any more, and what a killed process has left. */
static void
remove_old(int folder, int64_t now)
{
	int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	DIR *names = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *one;
	struct stat info;

	if (!names) {
		close_file(&copy);
		return;
	}
	while ((one = readdir(names)))
		if (is_ours(one->d_name) &&
		    fstatat(folder, one->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    info.st_mtime + TICKET_LIFE < now)
			unlinkat(folder, one->d_name, 0);
	closedir(names);
}

/* ---- taken and kept ---- */

static bool
read_file(int folder, const char *name, struct buf *out)
{
	CLEANUP(close_file)
	int fd = openat(folder, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
	    info.st_uid != geteuid() || (info.st_mode & 077) || info.st_nlink != 1 ||
	    info.st_size > TICKET_MAX)
		return false;
	buf_reserve(out, (size_t)info.st_size + READ_PIECE);
	return read_to_end(fd, TICKET_MAX, out);
}

bool
ticket_take(const struct ticket_key *key, struct ticket *ticket)
{
	CLEANUP(close_file) int folder = find_folder(false);
	char aside[ASIDE_ROOM];
	struct buf file = { 0 };
	bool good;

	name_aside(key->place, aside);
	/* Of several processes one can rename it. */
	if (folder < 0 || renameat(folder, key->place, folder, aside) != 0)
		return false;
	good = read_file(folder, aside, &file) &&
	       ticket_read(buf_span(&file), key->whole, time(NULL), ticket);
	if (good && !ticket->session.len)
		renameat(folder, aside, folder, key->place);
	else
		unlinkat(folder, aside, 0);
	buf_wipe(&file);
	return good;
}

void
ticket_keep(const struct ticket_key *key, const struct ticket *ticket)
{
	CLEANUP(close_file) int folder = find_folder(true);
	CLEANUP(close_file) int fd = -1;
	int64_t now = time(NULL);
	char aside[ASIDE_ROOM];
	struct buf file = { 0 };

	if (folder < 0)
		return;
	remove_old(folder, now);
	name_aside(key->place, aside);
	fd = openat(folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return;
	ticket_write(ticket, key->whole, now, &file);
	if (!write_all(fd, file.at, file.len) ||
	    renameat(folder, aside, folder, key->place) != 0)
		unlinkat(folder, aside, 0);
	buf_wipe(&file);
}
