/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts child processes that inherit no surprises, and hears them out. */
#include "base/process.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long, in milliseconds, one look at the pipe may keep us from one at the child. */
enum { TICK = 20 };
/* How many descriptors there may be, where the system closes them one by one. */
enum { MOST_FILES = 65536 };

bool
process_pipe(int ends[2])
{
	CLEANUP(close_file) int to_read = -1;
	CLEANUP(close_file) int to_write = -1;
	int made[2];

	if (pipe2(made, O_CLOEXEC) != 0)
		return false;
	to_read = made[0];
	to_write = made[1];
	if (to_read > STDERR_FILENO && to_write > STDERR_FILENO) {
		ends[0] = to_read;
		ends[1] = to_write;
		to_read = to_write = -1;
		return true;
	}
	ends[0] = fcntl(to_read, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	ends[1] = fcntl(to_write, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (ends[0] >= 0 && ends[1] >= 0)
		return true;
	close_file(&ends[0]);
	close_file(&ends[1]);
	return false;
}

static void
stop_ignoring_children(void)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) != 0)
		return;
	if (action.sa_handler != SIG_IGN && !(action.sa_flags & SA_NOCLDWAIT))
		return;
	action.sa_flags &= ~SA_NOCLDWAIT;
	if (action.sa_handler == SIG_IGN)
		action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL);
}

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
static int
close_others(posix_spawn_file_actions_t *actions)
{
	return posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}
#else
/* All of ours are close-on-exec; only those that we inherited are passed on. */
static int
close_others(posix_spawn_file_actions_t *actions)
{
	(void)actions;
	return 0;
}
#endif

static int
prepare_files(posix_spawn_file_actions_t *actions, int input, int output)
{
	int failed =
		input >= 0
			? posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO)
			: posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
							   "/dev/null", O_RDONLY, 0);

	if (!failed)
		failed = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	return failed ? failed : close_others(actions);
}

static int
prepare_signals(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	return posix_spawnattr_setflags(attributes,
					POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int
spawn_shell(const char *text, const posix_spawn_file_actions_t *actions,
	    const posix_spawnattr_t *attributes, pid_t *child)
{
	char name[] = "sh", option[] = "-c";
	char *copy = strdup(text);
	char *arguments[] = { name, option, copy, NULL };
	int failed;

	if (!copy)
		return ENOMEM;
	failed = posix_spawn(child, "/bin/sh", actions, attributes, arguments, environ);
	free(copy);
	return failed;
}

bool
process_shell(const char *text, int input, int output, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int failed;

	stop_ignoring_children();
	failed = posix_spawn_file_actions_init(&actions);
	if (failed) {
		errno = failed;
		return false;
	}
	failed = posix_spawnattr_init(&attributes);
	if (!failed) {
		failed = prepare_files(&actions, input, output);
		if (!failed)
			failed = prepare_signals(&attributes);
		if (!failed)
			failed = spawn_shell(text, &actions, &attributes, child);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	errno = failed;
	return failed == 0;
}

static int
prepare_background(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
	int failed = prepare_signals(attributes);

	if (!failed)
		failed = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
					    POSIX_SPAWN_SETSID);
	if (!failed)
		failed = posix_spawn_file_actions_addchdir_np(actions, "/");
	for (int fd = STDIN_FILENO; !failed && fd <= STDERR_FILENO; fd++)
		failed = posix_spawn_file_actions_addopen(actions, fd, "/dev/null",
							  O_RDWR, 0);
	return failed ? failed : close_others(actions);
}

/* The path by which this program was started. */
static const char *
started_as(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);

	return path ? path : "";
}

bool
process_again(char *const arguments[])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t child;
	int failed = posix_spawn_file_actions_init(&actions);

	if (!failed && !(failed = posix_spawnattr_init(&attributes))) {
		failed = prepare_background(&actions, &attributes);
		if (!failed)
			failed = posix_spawn(&child, "/proc/self/exe", &actions,
					     &attributes, arguments, environ);
		/* A root without /proc, as one for PHP. */
		if (failed == ENOENT && *started_as() == '/')
			failed = posix_spawn(&child, started_as(), &actions, &attributes,
					     arguments, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	errno = failed;
	return failed == 0;
}

char
process_state(pid_t process)
{
	CLEANUP(close_file) int fd = -1;
	char path[32], text[64] = "", *end;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* "PID (NAME) STATE …": the name has 15 octets at most, of any kind. */
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] != 'Z' && end[2] != 'X' ? end[2] : '\0';
}

void
process_lift_limits(void)
{
	static const enum __rlimit_resource kinds[] = { RLIMIT_FSIZE, RLIMIT_CPU,
							RLIMIT_DATA, RLIMIT_AS };
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (getrlimit(kinds[i], &limit) != 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(kinds[i], &limit);
	}
}

static void
become_clean_child(pid_t parent)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	sigemptyset(&none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Too late for that signal if the parent has ended already. */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
process_fork(void)
{
	pid_t parent = getpid(), child;
	sigset_t all, before;

	stop_ignoring_children();
	/* No handler of ours may run in the child before it is taken away. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	child = fork();
	if (child == 0)
		become_clean_child(parent);
	else
		sigprocmask(SIG_SETMASK, &before, NULL);
	return child;
}

/* ---- going on elsewhere ---- */

static void
close_from(int first, int last)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	if (first <= last && close_range((unsigned)first, (unsigned)last, 0) == 0)
		return;
#endif
	for (int fd = first; fd <= last && fd < MOST_FILES; fd++)
		close(fd);
}

static bool
become_stranger(const int kept[], size_t count)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), next = STDERR_FILENO + 1;

	if (null < 0 || setsid() < 0 || chdir("/") != 0)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return false;
	for (size_t i = 0; i < count; i++) {
		close_from(next, kept[i] - 1);
		next = kept[i] + 1;
	}
	close_from(next, INT_MAX);
	return true;
}

