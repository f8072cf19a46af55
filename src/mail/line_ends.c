/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at the first line end of a message. */
#include "mail/line_ends.h"

#include "mail/message.h"

/* Whether the first line ends with an LF: before another one, or with no CR inside that may
 * have ended lines itself. */
static bool
has_lf_lines(struct span text)
{
	size_t lf = span_find(text, '\n'), len = lf;

	while (len > 0 && text.at[len - 1] == '\r')
		len--;
	return lf + 1 < text.len ||
	       (lf < text.len && span_find(span_part(text, 0, len), '\r') == len);
}

/* Not by searching through all of it again and again. */
static bool
hold(struct line_ends *ends, struct span block)
{
	struct buf *held = &ends->held;
	bool lf = held->len && held->at[held->len - 1] == '\n';

	lf = lf || span_find(block, '\n') < block.len;
	buf_add_span(held, block);
	return lf && has_lf_lines(buf_span(held));
}

bool
line_ends_tell(struct line_ends *ends, struct span *block)
{
	if (ends->known)
		return true;
	if (!ends->held.len) {
		ends->known = has_lf_lines(*block);
		if (ends->known || span_find(*block, '\r') == block->len)
			return true;
	}
	ends->known = hold(ends, *block);
	/* No line is so long. */
	if (!ends->known && ends->held.len > MESSAGE_HEADER_MAX)
		ends->known = ends->cr = true;
	*block = buf_span(&ends->held);
	return ends->known;
}

bool
line_ends_finish(struct line_ends *ends, struct span *block)
{
	if (ends->known || !ends->held.len)
		return false;
	ends->known = ends->cr = true;
	*block = buf_span(&ends->held);
	return true;
}
