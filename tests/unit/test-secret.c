/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets: their memory, and the order of the sources. */
#include "unit.h"

#include "base/file.h"
#include "secret/find.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static char folder[] = "/tmp/test-secret.XXXXXX";

static void
unit_true(const char *name, bool holds)
{
	unit_same(name, holds ? "yes" : "no", "yes");
}

/* ---- memory ---- */

enum { LONGEST = 64 * 1024 };

/* Instead of the C library's: what secret.c gives back must be wiped by then. */
static size_t unmapped, unmapped_bytes_left;

int
munmap(void *addr, size_t len)
{
	const char *bytes = addr;

	unmapped++;
	for (size_t i = 0; i < len && len <= 2 * (size_t)LONGEST; i++)
		unmapped_bytes_left += bytes[i] != 0;
	return (int)syscall(SYS_munmap, addr, len);
}

/* The flags that the system shows for the mapping at AT. */
static bool
has_vm_flag(const void *at, const char *flag)
{
	char line[512], start[32];
	bool here = false, has = false;
	FILE *maps = fopen("/proc/self/smaps", "re");

	assert_non_null(maps);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
	while (fgets(line, sizeof(line), maps)) {
		if (strncmp(line, start, strlen(start)) == 0)
			here = true;
		if (here && strncmp(line, "VmFlags:", 8) == 0) {
			has = strstr(line, flag) != NULL;
			break;
		}
	}
	fclose(maps);
	return has;
}

static void
test_bytes(void **state)
{
	static const size_t lengths[] = { 1, 4095, 4096, 4097, LONGEST };
	char *long_one = malloc(LONGEST);
	struct secret secret = { 0 }, copy = { 0 };
	size_t held = 0;

	(void)state;
	assert_non_null(long_one);
	memset(long_one, 'x', LONGEST);
	secret_release(&secret);
	unit_true("none can be released", !secret.at);
	secret_set(&secret, SPAN("p\xc3\xa4ss \"#'\\ "));
	unit_same("bytes are kept", secret.at, "p\xc3\xa4ss \"#'\\ ");
	secret_copy(&copy, &secret);
	unit_true("a copy has its own place",
		  copy.at != secret.at && copy.len == secret.len);
	unit_same("a copy has the bytes", copy.at, secret.at);
	secret_set(&secret, (struct span){ secret.at + 6, 3 });
	unit_same("from a part of itself", secret.at, "\"#'");
	secret_set(&secret, (struct span){ "ab\0cd", 5 });
	unit_same("a NUL ends it", secret.at, "ab");
	unit_true("and counts", secret.len == 2);
	secret_set(&secret, SPAN(""));
	unit_true("an empty one is not none",
		  secret.at && !*secret.at && secret.len == 0);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		secret_set(&secret, (struct span){ long_one, lengths[i] });
		held += secret.len == lengths[i] && strlen(secret.at) == lengths[i] &&
			secret.room > lengths[i];
	}
	unit_true("lengths around a page", held == sizeof(lengths) / sizeof(lengths[0]));
	secret_release(&secret);
	secret_copy(&copy, &secret);
	unit_true("a copy of none is none", !copy.at && !copy.len && !copy.room);
	free(long_one);
	unit_done();
}

