/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON and forms from arbitrary octets. */
#include "base/object.h"
#include "oauth/form.h"

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
	static struct arena arena;
	struct error err = { .arena = &arena };
	struct span text = { (const char *)data, size };
	struct buf value = { 0 }, form = { 0 }, again = { 0 };
	struct object *object;
	int64_t number;

	check(object_load(&err));
	object = object_read(text);
	if (object) {
		const char *member = object_text(object, "a");

		check(!member || is_utf8(span_of(member)));
		check(!object_number(object, "a", &number) ||
		      (number >= 0 && number <= INT64_C(1) << 53));
		check(!object_lists(object, "a", "b") || !member);
	}
	object_release(&object);
	if (form_get(text, "a", &value)) {
		form_add(&form, "a", buf_span(&value));
		check(form_get(buf_span(&form), "a", &again));
		check(span_equal(buf_span(&again), buf_span(&value)));
	}
	buf_release(&value);
	buf_release(&form);
	buf_release(&again);
	return 0;
}
