/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How accounts stand: when they are tried again, and what is remembered of it. */
#include "lair.h"

#include "queue/accounts.h"
#include "queue/record.h"
#include "queue/standing.h"

#define TAG "01234567"
#define OTHER_TAG "89ABCDEF"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

/* ---- when ---- */

static void
between(const char *name, int64_t got, int64_t least, int64_t most)
{
	if (got < least)
		unit_number(name, got, least);
	else if (got > most)
		unit_number(name, got, most);
	else
		unit_number(name, 0, 0);
}

static void
jitters(void **state)
{
	static const struct {
		const char *name;
		int64_t delay;
		unsigned percent;
		int64_t least, most;
	} cases[] = {
		{ "nothing", 0, 20, 0, 0 },
		{ "no jitter", 5000, 0, 5000, 5000 },
		{ "too little for any", 4, 20, 4, 4 },
		{ "a fifth", 1000, 20, 800, 1200 },
		{ "a tenth of an hour", HOUR, 10, HOUR - HOUR / 10, HOUR + HOUR / 10 },
		{ "all of it", 1000, 100, 0, 2000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned k = 0; k < 500; k++)
			between(cases[i].name, jitter(cases[i].delay, cases[i].percent),
				cases[i].least, cases[i].most);
	unit_done();
}

/* After how many failures it is how long, a fifth more or less. */
static void
back_off(void **state)
{
	static const struct {
		const char *name;
		unsigned failures;
		bool held;
		int64_t want;
	} cases[] = {
		{ "the first", 0, false, 30 * SECOND },
		{ "the second", 1, false, MINUTE },
		{ "the third", 2, false, 2 * MINUTE },
		{ "the sixth", 5, false, 16 * MINUTE },
		{ "the seventh", 6, false, 30 * MINUTE },
		{ "the hundredth", 99, false, 30 * MINUTE },
		{ "one of very many", UINT32_MAX - 1, false, 30 * MINUTE },
		{ "held", 0, true, 6 * HOUR },
		{ "held again", 9, true, 6 * HOUR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned k = 0; k < 100; k++) {
			struct standing standing = { .failures = cases[i].failures };
			int64_t want = cases[i].want, now = wall_ms();

			standing_failed(&standing, cases[i].held, "why");
			between(cases[i].name, standing.until - now, want - want / 5,
				want + want / 5 + MINUTE);
			unit_number(cases[i].name, standing.failures,
				    (long long)cases[i].failures + 1);
			unit_number(cases[i].name, standing.held, cases[i].held);
		}
	unit_done();
}

/* Many that fail at the same time are one failure. */
static void
once_at_a_time(void **state)
{
	struct standing standing = { 0 };
	int64_t until;

	(void)state;
	standing_failed(&standing, false, "one");
	until = standing.until;
	standing_failed(&standing, false, "two");
	unit_number("failures", standing.failures, 1);
	unit_number("until", standing.until, until);
	unit_same("why", standing.why, "two");
	unit_done();
}

/* A hold ends with a failure of another kind, and so does its long wait. */
static void
not_held_any_more(void **state)
{
	struct standing standing = { 0 };
	int64_t now = wall_ms();

	(void)state;
	standing_failed(&standing, true, "a wrong password");
	unit_number("held for hours", standing.until > now + 3600 * 1000, true);
	standing_failed(&standing, false, "nobody answers");
	unit_number("held", standing.held, false);
	unit_number("tried soon", standing.until < now + 3600 * 1000, true);
	unit_done();
}

static void
recovered(void **state)
{
	struct standing standing = { .account = "work", .has_fallback = true };

	(void)state;
	unit_number("no news", standing_recovered(&standing), false);
	standing_failed(&standing, true, "no");
	standing.told = 5;
	unit_number("news", standing_recovered(&standing), true);
	unit_number("failures", standing.failures, 0);
	unit_number("until", standing.until, 0);
	unit_number("failed", standing.failed, 0);
	unit_number("told", standing.told, 0);
	unit_number("held", standing.held, false);
	unit_same("why", standing.why, NULL);
	unit_same("... in English", standing.english, NULL);
	unit_same("account", standing.account, "work");
	unit_number("fallback", standing.has_fallback, true);
	unit_number("no more news", standing_recovered(&standing), false);
	unit_done();
}

/* ---- written and read ---- */

static const char *
describe(struct arena *arena, const struct standing *standing)
{
	return arena_printf(
		arena, "%s %s %u %lld %s%s%s %lld %lld %lld", standing->tag,
		standing->account ? standing->account : "-", standing->failures,
		(long long)standing->until, standing->held ? "held " : "",
		standing->has_fallback ? "fallback " : "",
		standing->why ? standing->why : "-", (long long)standing->failed,
		(long long)standing->swept, (long long)standing->told);
}

static void
round_trip(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "standing");
	struct standing all[] = {
		{ .tag = TAG },
		{ .tag = TAG, .account = "work" },
		{ .tag = TAG,
		  .account = "a b",
		  .failures = 7,
		  .until = wall_ms() + 5000,
		  .held = true,
		  .has_fallback = true,
		  .why = "535 5.7.8 no\nmore",
		  .failed = wall_ms() - 5000,
		  .swept = wall_ms() - 3000,
		  .told = wall_ms() - 4000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct standing got;

		standing_write(&spool, &all[i]);
		unit_number("there", standing_read(&arena, &spool, TAG, &got), true);
		unit_same("the same", describe(&arena, &got), describe(&arena, &all[i]));
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

static void
count_one(void *context, const char *tag)
{
	unsigned *count = context;

	(*count)++;
	unit_same("its tag", tag, TAG);
}

static void
noted_and_forgotten(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "noted");
	struct standing standing;
	unsigned count = 0;

	(void)state;
	unit_number("not there", standing_read(&arena, &spool, TAG, &standing), false);
	unit_same("as a good one", describe(&arena, &standing), TAG " - 0 0 - 0 0 0");
	standing_note_mail(&spool, TAG, "work");
	unit_number("there", standing_read(&arena, &spool, TAG, &standing), true);
	unit_same("noted", describe(&arena, &standing), TAG " work 0 0 - 0 0 0");
	standing.failures = 3;
	standing_write(&spool, &standing);
	standing_note_mail(&spool, TAG, "home");
	unit_number("there", standing_read(&arena, &spool, TAG, &standing), true);
	unit_same("left alone", describe(&arena, &standing), TAG " work 3 0 - 0 0 0");
	lair_write(arena_printf(&arena, "%s/account/notes", spool.path), SPAN(""));
	standing_each(&spool, count_one, &count);
	unit_number("one of them", count, 1);
	standing_forget(&spool, TAG);
	standing_forget(&spool, TAG);
	unit_number("forgotten", standing_read(&arena, &spool, TAG, &standing), false);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- garbage ---- */

static const struct {
	const char *name, *text, *want;
} files[] = {
	{ "nothing", "", TAG " - 0 0 - 0 0 0" },
	{ "no record", "hello\n", TAG " - 0 0 - 0 0 0" },
	{ "a record without its sum", "failures 1:5\n", TAG " - 0 0 - 0 0 0" },
	{ "zeros", NULL, TAG " - 0 0 - 0 0 0" },
};

static const struct {
	const char *name, *type, *value, *want;
} records[] = {
	{ "a number", "failures", "5", TAG " - 5 0 - 0 0 0" },
	{ "no number", "failures", "five", TAG " - 0 0 - 0 0 0" },
	{ "below zero", "failures", "-5", TAG " - 0 0 - 0 0 0" },
	{ "beyond all", "until", "18446744073709551615", TAG " - 0 0 - 0 0 0" },
	{ "an unknown record", "mood", "5", TAG " - 0 0 - 0 0 0" },
	{ "a clock that was set back", "until", "9000000000000", TAG " - 0 0 - 0 0 0" },
	{ "told after now", "told", "9000000000000", TAG " - 0 0 - 0 0 0" },
	{ "failed after now", "failed", "9000000000000", TAG " - 0 0 - 0 0 0" },
};

static const char *
read_back(struct arena *arena, const struct spool *spool, struct span text)
{
	struct standing standing;

	lair_write(arena_printf(arena, "%s/account/" TAG, spool->path), text);
	return standing_read(arena, spool, TAG, &standing) ? describe(arena, &standing)
							   : "not there";
}

static void
garbage(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "garbage");
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct span zeros = { "\0\0\0\0", 4 };

		unit_same(files[i].name,
			  read_back(&arena, &spool,
				    files[i].text ? span_of(files[i].text) : zeros),
			  files[i].want);
	}
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		text.len = 0;
		record_add(&text, records[i].type, span_of(records[i].value));
		unit_same(records[i].name, read_back(&arena, &spool, buf_span(&text)),
			  records[i].want);
	}
	/* What is whole in front of the garbage holds. */
	text.len = 0;
	record_add(&text, "failures", SPAN("3"));
	buf_add_string(&text, "until 1");
	unit_same("torn", read_back(&arena, &spool, buf_span(&text)),
		  TAG " - 3 0 - 0 0 0");
	text.len = 0;
	for (unsigned i = 0; i < 10000; i++)
		record_add(&text, "failures", SPAN("3"));
	unit_same("endless", read_back(&arena, &spool, buf_span(&text)),
		  TAG " - 0 0 - 0 0 0");
	buf_release(&text);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* A fallback has no mail of its own. */
static void
of_fallback(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "fallback");
	struct accounts accounts = { .arena = &arena, .spool = &spool };
	struct standing standing;

	(void)state;
	standing_read(&arena, &spool, TAG, &standing);
	standing_failed(&standing, true, "a wrong password");
	standing_write(&spool, &standing);
	accounts_get(&accounts, OTHER_TAG, false)->waiting = 1;
	accounts_tidy(&accounts);
	unit_number("it is known while mail waits",
		    standing_read(&arena, &spool, TAG, &standing), true);
	unit_number("and when it is tried again", standing.until > wall_ms(), true);
	accounts_get(&accounts, OTHER_TAG, false)->waiting = 0;
	accounts_tidy(&accounts);
	unit_number("nothing waits: nobody needs it",
		    standing_read(&arena, &spool, TAG, &standing), false);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jitters),
		cmocka_unit_test(back_off),
		cmocka_unit_test(once_at_a_time),
		cmocka_unit_test(not_held_any_more),
		cmocka_unit_test(recovered),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(noted_and_forgotten),
		cmocka_unit_test(garbage),
		cmocka_unit_test(of_fallback),
	};

	return cmocka_run_group_tests_name("standing", tests, lair_make, lair_remove);
}
