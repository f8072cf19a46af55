/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes, checks and orders the folder of the queue. */
#include "queue/spool.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char version[] = "postrider queue 1\n";

static const struct {
	const char *folder, *word;
} places[PLACE_COUNT] = {
	[PLACE_WAITING] = { "msg", "waiting" },
	[PLACE_HELD] = { "hold", "held" },
	[PLACE_FAILED] = { "failed", "failed" },
	[PLACE_CORRUPT] = { "corrupt", "corrupt" },
};

const char *
place_word(enum place place)
{
	return places[place].word;
}

/* ---- names ---- */

int64_t
wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
id_make(char id[ID_DIGITS + 1])
{
	const uint64_t low = 0xffffffffffffU;
	uint64_t random = 0;

	/* Without entropy the clock's nanoseconds have to do; the name is taken only if
	 * it is free. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(random)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		random = (uint64_t)now.tv_nsec * 2654435761U ^ (uint64_t)getpid() << 24;
	}
	snprintf(id, ID_DIGITS + 1, "%012" PRIX64 "%012" PRIX64,
		 (uint64_t)wall_ms() & low, random & low);
}

static bool
is_hex(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.at[i]) && !(text.at[i] >= 'A' && text.at[i] <= 'F'))
			return false;
	return true;
}

bool
is_id(struct span text)
{
	return text.len == ID_DIGITS && is_hex(text);
}

int64_t
id_time(const char *id)
{
	char digits[ID_DIGITS / 2 + 1] = "";

	memcpy(digits, id, sizeof(digits) - 1);
	return (int64_t)strtoull(digits, NULL, 16);
}

void
name_print(const struct entry_name *name, char out[NAME_ROOM])
{
	snprintf(out, NAME_ROOM, "%s-%s-%" PRIu64, name->id, name->tag, name->size);
}

bool
name_parse(const char *text, struct entry_name *name)
{
	struct span all = span_of(text), id = span_part(all, 0, ID_DIGITS);
	struct span tag = span_part(all, ID_DIGITS + 1, TAG_DIGITS);
	struct span size = span_part(all, ID_DIGITS + TAG_DIGITS + 2, SIZE_MAX);

	if (!is_id(id) || tag.len != TAG_DIGITS || !is_hex(tag) ||
	    all.at[ID_DIGITS] != '-' || all.at[ID_DIGITS + 1 + TAG_DIGITS] != '-' ||
	    !span_number(size, &name->size))
		return false;
	memcpy(name->id, id.at, ID_DIGITS);
	memcpy(name->tag, tag.at, TAG_DIGITS);
	name->id[ID_DIGITS] = name->tag[TAG_DIGITS] = '\0';
	/* The file must be found again by what name_print makes of it. */
	return size.len == 1 || size.at[0] != '0';
}

/* ---- opened and made ---- */

bool
spool_fail(const char *path, const char *what, struct error *err)
{
	static const int for_good[] = { EACCES,	 EPERM, EROFS, ENOENT,
					ENOTDIR, ELOOP, EEXIST };
	enum fault fault = FAULT_TEMPORARY;

	for (size_t i = 0; i < sizeof(for_good) / sizeof(for_good[0]); i++)
		if (errno == for_good[i])
			fault = FAULT_CANNOT_CREATE;
	return fail_errno(err, fault, "%s: %s", path, what);
}

bool
sync_folder(int folder)
{
	return fsync(folder) == 0 || errno == EINVAL;
}

static bool
make_folder(int at, const char *name)
{
	if (mkdirat(at, name, 0700) == 0)
		return sync_folder(at);
	return errno == EEXIST;
}

static bool
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct arena arena = { 0 };
	CLEANUP(close_file) int parent = -1;
	const char *name =
		slash > path ? arena_copy(&arena, path, (size_t)(slash - path)) : "/";

	parent = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	arena_release(&arena);
	return parent >= 0 && sync_folder(parent);
}

/* PATH and what is above it. */
static bool
make_path(char *path)
{
	char *slash = strrchr(path, '/');
	bool above;

	/* It may be there and not yet on the disk. */
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return sync_parent(path);
	if (errno != ENOENT || !slash || slash == path)
		return false;
	*slash = '\0';
	above = make_path(path);
	*slash = '/';
	if (!above || (mkdir(path, 0700) != 0 && errno != EEXIST))
		return false;
	return sync_parent(path);
}

