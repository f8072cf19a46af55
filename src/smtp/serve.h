/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other side of the conversation: takes mail by SMTP from a local program (sendmail
 * -bs, a socket-activated service, a listener on loopback). */
#ifndef SMTP_SERVE_H
#define SMTP_SERVE_H

#include "base/error.h"
#include "mail/envelope.h"
#include "mail/message.h"

#include <stdint.h>

/* What is offered, and who takes the mail. Addresses are clean and as in an envelope, but
 * may have no domain; what the functions are given is theirs until they return. */
struct serve_policy {
	const char *host;    /* in greeting and EHLO */
	uint64_t size_limit; /* octets; 0: none is told */
	unsigned timeout; /* seconds to wait for a command; 0: 300 (RFC 5321 4.5.3.2.7) */
	/* AUTH PLAIN and LOGIN: whether this user has this password; NULL: AUTH is not
	 * offered and not needed. A failure is answered a second late. */
	bool (*may_log_in)(void *context, struct span user, struct span password);
	/* A recipient on its own: false with ERR refuses it (a temporary fault: 451,
	 * FAULT_DATA: 553, else 550). NULL: each is fine. */
	bool (*recipient)(void *context, const char *address, struct error *err);
	/* The whole mail. True only when it is durable or delivered: then 250 is said;
	 * else 451 for a temporary fault, or 554. NOTIFY is what any recipient asked for
	 * (RFC 3461 4.1); ORCPT is not kept. */
	bool (*accept)(void *context, const struct envelope *envelope,
		       struct message *message, struct error *err);
	void *context;
};

/* Serves one session until QUIT, the end of input, or a timeout; IN and OUT may be the
 * same, stay open, and SIGPIPE is ignored by the caller. True also after refused
 * commands; false with FAULT_IO when the client is gone, or silent for too long, in the
 * middle of a content, which is then dropped.
 *
 * Commands may end with a bare LF. DATA ends with CRLF.CRLF; when all commands of the
 * session, DATA included, ended with a bare LF, with LF.LF as well; dots are unstuffed at
 * the start of such lines. Known: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT
 * AUTH, ONEX and VERB (250). Offers PIPELINING, 8BITMIME, SIZE, CHUNKING, DSN, SMTPUTF8,
 * ENHANCEDSTATUSCODES. Memory stays flat; a content is kept in an unlinked file. After
 * three failed logins, after a BDAT without a number, and for HTTP, the session ends with
 * 421. */
bool serve(int in, int out, const struct serve_policy *policy,
	   struct error *err) MUST_CHECK;

#endif
