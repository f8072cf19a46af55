/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One address: addr-spec and route (RFC 5322 3.4.1, 4.4), read from a structured
 * field. */
#ifndef MAIL_MAILBOX_H
#define MAIL_MAILBOX_H

#include "mail/address.h"
#include "mail/scan.h"

/* Reads an addr-spec, or a local part alone; the place ends behind the blanks and
 * comments that follow. Local parts may have dots anywhere, as some receivers do
 * ("joe.@x.org"). */
bool mailbox_read(struct scan *scan, struct arena *arena,
		  struct address *address) MUST_CHECK;
/* Skips "@relay.org,@other.org:" if it is there (RFC 5321 4.1.1.3 says to ignore it). */
bool mailbox_skip_route(struct scan *scan) MUST_CHECK;

/* Whether an address may hold this text, however it is quoted: valid UTF-8 without
 * controls. */
bool is_sendable(struct span text);
/* Whether a name has labels with dots between them, and none of them is empty. */
bool has_labels(struct span name);
/* Whether this is "[...]" as mailbox_read leaves it. */
bool is_domain_literal(struct span text);

#endif
