/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the place of a user's queue. */
#include "queue/home.h"

#include "base/file.h"
#include "queue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *
spool_path(struct arena *arena, const char *setting)
{
	const char *state;
	char folder[PATH_MAX];

	if (setting && *setting == '/')
		return setting;
	if (setting)
		return getcwd(folder, sizeof(folder))
			       ? arena_printf(arena, "%s/%s", folder, setting)
			       : NULL;
	if (getuid() == 0)
		return "/var/spool/postrider";
	state = state_folder(arena);
	return state ? arena_printf(arena, "%s/postrider/queue", state) : NULL;
}

bool
spool_is_possible(const char *path, struct error *err)
{
	char *above;

	if (!path)
		return spool_impossible(NULL, err);
	if (access(path, F_OK) == 0)
		return true;
	above = arena_string(err->arena, path);
	while (access(above, F_OK) != 0 && errno == ENOENT && strrchr(above + 1, '/'))
		*strrchr(above + 1, '/') = '\0';
	return faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == 0 ||
	       spool_fail(path, _("The queue cannot be made"), err);
}

bool
spool_impossible(const char *setting, struct error *err)
{
	const char *folder = setting ? NULL : state_to_make(err->arena);

	if (!err->fault)
		fail(err, FAULT_CANNOT_CREATE,
		     _("There is no place for a queue: this user has no home folder; set "
		       "queue_dir"));
	if (folder && err->fault == FAULT_CANNOT_CREATE)
		fail_hint(err, arena_printf(err->arena,
					    _("Root can give this user a place: "
					      "install -d -o %s -m 700 %s"),
					    strrchr(folder, '/') + 1, folder));
	return false;
}
