/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a run ends when the program is called msmtp: scripts test it. */
#ifndef APP_MSMTP_H
#define APP_MSMTP_H

#include "app/send.h"

/* Whether the program is called msmtp. */
bool as_msmtp(const struct run *run);
/* The exit status: for msmtp what msmtp would end with, but for what may go through
 * later, which is EX_TEMPFAIL. */
int run_status(const struct run *run, const struct error *err);
/* The reply that decided, for the log of an account of msmtp's: its lines, codes and all,
 * joined by a backslash and an n, as msmtp does; "" when there is none to be told, NULL
 * when the account is not msmtp's. */
const char *run_log_reply(const struct run *run, const struct error *err);
/* The same as a word: "EX_TEMPFAIL". */
const char *run_status_name(const struct run *run, const struct error *err);

#endif
