/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads mail addresses, and writes them for envelopes and header fields. */
#include "mail/address.h"

#include "base/file.h"
#include "mail/domain.h"
#include "mail/header.h"
#include "mail/list.h"
#include "mail/mailbox.h"

#include <string.h>

enum {
	SHOWN_MAX = 60,	    /* octets of a wrong address that an error shows */
	ENVELOPE_MAX = 1000 /* octets; RFC 5321 4.5.3.1 allows 254, servers decide */
};

/* The start of the text for an error, without half a character at its end. */
static const char *
shown(struct arena *arena, struct span text)
{
	size_t len = SHOWN_MAX;

	text = span_trim(text);
	if (text.len <= SHOWN_MAX)
		return clean_text(arena, text);
	while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len--;
	return arena_printf(arena, "%s...", clean_text(arena, span_part(text, 0, len)));
}

static bool
no_address(struct arena *arena, struct span text, const char *problem, struct error *err)
{
	return fail(err, FAULT_DATA, _("\"%s\" is no mail address: %s"),
		    shown(arena, text), problem);
}

/* ---- lists ---- */

static bool
read_list(struct list_reader *reader, struct span text, struct error *err)
{
	return list_read(reader, text) ||
	       no_address(reader->arena, reader->member, _(reader->scan.problem), err);
}

bool
address_list_parse(struct arena *arena, struct span text, struct address_list *list,
		   struct error *err)
{
	struct list_reader reader = { .arena = arena, .list = list };

	*list = (struct address_list){ 0 };
	return read_list(&reader, text, err);
}

bool
address_field_parse(struct arena *arena, struct span text, struct address_list *list,
		    struct error *err)
{
	struct list_reader reader = { .arena = arena, .list = list, .lenient = true };

	*list = (struct address_list){ 0 };
	return read_list(&reader, text, err);
}

/* ---- words of the command line ---- */

/* Whether a word is surely a whole address: so "a @ b" stays one, as RFC 5322 4.4 has
 * it. */
static bool
is_whole_address(struct span word)
{
	size_t at_sign = span_find(word, '@');

	if (at_sign < word.len)
		return at_sign > 0 && at_sign + 1 < word.len;
	for (size_t i = 0; i < word.len; i++)
		if (!is_atom_byte(word.at[i]) && word.at[i] != '.' &&
		    (word.at[i] != '\\' || i > 0))
			return false;
	return has_labels(word);
}

/* Whether it is to be read as "a@x.org b@x.org". */
static bool
is_row_of_addresses(struct span text)
{
	size_t words = 0;

	for (size_t i = 0; i < text.len; i++)
		if (strchr("<>\",;()", text.at[i]))
			return false;
	while (text.len) {
		if (!is_whole_address(span_word(&text)))
			return false;
		words++;
	}
	return words > 1;
}

static bool
names_program_or_file(struct span text)
{
	return text.len && (text.at[0] == '|' || text.at[0] == '/' ||
			    span_starts_with_word(text, SPAN(":include:")));
}

bool
address_operand_parse(struct arena *arena, const char *operand, struct address_list *list,
		      struct error *err)
{
	struct list_reader reader = { .arena = arena, .list = list };
	struct span text = span_of(operand);
	bool row;

	*list = (struct address_list){ 0 };
	if (strpbrk(operand, "\r\n"))
		return no_address(arena, text, _("it has a line end"), err);
	text = span_trim(text);
	row = is_row_of_addresses(text);
	do {
		struct span word = row ? span_word(&text) : text;

		if (names_program_or_file(word))
			return no_address(
				arena, word,
				_("programs and files do not receive mail here"), err);
		if (!read_list(&reader, word, err))
			return false;
	} while (row && text.len);
	return true;
}

/* ---- domains ---- */

static bool
no_domain(struct arena *arena, struct span text, struct error *err)
{
	return fail(err, FAULT_DATA, _("\"%s\" is no domain name"), shown(arena, text));
}

/* Whether nothing in the name could be taken for something else on its way. Colons are
 * for callers that have an IPv6 address where a name could stand, too. */
static bool
is_name(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_atom_byte(text.at[i]) && text.at[i] != '.' && text.at[i] != ':')
			return false;
	return is_ascii(text) && has_labels(text);
}

static bool
is_lower(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (to_lower(text.at[i]) != text.at[i])
			return false;
	return true;
}

bool
domain_to_ascii(struct arena *arena, const char *domain, const char **ascii,
		struct error *err)
{
	struct span text = span_of(domain), name;
	char *lower;

