/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields made fit for servers that take only ASCII, and lines of 998 octets. */
#ifndef MAIL_FIT_H
#define MAIL_FIT_H

#include "mail/header.h"

/* The field's lines, in the arena where they had to be changed. With ASCII, text beyond
 * it becomes encoded words (RFC 2047), in address fields only in names and comments, in
 * other structured ones not at all, in Content-Type and Content-Disposition extended
 * parameters (RFC 2231); domains become A-labels, and an address whose local part is beyond
 * ASCII the name of an empty group (RFC 6857). A line that is too long is folded, or the words
 * of a text are encoded, which can be folded; what is structured and has nowhere to be folded
 * stays as it is. Addresses that cannot be read are treated as text: people can still read
 * it. */
struct span fit_field(struct arena *arena, const struct field *field, bool ascii);

/* Whether ASCII would take an address away: one whose local part is beyond it. Words
 * without a domain are none. */
bool field_needs_utf8(struct arena *arena, const struct field *field);

#endif