static void
test_pages(void **state)
{
	struct secret secret = { 0 };

	(void)state;
	secret_set(&secret, SPAN("hunter2"));
	unit_true("left out of core dumps", has_vm_flag(secret.at, " dd"));
	if (SANITIZED)
		print_message(
			"skipped: kept out of swap: sanitizers do not lock, see tests/analyze\n");
	else
		unit_true("kept out of swap", has_vm_flag(secret.at, " lo"));
	unmapped = unmapped_bytes_left = 0;
	secret_release(&secret);
	unit_true("given back", unmapped == 1);
	unit_true("wiped before", unmapped_bytes_left == 0);
	unit_true("forgotten", !secret.at && !secret.len && !secret.room);
	secret_set(&secret, SPAN("hunter2"));
	unmapped = 0;
	secret_set(&secret, SPAN("hunter3"));
	unit_true("the old one is given back, too", unmapped == 1);
	unit_true("and wiped", unmapped_bytes_left == 0);
	secret_release(&secret);
	unit_done();
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

static int
set_without_memory(void)
{
	struct rlimit none = { 1, 1 };
	struct secret secret = { 0 };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	setrlimit(RLIMIT_AS, &none);
	secret_set(&secret, SPAN("hunter2"));
	return 0;
}

static int
set_without_locks(void)
{
	struct rlimit none = { 0, 0 };
	struct secret secret = { 0 };

	setrlimit(RLIMIT_MEMLOCK, &none);
	if (getuid() == 0 && setuid(65533) != 0)
		return 2;
	secret_set(&secret, SPAN("hunter2"));
	return strcmp(secret.at, "hunter2") == 0 && has_vm_flag(secret.at, " dd") ? 0 : 1;
}

static void
test_limits(void **state)
{
	(void)state;
	if (SANITIZED)
		print_message(
			"skipped: no memory: a sanitizer needs some itself, see tests/analyze\n");
	else
		unit_true("no memory ends the program",
			  status_of(set_without_memory) == EX_OSERR);
	unit_true("a secret that cannot be locked is kept",
		  status_of(set_without_locks) == 0);
	unit_done();
}

/* ---- the order of the sources ---- */

static void
write_text(const char *path, const char *text)
{
	CLEANUP(close_file)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(write_all(fd, text, strlen(text)));
}

#define GAVE_NOTHING "config: passwordeval gave nothing: "

/* clang-format off */
static const struct {
	const char *name, *password, *command, *netrc, *want;
} searches[] = {
	{ "password", "one", NULL, NULL, "password one" },
	{ "password before passwordeval", "one", "echo two", NULL, "password one" },
	{ "password before a command that fails", "one", "exit 3", NULL, "password one" },
	{ "password before netrc", "one", NULL, "default password three\n", "password one" },
	{ "passwordeval", NULL, "echo two", NULL, "passwordeval two" },
	{ "passwordeval when the password is empty", "", "echo two", NULL, "passwordeval two" },
	{ "passwordeval before netrc", NULL, "echo two", "default password three\n",
	  "passwordeval two" },
	{ "netrc", NULL, NULL, "default password three\n", "netrc three" },
	{ "netrc for this host and user", NULL, NULL,
	  "machine secret.invalid login you password no\n"
	  "machine secret.invalid login me password three\n", "netrc three" },
	{ "a command that fails is not passed over", NULL, "exit 3", "default password three\n",
	  GAVE_NOTHING "its command ended with exit status 3" },
	{ "nothing", NULL, NULL, NULL, "login: no password is known for me at secret.invalid" },
	{ "an empty password only", "", NULL, NULL,
	  "login: no password is known for me at secret.invalid" },
	{ "a netrc for somebody else", NULL, NULL, "machine a.example password three\n",
	  "login: no password is known for me at secret.invalid" },
};
/* clang-format on */

static bool
is_gone(pid_t process)
{
	return kill(process, 0) != 0 && errno == ESRCH;
}

static const char *
search(struct arena *arena, struct finder *finder, struct error *err)
{
	const struct secret *secret = NULL;

	if (!finder_take(finder, &secret, err))
		return arena_printf(arena, "%s: %s", fault_word(err->fault), err->what);
	return arena_printf(arena, "%s %s", finder->source, secret->at);
}

static void
test_searches(void **state)
{
	struct arena arena = { 0 };
	const char *netrc = arena_printf(&arena, "%s/.netrc", folder);

	(void)state;
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		struct error err = { .arena = &arena };
		struct secret_policy policy = { .passwordeval = searches[i].command,
						.user = "me",
						.host = "secret.invalid" };
		struct finder finder = { 0 };
		const char *first;

		unlink(netrc);
		if (searches[i].netrc)
			write_text(netrc, searches[i].netrc);
		if (searches[i].password)
			secret_set(&policy.password, span_of(searches[i].password));
		assert_true(finder_start(&finder, &policy, &err));
		first = search(&arena, &finder, &err);
		unit_same(searches[i].name, first, searches[i].want);
		if (err.fault == FAULT_NONE)
			unit_same(arena_printf(&arena, "%s, again", searches[i].name),
				  search(&arena, &finder, &err), first);
		finder_release(&finder);
		secret_release(&policy.password);
	}
	unlink(netrc);
	arena_release(&arena);
	unit_done();
}

