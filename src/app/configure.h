/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --configure: an account for an address, as its domain publishes it (RFC 6186, 8314). */
#ifndef APP_CONFIGURE_H
#define APP_CONFIGURE_H

#include "app/send.h"

/* MODE_CONFIGURE. Prints lines for a configuration file; FAULT_DATA when the address is
 * none, FAULT_NO_HOST when the domain publishes nothing. */
bool show_configuration(struct run *run, struct error *err) MUST_CHECK;

#endif
