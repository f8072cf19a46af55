/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens the way to a server for many messages, and closes it when it is of no use. */
#include "queue/route.h"

#include "base/crc.h"
#include "base/file.h"
#include "oauth/token.h"
#include "queue/keep.h"
#include "queue/limits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FALLBACKS_MAX = 4,
	BUSY = 5 * 1000, /* ms until another process may have ended its connection */
	DAY = 24 * 60 * 60 * 1000 /* ms */
};

bool
fault_mends_itself(enum fault fault)
{
	return fault_is_temporary(fault) || fault == FAULT_NO_HOST ||
	       fault == FAULT_PROTOCOL;
}

/* ---- how it stands ---- */

static uint32_t
file_seen(uint32_t seen, const char *path)
{
	struct stat info;

	if (!path || stat(path, &info) != 0)
		return seen;
	seen = crc32c(seen, (const char *)&info.st_mtim, sizeof(info.st_mtim));
	seen = crc32c(seen, (const char *)&info.st_size, sizeof(info.st_size));
	return crc32c(seen, (const char *)&info.st_ino, sizeof(info.st_ino));
}

static uint32_t
named_files_seen(struct arena *arena, const struct account *account, uint32_t seen)
{
	const char *home = home_folder(arena);
	const char *files[] = {
		token_path(arena, &account->oauth),
		account->secret.password_file,
		home ? arena_printf(arena, "%s/.netrc", home) : NULL,
		account->tls.trust_file,
		account->tls.crl_file,
		account->tls.cert_file,
		account->tls.key_file,
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		seen = file_seen(seen, files[i]);
	return seen;
}

/* Other than before is news, whatever a clock says. */
static uint32_t
files_seen(struct arena *arena, const struct chosen *chosen)
{
	uint32_t seen = chosen->config.seen;

	return chosen->account ? named_files_seen(arena, chosen->account, seen) : seen;
}

static void
close_until(struct route *route, int64_t when)
{
	connection_close(&route->connection);
	close_file(&route->slot);
	route->state = ROUTE_CLOSED;
	route->again = when;
}

static const char *
copy(struct route *route, const char *text)
{
	return text ? arena_string(&route->arena, text) : NULL;
}

void
account_failed(struct arena *arena, const struct chosen *chosen, const struct error *err,
	       struct standing *standing)
{
	const char *why = arena_string(arena, err->what);

	if (err->reply)
		/* TRANSLATORS: a sentence about a failure, and the server's own words. */
		why = arena_printf(arena, _("%s: %s"), err->what, err->reply);
	standing_failed(standing, !fault_mends_itself(err->fault), why);
	standing->refuses = err->reply && err->fault != FAULT_PROTOCOL;
	standing->english = english_of(arena, why);
	standing->seen = files_seen(arena, chosen);
}

void
route_fail(struct route *route, const struct error *err)
{
	account_failed(&route->arena, &route->chosen, err, &route->standing);
	standing_write(route->spool, &route->standing);
	route->failed = (struct error){
		.arena = &route->arena,
		.fault = err->fault,
		.what = copy(route, err->what),
		.reply = copy(route, err->reply),
	};
	close_until(route, route->standing.until);
}

void
route_worked(struct route *route)
{
	if (standing_recovered(&route->standing))
		standing_write(route->spool, &route->standing);
}

/* ---- found ---- */

static void
add_fallback(struct route *route)
{
	const char *name = route->chosen.account->queue.fallback;

	route->standing.has_fallback = name != NULL;
	if (!name || route->depth == FALLBACKS_MAX)
		return;
	route->fallback = calloc(1, sizeof(*route->fallback));
	if (!route->fallback)
		out_of_memory();
	*route->fallback = (struct route){
		.spool = route->spool,
		.key = { .name = name,
			 .config_file = route->key.config_file,
			 .dialect = route->key.dialect },
		.force = route->force,
		.watcher = route->watcher,
		.depth = route->depth + 1,
	};
	route_find(route->fallback);
}

void
route_keep_key(struct route *route)
{
	struct account_key *key = &route->key;
	struct assignment *all =
		arena_array(&route->arena, struct assignment, key->assignment_count + 1);

	for (size_t i = 0; i < key->assignment_count; i++) {
		all[i] = key->assignments[i];
		all[i].text = span_of(span_string(&route->arena, all[i].text));
	}
	key->assignments = all;
	key->name = copy(route, key->name);
	key->config_file = copy(route, key->config_file);
}

void
route_find(struct route *route)
{
	struct error err = { .arena = &route->arena };
	char tag[TAG_DIGITS + 1];
	bool known;

	route->slot = -1;
	account_tag(&route->key, tag);
	known = standing_read(&route->arena, route->spool, tag, &route->standing);
	if (!account_choose(&route->arena, &route->key, NULL, &route->chosen, &err)) {
		route->standing.account = route->key.name;
		route_fail(route, &err);
		return;
	}
	route->standing.account = route->chosen.account->name;
	add_fallback(route);
	if (!known || route->force || route->standing.until <= wall_ms() ||
	    (route->standing.held &&
	     route->standing.seen != files_seen(&route->arena, &route->chosen)))
		return;
	close_until(route, route->standing.until);
}

/* ---- opened ---- */

/* One of the connections that the account may have. */
static bool
take_slot(struct route *route)
{
	unsigned most = route->chosen.account->queue.max_connections;

	if (route->slot >= 0 || limits_connect(route->spool, route->chosen.account,
					       most ? most : 1, &route->slot))
		return true;
	close_until(route, wall_ms() + BUSY);
	route->busy = true;
	return false;
}

static bool
connect_to_server(struct route *route)
{
	struct error err = { .arena = &route->arena };

	route->connection.arena = &route->arena;
	route->connection.account = route->chosen.account;
	route->connection.watcher = route->watcher;
	/* A name that is not found, a host that does not answer: it may take long. */
	if (route->watcher.waiting)
		route->watcher.waiting(route->watcher.context);
	if (!connection_prepare(&route->connection, &err) ||
	    !connection_open(&route->connection, &err) ||
	    !connection_login(&route->connection, &err)) {
		route_fail(route, &err);
		return false;
	}
	route->state = ROUTE_OPEN;
	return true;
}

bool
route_take(struct route *route)
{
	const struct account *account = route->chosen.account;
	int64_t wait, counted;

	if (route->state == ROUTE_CLOSED || !take_slot(route))
		return false;
	/* Counted before there is a connection: none is opened for a message that may
	 * not go. */
	wait = limits_count(route->spool, account, &counted);
	if (wait) {
		close_until(route, wall_ms() + wait);
		return false;
	}
	/* A server may have closed since, having had enough messages on one connection. */
	if ((route->state == ROUTE_OPEN &&
	     connection_may_go_on(&route->connection.session)) ||
	    route_reopen(route))
		return true;
	limits_give_back(route->spool, account, counted);
	return false;
}

bool
route_reopen(struct route *route)
{
	connection_close(&route->connection);
	return connect_to_server(route);
}

int64_t
route_opens_again(const struct route *route)
{
	int64_t first = route->again;

	for (; route; route = route->fallback)
		if (route->again && route->again < first)
			first = route->again;
	return first;
}

int64_t
route_lifetime(const struct route *route)
{
	unsigned days = route->chosen.account ? route->chosen.account->queue.lifetime : 0;

	return (int64_t)(days ? days : 5) * DAY;
}

bool
route_has_rested(const struct route *route, int64_t last)
{
	int64_t yesterday = wall_ms() - DAY;

	return last < yesterday &&
	       (!route->standing.failures || route->standing.awake > yesterday);
}

bool
route_is_closed(const struct route *route)
{
	for (; route && !route->busy; route = route->fallback)
		if (route->state != ROUTE_CLOSED)
			return false;
	return true;
}

void
route_end(struct route *route)
{
	connection_close(&route->connection);
	close_file(&route->slot);
	route->state = ROUTE_NEW;
}

void
route_release(struct route *route)
{
	if (route->fallback)
		route_release(route->fallback);
	free(route->fallback);
	connection_close(&route->connection);
	connection_release(&route->connection);
	close_file(&route->slot);
	chosen_release(&route->chosen);
	arena_release(&route->arena);
	*route = (struct route){ .slot = -1 };
}
