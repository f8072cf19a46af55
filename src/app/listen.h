/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --listen: SMTP for the programs of this host that can speak nothing else. */
#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include "app/send.h"

/* MODE_LISTEN. Serves until a signal ends the program: one process for each session,
 * sixteen at a time; further clients wait. The request's topic is where: "PORT",
 * "ADDRESS:PORT", "[ADDRESS]:PORT"; without an address 127.0.0.1. Another address than
 * one of loopback wants --listen-login. False when it cannot. */
bool listen_for_mail(struct run *run, struct error *err) MUST_CHECK;

#endif
