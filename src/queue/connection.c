/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes to a server as an account says. */
#include "queue/connection.h"

#include "base/clock.h"

#include <string.h>

static const char *
key_pin(void *context)
{
	struct connection *connection = context;
	struct error ignored = { .arena = connection->arena };
	const struct secret *secret;

	return finder_take(&connection->finder, &secret, &ignored) ? secret->at : NULL;
}

bool
connection_prepare(struct connection *connection, struct error *err)
{
	const struct account *account = connection->account;

	/* Opened again, it knows the secret. */
	if (connection->finder.source ||
	    (strcmp(account->login.auth, "off") == 0 && !account->tls.key_file))
		return true;
	return finder_start(&connection->finder, &account->secret, err);
}

bool
connection_open(struct connection *connection, struct error *err)
{
	const struct account *account = connection->account;
	struct endpoint endpoint = account->endpoint;
	struct tls_peer peer = { .pin = key_pin, .pin_context = connection };
	unsigned patience = connection->patience;

	if (patience && patience < endpoint.timeout)
		endpoint.timeout = patience;
	connection->session = (struct session){
		.arena = connection->arena,
		.domain = account->domain,
		.host = endpoint.host ? endpoint.host : endpoint.socket,
		.lmtp = account->protocol == PROTOCOL_LMTP,
		.timeout = account->timeout,
		.patience = patience,
		.ready_by = patience ? deadline_in(patience) : DEADLINE_NEVER,
		.watcher = connection->watcher,
	};
	return session_open(&connection->session, &endpoint, err) &&
	       session_secure(&connection->session, &account->tls, &peer, err);
}

bool
connection_login(struct connection *connection, struct error *err)
{
	return session_login(&connection->session, &connection->account->login,
			     &connection->finder, err);
}

void
connection_close(struct connection *connection)
{
	if (connection->session.arena)
		session_close(&connection->session);
}

void
connection_release(struct connection *connection)
{
	finder_release(&connection->finder);
}
