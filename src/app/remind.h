/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells somebody who is at a terminal what the queue cannot tell by mail. */
#ifndef APP_REMIND_H
#define APP_REMIND_H

#include "app/deliver.h"

/* That a message was kept, why, and what is known about that. To a terminal, or with -v;
 * else exit status 0 says all that a caller may hear. */
void tell_kept(const struct run *run, const struct mail *mail);
/* Once a day, to a terminal: for which accounts mail waits until somebody mends them. */
void remind_of_held(struct run *run);

#endif
