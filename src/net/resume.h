/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session taken up again with the ticket that the server gave for it (RFC 8446 2.2, RFC
 * 5077): no certificate has to be sent, and none is looked at. */
#ifndef NET_RESUME_H
#define NET_RESUME_H

#include "net/gnutls.h"
#include "net/ticket.h"
#include "net/tls.h"

/* What a connection has to do with tickets; all zero: nothing. */
struct resume {
	bool on, offered;
	bool failed; /* without a ticket, because of what one did */
	struct ticket_key key;
	struct ticket ticket; /* that was found; its session only until it is offered */
	gnutls_group_t first; /* whose key is offered first */
};

/* Takes the ticket that is kept for this server and user, if everything that its
 * certificate was judged by is as it was then. NAME is from trust_name. Nothing at all is
 * done when policy and peer do not want it, or when it cannot be seen whether the
 * authorities have changed. */
void resume_find(struct resume *resume, const struct tls_policy *policy,
		 const struct tls_peer *peer, const char *name);
/* What gnutls_init is to be told: only one key is made for a server that took the first of
 * two the last time. */
unsigned resume_flags(const struct resume *resume);
/* Offers what was found. False when SESSION, which must be new, was spoilt. */
bool resume_offer(struct resume *resume, gnutls_session_t session) MUST_CHECK;
/* Which group of those that are offered is the first. */
void resume_see_groups(struct resume *resume, gnutls_priority_t priorities);
/* Keeps the newest ticket of a session that was used and has not failed. */
void resume_keep(const struct resume *resume, gnutls_session_t session);

#endif
