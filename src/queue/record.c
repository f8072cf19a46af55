/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes and reads checked records. */
#include "queue/record.h"

#include "base/crc.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TAIL = 10 /* blank, eight digits, line end */ };

void
record_add(struct buf *out, const char *type, struct span value)
{
	size_t start = out->len;

	buf_printf(out, "%s %zu:", type, value.len);
	buf_add_span(out, value);
	buf_printf(out, " %08" PRIx32 "\n", crc32c(0, out->at + start, out->len - start));
}

void
record_printf(struct buf *out, const char *type, const char *format, ...)
{
	struct arena arena = { 0 };
	va_list arguments;

	va_start(arguments, format);
	record_add(out, type, span_of(arena_vprintf(&arena, format, arguments)));
	va_end(arguments);
	arena_release(&arena);
}

enum record_state
record_head(struct span rest, struct span *type, uint64_t *len, size_t *used)
{
	struct span head = span_part(rest, 0, RECORD_HEAD_MAX);
	size_t colon = span_find(head, ':'), blank = span_find(head, ' ');

	for (size_t i = 0; i < blank; i++)
		if (!(head.at[i] >= 'a' && head.at[i] <= 'z') && head.at[i] != '-')
			return RECORD_DAMAGED;
	if (colon == head.len)
		return head.len < RECORD_HEAD_MAX ? RECORD_TORN : RECORD_DAMAGED;
	if (!blank || blank > colon ||
	    !span_number(span_part(head, blank + 1, colon - blank - 1), len))
		return RECORD_DAMAGED;
	*type = span_part(head, 0, blank);
	*used = colon + 1;
	return RECORD_WHOLE;
}

enum record_state
record_next(struct span *rest, struct record_view *record)
{
	enum record_state state;
	char want[TAIL + 1];
	uint64_t len;
	size_t used;

	state = record_head(*rest, &record->type, &len, &used);
	if (state != RECORD_WHOLE)
		return state;
	if (len > rest->len - used || rest->len - used - len < TAIL)
		return RECORD_TORN;
	record->value = span_part(*rest, used, (size_t)len);
	used += (size_t)len;
	snprintf(want, sizeof(want), " %08" PRIx32 "\n", crc32c(0, rest->at, used));
	if (memcmp(rest->at + used, want, TAIL) != 0)
		return RECORD_DAMAGED;
	*rest = span_part(*rest, used + TAIL, SIZE_MAX);
	return RECORD_WHOLE;
}

bool
record_is(const struct record_view *record, const char *type)
{
	return span_equal(record->type, span_of(type));
}

/* ---- values ---- */

void
record_add_text(struct buf *out, const char *type, const char *text)
{
	if (text)
		record_add(out, type, span_of(text));
}

bool
record_number(struct span *rest, uint64_t limit, uint64_t *number)
{
	return span_number(span_word(rest), number) && *number <= limit;
}

bool
record_unsigned(struct span *rest, unsigned *number)
{
	uint64_t value;

	if (!record_number(rest, UINT_MAX, &value))
		return false;
	*number = (unsigned)value;
	return true;
}

bool
record_time(struct span *rest, int64_t *ms)
{
	uint64_t value;

	if (!record_number(rest, INT64_MAX, &value))
		return false;
	*ms = (int64_t)value;
	return true;
}
