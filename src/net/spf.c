/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluates SPF records for one address. */
#include "net/spf.h"

#include "base/clock.h"
#include "net/dns.h"
#include "net/records.h"

#include <string.h>
#include <sys/socket.h>

enum {
	LOOKUPS_MAX = 10, /* RFC 7208 4.6.4 */
	SECONDS = 5
};

struct evaluation {
	struct arena *arena;
	struct target address;
	unsigned lookups;
};

static enum spf_result evaluate(struct evaluation *e, const char *domain,
				const char **record);

/* ---- addresses ---- */

/* The octets of an address; NULL when it is of neither family. */
static const unsigned char *
octets(const struct target *target, size_t *count)
{
	const struct sockaddr_storage *at = &target->at;

	if (at->ss_family == AF_INET) {
		*count = 4;
		return (const unsigned char *)&((const struct sockaddr_in *)at)->sin_addr;
	}
	*count = at->ss_family == AF_INET6 ? 16 : 0;
	return *count ? (const unsigned char *)&((const struct sockaddr_in6 *)at)
				->sin6_addr
		      : NULL;
}

/* Whether both begin with the same BITS; more than there are mean all of them. */
static bool
is_within(const struct target *a, const struct target *b, uint64_t bits)
{
	size_t a_count, b_count;
	const unsigned char *left = octets(a, &a_count), *right = octets(b, &b_count);
	size_t whole;

	if (!left || !right || a_count != b_count)
		return false;
	if (bits > a_count * 8)
		bits = a_count * 8;
	whole = (size_t)(bits / 8);
	if (memcmp(left, right, whole) != 0)
		return false;
	return bits % 8 == 0 || (left[whole] ^ right[whole]) >> (8 - bits % 8) == 0;
}

/* "/24//64" behind a mechanism: the part for the family of the address. */
static bool
prefix_bits(const struct evaluation *e, struct span text, uint64_t *bits)
{
	size_t six = text.len;
	struct span part;

	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.at[i] == '/' && text.at[i + 1] == '/') {
			six = i;
			break;
		}
	*bits = 128;
	part = e->address.at.ss_family == AF_INET
		       ? span_part(text, 1, six > 0 ? six - 1 : 0)
		       : span_part(text, six + 2, text.len);
	return !part.len || span_number(part, bits);
}

/* ip4:192.0.2.0/24 */
static bool
matches_literal(const struct evaluation *e, struct span value)
{
	size_t slash = span_find(value, '/');
	struct span number = span_part(value, slash + 1, value.len);
	struct target network;
	uint64_t bits = 128;

	return dns_literal(span_string(e->arena, span_part(value, 0, slash)), &network) &&
	       (!number.len || span_number(number, &bits)) &&
	       is_within(&e->address, &network, bits);
}

static bool
matches_host(const struct evaluation *e, const char *host, uint64_t bits)
{
	struct error ignored = { .arena = e->arena };
	struct targets targets;

	if (!dns_resolve(host, IP_ANY, deadline_in(SECONDS), &targets, &ignored))
		return false;
	for (size_t i = 0; i < targets.count; i++)
		if (is_within(&e->address, &targets.items[i], bits))
			return true;
	return false;
}

static bool
matches_mx(const struct evaluation *e, const char *domain, uint64_t bits)
{
	struct error ignored = { .arena = e->arena };
	struct records records;

	if (!records_find(RECORD_MX, domain, &records, &ignored))
		return false;
	for (size_t i = 0; i < records.count && i < LOOKUPS_MAX; i++)
		if (matches_host(e, records.items[i].host, bits))
			return true;
	return false;
}

/* ---- terms ---- */

struct term {
	char qualifier; /* + - ~ ? */
	struct span name;
	const char *domain;  /* behind ":" or "=", else the record's own */
	struct span value;   /* the same, as it stands there */
	struct span lengths; /* "/24//64" */
};

static struct term
read_term(const struct evaluation *e, struct span word, const char *own)
{
	struct term term = { .qualifier = '+', .domain = own };
	size_t end = 0, slash;

	if (word.len && strchr("+-~?", word.at[0])) {
		term.qualifier = word.at[0];
		word = span_part(word, 1, word.len);
	}
	while (end < word.len && !strchr(":=/", word.at[end]))
		end++;
	term.name = span_part(word, 0, end);
	if (end < word.len && word.at[end] != '/')
		term.value = span_part(word, end + 1, word.len);
	slash = span_find(term.value, '/');
	term.lengths = term.value.len ? span_part(term.value, slash, word.len)
				      : span_part(word, end, word.len);
	if (term.value.len)
		term.domain = span_string(e->arena, span_part(term.value, 0, slash));
	return term;
}

