/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stages of a conversation with a server, and what is special about each. */
#ifndef SMTP_STAGE_H
#define SMTP_STAGE_H

#include <stdbool.h>

/* Where in the conversation something is said or waited for. */
enum stage {
	STAGE_CONNECT, /* name, proxy and connection */
	STAGE_TLS,     /* the handshake */
	STAGE_GREETING,
	STAGE_EHLO, /* and HELO, LHLO */
	STAGE_STARTTLS,
	STAGE_AUTH, /* the command and every response */
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_CONTENT, /* BDAT with its octets; or the content after DATA and its dot */
	STAGE_RSET,
	STAGE_VRFY, /* and EXPN */
	STAGE_ETRN,
	STAGE_QUIT,
	STAGE_COUNT
};

/* What the user calls it: "the greeting", "MAIL FROM", … (translated). */
const char *stage_name(enum stage stage);
/* To wait for the whole reply, or to send one block of content (RFC 5321 4.5.3.2). */
unsigned stage_seconds(enum stage stage);
/* Whether nothing may be said behind it before its reply (RFC 2920 3.1). */
bool stage_ends_group(enum stage stage);

#endif
