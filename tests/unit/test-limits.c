/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a provider allows: so many messages in some time, so many connections at once. */
#include "lair.h"

#include "base/crc.h"
#include "queue/limits.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static const struct account mine = { .endpoint.host = "h", .login.user = "me" },
			    other = { .endpoint.host = "h", .login.user = "you" };

static int64_t
count_at(const struct spool *spool, const struct account *account, unsigned most,
	 unsigned seconds, int64_t *counted)
{
	struct account limited = *account;

	limited.queue.rate = (struct rate){ most, seconds };
	return limits_count(spool, &limited, counted);
}

/* Whether one more may go, or has to wait, which it has for no longer than that time. */
static const char *
count(const struct spool *spool, const struct account *account, unsigned most,
      unsigned seconds)
{
	int64_t counted, wait = count_at(spool, account, most, seconds, &counted);

	if (!wait)
		return "go";
	return wait > 0 && wait <= (int64_t)seconds * 1000 ? "wait" : "wait too long";
}

static void
rate(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "rate");

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		unit_same("no limit", count(&spool, &mine, 0, 0), "go");
	for (unsigned i = 0; i < 8; i++)
		unit_same("five in a day", count(&spool, &mine, 5, 86400),
			  i < 5 ? "go" : "wait");
	unit_same("another account", count(&spool, &other, 5, 86400), "go");
	unit_same("another limit", count(&spool, &mine, 6, 86400), "go");
	unit_same("no time", count(&spool, &other, 1, 0), "go");
	unit_same("no time, again", count(&spool, &other, 1, 0), "go");
	unit_same("one in ages", count(&spool, &other, 2, UINT32_MAX), "go");
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* What reached no server can be sent after all; what did cannot. */
static void
given_back(void **state)
{
	struct account two = mine;
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "back");
	int64_t first, second, third;

	(void)state;
	two.queue.rate = (struct rate){ 2, 86400 };
	limits_give_back(&spool, &two, 0);
	limits_give_back(&spool, &two, 12345);
	for (unsigned i = 0; i < 7; i++) {
		unit_number("one", limits_count(&spool, &two, &first), 0);
		poll(NULL, 0, 2);
		unit_number("two", limits_count(&spool, &two, &second), 0);
		unit_number("not three", limits_count(&spool, &two, &third) > 0, true);
		unit_number("none was counted", third, 0);
		limits_give_back(&spool, &two, i % 2 ? first : second);
		poll(NULL, 0, 2);
		unit_number("another one", limits_count(&spool, &two, &third), 0);
		unit_same("no more", count(&spool, &mine, 2, 86400), "wait");
		limits_give_back(&spool, &two, i % 2 ? second : first);
		limits_give_back(&spool, &two, third);
		/* Twice is as good as once. */
		limits_give_back(&spool, &two, third);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* That of another one, which went in between, stays. */
static void
given_back_late(void **state)
{
	struct account one = mine;
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "late");
	int64_t first, second;

	(void)state;
	one.queue.rate = (struct rate){ 1, 1 };
	unit_number("one", limits_count(&spool, &one, &first), 0);
	poll(NULL, 0, 1100);
	unit_number("after its time", limits_count(&spool, &one, &second), 0);
	limits_give_back(&spool, &one, first);
	unit_same("the other one counts", count(&spool, &mine, 1, 1), "wait");
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* A provider knows who logs in, and not by which name of an account. */
static void
names(void **state)
{
	const struct account again = { .name = "again",
				       .timeout = 5,
				       .endpoint.host = "h",
				       .login.user = "me" },
			     alone = { .endpoint.host = "h" };
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "names");
	int slot;

	(void)state;
	unit_same("one", count(&spool, &mine, 1, 86400), "go");
	unit_same("the same", count(&spool, &again, 1, 86400), "wait");
	unit_same("nobody", count(&spool, &alone, 1, 86400), "go");
	unit_number("a connection", limits_connect(&spool, &again, 1, &slot), true);
	unit_number("no other one", limits_connect(&spool, &mine, 1, &(int){ -1 }),
		    false);
	close_file(&slot);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- the file: how many so far, and the times of the last three ---- */

enum { HOUR = 60 * 60 * 1000 };

/* Times are ms before now. */
static const struct {
	const char *name;
	int64_t counted, before[3];
	const char *want;
} rings[] = {
	{ "fewer than three", 2, { 10, 10, 0 }, "go" },
	{ "three just now", 3, { 10, 10, 10 }, "wait" },
	{ "the oldest is old", 3, { 2 * HOUR, 10, 10 }, "go" },
	{ "all are old", 3, { 2 * HOUR, 2 * HOUR, 2 * HOUR }, "go" },
	{ "around the ring", 4, { 10, 2 * HOUR, 10 }, "go" },
	{ "around the ring, not old", 5, { 2 * HOUR, 2 * HOUR, 10 }, "wait" },
	{ "a clock that was set back", 3, { -HOUR, -HOUR, -HOUR }, "go" },
};

static const char *
ring_file(struct arena *arena, const struct spool *spool)
{
	return arena_printf(arena, "%s/limits/%08" PRIX32 ".rate.3", spool->path,
			    crc32c(0, "h\0me", sizeof("h\0me")));
}

static void
window(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "window");

	(void)state;
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		int64_t ring[4] = { rings[i].counted };

		for (size_t k = 0; k < 3; k++)
			if (rings[i].before[k])
				ring[k + 1] = wall_ms() - rings[i].before[k];
		lair_write(ring_file(&arena, &spool),
			   (struct span){ (const char *)ring, sizeof(ring) });
		unit_same(rings[i].name, count(&spool, &mine, 3, 3600), rings[i].want);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* The mail goes, whatever somebody has made of the file. */
static void
garbage(void **state)
{
	static const int64_t numbers[] = { INT64_MIN, INT64_MIN + 1, -1,
					   1,	      INT64_MAX - 1, INT64_MAX };
	enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };
	int64_t counted;
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "window");
	const char *file = ring_file(&arena, &spool);

	(void)state;
	for (size_t i = 0; i < NUMBERS; i++)
		for (size_t k = 0; k < NUMBERS; k++) {
			int64_t ring[4] = { numbers[i], numbers[k], numbers[k],
					    numbers[k] };

			lair_write(file,
				   (struct span){ (const char *)ring, sizeof(ring) });
			unit_same("numbers", count(&spool, &mine, 3, 3600), "go");
			/* The ring may have begun anew. */
			unit_number("not for long",
				    count_at(&spool, &mine, 3, 3600, &counted) <= HOUR,
				    true);
		}
	lair_write(file, SPAN("abc"));
	unit_same("a torn file", count(&spool, &mine, 3, 3600), "go");
	unit_same("and then", count(&spool, &mine, 3, 3600), "go");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	unit_same("a folder", count(&spool, &mine, 3, 3600), "go");
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- connections ---- */

