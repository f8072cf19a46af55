/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 with its padding (RFC 4648 4). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/text.h"

#include <stdbool.h>

void base64_encode(struct buf *out, struct span in);
/* False when IN is not strict base64 with its padding. */
bool base64_decode(struct buf *out, struct span in) __attribute__((warn_unused_result));

#endif
