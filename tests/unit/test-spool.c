/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of the queue: names, where it is, how it is made, who may use it, moves. */
#include "lair.h"

#include "queue/home.h"
#include "queue/scan.h"

#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>

#define ID "0192F0A1B2C3AABBCCDDEEFF"

/* ---- names ---- */

static const struct {
	const char *name, *input, *want;
} names[] = {
	{ "a name", ID "-01234567-1024", ID " 01234567 1024" },
	{ "an empty message", ID "-89ABCDEF-0", ID " 89ABCDEF 0" },
	{ "a large one", ID "-89ABCDEF-18446744073709551615",
	  ID " 89ABCDEF 18446744073709551615" },
	{ "too large", ID "-89ABCDEF-18446744073709551616", "none" },
	{ "only an ID", ID, "none" },
	{ "no size", ID "-01234567", "none" },
	{ "an empty size", ID "-01234567-", "none" },
	{ "a size with a sign", ID "-01234567-+1", "none" },
	{ "a size with zeros", ID "-01234567-007", "none" },
	{ "something behind it", ID "-01234567-1024~", "none" },
	{ "a short ID", "0192F0A1B2C3AABBCCDDEEF-01234567-1", "none" },
	{ "a long ID", "0" ID "-01234567-1", "none" },
	{ "lower case", "0192f0a1b2c3aabbccddeeff-01234567-1", "none" },
	{ "a tag in lower case", ID "-89abcdef-1", "none" },
	{ "a short tag", ID "-0123456-1", "none" },
	{ "no dash", ID "001234567-1", "none" },
	{ "another name", "README", "none" },
	{ "no name", "", "none" },
};

static void
names_parse(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct entry_name name;
		const char *got = "none";
		char out[NAME_ROOM];

		if (name_parse(names[i].input, &name)) {
			got = arena_printf(&arena, "%s %s %llu", name.id, name.tag,
					   (unsigned long long)name.size);
			name_print(&name, out);
			unit_same(names[i].name, out, names[i].input);
		}
		unit_same(names[i].name, got, names[i].want);
	}
	arena_release(&arena);
	unit_done();
}

static void
ids(void **state)
{
	enum { COUNT = 1000 };
	char id[ID_DIGITS + 1], last[ID_DIGITS + 1] = "", other[ID_DIGITS + 1];
	int64_t before = wall_ms();

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		int64_t when;

		id_make(id);
		when = id_time(id);
		unit_number("an ID", is_id(span_of(id)), true);
		unit_number("its time", when >= before && when <= wall_ms(), true);
		if (id_time(last) < when)
			unit_number("sorts by time", strcmp(last, id) < 0, true);
		unit_number("is another one", strcmp(last, id) != 0, true);
		memcpy(last, id, sizeof(last));
	}
	/* What is in between them does not count. */
	unit_number("the time is all of it", id_time("0123456789ABFFFFFFFFFFFF"),
		    0x0123456789AB);
	id_make(id);
	id_make(other);
	unit_number("half of it is random",
		    strcmp(id + ID_DIGITS / 2, other + ID_DIGITS / 2) != 0, true);
	unit_done();
}

/* ---- where ---- */

enum { NOBODY = 65534 };

/* HOME is a folder of the lair, when it begins with no slash. PASSWD is the home that the
 * system knows; without one there is no place. */
static const struct {
	const char *name;
	bool root;
	const char *setting, *state, *home, *want;
} paths[] = {
	{ "root", true, NULL, NULL, "/root", "/var/spool/postrider" },
	{ "root, with a state folder", true, NULL, "/x/state", "/root",
	  "/var/spool/postrider" },
	{ "root, with a setting", true, "/srv/q", NULL, "/root", "/srv/q" },
	{ "setting", false, "/srv/q", "/x/state", "own", "/srv/q" },
	{ "setting that is relative", false, "q", NULL, "own", "/proc/q" },
	{ "state folder", false, NULL, "/x/state", "own", "/x/state/postrider/queue" },
	{ "state folder that is relative", false, NULL, "x", "own",
	  "HOME/.local/state/postrider/queue" },
	{ "state folder that is empty", false, NULL, "", "own",
	  "HOME/.local/state/postrider/queue" },
	{ "home", false, NULL, NULL, "own", "HOME/.local/state/postrider/queue" },
	{ "home of somebody else", false, NULL, NULL, "/root",
	  "PASSWD/.local/state/postrider/queue" },
	{ "home that is not there", false, NULL, NULL, "/nowhere/at/all",
	  "PASSWD/.local/state/postrider/queue" },
	{ "home that is relative", false, NULL, NULL, ".",
	  "PASSWD/.local/state/postrider/queue" },
	{ "no home", false, NULL, NULL, NULL, "PASSWD/.local/state/postrider/queue" },
};

