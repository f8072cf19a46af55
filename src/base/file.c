/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes descriptors to the last byte. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Octets at a time; a size_t may have 32 bits, a message more. */
#define SENDFILE_MAX ((size_t)1 << 30)

void
close_file(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void
release_buf(struct buf *buf)
{
	buf_release(buf);
}

bool
read_to_end(int fd, size_t limit, struct buf *out)
{
	for (;;) {
		char *room = buf_reserve(out, READ_PIECE);
		ssize_t got = read(fd, room, out->cap - out->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		out->len += (size_t)got;
		out->at[out->len] = '\0';
		if (out->len > limit) {
			errno = EFBIG;
			return false;
		}
	}
}

bool
read_part(int fd, uint64_t at, char *room, size_t len)
{
	while (len) {
		ssize_t got = pread(fd, room, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		at += (uint64_t)got;
		room += got;
		len -= (size_t)got;
	}
	return true;
}

bool
write_all(int fd, const char *at, size_t len)
{
	while (len) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

bool
rename_new(int from, const char *old, int to, const char *name)
{
	if (renameat2(from, old, to, name, RENAME_NOREPLACE) == 0)
		return true;
	/* Not every file system can do that in one step. */
	return (errno == EINVAL || errno == ENOSYS) &&
	       linkat(from, old, to, name, 0) == 0 && unlinkat(from, old, 0) == 0;
}

bool
belongs_to_us(const struct stat *status)
{
	return status->st_uid == geteuid() || status->st_uid == 0;
}

bool
others_may_write(const struct stat *status)
{
	mode_t mode = status->st_mode;

	/* The group of a user is often nobody else's. */
	return S_ISREG(mode) &&
	       ((mode & S_IWOTH) ||
		((mode & S_IWGRP) && status->st_gid != getegid() && status->st_gid != 0));
}

int
open_unlinked(void)
{
	const char *folder = secure_getenv("TMPDIR");
	char name[] = "/tmp/postrider.XXXXXX";
	int fd;

	if (folder && *folder == '/') {
		fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
	}
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* Not every file system knows O_TMPFILE. */
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return memfd_create("postrider", MFD_CLOEXEC);
	unlink(name);
	return fd;
}

static bool
move_to_memory(int *fd, uint64_t size)
{
	CLEANUP(close_file) int memory = memfd_create("postrider", MFD_CLOEXEC);
	off_t at = 0;
	int before = *fd;

	if (memory < 0)
		return false;
	while ((uint64_t)at < size) {
		uint64_t rest = size - (uint64_t)at;
		size_t most = rest < SENDFILE_MAX ? (size_t)rest : SENDFILE_MAX;

		if (sendfile(memory, before, &at, most) <= 0)
			return false;
	}
	*fd = memory;
	memory = before;
	return true;
}

bool
write_unlinked(int *fd, uint64_t size, struct span text)
{
	int why;

	if (write_all(*fd, text.at, text.len))
		return true;
	why = errno;
	if (move_to_memory(fd, size) && write_all(*fd, text.at, text.len))
		return true;
	errno = why;
	return false;
}

const char *
home_folder(struct arena *arena)
{
	const char *home = secure_getenv("HOME");
	const struct passwd *user;

	if (home && *home)
		return home;
	user = getpwuid(getuid());
	return user && user->pw_dir ? arena_string(arena, user->pw_dir) : NULL;
}

/* ---- state ---- */

static bool
is_own_folder(const char *path)
{
	struct stat info;

	return path && *path == '/' && stat(path, &info) == 0 && S_ISDIR(info.st_mode) &&
	       info.st_uid == getuid();
}

/* at(1) runs with root's HOME. */
static const char *
own_home(struct arena *arena)
{
	const char *home = secure_getenv("HOME");
	const struct passwd *user;

	if (is_own_folder(home))
		return home;
	user = getpwuid(getuid());
	return user && is_own_folder(user->pw_dir) ? arena_string(arena, user->pw_dir)
						   : NULL;
}

const char *
state_to_make(struct arena *arena)
{
	const struct passwd *user;

	if (own_home(arena))
		return NULL;
	user = getpwuid(getuid());
	return user ? arena_printf(arena, "/var/lib/postrider/%s", user->pw_name)
		    : arena_printf(arena, "/var/lib/postrider/%lu",
				   (unsigned long)getuid());
}

const char *
state_folder(struct arena *arena)
{
	const char *state = secure_getenv("XDG_STATE_HOME"), *home, *given;
	const struct passwd *user;

	if (state && *state == '/')
		return state;
	home = own_home(arena);
	given = home ? NULL : state_to_make(arena);
	if (given && is_own_folder(given))
		return given;
	/* It may be open to a group of his. None is made: that of Debian's users without one
	 * is /nonexistent. */
	if (!home && (user = getpwuid(getuid())) && user->pw_dir &&
	    access(user->pw_dir, F_OK) == 0)
		home = arena_string(arena, user->pw_dir);
	return home ? arena_printf(arena, "%s/.local/state", home) : NULL;
}

bool
make_folders(struct arena *arena, const char *path)
{
	char *folder = arena_string(arena, path);

	for (char *c = folder + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(folder, 0700) != 0 && errno != EEXIST)
			return false;
		*c = '/';
	}
	return true;
}

char *
expand_home(struct arena *arena, const char *path)
{
	const char *home = path[0] == '~' && (path[1] == '/' || !path[1])
				   ? home_folder(arena)
				   : NULL;

	return home ? arena_printf(arena, "%s%s", home, path + 1)
		    : arena_string(arena, path);
}
