/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of revoked certificates (RFC 5280 5). */
#ifndef NET_REVOCATION_H
#define NET_REVOCATION_H

#include "base/error.h"
#include "net/gnutls.h"

/* Reads the lists in a PEM file; without a PATH there are none. FAULT_NO_INPUT or FAULT_CONFIG
 * when it cannot be read, when there is no list in it, or when one of them has expired: nobody
 * knows what was revoked since (RFC 5280 6.3.3). */
bool revocation_load(gnutls_certificate_credentials_t credentials, const char *path,
		     struct error *err) MUST_CHECK;

#endif
