/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completes the addresses in header fields (RFC 6409 4.2): `root (Cron Daemon)` becomes
 * `root@example.org (Cron Daemon)`; everything else stays byte for byte. */
#ifndef MAIL_COMPLETE_H
#define MAIL_COMPLETE_H

#include "base/text.h"
#include "mail/header.h"

struct completion {
	const char *domain; /* for bare addresses; NULL: they stay bare */
	const char *const
		*local_names; /* domains of this host: in From, Sender, Reply-To and their
					 * Resent forms they are replaced by domain. Ends with
					 * NULL; NULL: none */
};

/* The field with completed addresses, in the arena; or field->whole itself when there
 * is nothing to do, when it is no address field (From Sender Reply-To To Cc Bcc
 * Errors-To and Resent-*), or when it cannot be read. Long lines are not folded anew. */
struct span complete_field(struct arena *arena, const struct field *field,
			   const struct completion *completion);

#endif
