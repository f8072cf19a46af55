/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grants of OAuth 2.0 (RFC 6749): each one asks the provider, and fills a token. */
#ifndef OAUTH_FLOW_H
#define OAUTH_FLOW_H

#include "oauth/token.h"

enum { RANDOM_TEXT = 43 /* letters: 32 octets as base64url */ };

struct flow {
	const struct provider *provider; /* NULL for a renewal */
	/* Its client is known beforehand, but for flow_register; a grant fills in the
	 * rest. */
	struct token *token;
	const char *trust_file;
	unsigned patience; /* s for each question */

	/* Of flow_begin_browser. */
	const char *redirect;
	char state[RANDOM_TEXT + 1], verifier[RANDOM_TEXT + 1];
};

/* FAULT_LOGIN when the provider refuses, with its words as the reply; FAULT_TEMPORARY when
 * it cannot now; FAULT_PROTOCOL when nobody understands what it says; and what https_ask
 * has. */

/* Makes a client of this program (RFC 7591). */
bool flow_register(struct flow *flow, struct error *err) MUST_CHECK;

/* Authorization code with PKCE over a loopback redirect (RFC 8252, 7636). *URL is for the
 * browser of USER (NULL: nobody knows); PORT is where the redirect is awaited. */
bool flow_begin_browser(struct flow *flow, unsigned port, const char *user,
			const char **url, struct error *err) MUST_CHECK;
/* Whether QUERY is the answer to this flow: others may knock at the port, too. */
bool flow_is_answer(const struct flow *flow, struct span query);
/* QUERY is what stood behind the "?" of the redirect: a code, or a refusal. */
bool flow_end_browser(struct flow *flow, struct span query, struct error *err) MUST_CHECK;

/* Device authorization (RFC 8628). The texts live in the arena. */
struct device {
	const char *page, *complete; /* URLs; complete may be NULL */
	const char *user_code;
	struct secret code;
	unsigned interval; /* s between two questions */
	unsigned lifetime; /* s */
};
bool flow_begin_device(struct flow *flow, struct device *device,
		       struct error *err) MUST_CHECK;
/* Asks once. *DONE is false as long as the person has not decided. */
bool flow_poll_device(struct flow *flow, struct device *device, bool *done,
		      struct error *err) MUST_CHECK;

/* Client credentials (RFC 6749 4.4). */
bool flow_client(struct flow *flow, struct error *err) MUST_CHECK;
/* A new access token for the refresh token. */
bool flow_renew(struct flow *flow, struct error *err) MUST_CHECK;

#endif