void
process_hold_signals(sigset_t *before)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&held, ending[i]);
	sigprocmask(SIG_BLOCK, &held, before);
}

bool
process_part(const int kept[], size_t count, void (*work)(void *context), void *context)
{
	sigset_t before;
	int status = 0;
	pid_t child;

	stop_ignoring_children();
	process_hold_signals(&before);
	child = fork();
	if (child == 0) {
		/* It has a parent for a moment only, so that nobody has to wait for
		 * it. */
		if (!become_stranger(kept, count) || (child = fork()) < 0)
			_exit(EXIT_FAILURE);
		if (child == 0)
			work(context);
		_exit(EXIT_SUCCESS);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (child > 0 && status != 0)
		errno = EAGAIN;
	return child > 0 && status == 0;
}

/* ---- hearing ---- */

enum sight { SIGHT_RUNS, SIGHT_ENDED, SIGHT_LOST };

static enum sight
look_after(pid_t child, int *status)
{
	pid_t ended;

	do
		ended = waitpid(child, status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return SIGHT_LOST;
	return ended == child ? SIGHT_ENDED : SIGHT_RUNS;
}

/* Reads what there is. *FD becomes -1 at the end. False when there is more than room. */
static bool
read_waiting(int *fd, struct buf *heard)
{
	while (*fd >= 0) {
		size_t room = heard->cap - heard->len;
		char beyond;
		ssize_t got = room ? read(*fd, heard->at + heard->len, room)
				   : read(*fd, &beyond, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return true;
		if (got <= 0) {
			*fd = -1;
			return true;
		}
		if (!room)
			return false;
		heard->len += (size_t)got;
		heard->at[heard->len] = '\0';
	}
	return true;
}

/* Waits for news on the pipe, a little while only: the end of a child is no news there
 * when one of its own children holds the pipe open, or when the child has closed it long
 * before. */
static void
nap(int fd, int64_t deadline, int *tick)
{
	struct pollfd watch = { .fd = fd, .events = POLLIN };
	int left = deadline_left(deadline), most = fd >= 0 ? TICK : *tick;

	poll(&watch, 1, left >= 0 && left < most ? left : most);
	if (fd < 0 && *tick < TICK)
		*tick *= 2;
}

enum process_result
process_hear(pid_t child, int fd, int64_t deadline, struct buf *heard, int *status)
{
	int flags = fcntl(fd, F_GETFL), tick = 1;

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	for (;;) {
		/* In this order: what it wrote before it ended is in the pipe by then. */
		enum sight sight = look_after(child, status);

		if (!read_waiting(&fd, heard)) {
			if (sight == SIGHT_RUNS)
				process_end(child);
			return PROCESS_FULL;
		}
		if (sight != SIGHT_RUNS)
			return sight == SIGHT_ENDED ? PROCESS_ENDED : PROCESS_LOST;
		if (deadline_left(deadline) == 0) {
			process_end(child);
			return PROCESS_LATE;
		}
		nap(fd, deadline, &tick);
	}
}

void
process_end(pid_t child)
{
	int64_t deadline = deadline_in(1);
	int status, tick = 1;

	kill(child, SIGTERM);
	kill(child, SIGCONT);
	while (look_after(child, &status) == SIGHT_RUNS) {
		if (deadline_left(deadline) == 0) {
			kill(child, SIGKILL);
			deadline = DEADLINE_NEVER;
		}
		nap(-1, deadline, &tick);
	}
}
