/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of addresses and groups (RFC 5322 3.4, 4.4). */
#ifndef MAIL_LIST_H
#define MAIL_LIST_H

#include "mail/address.h"
#include "mail/scan.h"

/* Set the first three, and let the rest be zero. */
struct list_reader {
	struct arena *arena;
	struct address_list *list; /* grows */
	bool lenient; /* words without "@", "|", "/" that are no address do not count, and
		       * addresses need no comma between them */
	size_t room;  /* items that fit */
	struct scan scan;
	struct span member; /* what is being read */
	bool in_group;
	struct span group;   /* from its name to the end of the text */
	size_t before_group; /* count, when it began */
};

/* Adds the addresses of TEXT. When one of them is wrong, those before it have been
 * added, member is the wrong one, and scan.problem says why. */
bool list_read(struct list_reader *reader, struct span text) MUST_CHECK;

#endif
