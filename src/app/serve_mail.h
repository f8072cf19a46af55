/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMTP for a client on this host, each mail sent while its client waits. */
#ifndef APP_SERVE_MAIL_H
#define APP_SERVE_MAIL_H

#include "app/send.h"

/* What all sessions share. Only RUN is set by the caller. */
struct server {
	const struct run *run;
	const char *user; /* who must log in; NULL: nobody needs to */
	struct secret_policy policy;
	struct finder finder;
	const struct secret *password; /* the finder's */
};

/* Finds the password that --listen-login speaks of: the command's, else that of USER at
 * localhost in keyring, netrc or from the terminal. */
bool server_begin(struct server *server, struct error *err) MUST_CHECK;
void server_release(struct server *server);
/* One session, as smtp/serve.h has it; the account is chosen anew for each mail, which is
 * answered with 250 only when every recipient has it. What became of the mails is in the
 * replies and in the log. */
void server_serve(const struct server *server, int in, int out);

/* MODE_SERVE: one session on standard input and output, which may be a socket. True also
 * when the client was gone too early, which is its affair. */
bool serve_mail(struct run *run, struct error *err) MUST_CHECK;

#endif
