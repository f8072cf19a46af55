/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computes SHA-256. */
#include "net/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

struct digest {
	gnutls_hash_hd_t handle;
};

struct digest *
digest_begin(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	/* The library has no other reason: a digest that is not one would make a message
	 * of the queue look damaged. */
	if (!digest || gnutls_hash_init(&digest->handle, GNUTLS_DIG_SHA256) != 0)
		out_of_memory();
	return digest;
}

void
digest_add(struct digest *digest, struct span bytes)
{
	if (digest && bytes.len && gnutls_hash(digest->handle, bytes.at, bytes.len) != 0)
		out_of_memory();
}

void
digest_end(struct digest **digest, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[DIGEST_SIZE] = { 0 };

	if (hex)
		*hex = '\0';
	if (!*digest)
		return;
	gnutls_hash_deinit((*digest)->handle, raw);
	free(*digest);
	*digest = NULL;
	for (size_t i = 0; hex && i < DIGEST_SIZE; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
		hex[2 * i + 2] = '\0';
	}
}

void
digest_hex(struct span bytes, char *hex)
{
	struct digest *digest = digest_begin();

	digest_add(digest, bytes);
	digest_end(&digest, hex);
}
