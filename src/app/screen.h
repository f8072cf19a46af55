/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal, and text on it. */
#ifndef APP_SCREEN_H
#define APP_SCREEN_H

#include <stddef.h>
#include <stdio.h>

/* By $COLUMNS, else as the terminal says, else 80. */
size_t screen_width(void);
/* Prints text of several lines. On a terminal they are broken at its width, and go on below
 * their beginning when that is behind "- ", a number or blanks; one with a long address,
 * which is to be copied, stays whole. */
void screen_say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
