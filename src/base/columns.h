/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text on a terminal, where characters are none, one or two columns wide. */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

#include "base/text.h"

/* How many columns the text takes, by the locale. */
size_t columns_of(struct span text);

struct frame {
	size_t indent, width; /* columns before every further line, and of the whole */
};

/* Adds TEXT, which begins in column AT, broken into lines that keep to the frame, and the
 * end of the last line. Lines are broken at blanks, around wide characters, and at last
 * within a word that has no room. */
void columns_wrap(struct buf *out, struct span text, size_t at, struct frame frame);

#endif
