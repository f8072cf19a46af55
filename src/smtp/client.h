/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line to a client: commands in, replies out, nothing without a limit. */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include "base/text.h"

#include <stdbool.h>

enum {
	CLIENT_LINE_MAX = 12288, /* octets of a command; a response to AUTH may be so
				  * long (RFC 4954 4) */
	CLIENT_REPLY_MAX = 510	 /* octets of a reply line (RFC 5321 4.5.3.1.5) */
};

/* Both descriptors may be the same, and may be non-blocking. They stay the caller's. */
struct client {
	int in, out;
	unsigned timeout; /* seconds to wait for a command, a block of content, or for
			   * room to write */
	struct buf heard; /* the first `taken` octets were used up */
	size_t taken;
	struct buf said; /* not yet sent */
	bool gone;	 /* nothing more is to be heard, or is wanted */
	bool late;	 /* … because it took too long */
	bool crlf;	 /* a command ended with CRLF */
};

enum client_line { LINE_HEARD, LINE_TOO_LONG, LINE_NONE };

/* The next command without its line end, CRLF or LF; a view that the next call ends.
 * LINE_NONE: the client is gone; what it said without a line end counts for nothing. */
enum client_line client_line(struct client *client, struct span *line);
/* What was heard and not yet taken; what was said goes out, and more is awaited, when
 * that is nothing. Empty: the client is gone. */
struct span client_heard(struct client *client);
void client_take(struct client *client, size_t octets);
/* One line of a reply; it waits until the client has to be heard. What is not printable
 * ASCII becomes "?", and what is too long is cut. */
void client_say(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Sends what was said; at the end, wipes what was heard: a password may be in it. */
void client_flush(struct client *client);
void client_release(struct client *client);

#endif