/* Others may be making the same queue at this moment. */
static bool
make_version(const struct spool *spool)
{
	CLEANUP(close_file) int fd = -1;
	char tmp[NAME_ROOM];
	int saved;

	snprintf(tmp, sizeof(tmp), "tmp/VERSION.%ld", (long)getpid());
	fd = openat(spool->fd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd >= 0 && write_all(fd, version, strlen(version)) && fsync(fd) == 0 &&
	    renameat(spool->fd, tmp, spool->fd, "VERSION") == 0)
		return sync_folder(spool->fd);
	saved = errno;
	if (fd >= 0)
		unlinkat(spool->fd, tmp, 0);
	errno = saved;
	return false;
}

static bool
make_all(const struct spool *spool)
{
	static const char *const folders[] = { "tmp",	  "msg",     "hold",  "failed",
					       "corrupt", "account", "limits" };
	CLEANUP(close_file) int buckets = -1;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!make_folder(spool->fd, folders[i]))
			return false;
	buckets = openat(spool->fd, "msg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (buckets < 0)
		return false;
	for (unsigned i = 0; i < 256; i++) {
		char name[3];

		snprintf(name, sizeof(name), "%02X", i);
		if (mkdirat(buckets, name, 0700) != 0 && errno != EEXIST)
			return false;
	}
	if (!sync_folder(buckets))
		return false;
	if (mkfifoat(spool->fd, "wake", 0600) != 0 && errno != EEXIST)
		return false;
	return make_version(spool);
}

/* The version file is made last: without it the folder is not ready. */
static bool
is_ready(const struct spool *spool, bool *ready, struct error *err)
{
	char text[sizeof(version) + 16] = "";
	CLEANUP(close_file)
	int fd = openat(spool->fd, "VERSION",
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	*ready = false;
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return spool_fail(spool->path, _("The queue cannot be read"), err);
	if (strcmp(text, version) != 0)
		return fail(err, FAULT_CANNOT_CREATE,
			    _("The queue %s was made by another version of postrider, "
			      "which is needed to read it"),
			    spool->path);
	*ready = true;
	return true;
}

static bool
is_safe(const struct spool *spool, struct error *err)
{
	struct stat info;

	if (fstat(spool->fd, &info) != 0)
		return spool_fail(spool->path, _("The queue cannot be read"), err);
	if (info.st_uid == geteuid() && !(info.st_mode & (S_IWGRP | S_IWOTH)))
		return true;
	return fail(err, FAULT_CANNOT_CREATE,
		    _("The queue %s must belong to the user who sends and be writable by "
		      "nobody else"),
		    spool->path);
}

bool
spool_open(const char *path, struct spool *spool, struct error *err)
{
	bool ready = false;

	*spool = (struct spool){ .path = path, .fd = -1 };
	spool->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (spool->fd < 0)
		return spool_fail(path, _("The queue cannot be opened"), err);
	if (!is_safe(spool, err) || !is_ready(spool, &ready, err) || !ready)
		spool_close(spool);
	return err->fault == FAULT_NONE;
}

bool
spool_make(const char *path, struct spool *spool, struct error *err)
{
	char *copy;
	bool made;

	if (!spool_open(path, spool, err))
		return false;
	if (spool->fd >= 0)
		return true;
	copy = strdup(path);
	if (!copy)
		out_of_memory();
	made = make_path(copy);
	free(copy);
	if (!made)
		return spool_fail(path, _("The queue cannot be made"), err);
	spool->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->fd < 0)
		return spool_fail(path, _("The queue cannot be opened"), err);
	if (is_safe(spool, err) &&
	    (make_all(spool) || spool_fail(path, _("The queue cannot be made"), err)))
		return true;
	spool_close(spool);
	return false;
}

void
spool_close(struct spool *spool)
{
	close_file(&spool->fd);
}

/* ---- files ---- */

int
spool_folder(const struct spool *spool, enum place place, const char *id)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	char name[16];
	int folder;

	if (place == PLACE_WAITING)
		snprintf(name, sizeof(name), "msg/%s", id + ID_DIGITS - 2);
	else
		snprintf(name, sizeof(name), "%s", places[place].folder);
	folder = openat(spool->fd, name, flags);
	/* Somebody has taken it away; all others must not suffer from that. */
	if (folder < 0 && errno == ENOENT && make_folder(spool->fd, name))
		folder = openat(spool->fd, name, flags);
	return folder;
}

