/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name look-ups that keep to a deadline. */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "base/error.h"
#include "net/dial.h"

#include <netdb.h>
#include <stdint.h>
#include <sys/socket.h>

struct target {
	struct sockaddr_storage at; /* without a port */
	socklen_t length;
};

struct targets {
	struct target *items; /* in the arena of the error */
	size_t count;	      /* at most 64 */
};

/* An IPv4 address in four decimal parts, or an IPv6 address that may have a "%zone";
 * false when TEXT is neither. */
bool dns_literal(const char *text, struct target *target);
/* And back: TEXT has room for INET6_ADDRSTRLEN octets. */
void dns_show(const struct target *target, char *text);

/* The addresses of HOST in getaddrinfo's order (RFC 6724), then interleaved by family
 * as RFC 8305 4 asks. An address literal needs no look-up. At DEADLINE the thread is
 * left behind.
 *
 * FAULT_NO_HOST when the name does not exist or has no address of the family,
 * FAULT_CONFIG when a literal is of another family, FAULT_TEMPORARY, FAULT_TIMEOUT,
 * FAULT_SYSTEM. */
bool dns_resolve(const char *host, enum ip_family family, int64_t deadline,
		 struct targets *targets, struct error *err) MUST_CHECK;

#endif
