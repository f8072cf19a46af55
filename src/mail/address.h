/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses: RFC 5322 3.4 with the obsolete forms of 4.4, RFC 6532 (UTF-8), and their
 * shape in an SMTP envelope (RFC 5321 4.1.2). */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* One mailbox of a list. All texts are in the arena given to address_list_parse, except
 * source, which is a view of the text that was parsed. */
struct address {
	struct span
		source; /* where its addr-spec stands in the text, without < > and route */
	const char *local; /* local part, unquoted: what the receiver compares; no NUL, no
				 * control character */
	const char *domain; /* as written, without comments, blanks and a trailing dot;
				 * literals keep their brackets; NULL when there is none */
	bool backslash;	    /* written with a leading backslash: "\root", no alias */
};

struct address_list {
	struct address *items;
	size_t count;
};

/* Reads a list of addresses: groups (their members; an empty group is no error),
 * comments, quoted local parts, folding, obsolete routes (left out), empty members
 * ("a,,b"), display names with dots and with raw UTF-8, and `;` as a separator. Bare
 * words are addresses without a domain. Linear time; nesting of comments at most 32.
 *
 * False with FAULT_DATA when a member is no address; *LIST then holds those before it.
 * Control characters other than blanks and folding, and NULs, are always errors. */
bool address_list_parse(struct arena *arena, struct span text, struct address_list *list,
			struct error *err) MUST_CHECK;

/* The same for a field of a header, in which members without an "@" that are no address, such
 * as "Undisclosed <>", are left out, and rows of addresses need no commas: "a@x b@x",
 * "<a@x> <b@x>". */
bool address_field_parse(struct arena *arena, struct span text, struct address_list *list,
			 struct error *err) MUST_CHECK;

/* The same for one word of the command line: in addition "a@x b@x" without any of < "
 * , and all words with @ or atoms are several addresses; CR and LF are errors. Words
 * that begin with "|" or "/" or ":include:" are errors that say so. */
bool address_operand_parse(struct arena *arena, const char *operand,
			   struct address_list *list, struct error *err) MUST_CHECK;

/* The address as it goes into MAIL FROM:<…> and RCPT TO:<…>, without the angle
 * brackets: the local part quoted when it must be (RFC 5321 4.1.2 Dot-string or
 * Quoted-string), the domain as A-label. An address without domain gets
 * DEFAULT_DOMAIN; when that is NULL too, the result has no domain. False with
 * FAULT_DATA when it cannot be (a bad domain, more than 1000 octets). */
bool address_envelope(struct arena *arena, const struct address *address,
		      const char *default_domain, const char **envelope,
		      struct error *err) MUST_CHECK;

/* Whether an envelope address needs SMTPUTF8 (RFC 6531 3.3): a local part beyond
 * ASCII. */
bool address_needs_utf8(const char *envelope);
/* The domain of an envelope address, behind the last @; NULL when there is none. */
const char *address_domain(const char *envelope);
/* Equal for delivery: local parts exactly, domains without regard to case. */
bool address_same(const char *a, const char *b);

/* The A-label of a host or mail domain: pure ASCII is only lower-cased and freed of
 * one trailing dot, address literals stay, the rest goes through libidn2
 * (IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT, never STD3). *ASCII is DOMAIN itself when
 * there is nothing to change. False with FAULT_DATA when it is no domain: invalid UTF-8,
 * blanks, controls, an empty label. */
bool domain_to_ascii(struct arena *arena, const char *domain, const char **ascii,
		     struct error *err) MUST_CHECK;

/* `Name <local@domain>` for a header field (RFC 5322 3.4): the name as atoms, quoted,
 * or as RFC 2047 encoded words when it is not ASCII (UTF-8; other bytes as
 * unknown-8bit); controls are left out. NAME NULL or empty: the bare address. No
 * folding. */
char *address_for_header(struct arena *arena, const char *name, const char *envelope);

#endif
