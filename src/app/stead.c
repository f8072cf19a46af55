/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes on as somebody else. */
#include "app/stead.h"

#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
find_user(const struct request *request, const struct passwd **user, struct error *err)
{
	const char *name = request->as_user;

	*user = name ? getpwnam(name) : getpwuid(geteuid());
	if (name && !*user)
		return fail(err, FAULT_USAGE, _("There is no user %s"),
			    clean_text(err->arena, span_of(name)));
	if (name && geteuid() != 0 && (*user)->pw_uid != geteuid())
		return fail(err, FAULT_USAGE, _("Only root can look as another user"));
	return true;
}

/* What the report looks like is not cron's business. */
static bool
set_environment(const struct passwd *user)
{
	static const char *const kept[] = { "COLUMNS", "NO_COLOR", "TERM" };
	const char *values[sizeof(kept) / sizeof(kept[0])];
	bool ok = true;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		values[i] = getenv(kept[i]);
	if (clearenv() != 0)
		return false;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		ok = ok && (!values[i] || setenv(kept[i], values[i], 1) == 0);
	ok = ok && setenv("PATH", "/usr/bin:/bin", 1) == 0 &&
	     setenv("SHELL", "/bin/sh", 1) == 0;
	return ok && (!user || (setenv("HOME", user->pw_dir, 1) == 0 &&
				setenv("LOGNAME", user->pw_name, 1) == 0));
}

static bool
drop_to(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) == 0 &&
	       setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
	       setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0 &&
	       (user->pw_uid == 0 || setuid(0) != 0);
}

/* A session of its own has no terminal. */
static bool
become(const struct request *request, const struct passwd *user, struct error *err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    !set_environment(user))
		return fail_errno(err, FAULT_SYSTEM,
				  _("Cannot make an environment like cron's"));
	close(null);
	if (request->as_user && geteuid() == 0 && !drop_to(user))
		return fail_errno(err, FAULT_SYSTEM, _("Cannot become the user %s"),
				  user->pw_name);
	return true;
}

bool
take_stead(const struct request *request, struct error *err)
{
	const struct passwd *user;
	int status = 0;
	pid_t child;

	if (!request->as_cron && !request->as_user)
		return true;
	if (!find_user(request, &user, err))
		return false;
	child = process_fork();
	if (child < 0)
		return fail_errno(err, FAULT_SYSTEM, _("Cannot start another process"));
	if (child == 0)
		return become(request, user, err);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : fault_status(FAULT_SYSTEM));
}
