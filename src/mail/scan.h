/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of structured header fields: atoms, quoted strings, comments, folding (RFC
 * 5322 3.2, RFC 6532). */
#ifndef MAIL_SCAN_H
#define MAIL_SCAN_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { COMMENT_DEPTH_MAX = 32 };

/* A place in a text that has passed scan_check. Every function that returns false has
 * said in `problem` what is wrong: words for the end of a sentence, marked for
 * translation, not yet translated. at <= text.len, always. */
struct scan {
	struct span text;
	size_t at;
	const char *problem;
};

/* Notes the problem. Always false. */
bool scan_wrong(struct scan *scan, const char *problem);
/* False, with `at` on the byte, when the text has a NUL, a control character other
 * than a tab, or a line end without a blank behind it, which would begin another
 * field. */
bool scan_check(struct scan *scan) __attribute__((warn_unused_result));
/* The byte at this place; NUL at the end. */
static inline char
scan_peek(const struct scan *scan)
{
	return scan->at < scan->text.len ? scan->text.at[scan->at] : '\0';
}

/* Skips blanks, folds and comments. */
bool scan_gap(struct scan *scan) __attribute__((warn_unused_result));
/* Skips a quoted string, a comment, with LITERAL a "[...]", or else one byte. Not at
 * the end. */
bool scan_skip(struct scan *scan, bool literal) __attribute__((warn_unused_result));
/* Adds the atom or the content of the quoted string that begins here. What is no atom
 * and no quoted string adds nothing. */
bool scan_word(struct scan *scan, struct buf *out) __attribute__((warn_unused_result));

/* Whether an atom may hold the byte: atext, and whatever is beyond ASCII. */
static inline bool
is_atom_byte(char c)
{
	/* The ASCII characters of RFC 5322's atext, a bit for each. */
	static const uint64_t bits[2] = { 0xa3ffacfa00000000, 0x7fffffffc7fffffe };
	unsigned char byte = (unsigned char)c;

	return byte >= 0x80 || (bits[byte / 64] >> byte % 64 & 1);
}

#endif
