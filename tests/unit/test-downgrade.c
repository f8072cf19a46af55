/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages for servers that take less: what is sent, and that it is still the same. */
#include "unit.h"

#include "base/base64.h"
#include "base/file.h"
#include "mail/downgrade.h"
#include "mail/fold.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define E8 "\303\274" /* ü */
#define E8_10 E8 E8 E8 E8 E8 E8 E8 E8 E8 E8
#define X100                                                                             \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxx"
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define PLAIN "Nothing but plain words stands on this line, so that it is readable.\n"
#define MIME "MIME-Version: 1.0\n"
#define MULTIPART(kind) MIME "Content-Type: multipart/" kind "; boundary=b\n\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define BASE64 "Content-Transfer-Encoding: base64\n"

static const struct downgrade all = { true, true, true, true, true };

/* Line ends are LF here; NULs are written as "@". */
static const struct {
	const char *name, *in;
	const char *want; /* NULL: the same */
} cases[] = {
	{ "nothing to do", "A: b\n\nplain\n", NULL },
	{ "no header", "\nplain\n", NULL },
	{ "nothing", "", "\n" },
	{ "text without MIME", "A: b\n\n" PLAIN E8 "\n",
	  "A: b\n" MIME "Content-Type: text/plain; charset=utf-8\n" QP "\n" PLAIN
	  "=C3=BC\n" },
	{ "no UTF-8", "A: b\n\n" PLAIN "\374\n",
	  "A: b\n" MIME "Content-Type: text/plain; charset=unknown-8bit\n" QP "\n" PLAIN
	  "=FC\n" },
	{ "base64 is shorter", "\n" E8_10 "\n",
	  MIME "Content-Type: text/plain; charset=utf-8\n" BASE64
	       "\nw7zDvMO8w7zDvMO8w7zDvMO8w7wNCg==\n" },
	{ "NUL", "\n" PLAIN "@\n",
	  MIME "Content-Type: text/plain; charset=us-ascii\n" BASE64
	       "\nTm90aGluZyBidXQgcGxhaW4gd29yZHMgc3RhbmRzIG9uIHRoaXMgbGluZSwgc28gdGhhd"
	       "CBpdCBp\ncyByZWFkYWJsZS4NCgANCg==\n" },
	{ "cron tells a lie",
	  MIME "Content-Type: text/plain; charset=US-ASCII\n"
	       "Content-Transfer-Encoding: 8bit\nX: y\n\n" PLAIN E8 "\n",
	  MIME "Content-Type: text/plain; charset=utf-8\n" QP "X: y\n\n" PLAIN
	       "=C3=BC\n" },
	{ "7bit tells a lie, two encodings, quotes",
	  MIME "Content-Type: text/html; charset=\"ANSI_X3.4-1968\"; format=flowed\n"
	       "Content-Transfer-Encoding: 7bit\n"
	       "content-transfer-encoding: 8bit\n\n" PLAIN "\374\n",
	  MIME "Content-Type: text/html; charset=unknown-8bit; format=flowed\n" QP
	       "\n" PLAIN "=FC\n" },
	{ "a charset that may be true",
	  "Content-Type: text/plain;\n charset=latin1\n\n" PLAIN "\374\n",
	  "Content-Type: text/plain;\n charset=latin1\n" MIME QP "\n" PLAIN "=FC\n" },
	{ "no charset", "Content-Type: text/plain; format=flowed\n\n" PLAIN E8 "\n",
	  "Content-Type: text/plain; format=flowed; charset=utf-8\n" MIME QP "\n" PLAIN
	  "=C3=BC\n" },
	{ "no text", MIME "Content-Type: application/pdf\n\n" PLAIN E8 "\n",
	  MIME "Content-Type: application/pdf\n" QP "\n" PLAIN "=C3=BC\n" },
	{ "what quoted-printable must look after",
	  "\n" PLAIN E8 " =\t\nblank \n.\n-- \n..x\n\t\nFrom x\n",
	  MIME "Content-Type: text/plain; charset=utf-8\n" QP "\n" PLAIN
	       "=C3=BC =3D=09\nblank=20\n=2E\n=2D-=20\n=2E.x\n=09\nFrom x\n" },
	{ "quoted-printable is repaired", QP "\n=C3=BC " E8 " x=\n=3D@\n",
	  QP MIME "\n=C3=BC =C3=BC x=\n=3D=00\n" },
	{ "base64 is repaired", BASE64 "\nAAAA\nQU" E8 "JD\n",
	  BASE64 MIME "\nAAAAQUJD\n" },
	{ "encoded already", QP "\n=C3=BC\n", NULL },
	{ "parts",
	  MULTIPART("mixed") "f" E8 "r\n--b\n\n" E8 PLAIN "--b \nContent-Type: "
			     "image/png\n" QP "\n=FC\n--b--\n-" E8 "\n",
	  MULTIPART("mixed") "f??r\n--b\nContent-Type: text/plain; charset=utf-8\n" QP
			     "\n=C3=BC" PLAIN "--b\nContent-Type: image/png\n" QP
			     "\n=FC\n--b--\n ??\n" },
	{ "boundaries that begin alike",
	  MULTIPART("mixed") "--b\n\n--bb\n--b-\n--b--x\n" PLAIN E8 "\n--b--\n",
	  MULTIPART("mixed") "--b\nContent-Type: text/plain; charset=utf-8\n" QP
			     "\n=2D-bb\n=2D-b-\n=2D-b--x\n" PLAIN "=C3=BC\n--b--\n" },
	{ "no last boundary", MULTIPART("mixed") "--b\n\n" PLAIN E8 "\n",
	  MULTIPART("mixed") "--b\nContent-Type: text/plain; charset=utf-8\n" QP
			     "\n" PLAIN "=C3=BC\n" },
	{ "no part at all", MULTIPART("mixed") PLAIN E8 "\n",
	  MIME "Content-Type: multipart/mixed; boundary=b\n" QP "\n" PLAIN "=C3=BC\n" },
	{ "no boundary", MIME "Content-Type: multipart/mixed\n\n" PLAIN E8 "\n",
	  MIME "Content-Type: multipart/mixed\n" QP "\n" PLAIN "=C3=BC\n" },
	{ "multiparts in multiparts",
	  MULTIPART("mixed") "--b\nContent-Type: multipart/alternative;\n "
			     "boundary=\"b b\"\nContent-Transfer-Encoding: 8bit\n\n"
			     "--b b\n\n" PLAIN E8 "\n--b\n\nx\n--b--\n",
	  MULTIPART("mixed") "--b\nContent-Type: multipart/alternative;\n "
			     "boundary=\"b b\"\nContent-Transfer-Encoding: 7bit\n\n"
			     "--b b\nContent-Type: text/plain; charset=utf-8\n" QP
			     "\n" PLAIN "=C3=BC\n--b\n\nx\n--b--\n" },
	{ "a message in a digest",
	  MULTIPART("digest") "--b\n\nSubject: " E8 "\n\n" PLAIN E8 "\n--b--\n",
	  MULTIPART("digest") "--b\n\nSubject: =?UTF-8?B?w7w=?=\n" MIME
			      "Content-Type: text/plain; charset=utf-8\n" QP "\n" PLAIN
			      "=C3=BC\n--b--\n" },
	{ "a message in a message",
	  MIME "Content-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\n"
	       "From a mbox\nSubject: x\n\n" PLAIN E8 "\n",
	  MIME "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n"
	       "Subject: x\n" MIME "Content-Type: text/plain; charset=utf-8\n" QP
	       "\n" PLAIN "=C3=BC\n" },
	{ "empty parts", MULTIPART("mixed") "--b\n--b\n\n--b\n\n\n" E8 PLAIN "--b--\n",
	  MULTIPART("mixed") "--b\n--b\n\n--b\nContent-Type: text/plain; "
			     "charset=utf-8\n" QP "\n\n=C3=BC" PLAIN "--b--\n" },
	{ "8-bit only in the header of a part",
	  MULTIPART("mixed") "--b\nContent-Disposition: attachment; filename=\"" E8
			     ".txt\"; size=1\n\nx\n--b--\n",
	  MULTIPART("mixed") "--b\nContent-Disposition: attachment;\n "
			     "filename*=utf-8''%C3%BC.txt; size=1\n\nx\n--b--\n" },
	{ "signed, fit", MULTIPART("signed") "--b\n\nx\n--b--\n", NULL },
	{ "Subject", "Subject: Gr" E8 "n und 1 = 1\n\n",
	  "Subject: =?UTF-8?Q?Gr=C3=BCn?= und 1 = 1\n\n" },
	{ "Subject, no UTF-8", "Subject: x \374\n\n",
	  "Subject: x =?unknown-8bit?B?/A==?=\n\n" },
	{ "names",
	  "From: \"J" E8 "rg, M\" <j@x.org>\nTo: a@x.org (" E8 "), b@y.org,c <c@x>\n\n",
	  "From: =?UTF-8?Q?J=C3=BCrg=2C?= M <j@x.org>\n"
	  "To: a@x.org\n (=?UTF-8?B?w7w=?=), b@y.org,c <c@x>\n\n" },
	{ "a group", "Cc: " E8 ": a@x.org, \"b\\\"" E8 "\"<b@x.org>;\n\n",
	  "Cc: =?UTF-8?B?w7w=?= : a@x.org,\n =?UTF-8?B?YiLDvA==?= <b@x.org>;\n\n" },
	{ "a domain", "From: a@" E8 ".example\n\n", "From: a@xn--tda.example\n\n" },
	{ "a local part", "From: " E8 "@x.org\n\n",
	  "From: =?UTF-8?Q?=C3=BC=40x=2Eorg?=:;\n\n" },
	{ "local parts",
	  "To: " E8 "@x.org, b@x.org\nFrom: J <" E8 "@x.org>\nCc: " E8
	  "@x.org, \"Lee, A\" <a@x.org>, < " E8 "@y.org> (c), c@[IPv6:::1]," E8
	  "@z.org\n\n",
	  "To: =?UTF-8?Q?=C3=BC=40x=2Eorg?=:;, b@x.org\n"
	  "From: J\n =?UTF-8?Q?=C3=BC=40x=2Eorg?=:;\n"
	  "Cc: =?UTF-8?Q?=C3=BC=40x=2Eorg?=:;, \"Lee, A\" <a@x.org>,\n"
	  " =?UTF-8?Q?=C3=BC=40y=2Eorg?=:; (c), c@[IPv6:::1],\n"
	  " =?UTF-8?Q?=C3=BC=40z=2Eorg?=:;\n\n" },
	{ "a local part in a group", "To: f: " E8 "@x.org;\n\n",
	  "To: f: =?UTF-8?Q?=C3=BC@x.org;?=\n\n" },
	{ "a local part behind a group", "To: f: a@x.org; " E8 "@x.org\n\n",
	  "To: f: a@x.org;\n =?UTF-8?Q?=C3=BC=40x=2Eorg?=:;\n\n" },
	{ "comments where there is a syntax",
	  "Content-Type: text/html (f" E8 "r); charset=utf-8\nReceived: from x (J" E8
	  ") by y\nMessage-ID: <" E8 "@x>\n\n",
	  "Content-Type: text/html\n (=?UTF-8?Q?f=C3=BCr?=); charset=utf-8\n"
	  "Received: from x (J?\?) by y\nMessage-ID: <\?\?@x>\n\n" },
	{ "what says that it is encoded",
	  "Content-Disposition: attachment; filename*=utf-8''" E8 ".pdf\n\n",
	  "Content-Disposition: attachment; filename*=utf-8''%C3%BC.pdf\n\n" },
	{ "a long line of addresses without blanks",
	  "To: " X100 "@x.org," X100 "@y.org,\"a,b\"<" X100 "@z.org>," X100 "@x.org," X100
	  "@x.org," X100 "@x.org," X100 "@x.org," X100 "@x.org," X100 "@x.org," X100
	  "@x.org\n\n",
	  "To:\n " X100 "@x.org,\n " X100 "@y.org,\n \"a,b\"<" X100 "@z.org>,\n " X100
	  "@x.org,\n " X100 "@x.org,\n " X100 "@x.org,\n " X100 "@x.org,\n " X100
	  "@x.org,\n " X100 "@x.org,\n " X100 "@x.org\n\n" },
	{ "a long line of identifiers",
	  "References: <" X100 "@x><" X100 "@y><" X100 "@x><" X100 "@x><" X100 "@x><" X100
	  "@x><" X100 "@x><" X100 "@x><" X100 "@x><" X100 "@x>\n\n",
	  "References:\n <" X100 "@x>\n <" X100 "@y>\n <" X100 "@x>\n <" X100
	  "@x>\n <" X100 "@x>\n <" X100 "@x>\n <" X100 "@x>\n <" X100 "@x>\n <" X100
	  "@x>\n <" X100 "@x>\n\n" },
	{ "a long parameter", "Content-Type: multipart/mixed;boundary=b;x=" X1000 "\n\n",
	  "" },
	{ "an unreadable field", "To: " E8 " <a@x.org\n\n",
	  "To: =?UTF-8?B?w7w=?= <a@x.org\n\n" },
	{ "a long line of addresses", "To: a@x.org, " X100 "@x.org, b " X1000 "\n\n",
	  "" },
	{ "a long subject", "Subject: " X100 " " X1000 "\n\n", "" },
	{ "a long line", "\n" X1000 "\n", "" },
	{ "a long line in a preamble", MULTIPART("mixed") X1000 "\n--b\n\nx\n--b--\n",
	  "" },
};

