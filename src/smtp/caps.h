/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server can do, as its reply to EHLO says (RFC 5321 4.1.1.1). */
#ifndef SMTP_CAPS_H
#define SMTP_CAPS_H

#include "smtp/reply.h"

#include <stdint.h>

/* All zero: a server that understood only HELO, or none yet. */
struct caps {
	bool esmtp;
	bool pipelining;	  /* RFC 2920 */
	bool chunking;		  /* RFC 3030: BDAT */
	bool binarymime;	  /* RFC 3030 */
	bool eightbitmime;	  /* RFC 6152 */
	bool smtputf8;		  /* RFC 6531 */
	bool dsn;		  /* RFC 3461 */
	bool enhancedstatuscodes; /* RFC 2034 */
	bool starttls;		  /* RFC 3207 */
	bool size;		  /* RFC 1870 */
	uint64_t size_limit;	  /* octets; 0: none told */
	bool deliverby;		  /* RFC 2852 */
	uint64_t deliverby_least; /* seconds; 0: none told */
	bool futurerelease;	  /* RFC 4865 */
	uint64_t hold_for_most;	  /* seconds */
	bool mt_priority;	  /* RFC 6710 */
	bool requiretls;	  /* RFC 8689 */
	bool etrn;		  /* RFC 1985 */
	bool vrfy, expn;
	uint64_t rcpt_max, mail_max; /* RFC 9422 LIMITS; 0: none told */
	struct span
		mechanisms; /* of AUTH, in upper case, separated by blanks (RFC 4954) */
	struct span text;   /* the whole reply */
};

/* Keywords are compared whole and without regard to case; the first line is the server's
 * name. An absurd number counts as none. */
struct caps caps_parse(struct arena *arena, const struct reply *reply);
/* Whether AUTH offers the mechanism, whole words, any case. */
bool caps_offers(const struct caps *caps, const char *mechanism);

#endif
