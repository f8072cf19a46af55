/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields on lines of 998 octets at most (RFC 5322 2.1.1, 2.2.3). */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include "mail/header.h"

/* Whether one of the lines is longer than HEADER_LINE_MAX. */
bool has_long_line(struct span lines);
/* Whether the value has a syntax (RFC 5322 2.2.2), so that a blank more may stand behind "," and
 * ";", and text beyond ASCII only in a comment, if at all. Fields of addresses are not looked
 * at here. */
bool has_syntax(const struct field *field);
/* The field on lines of 78 columns, as far as there are blanks in it; when it is STRUCTURED, and
 * a line would be too long else, also behind "," and ";", and between ">" and "<". */
struct span fold_field(struct arena *arena, const struct field *field, bool structured);

/* ---- for those who write fields ---- */

/* Takes blanks and folds away from the end. */
void fold_strip(struct buf *out);
/* The field that stands there, with a line end; OUT is empty afterwards. */
struct span fold_finished(struct arena *arena, struct buf *out);

#endif
