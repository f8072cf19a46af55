/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Talks to the server, or has somebody talk to it. */
#include "app/converse.h"

#include "base/clock.h"
#include "base/file.h"
#include "queue/follow.h"
#include "queue/home.h"
#include "queue/keep.h"
#include "queue/lead.h"
#include "queue/limits.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

enum {
	TICK = 50,    /* ms between two looks for a free connection */
	PATIENCE = 10 /* s until one goes alone who cannot leave it to the queue */
};

/* One attempt. */
struct attempt {
	struct run *run;
	struct mail *mail;
	struct delivery *delivery;
	struct envelope *offered;
	struct share share;
	int64_t counted; /* when, for rate_limit; 0: it was not */
	int slot;	 /* of max_connections; -1 */
	int64_t by;	 /* when the patience of the account ends */
};

/* ---- places ---- */

struct account_key
run_later_key(const struct run *run)
{
	struct account_key key = run->key;
	char path[PATH_MAX];

	if (key.config_file && realpath(key.config_file, path))
		key.config_file = arena_string(run->arena, path);
	return key;
}

bool
run_open_spool(struct run *run, const struct queue_policy *policy, struct spool *spool,
	       struct error *err)
{
	const char *path = spool_path(run->arena, policy->dir);

	return (path && spool_make(path, spool, err)) ||
	       spool_impossible(policy->dir, err);
}

/* ---- what the provider allows holds for callers, too, when it was set ---- */

/* Where it is counted. Where nothing can be counted, the mail matters more. */
static bool
open_limits(const struct attempt *attempt, struct spool *spool)
{
	struct run *run = attempt->run;
	struct error trouble = { .arena = run->arena };

	*spool = (struct spool){ .fd = -1 };
	return run_open_spool(run, &run->account->queue, spool, &trouble);
}

static bool
count_message(struct attempt *attempt, struct error *err)
{
	const struct account *account = attempt->run->account;
	struct spool spool;
	int64_t wait;

	if (!account->queue.rate.count || !open_limits(attempt, &spool))
		return true;
	wait = limits_count(&spool, account, &attempt->counted);
	spool_close(&spool);
	attempt->mail->limited |= wait != 0;
	return !wait || fail(err, FAULT_TEMPORARY,
			     NUMBER_("The rate_limit of the account is reached for %lld "
				     "more second",
				     "The rate_limit of the account is reached for %lld "
				     "more seconds",
				     (unsigned long)(wait + 999) / 1000),
			     (long long)(wait + 999) / 1000);
}

/* Of a message that no server has heard of. */
static void
give_back(const struct attempt *attempt)
{
	struct spool spool;

	if (!attempt->counted || attempt->delivery->verdicts ||
	    !open_limits(attempt, &spool))
		return;
	limits_give_back(&spool, attempt->run->account, attempt->counted);
	spool_close(&spool);
}

static bool
take_slot(struct attempt *attempt, struct error *err)
{
	const unsigned most = attempt->run->account->queue.max_connections;
	struct spool spool;
	bool ok;

	if (!most || !open_limits(attempt, &spool))
		return true;
	for (;;) {
		ok = limits_connect(&spool, attempt->run->account, most, &attempt->slot);
		if (ok || !deadline_left(attempt->by))
			break;
		poll(NULL, 0, TICK);
	}
	spool_close(&spool);
	attempt->mail->limited |= !ok;
	return ok || fail(err, FAULT_TEMPORARY,
			  _("There are as many connections to %s as max_connections "
			    "allows"),
			  attempt->run->account->endpoint.host);
}

/* Whether the caller may ask for reports without knowing the server: then the mail matters
 * more. A sendmail's do, and so do clients, who were offered them. */
static bool
waives_reports(const struct run *run)
{
	enum mode mode = run->request->mode;

	return run->as_sendmail || mode == MODE_SERVE || mode == MODE_LISTEN;
}

/* ---- over the connection of another process ---- */

/* What is told while it happens is told here; and LMTP's servers are near. */
static bool
may_be_shared(const struct run *run)
{
	return run->account->share && run->account->protocol == PROTOCOL_SMTP &&
	       !run->reporter->verbose && !run->reporter->debug &&
	       !run->request->timeline;
}

static bool
may_leave_it(const struct run *run)
{
	return run->account->queue.on && run->account->queue.patience;
}

