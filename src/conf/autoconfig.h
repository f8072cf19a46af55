/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XML in which mail providers publish their servers ("clientConfig", version 1.1), read
 * by expat, which is loaded only then. */
#ifndef CONF_AUTOCONFIG_H
#define CONF_AUTOCONFIG_H

#include "base/error.h"
#include "base/text.h"
#include "net/tls.h"

enum {
	AUTOCONFIG_SERVERS_MAX = 4, /* the others are passed over */
	AUTOCONFIG_DEPTH_MAX = 12,
	AUTOCONFIG_TEXT_MAX = 256 /* octets inside one element */
};

struct autoconfig_server {
	const char *host; /* letters, digits, "-" and "." */
	unsigned port;
	enum starttls starttls; /* never AUTO */
	const char *user;
};

struct autoconfig {
	struct autoconfig_server items[AUTOCONFIG_SERVERS_MAX];
	size_t count;
};

/* The servers that mail of ADDRESS is to be submitted to, in their order; the texts are in
 * the arena of the error. Those without TLS are left out.
 *
 * FAULT_PROTOCOL when it is no such XML, when it is deeper or longer than allowed, or has
 * a DOCTYPE: so no entity is ever expanded. FAULT_NO_HOST when no server is in it.
 * FAULT_UNSUPPORTED when expat is not here. */
bool autoconfig_read(struct span xml, const char *address, struct autoconfig *found,
		     struct error *err) MUST_CHECK;

#endif
