/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The helper that prints a secret, and child processes. */
#include "unit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "secret/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXACT = 64 * 1024 };

static void
unit_true(const char *name, bool holds)
{
	unit_same(name, holds ? "yes" : "no", "yes");
}

/* The exit status of what BODY does in a process of its own. */
static int
status_of(int (*body)(void))
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(body());
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What it gives as text: the secret, or the class and the sentence of the error. */
static const char *
run(struct arena *arena, const char *text, int64_t deadline)
{
	struct error err = { .arena = arena };
	struct command command = { 0 };
	struct secret secret = { 0 };
	const char *got;

	if (!command_start(&command, "passwordeval", text, &err))
		return arena_printf(arena, "cannot start: %s", err.what);
	if (command_take(&command, deadline, &secret, &err))
		got = arena_copy(arena, secret.at, secret.len);
	else
		got = arena_printf(arena, "%s: %s", fault_word(err.fault), err.what);
	if (command.child)
		got = "a command that is not over";
	if (err.fault != FAULT_NONE && secret.at)
		got = "an error with a secret";
	secret_release(&secret);
	return got;
}

#define GAVE_NOTHING "config: passwordeval gave nothing: "
#define NO_LINE                                                                          \
	GAVE_NOTHING "the first line that its command printed is empty or has a NUL byte"

/* clang-format off */
static const struct {
	const char *name, *text, *want;
} commands[] = {
	{ "a line", "echo one", "one" },
	{ "no line end", "printf one", "one" },
	{ "the first of two lines", "echo one; echo two", "one" },
	{ "CRLF", "printf 'one\\r\\ntwo\\r\\n'", "one" },
	{ "a CR without LF", "printf 'one\\r'", "one\r" },
	{ "blanks", "printf '  one \\t\\n'", "  one \t" },
	{ "UTF-8", "printf 'p\xc3\xa4ss\xe2\x82\xac\\n'", "p\xc3\xa4ss\xe2\x82\xac" },
	{ "signs of the shell", "printf '%s\\n' '#\"$`\\!*'", "#\"$`\\!*" },
	{ "a pipe of commands", "echo two one | cut -d' ' -f2", "one" },
	{ "in pieces", "printf o; sleep 0.01; printf n; sleep 0.01; echo e", "one" },
	{ "lines behind the first do not hurt", "echo one; seq 1000", "one" },
	{ "exit status 3", "exit 3", GAVE_NOTHING "its command ended with exit status 3" },
	{ "exit status 3 in spite of output", "echo one; exit 3",
	  GAVE_NOTHING "its command ended with exit status 3" },
	{ "no such program", "exec 2>/dev/null; /nonexistent/program",
	  GAVE_NOTHING "its command ended with exit status 127" },
	{ "ended by a signal", "echo one; kill -KILL $$",
	  GAVE_NOTHING "its command was ended by signal 9 (Killed)" },
	{ "nothing", "true", GAVE_NOTHING "its command printed nothing" },
	{ "an empty first line", "echo; echo one", NO_LINE },
	{ "CRLF only", "printf '\\r\\n'", NO_LINE },
	{ "a NUL", "printf 'on\\0e\\n'", NO_LINE },
	{ "65,537 bytes", "head -c 65537 /dev/zero | tr '\\0' x",
	  GAVE_NOTHING "its command printed more than 64 KiB" },
	{ "100 KB", "head -c 100000 /dev/zero | tr '\\0' x",
	  GAVE_NOTHING "its command printed more than 64 KiB" },
	{ "no end", "exec yes", GAVE_NOTHING "its command printed more than 64 KiB" },
	{ "standard input is at its end", "cat; echo one", "one" },
	{ "no signal is blocked", "exec grep SigBlk: /proc/self/status",
	  "SigBlk:\t0000000000000000" },
	/* 3 is the folder itself. */
	{ "no descriptor is handed down", "set -- $(ls /proc/self/fd); echo $*", "0 1 2 3" },
	{ "the environment is ours", "echo $POSTRIDER_TEST", "as it was" },
	{ "started by a process that it does not see", "echo \"$0\"", "sh" },
};
/* clang-format on */

