/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SASL mechanisms that need cryptography or a ticket, by libgsasl. */
#ifndef SMTP_SASL_H
#define SMTP_SASL_H

#include "base/error.h"
#include "base/text.h"
#include "net/tls.h"
#include "secret/secret.h"

/* Who logs in where. */
struct sasl_identity {
	const char *user, *host;
	const char *realm;	       /* NTLM domain; NULL: none */
	const struct secret *password; /* NULL: the mechanism needs none */
	const struct tls *tls;	       /* for channel binding; NULL: no TLS */
};

struct sasl;

/* Whether this build and libgsasl know the mechanism (any case). */
bool sasl_knows(const char *mechanism);
/* *SASL is the caller's. Channel binding is handed over only to mechanisms that end in
 * -PLUS: with it libgsasl 2.2.0 refuses its own first step of the others. */
bool sasl_start(const char *mechanism, const struct sasl_identity *identity,
		struct sasl **sasl, struct error *err) MUST_CHECK;
/* CHALLENGE and RESPONSE are base64; *DONE when the client has seen all that it must (for
 * SCRAM: the server's signature was checked). FAULT_TRUST when the server is not what it
 * should be, else FAULT_LOGIN. */
bool sasl_step(struct sasl *sasl, struct span challenge, struct buf *response, bool *done,
	       struct error *err) MUST_CHECK;
void sasl_end(struct sasl **sasl);

#endif