static void
set_or_unset(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* What a process of that user finds, told through a pipe. */
static const char *
path_of(struct arena *arena, size_t i, const char *home)
{
	struct buf heard = { 0 };
	int ends[2], status;
	const char *got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		set_or_unset("XDG_STATE_HOME", paths[i].state);
		set_or_unset("HOME", home);
		if (chdir("/proc") != 0 || (!paths[i].root && getuid() == 0 &&
					    (setgroups(0, NULL) != 0 ||
					     setgid(NOBODY) != 0 || setuid(NOBODY) != 0)))
			_exit(1);
		got = spool_path(arena, paths[i].setting);
		_exit(got && write_all(ends[1], got, strlen(got)) ? 0 : 1);
	}
	close(ends[1]);
	assert_true(read_to_end(ends[0], 4096, &heard));
	close(ends[0]);
	waitpid(child, &status, 0);
	got = span_string(arena, buf_span(&heard));
	buf_release(&heard);
	return got;
}

static const char *
replaced(struct arena *arena, const char *text, const char *word, const char *with)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0
		       ? arena_printf(arena, "%s%s", with, text + len)
		       : text;
}

static void
where(void **state)
{
	uid_t user = getuid() == 0 ? NOBODY : getuid();
	const struct passwd *entry = getpwuid(user);
	bool housed = entry && access(entry->pw_dir, F_OK) == 0;
	const char *passwd = housed ? strdup(entry->pw_dir) : NULL;
	struct arena arena = { 0 };
	const char *own = arena_printf(&arena, "%s/home", lair);

	(void)state;
	assert_true(mkdir(own, 0700) == 0 && chmod(lair, 0711) == 0);
	assert_int_equal(chown(own, user, (gid_t)-1), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *home = paths[i].home, *want = paths[i].want;

		if (paths[i].root && getuid() != 0)
			continue;
		if (home && strcmp(home, "own") == 0)
			home = own;
		want = replaced(&arena, want, "HOME", own);
		if (passwd)
			want = replaced(&arena, want, "PASSWD", passwd);
		else if (strncmp(want, "PASSWD", strlen("PASSWD")) == 0)
			want = "";
		unit_same(paths[i].name, path_of(&arena, i, home), want);
	}
	free((void *)(uintptr_t)passwd);
	arena_release(&arena);
	unit_done();
}

/* ---- made ---- */

