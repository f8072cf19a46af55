/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOCKS version 5 (RFC 1928), with user name and password (RFC 1929). */
#ifndef NET_SOCKS_H
#define NET_SOCKS_H

#include "net/dial.h"

/* Asks the proxy at the other end of FD to connect to the endpoint's host and first
 * port; the name goes to the proxy as it is. Not one byte more than the proxy's answer
 * is read.
 *
 * FAULT_CONNECT with the proxy's reason, FAULT_LOGIN when it refuses the login,
 * FAULT_PROTOCOL when it does not speak SOCKS 5, FAULT_CONFIG when name or login are
 * too long, FAULT_TIMEOUT at DEADLINE. */
bool socks_connect(int fd, const struct endpoint *endpoint, int64_t deadline,
		   struct error *err) MUST_CHECK;

#endif
