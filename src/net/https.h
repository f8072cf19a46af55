/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to a web server over https, by libcurl, which is loaded only then. */
#ifndef NET_HTTPS_H
#define NET_HTTPS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

enum { HTTPS_BODY_MAX = 64 * 1024 /* octets of an answer */ };

struct https_request {
	const char *url;	/* https only */
	struct span body;	/* of a POST; at NULL: a GET */
	const char *type;	/* of the body */
	const char *accept;	/* field of the header; NULL: JSON is wanted */
	const char *trust_file; /* PEM; NULL or "system": whom the system trusts */
	unsigned patience;	/* s for everything */
	unsigned redirects;	/* how many are followed, to https only */
};

struct https_answer {
	unsigned status; /* of HTTP */
	struct buf body; /* made by https_ask; wiped by the caller: it may be a secret */
};

/* True for an answer of any status. A request that has a secret in it must follow no
 * redirects: nothing but what was named may hear it. FAULT_NO_HOST, FAULT_CONNECT, FAULT_TIMEOUT,
 * FAULT_TRUST for the certificate, FAULT_PROTOCOL for an answer that is none or is too
 * large, FAULT_UNSUPPORTED when libcurl is not installed or was not built in. */
bool https_ask(const struct https_request *request, struct https_answer *answer,
	       struct error *err) MUST_CHECK;

#endif