/* ---- in and out ---- */

static struct message
message_of(struct arena *arena, const char *text)
{
	struct error err = { .arena = arena };
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct message message;

	for (const char *c = text; *c; c++)
		assert_true(write_all(fd, *c == '@' && c[1] == '\n' ? "" : c, 1));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(message_read(arena, fd, false, &message, &err));
	close(fd);
	return message;
}

static struct composed
composed_of(struct span pieces[static 2], const struct message *message)
{
	pieces[0] = message->header;
	pieces[1] = SPAN("\r\n");
	return (struct composed){ pieces, 2, message->header.len + 2, &message->body };
}

/* All of it, without CRs. */
static struct span
text_of(struct arena *arena, const struct composed *composed)
{
	size_t size = (size_t)composed->body->size + 1, len = 0;
	struct error err = { .arena = arena };
	struct buf room = { arena_take(arena, size), 0, size }, out = { 0 };
	struct span body;
	char *text;

	for (size_t i = 0; i < composed->count; i++)
		buf_add_span(&out, composed->pieces[i]);
	assert_int_equal(out.len, composed->size);
	assert_true(body_read(composed->body, 0, &room, &body, &err));
	assert_int_equal(body.len, composed->body->size);
	buf_add_span(&out, body);
	text = arena_take(arena, out.len + 1);
	for (size_t i = 0; i < out.len; i++)
		if (out.at[i] != '\r')
			text[len++] = out.at[i];
	buf_release(&out);
	return (struct span){ text, len };
}

