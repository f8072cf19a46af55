/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the DNS says that a service of a domain is (RFC 2782). */
#ifndef NET_SRV_H
#define NET_SRV_H

#include "base/error.h"

struct srv_target {
	const char *host; /* without the last dot; letters, digits, "-", "_" and "." */
	unsigned port;
};

/* The target of the lowest priority, and of those the one with the greatest weight, of
 * SERVICE ("_submissions._tcp") at DOMAIN, an A-label. Waits a few seconds at most.
 *
 * FAULT_NO_HOST when the domain tells of none, or that there is none; FAULT_TEMPORARY
 * when no name server answers. TARGET->host is in the arena of the error. */
bool srv_find(const char *service, const char *domain, struct srv_target *target,
	      struct error *err) MUST_CHECK;

#endif