static void
check_mode(const struct spool *spool, const char *name, mode_t want)
{
	struct stat info = { 0 };
	char got_text[16], want_text[16];

	if (fstatat(spool->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		info.st_mode = 0;
	snprintf(got_text, sizeof(got_text), "%o", info.st_mode);
	snprintf(want_text, sizeof(want_text), "%o", want);
	unit_same(name, got_text, want_text);
}

static void
made(void **state)
{
	static const char *const folders[] = { ".",	  "tmp",     "msg",   "msg/00",
					       "msg/9A",  "msg/FF",  "hold",  "failed",
					       "corrupt", "account", "limits" };
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool = lair_spool(&arena, "new/state/queue");
	const char *path = spool.path;
	struct buf text = lair_read(arena_printf(&arena, "%s/VERSION", path));

	(void)state;
	unit_same("its version", text.at, "postrider queue 1\n");
	buf_release(&text);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		check_mode(&spool, folders[i], S_IFDIR | 0700);
	check_mode(&spool, "VERSION", S_IFREG | 0600);
	check_mode(&spool, "wake", S_IFIFO | 0600);
	assert_int_equal(unlinkat(spool.fd, "wake", 0), 0);
	unit_number("no wake", spool_listen(&spool), -1);
	close(openat(spool.fd, "wake", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	unit_number("a file as wake", spool_listen(&spool), -1);
	spool_close(&spool);
	unit_number("closed", spool.fd, -1);
	unit_number("opened", spool_open(path, &spool, &err) && spool.fd >= 0, true);
	spool_close(&spool);
	unit_number("made again", spool_make(path, &spool, &err) && spool.fd >= 0, true);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* What was begun and not ended is ended by the next one. */
static void
made_after_a_crash(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool = lair_spool(&arena, "crashed");

	(void)state;
	assert_int_equal(unlinkat(spool.fd, "VERSION", 0), 0);
	assert_int_equal(unlinkat(spool.fd, "msg/80", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(spool.fd, "limits", AT_REMOVEDIR), 0);
	spool_close(&spool);
	unit_number("half made is not there",
		    spool_open(spool.path, &spool, &err) && spool.fd < 0, true);
	spool = lair_spool(&arena, "crashed");
	check_mode(&spool, "msg/80", S_IFDIR | 0700);
	check_mode(&spool, "limits", S_IFDIR | 0700);
	check_mode(&spool, "VERSION", S_IFREG | 0600);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- refused ---- */

static void
spoil_nothing(const char *path)
{
	(void)path;
}

static void
spoil_version(const char *path)
{
	struct arena arena = { 0 };

	lair_write(arena_printf(&arena, "%s/VERSION", path), SPAN("postrider queue 2\n"));
	arena_release(&arena);
}

static void
spoil_version_more(const char *path)
{
	struct arena arena = { 0 };

	lair_write(arena_printf(&arena, "%s/VERSION", path),
		   SPAN("postrider queue 1\nand more\n"));
	arena_release(&arena);
}

static void
spoil_group(const char *path)
{
	assert_int_equal(chmod(path, 0770), 0);
}

static void
spoil_others(const char *path)
{
	assert_int_equal(chmod(path, 0707), 0);
}

static void
spoil_owner(const char *path)
{
	if (getuid() == 0)
		assert_int_equal(chown(path, NOBODY, (gid_t)-1), 0);
	else
		assert_int_equal(chmod(path, 0707), 0);
}

static void
refused_folders(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(const char *path);
		const char *want;
	} spoilt[] = {
		{ "as it was made", spoil_nothing, "ok" },
		{ "version of the future", spoil_version, "cannot-create" },
		{ "version with more", spoil_version_more, "cannot-create" },
		{ "writable by the group", spoil_group, "cannot-create" },
		{ "writable by others", spoil_others, "cannot-create" },
		{ "of another owner", spoil_owner, "cannot-create" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		const char *name = arena_printf(&arena, "spoilt-%zu", i);
		struct error opened = { .arena = &arena }, again = { .arena = &arena };
		struct spool spool = lair_spool(&arena, name);

		spool_close(&spool);
		spoilt[i].spoil(spool.path);
		if (!spool_open(spool.path, &spool, &opened))
			unit_number(spoilt[i].name, spool.fd, -1);
		unit_same(spoilt[i].name, fault_word(opened.fault), spoilt[i].want);
		spool_close(&spool);
		if (!spool_make(spool.path, &spool, &again))
			unit_number(spoilt[i].name, spool.fd, -1);
		unit_same(spoilt[i].name, fault_word(again.fault), spoilt[i].want);
		spool_close(&spool);
	}
	arena_release(&arena);
	unit_done();
}

static void
never_used(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool;

	(void)state;
	unit_number("no folder",
		    spool_open(arena_printf(&arena, "%s/none", lair), &spool, &err),
		    true);
	unit_number("no descriptor", spool.fd, -1);
	unit_number("an empty folder", spool_open(lair, &spool, &err), true);
	unit_number("no descriptor", spool.fd, -1);
	unit_number("a file is above it", spool_make("/proc/version/queue", &spool, &err),
		    false);
	unit_same("a file is above it", fault_word(err.fault), "cannot-create");
	arena_release(&arena);
	unit_done();
}

/* ---- moved, renamed, removed ---- */

static void
moved(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool = lair_spool(&arena, "moved");
	struct letter letter;
	struct entry_name name, found;

	(void)state;
	letter_write(&arena, SPAN("Subject: x\n\ny\n"), &letter);
	name = letter_keep(&arena, &spool, &letter);
	for (enum place to = PLACE_HELD; to < PLACE_COUNT; to++) {
		unit_number(place_word(to),
			    spool_move(&spool, &name, PLACE_WAITING, to, &err), true);
		unit_number("not where it was",
			    spool_find(&spool, PLACE_WAITING, name.id, &found), false);
		unit_number("where it is", spool_find(&spool, to, name.id, &found), true);
		unit_number("and back",
			    spool_move(&spool, &name, to, PLACE_WAITING, &err), true);
	}
	unit_number("its size", (long long)found.size, (long long)name.size);
	lair_write(lair_file(&arena, &spool, PLACE_HELD, &name), SPAN("other"));
	unit_number("a second one of its name",
		    spool_move(&spool, &name, PLACE_WAITING, PLACE_HELD, &err), true);
	unit_number("is set aside", spool_find(&spool, PLACE_CORRUPT, name.id, &found),
		    true);
	unit_number("nothing is written over",
		    spool_find(&spool, PLACE_HELD, name.id, &found), true);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

static void
renamed_and_removed(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "removed");
	struct letter letter;
	struct entry_name name, other, found;

	(void)state;
	letter_write(&arena, SPAN("Subject: x\n\ny\n"), &letter);
	other = name = letter_keep(&arena, &spool, &letter);
	memcpy(other.tag, "00000000", TAG_DIGITS);
	unit_number("renamed", spool_rename(&spool, PLACE_WAITING, &name, &other), true);
	unit_number("found", spool_find(&spool, PLACE_WAITING, name.id, &found), true);
	unit_same("its tag", found.tag, "00000000");
	unit_number("renamed by its old name",
		    spool_rename(&spool, PLACE_WAITING, &name, &other), false);
	unit_number("removed", spool_remove(&spool, PLACE_WAITING, &other, false), true);
	unit_number("removed again", spool_remove(&spool, PLACE_WAITING, &other, false),
		    false);
	unit_number("not found", spool_find(&spool, PLACE_WAITING, name.id, &found),
		    false);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- looked through ---- */

struct seen {
	const struct spool *spool;
	unsigned messages, strangers;
};

static bool
see(void *context, int folder, const char *file, const struct entry_name *name)
{
	struct seen *seen = context;

	(void)folder;
	(void)file;
	(void)name;
	seen->messages++;
	return true;
}

static void
set_aside(void *context, int folder, const char *file)
{
	struct seen *seen = context;

	seen->strangers++;
	unit_number(file, spool_set_aside(seen->spool, folder, file), true);
}

static void
looked_through(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "looked");
	struct seen seen = { .spool = &spool };
	const struct scan scan = { .visit = see,
				   .stranger = set_aside,
				   .context = &seen };
	struct letter letter;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		letter_write(&arena, SPAN("Subject: x\n\ny\n"), &letter);
		letter_keep(&arena, &spool, &letter);
	}
	lair_write(arena_printf(&arena, "%s/msg/00/notes", spool.path), SPAN("x"));
	lair_write(arena_printf(&arena, "%s/msg/FF/notes", spool.path), SPAN("y"));
	assert_int_equal(mkdirat(spool.fd, "msg/FF/folder", 0700), 0);
	unit_number("looked", scan_place(&spool, PLACE_WAITING, &scan), true);
	unit_number("messages", seen.messages, 20);
	unit_number("strangers", seen.strangers, 3);
	seen = (struct seen){ .spool = &spool };
	unit_number("looked again", scan_place(&spool, PLACE_WAITING, &scan), true);
	unit_number("strangers are gone", seen.strangers, 0);
	unit_number("both notes are kept",
		    faccessat(spool.fd, "corrupt/notes", F_OK, 0) == 0 &&
			    faccessat(spool.fd, "corrupt/notes.1", F_OK, 0) == 0,
		    true);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- the runner ---- */

static void
one_runner(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "runner");
	int first = -1, second = -1, wake;
	char byte;

	(void)state;
	spool_wake(&spool); /* Nobody is there. */
	unit_number("one", spool_be_runner(&spool, false, &first), true);
	unit_number("not another", spool_be_runner(&spool, false, &second), false);
	unit_number("no lock", second, -1);
	wake = spool_listen(&spool);
	unit_number("nothing yet", read(wake, &byte, 1), -1);
	spool_wake(&spool);
	unit_number("woken", read(wake, &byte, 1), 1);
	/* However often: nobody waits for a full pipe. */
	for (unsigned i = 0; i < 100000; i++)
		spool_wake(&spool);
	close_file(&first);
	unit_number("the next one", spool_be_runner(&spool, false, &second), true);
	close_file(&second);
	close_file(&wake);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_parse),
		cmocka_unit_test(ids),
		cmocka_unit_test(where),
		cmocka_unit_test(made),
		cmocka_unit_test(made_after_a_crash),
		cmocka_unit_test(refused_folders),
		cmocka_unit_test(never_used),
		cmocka_unit_test(moved),
		cmocka_unit_test(renamed_and_removed),
		cmocka_unit_test(looked_through),
		cmocka_unit_test(one_runner),
	};

	return cmocka_run_group_tests_name("spool", tests, lair_make, lair_remove);
}
