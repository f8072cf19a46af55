/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMTP-AUTH (RFC 4954): which mechanism, and the exchange of challenges and responses. */
#ifndef SMTP_LOGIN_H
#define SMTP_LOGIN_H

#include "base/error.h"
#include "secret/find.h"
#include "smtp/session.h"

/* The settings that a login needs. */
struct login_policy {
	const char *auth; /* "off", "on" (choose), or a mechanism in lower case as in the
			   * configuration: "scram-sha-256" */
	const char *user; /* authentication identity; NULL: none */
	const char *ntlm_domain;
	const char *host; /* for GSSAPI, DIGEST-MD5 and OAUTHBEARER */
	bool by_token;	  /* with "on": only what takes a token may be chosen */
	bool cleartext;	  /* PLAIN and LOGIN without TLS, on a loopback connection only */
};

/* What this build can do: "external" yes, "scram-sha-256" only with libgsasl, … */
bool login_knows(const char *mechanism);

/* Logs in as the policy says; with "off" there is nothing to do. The secret is taken from
 * the finder only when the mechanism needs it. FAULT_LOGIN when the server refuses for
 * good, FAULT_TEMPORARY for now, FAULT_UNSUPPORTED when it offers no mechanism that may
 * be used, FAULT_TRUST when that is because there is no TLS. */
bool session_login(struct session *session, const struct login_policy *policy,
		   struct finder *finder, struct error *err) MUST_CHECK;

#endif
