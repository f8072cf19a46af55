/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC32C, the checksum of iSCSI and ext4 (RFC 3720 B.4): finds torn and damaged records. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from CRC, which is 0 at first, with LEN more bytes. */
uint32_t crc32c(uint32_t crc, const char *at, size_t len);

#endif
