/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the accounts that were met. */
#include "queue/accounts.h"

#include <stdio.h>
#include <string.h>

enum { HOUR = 60 * 60 * 1000 /* ms */ };

static struct account_seen *
find(const struct accounts *accounts, const char *tag)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (strcmp(accounts->seen[i].tag, tag) == 0)
			return &accounts->seen[i];
	return NULL;
}

static struct account_seen *
add(struct accounts *accounts, const char *tag)
{
	size_t count = accounts->count;
	struct account_seen *seen;

	if ((count & (count - 1)) == 0) {
		struct account_seen *more = arena_array(
			accounts->arena, struct account_seen, count ? 2 * count : 1);

		if (count)
			memcpy(more, accounts->seen, count * sizeof(*more));
		accounts->seen = more;
	}
	seen = &accounts->seen[accounts->count++];
	*seen = (struct account_seen){ 0 };
	snprintf(seen->tag, sizeof(seen->tag), "%s", tag);
	return seen;
}

struct account_seen *
accounts_get(struct accounts *accounts, const char *tag, bool force)
{
	struct account_seen *seen = find(accounts, tag);
	struct standing standing;

	if (seen)
		return seen;
	seen = add(accounts, tag);
	if (force || !standing_read(accounts->arena, accounts->spool, tag, &standing) ||
	    standing.until <= wall_ms())
		return seen;
	/* One that somebody has to mend is looked at: it may be mended. */
	if (!standing.held && !standing.has_fallback) {
		seen->closed = true;
		seen->again = standing.until;
	}
	seen->sweep = standing.swept + HOUR <= wall_ms();
	if (seen->sweep) {
		standing.swept = wall_ms();
		standing_write(accounts->spool, &standing);
	}
	return seen;
}

void
accounts_recount(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->count; i++)
		accounts->seen[i].waiting = accounts->seen[i].sweep = 0;
}

static bool
something_waits(const struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (accounts->seen[i].waiting)
			return true;
	return false;
}

/* A fallback has no mail of its own, and must not be tried too early for that. */
static void
forget_idle(void *context, const char *tag)
{
	const struct accounts *accounts = context;
	const struct account_seen *seen = find(accounts, tag);
	struct standing standing;

	if (seen && seen->waiting)
		return;
	if (!something_waits(accounts) ||
	    !standing_read(accounts->arena, accounts->spool, tag, &standing) ||
	    standing.until <= wall_ms())
		standing_forget(accounts->spool, tag);
}

void
accounts_tidy(struct accounts *accounts)
{
	standing_each(accounts->spool, forget_idle, accounts);
	for (size_t i = 0; i < accounts->count; i++)
		if (accounts->seen[i].waiting)
			standing_note_mail(accounts->spool, accounts->seen[i].tag, NULL);
}
