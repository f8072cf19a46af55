/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which certificates are believed. */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include "base/error.h"
#include "net/gnutls.h"
#include "net/store.h"
#include "net/tls.h"

enum { TRUST_NAME_MAX = 255 }; /* RFC 1035 section 2.3.4 */

/* What the certificate must be for: the policy's override or HOST, without a trailing
 * dot, and an address without its zone, in its canonical form. */
bool trust_name(const struct tls_policy *policy, const char *host,
		char name[TRUST_NAME_MAX + 1], struct error *err) MUST_CHECK;
/* What the handshake may use: the user's priorities, or the system's without the
 * versions and key sizes that RFC 8996 and RFC 9325 forbid. *LEAST is the version
 * below which the connection must not be used, whatever the priorities allow. */
bool trust_priorities(const struct tls_policy *policy, gnutls_protocol_t *least,
		      gnutls_priority_t *priorities, struct error *err) MUST_CHECK;
/* Whether the policy wants the chain looked at, not only a fingerprint or nothing. */
bool trust_asks_authorities(const struct tls_policy *policy);
/* Loads the CRLs, client certificate and key that the policy names, checks the form of
 * its fingerprint, and opens the store of CA certificates, which needs store_close even
 * after a failure. PEER and STORE must outlive the credentials. Without PEER, for a check
 * only, what needs a PIN or a token is not opened; without STORE all CA certificates are
 * loaded. */
bool trust_load(gnutls_certificate_credentials_t credentials,
		const struct tls_policy *policy, const struct tls_peer *peer,
		struct store *store, struct error *err) MUST_CHECK;
/* Judges the server's certificate, as soon as it is known: fingerprint, or chain,
 * name, time, revocation and stapled OCSP answer. NAME is from trust_name, STORE from
 * trust_load. */
bool trust_verify(gnutls_session_t session, const struct tls_policy *policy,
		  const char *name, struct store *store, struct error *err) MUST_CHECK;
/* The hash of a certificate, as in "01:AB:…". NULL when the library cannot compute it. */
const char *trust_fingerprint(const gnutls_datum_t *der,
			      gnutls_digest_algorithm_t algorithm, struct arena *arena);
/* The server's certificate, whatever it is worth; see tls_certificate. */
bool trust_describe(gnutls_session_t session, struct arena *arena,
		    struct tls_certificate *out);

#endif