static void
slots(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "slots");
	int held[3] = { -1, -1, -1 }, one;

	(void)state;
	unit_number("none", limits_connect(&spool, &mine, 0, &one), false);
	for (size_t i = 0; i < 3; i++)
		unit_number("three", limits_connect(&spool, &mine, 3, &held[i]), true);
	unit_number("not a fourth", limits_connect(&spool, &mine, 3, &one), false);
	unit_number("no descriptor", one, -1);
	unit_number("another account", limits_connect(&spool, &other, 3, &one), true);
	close_file(&one);
	close_file(&held[1]);
	unit_number("one has ended", limits_connect(&spool, &mine, 3, &held[1]), true);
	unit_number("fewer than there are", limits_connect(&spool, &mine, 2, &one),
		    false);
	for (size_t i = 0; i < 3; i++)
		close_file(&held[i]);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* A child takes one, says so, and holds it until it is ended. */
static pid_t
start_holder(const struct spool *spool, const struct account *account)
{
	int ends[2], slot;
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		byte = limits_connect(spool, account, 2, &slot) ? 'y' : 'n';
		if (!write_all(ends[1], &byte, 1))
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	unit_number("the child is heard", read(ends[0], &byte, 1), 1);
	unit_number("the child has one", byte, 'y');
	close(ends[0]);
	return child;
}

static void
across_processes(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "slots");
	pid_t child = start_holder(&spool, &mine);
	int one, two;

	(void)state;
	unit_number("one is left", limits_connect(&spool, &mine, 2, &one), true);
	unit_number("none is left", limits_connect(&spool, &mine, 2, &two), false);
	/* However it ends. */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unit_number("the child's is free", limits_connect(&spool, &mine, 2, &two), true);
	close_file(&one);
	close_file(&two);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* Together they count no more than is allowed. */
static void
rate_across_processes(void **state)
{
	enum { PROCESSES = 8, EACH = 20, MOST = 37 };
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "together");
	pid_t children[PROCESSES];
	int gone = 0, status;

	(void)state;
	for (size_t i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			int64_t counted;
			int own = 0;

			for (unsigned k = 0; k < EACH; k++)
				own += !count_at(&spool, &mine, MOST, 86400, &counted);
			_exit(own);
		}
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		waitpid(children[i], &status, 0);
		gone += WEXITSTATUS(status);
	}
	unit_number("together", gone, MOST);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate),
		cmocka_unit_test(given_back),
		cmocka_unit_test(given_back_late),
		cmocka_unit_test(names),
		cmocka_unit_test(window),
		cmocka_unit_test(garbage),
		cmocka_unit_test(slots),
		cmocka_unit_test(across_processes),
		cmocka_unit_test(rate_across_processes),
	};

	return cmocka_run_group_tests_name("limits", tests, lair_make, lair_remove);
}
