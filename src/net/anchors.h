/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few certificates of a bundle that a server's chain can lead to. */
#ifndef NET_ANCHORS_H
#define NET_ANCHORS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

enum { ANCHORS_CHAIN_MAX = 16 }; /* GnuTLS looks at no longer ones */

/* The names that a chain has, as issuers and subjects (DER, in the chain). A library that
 * compares names byte by byte, as GnuTLS does, can use only the certificates of a bundle
 * that are of one of them. */
struct anchors {
	struct span names[2 * ANCHORS_CHAIN_MAX];
	size_t count;
};

/* Those of CHAIN (COUNT certificates, DER). False when something in it cannot be read
 * here: then the whole bundle is needed. */
bool anchors_of(struct anchors *anchors, const struct span *chain,
		size_t count) MUST_CHECK;
/* Adds to PICKED, in their order and as they stand in *BUNDLE (PEM, RFC 7468), all
 * certificates with one of the names. *BUNDLE becomes what could not be judged yet because
 * MORE is to come behind it. False when something cannot be read here. */
bool anchors_pick(const struct anchors *anchors, struct span *bundle, bool more,
		  struct buf *picked) MUST_CHECK;

#endif
