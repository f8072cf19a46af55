/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The login of a setup: whose name and password, tried for real. */
#ifndef APP_SETUP_LOGIN_H
#define APP_SETUP_LOGIN_H

#include "app/setup_server.h"

/* Says what the provider wants, asks for user and password, and logs in; after a refusal
 * a person may try again. Without a person the password is the first line of standard
 * input, or where it was kept before. Where a token is wanted, the login comes later. */
bool setup_log_in(struct setup *setup, struct error *err) MUST_CHECK;

#endif
