/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection that sends and hears at the same time, and never waits without a
 * deadline. */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include "base/error.h"
#include "base/text.h"
#include "net/dial.h"
#include "net/tls.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes go out when wire_flush or wire_send is called; bytes that come in meanwhile are
 * kept in `in`, so that neither side can block the other for ever. A wire of which
 * line.fd is -1 is closed; all zero plus that is the initial state. */
struct wire {
	struct line line;
	struct tls *tls;
	struct buf in; /* heard; the first `taken` octets were used up */
	size_t taken;
	int64_t heard;	/* now_us() when the last of it came in */
	struct buf out; /* said, not yet sent */
	bool ended;	/* the other side has closed */
	uint64_t sent;	/* octets above TLS */
};

enum {
	/* What may wait unread: RFC 5321 4.5.3.1.5 allows 512 octets a line; 10,000
	 * recipients make 10,000 replies while the commands are still going out. */
	WIRE_HEARD_MAX = 8 * 1024 * 1024
};

/* Sends all of `out`, hearing meanwhile. FAULT_TIMEOUT at DEADLINE, FAULT_LOST when the
 * connection is gone (what was heard stays to be read), FAULT_PROTOCOL when too much was
 * heard. */
bool wire_flush(struct wire *wire, int64_t deadline, struct error *err) MUST_CHECK;
/* The same for bytes that need no copy; `out` goes first. */
bool wire_send(struct wire *wire, struct span bytes, int64_t deadline,
	       struct error *err) MUST_CHECK;
/* Waits until something more was heard. FAULT_LOST when the other side has closed. */
bool wire_hear(struct wire *wire, int64_t deadline, struct error *err) MUST_CHECK;
/* Takes what has come in without waiting; true when there is something to read. */
bool wire_listen(struct wire *wire);
/* What was heard and not yet taken; valid until the next call. */
struct span wire_heard(const struct wire *wire);
void wire_take(struct wire *wire, size_t octets);
/* Closes and frees everything. */
void wire_close(struct wire *wire);
/* The same without a goodbye: a process that was forked goes on with the line. */
void wire_leave(struct wire *wire);

#endif
