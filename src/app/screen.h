/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal, and text on it. */
#ifndef APP_SCREEN_H
#define APP_SCREEN_H

#include "base/text.h"

#include <stdio.h>

/* In columns: by $COLUMNS, else as the terminal FILE says, else 80. */
size_t screen_width(FILE *file);
/* Prints lines, and the end of the last one. On a terminal they are broken at its width, and
 * go on behind INDENT blanks, or below their beginning when that is behind more blanks, "- "
 * or a number; one with a long address, which is to be copied, stays whole. */
void screen_put(FILE *out, struct span text, size_t indent);
/* The same with INDENT 0. */
void screen_say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
