/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields (RFC 5322 2.2, 3.6, obsolete blanks before the colon as in 4.5). */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct address_list;

/* One field inside a canonical header (CRLF line ends). Three views of the message. */
struct field {
	struct span name;  /* "Subject" */
	struct span value; /* behind the colon, with folds, without the last CRLF */
	struct span whole; /* all its lines with their CRLFs */
	/* What the value was read as, once somebody wanted to know. */
	const struct address_list *addresses;
};

/* Octets of a line without its CRLF (RFC 5322 2.1.1). */
enum { HEADER_LINE_MAX = 998 };

/* Length of the field name at the start of LINE when the line begins a field:
 * printable ASCII except ":" and blank, at least one, not beginning with "--", then
 * optional blanks, then ":", all of it within HEADER_LINE_MAX octets. 0 when it does
 * not. */
size_t field_name_length(struct span line);

/* Splits a canonical header block into its fields. Every line belongs to a field, because
 * message_read ends the header before the first line that does not. */
struct field *header_split(struct arena *arena, struct span header, size_t *count);

/* Whether the field has this name, without regard to case. */
bool field_is(const struct field *field, const char *name);
/* Whether it has one of these, of which the last is NULL. */
bool field_is_one_of(const struct field *field, const char *const *names);
/* Whether there is nothing but blanks and folds in the value. */
bool field_is_empty(const struct field *field);
/* The value on one line: each CRLF followed by blanks loses the CRLF (RFC 5322 2.2.3);
 * trimmed. */
char *field_unfold(struct arena *arena, const struct field *field);

/* TEXT for an unstructured field or a phrase, with the words that are not printable ASCII
 * (or, `in_phrase`, no atoms) as RFC 2047 encoded words of at most 75 characters, never
 * splitting a character; `in_phrase` keeps to the letters that 2047 5(3) allows. Encoded
 * words that are there already stay. Lines are folded (CRLF before a blank) at 76
 * characters, when the text begins in column 16 or before. Controls are left out. */
char *encode_words(struct arena *arena, struct span text, bool in_phrase);

#endif
