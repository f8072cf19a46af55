/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the members of an address list, and reads them one by one. */
#include "mail/list.h"

#include "mail/mailbox.h"

#include <stdint.h>
#include <string.h>

#define NOWHERE SIZE_MAX
/* A complaint about a single byte shows the text from a multiple of this on. */
enum { ROOM_FIRST = 4, COMPLAINT_STEP = 60 };

/* A member seen from afar. Places in the text; NOWHERE when there is none. */
struct outline {
	size_t end;   /* of the "," or ";" behind it */
	size_t colon; /* it is the name of a group, up to here */
	size_t angle; /* "<", before which there is only a display name */
	bool at_sign; /* before the colon */
};

static bool
is_separator(char c)
{
	return c == ',' || c == ';';
}

/* One step of the survey: what the byte at this place means outside of quotes and
 * comments. */
static bool
survey_byte(struct scan *scan, struct outline *outline, bool *in_angle)
{
	char c = scan_peek(scan);

	if (c == ')')
		return scan_wrong(scan,
				  N_("a parenthesis is closed that was not opened"));
	if (c == '<' && outline->angle != NOWHERE)
		return scan_wrong(scan, N_("it has more than one \"<\""));
	if (c == '>' && !*in_angle)
		return scan_wrong(scan, N_("it has a \">\" without a \"<\" before it"));
	if (c == '<')
		outline->angle = scan->at;
	if (c == '<' || c == '>')
		*in_angle = c == '<';
	if (c == '@' && outline->angle == NOWHERE)
		outline->at_sign = true;
	if (c == ':' && outline->angle == NOWHERE)
		outline->colon = scan->at;
	return true;
}

/* Finds the parts of the member at this place; the place stays. Only so can it be told
 * that "joe@x.org <joe@y.org>", which nobody should write and many do, begins with a
 * name. */
static bool
survey(struct scan *scan, struct outline *outline)
{
	size_t from = scan->at;
	bool in_angle = false, literal = false;

	*outline = (struct outline){ .colon = NOWHERE, .angle = NOWHERE };
	while (scan->at < scan->text.len && outline->colon == NOWHERE) {
		char c = scan_peek(scan);

		/* Most are letters, which mean nothing here. */
		if (is_atom_byte(c)) {
			literal = false;
			scan->at++;
			continue;
		}
		if (is_separator(c) && !in_angle)
			break;
		if (!survey_byte(scan, outline, &in_angle) || !scan_skip(scan, literal))
			return false;
		/* Brackets belong together behind an @ only: "Joe [work, home" is a
		 * name. */
		if (c == '@' || !(is_blank(c) || c == '\r' || c == '\n' || c == '('))
			literal = c == '@';
	}
	if (in_angle)
		return scan_wrong(scan, N_("a \"<\" is not closed"));
	outline->end = scan->at;
	scan->at = from;
	return true;
}

/* What may be the matter when an address ends where its member does not. */
static bool
wrong_end(struct scan *scan)
{
	switch (scan_peek(scan)) {
	case '@':
		return scan_wrong(scan, N_("it has more than one \"@\""));
	case '\\':
		return scan_wrong(scan,
				  N_("it has a backslash outside of quotation marks"));
	case '>':
		return scan_wrong(scan, N_("something stands behind its \">\""));
	}
	return scan_wrong(scan, N_("words stand side by side; behind a name, the address "
				   "needs \"<\" and \">\""));
}

static struct address *
new_item(struct list_reader *r)
{
	struct address_list *list = r->list;

	if (list->count == r->room) {
		/* What is left behind stays in the arena: it is to be a third, not a half. */
		size_t room = r->room ? checked_product(r->room, 4) : ROOM_FIRST;
		struct address *items = arena_array(r->arena, struct address, room);

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		r->room = room;
	}
	return &list->items[list->count];
}

static bool
read_mailbox(struct list_reader *r, const struct outline *outline)
{
	struct scan *scan = &r->scan;
	struct address *address = new_item(r);
	bool in_angle = outline->angle != NOWHERE;

	*address = (struct address){ 0 };
	if (in_angle) {
		scan->at = outline->angle + 1;
		if (!scan_gap(scan) || !mailbox_skip_route(scan))
			return false;
	}
	if (!mailbox_read(scan, r->arena, address))
		return false;
	if (in_angle && scan_peek(scan) == '>') {
		scan->at++;
		if (!scan_gap(scan))
			return false;
		if (scan->at != outline->end)
			return scan_wrong(scan, N_("something stands behind its \">\""));
	} else if (in_angle || scan->at != outline->end) {
		return wrong_end(scan);
	}
	r->list->count++;
	return true;
}

