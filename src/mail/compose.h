/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes out: new fields, the kept fields, the body. Fields are removed by leaving
 * their spans out. */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include "base/error.h"
#include "mail/complete.h"
#include "mail/envelope.h"
#include "mail/message.h"

enum add_field { ADD_AUTO, ADD_ALWAYS, ADD_NEVER };
/* set_to_header: `auto` adds "To: undisclosed-recipients:;" when no visible recipient
 * field is left; `on` replaces To, Cc, Bcc by all recipients; `undisclosed_recipients`
 * always. */
enum to_header { TO_AUTO, TO_OFF, TO_RECIPIENTS, TO_UNDISCLOSED };

/* The settings that compose needs. */
struct header_policy {
	enum add_field from;
	enum add_field date, message_id; /* never ADD_ALWAYS */
	enum to_header to;
	bool remove_bcc;
	bool trace; /* a Received field goes on top */
};

/* What the caller knows and the message may lack. */
struct origin_facts {
	const char *full_name; /* for a new From field; NULL: none */
	/* Asked when neither that nor the message has one: it may take a while. NULL:
	 * nobody is. */
	const char *(*real_name)(struct arena *arena);
	/* Address for a new From field: the envelope sender, or the submitting user when
	 * that is null. */
	const char *from;
	const char *id_domain; /* right side of a new Message-ID */
	/* Of the addresses in kept fields; NULL: as they are. */
	const struct completion *completion;
	const char *trace; /* what Received says before the date; with policy->trace */
};

/* The header as it goes out, ending with the empty line, as views of the message and
 * of the arena; the body follows it unchanged. */
struct composed {
	struct span *pieces;
	size_t count;
	uint64_t size; /* octets of the pieces together */
	const struct body *body;
};

/* Decides which fields are added (From, To, Date, Message-ID, in this order, on top;
 * above them Resent-From, Resent-Date, Resent-Message-ID when another Resent field
 * names a sender or a recipient) and which are left out (Bcc, Resent-Bcc, Return-Path,
 * Content-Length, Full-Name, Apparently-To, and those that are replaced: old ones, or
 * empty ones). A Full-Name field gives the name when the caller knows none. With
 * Resent fields ADD_ALWAYS is about Resent-From; the author's From stays. RFC 5322
 * 3.6, RFC 6409 8. ENVELOPE's recipients, hidden ones too, fill To when the policy
 * says TO_RECIPIENTS. Addresses in the fields that stay are completed. */
struct composed compose(struct arena *arena, const struct message *message,
			const struct header_policy *policy,
			const struct origin_facts *origin,
			const struct envelope *envelope);

/* Each program on the way adds a Received field; more than a hundred mean a circle,
 * which is FAULT_DATA (RFC 5321 6.3). */
bool check_hops(const struct message *message, struct error *err) MUST_CHECK;

#endif