static void
test_commands(void **state)
{
	/* Not close-on-exec, as a careless caller leaves descriptors. */
	int left_open = dup(STDERR_FILENO);
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before_child, before_usr;
	sigset_t some, before;
	struct arena arena = { 0 };
	const char *exact, *ignored;

	(void)state;
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGINT);
	sigprocmask(SIG_BLOCK, &some, &before);
	sigaction(SIGCHLD, &ignore, &before_child);
	sigaction(SIGUSR1, &ignore, &before_usr);
	setenv("POSTRIDER_TEST", "as it was", 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		unit_same(commands[i].name,
			  run(&arena, commands[i].text, deadline_in(60)),
			  commands[i].want);
	exact = run(&arena, "head -c 65536 /dev/zero | tr '\\0' x", deadline_in(60));
	unit_true("65,536 bytes", strlen(exact) == EXACT && strspn(exact, "x") == EXACT);
	ignored = run(&arena, "grep SigIgn: /proc/self/status", deadline_in(60));
	/* 32 and 33 are the C library's own. */
	unit_true("no signal is ignored",
		  strncmp(ignored, "SigIgn:\t", 8) == 0 &&
			  (strtoull(ignored + 8, NULL, 16) & ~0x180000000ULL) == 0);
	sigaction(SIGUSR1, &before_usr, NULL);
	sigaction(SIGCHLD, &before_child, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(left_open);
	arena_release(&arena);
	unit_done();
}

static void
test_hint(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct command command = { 0 };
	struct secret secret = { 0 };

	(void)state;
	assert_true(command_start(&command, "passwordeval", "exit 127", &err));
	assert_false(command_take(&command, deadline_in(60), &secret, &err));
	unit_same("the hint for a missing program", err.hint ? err.hint : "none",
		  "The shell did not find the program: see PATH");
	arena_release(&arena);
	unit_done();
}

static bool
is_gone(pid_t process)
{
	return kill(process, 0) != 0 && errno == ESRCH;
}

/* clang-format off */
static const struct {
	const char *name, *text;
} sleepers[] = {
	{ "one that sleeps", "exec sleep 1000" },
	{ "one that has spoken and sleeps", "echo one; exec sleep 1000" },
	{ "one that has closed its output and sleeps", "echo one; exec sleep 1000 >/dev/null" },
	{ "one that does not want to end", "trap '' TERM; exec sleep 1000" },
	{ "one that is stopped", "kill -STOP $$" },
};
/* clang-format on */

static void
test_sleepers(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sleepers) / sizeof(sleepers[0]); i++) {
		struct error err = { .arena = &arena };
		struct command command = { 0 };
		struct secret secret = { 0 };
		pid_t child;

		assert_true(
			command_start(&command, "passwordeval", sleepers[i].text, &err));
		child = command.child;
		unit_true(arena_printf(&arena, "%s is too late", sleepers[i].name),
			  !command_take(&command, now_us() + 50000, &secret, &err) &&
				  err.fault == FAULT_CONFIG &&
				  strstr(err.what, "did not end in time"));
		unit_true(arena_printf(&arena, "%s is ended", sleepers[i].name),
			  is_gone(child));
		unit_true(arena_printf(&arena, "%s gives nothing", sleepers[i].name),
			  !secret.at && !command.child);
	}
	arena_release(&arena);
	unit_done();
}

static void
test_abandoned(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct command command = { 0 };
	pid_t child;

	(void)state;
	command_abandon(&command);
	unit_true("none can be abandoned", !command.child);
	assert_true(command_start(&command, "passwordeval", "exec sleep 1000", &err));
	child = command.child;
	command_abandon(&command);
	unit_true("an abandoned helper is ended", is_gone(child) && !command.child);
	assert_true(command_start(&command, "passwordeval", "exit 0", &err));
	child = command.child;
	command_abandon(&command);
	unit_true("one that has ended is reaped", is_gone(child));
	arena_release(&arena);
	unit_done();
}

/* Like gpg-agent: what the helper starts may outlive it and hold the pipe. */
static void
test_left_behind(void **state)
{
	struct arena arena = { 0 };
	const char *got = run(&arena, "sleep 1000 & echo $!", deadline_in(600));
	long process = strtol(got, NULL, 10);

	(void)state;
	unit_true("a process that is left behind is not waited for", process > 1);
	if (process > 1)
		kill((pid_t)process, SIGKILL);
	arena_release(&arena);
	unit_done();
}

static int
run_without_descriptors(void)
{
	struct arena arena = { 0 };
	bool good;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	good = strcmp(run(&arena, "cat; echo one", deadline_in(60)), "one") == 0;
	arena_release(&arena);
	return good ? 0 : 1;
}

static void
test_closed_descriptors(void **state)
{
	(void)state;
	unit_true("a caller with closed descriptors",
		  status_of(run_without_descriptors) == 0);
	unit_done();
}

/* ---- the child of process_fork ---- */

static void
test_fork(void **state)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before_child;
	struct buf heard = { 0 };
	int ends[2], status = 0;
	pid_t child;

	(void)state;
	sigaction(SIGCHLD, &ignore, &before_child);
	assert_true(process_pipe(ends));
	child = process_fork();
	assert_true(child >= 0);
	if (child == 0) {
		sigset_t mask;
		struct sigaction action;

		sigprocmask(SIG_SETMASK, NULL, &mask);
		sigaction(SIGCHLD, NULL, &action);
		if (sigismember(&mask, SIGTERM) || action.sa_handler != SIG_DFL ||
		    !write_all(ends[1], "hello", 5))
			_exit(1);
		_exit(7);
	}
	close(ends[1]);
	buf_reserve(&heard, 5);
	unit_true("a fork is heard out", process_hear(child, ends[0], deadline_in(60),
						      &heard, &status) == PROCESS_ENDED);
	close(ends[0]);
	unit_same("what it said", heard.at, "hello");
	unit_true("how it ended", WIFEXITED(status) && WEXITSTATUS(status) == 7);
	buf_release(&heard);
	sigaction(SIGCHLD, &before_child, NULL);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_sleepers),
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_closed_descriptors),
		cmocka_unit_test(test_fork),
	};

	setenv("LC_ALL", "C", 1);
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
