/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is printed when the program is called msmtp: scripts read it. */
#ifndef APP_MSMTP_SHOW_H
#define APP_MSMTP_SHOW_H

#include "app/send.h"

/* --version, and -P: the settings in msmtp's order, with msmtp's words. */
void msmtp_show_version(struct arena *arena);
void msmtp_show_pretend(struct run *run);
/* -S: the server that the session is connected to. */
void msmtp_show_server(struct run *run);

#endif
