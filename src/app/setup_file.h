/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last half of a setup: the account in the configuration, the password in its place. */
#ifndef APP_SETUP_FILE_H
#define APP_SETUP_FILE_H

#include "app/setup_server.h"

/* Reads the configuration as it is and decides where the account goes: into FILE of -C,
 * else the file that is in use, else the usual one. An account of that address, or of that
 * name, is changed; else one is added. FAULT_CONFIG when the file is broken, or includes
 * the account from another one. */
bool setup_place(struct setup *setup, struct error *err) MUST_CHECK;
/* Keeps the password, shows the account, and writes it when nobody objects; meanwhile no
 * other setup does so in that folder. FAULT_TIMEOUT when another one does. The file is
 * replaced in one step, keeps its mode, is read again before that; a new one has mode
 * 0600. */
bool setup_write(struct setup *setup, struct error *err) MUST_CHECK;

#endif
