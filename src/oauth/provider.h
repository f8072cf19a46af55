/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identity providers: where their doors are, by name or by what they say themselves. */
#ifndef OAUTH_PROVIDER_H
#define OAUTH_PROVIDER_H

#include "base/error.h"
#include "net/https.h"
#include "secret/secret.h"

/* The settings that tokens need. */
struct oauth_policy {
	const char *issuer;    /* a name of the table, or an https URL; NULL: by host */
	const char *client_id; /* NULL: see app/login.h */
	struct secret client_secret;
	const char *tenant; /* Microsoft's; NULL: any */
	const char *scope;  /* NULL: the provider's */
	const char *flow;   /* "auto", "browser", "device", "client" */

	/* The account, for which account_finish fills them in. */
	const char *user; /* NULL: none */
	const char *host;
	const char *trust_file;
};

struct provider {
	const char *name;   /* for people */
	const char *issuer; /* as RFC 9207 has it; NULL: unknown */
	/* URLs; NULL where there is none. */
	const char *authorize, *token, *device, *registration;
	const char *scope;
	const char *query;    /* what authorize wants besides; NULL: nothing */
	const char *redirect; /* where this host is: a port and "/" are added */
	/* How to get a client id, step by step, NULL-terminated and to be translated. */
	const char *const *steps;
};

/* By `oauth_issuer`, else by the host. A URL is asked for its metadata (RFC 8414, OpenID
 * Connect Discovery), which takes PATIENCE s at most. FAULT_CONFIG when nothing is
 * known. */
bool provider_find(const struct oauth_policy *policy, unsigned patience,
		   struct provider *provider, struct error *err) MUST_CHECK;
/* https_ask, which tells what does not answer. */
bool provider_ask(const struct https_request *request, struct https_answer *answer,
		  struct error *err) MUST_CHECK;
/* Whether it is a mail server whose provider is known; all of those want a login. */
bool provider_has_host(const char *host);

#endif
