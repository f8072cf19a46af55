/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pass through the queue: what one message has must not keep the others. */
#include "lair.h"

#include "queue/pass.h"
#include "queue/standing.h"

#include <grp.h>
#include <poll.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

static void
count_fault(void *context, const struct queue_event *event)
{
	unsigned *faults = context;

	faults[event->err->fault]++;
}

/* By an account whose server is not there. */
static struct entry_name
keep_one(struct arena *arena, const struct spool *spool)
{
	static struct assignment given[4];
	static const char *const texts[] = { "host=127.0.0.1", "port=1", "tls=off",
					     "auth=off" };
	struct letter letter;

	for (size_t i = 0; i < 4; i++)
		assert_true(assignment_parse(span_of(texts[i]), &given[i]));
	letter_write(arena, SPAN("Subject: x\n\nHello\n"), &letter);
	letter.key = (struct account_key){
		.without_file = true,
		.assignments = given,
		.assignment_count = 4,
	};
	return letter_keep(arena, spool, &letter);
}

/* As a user whom a file can be kept from. */
static void
become_nobody(void)
{
	if (getuid() == 0 &&
	    (chown(lair, NOBODY, (gid_t)-1) != 0 || setgroups(0, NULL) != 0 ||
	     setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(1);
}

static void
pass_over_one(void)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool;
	unsigned faults[FAULT_COUNT] = { 0 };
	struct pass pass = { .spool = &spool, .tell = count_fault, .context = faults };
	struct entry_name first;
	struct standing standing;
	int64_t next = 0;

	become_nobody();
	spool = lair_spool(&arena, "pass");
	first = keep_one(&arena, &spool);
	poll(NULL, 0, 2);
	keep_one(&arena, &spool);
	assert_int_equal(chmod(lair_file(&arena, &spool, PLACE_WAITING, &first), 0), 0);
	unit_number("passed", pass_run(&pass, &next, &err), true);
	unit_number("it is told", faults[FAULT_IO], 1);
	unit_number("the other was tried", faults[FAULT_CONNECT], 1);
	unit_number("its account knows",
		    standing_read(&arena, &spool, first.tag, &standing), true);
	unit_number("one failure", standing.failures, 1);
	unit_number("soon again", next > wall_ms() && next < wall_ms() + 60 * 1000, true);
	spool_close(&spool);
	arena_release(&arena);
}

static void
unreadable(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		pass_over_one();
		_exit(unit_failures > 0);
	}
	waitpid(child, &status, 0);
	unit_number("one that cannot be read", status, 0);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests_name("pass", tests, lair_make, lair_remove);
}
