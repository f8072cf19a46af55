/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of the queue: what is one, what may become one, and their checksum. */
#include "unit.h"

#include "base/crc.h"
#include "queue/record.h"

#include <stdlib.h>

/* ---- the checksum ---- */

/* RFC 3720 B.4, whose sums are printed there as they are sent: the last octet first. */
static void
sums(void **state)
{
	static const char read_command[] =
		"\x01\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\0\0\x04\0"
		"\0\0\0\x14\0\0\0\x18\x28\0\0\0\0\0\0\0\x02\0\0\0\0\0\0";
	char zeros[32] = { 0 }, ones[32], up[32], down[32];
	const struct {
		const char *name;
		struct span input;
		uint32_t want;
	} vectors[] = {
		{ "32 octets of zeros", { zeros, 32 }, 0x8a9136aa },
		{ "32 octets of ones", { ones, 32 }, 0x62a8ab43 },
		{ "32 octets going up", { up, 32 }, 0x46dd794e },
		{ "32 octets going down", { down, 32 }, 0x113fdb5c },
		{ "an iSCSI read command", { read_command, 48 }, 0xd9963a56 },
		{ "digits", SPAN("123456789"), 0xe3069283 },
		{ "nothing", SPAN(""), 0 },
	};

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; i < 32; i++) {
		up[i] = (char)i;
		down[i] = (char)(31 - i);
	}
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct span input = vectors[i].input;

		unit_number(vectors[i].name, crc32c(0, input.at, input.len),
			    vectors[i].want);
		for (size_t k = 0; k <= input.len; k++)
			unit_number(vectors[i].name,
				    crc32c(crc32c(0, input.at, k), input.at + k,
					   input.len - k),
				    vectors[i].want);
	}
	unit_done();
}

/* ---- records ---- */

static const char *
describe(struct arena *arena, struct span text)
{
	struct record_view record;

	switch (record_next(&text, &record)) {
	case RECORD_WHOLE:
		return arena_printf(arena, "%s=%s, then %zu",
				    span_string(arena, record.type),
				    clean_text(arena, record.value), text.len);
	case RECORD_TORN:
		return "torn";
	case RECORD_DAMAGED:
		break;
	}
	return "damaged";
}

#define SIXTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name, *input, *want;
} cases[] = {
	{ "no octets", "done 0: 6d9b6f16\n", "done=, then 0" },
	{ "some", "to 3:a@b f8c205eb\n", "to=a@b, then 0" },
	{ "a line end inside", "x-y 1:\n ba41a832\n", "x-y=\\x0a, then 0" },
	{ "what looks like one inside", "a 5:b 1:c dc4f4aa5\n", "a=b 1:c, then 0" },
	{ "another behind it", "done 0: 6d9b6f16\ndone", "done=, then 4" },
	{ "nothing", "", "torn" },
	{ "half a type", "do", "torn" },
	{ "half a length", "done 1", "torn" },
	{ "half a value", "to 3:a", "torn" },
	{ "no sum", "to 3:a@b", "torn" },
	{ "half a sum", "to 3:a@b f8c2", "torn" },
	{ "no line end", "to 3:a@b f8c205eb", "torn" },
	{ "as long as can be", "a 18446744073709551615:b", "torn" },
	{ "longer than can be", "a 18446744073709551616: a41c2758\n", "damaged" },
	{ "another value", "to 3:a@c f8c205eb\n", "damaged" },
	{ "another type", "ta 3:a@b f8c205eb\n", "damaged" },
	{ "another sum", "to 3:a@b f8c205ec\n", "damaged" },
	{ "upper-case sum", "to 3:a@b F8C205EB\n", "damaged" },
	{ "another line end", "to 3:a@b f8c205eb\r", "damaged" },
	{ "no blank before the sum", "to 3:a@b\tf8c205eb\n", "damaged" },
	{ "a shorter length", "to 2:a@b f8c205eb\n", "damaged" },
	{ "no type", " 1:a c257ba18\n", "damaged" },
	{ "no length", "a : c78ec842\n", "damaged" },
	{ "a length below zero", "a -1: 6cd8ca23\n", "damaged" },
	{ "two lengths", "a 1 0: 314d68b2\n", "damaged" },
	{ "no blank", "a1 0: 48954170\n", "damaged" },
	{ "upper-case type", "Done 0: 50c0ecab\n", "damaged" },
	{ "a line end", "\n", "damaged" },
	{ "UTF-8", "\xc3\xa4 0: 00000000\n", "damaged" },
	{ "a type of 60 letters, not yet at its end", SIXTY, "torn" },
	{ "a type without end", SIXTY SIXTY " 0: 00000000\n", "damaged" },
	{ "a head without end", "a " SIXTY SIXTY, "damaged" },
};

