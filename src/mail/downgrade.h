/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message made fit for a server that takes less: 7 bits, lines of 998 octets, ASCII
 * headers (RFC 6152 3, RFC 2045, RFC 2047, RFC 5321 4.5.3.1.6). */
#ifndef MAIL_DOWNGRADE_H
#define MAIL_DOWNGRADE_H

#include "mail/body.h"
#include "mail/compose.h"

/* What the message has, or, less than that, what of it the server cannot take. */
struct downgrade {
	bool eight_bit_body;   /* no 8BITMIME */
	bool eight_bit_header; /* no SMTPUTF8 */
	bool long_header;      /* a line of the header is over 998 octets */
	bool long_lines;       /* no BINARYMIME, and a line is */
	bool nul;	       /* no BINARYMIME, and there are NULs in the body */
};

/* What there is in COMPOSED, whose body FACTS are about, that some servers cannot take.
 * A caller takes away what its server can. */
struct downgrade downgrade_candidates(const struct composed *composed,
				      const struct facts *facts);
bool downgrade_is_needed(const struct downgrade *what);

/* Makes *OUT, in the arena of ERR, from IN, which stays and must outlive it. When the
 * body had to change, it is *BODY, else the one of IN; *BODY is the caller's in any
 * case, for body_release.
 *
 * Leaf parts that have what must not go are encoded as quoted-printable, or base64
 * when that is shorter or there are NULs; parts that are encoded already are only
 * repaired. Nested multiparts and messages are walked. Text without a true charset
 * gets one: utf-8 when it is, else unknown-8bit; MIME fields that are missing are
 * added. Outside of the parts (RFC 2046 5.1.1) bytes that must not go become "?".
 * Header fields: see fit_field. Memory stays flat: a large body goes through an
 * unlinked file.
 *
 * FAULT_DATA when a multipart/signed would have to be changed, when a part is in an
 * encoding that is not of MIME, when parts are nested deeper than 32 or have a header
 * longer than MESSAGE_HEADER_MAX; FAULT_CANNOT_CREATE or FAULT_IO when the unlinked
 * file cannot be made, written or read. */
bool downgrade(const struct composed *in, const struct downgrade *what,
	       struct composed *out, struct body *body, struct error *err) MUST_CHECK;

#endif
