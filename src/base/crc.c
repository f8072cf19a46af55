/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computes CRC32C, eight bytes at a time. */
#include "base/crc.h"

enum { SLICES = 8 };

static uint32_t tables[SLICES][256];

/* tables[k][b] is what byte b does to the sum when k more bytes follow it. */
static void
make_tables(void)
{
	const uint32_t polynomial = 0x82f63b78U; /* reflected */

	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;

		for (int bit = 0; bit < 8; bit++)
			sum = (sum >> 1) ^ (sum & 1 ? polynomial : 0);
		tables[0][byte] = sum;
	}
	for (size_t k = 1; k < SLICES; k++)
		for (size_t byte = 0; byte < 256; byte++) {
			uint32_t sum = tables[k - 1][byte];

			tables[k][byte] = (sum >> 8) ^ tables[0][sum & 0xff];
		}
}

uint32_t
crc32c(uint32_t crc, const char *at, size_t len)
{
	const unsigned char *byte = (const unsigned char *)at;

	if (!tables[0][1])
		make_tables();
	crc = ~crc;
	for (; len >= SLICES; len -= SLICES, byte += SLICES) {
		uint32_t sum = 0;

		crc ^= (uint32_t)byte[0] | (uint32_t)byte[1] << 8 |
		       (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
		for (size_t i = 0; i < 4; i++) {
			sum ^= tables[SLICES - 1 - i][(crc >> (8 * i)) & 0xff];
			sum ^= tables[3 - i][byte[4 + i]];
		}
		crc = sum;
	}
	for (; len; len--, byte++)
		crc = (crc >> 8) ^ tables[0][(crc ^ *byte) & 0xff];
	return ~crc;
}