	*ascii = domain;
	if (text.len && text.at[0] == '[') {
		*ascii = span_string(arena, text);
		return is_domain_literal(text) || no_domain(arena, text, err);
	}
	if (!is_sendable(text))
		return no_domain(arena, text, err);
	if (!is_ascii(text) && !domain_to_alabel(arena, domain, ascii, err))
		return false;
	name = span_of(*ascii);
	if (name.len && name.at[name.len - 1] == '.')
		name.len--;
	if (!is_name(name))
		return no_domain(arena, text, err);
	if (!name.at[name.len] && is_lower(name))
		return true;
	lower = span_string(arena, name);
	for (char *c = lower; *c; c++)
		*c = to_lower(*c);
	*ascii = lower;
	return true;
}

/* ---- envelopes ---- */

static bool
is_dot_string(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_atom_byte(text.at[i]) && text.at[i] != '.')
			return false;
	return has_labels(text);
}

static void
add_quoted(struct buf *out, struct span text)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, text.at[i]);
	}
	buf_add_char(out, '"');
}

bool
address_envelope(struct arena *arena, const struct address *address,
		 const char *default_domain, const char **envelope, struct error *err)
{
	CLEANUP(release_buf) struct buf quoted = { 0 };
	const char *domain = address->domain ? address->domain : default_domain;
	const char *ascii = "", *word = address->local, *text;
	struct span local = span_of(word);

	if (!is_sendable(local))
		return no_address(arena, local,
				  _("it has a character that no address may have"), err);
	if (!is_dot_string(local)) {
		add_quoted(&quoted, local);
		word = quoted.at;
	}
	if (domain && !domain_to_ascii(arena, domain, &ascii, err))
		return false;
	text = arena_join(arena, word, domain ? "@" : "", ascii);
	if (strlen(text) > ENVELOPE_MAX)
		return fail(err, FAULT_DATA,
			    _("The address \"%s\" has more than %d octets"),
			    shown(arena, span_of(text)), (int)ENVELOPE_MAX);
	*envelope = text;
	return true;
}

/* Where the local part of an envelope address ends. An @ in a quoted local part that
 * has no domain behind it is not the one that is looked for. */
static size_t
local_length(const char *envelope)
{
	size_t len = strlen(envelope);
	const char *at_sign = strrchr(envelope, '@');

	return at_sign && envelope[len - 1] != '"' ? (size_t)(at_sign - envelope) : len;
}

bool
address_needs_utf8(const char *envelope)
{
	return !is_ascii(span_part(span_of(envelope), 0, local_length(envelope)));
}

const char *
address_domain(const char *envelope)
{
	size_t len = local_length(envelope);

	return envelope[len] && envelope[len + 1] ? envelope + len + 1 : NULL;
}

bool
address_same(const char *a, const char *b)
{
	size_t len = local_length(a);

	return len == local_length(b) && memcmp(a, b, len) == 0 &&
	       span_same_word(span_of(a + len), span_of(b + len));
}

/* ---- header fields ---- */

/* The name without controls; a tab is a blank. */
static struct span
printable_name(struct arena *arena, const char *name)
{
	char *clean = arena_string(arena, name);
	size_t len = 0;

	for (const char *c = name; *c; c++)
		if (!is_control(*c) || *c == '\t')
			clean[len++] = *c == '\t' ? ' ' : *c;
	return span_trim((struct span){ clean, len });
}

static void
add_name(struct arena *arena, struct buf *out, struct span name)
{
	bool atoms = true;

	for (size_t i = 0; i < name.len; i++)
		atoms = atoms && (is_atom_byte(name.at[i]) || name.at[i] == ' ');
	if (is_ascii(name) && atoms) {
		buf_add_span(out, name);
	} else if (is_ascii(name)) {
		add_quoted(out, name);
	} else {
		/* What separates encoded words begins with a line end, which is left
		 * out. */
		for (const char *c = encode_words(arena, name, true); *c; c++)
			if (*c != '\r' && *c != '\n')
				buf_add_char(out, *c);
	}
}

char *
address_for_header(struct arena *arena, const char *name, const char *envelope)
{
	CLEANUP(release_buf) struct buf out = { 0 };
	struct span clean = name ? printable_name(arena, name) : (struct span){ NULL, 0 };

	if (clean.len == 0)
		return arena_string(arena, envelope);
	add_name(arena, &out, clean);
	buf_printf(&out, " <%s>", envelope);
	return span_string(arena, buf_span(&out));
}
