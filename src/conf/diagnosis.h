/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why something failed, and which side must change what: the circumstances of a failure,
 * and the first row of a table that fits them. */
#ifndef CONF_DIAGNOSIS_H
#define CONF_DIAGNOSIS_H

#include "base/error.h"
#include "smtp/session.h"

/* What is true or not, as bits. */
enum fact {
	FACT_NAME = 1 << 0,	  /* it failed before the server's name had an address */
	FACT_NEAR = 1 << 1,	  /* near_host is known */
	FACT_LOOPBACK = 1 << 2,	  /* the server is on this machine */
	FACT_TLS = 1 << 3,	  /* the line is encrypted */
	FACT_LOGIN_OFF = 1 << 4,  /* the account has `auth off` */
	FACT_BY_TOKEN = 1 << 5,	  /* the login was by a token, not a password */
	FACT_SIXTEEN = 1 << 6,	  /* the password has 16 letters, as app passwords have */
	FACT_HELPER = 1 << 7,	  /* the command of passwordeval has failed */
	FACT_TERMINAL = 1 << 8,	  /* a person could be asked */
	FACT_GUESSED = 1 << 9,	  /* nobody gave the sender; user and host made it */
	FACT_BARE = 1 << 10,	  /* the recipient was a name without a domain */
	FACT_TOO_LARGE = 1 << 11, /* larger than SIZE says */
	FACT_QUEUE = 1 << 12,	  /* what fails for now is tried again */
	FACT_PORT_25 = 1 << 13,
	FACT_TLS_FIRST = 1 << 14, /* the port is for TLS from the first byte */
	FACT_PORT_1025 = 1 << 15,
	/* What the table of providers says of this one. */
	FACT_APP_PASSWORD = 1 << 16, /* it takes no others; help is where it is made */
	FACT_OTHER_USER = 1 << 17,   /* fixed_user is the only name, and was not used */
	FACT_NOTES = 1 << 18,	     /* there are notes */

	FACT_PROXY = 1 << 19 /* a proxy stands between */
};

/* Every text may be NULL. */
struct circumstances {
	enum fault fault;
	enum stage stage;  /* in which it failed */
	const char *reply; /* the server's words, with their codes */
	const char *host;
	unsigned port; /* 0: unknown, or several */
	const char *user;
	const char *source; /* where the password is from, in words */
	const char *sender, *recipient;
	const char *near_host; /* what the name of the host may have been meant to be */
	const char *provider, *help, *fixed_user, *notes;
	unsigned facts; /* of enum fact */
};

struct diagnosis {
	const char *word; /* stable, English, for machines */
	/* Whole sentences with a full stop, translated, in the arena. */
	const char *cause, *remedy;
};

/* False when nothing is known that the error itself does not say. */
bool diagnose(struct arena *arena, const struct circumstances *circumstances,
	      struct diagnosis *diagnosis);

#endif
