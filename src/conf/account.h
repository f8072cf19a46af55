/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An account: every setting of one way to submit mail, and where each value came from. */
#ifndef CONF_ACCOUNT_H
#define CONF_ACCOUNT_H

#include "base/error.h"
#include "mail/compose.h"
#include "net/dial.h"
#include "net/tls.h"
#include "oauth/provider.h"
#include "secret/find.h"
#include "smtp/login.h"

#include <stdbool.h>

/* Where a value came from. */
enum origin_kind { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_OPTION };
struct origin {
	enum origin_kind kind;
	const char *file; /* of ORIGIN_FILE */
	unsigned line;
};

enum protocol { PROTOCOL_SMTP, PROTOCOL_LMTP };
/* Which defaults hold: a postrider file has safe ones, an msmtp file has msmtp's. */
enum dialect { DIALECT_POSTRIDER, DIALECT_MSMTP };
enum { SETTINGS_MAX = 80 }; /* rows of the settings table; settings.c asserts it */

/* What becomes of mail to this host's own names; see mail/aliases.h. */
struct local_settings {
	const char *aliases;	  /* file; NULL: none */
	const char *names;	  /* separated by commas; NULL: the usual ones */
	const char *root_address; /* NULL: none */
};

struct log_policy {
	const char *file;	 /* logfile; "-" is standard output; NULL: none */
	const char *time_format; /* strftime, "none", or NULL for the default */
	const char *syslog;	 /* "off", "on", "LOG_MAIL", … */
};

/* Setting rate_limit: COUNT messages in any SECONDS; COUNT 0: no limit. */
struct rate {
	unsigned count, seconds;
};

/* What becomes of mail that cannot go now. */
struct queue_policy {
	bool on;
	const char *dir;      /* NULL: the usual place, see queue/spool.h */
	unsigned lifetime;    /* days */
	unsigned patience;    /* seconds */
	const char *fallback; /* another account; NULL: none */
	struct rate rate;
	unsigned max_connections; /* 0: one for the queue, any number for callers */
};

/* All values as the settings wrote them until account_finish made them ready for use.
 * All texts live in the arena; password, proxy_password and oauth.client_secret are
 * secrets, which account_release wipes. */
struct account {
	const char *name;
	enum dialect dialect;
	struct origin whole; /* where the account begins */

	struct endpoint endpoint; /* ports are filled by account_finish */
	struct secret proxy_password;
	unsigned port;	  /* as configured; 0: not */
	bool fast_open;	  /* as configured, for ports with TLS from the start */
	unsigned timeout; /* as configured, for every wait; 0: not */
	enum protocol protocol;
	const char *domain; /* for EHLO */
	struct tls_policy tls;
	struct login_policy login;
	struct secret_policy secret;
	struct oauth_policy oauth;
	struct header_policy header;

	/* Envelope sender: address or wildcards; "" is the null sender; NULL: not set. */
	const char *from;
	/* `from %F`, seen by account_finish: the sender is the first From address of the
	 * message; `from` is NULL then. */
	bool sender_from_header;
	const char *from_full_name;
	bool allow_from_override;
	const char *qualify_domain;
	bool partial_delivery;
	bool share; /* processes that send at the same time use one connection */
	const char *dsn_notify, *dsn_return;
	struct local_settings local;
	struct queue_policy queue;
	struct log_policy log;

	struct origin origins[SETTINGS_MAX]; /* by row of the settings table */
};

/* What a choice of account has to go by. */
struct account_wish {
	const char *name;   /* -a; NULL: none */
	const char *sender; /* -f or the message's From when asked; NULL: none */
	/* Where the account of SMTPSERVER and EMAIL may be made; NULL: it is not wished. */
	struct arena *arena;
};

/* The first part of what follows: who sends, and by which domain. */
bool account_finish_names(struct arena *arena, struct account *account,
			  struct error *err) MUST_CHECK;
/* Makes the values ready for use, once, after the last one was given. Fills in what
 * depends on others: %-patterns of domain and from, the host as A-label without
 * brackets, ports (465 and 587 when none is given, 25 in an msmtp file, none for a
 * unix socket), half a minute to connect when there is no timeout, the login (on when
 * a user or a password is given; user from `from`), and whose secret is wanted.
 * Refuses what does not fit together: FAULT_CONFIG with file and line, FAULT_USAGE
 * when it is an option's fault, FAULT_UNSUPPORTED for a mechanism that this build has
 * not. */
bool account_finish(struct arena *arena, struct account *account,
		    struct error *err) MUST_CHECK;

/* The value of a row as the configuration would say it, for --pretend; a secret shows as
 * "*", nothing as "". */
char *account_show(struct arena *arena, const struct account *account, size_t row);
/* "default", "FILE:LINE" or "option". */
char *origin_show(struct arena *arena, const struct origin *origin);
/* Wipes the secrets. */
void account_release(struct account *account);

#endif
