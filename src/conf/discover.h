/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks for the submission server of a mail address: in the table of providers, in the DNS,
 * in what the domain publishes, and by guessing. */
#ifndef CONF_DISCOVER_H
#define CONF_DISCOVER_H

#include "base/error.h"
#include "conf/providers.h"
#include "net/tls.h"

#include <stdbool.h>

/* How a server was found, the surest way first. */
enum found_by {
	FOUND_BY_USER, /* it was named */
	FOUND_IN_TABLE,
	FOUND_BY_MX, /* the domain's mail comes in at a provider of the table */
	FOUND_BY_SRV,
	FOUND_PUBLISHED, /* by the domain, over https */
	FOUND_IN_ISPDB,	 /* in the collection of the Thunderbird project */
	FOUND_GUESSING,
	FOUND_BY_COUNT
};

struct candidate {
	enum found_by found_by;
	const char *host;	/* A-label */
	unsigned port;		/* 0: 465, then 587 */
	enum starttls starttls; /* AUTO: by the port, 465 is TLS from the start */
	const char *user;	/* NULL: it has to be asked for */
	const struct mail_provider *provider; /* NULL: not in the table */
	/* Nobody on the way can have bent it: the name was given, is in the table, below the
	 * mail domain, or published over https. Else a person must say that it is right,
	 * since the certificate of another owner would be as good (RFC 6186 6). */
	bool vouched;
};

enum { CANDIDATES_MAX = 16 };

/* The first group is set by the caller. */
struct discovery {
	struct arena *arena;
	const char *address;	/* as in an envelope, the domain as A-label */
	const char *trust_file; /* for https; NULL: the system's */

	const char *domain;
	struct providers providers;
	/* Whose customer the domain is; NULL: not known. It may have no server. */
	const struct mail_provider *provider;
	struct candidate items[CANDIDATES_MAX]; /* the best first */
	size_t count;
	const char *mx; /* the first MX host; NULL: none */
};

/* Reads the table. FAULT_CONFIG when the system's part of it is wrong. */
bool discovery_begin(struct discovery *discovery, struct error *err) MUST_CHECK;
/* A server that somebody has named; PORT 0: the usual ones. */
void discover_named(struct discovery *discovery, const char *host, unsigned port);
/* Asks nobody when the table has the domain; else the DNS for SRV (RFC 6186, RFC 8314) and MX,
 * and web servers of the domain for autoconfig, all at once, for six seconds at most.
 * That nothing is found is no failure. */
bool discover(struct discovery *discovery, struct error *err) MUST_CHECK;
/* Asks the Thunderbird project, which hears the domain and not the address. Only for who has
 * agreed. */
bool discover_ispdb(struct discovery *discovery, struct error *err) MUST_CHECK;
/* Adds the names that servers usually have, and the MX host. */
void discover_guess(struct discovery *discovery);

/* A stable English word for machines: "table", "srv" … */
const char *found_by_word(enum found_by found_by);
/* Where it was found, for people (translated). */
const char *found_by_words(enum found_by found_by);

#endif