static bool
is_fit(struct span text)
{
	return is_ascii(text) && span_find(text, '\0') == text.len &&
	       !has_long_line(text);
}

static void
check_case(struct arena *arena, size_t i)
{
	struct message message = message_of(arena, cases[i].in);
	struct error err = { .arena = arena };
	struct span pieces[2], got;
	struct composed in = composed_of(pieces, &message), out, again;
	struct body body, other;
	const char *want = cases[i].want;

	assert_true(downgrade(&in, &all, &out, &body, &err));
	got = text_of(arena, &out);
	if (!want || *want)
		unit_same(cases[i].name, got.at, want ? want : cases[i].in);
	if (!is_fit(got))
		unit_same(cases[i].name, got.at, "only what the server takes");
	if (!want && out.body != &message.body)
		unit_same(cases[i].name, "another body", "the same body");
	assert_true(downgrade(&out, &all, &again, &other, &err));
	unit_same(cases[i].name, text_of(arena, &again).at, got.at);
	body_release(&other);
	body_release(&body);
	message_release(&message);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = { 0 };

		check_case(&arena, i);
		arena_release(&arena);
	}
	unit_done();
}

/* ---- what is not done ---- */

static const struct {
	const char *name, *in, *what;
} refusals[] = {
	{ "signed", MULTIPART("signed") "--b\n\n" E8 "\n--b--\n",
	  "The message cannot be sent: the server does not take its signed part as it "
	  "is, and a change would break the signature" },
	{ "signed, inside",
	  MULTIPART("mixed") "--b\nContent-Type: multipart/signed; "
			     "boundary=c\n\n--c\n\n" E8 "\n--c--\n--b--\n",
	  "The message cannot be sent: the server does not take its signed part as it "
	  "is, and a change would break the signature" },
	{ "unknown encoding", "Content-Transfer-Encoding: x-uuencode\n\n" E8 "\n",
	  "The message cannot be sent: the server does not take one of its parts as it "
	  "is, and how that is encoded is not known here" },
};

