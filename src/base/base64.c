/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes any bytes as letters, and back. */
#include "base/base64.h"

#include <string.h>

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, struct span in)
{
	buf_reserve(out, (in.len + 2) / 3 * 4);
	for (size_t i = 0; i < in.len; i += 3) {
		size_t have = in.len - i < 3 ? in.len - i : 3;
		uint32_t bits = 0;
		char four[4];

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? (unsigned char)in.at[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			four[k] = k <= have ? base64_digits[bits >> (18 - 6 * k) & 63]
					    : '=';
		buf_add(out, four, 4);
	}
}

static int
base64_value(char c)
{
	const char *found = c ? strchr(base64_digits, c) : NULL;

	return found ? (int)(found - base64_digits) : -1;
}

bool
base64_decode(struct buf *out, struct span in)
{
	if (in.len % 4)
		return false;
	for (size_t i = 0; i < in.len; i += 4) {
		size_t digits = i + 4 < in.len || in.at[i + 3] != '=' ? 4
				: in.at[i + 2] != '='		      ? 3
								      : 2;
		uint32_t bits = 0;
		char three[3];

		for (size_t k = 0; k < 4; k++) {
			int value = k < digits ? base64_value(in.at[i + k]) : 0;

			if (value < 0)
				return false;
			bits = bits << 6 | (uint32_t)value;
		}
		for (size_t k = 0; k < 3; k++)
			three[k] = (char)(bits >> (16 - 8 * k));
		buf_add(out, three, digits - 1);
	}
	return true;
}
