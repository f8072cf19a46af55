/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor looks at on this machine. */
#ifndef APP_CHECKS_HERE_H
#define APP_CHECKS_HERE_H

#include "app/checkup.h"

/* The version, and who runs it. */
void check_program(struct checkup *checkup);
/* Whether programs that call sendmail call this one. */
void check_links(struct checkup *checkup);
/* Which configuration files there are, and which is read. */
void check_files(struct checkup *checkup);
/* Whether there is an account that can be used: REACHED_ACCOUNT. */
void check_account(struct checkup *checkup);
/* Where mail to root goes. */
void check_root(struct checkup *checkup);
/* What waits, and what for. */
void check_queue(struct checkup *checkup);
/* Whether the log can be written, and the last failure in it. */
void check_log(struct checkup *checkup);

#endif
