/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out whom a header names. */
#include "mail/named.h"

#include <string.h>

/* All that is in the fields that were read. */
static void
join_lists(struct arena *arena, const struct message *message, struct address_list *list)
{
	list->items = arena_array(arena, struct address, list->count);
	list->count = 0;
	for (size_t i = 0; i < message->count; i++) {
		const struct address_list *more = message->fields[i].addresses;

		if (!more || !more->count)
			continue;
		memcpy(list->items + list->count, more->items,
		       more->count * sizeof(*list->items));
		list->count += more->count;
	}
}

/* Where a block of Resent fields ends that begins with the field START. */
static size_t
block_end(const struct message *message, size_t start)
{
	size_t end = start;

	while (end < message->count &&
	       span_starts_with_word(message->fields[end].name, SPAN("Resent-")))
		end++;
	return end;
}

bool
header_recipients(struct arena *arena, const struct message *message, enum resent resent,
		  struct address_list *list, struct error *err)
{
	static const char *const first[] = { "To", "Cc", "Bcc", "Apparently-To", NULL };
	static const char *const again[] = { "Resent-To", "Resent-Cc", "Resent-Bcc",
					     NULL };
	const char *const *names = first;
	size_t start = 0, end = message->count;

	*list = (struct address_list){ 0 };
	while (start < message->count && !field_is_one_of(&message->fields[start], again))
		start++;
	if (start < message->count) {
		names = again;
		if (resent == RESENT_FIRST)
			end = block_end(message, start);
	}
	for (size_t i = 0; i < end; i++) {
		struct field *field = &message->fields[i];
		struct address_list *more;

		if (!field_is_one_of(field, names))
			continue;
		more = arena_take(arena, sizeof(*more));
		if (!address_field_parse(arena, field->value, more, err))
			return false;
		field->addresses = more;
		list->count += more->count;
	}
	join_lists(arena, message, list);
	return true;
}

bool
envelope_from_header(struct arena *arena, const struct message *message,
		     const char *default_domain, const char **from, struct error *err)
{
	static const char *const names[] = { "From", "Resent-From", NULL };

	*from = NULL;
	for (size_t i = 0; i < message->count; i++) {
		struct address_list list;

		if (!field_is_one_of(&message->fields[i], names))
			continue;
		if (!address_list_parse(arena, message->fields[i].value, &list, err))
			return false;
		if (list.count)
			return address_envelope(arena, &list.items[0], default_domain,
						from, err);
	}
	return true;
}