static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct message message = message_of(&arena, refusals[i].in);
		struct span pieces[2];
		struct composed in = composed_of(pieces, &message), out;
		struct body body;

		assert_false(downgrade(&in, &all, &out, &body, &err));
		unit_number(refusals[i].name, err.fault, FAULT_DATA);
		unit_same(refusals[i].name, err.what, refusals[i].what);
		message_release(&message);
		arena_release(&arena);
	}
	unit_done();
}

/* What the server takes stays. */
static void
test_flags(void **state)
{
	static const char text[] = "Subject: " E8 "\n\n" E8 "\n";
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct message message = message_of(&arena, text);
	struct span pieces[2];
	struct composed in = composed_of(pieces, &message), out;
	struct downgrade what = downgrade_candidates(&in, &message.facts);
	struct body body;

	(void)state;
	assert_true(what.eight_bit_body && what.eight_bit_header);
	assert_true(!what.long_lines && !what.nul && downgrade_is_needed(&what));
	what.eight_bit_body = false;
	assert_true(downgrade(&in, &what, &out, &body, &err));
	unit_same("the header only", text_of(&arena, &out).at,
		  "Subject: =?UTF-8?B?w7w=?=\n\n" E8 "\n");
	assert_ptr_equal(out.body, &message.body);
	body_release(&body);
	what.eight_bit_header = false;
	assert_false(downgrade_is_needed(&what));
	assert_true(downgrade(&in, &what, &out, &body, &err));
	unit_same("nothing", text_of(&arena, &out).at, text);
	body_release(&body);
	message_release(&message);
	arena_release(&arena);
	unit_done();
}

