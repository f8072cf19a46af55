/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs a person in at an identity provider, and keeps the tokens. */
#ifndef APP_LOGIN_H
#define APP_LOGIN_H

#include "app/send.h"

/* MODE_LOGIN, for the account that was chosen. The client ID is the first of: the setting,
 * the JSON file that was named, the one of the last login, a registration (RFC 7591); when
 * there is none, the person is told how to get one. */
bool log_in(struct run *run, struct error *err) MUST_CHECK;

#endif
