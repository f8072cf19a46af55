/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the name of a server to a connected socket. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum ip_family { IP_ANY, IP_4, IP_6 };

/* Where the server is. The names are A-labels or address literals without brackets. */
struct endpoint {
	const char *host;
	const char *socket;    /* path of a unix socket; wins over host; NULL: none */
	const char *source_ip; /* NULL: the system chooses */
	const char
		*proxy_host; /* SOCKS5 (RFC 1928); the proxy resolves the name; or NULL */
	const char *proxy_user;	    /* RFC 1929; NULL: no login */
	const char *proxy_password; /* the caller's, who wipes it; NULL: empty */
	unsigned proxy_port;
	unsigned ports[2]; /* in order of preference; 0: no second one */
	/* By port: what is said first may go out with the connection (RFC 7413). Where the
	 * server speaks first, that would be never. */
	bool fast_open[2];
	const char
		*avoided; /* addresses as in struct line, blanks around each; or NULL */
	enum ip_family family;
	unsigned timeout; /* seconds for name and connection together; 0: no limit */
	void (*meanwhile)(void); /* called once the first attempt is under way; or NULL */
};

/* A connected, non-blocking, close-on-exec socket with TCP_NODELAY, and how it came
 * about. */
struct line {
	int fd;	       /* owned by the caller; -1 when not connected */
	unsigned port; /* of the server, the one that answered; 0 for a unix socket */
	bool proxied;  /* address is the proxy's, and says nothing about the server */
	bool others;   /* the server has more addresses that are not avoided */
	/* Numeric; "" for a unix socket. */
	char address[INET6_ADDRSTRLEN];
	int64_t started, resolved, connected; /* now_us() */
};

/* Happy Eyeballs (RFC 8305): addresses of both families in turn, the next attempt 250
 * ms after the last one or as soon as that failed; for each address the first port
 * before the second, where two ports are given. The name is looked up in a thread, so
 * that the deadline holds. Through a proxy the second port is tried when the proxy
 * cannot reach the first.
 *
 * FAULT_NO_HOST when the name does not exist, FAULT_TEMPORARY when it cannot be looked
 * up now, FAULT_CONNECT with every attempt's reason, FAULT_TIMEOUT, FAULT_SYSTEM,
 * FAULT_CONFIG (bad source_ip, socket path too long); from the proxy also FAULT_LOGIN
 * and FAULT_PROTOCOL. */
bool dial(const struct endpoint *endpoint, struct line *line,
	  struct error *err) MUST_CHECK;

#endif
