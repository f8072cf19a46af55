/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a mail address to an account that works. */
#ifndef APP_SETUP_H
#define APP_SETUP_H

#include "app/send.h"

/* MODE_SETUP: finds the server of the address, tries it, logs in, writes the
 * configuration, keeps the password, and offers a message to oneself. */
bool set_up(struct run *run, struct error *err) MUST_CHECK;

#endif
