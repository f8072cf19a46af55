/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sends, who receives, and what the server must be able to do. */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include "base/error.h"
#include "mail/address.h"
#include "mail/message.h"

/* What must be announced by the server, or the message cannot go (RFC 5321 4.1.1.11). */
enum envelope_need {
	NEEDS_SMTPUTF8 = 1 << 0,      /* RFC 6531 */
	NEEDS_DSN = 1 << 1,	      /* RFC 3461 */
	NEEDS_DELIVERBY = 1 << 2,     /* RFC 2852 */
	NEEDS_FUTURERELEASE = 1 << 3, /* RFC 4865 */
	NEEDS_MT_PRIORITY = 1 << 4,   /* RFC 6710 */
	NEEDS_REQUIRETLS = 1 << 5     /* RFC 8689 */
};

/* Parameters of MAIL and RCPT that were asked for; NULL: not asked. All are checked by
 * envelope_check: they hold no blank, no control character, and xtext is encoded. */
struct mail_options {
	const char *ret;	 /* FULL or HDRS (RFC 3461 4.3) */
	const char *envid;	 /* xtext (RFC 3461 4.4) */
	const char *notify;	 /* NEVER, or of SUCCESS,FAILURE,DELAY (RFC 3461 4.1) */
	const char *by;		 /* "120;R" (RFC 2852 4) */
	const char *hold_for;	 /* seconds (RFC 4865 4) */
	const char *hold_until;	 /* date-time of RFC 3339 (RFC 4865 4) */
	const char *mt_priority; /* -9 … 9 (RFC 6710 4) */
	bool require_tls;	 /* RFC 8689 2 */
};

struct recipient_index;

struct envelope {
	const char *sender; /* as in MAIL FROM:<…>; "" is the null sender */
	const char **to;    /* as in RCPT TO:<…> */
	size_t count;
	/* Of envelope_add; made anew when others have changed to or count. */
	struct recipient_index *index;
	struct mail_options options;
	unsigned needs; /* of enum envelope_need */
};

/* Adds the addresses of the list that are not yet there, with DEFAULT_DOMAIN for bare
 * ones. */
bool envelope_add(struct arena *arena, struct envelope *envelope,
		  const struct address_list *list, const char *default_domain,
		  struct error *err) MUST_CHECK;

/* Sets needs from the addresses, those in the message's header too, and the options. Other
 * raw UTF-8 in the header is a need only where it is signed. */
void envelope_decide_needs(struct envelope *envelope, const struct message *message);

/* Takes back SMTPUTF8 where the envelope, as it is now, goes without: those who needed it
 * have the message, or an older version kept it, which asked for more. */
void envelope_waive_utf8(struct envelope *envelope, const struct message *message);

/* Takes back the wish for reports: the message goes, though its server cannot make them. */
void envelope_waive_reports(struct envelope *envelope);

/* ---- the words of the options, checked at the door (FAULT_USAGE) ---- */

/* never, or a list of failure, success, delay, in any case and order; "off" or "":
 * NULL. */
bool parse_notify(struct arena *arena, const char *word, const char **notify,
		  struct error *err) MUST_CHECK;
/* full, hdrs, headers; "off" or "": NULL. */
bool parse_ret(const char *word, const char **ret, struct error *err) MUST_CHECK;
/* Any printable ASCII that is at most 100 characters long when it is encoded as xtext
 * (RFC 3461 4, 4.4); "": NULL. */
bool parse_envid(struct arena *arena, const char *word, const char **envid,
		 struct error *err) MUST_CHECK;
/* "SECONDS", "SECONDS;R", "SECONDS;N", each with "T" behind it; "R" is the default and
 * wants at least a second; N takes negative seconds too. Here and below, "off" or "":
 * NULL. */
bool parse_by(struct arena *arena, const char *word, const char **by,
	      struct error *err) MUST_CHECK;
/* One to nine digits; the result is WORD itself, as in the two that follow. */
bool parse_hold_for(const char *word, const char **hold_for,
		    struct error *err) MUST_CHECK;
bool parse_hold_until(const char *word, const char **hold_until,
		      struct error *err) MUST_CHECK;
bool parse_mt_priority(const char *word, const char **mt_priority,
		       struct error *err) MUST_CHECK;

/* What RFC 3461 4.2 puts into ORCPT: "rfc822;" and the address as xtext; "utf-8;" and
 * RFC 6533's form when it is not ASCII. */
char *original_recipient(struct arena *arena, const char *envelope_address);

#endif
