/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal that standard output is. */
#ifndef APP_SCREEN_H
#define APP_SCREEN_H

#include <stddef.h>

/* By $COLUMNS, else as the terminal says, else 80. */
size_t screen_width(void);

#endif
