/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a single address. */
#include "mail/mailbox.h"

#include "base/file.h"

#include <string.h>

bool
is_sendable(struct span text)
{
	if (is_ascii(text))
		return !has_control(text);
	for (size_t i = 0; i + 1 < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i + 1];

		/* U+0080 to U+009F are controls, too. */
		if (text.at[i] == '\xc2' && byte >= 0x80 && byte <= 0x9f)
			return false;
	}
	return !has_control(text) && is_utf8(text);
}

/* Words with dots between them, and blanks and comments around the dots
 * (obs-local-part, obs-domain). *END is behind the last of them. Dots at both ends and
 * in a row are left to the caller. WORDS says how many words there were. */
static bool
read_dotted(struct scan *scan, bool quotes, struct buf *out, size_t *end, size_t *words)
{
	bool word_may_come = true;

	*words = 0;
	*end = scan->at;
	for (;;) {
		char c = scan_peek(scan);

		if (c == '.') {
			buf_add_char(out, c);
			scan->at++;
			word_may_come = true;
		} else if (word_may_come && (is_atom_byte(c) || (quotes && c == '"'))) {
			if (!scan_word(scan, out))
				return false;
			word_may_come = false;
			++*words;
		} else {
			break;
		}
		*end = scan->at;
		if (!scan_gap(scan))
			return false;
	}
	return is_sendable(buf_span(out)) ||
	       scan_wrong(scan, N_("it has a character that no address may have"));
}

/* "[192.0.2.1]": blanks inside mean nothing; what could be taken for the end of the
 * address on its way through servers is refused, though RFC 5322 allows it. */
static bool
read_literal(struct scan *scan, struct buf *out, size_t *end)
{
	for (; scan->at < scan->text.len && scan_peek(scan) != ']'; scan->at++) {
		char c = scan_peek(scan);

		if (is_blank(c) || c == '\r' || c == '\n')
			continue;
		if ((unsigned char)c >= 0x80 || !(is_atom_byte(c) || strchr("[.:", c)) ||
		    (c == '[' && out->len))
			return scan_wrong(scan,
					  N_("there is no address in its brackets"));
		buf_add_char(out, c);
	}
	if (scan->at == scan->text.len || out->len < 2)
		return scan_wrong(scan, N_("there is no address in its brackets"));
	buf_add_char(out, ']');
	*end = ++scan->at;
	return scan_gap(scan);
}

bool
has_labels(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == '.' &&
		    (i == 0 || i + 1 == name.len || name.at[i - 1] == '.'))
			return false;
	return name.len > 0;
}

static bool
read_domain(struct scan *scan, struct buf *out, size_t *end)
{
	size_t words;

	if (!scan_gap(scan))
		return false;
	if (scan_peek(scan) == '[')
		return read_literal(scan, out, end);
	if (!read_dotted(scan, false, out, end, &words))
		return false;
	if (words == 0)
		return scan_wrong(scan, N_("there is no domain behind the \"@\""));
	if (out->at[out->len - 1] == '.')
		out->at[--out->len] = '\0';
	return has_labels(buf_span(out)) ||
	       scan_wrong(scan, N_("its domain has a dot too many"));
}

static bool
read_local(struct scan *scan, struct address *address, struct buf *out, size_t *end)
{
	size_t words;

	address->backslash = scan_peek(scan) == '\\';
	if (address->backslash)
		scan->at++;
	if (!read_dotted(scan, true, out, end, &words))
		return false;
	return words > 0 ||
	       scan_wrong(scan, N_("a name is missing where it should begin"));
}

bool
mailbox_read(struct scan *scan, struct arena *arena, struct address *address)
{
	CLEANUP(release_buf) struct buf local = { 0 };
	CLEANUP(release_buf) struct buf domain = { 0 };
	size_t from = scan->at, end;

	if (!read_local(scan, address, &local, &end))
		return false;
	address->domain = NULL;
	address->local = span_string(arena, buf_span(&local));
	if (scan_peek(scan) == '@') {
		scan->at++;
		if (!read_domain(scan, &domain, &end))
			return false;
		address->domain = span_string(arena, buf_span(&domain));
	} else if (local.len == 0) {
		return scan_wrong(scan, N_("it is empty"));
	} else if (local.at[0] == '|' || local.at[0] == '/') {
		return scan_wrong(scan,
				  N_("programs and files do not receive mail here"));
	}
	address->source = span_part(scan->text, from, end - from);
	return true;
}

bool
mailbox_skip_route(struct scan *scan)
{
	CLEANUP(release_buf) struct buf domain = { 0 };
	size_t end;

	if (scan_peek(scan) != '@' && scan_peek(scan) != ',')
		return true;
	while (scan_peek(scan) == '@' || scan_peek(scan) == ',') {
		bool at_sign = scan_peek(scan) == '@';

		scan->at++;
		domain.len = 0;
		if (at_sign ? !read_domain(scan, &domain, &end) : !scan_gap(scan))
			return false;
	}
	if (scan_peek(scan) != ':')
		return scan_wrong(scan, N_("its route does not end with a \":\""));
	scan->at++;
	return scan_gap(scan);
}

bool
is_domain_literal(struct span text)
{
	CLEANUP(release_buf) struct buf copy = { 0 };
	struct scan scan = { .text = text };
	size_t end;

	return read_literal(&scan, &copy, &end) && span_equal(buf_span(&copy), text);
}
