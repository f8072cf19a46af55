/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netrc files: which password is taken, and from which files none is. */
#include "unit.h"

#include "base/file.h"
#include "secret/netrc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test-netrc.XXXXXX";
static char path[sizeof(folder) + sizeof("/netrc")];

static void
write_netrc(struct span text, mode_t mode)
{
	CLEANUP(close_file) int fd = -1;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(write_all(fd, text.at, text.len));
	assert_int_equal(fchmod(fd, mode), 0);
}

/* The password as text; "nothing" when none is found; the sentence of an error. */
static const char *
find(struct arena *arena, const char *file, const char *host, const char *user)
{
	struct error err = { .arena = arena };
	struct secret secret = { 0 };
	const char *got;

	if (!netrc_find(file, host, user, &secret, &err))
		return arena_printf(arena, "%s: %s", fault_word(err.fault), err.what);
	got = secret.at ? arena_copy(arena, secret.at, secret.len) : "nothing";
	secret_release(&secret);
	return got;
}

/* clang-format off */
static const struct {
	const char *name, *text, *want;
} entries[] = {
	{ "one line", "machine mx.example login me password one\n", "one" },
	{ "no line end", "machine mx.example login me password one", "one" },
	{ "a byte order mark", "\xef\xbb\xbfmachine mx.example login me password one\n",
	  "one" },
	{ "a word on each line", "machine\nmx.example\nlogin\nme\npassword\none\n", "one" },
	{ "tabs and CRLF", "machine\tmx.example\r\n\tlogin\tme\r\n\tpassword\tone\r\n", "one" },
	{ "user and passwd", "machine mx.example user me passwd one\n", "one" },
	{ "password before login", "machine mx.example password one login me\n", "one" },
	{ "no login", "machine mx.example password one\n", "one" },
	{ "case of the machine", "machine MX.Example login me password one\n", "one" },
	{ "case of the login", "machine mx.example login Me password one\n", "nothing" },
	{ "another machine", "machine mx.example.org login me password one\n", "nothing" },
	{ "another login", "machine mx.example login you password one\n", "nothing" },
	{ "the second login",
	  "machine mx.example login you password one\nmachine mx.example login me password two\n",
	  "two" },
	{ "the first of two",
	  "machine mx.example login me password one\nmachine mx.example login me password two\n",
	  "one" },
	{ "default", "machine a.example login me password one\ndefault login me password two\n",
	  "two" },
	{ "default without login", "default password two\n", "two" },
	{ "default with another login", "default login you password two\n", "nothing" },
	{ "default after a match",
	  "machine mx.example login me password one\ndefault password two\n", "one" },
	{ "no password", "machine mx.example login me\n", "nothing" },
	{ "no password, but a later entry has one",
	  "machine mx.example login me\nmachine mx.example login me password two\n", "two" },
	{ "no password, but default has one",
	  "machine mx.example login me\ndefault login me password two\n", "two" },
	{ "password without a word", "machine mx.example login me password", "nothing" },
	{ "machine without a word", "machine", "nothing" },
	{ "login without a word", "machine mx.example password one login", "nothing" },
	{ "nothing at all", "", "nothing" },
	{ "only blanks", " \t\r\n\n", "nothing" },
	{ "login and password without a machine", "login me password one\n", "nothing" },
	{ "account is skipped", "machine mx.example login me account password password one\n",
	  "one" },
	{ "a comment line", "# machine mx.example login me password no\n"
	  "machine mx.example login me password one\n", "one" },
	{ "a comment behind", "machine mx.example login me # login you\n password one\n", "one" },
	{ "a comment without line end", "machine mx.example login me password one #", "one" },
	{ "a value with a #", "machine mx.example login me password a#b\n", "a#b" },
	{ "a value that begins with a #", "machine mx.example login me password #b\n", "#b" },
	{ "a macro is skipped",
	  "machine a.example login me\nmacdef init\nmachine mx.example login me password no\n\n"
	  "machine mx.example login me password one\n", "one" },
	{ "a macro with CRLF",
	  "macdef init\r\nmachine mx.example password no\r\n\r\n"
	  "machine mx.example password one\r\n",
	  "one" },
	{ "a macro to the end", "macdef init\nmachine mx.example login me password no", "nothing" },
	{ "a macro without a name", "macdef", "nothing" },
	{ "a macro inside of the entry",
	  "machine mx.example login me\nmacdef init\ncd /tmp\n\npassword one\n", "one" },
	{ "quotes", "machine mx.example login me password \"a b\"\n", "a b" },
	{ "single quotes", "machine mx.example login me password 'a b'\n", "a b" },
	{ "quotes at the end of the file", "machine mx.example login me password \"a b\"", "a b" },
	{ "quotes around machine and login", "machine \"mx.example\" login 'me' password one\n",
	  "one" },
	{ "single quotes in double ones", "machine mx.example password \"it's\"\n", "it's" },
	{ "an escaped quote", "machine mx.example password \"a\\\"b\"\n", "a\"b" },
	{ "an escaped backslash", "machine mx.example password \"a\\\\\"\n", "a\\" },
	{ "another backslash in quotes", "machine mx.example password \"a\\nb\"\n", "a\\nb" },
	{ "a backslash outside of quotes", "machine mx.example password a\\\\b\n", "a\\\\b" },
	{ "a backslash in single quotes", "machine mx.example password 'a\\'\n", "a\\" },
	{ "empty quotes", "machine mx.example login me password \"\"\n", "nothing" },
	{ "a quote that nothing ends", "machine mx.example password \"ab\ndefault password two\n",
	  "\"ab" },
	{ "a quote inside", "machine mx.example password don't\n", "don't" },
	{ "a quote that ends inside", "machine mx.example password \"a\"b\n", "\"a\"b" },
	{ "one quote only", "machine mx.example password '\n", "'" },
	{ "UTF-8", "machine mx.example login me password p\xc3\xa4ss\xe2\x82\xac\n",
	  "p\xc3\xa4ss\xe2\x82\xac" },
	{ "bytes that are no UTF-8", "machine mx.example login me password p\xe4ss\n", "p\xe4ss" },
	{ "unknown words", "protocol smtp machine mx.example port 587 login me password one\n",
	  "one" },
};
/* clang-format on */

