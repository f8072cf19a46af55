/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields made fit for servers that take only ASCII, and lines of 998 octets. */
#ifndef MAIL_FIT_H
#define MAIL_FIT_H

#include "mail/header.h"

/* The field's lines, in the arena where they had to be changed. With ASCII, text beyond
 * it becomes encoded words (RFC 2047), in address fields only in names and comments, in
 * Content-Type and Content-Disposition extended parameters (RFC 2231); domains become
 * A-labels. A line that is too long is folded at blanks, or its words are encoded, which
 * can be folded. A structured field that cannot be read, or has a local part beyond
 * ASCII, is treated as text: it can still be read by people. */
struct span fit_field(struct arena *arena, const struct field *field, bool ascii);

/* Whether the field is longer than HEADER_LINE_MAX in one of its lines. */
bool has_long_line(struct span lines);

#endif