static bool
read_group_name(struct list_reader *r, const struct outline *outline)
{
	struct scan *scan = &r->scan;

	if (r->in_group)
		return scan_wrong(scan, N_("a group cannot be in a group"));
	if (scan->at == outline->colon || outline->at_sign)
		return scan_wrong(scan, N_("it has a \":\" where no group begins"));
	scan->at = outline->colon + 1;
	r->in_group = true;
	r->group = span_part(r->scan.text, (size_t)(r->member.at - scan->text.at),
			     scan->text.len);
	r->before_group = r->list->count;
	return true;
}

/* "Undisclosed <>", or a name alone: nobody meant an address, nor a program or a file. */
static bool
leave_out(struct list_reader *r, const struct outline *outline)
{
	if (!r->lenient)
		return false;
	for (const char *c = "@|/"; *c; c++)
		if (span_find(r->member, *c) < r->member.len)
			return false;
	r->scan.problem = NULL;
	r->scan.at = outline->end;
	return true;
}

static bool
read_member(struct list_reader *r)
{
	struct scan *scan = &r->scan;
	struct outline outline;

	if (!survey(scan, &outline))
		return false;
	r->member.len -= scan->text.len - outline.end;
	if (outline.colon != NOWHERE)
		return read_group_name(r, &outline);
	return read_mailbox(r, &outline) || leave_out(r, &outline);
}

/* The next word, or with IN_ANGLE what the next "<" and ">" hold. */
static bool
take_item(struct span *row, bool in_angle, struct span *item)
{
	size_t end;

	if (!in_angle) {
		*item = span_trim(span_word(row));
		return true;
	}
	end = span_find(*row, '>');
	if (row->at[0] != '<' || end == row->len)
		return false;
	*item = span_trim(span_part(*row, 1, end - 1));
	*row = span_trim(span_part(*row, end + 1, SIZE_MAX));
	return true;
}

static bool
read_item(struct list_reader *r, struct span item)
{
	struct scan scan = { .text = item };
	struct address *address = new_item(r);

	*address = (struct address){ 0 };
	if (!mailbox_read(&scan, r->arena, address) || scan.at < item.len ||
	    !address->domain)
		return false;
	r->list->count++;
	return true;
}

/* "a@x.org b@x.org" or "<a@x.org> <b@x.org>", where other programs have no comma: nothing
 * but addresses. Beside a name, or where quotes or comments may hide a comma, nobody knows
 * who is meant. */
static bool
read_row(struct list_reader *r)
{
	size_t from = (size_t)(r->member.at - r->scan.text.at), end = from;
	size_t before = r->list->count;
	struct span row, item;
	bool in_angle, good = r->lenient;

	while (end < r->scan.text.len && !is_separator(r->scan.text.at[end]))
		end++;
	row = span_trim(span_part(r->scan.text, from, end - from));
	for (const char *c = "\"()\\"; *c; c++)
		good = good && span_find(row, *c) == row.len;
	in_angle = row.len && row.at[0] == '<';
	while (good && row.len)
		good = take_item(&row, in_angle, &item) &&
		       ((!item.len && !in_angle) || read_item(r, item));
	if (!good) {
		r->list->count = before;
		return false;
	}
	r->scan.problem = NULL;
	r->scan.at = end;
	return true;
}

static bool
read_members(struct list_reader *r)
{
	struct scan *scan = &r->scan;

	while (scan->at < scan->text.len) {
		r->member = span_part(scan->text, scan->at, scan->text.len);
		if (!scan_gap(scan))
			return false;
		if (scan->at == scan->text.len)
			break;
		if (is_separator(scan_peek(scan))) {
			r->in_group = r->in_group && scan_peek(scan) == ',';
			scan->at++;
			continue;
		}
		if (!read_member(r) && !read_row(r))
			return false;
	}
	/* "undisclosed-recipients:" without its ";" harms nobody. Behind other names,
	 * the colon may be a slip, and the addresses may not be what was meant. */
	if (!r->in_group || r->list->count == r->before_group)
		return true;
	r->member = r->group;
	return scan_wrong(scan, N_("its group does not end with a \";\""));
}

bool
list_read(struct list_reader *r, struct span text)
{
	r->scan = (struct scan){ .text = text };
	r->in_group = false;
	r->member = text;
	if (scan_check(&r->scan))
		return read_members(r);
	r->member = span_part(text, r->scan.at - r->scan.at % COMPLAINT_STEP, text.len);
	return false;
}