bool
spool_find(const struct spool *spool, enum place place, const char *id,
	   struct entry_name *name)
{
	int folder = spool_folder(spool, place, id);
	DIR *all = folder >= 0 ? fdopendir(folder) : NULL;
	const struct dirent *file;
	bool found = false;

	if (!all) {
		close_file(&folder);
		return false;
	}
	while (!found && (file = readdir(all)))
		found = strncmp(file->d_name, id, ID_DIGITS) == 0 &&
			name_parse(file->d_name, name);
	closedir(all);
	return found;
}

bool
spool_set_aside(const struct spool *spool, int folder, const char *file)
{
	CLEANUP(close_file) int corrupt = spool_folder(spool, PLACE_CORRUPT, file);
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s", file);
	for (unsigned i = 1; corrupt >= 0 && i < 1000; i++) {
		if (rename_new(folder, file, corrupt, name))
			return sync_folder(corrupt) && sync_folder(folder);
		if (errno != EEXIST)
			break;
		snprintf(name, sizeof(name), "%.*s.%u", NAME_MAX - 8, file, i);
	}
	return false;
}

bool
spool_move(const struct spool *spool, const struct entry_name *name, enum place from,
	   enum place to, struct error *err)
{
	CLEANUP(close_file) int source = spool_folder(spool, from, name->id);
	CLEANUP(close_file) int target = spool_folder(spool, to, name->id);
	char file[NAME_ROOM];

	name_print(name, file);
	if (source >= 0 && target >= 0) {
		if (rename_new(source, file, target, file)) {
			if (sync_folder(target) && sync_folder(source))
				return true;
		} else if (errno == EEXIST && to != PLACE_WAITING &&
			   spool_set_aside(spool, source, file)) {
			return true;
		}
	}
	return spool_fail(spool->path, _("A message cannot be moved"), err);
}

bool
spool_rename(const struct spool *spool, enum place place, const struct entry_name *from,
	     const struct entry_name *to)
{
	CLEANUP(close_file) int folder = spool_folder(spool, place, from->id);
	char old[NAME_ROOM], new[NAME_ROOM];

	name_print(from, old);
	name_print(to, new);
	return folder >= 0 && renameat(folder, old, folder, new) == 0 &&
	       sync_folder(folder);
}

bool
spool_remove(const struct spool *spool, enum place place, const struct entry_name *name,
	     bool durable)
{
	CLEANUP(close_file) int folder = spool_folder(spool, place, name->id);
	char file[NAME_ROOM];

	name_print(name, file);
	return folder >= 0 && unlinkat(folder, file, 0) == 0 &&
	       (!durable || sync_folder(folder));
}

/* ---- the resident runner ---- */

bool
spool_be_runner(const struct spool *spool, bool waits, int *lock)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	*lock = openat(spool->fd, "runner", flags, 0600);
	/* Something else than a file would keep all mail. */
	if (*lock < 0 && (errno == EISDIR || errno == ELOOP) &&
	    spool_set_aside(spool, spool->fd, "runner"))
		*lock = openat(spool->fd, "runner", flags, 0600);
	if (*lock >= 0 && flock(*lock, waits ? LOCK_EX : LOCK_EX | LOCK_NB) == 0) {
		/* For people who look: it is not needed. */
		if (ftruncate(*lock, 0) == 0 && write_all(*lock, text, (size_t)len))
			return true;
		return true;
	}
	close_file(lock);
	return false;
}

static int
open_lock(const struct spool *spool)
{
	return openat(spool->fd, "runner",
		      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

bool
spool_has_runner(const struct spool *spool)
{
	CLEANUP(close_file) int fd = open_lock(spool);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

pid_t
spool_last_runner(const struct spool *spool)
{
	CLEANUP(close_file) int fd = open_lock(spool);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

void
spool_wake(const struct spool *spool)
{
	CLEANUP(close_file)
	int fd =
		openat(spool->fd, "wake", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	/* When it is full, the runner has enough to wake from. */
	if (fd >= 0 && !write_all(fd, "\n", 1))
		return;
}

int
spool_listen(const struct spool *spool)
{
	/* For writing, too: it is then never at its end. */
	int fd = openat(spool->fd, "wake", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	struct stat info;

	/* Anything else would have news for ever. */
	if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISFIFO(info.st_mode)))
		close_file(&fd);
	return fd;
}
