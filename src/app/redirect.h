/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the browser comes back after a login: a port of this host, or, when the browser
 * runs on another one, a line that the person pastes. */
#ifndef APP_REDIRECT_H
#define APP_REDIRECT_H

#include "oauth/flow.h"

struct redirect {
	int sockets[2]; /* 127.0.0.1, and ::1 where there is one; -1: none */
	int browser;	/* that waits for its page; -1: none */
	unsigned port;
};

#define REDIRECT_NONE ((struct redirect){ .sockets = { -1, -1 }, .browser = -1 })

/* Listens on a free port. */
bool redirect_listen(struct redirect *redirect, struct error *err) MUST_CHECK;
/* Waits until DEADLINE for the answer to the flow; QUERY gets what stood behind the "?",
 * and is to be wiped. */
bool redirect_await(struct redirect *redirect, const struct flow *flow, int64_t deadline,
		    struct buf *query, struct error *err) MUST_CHECK;
/* FAULT_TIMEOUT: nobody came by any way. */
bool redirect_late(struct error *err);
/* Shows the browser, if one waits, how it ended. */
void redirect_show(struct redirect *redirect, const struct error *err);
void redirect_close(struct redirect *redirect);

#endif
