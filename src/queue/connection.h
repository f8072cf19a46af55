/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to an account's server: secret, connection, TLS, login. */
#ifndef QUEUE_CONNECTION_H
#define QUEUE_CONNECTION_H

#include "conf/account.h"
#include "smtp/session.h"

/* The members in the first group are set by the caller, the others are to be zero. */
struct connection {
	struct arena *arena;
	const struct account *account;
	struct watcher watcher;
	unsigned patience; /* s until the server must have greeted, and then for each
			    * reply of the login; 0: as long as the protocol allows */
	bool afresh;	   /* TLS as with a server that was never met */

	int64_t ready_by;    /* when its patience ends */
	const char *avoided; /* addresses that were of no use, see net/dial.h */
	bool by_token;	     /* the secret is a token that is kept, see oauth/access.h */
	struct finder finder;
	struct session session; /* session.arena is NULL before connection_open */
};

/* Whether the account logs in with a token that is kept, see oauth/access.h, or would if it
 * had one. */
bool connection_wants_token(struct arena *arena, const struct account *account);
/* Starts what finds the secret, if login or key may want one. */
bool connection_prepare(struct connection *connection, struct error *err) MUST_CHECK;
/* Connects, and secures the line as the account says. */
bool connection_open(struct connection *connection, struct error *err) MUST_CHECK;
/* Logs in as the account says. */
bool connection_login(struct connection *connection, struct error *err) MUST_CHECK;
/* Ends the session politely, if there is one; its history stays. */
void connection_close(struct connection *connection);
/* Whether more may be said: the server has neither closed nor said what it was not
 * asked. */
bool connection_may_go_on(struct session *session);
/* Lets go of the secret. */
void connection_release(struct connection *connection);

#endif
