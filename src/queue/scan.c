/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks through the folders of the queue. */
#include "queue/scan.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 256, HOUR = 60 * 60, TMP_AGE = 36 * HOUR, FAILED_AGE = 14 * 24 * HOUR };

/* ---- messages ---- */

/* FOLDER is taken over. False when VISIT wants no more, or with errno set. */
static bool
scan_folder(int folder, const struct scan *scan)
{
	DIR *all = folder >= 0 ? fdopendir(folder) : NULL;
	const struct dirent *file;
	struct entry_name name;
	bool more = true;

	if (!all) {
		close_file(&folder);
		return false;
	}
	errno = 0;
	while (more && (file = readdir(all))) {
		if (strcmp(file->d_name, ".") == 0 || strcmp(file->d_name, "..") == 0)
			continue;
		if (name_parse(file->d_name, &name))
			more = scan->visit(scan->context, folder, file->d_name, &name);
		else if (scan->stranger)
			scan->stranger(scan->context, folder, file->d_name);
		errno = 0;
	}
	more = more && errno == 0;
	closedir(all);
	return more;
}

bool
scan_place(const struct spool *spool, enum place place, const struct scan *scan)
{
	char id[ID_DIGITS + 1] = "";

	memset(id, '0', ID_DIGITS);
	if (place != PLACE_WAITING)
		return scan_folder(spool_folder(spool, place, id), scan) || errno == 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		snprintf(id + ID_DIGITS - 2, 3, "%02X", i);
		if (!scan_folder(spool_folder(spool, place, id), scan))
			return errno == 0;
	}
	return true;
}

/* ---- litter ---- */

/* Removes the files of a folder that were not changed for AGE seconds, but those that a
 * process holds. */
static void
remove_old(const struct spool *spool, const char *name, time_t age)
{
	int folder =
		openat(spool->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *all = folder >= 0 ? fdopendir(folder) : NULL;
	time_t limit = (time_t)(wall_ms() / 1000) - age;
	const struct dirent *file;
	struct stat info;

	if (!all) {
		close_file(&folder);
		return;
	}
	while ((file = readdir(all))) {
		CLEANUP(close_file) int fd = -1;

		if (fstatat(folder, file->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(info.st_mode) || info.st_ctim.tv_sec > limit ||
		    info.st_mtim.tv_sec > limit)
			continue;
		fd = openat(folder, file->d_name,
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(folder, file->d_name, 0);
	}
	closedir(all);
}

void
scan_clean(const struct spool *spool)
{
	remove_old(spool, "tmp", TMP_AGE);
	remove_old(spool, "failed", FAILED_AGE);
}

/* ---- what was found ---- */

void
names_add(struct names *names, const struct entry_name *name)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 64;
		struct entry_name *more =
			realloc(names->all, checked_product(room, sizeof(*more)));

		if (!more)
			out_of_memory();
		names->all = more;
		names->room = room;
	}
	names->all[names->count++] = *name;
}

static int
by_account_and_time(const void *a, const void *b)
{
	const struct entry_name *one = a, *other = b;
	int order = strcmp(one->tag, other->tag);

	return order ? order : strcmp(one->id, other->id);
}

void
names_sort(struct names *names)
{
	if (names->count)
		qsort(names->all, names->count, sizeof(*names->all), by_account_and_time);
}
