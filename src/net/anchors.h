/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few certificates of a bundle that a server's chain can lead to. */
#ifndef NET_ANCHORS_H
#define NET_ANCHORS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

/* Adds to PICKED, in their order and as they stand in BUNDLE (PEM, RFC 7468), all
 * certificates with a name that the CHAIN (COUNT certificates, DER) has as an issuer or a
 * subject. A library that compares names byte by byte, as GnuTLS does, can use no others
 * for that chain. False when there are none, or when something in the chain or in the
 * bundle cannot be read here: then the whole bundle is needed. */
bool anchors_pick(struct span bundle, const struct span *chain, size_t count,
		  struct buf *picked) MUST_CHECK;

#endif
