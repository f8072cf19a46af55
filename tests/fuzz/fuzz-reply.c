/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies and capabilities from arbitrary octets. */
#include "smtp/caps.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool claim)
{
	if (!claim)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span heard = { (const char *)data, size };
	struct arena arena = { 0 };

	while (heard.len) {
		struct reply reply;
		struct caps caps;
		size_t used;

		if (reply_parse(&arena, heard, &reply, &used) != REPLY_COMPLETE)
			break;
		check(used > 0 && used <= heard.len && heard.at[used - 1] == '\n');
		check(reply.code >= 200 && reply.code <= 599);
		check(!has_control(span_of(reply_show(&arena, &reply))));
		check(is_utf8(span_of(reply_show(&arena, &reply))));
		caps = caps_parse(&arena, &reply);
		check(!caps_offers(&caps, ""));
		heard = span_part(heard, used, heard.len);
	}
	arena_release(&arena);
	return 0;
}
