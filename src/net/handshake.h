/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The beginning of a session, apart from its use: only net/tls.c looks in here. */
#ifndef NET_HANDSHAKE_H
#define NET_HANDSHAKE_H

#include "net/gnutls.h"
#include "net/resume.h"
#include "net/tls.h"

enum { IGNORED_MAX = 64 }; /* warnings and the like, on one connection */

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int fd;
	unsigned char first; /* byte that the server said */
	bool has_first, verified;
	bool used;   /* something was heard */
	bool unsent; /* a record waits in the library: a goodbye would send it first */
	bool more;   /* another record follows at once */
	unsigned ignored;
	struct resume resume;
	char description[128];
	const char *problem; /* NULL: none so far */
	char problem_text[256];
};

/* What tls_start promises, for a TLS that has its credentials and is zero otherwise. Its
 * session is made here, if it comes so far. */
bool handshake_run(struct tls *tls, const struct tls_policy *policy,
		   const struct tls_peer *peer, struct error *err) MUST_CHECK;

#endif
