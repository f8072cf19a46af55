/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor looks at on the way to the server. */
#ifndef APP_CHECKS_WAY_H
#define APP_CHECKS_WAY_H

#include "app/checkup.h"

/* Whether the server's name has an address: REACHED_ADDRESS. */
void check_name(struct checkup *checkup);
/* Whether the server takes connections, by IPv4 and IPv6; if not, which other port does:
 * REACHED_PORT. */
void check_connect(struct checkup *checkup);
/* Greeting, EHLO, TLS: REACHED_SERVER. */
void check_server(struct checkup *checkup);

#endif
