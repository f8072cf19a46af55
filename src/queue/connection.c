/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes to a server as an account says. */
#include "queue/connection.h"

#include "base/clock.h"
#include "base/file.h"
#include "oauth/access.h"
#include "smtp/opening.h"

#include <string.h>

static const char *
key_pin(void *context)
{
	struct connection *connection = context;
	struct error ignored = { .arena = connection->arena };
	const struct secret *secret;

	/* A token is no PIN. */
	if (connection->by_token)
		return NULL;
	return finder_take(&connection->finder, &secret, &ignored) ? secret->at : NULL;
}

/* Whether the login is one that can be done with a token. Those of `auth on` are meant
 * only by whoever said so, in the configuration or by a login. */
bool
connection_wants_token(struct arena *arena, const struct account *account)
{
	const char *auth = account->login.auth;

	if (secret_source(&account->secret))
		return false;
	if (strcmp(auth, "on") != 0 && strcmp(auth, "oauthbearer") != 0 &&
	    strcmp(auth, "xoauth2") != 0)
		return false;
	return account->oauth.issuer || token_exists(arena, &account->oauth);
}

bool
connection_prepare(struct connection *connection, struct error *err)
{
	const struct account *account = connection->account;

	/* Opened again, it knows the secret. */
	if (connection->finder.source ||
	    (strcmp(account->login.auth, "off") == 0 && !account->tls.key_file))
		return true;
	connection->by_token = connection_wants_token(connection->arena, account);
	return finder_start(&connection->finder, &account->secret, err);
}

/* At an address that greets, and has others beside it, half of the time is enough. */
static void
leave_time(struct session *session)
{
	int64_t now = now_us();

	if (session->wire.line.others && session->ready_by != DEADLINE_NEVER)
		session->ready_by = now + (session->ready_by - now) / 2;
}

static bool
open_session(struct connection *connection, const struct tls_peer *peer,
	     struct error *err)
{
	const struct account *account = connection->account;
	struct session *session = &connection->session;
	struct endpoint endpoint = account->endpoint;
	unsigned patience =
		(unsigned)((deadline_left(connection->ready_by) + 999) / 1000);

	if (account->tls.on)
		endpoint.meanwhile = tls_prepare;
	endpoint.proxy_password = account->proxy_password.at;
	endpoint.avoided = connection->avoided;
	if (connection->patience && (!endpoint.timeout || patience < endpoint.timeout))
		endpoint.timeout = patience ? patience : 1;
	*session = (struct session){
		.arena = connection->arena,
		.domain = account->domain,
		.host = endpoint.host ? endpoint.host : endpoint.socket,
		.lmtp = account->protocol == PROTOCOL_LMTP,
		.timeout = account->timeout,
		.patience = connection->patience,
		.ready_by = connection->ready_by,
		.watcher = connection->watcher,
	};
	if (!session_open(session, &endpoint, err))
		return false;
	leave_time(session);
	if (!session_secure(session, &account->tls, peer, err))
		return false;
	session->ready_by = connection->ready_by;
	return true;
}

/* Whose tickets: not those of another login to the same server. */
static const char *
ticket_owner(const struct connection *connection)
{
	const struct account *account = connection->account;

	if (connection->afresh || !account->tls.resume)
		return NULL;
	return arena_printf(connection->arena, "%s\n%s",
			    account->name ? account->name : "",
			    account->login.user ? account->login.user : "");
}

static bool
open_here(struct connection *connection, struct error *err)
{
	bool ticket_failed = false;
	struct tls_peer peer = { .account = ticket_owner(connection),
				 .ticket_failed = &ticket_failed,
				 .pin = key_pin,
				 .pin_context = connection };

	if (open_session(connection, &peer, err))
		return true;
	if (!ticket_failed || (err->fault != FAULT_PROTOCOL && err->fault != FAULT_LOST))
		return false;
	/* Mail does not wait because of a ticket. */
	connection_close(connection);
	error_clear(err);
	return open_session(connection, &peer, err);
}

