/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads as much of each certificate in a bundle as it takes to know whose it is. */
#include "net/anchors.h"

#include <string.h>

enum {
	SEEN_MAX = 4096,  /* the names are at the front */
	LABEL_MAX = 27,	  /* of a certificate, with its dashes */
	VERSION = 0xa0,	  /* [0], EXPLICIT */
	LONG_FORM = 0x80, /* of a length */
	LENGTH_OCTETS_MAX = 3
};

/* A certificate, decoded as far as it has been looked at. */
struct sight {
	struct span text; /* the base64 that has not been decoded */
	unsigned char der[SEEN_MAX];
	size_t len;
};

static int
digit_value(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Three more octets; false at the end of the text, or what is none. */
static bool
decode_more(struct sight *sight)
{
	uint32_t bits = 0;
	size_t i = 0;

	for (unsigned digits = 0; digits < 4; i++) {
		char c = i < sight->text.len ? sight->text.at[i] : '=';
		int value = digit_value(c);

		if (value >= 0) {
			bits = bits << 6 | (uint32_t)value;
			digits++;
		} else if (c != '\n' && c != '\r' && !is_blank(c)) {
			return false;
		}
	}
	sight->text = span_part(sight->text, i, sight->text.len);
	for (int shift = 16; shift >= 0; shift -= 8)
		sight->der[sight->len++] = (unsigned char)(bits >> shift);
	return true;
}

/* Whether so many octets can be seen. */
static bool
see(struct sight *sight, size_t len)
{
	if (len > SEEN_MAX)
		return false;
	while (sight->len < len)
		if (sight->len + 3 > SEEN_MAX || !decode_more(sight))
			return false;
	return true;
}

/* ---- DER (X.690) ---- */

/* The element at *AT: its contents begin at *INSIDE, and *AT becomes where it ends. */
static bool
read_element(struct sight *sight, size_t *at, size_t *inside)
{
	size_t len, octets, from = *at + 2;

	if (!see(sight, from))
		return false;
	len = sight->der[from - 1];
	if (len >= LONG_FORM) {
		octets = len - LONG_FORM;
		if (octets == 0 || octets > LENGTH_OCTETS_MAX ||
		    !see(sight, from + octets))
			return false;
		for (len = 0; octets; octets--)
			len = len << 8 | sight->der[from++];
	}
	*inside = from;
	*at = from + len;
	return true;
}

struct range {
	size_t from, end;
};

static bool
skip(struct sight *sight, size_t *at, struct range *skipped)
{
	size_t inside;

	skipped->from = *at;
	if (!read_element(sight, at, &inside))
		return false;
	skipped->end = *at;
	return true;
}

/* RFC 5280 section 4.1: where the names are. All of them can be seen then. */
static bool
find_names(struct sight *sight, struct range *issuer, struct range *subject)
{
	size_t at = 0, body = 0, inside = 0;
	struct range other;

	if (!read_element(sight, &at, &body) || !read_element(sight, &body, &inside) ||
	    !see(sight, inside + 1))
		return false;
	at = inside;
	if (sight->der[at] == VERSION && !skip(sight, &at, &other))
		return false;
	/* Serial number, signature algorithm. */
	for (int i = 0; i < 2; i++)
		if (!skip(sight, &at, &other))
			return false;
	return skip(sight, &at, issuer) && skip(sight, &at, &other) && /* validity */
	       skip(sight, &at, subject) && see(sight, subject->end);
}

/* ---- names ---- */

static struct span
part(struct span of, struct range range)
{
	return span_part(of, range.from, range.end - range.from);
}

static bool
is_wanted(const struct anchors *anchors, struct span name)
{
	for (size_t i = 0; i < anchors->count; i++)
		if (span_equal(anchors->names[i], name))
			return true;
	return false;
}

static void
want(struct anchors *anchors, struct span name)
{
	if (!is_wanted(anchors, name))
		anchors->names[anchors->count++] = name;
}

bool
anchors_of(struct anchors *anchors, const struct span *chain, size_t count)
{
	anchors->count = 0;
	if (count > ANCHORS_CHAIN_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct sight sight;
		struct range issuer, subject;

		sight.text = SPAN("");
		sight.len = chain[i].len < SEEN_MAX ? chain[i].len : SEEN_MAX;
		memcpy(sight.der, chain[i].at, sight.len);
		if (!find_names(&sight, &issuer, &subject))
			return false;
		want(anchors, part(chain[i], issuer));
		want(anchors, part(chain[i], subject));
	}
	return true;
}

/* ---- the bundle ---- */

struct block {
	struct span whole, text;
};

enum taking { TAKEN, UNFINISHED, STRANGE };

/* The block at the front: the text between its lines, and all of it. */
static enum taking
take_block(struct span *rest, size_t label, bool more, struct block *block)
{
	static const struct span dashes = { "-----", 5 };
	size_t begin = label + dashes.len, end, stop;

	if (rest->len < begin)
		return UNFINISHED;
	if (!span_equal(span_part(*rest, label, dashes.len), dashes))
		return STRANGE;
	block->text = span_part(*rest, begin, rest->len);
	block->text = span_part(block->text, 0, span_find(block->text, '-'));
	end = begin + block->text.len;
	stop = end + span_find(span_part(*rest, end, rest->len), '\n');
	if (end == rest->len || (more && stop == rest->len))
		return UNFINISHED;
	block->whole = span_part(*rest, 0, stop);
	*rest = span_part(*rest, stop, rest->len);
	return span_starts_with_word(span_part(block->whole, end, stop),
				     SPAN("-----END "))
		       ? TAKEN
		       : STRANGE;
}

/* The length of the first line's beginning when it begins a certificate, else 0. */
static size_t
certificate_label(struct span at)
{
	static const struct span labels[] = {
		{ "-----BEGIN CERTIFICATE", 22 },
		{ "-----BEGIN X509 CERTIFICATE", LABEL_MAX },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (span_equal(span_part(at, 0, labels[i].len), labels[i]))
			return labels[i].len;
	return 0;
}

static bool
pick_block(const struct block *block, const struct anchors *anchors, struct buf *picked)
{
	struct sight sight;
	struct range issuer, subject;
	struct span seen;

	sight.text = block->text;
	sight.len = 0;
	if (!find_names(&sight, &issuer, &subject))
		return false;
	seen = (struct span){ (const char *)sight.der, sight.len };
	if (is_wanted(anchors, part(seen, subject))) {
		buf_add_span(picked, block->whole);
		buf_add_char(picked, '\n');
	}
	return true;
}

/* Skips to what may begin a block; false when that cannot be told yet. */
static bool
find_block(struct span *bundle)
{
	static const struct span begin = { "-----BEGIN ", 11 };
	const char *found =
		bundle->len ? memmem(bundle->at, bundle->len, begin.at, begin.len) : NULL;
	size_t at = found ? (size_t)(found - bundle->at) : bundle->len;

	if (!found)
		at -= bundle->len < begin.len ? bundle->len : begin.len - 1;
	*bundle = span_part(*bundle, at, bundle->len);
	return found;
}

bool
anchors_pick(const struct anchors *anchors, struct span *bundle, bool more,
	     struct buf *picked)
{
	while (find_block(bundle)) {
		size_t label = certificate_label(*bundle);
		struct block block;
		enum taking taking;

		if (!label && more && bundle->len < LABEL_MAX)
			return true;
		if (!label) {
			*bundle = span_part(*bundle, 1, bundle->len);
			continue;
		}
		taking = take_block(bundle, label, more, &block);
		if (taking == UNFINISHED)
			return more;
		if (taking == STRANGE || !pick_block(&block, anchors, picked))
			return false;
	}
	return true;
}