static void
test_entries(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		write_netrc(span_of(entries[i].text), 0600);
		unit_same(entries[i].name, find(&arena, path, "mx.example", "me"),
			  entries[i].want);
	}
	write_netrc(SPAN("machine mx.example login me password one\n"), 0600);
	unit_same("nobody's password", find(&arena, path, "mx.example", NULL), "nothing");
	write_netrc(SPAN("machine mx.example password one\n"), 0600);
	unit_same("nobody's password where it needs no login",
		  find(&arena, path, "mx.example", NULL), "one");
	arena_release(&arena);
	unit_done();
}

/* clang-format off */
static const struct {
	const char *name;
	mode_t mode;
	bool good;
} modes[] = {
	{ "mode 0600", 0600, true },
	{ "mode 0400", 0400, true },
	{ "mode 0700", 0700, true },
	{ "mode 0644", 0644, false },
	{ "mode 0640", 0640, false },
	{ "mode 0604", 0604, false },
	{ "mode 0620", 0620, false },
	{ "mode 0602", 0602, false },
	{ "mode 0666", 0666, false },
	{ "mode 04644", 04644, false },
};
/* clang-format on */

static void
test_modes(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const char *refusal = arena_printf(
			&arena,
			"config: cannot take the password from %s: its mode %04o lets "
			"others read it or write to it",
			path, (unsigned)modes[i].mode);

		write_netrc(SPAN("machine mx.example login me password one\n"),
			    modes[i].mode);
		unit_same(modes[i].name, find(&arena, path, "mx.example", "me"),
			  modes[i].good ? "one" : refusal);
	}
	write_netrc(SPAN("machine a.example login me password one\n"), 0644);
	unit_same("an open file without the password that is wanted",
		  find(&arena, path, "mx.example", "me"), "nothing");
	arena_release(&arena);
	unit_done();
}

