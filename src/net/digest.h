/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), by Nettle, which GnuTLS brings and which is much smaller. */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include "base/text.h"

#include <stdbool.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX = 2 * DIGEST_SIZE };

/* A digest under way; never NULL. */
struct digest;
struct digest *digest_begin(void);
void digest_add(struct digest *digest, struct span bytes);
/* Ends it, with the digest so far as lower-case hexadecimal digits and a NUL in HEX, which
 * may be NULL. *DIGEST is NULL then, which may be ended again, and gives "". */
void digest_end(struct digest **digest, char *hex);
/* The same for bytes that are all there. */
void digest_hex(struct span bytes, char *hex);

#endif
