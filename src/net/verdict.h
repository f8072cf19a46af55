/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a server's certificate is not believed, in words. */
#ifndef NET_VERDICT_H
#define NET_VERDICT_H

#include "base/error.h"
#include "net/gnutls.h"

#include <time.h>

/* Makes an error of the class FAULT_TRUST that says every reason in STATUS, a set of
 * gnutls_certificate_status_t, with the names, dates and issuers of the chain that the
 * server of SESSION has sent. Always false. */
bool verdict_refused(gnutls_session_t session, unsigned status, const char *host,
		     struct error *err);
/* "2026-11-27 12:00 UTC". */
const char *verdict_date(struct arena *arena, time_t when);

#endif