static void
test_hint(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct secret secret = { 0 };

	(void)state;
	write_netrc(SPAN("default password one\n"), 0644);
	assert_false(netrc_find(path, "mx.example", "me", &secret, &err));
	unit_same("the hint tells the fix", err.hint,
		  arena_printf(&arena, "Run: chmod 600 %s", path));
	unit_same("nothing was taken", secret.at ? "a password" : "nothing", "nothing");
	arena_release(&arena);
	unit_done();
}

/* Only root can give files away. */
static void
test_owners(void **state)
{
	static const char text[] = "default password one\n";
	struct arena arena = { 0 };

	(void)state;
	if (getuid() != 0)
		skip();
	write_netrc(SPAN(text), 0640);
	assert_int_equal(chown(path, 0, 65534), 0);
	unit_same("root gave it to a group", find(&arena, path, "mx.example", "me"),
		  "one");
	write_netrc(SPAN(text), 0660);
	assert_int_equal(chown(path, 0, 65534), 0);
	unit_same("root gave it to a group that may write",
		  strstr(find(&arena, path, "mx.example", "me"), "0660") ? "refused"
									 : "taken",
		  "refused");
	write_netrc(SPAN(text), 0644);
	assert_int_equal(chown(path, 1, 65534), 0);
	assert_int_equal(setresuid(65533, 65533, 0), 0);
	unit_same("another user's file",
		  strstr(find(&arena, path, "mx.example", "me"), "belongs to user 1")
			  ? "refused"
			  : "taken",
		  "refused");
	assert_int_equal(setresuid(0, 0, 0), 0);
	write_netrc(SPAN(text), 0600);
	assert_int_equal(setresuid(65533, 65533, 0), 0);
	unit_same("a file that may not be read", find(&arena, path, "mx.example", "me"),
		  "nothing");
	assert_int_equal(setresuid(0, 0, 0), 0);
	arena_release(&arena);
	unit_done();
}

static void
test_files(void **state)
{
	struct arena arena = { 0 };
	char *big = arena_array(&arena, char, 2 * 1024 * 1024);

	(void)state;
	unlink(path);
	unit_same("no file", find(&arena, path, "mx.example", "me"), "nothing");
	unit_same("a folder", find(&arena, folder, "mx.example", "me"), "nothing");
	unit_same("below a file", find(&arena, "/dev/null/netrc", "mx.example", "me"),
		  "nothing");
	unit_same("/dev/null", find(&arena, "/dev/null", "mx.example", "me"), "nothing");
	assert_int_equal(mkfifo(path, 0600), 0);
	unit_same("a FIFO that nobody writes to", find(&arena, path, "mx.example", "me"),
		  "nothing");
	write_netrc((struct span){ "machine mx.example password a\0b\n", 32 }, 0600);
	unit_same("a NUL ends the password", find(&arena, path, "mx.example", "me"), "a");
	memset(big, '\n', 2 * 1024 * 1024);
	write_netrc((struct span){ big, 2 * 1024 * 1024 }, 0600);
	unit_same("too large",
		  strncmp(find(&arena, path, "mx.example", "me"), "config: cannot read ",
			  20)
			  ? "read"
			  : "refused",
		  "refused");
	arena_release(&arena);
	unit_done();
}

static int
leave(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries), cmocka_unit_test(test_modes),
		cmocka_unit_test(test_hint),	cmocka_unit_test(test_owners),
		cmocka_unit_test(test_files),
	};

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	/* For the case of another user. */
	chmod(folder, 0755);
	snprintf(path, sizeof(path), "%s/netrc", folder);
	return cmocka_run_group_tests_name("netrc", tests, NULL, leave);
}
