/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions that wait in files to be taken up again. */
#ifndef NET_TICKET_H
#define NET_TICKET_H

#include "base/error.h"
#include "base/text.h"
#include "net/digest.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	/* Seconds since a server's certificate was looked at: RFC 5246 F.1.4 suggests that
	 * much for sessions, and a revocation is noticed after a day at the latest. */
	TICKET_LIFE = 24 * 60 * 60,
	TICKET_MAX = 64 * 1024 /* octets of a file */
};

/* For whom and for what a ticket is, as hexadecimal digits. */
struct ticket_key {
	char place[DIGEST_HEX +
		   1]; /* names the file: one ticket for each server and user */
	char whole[DIGEST_HEX + 1]; /* stands in it: all that must not have changed */
};

struct ticket {
	/* A secret; ticket_wipe. Empty: the server cannot stand tickets. */
	struct buf session;
	int64_t until;	  /* seconds since 1970: of no use from then on */
	bool first_group; /* the server took the key of the group that is offered first */
};

/* Takes the ticket away from this user's folder, so that no other process can use it, too
 * (RFC 8446 C.4); an empty one stays. False when there is none that is whole, meant for
 * KEY and still good; a file that is not such a ticket is removed. */
bool ticket_take(const struct ticket_key *key, struct ticket *ticket) MUST_CHECK;
/* Keeps it in place of another one, with a folder that only the user can look into, and
 * removes those that are too old. Where that cannot be done, nothing is kept. */
void ticket_keep(const struct ticket_key *key, const struct ticket *ticket);
void ticket_wipe(struct ticket *ticket);

/* The same for the contents of a file at the time NOW, in seconds since 1970. */
bool ticket_read(struct span file, const char *whole, int64_t now,
		 struct ticket *ticket) MUST_CHECK;
void ticket_write(const struct ticket *ticket, const char *whole, int64_t now,
		  struct buf *file);

#endif
