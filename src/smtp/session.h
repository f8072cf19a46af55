/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation with a server: commands are asked, and every settle() is one round
 * trip. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "base/error.h"
#include "net/wire.h"
#include "smtp/caps.h"
#include "smtp/reply.h"
#include "smtp/stage.h"

#include <stdbool.h>
#include <stdint.h>

/* One thing said and the reply to it. The list of them is the whole history of the
 * session: transcript, timeline, the context of errors, and the log line are made from
 * it. No secret ever enters it. */
struct exchange {
	enum stage stage;
	const char *said;	/* without CRLF, secrets masked; NULL: nothing was said */
	struct reply reply;	/* code 0: nothing was heard (yet) */
	int64_t started, ended; /* now_us(); ended 0: not yet */
	uint64_t octets;	/* of content */
	uint64_t ends;		/* wire.sent when all of the content is out */
	struct exchange *next;
};

/* Told as it happens, for -v, --debug, the progress line and the queue; all may be NULL. */
struct delivery;

struct watcher {
	void (*said)(void *context, const struct exchange *exchange);
	void (*heard)(void *context, const struct exchange *exchange);
	void (*progress)(void *context, uint64_t sent, uint64_t size);
	/* The next octets that are sent may complete the content: if the line is lost
	 * from here on, nobody knows what became of it (RFC 1047). */
	void (*completing)(void *context);
	/* One of several transactions with a message has come to its end, and another one
	 * follows: those of its recipients who are no longer PENDING are done with. */
	void (*concluded)(void *context, const struct delivery *delivery);
	/* All that was said is out, and the server is waited for: there is time for other
	 * work. */
	void (*waiting)(void *context);
	void *context;
};

/* The members in the first group are set by the caller, the others are to be zero. */
struct session {
	struct arena *arena;
	const char *domain; /* for EHLO */
	const char *host;   /* of the server, as A-label, for sentences and for TLS */
	bool lmtp;	    /* RFC 2033 */
	unsigned timeout;   /* seconds: no wait of any stage is longer; 0: RFC 5321's */
	unsigned patience;  /* seconds: no reply of the login comes later; 0: as above */
	int64_t ready_by;   /* until when the server must have greeted, TLS included; 0:
			    * no limit */
	struct watcher watcher;

	struct wire wire;
	struct caps caps;
	struct reply greeting;
	struct exchange *first, *last;
	struct exchange *owed; /* the first that was said and not yet answered */
	struct error failed;   /* remembered: later calls do nothing until settle tells */
	bool utf8;	       /* commands may be UTF-8 (RFC 6531) */
	uint64_t mails;	       /* transactions that were begun (RFC 9422 MAILMAX) */
	uint64_t taken;	       /* of these the server has taken */
	/* What no reply may repeat: the responses of a login, and its secret. */
	struct span unshown[2];
	bool quit;	     /* QUIT was said */
	bool in_transaction; /* MAIL was said, and no content taken nor RSET behind it */
};

/* Forgets the history, of which nothing may be owed; what is said from now on lives in
 * ARENA. What the server offers stays where it is. */
void session_forget(struct session *session, struct arena *arena);
/* QUIT, if it was not said; waits 5 s at most and changes nothing. Then closes the
 * line. */
void session_close(struct session *session);

/* ---- for those who speak: opening, login, submit, content ---- */

/* Says one command. With PIPELINING it waits in the buffer; without, its reply is awaited
 * here. What ends a group is to be settled before the next (RFC 2920 3.1). Never NULL. A
 * control character in the command, or a byte beyond ASCII without session->utf8, fails
 * with FAULT_DATA and nothing of it is said. */
struct exchange *ask(struct session *session, enum stage stage, const char *format, ...)
	__attribute__((format(printf, 3, 4), returns_nonnull));
/* The same for a line that holds a secret; SHOWN is what the history gets. */
struct exchange *ask_masked(struct session *session, enum stage stage, struct span line,
			    const char *shown) __attribute__((returns_nonnull));
/* Adds an exchange for which nothing is said here, but whose reply is owed: content, a
 * further LMTP reply. */
struct exchange *owe(struct session *session, enum stage stage, const char *shown)
	__attribute__((returns_nonnull));
/* A reply's words without what is unshown, in the arena, with a NUL behind it. */
struct span session_mask(const struct session *session, struct span text);
/* Its end has come, at WHEN (now_us()): nothing is owed for it any more. */
void answered(struct session *session, struct exchange *exchange, int64_t when);
/* One round trip: sends what waits, hears every reply still owed, in order. False when
 * the session failed; ERR has the reason, once. A refusal is no failure: look at the
 * replies. */
bool settle(struct session *session, struct error *err) MUST_CHECK;

/* Whether one more transaction may be begun (RFC 9422 MAILMAX). */
static inline bool
session_takes_mail(const struct session *session)
{
	return !session->caps.mail_max || session->mails < session->caps.mail_max;
}

/* Sends what waits, now. When that fails, a refusal that has come in meanwhile is the
 * reason that is remembered. */
bool session_flush(struct session *session, enum stage stage);
/* The same with bytes behind them that need no copy. */
bool session_send(struct session *session, struct span bytes, enum stage stage);
/* Until when the next wait of this stage may last. */
int64_t stage_deadline(const struct session *session, enum stage stage);
/* Fills ERR from a reply that is not what was wanted: 4yz temporary, 5yz refused, else
 * protocol. WHAT is the sentence. Always false. */
bool refused(struct error *err, const struct exchange *exchange, const char *what);

#endif
