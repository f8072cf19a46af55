/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client says to a server: commands, paths and parameters (RFC 5321 4.1). */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum verb {
	VERB_UNKNOWN,
	VERB_EHLO,
	VERB_HELO,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_BDAT,
	VERB_RSET,
	VERB_NOOP,
	VERB_VRFY,
	VERB_HELP,
	VERB_QUIT,
	VERB_AUTH,
	VERB_ONEX, /* one message only: sendmail's */
	VERB_VERB, /* more words: sendmail's */
	VERB_HTTP  /* a web browser was led here: nothing that it says may count */
};

struct command {
	enum verb verb;
	struct span argument; /* without blanks at both ends */
};

/* The verb in any case, and what stands behind it. */
struct command command_parse(struct span line);

/* What may be said behind the path of MAIL. */
struct mail_parameters {
	uint64_t size;	   /* octets as declared (RFC 1870); 0: not */
	bool utf8;	   /* SMTPUTF8 (RFC 6531 3.4) */
	const char *ret;   /* "FULL" or "HDRS" (RFC 3461 4.3); NULL: not said */
	const char *envid; /* xtext (RFC 3461 4.4); NULL: not said */
};

/* NOTIFY of one recipient or, added up, of several (RFC 3461 4.1). */
enum notify {
	NOTIFY_SAID = 1 << 0, /* with none of the others: NEVER */
	NOTIFY_SUCCESS = 1 << 1,
	NOTIFY_FAILURE = 1 << 2,
	NOTIFY_DELAY = 1 << 3
};

/* The functions below give back NULL, or the reply that refuses: codes and text, without
 * line end.
 *
 * The path behind WORD ("FROM:", "TO:") as envelope address in the arena: quoted as it
 * must be, the domain as A-label; none when it had none. Source routes are left out; the
 * angle brackets may be missing. "" is the null path, for FROM: only. *PARAMETERS is what
 * stands behind it. */
const char *command_path(struct arena *arena, const struct command *command,
			 struct span word, const char **address, struct span *parameters);
/* SIZE BODY SMTPUTF8 RET ENVID, and AUTH (RFC 4954 5, which is ignored) when AUTH is
 * true. */
const char *command_mail_parameters(struct arena *arena, struct span text, bool auth,
				    struct mail_parameters *parameters);
/* NOTIFY ORCPT; ORCPT is checked and ignored: the address itself is the original one. */
const char *command_rcpt_parameters(struct span text, unsigned *notify);
/* The octets of a chunk, and whether it is the last (RFC 3030 2). */
const char *command_chunk(const struct command *command, uint64_t *octets, bool *last);

/* The bits as NOTIFY= has them; NULL when nothing was said. */
const char *notify_words(struct arena *arena, unsigned notify);

#endif
