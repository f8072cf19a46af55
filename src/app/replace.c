/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces files of the user in one step. */
#include "app/replace.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 /* as the kernel has it */ };

const char *
folder_of(struct arena *arena, const char *path)
{
	return dirname(arena_string(arena, path));
}

/* Where links lead that lead nowhere; else the path itself. */
static const char *
link_target(struct arena *arena, const char *path)
{
	char target[PATH_MAX];
	ssize_t len;

	for (unsigned links = 0; links < LINKS_MAX; links++) {
		len = readlink(path, target, sizeof(target));
		if (len <= 0 || len == (ssize_t)sizeof(target))
			break;
		path = arena_printf(arena, "%s%s%.*s",
				    *target == '/' ? "" : folder_of(arena, path),
				    *target == '/' ? "" : "/", (int)len, target);
	}
	return path;
}

const char *
real_file(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL), here[PATH_MAX];
	const char *copy = real ? arena_string(arena, real) : path;

	if (!real)
		copy = link_target(arena, path);
	free(real);
	/* It may not be there yet, and what it names is looked for from elsewhere. */
	if (*copy != '/' && getcwd(here, sizeof(here)))
		copy = arena_printf(arena, "%s/%s", here, copy);
	return copy;
}

bool
is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return strcmp(one, other) == 0 || (stat(one, &a) == 0 && stat(other, &b) == 0 &&
					   a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

bool
replace_write(const char *path, struct span text, const struct stat *like,
	      char **temporary, struct error *err)
{
	CLEANUP(close_file) int fd = -1;

	*temporary = arena_printf(err->arena, "%s.XXXXXX", path);
	fd = mkostemp(*temporary, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, FAULT_CANNOT_CREATE, _("%s cannot be written"),
				  path);
	if (like && (fchown(fd, like->st_uid, like->st_gid) != 0 ||
		     fchmod(fd, like->st_mode & 0777) != 0))
		return fail_errno(err, FAULT_CANNOT_CREATE, _("%s cannot be replaced"),
				  path);
	return (write_all(fd, text.at, text.len) && fsync(fd) == 0) ||
	       fail_errno(err, FAULT_IO, _("%s cannot be written"), path);
}

bool
replace_put(const char *temporary, const char *path, struct error *err)
{
	CLEANUP(close_file)
	int folder =
		open(folder_of(err->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (rename(temporary, path) != 0)
		return fail_errno(err, FAULT_CANNOT_CREATE, _("%s cannot be written"),
				  path);
	if (folder >= 0)
		fsync(folder);
	return true;
}

bool
replace_keep(const char *path, const char *temporary, char **old, struct error *err)
{
	*old = arena_printf(err->arena, "%s.old", temporary);
	if (link(path, *old) == 0)
		return true;
	*old = NULL;
	return errno == ENOENT ||
	       fail_errno(err, FAULT_CANNOT_CREATE, _("%s cannot be replaced"), path);
}

void
replace_undo(const char *path, const char *old)
{
	if ((old ? rename(old, path) : unlink(path)) != 0)
		errno = 0;
}