/* ---- the same bytes ---- */

static struct span
decode_qp(struct arena *arena, struct span text)
{
	char *out = arena_take(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '=') {
			out[len++] = text.at[i];
		} else if (text.at[i + 1] == '\r') {
			i += 2;
		} else {
			out[len++] = (char)(hex_value(text.at[i + 1]) * 16 +
					    hex_value(text.at[i + 2]));
			i += 2;
		}
	}
	return (struct span){ out, len };
}

static struct span
decode_base64(struct arena *arena, struct span text)
{
	struct buf joined = { 0 }, out = { 0 };
	struct span decoded;

	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '\r' && text.at[i] != '\n')
			buf_add_char(&joined, text.at[i]);
	assert_true(base64_decode(&out, buf_span(&joined)));
	decoded = (struct span){ span_string(arena, buf_span(&out)), out.len };
	buf_release(&joined);
	buf_release(&out);
	return decoded;
}

static struct span
body_text(struct arena *arena, const struct body *body)
{
	size_t size = (size_t)body->size + 1;
	struct buf room = { arena_take(arena, size), 0, size };
	struct error err = { .arena = arena };
	struct span text;

	assert_true(body_read(body, 0, &room, &text, &err));
	assert_int_equal(text.len, body->size);
	return text;
}

/* BYTES, encoded as the whole body, decode to the same; the header has WORDS. */
static void
check_bytes(struct arena *arena, struct span bytes, const char *words)
{
	struct message message = { .body = { .fd = -1, .size = bytes.len } };
	struct span pieces[2], got;
	struct composed in = composed_of(pieces, &message), out;
	struct error err = { .arena = arena };
	struct body body;

	buf_add_span(&message.body.memory, bytes);
	assert_true(downgrade(&in, &all, &out, &body, &err));
	got = body_text(arena, out.body);
	assert_true(is_fit(got));
	unit_number(words, strstr(out.pieces[0].at, words) != NULL, true);
	if (strstr(out.pieces[0].at, "quoted-printable"))
		got = decode_qp(arena, got);
	else if (strstr(out.pieces[0].at, "base64"))
		got = decode_base64(arena, got);
	unit_number("decoded", span_equal(got, bytes), true);
	body_release(&body);
	message_release(&message);
}

