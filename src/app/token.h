/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives tokens to other programs. */
#ifndef APP_TOKEN_H
#define APP_TOKEN_H

#include "app/send.h"

/* MODE_TOKEN, for the account that was chosen: prints an access token that is good now;
 * or does what git asks of its credential helpers (gitcredentials(7)). */
bool give_token(struct run *run, struct error *err) MUST_CHECK;

#endif
