/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates of authorities that a user trusts, given to GnuTLS as far as needed. */
#ifndef NET_STORE_H
#define NET_STORE_H

#include "base/error.h"
#include "base/text.h"
#include "net/gnutls.h"

/* Reading all authorities of a system is most of the work of a handshake, and one of them
 * is enough. */
struct store {
	gnutls_certificate_credentials_t credentials; /* where they go */
	const char *path;			      /* "system", a file or a URL */
	int fd; /* PEM that the library has not seen all of; -1: it has */
};

/* All of what is at PATH. FAULT_NO_INPUT or FAULT_CONFIG when there is nothing. */
bool store_load(gnutls_certificate_credentials_t credentials, const char *path,
		struct error *err) MUST_CHECK;
/* The same, but a file that can be searched is only opened. The CREDENTIALS must outlive
 * the STORE, which needs store_close. */
bool store_open(struct store *store, gnutls_certificate_credentials_t credentials,
		const char *path, struct error *err) MUST_CHECK;
/* Gives the library what the server's chain names, or all when that is unclear. */
bool store_give(struct store *store, const gnutls_datum_t *chain, unsigned count,
		struct error *err) MUST_CHECK;
/* Whether there is more. A server must not be refused before the library has all. */
bool store_has_more(const struct store *store);
bool store_give_all(struct store *store, struct error *err) MUST_CHECK;
void store_close(struct store *store);

/* The file behind PATH; NULL when the library looks somewhere that cannot be told. */
const char *store_file(const char *path);
/* Whether a file can be read, or it is a URL for the library. SENTENCE says what cannot
 * be done to "%s". */
bool store_can_read(const char *path, const char *sentence, struct error *err) MUST_CHECK;

#endif