static void
test_finder(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	const char *mark = arena_printf(&arena, "%s/mark", folder);
	struct secret_policy policy = {
		.passwordeval = arena_printf(&arena, ": >%s; exit 3", mark),
		.user = "me",
		.host = "secret.invalid",
	};
	struct finder finder = { 0 };
	pid_t child;

	(void)state;
	secret_set(&policy.password, SPAN("one"));
	assert_true(finder_start(&finder, &policy, &err));
	unit_same("the password first", search(&arena, &finder, &err), "password one");
	finder_release(&finder);
	unit_true("with a password the command does not run", access(mark, F_OK) != 0);
	secret_release(&policy.password);

	assert_true(finder_start(&finder, &policy, &err));
	search(&arena, &finder, &err);
	error_clear(&err);
	unit_same("a command that failed is not run again", search(&arena, &finder, &err),
		  "config: passwordeval has given no password");
	finder_release(&finder);
	unit_true("but it ran once", unlink(mark) == 0);

	error_clear(&err);
	policy.passwordeval = NULL;
	assert_true(finder_start(&finder, &policy, &err));
	unit_same("nothing", search(&arena, &finder, &err),
		  "login: no password is known for me at secret.invalid");
	unit_true("with a hint", err.hint && strstr(err.hint, "passwordeval"));
	finder_release(&finder);

	error_clear(&err);
	policy.passwordeval = "exec sleep 1000";
	assert_true(finder_start(&finder, &policy, &err));
	child = finder.command.child;
	unit_true("the command runs before the secret is wanted", !is_gone(child));
	finder_release(&finder);
	unit_true("and is ended when it is not wanted", is_gone(child));
	finder_release(&finder);
	unit_true("what is released can be released", !finder.policy && !finder.source);
	arena_release(&arena);
	unit_done();
}

/* Anybody may read the home folder's netrc. */
/* ---- passwords in groups of letters ---- */

static const struct {
	const char *name, *given, *want;
	bool grouped;
} groups[] = {
	{ "four groups", "abcd efgh ijkl mnop", "abcdefghijklmnop", true },
	{ "four groups elsewhere", "abcd efgh ijkl mnop", "abcd efgh ijkl mnop", false },
	{ "sixteen letters", "abcdefghijklmnop", "abcdefghijklmnop", true },
	{ "a digit", "abcd efgh ijkl mno1", "abcd efgh ijkl mno1", true },
	{ "three groups", "abcd efgh ijkl", "abcd efgh ijkl", true },
	{ "five groups", "abcd efgh ijkl mnop qrst", "abcd efgh ijkl mnop qrst", true },
	{ "other groups", "abc defgh ijkl mnopq", "abc defgh ijkl mnopq", true },
	{ "a blank behind", "abcd efgh ijkl mnop ", "abcd efgh ijkl mnop ", true },
};

static void
test_groups(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct error err = { .arena = &arena };
		struct secret_policy policy = { .grouped = groups[i].grouped };
		struct finder finder = { .policy = &policy };
		const struct secret *secret;

		secret_set(&policy.password, span_of(groups[i].given));
		unit_true(groups[i].name, finder_take(&finder, &secret, &err));
		unit_same(groups[i].name, secret->at, groups[i].want);
		unit_number(groups[i].name, (long long)secret->len,
			    (long long)strlen(groups[i].want));
		finder_release(&finder);
		secret_release(&policy.password);
	}
	arena_release(&arena);
	unit_done();
}

static void
test_open_netrc(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	const char *netrc = arena_printf(&arena, "%s/.netrc", folder);
	struct secret_policy policy = { .user = "me", .host = "secret.invalid" };
	struct finder finder = { 0 };

	(void)state;
	write_text(netrc, "default password three\n");
	assert_int_equal(chmod(netrc, 0644), 0);
	assert_true(finder_start(&finder, &policy, &err));
	unit_same("an open netrc ends the search", search(&arena, &finder, &err),
		  arena_printf(
			  &arena,
			  "config: cannot take the password from %s: its mode 0644 lets "
			  "others read it or write to it",
			  netrc));
	finder_release(&finder);
	unlink(netrc);
	arena_release(&arena);
	unit_done();
}

static int
leave(void **state)
{
	(void)state;
	rmdir(folder);
	return 0;
}

static int
test_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	   cmocka_unit_test(test_pages),
		cmocka_unit_test(test_limits),	   cmocka_unit_test(test_searches),
		cmocka_unit_test(test_finder),	   cmocka_unit_test(test_groups),
		cmocka_unit_test(test_open_netrc),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, leave);
}

int
main(void)
{
	pid_t child;
	int status;

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	setenv("HOME", folder, 1);
	setenv("LC_ALL", "C", 1);
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	/* A session of its own has no terminal that somebody could be asked at. */
	child = fork();
	if (child == 0) {
		setsid();
		exit(test_all());
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
