/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON on standard output (RFC 8259). */
#ifndef APP_JSON_H
#define APP_JSON_H

/* BEFORE as it is, then TEXT as a string; NULL becomes null. Bytes that are no UTF-8 become
 * U+FFFD, so that the result always is. */
void json_text(const char *before, const char *text);

#endif
