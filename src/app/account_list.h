/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command `accounts`. */
#ifndef APP_ACCOUNT_LIST_H
#define APP_ACCOUNT_LIST_H

#include "app/send.h"

/* MODE_ACCOUNTS: the configuration files, and for each account where its mail goes and
 * where its password would come from, on standard output; as an object with --json. Nobody
 * is asked for a password, and none is shown. What is wrong with an account is said with
 * it, and is no failure. */
bool list_accounts(struct run *run, struct error *err) MUST_CHECK;

#endif