static enum spf_result
qualified(char qualifier)
{
	switch (qualifier) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	}
	return SPF_PASS;
}

/* RFC 7208 5.2: only a pass of the other record counts. */
static enum spf_result
include(struct evaluation *e, const struct term *term)
{
	const char *ignored;
	enum spf_result result = evaluate(e, term->domain, &ignored);

	switch (result) {
	case SPF_PASS:
		return qualified(term->qualifier);
	case SPF_NONE:
		return SPF_BROKEN;
	case SPF_BROKEN:
	case SPF_UNCLEAR:
		return result;
	case SPF_NEUTRAL:
	case SPF_SOFTFAIL:
	case SPF_FAIL:
		break;
	}
	return SPF_NONE;
}

/* SPF_NONE: the term does not match, and the next one decides. */
static enum spf_result
try_term(struct evaluation *e, const struct term *term)
{
	struct span name = term->name;
	bool here = false;
	uint64_t bits;

	if (span_same_word(name, SPAN("all")))
		return qualified(term->qualifier);
	if (span_same_word(name, SPAN("ip4")) || span_same_word(name, SPAN("ip6")))
		return matches_literal(e, term->value) ? qualified(term->qualifier)
						       : SPF_NONE;
	if (strchr(term->domain, '%'))
		return SPF_UNCLEAR;
	if (e->lookups++ >= LOOKUPS_MAX || !prefix_bits(e, term->lengths, &bits))
		return SPF_BROKEN;
	if (span_same_word(name, SPAN("include")))
		return include(e, term);
	if (span_same_word(name, SPAN("a")))
		here = matches_host(e, term->domain, bits);
	else if (span_same_word(name, SPAN("mx")))
		here = matches_mx(e, term->domain, bits);
	else if (!span_same_word(name, SPAN("ptr")) &&
		 !span_same_word(name, SPAN("exists")))
		return SPF_BROKEN;
	return here ? qualified(term->qualifier) : SPF_NONE;
}

/* ---- records ---- */

static bool
is_record(struct span text)
{
	return span_same_word(span_part(text, 0, 6), SPAN("v=spf1")) &&
	       (text.len == 6 || text.at[6] == ' ');
}

/* The one record of the domain. */
static enum spf_result
find_record(const struct evaluation *e, const char *domain, struct span *text)
{
	struct error err = { .arena = e->arena };
	struct records records;

	*text = (struct span){ 0 };
	if (!records_find(RECORD_TXT, domain, &records, &err))
		return err.fault == FAULT_NO_HOST ? SPF_NONE : SPF_UNCLEAR;
	for (size_t i = 0; i < records.count; i++) {
		if (!is_record(records.items[i].text))
			continue;
		if (text->len)
			return SPF_BROKEN;
		*text = records.items[i].text;
	}
	return text->len ? SPF_PASS : SPF_NONE;
}

static enum spf_result
evaluate(struct evaluation *e, const char *domain, const char **record)
{
	struct span text, word;
	enum spf_result result = find_record(e, domain, &text);
	const char *redirect = NULL, *ignored;

	*record = text.len ? clean_text(e->arena, text) : NULL;
	if (result != SPF_PASS)
		return result;
	text = span_part(text, 6, text.len);
	while ((word = span_word(&text)).len) {
		struct term term = read_term(e, word, domain);

		if (span_starts_with_word(word, SPAN("redirect="))) {
			redirect = term.domain;
			continue;
		}
		if (span_find(word, '=') < span_find(word, ':') &&
		    span_find(word, '=') < word.len)
			continue;
		result = try_term(e, &term);
		if (result != SPF_NONE)
			return result;
	}
	if (!redirect)
		return SPF_NEUTRAL;
	if (strchr(redirect, '%') || e->lookups++ >= LOOKUPS_MAX)
		return SPF_UNCLEAR;
	result = evaluate(e, redirect, &ignored);
	/* RFC 7208 6.1 */
	return result == SPF_NONE ? SPF_BROKEN : result;
}

enum spf_result
spf_check(struct arena *arena, const char *domain, const char *address,
	  const char **record)
{
	struct evaluation e = { .arena = arena };

	if (!dns_literal(address, &e.address)) {
		*record = NULL;
		return SPF_UNCLEAR;
	}
	return evaluate(&e, domain, record);
}
