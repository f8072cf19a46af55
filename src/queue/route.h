/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way that mail of one account takes: its configuration, whether it is worth a try,
 * and the one connection over which many messages go. */
#ifndef QUEUE_ROUTE_H
#define QUEUE_ROUTE_H

#include "conf/choose.h"
#include "queue/connection.h"
#include "queue/standing.h"

enum route_state { ROUTE_NEW, ROUTE_OPEN, ROUTE_CLOSED };

struct route {
	/* Set by the caller; the others are to be zero. */
	const struct spool *spool;
	struct account_key key;
	bool force; /* a person wants a try, however the account stands */
	struct watcher watcher;

	struct arena arena;
	struct chosen chosen;
	struct standing standing;
	struct connection connection;
	enum route_state state;
	bool busy; /* closed only since other processes have all the connections */
	int slot;
	/* Of the connection that failed, for the log; texts in the arena. */
	struct error failed;
	int64_t again; /* ms since 1970: when a closed route is worth a try; 0: unknown */
	struct route *fallback; /* where the account's `fallback` leads; NULL */
	unsigned depth;		/* of fallbacks */
};

/* Copies the key into the route, so that it outlives the message that it came from. */
void route_keep_key(struct route *route);
/* Finds the account and how it stands. Never fails: an account that is not there has a
 * closed route and a standing that says why. */
void route_find(struct route *route);
/* Whether one more message may go over it now, by the limits of the account; it is
 * counted, and if need be the route connects and logs in. False when that cannot be
 * now. */
bool route_take(struct route *route) MUST_CHECK;
/* Another connection, for the same message. False when there can be none. */
bool route_reopen(struct route *route) MUST_CHECK;
/* When any of its ways is worth a try. */
int64_t route_opens_again(const struct route *route);
/* How long its mail may wait, in ms. */
int64_t route_lifetime(const struct route *route);
/* For a day nobody has tried: neither a message, of which LAST was heard before, nor its
 * account. */
bool route_has_rested(const struct route *route, int64_t last);
/* None of them is now. */
bool route_is_closed(const struct route *route);
/* Ends the connection; the next message opens another one. */
void route_end(struct route *route);
/* The account cannot be used, for the reason in ERR: the connection ends, and the standing
 * is written. */
void route_fail(struct route *route, const struct error *err);
/* It could be used: a bad standing is over. */
void route_worked(struct route *route);
/* Ends the connection and frees everything, fallbacks too. */
void route_release(struct route *route);

/* Notes in the standing that the account cannot be used, for the reason in ERR, and what
 * the files looked like that somebody may mend: the configuration, when it was read, and
 * those with secrets and certificates. Texts are in the arena. */
void account_failed(struct arena *arena, const struct chosen *chosen,
		    const struct error *err, struct standing *standing);
/* Whether a failure of this class mends itself in time. */
bool fault_mends_itself(enum fault fault);

#endif
