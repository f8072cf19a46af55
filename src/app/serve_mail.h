/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -bs: SMTP on standard input and output, each mail sent while its client waits. */
#ifndef APP_SERVE_MAIL_H
#define APP_SERVE_MAIL_H

#include "app/send.h"

/* MODE_SERVE. One session, as smtp/serve.h has it; the account is chosen anew for each
 * mail, which is answered with 250 only when every recipient has it. What became of the
 * mails is in the replies and in the log; true also when the client was gone too early,
 * which is its affair. */
bool serve_mail(struct run *run, struct error *err) MUST_CHECK;

#endif
