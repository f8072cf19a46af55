/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address lists, operands, domains and display names from arbitrary octets. */
#include "mail/address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool claim)
{
	if (!claim)
		abort();
}

/* Whether the text is read as one address with this envelope form. */
static bool
is_read_as(struct arena *arena, const char *text, const char *envelope)
{
	struct error err = { .arena = arena };
	struct address_list list;
	const char *again;

	return address_list_parse(arena, span_of(text), &list, &err) && list.count == 1 &&
	       address_envelope(arena, &list.items[0], NULL, &again, &err) &&
	       strcmp(again, envelope) == 0;
}

static void
check_address(struct arena *arena, struct span text, const struct address *address)
{
	struct error err = { .arena = arena };
	struct span source = address->source;
	const char *envelope, *domain = address->domain;

	check(source.len > 0 && source.at >= text.at &&
	      source.at + source.len <= text.at + text.len);
	check(!has_control(span_of(address->local)));
	check(!domain ||
	      (*domain && !has_control(span_of(domain)) && !strpbrk(domain, " <>\"@")));
	if (!address_envelope(arena, address, NULL, &envelope, &err)) {
		check(err.fault == FAULT_DATA && !has_control(span_of(err.what)));
		return;
	}
	check(*envelope && strlen(envelope) <= 1000);
	check(!has_control(span_of(envelope)) && is_utf8(span_of(envelope)));
	check(!address_domain(envelope) == !domain);
	check(!domain || is_ascii(span_of(address_domain(envelope))));
	check(address_same(envelope, envelope));
	check(is_read_as(arena, arena_printf(arena, "<%s>", envelope), envelope));
	check(is_read_as(arena, span_string(arena, source), envelope));
	if (address->backslash)
		check(source.at[0] == '\\');
}

static void
check_list(struct arena *arena, struct span text, bool done,
	   const struct address_list *list, const struct error *err)
{
	check(done == (err->fault == FAULT_NONE));
	check(done || (err->fault == FAULT_DATA && !has_control(span_of(err->what))));
	for (size_t i = 0; i < list->count; i++)
		check_address(arena, text, &list->items[i]);
}

static void
check_domain(struct arena *arena, const char *text)
{
	struct error err = { .arena = arena };
	const char *ascii, *again;

	if (!domain_to_ascii(arena, text, &ascii, &err)) {
		check(err.fault == FAULT_DATA && !has_control(span_of(err.what)));
		return;
	}
	check(*ascii && is_ascii(span_of(ascii)) && !has_control(span_of(ascii)));
	check(!strpbrk(ascii, " <>\"@\\,"));
	check(domain_to_ascii(arena, ascii, &again, &err) && strcmp(ascii, again) == 0);
}

static void
check_name(struct arena *arena, const char *text)
{
	const char *field = address_for_header(arena, text, "\"a b\"@x.org");

	check(!has_control(span_of(field)) && is_ascii(span_of(field)));
	check(is_read_as(arena, field, "\"a b\"@x.org"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	/* A copy of its own size, so that a step beyond the end is seen. */
	char *copy = malloc(size ? size : 1);
	struct span text = { copy, size };
	struct address_list list;
	char *string;
	bool done;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	string = arena_copy(&arena, copy, size);
	done = address_list_parse(&arena, text, &list, &err);
	check_list(&arena, text, done, &list, &err);
	error_clear(&err);
	done = address_field_parse(&arena, text, &list, &err);
	check_list(&arena, text, done, &list, &err);
	error_clear(&err);
	done = address_operand_parse(&arena, string, &list, &err);
	check_list(&arena, span_of(string), done, &list, &err);
	check_domain(&arena, string);
	check_name(&arena, string);
	arena_release(&arena);
	free(copy);
	return 0;
}
