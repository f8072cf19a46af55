/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remembers how accounts stand. */
#include "queue/standing.h"

#include "base/file.h"
#include "queue/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	FIRST = 30 * 1000,	   /* ms until the second try */
	LAST = 30 * 60 * 1000,	   /* ms at most */
	HELD = 6 * 60 * 60 * 1000, /* ms for what does not mend itself */
	DAY = 4 * HELD,		   /* ms: a break in which the machine was off */
	FAR = 2 * HELD,		   /* ms: no account waits longer */
	FILE_MAX = 64 * 1024
};

static void
file_name(const char *tag, char name[NAME_ROOM])
{
	snprintf(name, NAME_ROOM, "account/%s", tag);
}

/* ---- read ---- */

static void
take(struct arena *arena, struct standing *standing, const struct record_view *record)
{
	struct {
		const char *type;
		int64_t *number;
	} numbers[] = {
		{ "until", &standing->until }, { "failed", &standing->failed },
		{ "awake", &standing->awake }, { "told", &standing->told },
		{ "swept", &standing->swept },
	};
	uint64_t number = 0;

	if (record_is(record, "account"))
		standing->account = span_string(arena, record->value);
	else if (record_is(record, "why"))
		standing->why = span_string(arena, record->value);
	else if (record_is(record, "english"))
		standing->english = span_string(arena, record->value);
	else if (record_is(record, "held"))
		standing->held = true;
	else if (record_is(record, "refuses"))
		standing->refuses = true;
	else if (record_is(record, "fallback"))
		standing->has_fallback = true;
	else if (!span_number(record->value, &number) || number > INT64_MAX)
		return;
	if (record_is(record, "failures"))
		standing->failures = (unsigned)number;
	if (record_is(record, "seen"))
		standing->seen = (uint32_t)number;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (record_is(record, numbers[i].type))
			*numbers[i].number = (int64_t)number;
}

/* The clock went back: nothing may wait until it has come there again. */
static void
forget_future(struct standing *standing)
{
	int64_t now = wall_ms(), *past[] = { &standing->failed, &standing->awake,
					     &standing->swept, &standing->told };

	if (standing->until > now + FAR || standing->failed > now)
		standing->until = 0;
	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++)
		if (*past[i] > now)
			*past[i] = 0;
}

bool
standing_read(struct arena *arena, const struct spool *spool, const char *tag,
	      struct standing *standing)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	CLEANUP(close_file) int fd = -1;
	struct record_view record;
	char name[NAME_ROOM];
	struct span rest;

	*standing = (struct standing){ 0 };
	snprintf(standing->tag, sizeof(standing->tag), "%s", tag);
	file_name(tag, name);
	fd = openat(spool->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || !read_to_end(fd, FILE_MAX, &text))
		return fd >= 0;
	for (rest = buf_span(&text); record_next(&rest, &record) == RECORD_WHOLE;)
		take(arena, standing, &record);
	if (!standing->english)
		standing->english = standing->why;
	forget_future(standing);
	return true;
}

/* ---- written ---- */

static void
print(const struct standing *standing, struct buf *out)
{
	if (standing->account)
		record_add(out, "account", span_of(standing->account));
	record_printf(out, "failures", "%u", standing->failures);
	record_printf(out, "until", "%" PRId64, standing->until);
	record_printf(out, "failed", "%" PRId64, standing->failed);
	record_printf(out, "awake", "%" PRId64, standing->awake);
	record_printf(out, "seen", "%" PRIu32, standing->seen);
	record_printf(out, "told", "%" PRId64, standing->told);
	record_printf(out, "swept", "%" PRId64, standing->swept);
	if (standing->held)
		record_add(out, "held", SPAN(""));
	if (standing->refuses)
		record_add(out, "refuses", SPAN(""));
	if (standing->has_fallback)
		record_add(out, "fallback", SPAN(""));
	if (standing->why)
		record_add(out, "why", span_of(standing->why));
	if (standing->english &&
	    (!standing->why || strcmp(standing->english, standing->why) != 0))
		record_add(out, "english", span_of(standing->english));
}

void
standing_write(const struct spool *spool, const struct standing *standing)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	CLEANUP(close_file) int fd = -1;
	char tmp[NAME_ROOM], name[NAME_ROOM];

	snprintf(tmp, sizeof(tmp), "tmp/%s.%ld", standing->tag, (long)getpid());
	file_name(standing->tag, name);
	print(standing, &text);
	fd = openat(spool->fd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return;
	if (!write_all(fd, text.at, text.len) ||
	    renameat(spool->fd, tmp, spool->fd, name) != 0)
		unlinkat(spool->fd, tmp, 0);
}

void
standing_note_mail(const struct spool *spool, const char *tag, const char *account)
{
	struct standing fresh = { .account = account };
	char name[NAME_ROOM];

	file_name(tag, name);
	if (faccessat(spool->fd, name, F_OK, 0) == 0)
		return;
	snprintf(fresh.tag, sizeof(fresh.tag), "%s", tag);
	standing_write(spool, &fresh);
}

void
standing_forget(const struct spool *spool, const char *tag)
{
	char name[NAME_ROOM];

	file_name(tag, name);
	/* It may be gone already. */
	if (unlinkat(spool->fd, name, 0) != 0)
		errno = 0;
}

/* ---- what happened ---- */

int64_t
jitter(int64_t delay, unsigned percent)
{
	uint32_t random = 0x80000000U;
	int64_t span = delay * (int64_t)percent / 100;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return delay;
	return delay - span + (int64_t)((uint64_t)(2 * span + 1) * random >> 32);
}

void
standing_failed(struct standing *standing, bool held, const char *why)
{
	int64_t now = wall_ms(), delay = FIRST;
	bool is_over = standing->held && !held; /* what would have kept it for hours */

	if (!standing->failed || standing->failed + DAY < now)
		standing->awake = now;
	standing->why = standing->english = why;
	standing->failed = now;
	standing->held = held;
	if (standing->until > now && !is_over)
		return;
	for (unsigned i = 0; i < standing->failures && delay < LAST; i++)
		delay *= 2;
	if (delay > LAST)
		delay = LAST;
	standing->failures++;
	standing->until = now + jitter(held ? HELD : delay, 20);
}

const char *
standing_words(const struct standing *standing)
{
	bool can_show = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

	return can_show ? standing->why : standing->english;
}

bool
standing_recovered(struct standing *standing)
{
	bool news = standing->failures || standing->held || standing->until;

	standing->failures = 0;
	standing->until = standing->failed = standing->awake = standing->told = 0;
	standing->held = false;
	standing->why = standing->english = NULL;
	return news;
}

void
standing_each(const struct spool *spool, void (*visit)(void *context, const char *tag),
	      void *context)
{
	int folder = openat(spool->fd, "account", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = folder >= 0 ? fdopendir(folder) : NULL;
	const struct dirent *file;

	if (!all) {
		close_file(&folder);
		return;
	}
	while ((file = readdir(all)))
		if (strlen(file->d_name) == TAG_DIGITS)
			visit(context, file->d_name);
	closedir(all);
}
