/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom a header names as sender and recipients. */
#ifndef MAIL_NAMED_H
#define MAIL_NAMED_H

#include "base/error.h"
#include "mail/address.h"
#include "mail/message.h"

/* Of a message that was sent again more than once: everybody, as sendmail does it; or those
 * of the first block of Resent fields, which is the newest (RFC 5322 3.6.6), as msmtp. */
enum resent { RESENT_ALL, RESENT_FIRST };

/* The recipients that the header names (the rules of -t): those of To, Cc, Bcc and
 * Apparently-To; as soon as there is a Resent-To, Resent-Cc or Resent-Bcc, only those
 * (RFC 5322 3.6.6). A field that cannot be read is FAULT_DATA. */
bool header_recipients(struct arena *arena, const struct message *message,
		       enum resent resent, struct address_list *list,
		       struct error *err) MUST_CHECK;

/* The first address of Resent-From when Resent fields come first, else of From; as
 * envelope address. *FROM is NULL when there is none. */
bool envelope_from_header(struct arena *arena, const struct message *message,
			  const char *default_domain, const char **from,
			  struct error *err) MUST_CHECK;

#endif
