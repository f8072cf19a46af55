/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives the addresses in header fields the domain that they lack. */
#include "mail/complete.h"

#include "mail/address.h"
#include "mail/scan.h"

/* The fields with addresses; "Resent-" may stand before those that may be sent again. */
static const struct {
	const char *name, *resent;
	bool of_sender; /* it says who sends, and so may say this host */
} address_fields[] = {
	{ "From", "Resent-From", true },
	{ "Sender", "Resent-Sender", true },
	{ "Reply-To", "Resent-Reply-To", true },
	{ "To", "Resent-To", false },
	{ "Cc", "Resent-Cc", false },
	{ "Bcc", "Resent-Bcc", false },
	{ "Errors-To", NULL, false },
};

/* Whether the field has addresses. */
static bool
is_address_field(const struct field *field, bool *of_sender)
{
	for (size_t i = 0; i < sizeof(address_fields) / sizeof(*address_fields); i++) {
		const char *resent = address_fields[i].resent;

		*of_sender = address_fields[i].of_sender;
		if (field_is(field, address_fields[i].name) ||
		    (resent && field_is(field, resent)))
			return true;
	}
	return false;
}

static bool
is_local(const struct completion *completion, const char *domain)
{
	const char *const *name = completion->local_names;

	/* What is the domain already need not become it. */
	if (!name || span_same_word(span_of(domain), span_of(completion->domain)))
		return false;
	for (; *name; name++)
		if (span_same_word(span_of(domain), span_of(*name)))
			return true;
	return false;
}

/* The part of an addr-spec before its domain, with the comments that stand there. Empty
 * when it cannot be told. */
static struct span
before_domain(struct span source)
{
	struct scan scan = { .text = source };

	while (scan.at < source.len && scan_peek(&scan) != '@')
		if (!scan_skip(&scan, false))
			return (struct span){ source.at, 0 };
	scan.at += scan.at < source.len;
	if (!scan_gap(&scan))
		return (struct span){ source.at, 0 };
	return span_part(source, 0, scan.at);
}

/* What of the address as it is written stays before the new domain; nothing when all of
 * it does. */
static struct span
kept_part(const struct address *address, const struct completion *completion,
	  bool of_sender)
{
	struct span none = { address->source.at, 0 };

	/* A backslash keeps aliases away; outside of this host it would be an error. */
	if (!address->domain)
		return span_part(address->source, address->backslash,
				 address->source.len);
	if (!of_sender || !is_local(completion, address->domain))
		return none;
	return before_domain(address->source);
}

struct span
complete_field(struct arena *arena, const struct field *field,
	       const struct completion *completion)
{
	struct error ignored = { .arena = arena };
	struct address_list list;
	struct span whole = field->whole;
	struct buf out = { 0 };
	const char *done = whole.at;
	bool of_sender;

	if (!completion->domain || !is_address_field(field, &of_sender))
		return whole;
	if (field->addresses)
		list = *field->addresses;
	else if (!address_list_parse(arena, field->value, &list, &ignored))
		return whole;
	for (size_t i = 0; i < list.count; i++) {
		const struct address *address = &list.items[i];
		struct span kept = kept_part(address, completion, of_sender);

		if (kept.len == 0)
			continue;
		buf_add(&out, done, (size_t)(address->source.at - done));
		buf_add_span(&out, kept);
		if (!address->domain)
			buf_add_char(&out, '@');
		buf_add_string(&out, completion->domain);
		done = address->source.at + address->source.len;
	}
	if (done == whole.at)
		return whole;
	buf_add(&out, done, (size_t)(whole.at + whole.len - done));
	whole = (struct span){ span_string(arena, buf_span(&out)), out.len };
	buf_release(&out);
	return whole;
}