/* A hint tells where the secret is from that was refused, and what it looks like. */
static void
find_refused_secret(struct connection *connection)
{
	struct error ignored = { .arena = connection->arena };
	const struct secret *secret;

	if (connection->by_token)
		return;
	connection->finder.silent = true;
	if (!finder_take(&connection->finder, &secret, &ignored))
		error_clear(&ignored);
}

/* True when it is over: OK and ERR tell how. Else this process has to go to the server, and
 * others may wait for it. */
static bool
is_settled_by_another(struct attempt *attempt, bool *ok, struct error *err)
{
	struct run *run = attempt->run;
	struct account_key key = run_later_key(run);
	struct follow wish = {
		.arena = run->arena,
		.delivery = attempt->delivery,
		.session = &run->connection.session,
		.host = run->account->endpoint.host,
		.waives_reports = waives_reports(run),
		.until = may_leave_it(run) ? attempt->by : deadline_in(PATIENCE),
		.timeout = run->account->timeout,
	};

	if (!may_be_shared(run) || !share_open(&attempt->share, &key, run->account))
		return false;
	switch (follow(&attempt->share, &wish, err)) {
	case FOLLOW_DELIVERED:
		return *ok = true;
	case FOLLOW_FAILED:
		if (err->fault == FAULT_LOGIN)
			find_refused_secret(&run->connection);
		return true;
	case FOLLOW_LATE:
		if (!may_leave_it(run))
			break;
		fail(err, FAULT_TIMEOUT,
		     _("The connection to %s did not come to this message in time: many "
		       "others are sent over it"),
		     run->account->endpoint.host);
		return true;
	case FOLLOW_LEADS:
	case FOLLOW_ALONE:
		break;
	}
	return false;
}

/* ---- over its own ---- */

/* Nobody shall wait for somebody who thinks of a password. */
static void
resign(void *context)
{
	share_resign(context);
}

/* What is left of the account's patience, in seconds. */
static unsigned
patience_left(const struct attempt *attempt)
{
	int left = deadline_left(attempt->by);

	if (!may_leave_it(attempt->run))
		return 0;
	return left ? ((unsigned)left + 999) / 1000 : 1;
}

static bool
log_in(struct attempt *attempt, struct error *err)
{
	struct connection *connection = &attempt->run->connection;
	bool ok;

	if (!take_slot(attempt, err)) {
		share_resign(&attempt->share);
		return false;
	}
	connection->patience = patience_left(attempt);
	connection->finder.asking = resign;
	connection->finder.context = &attempt->share;
	ok = run_connect(attempt->run, err) && connection_login(connection, err);
	connection->finder.asking = NULL;
	/* Others may have more time. */
	if (!ok && err->fault == FAULT_TIMEOUT &&
	    connection->patience < connection->account->queue.patience)
		share_resign(&attempt->share);
	else if (!ok)
		lead_refuse(&attempt->share, &connection->session, err);
	return ok;
}

static bool
send_here(struct attempt *attempt, struct error *err)
{
	struct run *run = attempt->run;
	struct session *session = &run->connection.session;
	bool ok;

	if (!log_in(attempt, err))
		return false;
	if (waives_reports(run) && !session->caps.dsn)
		envelope_waive_reports(attempt->offered);
	attempt->delivery->last = !lead_is_awaited(&attempt->share);
	ok = submit(session, attempt->delivery, err);
	lead_go_on(&attempt->share, &run->connection, attempt->slot);
	return ok;
}

bool
converse(struct run *run, struct mail *mail, struct delivery *delivery,
	 const struct envelope *envelope, struct error *err)
{
	struct attempt attempt = {
		.run = run,
		.mail = mail,
		.delivery = delivery,
		.offered = arena_take(run->arena, sizeof(*attempt.offered)),
		.share = SHARE_NOWHERE,
		.slot = -1,
		.by = deadline_in(run->account->queue.patience),
	};
	bool ok = false;

	/* What this server cannot do may be done by another one, or later. */
	*attempt.offered = *envelope;
	*delivery = (struct delivery){
		.envelope = attempt.offered,
		.message = &mail->message,
		.composed = &mail->composed,
		.partial = run->account->partial_delivery,
	};
	if (count_message(&attempt, err)) {
		if (!is_settled_by_another(&attempt, &ok, err))
			ok = send_here(&attempt, err);
		give_back(&attempt);
	}
	share_close(&attempt.share);
	close_file(&attempt.slot);
	return ok;
}
