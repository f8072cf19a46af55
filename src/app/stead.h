/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sees the machine as cron does, or as another user. */
#ifndef APP_STEAD_H
#define APP_STEAD_H

#include "conf/options.h"

/* With --as-cron or --as-user a child goes on: without a terminal, with the environment
 * that cron gives, and as that user for good. This process waits for it and ends with its
 * status. Without them, nothing happens. FAULT_USAGE when there is no such user, or when
 * this one may not become another. */
bool take_stead(const struct request *request, struct error *err) MUST_CHECK;

#endif
