/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which certificates of a bundle a chain leads to. They are no real ones: only the front
 * is there, as far as the names. */
#include "unit.h"

#include "base/base64.h"
#include "net/anchors.h"

/* One DER element, whose length is written in as few octets as DER wants. */
static void
element(struct buf *out, unsigned char tag, struct span inside)
{
	buf_add_char(out, (char)tag);
	if (inside.len >= 0x80)
		buf_add_char(out, (char)(inside.len > 0xff ? 0x82 : 0x81));
	if (inside.len > 0xff)
		buf_add_char(out, (char)(inside.len >> 8));
	buf_add_char(out, (char)(inside.len & 0xff));
	buf_add_span(out, inside);
}

static void
make_der(struct buf *out, const char *issuer, const char *subject)
{
	struct buf inside = { 0 }, body = { 0 };

	element(&inside, 0xa0, SPAN("\2\1\2"));
	element(&inside, 0x02, SPAN("\1"));
	element(&inside, 0x30, SPAN("algorithm"));
	element(&inside, 0x30, span_of(issuer));
	element(&inside, 0x30, SPAN("validity"));
	element(&inside, 0x30, span_of(subject));
	element(&inside, 0x30, SPAN("key"));
	element(&body, 0x30, buf_span(&inside));
	element(out, 0x30, buf_span(&body));
	buf_release(&inside);
	buf_release(&body);
}

/* Lines of 64 digits, as everybody writes them. */
static void
make_pem(struct buf *out, const char *label, const char *issuer, const char *subject)
{
	struct buf der = { 0 }, text = { 0 };

	make_der(&der, issuer, subject);
	base64_encode(&text, buf_span(&der));
	buf_printf(out, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < text.len; i += 64)
		buf_printf(out, "%.64s\n", text.at + i);
	buf_printf(out, "-----END %s-----\n", label);
	buf_release(&der);
	buf_release(&text);
}

/* A word of a case: the subject of a certificate, or something else in the bundle. */
static void
add_word(struct buf *bundle, const char *word)
{
	static char longest[600];

	memset(longest, 'L', sizeof(longest) - 1);
	if (strcmp(word, "comment") == 0)
		buf_add_string(bundle, "# -----BEGIN - ----- END\n-----BEGIN nothing\n");
	else if (strcmp(word, "x509") == 0)
		make_pem(bundle, "X509 CERTIFICATE", "root", "root");
	else if (strcmp(word, "request") == 0)
		make_pem(bundle, "CERTIFICATE REQUEST", "", "");
	else if (strcmp(word, "rubbish") == 0)
		buf_add_string(bundle, "-----BEGIN CERTIFICATE-----\nMII!\n"
				       "-----END CERTIFICATE-----\n");
	else if (strcmp(word, "endless") == 0)
		buf_add_string(bundle, "-----BEGIN CERTIFICATE-----\nMII");
	else if (strcmp(word, "long") == 0)
		make_pem(bundle, "CERTIFICATE", longest, "root");
	else
		make_pem(bundle, "CERTIFICATE", "somebody", word);
}

/* As a file that is read in pieces of so many octets. */
static bool
pick_from(const struct anchors *anchors, struct span bundle, size_t piece,
	  struct buf *picked)
{
	struct buf seen = { 0 };
	bool good = true, more = true;

	while (good && more) {
		struct span next = span_part(bundle, 0, piece), rest;

		bundle = span_part(bundle, piece, bundle.len);
		more = next.len > 0;
		buf_add_span(&seen, next);
		rest = buf_span(&seen);
		good = anchors_pick(anchors, &rest, more, picked);
		buf_drop(&seen, seen.len - rest.len);
	}
	buf_release(&seen);
	return good && picked->len;
}

/* The chain is leaf, signed by middle, and middle, signed by root. */
static bool
pick(const char *words, size_t piece, struct buf *picked)
{
	struct buf der[2] = { { 0 }, { 0 } }, bundle = { 0 };
	struct span chain[2], rest = span_of(words);
	struct arena arena = { 0 };
	struct anchors anchors;
	bool good;

	make_der(&der[0], "middle", "leaf");
	make_der(&der[1], "root", "middle");
	for (size_t i = 0; i < 2; i++)
		chain[i] = buf_span(&der[i]);
	while (rest.len)
		add_word(&bundle, span_string(&arena, span_word(&rest)));
	good = anchors_of(&anchors, chain, 2) &&
	       pick_from(&anchors, buf_span(&bundle), piece, picked);
	for (size_t i = 0; i < 2; i++)
		buf_release(&der[i]);
	buf_release(&bundle);
	arena_release(&arena);
	return good;
}

static void
test_bundles(void **state)
{
	/* What is picked is a bundle of its own; NULL: the whole bundle is needed. */
	static const struct {
		const char *name, *bundle, *want;
	} cases[] = {
		{ "nothing at all", "", NULL },
		{ "only others", "one two three", NULL },
		{ "the root among others", "one root two", "root" },
		{ "the one between", "one middle", "middle" },
		{ "the server itself", "leaf one", "leaf" },
		{ "all in their order", "root x middle y leaf", "root middle leaf" },
		{ "twice the same name", "root one root", "root root" },
		{ "part of a name", "roo root2 ROOT", NULL },
		{ "comments", "comment root comment", "root" },
		{ "the older label", "one x509", "x509" },
		{ "a long name", "one long", "long" },
		{ "a request", "request root", NULL },
		{ "rubbish before it", "rubbish root", NULL },
		{ "rubbish after it", "root rubbish", NULL },
		{ "no end", "root endless", NULL },
	};

	static const size_t pieces[] = { 1, 7, 100, 32768 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf want = { 0 };
		struct arena arena = { 0 };
		struct span rest = span_of(cases[i].want);

		while (rest.len)
			add_word(&want, span_string(&arena, span_word(&rest)));
		for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
			struct buf picked = { 0 };
			bool good = pick(cases[i].bundle, pieces[j], &picked);

			unit_same(cases[i].name, good ? picked.at : NULL, want.at);
			buf_release(&picked);
		}
		buf_release(&want);
		arena_release(&arena);
	}
	unit_done();
}

/* A chain that ends anywhere is not read beyond its end, and cannot be understood. */
static void
test_chains_that_end_early(void **state)
{
	struct buf der = { 0 }, bundle = { 0 };

	(void)state;
	make_der(&der, "root", "leaf");
	add_word(&bundle, "root");
	for (size_t len = 0; len < der.len; len++) {
		struct buf copy = { 0 }, picked = { 0 };
		struct anchors anchors;
		struct span chain, rest = buf_span(&bundle);

		buf_add(&copy, der.at, len);
		chain = buf_span(&copy);
		/* The key, which comes last, is not looked at. */
		unit_number("cut",
			    anchors_of(&anchors, &chain, 1) &&
				    anchors_pick(&anchors, &rest, false, &picked),
			    len >= der.len - 5);
		buf_release(&copy);
		buf_release(&picked);
	}
	buf_release(&der);
	buf_release(&bundle);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundles),
		cmocka_unit_test(test_chains_that_end_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
