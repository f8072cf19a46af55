/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tries servers, all at once: connection, verified TLS, and the logins that are offered. */
#ifndef APP_PROBE_H
#define APP_PROBE_H

#include "base/errand.h"
#include "conf/account.h"

/* One server. The account is set by the caller, and finished. */
struct probe {
	struct account account;

	struct errand errand;
	bool works;	    /* it can be logged in to */
	unsigned port;	    /* the one that answered */
	const char *logins; /* mechanisms that it offers */
	struct error why;   /* it does not work; clean when it does */
};

/* Texts go into ARENA. */
void probe_all(struct arena *arena, struct probe *probes, size_t count);

#endif
