/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SASL mechanisms as SMTP sees them: how each answers a challenge, and when it may be
 * used. */
#ifndef SMTP_MECHANISM_H
#define SMTP_MECHANISM_H

#include "base/error.h"
#include "base/text.h"
#include "smtp/sasl.h"
#include "smtp/session.h"

#include <stdbool.h>

/* One login under way. The first group is set by the caller. */
struct attempt {
	struct session *session;
	const struct mechanism *mechanism;
	struct sasl_identity identity; /* user may be NULL, host not */

	struct sasl *sasl;
	struct buf said;       /* the last response, as the server got it */
	unsigned round;	       /* challenges answered so far */
	bool counted;	       /* SCRAM: the iteration count is as it should be */
	bool done;	       /* the client side has seen all that it must */
	const char *complaint; /* what an OAuth2 server says is wrong, as JSON; or NULL */
};

/* Answers the challenge, both base64. Before the first challenge it makes the initial
 * response. */
typedef bool responder(struct attempt *attempt, struct span challenge,
		       struct buf *response, struct error *err);

/* What decides whether a mechanism may be used. */
enum nature {
	SHOWS_SECRET = 1 << 0, /* to whoever listens: only inside TLS */
	NEEDS_SECRET = 1 << 1,
	NEEDS_BINDING = 1 << 2, /* channel binding, so TLS */
	ONLY_NAMED = 1 << 3,	/* never chosen by `auth on`, but for a token */
	SAFE_IN_CLEAR = 1 << 4, /* may be chosen without TLS */
	BY_LIBRARY = 1 << 5,	/* libgsasl does it, if it is there */
	CLIENT_FIRST = 1 << 6,	/* the first challenge says nothing, whatever it says */
	TAKES_TOKEN = 1 << 7,	/* instead of a password */
	BY_TOKEN = ONLY_NAMED | TAKES_TOKEN
};

struct mechanism {
	const char *name; /* in upper case, as in AUTH */
	unsigned nature;  /* of enum nature */
	bool initial;	  /* an initial response goes with AUTH (RFC 4954 4) */
	responder *respond;
};

/* In the order of `auth on`: those that never show the password first. */
extern const struct mechanism mechanisms[];
extern const size_t mechanisms_count;

/* The row of that name, in any case; NULL when this build has none. */
const struct mechanism *find_mechanism(const char *name);
bool mechanism_is_scram(const struct mechanism *mechanism);
/* The server goes on asking after all was said. Always false. */
bool too_many_challenges(const struct attempt *attempt, struct error *err);

#endif
