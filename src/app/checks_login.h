/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor looks at inside the session with the server. */
#ifndef APP_CHECKS_LOGIN_H
#define APP_CHECKS_LOGIN_H

#include "app/checkup.h"

/* Which logins the server offers, and which is wanted. */
void check_auth(struct checkup *checkup);
/* Where the secret is from: REACHED_SECRET. */
void check_secret(struct checkup *checkup);
/* Logs in: REACHED_LOGIN, also when no login is wanted. */
void check_login(struct checkup *checkup);
/* Names sender and recipient to the server, and takes it back: nothing is sent. */
void check_sender(struct checkup *checkup);
/* What becomes of a copy. */
void check_copies(struct checkup *checkup);
/* What the domain of the sender says about who may send for it. */
void check_domain(struct checkup *checkup);

#endif
