/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS on a connected socket, by GnuTLS. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum starttls { STARTTLS_AUTO, STARTTLS_ON, STARTTLS_OFF };

/* The settings that TLS needs. Precedence: certcheck off > fingerprint > trust file. */
struct tls_policy {
	bool on;
	enum starttls starttls; /* AUTO: by port, 465 is implicit */
	bool check;		/* tls_certcheck */
	const char *trust_file; /* "system", a PEM file, or NULL */
	const char *crl_file;
	/* SHA-256, SHA-1 or MD5 in hexadecimal digits, bare or with ":" or blanks. */
	const char *fingerprint;
	const char *key_file, *cert_file; /* PEM file or PKCS#11 URI; both or neither */
	const char *priorities;		  /* GnuTLS priority string; NULL: its default */
	const char *host_override;	  /* name for SNI and verification */
	const char *min_version;	  /* "1.2" or "1.3" */
	unsigned min_dh_prime_bits;	  /* 0: the library's */
	bool resume;			  /* keep tickets for the next session */
};

struct tls;

/* What one connection adds to the policy. */
struct tls_peer {
	int fd;		  /* non-blocking */
	const char *host; /* A-label or address literal without brackets */
	unsigned port;
	/* For whom, so that others do not get the ticket; NULL: none is used or kept. */
	const char *account;
	/* Made true when a handshake with a ticket fails. If it is true at the beginning,
	 * no ticket is used, and when that goes better, none for a day; NULL: nobody asks. */
	bool *ticket_failed;
	int64_t deadline; /* for the handshake, see base/clock.h */
	/* A PIN or passphrase for the key, asked for when it is needed; NULL: there is
	 * none. */
	const char *(*pin)(void *context);
	void *pin_context;
};

/* Handshake and verification (RFC 8314, RFC 9325). The certificate must have the
 * peer's host name, or policy->host_override; a literal is never sent as SNI; one
 * trailing dot is stripped. Nothing is sent to a server that fails verification.
 *
 * FAULT_TRUST when the certificate is refused (the sentence says which flag: unknown
 * CA, wrong name with the names that it has, expired since …, revoked, …),
 * FAULT_PROTOCOL when the handshake fails (with a hint when the server seems to speak
 * plain text), FAULT_NO_INPUT for files, FAULT_CONFIG for priorities and fingerprints,
 * FAULT_TIMEOUT, FAULT_LOST. *TLS is owned by the caller. */
bool tls_start(const struct tls_policy *policy, const struct tls_peer *peer,
	       struct tls **tls, struct error *err) MUST_CHECK;

/* Whether TLS begins with the first byte: the client's. */
bool tls_is_implicit(const struct tls_policy *policy, unsigned port);

/* Does beforehand what costs the same whoever the server is, while there is something to
 * wait for. */
void tls_prepare(void);

/* Checks the files, priorities and fingerprint of a policy without connecting. */
bool tls_policy_check(const struct tls_policy *policy, struct error *err) MUST_CHECK;

/* What a read or write came to. On TLS_WANT_READ and TLS_WANT_WRITE poll and call
 * again. */
enum tls_result { TLS_DONE, TLS_WANT_READ, TLS_WANT_WRITE, TLS_CLOSED, TLS_FAILED };
/* Some bytes; *GOT says how many. TLS_CLOSED: the other side ended TLS properly or
 * just closed. */
enum tls_result tls_read(struct tls *tls, char *at, size_t len, size_t *got);
/* After WANT_* the same bytes must be offered again. */
enum tls_result tls_write(struct tls *tls, const char *at, size_t len, size_t *put);
/* Whether bytes are decrypted already, which poll(2) cannot see. */
bool tls_pending(const struct tls *tls);
/* Why a call was TLS_FAILED: GnuTLS's words or the alert's, static or owned by tls; ""
 * when none was. */
const char *tls_problem(const struct tls *tls);

/* Channel binding data (RFC 9266 tls-exporter; RFC 5929 tls-unique only for TLS 1.2
 * with extended master secret) as raw bytes. False when there is none. */
bool tls_channel_binding(const struct tls *tls, const char *type, struct buf *out);
/* Whether chain and name were checked and are good (not a fingerprint, not certcheck
 * off). */
bool tls_is_verified(const struct tls *tls);

/* For -v, --debug and --serverinfo: "TLS1.3, ECDHE-…, AES-256-GCM", which ends with
 * ", resumed" when a ticket was used, and the certificate. */
const char *tls_description(const struct tls *tls);
struct tls_certificate {
	const char *subject, *issuer, *sha256, *sha1;
	int64_t activation, expiration; /* seconds since 1970 */
};
bool tls_certificate(const struct tls *tls, struct arena *arena,
		     struct tls_certificate *out);

/* Says goodbye without waiting, keeps the ticket of a session that went well, and frees.
 * NULL is allowed. The socket stays open. After a
 * write that was not done nothing is said: what was given up must not go out after all. */
void tls_end(struct tls **tls);

/* Frees without a word, and keeps no ticket: a process that was forked goes on with the
 * line. NULL is allowed. */
void tls_leave(struct tls **tls);

#endif