/* RFC 5321 5.1: one that takes connections and no mail is as good as one that is down. */
static bool
may_go_elsewhere(const struct connection *connection, const struct error *err)
{
	static const enum fault faults[] = { FAULT_REFUSED, FAULT_TEMPORARY,
					     FAULT_TIMEOUT, FAULT_LOST, FAULT_PROTOCOL };
	const struct session *session = &connection->session;

	if (!session->wire.line.others ||
	    (session->last && session->last->stage > STAGE_GREETING) ||
	    !deadline_left(connection->ready_by))
		return false;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (err->fault == faults[i])
			return true;
	return false;
}

bool
connection_open(struct connection *connection, struct error *err)
{
	struct session told = { 0 }; /* of the first address */
	struct error first;
	bool ok;

	connection->ready_by =
		connection->patience ? deadline_in(connection->patience) : DEADLINE_NEVER;
	connection->avoided = NULL;
	ok = open_here(connection, err);
	first = *err;
	while (!ok && may_go_elsewhere(connection, err)) {
		const char *before = connection->avoided;

		connection->avoided =
			arena_printf(connection->arena, "%s%s ", before ? before : " ",
				     connection->session.wire.line.address);
		connection_close(connection);
		if (!before)
			told = connection->session;
		error_clear(err);
		ok = open_here(connection, err);
	}
	/* The others are for when this one cannot: it is told and explained. */
	if (!ok && told.arena) {
		connection_close(connection);
		connection->session = told;
		*err = first;
	}
	return ok;
}

/* A token that is good now, and another one than was refused. */
static bool
take_token(struct connection *connection, bool was_refused, struct error *err)
{
	CLEANUP(secret_release) struct secret access = { 0 };
	struct access_wish wish = {
		.policy = &connection->account->oauth,
		.refused = was_refused ? &connection->finder.found : NULL,
		.patience = connection->patience,
	};

	if (!access_take(&wish, &access, NULL, err))
		return false;
	finder_give(&connection->finder, "token", &access);
	return true;
}

static bool
login_by_token(struct connection *connection, struct error *err)
{
	struct session *session = &connection->session;
	struct login_policy login = connection->account->login;
	struct error again = { .arena = err->arena };

	login.by_token = true;
	if (!take_token(connection, false, err))
		return false;
	if (session_login(session, &login, &connection->finder, err))
		return true;
	/* A server may know that a token has ended before its time. */
	if (err->fault != FAULT_LOGIN || !err->reply || session->failed.fault ||
	    session->quit)
		return false;
	if (!take_token(connection, true, &again)) {
		*err = again;
		return false;
	}
	error_clear(err);
	return session_login(session, &login, &connection->finder, err) ||
	       fail_hint(err,
			 _("The token is new: it may be for another user, or not for "
			   "mail (oauth_scope)"));
}

/* Other refusals say that the login is not possible in this way, or not now. */
static bool
is_wrong_password(const struct error *err)
{
	return err->fault == FAULT_LOGIN && err->reply &&
	       strncmp(err->reply, "535", 3) == 0;
}

bool
connection_login(struct connection *connection, struct error *err)
{
	if (connection->by_token)
		return login_by_token(connection, err);
	if (session_login(&connection->session, &connection->account->login,
			  &connection->finder, err)) {
		finder_tell(&connection->finder, true);
		return true;
	}
	if (is_wrong_password(err))
		finder_tell(&connection->finder, false);
	if (err->fault == FAULT_LOGIN && !connection->finder.source &&
	    provider_has_host(connection->account->oauth.host))
		err->hint = _("Get a token with \"postrider login\"; or set passwordeval "
			      "to a command that prints an app password");
	return false;
}

void
connection_close(struct connection *connection)
{
	if (connection->session.arena)
		session_close(&connection->session);
}

bool
connection_may_go_on(struct session *s)
{
	return !s->failed.fault && !s->quit && s->wire.line.fd >= 0 &&
	       session_takes_mail(s) && !wire_listen(&s->wire) && !s->wire.ended;
}

void
connection_release(struct connection *connection)
{
	finder_release(&connection->finder);
}
