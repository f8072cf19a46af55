/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What failed, in which class, and what the user may do. Made once, where it happens, and
 * carried up unchanged. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/arena.h"
#include "base/english.h"

#include <libintl.h>
#include <stdbool.h>

#define _(text) english_told(text)
#define N_(text) text
#define NUMBER_(one, many, count) english_counted(one, many, count)

#define MUST_CHECK __attribute__((warn_unused_result))

/* The class decides the exit status and whether another try makes sense; see error.c. */
enum fault {
	FAULT_NONE,
	FAULT_USAGE,	     /* the command line is wrong */
	FAULT_DATA,	     /* the message or an address is wrong, or too large */
	FAULT_NO_INPUT,	     /* a file that was named cannot be read */
	FAULT_NO_USER,	     /* the server knows none of the recipients */
	FAULT_NO_HOST,	     /* the server's name does not exist */
	FAULT_REFUSED,	     /* the server refuses for good (5yz) */
	FAULT_UNSUPPORTED,   /* the server, or this build, cannot do what was asked */
	FAULT_BUG,	     /* something that cannot happen, or a library failed */
	FAULT_SYSTEM,	     /* the operating system refused a resource */
	FAULT_CANNOT_CREATE, /* an output file cannot be made */
	FAULT_IO,	     /* reading or writing failed on this side */
	FAULT_TEMPORARY,     /* the server refuses for now (4yz) */
	FAULT_CONNECT,	     /* no connection to the server */
	FAULT_TIMEOUT,	     /* nothing came in time */
	FAULT_LOST,	     /* the connection was lost before the content was sent */
	FAULT_UNCERTAIN,     /* lost after the content, before the reply (RFC 1047) */
	FAULT_PROTOCOL,	     /* the other side does not speak the protocol */
	FAULT_LOGIN,	     /* the server refuses user name, password or token */
	FAULT_TRUST,	     /* the server is not who it should be, or TLS is missing */
	FAULT_CONFIG,	     /* the configuration is wrong */
	FAULT_COUNT
};

/* An error is clean when fault is FAULT_NONE; then all texts are NULL. The texts live in
 * the arena, which must be set before the error is handed to anybody. */
struct error {
	struct arena *arena;
	enum fault fault;
	/* A full sentence without a full stop: what could not be done. */
	const char *what;
	const char *reply; /* the server's own words, clean for a terminal; or NULL */
	const char *hint;  /* what the user might do, a full sentence; or NULL */
};

/* Fills the error; an error that is already filled stays as it is (the first failure is
 * the cause). Always false, so that a function can end with it. */
bool fail(struct error *err, enum fault fault, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with the reason that errno gives at the end of the sentence: "…: No such
 * file". */
bool fail_errno(struct error *err, enum fault fault, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a hint to a filled error that has none. Always false. */
bool fail_hint(struct error *err, const char *hint);
/* Forgets what happened; the arena stays. */
void error_clear(struct error *err);

/* The exit status of <sysexits.h> for a class. */
int fault_status(enum fault fault);
/* That status as log lines write it: "EX_TEMPFAIL". */
const char *fault_status_name(enum fault fault);
/* Whether the same message may go through later without anybody changing anything. */
bool fault_is_temporary(enum fault fault);
/* A stable English word for logs and machines. */
const char *fault_word(enum fault fault);

#endif
