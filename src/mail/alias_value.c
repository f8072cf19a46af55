/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the values of aliases. */
#include "mail/alias_value.h"

#include "base/file.h"

#include <string.h>

#define INCLUDE SPAN(":include:")

static bool
wrong_value(const struct alias_values *values, const char *reason, struct error *err)
{
	return alias_wrong(values->reader, values->line, reason, err);
}

static struct target *
add_target(struct alias_values *values, enum target_kind kind)
{
	struct target *target = arena_take(values->reader->arena, sizeof(*target));

	target->kind = kind;
	target->file = values->reader->file;
	target->line = values->line;
	*values->last = target;
	values->last = &target->next;
	return target;
}

/* What is said of an address in a file needs its place before it. */
static bool
wrong_address(const struct alias_values *values, const struct error *inner,
	      struct error *err)
{
	return wrong_value(values, inner->what, err);
}

static bool
read_addresses(struct alias_values *values, struct span member, struct error *err)
{
	struct arena *arena = values->reader->arena;
	struct error inner = { .arena = err->arena };
	/* The addresses have views of it, and the file will be gone. */
	char *text = span_string(arena, member);
	struct address_list list;
	const char *envelope;

	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	if (!address_list_parse(arena, span_of(text), &list, &inner))
		return wrong_address(values, &inner, err);
	for (size_t i = 0; i < list.count; i++) {
		const struct address *address = &list.items[i];

		if (!address_envelope(arena, address, NULL, &envelope, &inner))
			return wrong_address(values, &inner, err);
		if (address->domain && strchr(address->domain, '#'))
			return wrong_value(
				values, _("a blank is missing before the comment"), err);
		add_target(values, TARGET_ADDRESS)->address = *address;
	}
	return true;
}

/* Reads a word that is no address, quoted or up to a blank. */
static bool
read_path(struct scan *scan, struct buf *path)
{
	size_t from;

	if (!scan_gap(scan))
		return false;
	from = scan->at;
	if (scan_peek(scan) == '"') {
		if (!scan_word(scan, path))
			return false;
	} else {
		while (scan->at < scan->text.len && !strchr(" \t\n(", scan_peek(scan)))
			scan->at++;
		buf_add_span(path, span_part(scan->text, from, scan->at - from));
	}
	if (!scan_gap(scan))
		return false;
	return scan->at == scan->text.len ||
	       scan_wrong(scan, N_("a comma is missing between two values"));
}

static bool
add_include(struct alias_values *values, struct span path, struct error *err)
{
	path = span_trim(path);
	if (!path.len || path.at[0] != '/')
		return wrong_value(values,
				   _("\":include:\" needs the full path of a file"), err);
	add_target(values, TARGET_INCLUDE)->text =
		span_string(values->reader->arena, path);
	return true;
}

static bool
add_file(struct alias_values *values, struct span path)
{
	bool nobody = span_equal(path, SPAN("/dev/null"));

	add_target(values, nobody ? TARGET_NOBODY : TARGET_FILE)->text =
		span_string(values->reader->arena, path);
	return true;
}

static bool
add_program(struct alias_values *values, struct span command)
{
	add_target(values, TARGET_PROGRAM)->text =
		span_string(values->reader->arena, command);
	return true;
}

/* Whether the value is a path; with an @ in it, it is an address. */
static bool
is_path(struct span text)
{
	return text.len && text.at[0] == '/' && span_find(text, '@') == text.len;
}

/* A value in quotes as a whole: "|command args" or ":include:/path". False when it is
 * something else; then nothing was added. */
static bool
is_quoted_whole(struct span member, struct buf *text)
{
	struct scan scan = { .text = member };

	return member.at[0] == '"' && scan_word(&scan, text) && scan_gap(&scan) &&
	       scan.at == member.len && text->len &&
	       (text->at[0] == '|' || is_path(buf_span(text)) ||
		span_starts_with_word(buf_span(text), INCLUDE));
}

static bool
read_quoted(struct alias_values *values, struct span text, struct error *err)
{
	if (text.at[0] == '|')
		return add_program(values, text);
	if (text.at[0] == '/')
		return add_file(values, text);
	return add_include(values, span_part(text, INCLUDE.len, text.len), err);
}

static bool
read_member(struct alias_values *values, struct span member, struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	struct scan scan = { .text = member };
	bool include = span_starts_with_word(member, INCLUDE);

	if (is_quoted_whole(member, &text))
		return read_quoted(values, buf_span(&text), err);
	if (member.at[0] == '|')
		return add_program(values, member);
	if (!include && !is_path(member))
		return read_addresses(values, member, err);
	if (include)
		scan.at = INCLUDE.len;
	text.len = 0;
	if (!read_path(&scan, &text))
		return wrong_value(values, _(scan.problem), err);
	return include ? add_include(values, buf_span(&text), err)
		       : add_file(values, buf_span(&text));
}

/* The value at this place, up to a comma that is neither quoted nor in a route. */
static bool
cut_member(struct scan *scan, struct span *member)
{
	size_t from = scan->at;
	bool in_angle = false;

	while (scan->at < scan->text.len) {
		char c = scan_peek(scan);

		if (c == ',' && !in_angle)
			break;
		if (c == '<' || c == '>')
			in_angle = c == '<';
		if (!scan_skip(scan, false))
			return false;
	}
	*member = span_trim(span_part(scan->text, from, scan->at - from));
	return true;
}

static void
count_lines(struct alias_values *values)
{
	for (; values->counted < values->scan.at; values->counted++)
		values->line += values->scan.text.at[values->counted] == '\n';
}

bool
alias_values_read(struct alias_values *values, struct error *err)
{
	struct scan *scan = &values->scan;
	struct span member;

	for (;;) {
		if (!scan_gap(scan))
			return wrong_value(values, _(scan->problem), err);
		count_lines(values);
		if (scan->at == scan->text.len)
			return true;
		if (scan_peek(scan) == ',') {
			scan->at++;
			continue;
		}
		if (!cut_member(scan, &member))
			return wrong_value(values, _(scan->problem), err);
		if (!read_member(values, member, err))
			return false;
	}
}