/* Canonical lines of all kinds of bytes; KINDS says how wild they are. */
static struct span
random_bytes(struct arena *arena, size_t len, unsigned kinds)
{
	static const char common[] = " \t=.-_abcde";
	char *at = arena_take(arena, len + 3);
	size_t i = 0;

	while (i < len) {
		long r = random();

		if (r % 40 == 0) {
			at[i++] = '\r';
			at[i++] = '\n';
		} else {
			char c = (char)(r >> 8);
			bool wild = (unsigned)(r >> 20) % 8 < kinds && c != '\r' &&
				    c != '\n' && (c || kinds > 6);

			at[i++] = wild ? c
				       : common[(size_t)(r >> 8) % (sizeof(common) - 1)];
		}
	}
	at[i++] = '\r';
	at[i++] = '\n';
	return (struct span){ at, i };
}

static void
test_bytes(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned i = 0; i < 400; i++) {
		struct arena arena = { 0 };

		check_bytes(&arena, random_bytes(&arena, i < 390 ? i * 3 : 200000, i % 9),
			    "");
		arena_release(&arena);
	}
	unit_done();
}

/* A line that is longer than what is read at a time is still UTF-8. */
static void
test_characters(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		struct arena arena = { 0 };
		struct buf line = { 0 };

		buf_add(&line, "xxxx", shift);
		for (unsigned i = 0; i < 100000; i++)
			buf_add_string(&line, "\342\202\254");
		buf_add_string(&line, "\r\n");
		check_bytes(&arena, buf_span(&line), "charset=utf-8");
		buf_release(&line);
		arena_release(&arena);
	}
	unit_done();
}

/* ---- memory ---- */

static void
test_large(void **state)
{
	enum { LINES = 1024 * 1024, MEMORY_MAX = 16 * 1024 }; /* the latter in KiB */
	static const char line[] =
		"Fifty octets on each line; this one has " E8 " in it\r\n";
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct message message = { .body.fd = open_unlinked() };
	struct span pieces[2];
	struct composed in, out;
	struct body body;
	struct rusage before, after;

	(void)state;
	for (unsigned i = 0; i < LINES; i += 1024) {
		struct buf block = { 0 };

		for (unsigned k = 0; k < 1024; k++)
			buf_add(&block, line, sizeof(line) - 1);
		assert_true(write_all(message.body.fd, block.at, block.len));
		message.body.size += block.len;
		buf_release(&block);
	}
	in = composed_of(pieces, &message);
	getrusage(RUSAGE_SELF, &before);
	assert_true(downgrade(&in, &all, &out, &body, &err));
	getrusage(RUSAGE_SELF, &after);
	assert_true(body.fd >= 0 && body.memory.len == 0);
	unit_number("octets", (long long)out.body->size,
		    (long long)LINES * (long long)(sizeof(line) - 1 + 4));
	unit_number("memory stays flat", after.ru_maxrss - before.ru_maxrss < MEMORY_MAX,
		    true);
	body_release(&body);
	message_release(&message);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	   cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_flags),	   cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_characters), cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
