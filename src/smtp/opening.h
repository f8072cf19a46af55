/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The beginning of a session: connection, TLS, greeting and EHLO. */
#ifndef SMTP_OPENING_H
#define SMTP_OPENING_H

#include "net/dial.h"
#include "net/tls.h"
#include "smtp/session.h"

/* Connects. With no port in the endpoint's list the line is a unix socket. */
bool session_open(struct session *session, const struct endpoint *endpoint,
		  struct error *err) MUST_CHECK;
/* Greeting, EHLO, and TLS as the policy wants it: implicit, or STARTTLS (RFC 3207) and
 * EHLO again. PEER carries the key's PIN; the other members are filled here. FAULT_TRUST
 * when the server does not offer STARTTLS, or says more than it should before TLS. */
bool session_secure(struct session *session, const struct tls_policy *policy,
		    const struct tls_peer *peer, struct error *err) MUST_CHECK;

#endif