static void
grammar(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_same(cases[i].name, describe(&arena, span_of(cases[i].input)),
			  cases[i].want);
	unit_same("NUL", describe(&arena, (struct span){ "x 3:a\0b 03167455\n", 17 }),
		  "x=a\\x00b, then 0");
	unit_same("zeros, as a disk may leave them",
		  describe(&arena, (struct span){ "\0\0\0\0", 4 }), "damaged");
	arena_release(&arena);
	unit_done();
}

/* ---- written and read ---- */

static void
written(void **state)
{
	struct arena arena = { 0 };
	struct buf out = { 0 };
	struct record_view record;
	struct span rest;

	(void)state;
	record_add(&out, "to", SPAN("a@b"));
	record_printf(&out, "done", "%s", "");
	record_add(&out, "x", (struct span){ "a\0b", 3 });
	unit_same("as it is in the file",
		  span_string(&arena, span_part(buf_span(&out), 0, 35)),
		  "to 3:a@b f8c205eb\ndone 0: 6d9b6f16\n");
	rest = buf_span(&out);
	for (size_t i = 0; i < 3; i++)
		unit_number("whole", record_next(&rest, &record), RECORD_WHOLE);
	unit_number("the last one has its NUL", (long long)record.value.len, 3);
	unit_number("nothing is left", (long long)rest.len, 0);
	unit_number("is one", record_is(&record, "x"), true);
	unit_number("is another", record_is(&record, "xy"), false);
	buf_release(&out);
	arena_release(&arena);
	unit_done();
}

/* Whatever a crash has cut off, nothing is taken for a record that was none; and no octet
 * can change without being seen. */
static void
every_cut_and_change(void **state)
{
	struct buf out = { 0 };
	struct record_view record;

	(void)state;
	record_add(&out, "to", SPAN("somebody@example.org"));
	for (size_t i = 0; i < out.len; i++) {
		struct span cut = { out.at, i };

		unit_number("cut off", record_next(&cut, &record), RECORD_TORN);
		for (int bit = 0; bit < 8; bit++) {
			struct span changed = buf_span(&out);

			out.at[i] = (char)(out.at[i] ^ 1 << bit);
			unit_number("changed",
				    record_next(&changed, &record) == RECORD_WHOLE,
				    false);
			out.at[i] = (char)(out.at[i] ^ 1 << bit);
		}
	}
	buf_release(&out);
	unit_done();
}

/* The head tells where the octets begin that need not be there. */
static void
heads(void **state)
{
	struct span type;
	uint64_t len = 0;
	size_t used = 0;

	(void)state;
	unit_number("a head alone",
		    record_head(SPAN("content 123456789012:"), &type, &len, &used),
		    RECORD_WHOLE);
	unit_number("its length", (long long)len, 123456789012);
	unit_number("where the octets are", (long long)used, 21);
	unit_number("its type", span_equal(type, SPAN("content")), true);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),	   cmocka_unit_test(grammar),
		cmocka_unit_test(written), cmocka_unit_test(every_cut_and_change),
		cmocka_unit_test(heads),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
