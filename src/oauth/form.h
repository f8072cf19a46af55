/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms as they stand in URLs and bodies of requests: application/x-www-form-urlencoded. */
#ifndef OAUTH_FORM_H
#define OAUTH_FORM_H

#include "base/text.h"

/* Adds "&name=value"; the first one goes without "&", also behind a "?". */
void form_add(struct buf *form, const char *name, struct span value);
/* The value of NAME, decoded. False when there is none. */
bool form_get(struct span form, const char *name, struct buf *value)
	__attribute__((warn_unused_result));
/* Base64 with "-" and "_", and no padding (RFC 4648 5). */
void form_base64url(struct buf *out, struct span bytes);

#endif
