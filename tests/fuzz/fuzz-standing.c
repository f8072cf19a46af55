/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the queue remembers of accounts, from arbitrary octets: how they stand, and what
 * was counted for their limits. */
#include "lair.h"

#include "base/crc.h"
#include "queue/limits.h"
#include "queue/standing.h"

#include <inttypes.h>

#define TAG "01234567"

enum { DAY = 24 * 60 * 60 /* s */ };

/* ---- standings ---- */

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void
check_same(const struct standing *a, const struct standing *b)
{
	check(same_text(a->account, b->account) && same_text(a->why, b->why));
	check(a->failures == b->failures && a->until == b->until);
	check(a->failed == b->failed && a->told == b->told && a->swept == b->swept);
	check(a->held == b->held && a->has_fallback == b->has_fallback);
}

static void
check_standing(struct span text)
{
	struct arena arena = { 0 };
	struct standing standing, again;
	int64_t now = wall_ms();

	write_file(spool.fd, "account/" TAG, text);
	check(standing_read(&arena, &spool, TAG, &standing));
	check(standing.until >= 0 && standing.until <= wall_ms() + DAY * (int64_t)1000);
	check(standing.failed >= 0 && standing.failed <= wall_ms());
	check(standing.told >= 0 && standing.told <= wall_ms());
	standing_write(&spool, &standing);
	check(standing_read(&arena, &spool, TAG, &again));
	check_same(&standing, &again);
	standing_failed(&standing, false, "why");
	check(standing.failures && standing.until > now);
	check(standing_recovered(&standing) && !standing_recovered(&standing));
	arena_release(&arena);
}

/* Each line "TYPE VALUE" becomes a whole record. */
static void
check_records(struct span text)
{
	struct arena arena = { 0 };
	struct buf out = { 0 };

	while (text.len) {
		struct record_view line = next_line(&text);

		record_add(&out, span_string(&arena, line.type), line.value);
	}
	check_standing(buf_span(&out));
	buf_release(&out);
	arena_release(&arena);
}

/* ---- limits ---- */

/* Whatever the file says, nobody waits longer than he can have to; and the limit holds
 * soon. */
static void
check_limits(struct span text)
{
	static const struct account account = { .endpoint.host = "h",
						.queue.rate = { 3, DAY } };
	int64_t counted, given = 0;
	unsigned gone = 0;
	char name[NAME_ROOM];

	snprintf(name, sizeof(name), "limits/%08" PRIX32 ".rate.3", crc32c(0, "h", 2));
	write_file(spool.fd, name, text);
	for (unsigned i = 0; i < 10; i++) {
		int64_t wait = limits_count(&spool, &account, &counted);

		check(wait >= 0 && wait <= DAY * (int64_t)1000);
		check(!wait == !!counted);
		gone += !wait;
		if (i == 5 && counted)
			limits_give_back(&spool, &account, given = counted);
	}
	check(gone <= 2 * account.queue.rate.count + !!given);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };

	check_standing(text);
	check_records(text);
	check_limits(text);
	return 0;
}
