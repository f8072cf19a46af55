/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the DNS tells of a name, beside its addresses. */
#ifndef NET_RECORDS_H
#define NET_RECORDS_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>

enum { RECORDS_MAX = 32 /* what a name has more is passed over */ };

enum record_kind {
	RECORD_SRV, /* RFC 2782 */
	RECORD_MX,  /* RFC 5321 5.1 */
	RECORD_TXT
};

struct dns_record {
	unsigned priority;     /* of SRV and MX */
	unsigned weight, port; /* of SRV */
	/* Of SRV and MX: without the last dot; letters, digits, "-", "_" and ".". */
	const char *host;
	struct span text; /* of TXT: its strings in one; any octets, and a NUL behind */
};

struct records {
	struct dns_record *items; /* in the arena of the error */
	size_t count;
};

/* The records of NAME, an A-label ("_submissions._tcp.example.org"), the best one first:
 * that of the lowest priority, and of those the one with the greatest weight. Records that
 * say "there is none" (a host that is a lone dot) are left out. Waits a few seconds at
 * most.
 *
 * FAULT_NO_HOST when none is left; FAULT_TEMPORARY when no name server answers. */
bool records_find(enum record_kind kind, const char *name, struct records *records,
		  struct error *err) MUST_CHECK;
/* The same from an ANSWER that has come (RFC 1035 4). One that is broken ends at the break. */
struct records records_read(enum record_kind kind, struct span answer,
			    struct arena *arena);

#endif
