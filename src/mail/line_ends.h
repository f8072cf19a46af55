/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out whether a CR alone ends a line of a header. */
#ifndef MAIL_LINE_ENDS_H
#define MAIL_LINE_ENDS_H

#include "base/text.h"

#include <stdbool.h>

/* It does so only when there is no LF between lines, as in files of old Macs: else who may
 * write into the first field, and no LF, could write others. All zero at the beginning. */
struct line_ends {
	bool known;
	bool cr;	 /* a CR does */
	struct buf held; /* the input from the block with its first CR on */
};

/* Whether that is known with this block of the header, or does not matter to it. Then
 * *BLOCK becomes all that has been held; else it is held, too. */
bool line_ends_tell(struct line_ends *ends, struct span *block);
/* The same at the end of the input; false when nothing is held. */
bool line_ends_finish(struct line_ends *ends, struct span *block);

#endif
