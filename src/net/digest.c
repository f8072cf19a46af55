/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computes SHA-256. */
#include "net/digest.h"

#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stdlib.h>

struct digest {
	struct sha256_ctx context;
};

struct digest *
digest_begin(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		out_of_memory();
	sha256_init(&digest->context);
	return digest;
}

void
digest_add(struct digest *digest, struct span bytes)
{
	if (digest && bytes.len)
		sha256_update(&digest->context, bytes.len, (const uint8_t *)bytes.at);
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
#if NETTLE_VERSION_MAJOR < 4
	sha256_digest(&(*digest)->context, DIGEST_SIZE, raw);
#else
	sha256_digest(&(*digest)->context, raw);
#endif
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
