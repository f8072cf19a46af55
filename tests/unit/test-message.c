/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages become canonical, whatever their line ends and however they are cut into
 * pieces. */
#include "base/file.h"
#include "mail/message.h"

#include <inttypes.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The header, the body and the facts, with "|" between them, "/" for each CRLF and "~"
 * for each NUL. Facts: 8 eight-bit body, h eight-bit header, u UTF-8 header, c bare
 * CR, d bytes behind the dot, n=N NULs in the body, m=N in the header, l=N the longest
 * line. */
static const struct {
	const char *name;
	struct span input;
	bool dot_ends;
	const char *want;
} cases[] = {
	/* line ends */
	{ "empty input", SPAN(""), false, "||l=0" },
	{ "LF", SPAN("A: b\nC: d\n\nx\ny\n"), false, "A: b/C: d/|x/y/|l=4" },
	{ "CRLF", SPAN("A: b\r\nC: d\r\n\r\nx\r\ny\r\n"), false, "A: b/C: d/|x/y/|l=4" },
	{ "LF and CRLF mixed", SPAN("A: b\r\nC: d\n\r\nx\ny\r\nz\n"), false,
	  "A: b/C: d/|x/y/z/|l=4" },
	{ "bare CR", SPAN("A: b\rC: d\r\rx\ry\r"), false, "A: b/C: d/|x/y/|c l=4" },
	{ "several CRs before an LF", SPAN("A: b\r\r\n\r\r\r\nx\r\r\ny\n"), false,
	  "A: b/|x/y/|l=4" },
	{ "bare CR in a line of the body", SPAN("A: b\n\na\rb\n"), false,
	  "A: b/|a/b/|c l=4" },
	{ "two bare CRs are two line ends", SPAN("A: b\n\na\r\rb\n"), false,
	  "A: b/|a//b/|c l=4" },
	{ "CR at the end", SPAN("A: b\n\na\r"), false, "A: b/|a/|c l=4" },
	{ "LF CR", SPAN("A: b\n\na\n\rb\n"), false, "A: b/|a//b/|c l=4" },
	{ "missing last line end", SPAN("A: b\n\nx"), false, "A: b/|x/|l=4" },
	{ "missing last line end in the header", SPAN("A: b"), false, "A: b/||l=4" },
	{ "empty lines in the body", SPAN("A: b\n\n\n\nx\n\n"), false,
	  "A: b/|//x//|l=4" },

	/* a bare CR in the header */
	{ "CR in a field", SPAN("A: b\nC: d\rBcc: e\nF: g\n\nx\n"), false,
	  "A: b/C: d Bcc: e/F: g/|x/|c l=11" },
	{ "CR in the first field", SPAN("A: b\rBcc: c\nD: e\n\nx\n"), false,
	  "A: b Bcc: c/D: e/|x/|c l=11" },
	{ "CR in a field, CRLF", SPAN("A: b\r\nC: d\rE: f\r\n\r\nx\ry\r\n"), false,
	  "A: b/C: d E: f/|x/y/|c l=9" },
	{ "CR in the first field, CRLF", SPAN("A: b\rC: d\r\nE: f\r\n\r\nx\r\n"), false,
	  "A: b C: d/E: f/|x/|c l=9" },
	{ "CRs in a field are no empty line", SPAN("A: b\nC: d\r\r\rx\nE: f\n\ny\n"),
	  false, "A: b/C: d x/E: f/|y/|c l=6" },
	{ "CRs and blanks in a field", SPAN("A: b\nC: d\r \r\te\n\nx\n"), false,
	  "A: b/C: d   \te/|x/|c l=9" },
	{ "CR in a fold", SPAN("A: b\n c\rD: e\n\nx\n"), false,
	  "A: b/ c D: e/|x/|c l=7" },
	{ "CR behind the blank of a fold", SPAN("A: b\n \rD: e\n\nx\n"), false,
	  "A: b/  D: e/|x/|c l=6" },
	{ "CR behind the colon", SPAN("A: b\nC:\rBcc: e\n\nx\n"), false,
	  "A: b/C: Bcc: e/|x/|c l=9" },
	{ "CR at the start of a field", SPAN("A: b\n\rC: d\n\nx\n"), false,
	  "A: b/C: d/|x/|c l=4" },
	{ "CRs at the start of a field", SPAN("A: b\r\n\r\rC: d\r\n\r\nx\r\n"), false,
	  "A: b/C: d/|x/|c l=4" },
	{ "NUL and CR at the start", SPAN("A: b\n\0\rC: d\n\nx\n"), false,
	  "A: b/C: d/|x/|c m=1 l=4" },
	{ "CR in an mbox line", SPAN("From a@b\rC: d\nA: b\n\nx\n"), false,
	  "A: b/|x/|c l=4" },
	{ "CR in a line that is no field", SPAN("A: b\nhel lo\rC: d\nE: f\n"), false,
	  "A: b/|hel lo/C: d/E: f/|c l=6" },
	{ "CR in a text without header", SPAN("10%\r20%\nx\n"), false,
	  "|10%/20%/x/|c l=3" },
	{ "CR at the end of the header", SPAN("A: b\nC: d\r"), false,
	  "A: b/C: d/||c l=4" },
	{ "only CRs, and LF at the end", SPAN("A: b\rC: d\r\rx\n"), false,
	  "A: b/C: d/|x/|c l=4" },
	{ "only CRs, and CRLF at the end", SPAN("A: b\rC: d\r\rx\r\n"), false,
	  "A: b/C: d/|x/|c l=4" },
	{ "only CRs, but LF between lines", SPAN("A: b\rC: d\r\rx\ny\n"), false,
	  "A: b C: d x/|y/|c l=11" },
	{ "CR and dot in a field", SPAN("A: b\nC: d\r.\nE: f\n"), true,
	  "A: b/C: d ./E: f/||c l=6" },
	{ "CR before the dot in the header", SPAN("A: b\n\r.\nC: d\n"), true,
	  "A: b/||c d l=4" },

	/* where the header ends */
	{ "header only", SPAN("A: b\nC: d\n"), false, "A: b/C: d/||l=4" },
	{ "header and empty line", SPAN("A: b\n\n"), false, "A: b/||l=4" },
	{ "no header", SPAN("hello world\nsecond\n"), false,
	  "|hello world/second/|l=11" },
	{ "no header, one word", SPAN("hi"), false, "|hi/|l=2" },
	{ "no header, later a field", SPAN("hi\nA: b\n\nx\n"), false,
	  "|hi/A: b//x/|l=4" },
	{ "leading empty line", SPAN("\nA: b\n"), false, "|A: b/|l=4" },
	{ "no empty line behind the header", SPAN("Subject: x\nZFS has finished:\n y\n"),
	  false, "Subject: x/|ZFS has finished:/ y/|l=17" },
	{ "line with two dashes", SPAN("A: b\n--c: d\n"), false, "A: b/|--c: d/|l=6" },
	{ "colon first", SPAN("A: b\n: d\n"), false, "A: b/|: d/|l=4" },
	{ "blank before the colon", SPAN("Bcc : b\n\nx\n"), false, "Bcc : b/|x/|l=7" },
	{ "folded fields", SPAN("A: b\n c\n\td\nE: f\n\nx\n"), false,
	  "A: b/ c/\td/E: f/|x/|l=4" },
	{ "a line of blanks continues a field", SPAN("A: b\n \n c\n\nx\n"), false,
	  "A: b/ / c/|x/|l=4" },
	{ "continuation at the very start", SPAN(" A: b\nC: d\n"), false,
	  "| A: b/C: d/|l=5" },
	{ "eight-bit field name", SPAN("A: b\nS\303\274: c\n"), false,
	  "A: b/|S\303\274: c/|8 l=6" },

	/* mbox lines */
	{ "mbox line", SPAN("From a@b Mon Nov 23\nA: b\n\nx\n"), false, "A: b/|x/|l=4" },
	{ "mbox lines", SPAN("From a@b\r\n>From c\n>>From d\nA: b\n\nFrom x\n"), false,
	  "A: b/|From x/|l=6" },
	{ "mbox line, no header", SPAN("From a@b\nhello\n"), false, "|hello/|l=5" },
	{ "mbox line, no header, empty line", SPAN("From a@b\n\nhello\n"), false,
	  "|hello/|l=5" },
	{ "mbox line alone", SPAN("From a@b"), false, "||l=0" },
	{ "mbox line behind a field", SPAN("A: b\nFrom a@b\n"), false,
	  "A: b/|From a@b/|l=8" },
	{ "continuation behind an mbox line", SPAN("From a@b\n c\n"), false, "| c/|l=2" },
	{ "a From field with a blank is no mbox line", SPAN("From : a@b\n\nx\n"), false,
	  "From : a@b/|x/|l=10" },
	{ "From without a blank is no mbox line", SPAN("Fromage\nx\n"), false,
	  "|Fromage/x/|l=7" },

	/* the lone dot */
	{ "dot, LF", SPAN("A: b\n\nx\n.\n"), true, "A: b/|x/|l=4" },
	{ "dot, LF, more", SPAN("A: b\n\nx\n.\ntail\n"), true, "A: b/|x/|d l=4" },
	{ "dot, CRLF, more", SPAN("A: b\r\n\r\nx\r\n.\r\ntail\r\n"), true,
	  "A: b/|x/|d l=4" },
	{ "dot, CR CRLF, more", SPAN("A: b\n\nx\n.\r\r\ntail\n"), true,
	  "A: b/|x/|d l=4" },
	{ "dot at the end", SPAN("A: b\n\nx\n."), true, "A: b/|x/|l=4" },
	{ "dot and CR at the end", SPAN("A: b\n\nx\n.\r"), true, "A: b/|x/|l=4" },
	{ "dot and bare CR is a line", SPAN("A: b\n\n.\rx\n"), true, "A: b/|./x/|c l=4" },
	{ "dot behind a bare CR", SPAN("A: b\n\nx\r.\ny\n"), true, "A: b/|x/|c d l=4" },
	{ "two dots stay two", SPAN("A: b\n\n..\n.x\n. \nx.\n"), true,
	  "A: b/|../.x/. /x./|l=4" },
	{ "dot in the header", SPAN("A: b\n.\nC: d\n"), true, "A: b/||d l=4" },
	{ "dot first", SPAN(".\nA: b\n"), true, "||d l=0" },
	{ "dot behind an mbox line", SPAN("From x\n.\nA: b\n"), true, "||d l=0" },
	{ "a field that begins with a dot", SPAN(".a: b\n\nx\n"), true, ".a: b/|x/|l=5" },
	{ "dot is data", SPAN("A: b\n\nx\n.\ntail\n"), false, "A: b/|x/./tail/|l=4" },
	{ "dot in the header is data", SPAN("A: b\n.\nC: d\n"), false,
	  "A: b/|./C: d/|l=4" },

	/* NULs */
	{ "NUL in the body", SPAN("A: b\n\nx\0y\n\0\n"), false, "A: b/|x~y/~/|n=2 l=4" },
	{ "NUL in a value", SPAN("A: b\0c\0\n d\0\n\nx\n"), false,
	  "A: bc/ d/|x/|m=3 l=5" },
	{ "NUL in a name", SPAN("Sub\0ject: b\n\nx\n"), false,
	  "Subject: b/|x/|m=1 l=10" },
	{ "NUL before a continuation", SPAN("A: b\n\0 c\n\nx\n"), false,
	  "A: b/ c/|x/|m=1 l=4" },
	{ "a header line of NULs is empty", SPAN("A: b\n\0\0\nC: d\n"), false,
	  "A: b/|C: d/|m=2 l=4" },
	{ "NUL in the first line of the body", SPAN("A: b\nhel\0lo\n"), false,
	  "A: b/|hel~lo/|n=1 l=6" },
	{ "NUL behind a lone dot", SPAN("A: b\n\n.\0\nx\n"), true,
	  "A: b/|.~/x/|n=1 l=4" },

	/* eight bits */
	{ "eight-bit body", SPAN("A: b\n\ncaf\303\251\n"), false,
	  "A: b/|caf\303\251/|8 l=5" },
	{ "UTF-8 header", SPAN("A: caf\303\251\n\nx\n"), false,
	  "A: caf\303\251/|x/|h u l=8" },
	{ "other eight-bit header", SPAN("A: caf\351\n\nx\n"), false,
	  "A: caf\351/|x/|h l=7" },
	{ "eight-bit header line that is body", SPAN("caf\303\251\n"), false,
	  "|caf\303\251/|8 l=5" },
};

/* ---- how input arrives ---- */

/* A descriptor that gives all of it at once. */
static int
whole(struct span input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(write_all(fd, input.at, input.len));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* A descriptor that gives one byte for each read: packets keep their borders. */
static int
by_single_bytes(struct span input)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	for (size_t i = 0; i < input.len; i++)
		assert_int_equal(send(pair[1], input.at + i, 1, MSG_DONTWAIT), 1);
	close(pair[1]);
	return pair[0];
}

static struct span
body_text(struct arena *arena, const struct body *body)
{
	char *room = arena_take(arena, (size_t)body->size + 1);
	struct error err = { .arena = arena };
	struct span piece;

	assert_true(body_read(body, 0, &(struct buf){ room, 0, (size_t)body->size },
			      &piece, &err));
	assert_int_equal(piece.len, body->size);
	return (struct span){ arena_copy(arena, piece.at, piece.len), piece.len };
}

static const char *
facts_text(struct arena *arena, const struct facts *facts)
{
	const char *nul =
		facts->nul ? arena_printf(arena, "n=%" PRIu64 " ", facts->nul) : "";
	const char *more = facts->header_nul ? arena_printf(arena, "m=%" PRIu64 " ",
							    facts->header_nul)
					     : "";

	return arena_printf(
		arena, "%s%s%s%s%s%s%sl=%" PRIu64, facts->eight_bit ? "8 " : "",
		facts->header_eight_bit ? "h " : "", facts->utf8_header ? "u " : "",
		facts->bare_cr ? "c " : "", facts->ended_by_dot ? "d " : "", nul, more,
		facts->longest_line);
}

/* As in the table of cases. */
static const char *
shown(struct arena *arena, struct span text)
{
	char *out = arena_take(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool crlf = span_equal(span_part(text, i, 2), SPAN("\r\n"));

		out[len++] = crlf ? '/' : text.at[i] ? text.at[i] : '~';
		i += crlf;
	}
	return clean_text(arena, (struct span){ out, len });
}

static const char *
read_and_show(struct arena *arena, int fd, bool dot_ends, bool sees_tail)
{
	struct error err = { .arena = arena };
	struct message message;
	const char *text;

	if (!message_read(arena, fd, dot_ends, &message, &err)) {
		close(fd);
		return err.what;
	}
	/* Whether bytes follow is not known when they have not come yet. */
	message.facts.ended_by_dot = message.facts.ended_by_dot || sees_tail;
	text = arena_printf(arena, "%s|%s|%s", shown(arena, message.header),
			    shown(arena, body_text(arena, &message.body)),
			    facts_text(arena, &message.facts));
	message_release(&message);
	close(fd);
	return text;
}

static unsigned
check(const char *name, const char *way, const char *got, const char *want)
{
	if (strcmp(got, want) == 0) {
		printf("ok - %s%s\n", name, way);
		return 0;
	}
	printf("not ok - %s%s: got %s, want %s\n", name, way, got, want);
	return 1;
}

static void
test_cases(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = { 0 };
		const char *want = shown(&arena, span_of(cases[i].want));
		const char *got = read_and_show(&arena, whole(cases[i].input),
						cases[i].dot_ends, false);
		bool tail = strstr(cases[i].want, "d l=");

		failed += check(cases[i].name, "", got, want);
		got = read_and_show(&arena, by_single_bytes(cases[i].input),
				    cases[i].dot_ends, tail);
		failed += check(cases[i].name, ", by single bytes", got, want);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* ---- borders of blocks ---- */

/* Each case again behind so much body that a border of the blocks that are read falls
 * on each of its bytes. */
static const struct {
	const char *name;
	struct span input;
	struct span body;
} borders[] = {
	{ "border: CRLF", SPAN("ab\r\ncd\r\n"), SPAN("ab\r\ncd\r\n") },
	{ "border: LF", SPAN("ab\n\ncd\n"), SPAN("ab\r\n\r\ncd\r\n") },
	{ "border: bare CRs", SPAN("ab\r\rcd\r"), SPAN("ab\r\n\r\ncd\r\n") },
	{ "border: CRs and LF", SPAN("ab\r\r\r\ncd"), SPAN("ab\r\ncd\r\n") },
	{ "border: dot", SPAN("ab\n.\ncd\n"), SPAN("ab\r\n") },
	{ "border: dot CRLF", SPAN("ab\r\n.\r\ncd\n"), SPAN("ab\r\n") },
	{ "border: dot CR", SPAN("ab\n.\rcd\n"), SPAN("ab\r\n.\r\ncd\r\n") },
	{ "border: dot at the end", SPAN("ab\n."), SPAN("ab\r\n") },
	{ "border: two dots", SPAN("ab\n..\ncd\n"), SPAN("ab\r\n..\r\ncd\r\n") },
	{ "border: NUL", SPAN("ab\0\n\0cd\n"), SPAN("ab\0\r\n\0cd\r\n") },
};

enum { BLOCK = 64 * 1024 };

static bool
border_is_right(struct span input, struct span want, size_t fill)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };
	struct message message;
	struct error err = { .arena = &arena };
	struct span body;
	bool right;
	int fd;

	buf_add_string(&text, "A: b\n\n");
	while (text.len + 1 < fill)
		buf_add_char(&text, text.len % 64 ? 'x' : '\n');
	buf_add_char(&text, '\n');
	buf_add_span(&text, input);
	fd = whole(buf_span(&text));
	assert_true(message_read(&arena, fd, true, &message, &err));
	close(fd);
	body = body_text(&arena, &message.body);
	body = span_part(body, body.len - (want.len < body.len ? want.len : body.len),
			 body.len);
	right = span_equal(body, want);
	message_release(&message);
	buf_release(&text);
	arena_release(&arena);
	return right;
}

static void
test_borders(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(borders); i++) {
		bool right = true;

		for (size_t back = 0; back <= borders[i].input.len + 1; back++)
			if (!border_is_right(borders[i].input, borders[i].body,
					     BLOCK - back))
				right = false;
		failed += check(borders[i].name, "", right ? "right" : "wrong", "right");
	}
	assert_int_equal(failed, 0);
}

/* The header ends around the border of two blocks. */
static void
test_header_borders(void **state)
{
	static const char *const ends[] = { "\n\nbody\n", "\r\n\r\nbody\n", "\nbody\n",
					    "\r\rbody\r" };

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++)
		for (size_t len = BLOCK - 8; len <= BLOCK + 2; len++) {
			struct arena arena = { 0 };
			struct error err = { .arena = &arena };
			struct buf text = { 0 };
			struct message message;
			int fd;

			buf_add_string(&text, "x:");
			while (text.len < len)
				buf_add_char(&text, 'x');
			buf_add_string(&text, ends[i]);
			fd = whole(buf_span(&text));
			assert_true(message_read(&arena, fd, true, &message, &err));
			close(fd);
			buf_release(&text);
			assert_int_equal(message.count, 1);
			assert_int_equal(message.header.len, len + 2);
			assert_true(span_equal(body_text(&arena, &message.body),
					       SPAN("body\r\n")));
			message_release(&message);
			arena_release(&arena);
		}
}

/* ---- large ones ---- */

static int
repeated(const char *head, const char *line, size_t times)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct buf text = { 0 };

	buf_add_string(&text, head);
	while (times--)
		buf_add_string(&text, line);
	assert_true(write_all(fd, text.at, text.len));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	buf_release(&text);
	return fd;
}

/* A body beyond the limit is in a file, in full, and comes back in pieces of any size. */
static void
test_large_body(void **state)
{
	enum { LINES = 300000, LINE = 12 };
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int fd = repeated("A: b\n\n", "0123456789\n", LINES);
	struct message message;
	struct span piece;
	char room[7 * LINE];

	(void)state;
	assert_true(message_read(&arena, fd, true, &message, &err));
	close(fd);
	assert_true(message.body.fd >= 0);
	assert_int_equal(message.body.memory.len, 0);
	assert_int_equal(message.body.size, LINES * LINE);
	for (uint64_t at = 0; at < message.body.size; at += piece.len) {
		assert_true(body_read(&message.body, at,
				      &(struct buf){ room, 0, sizeof(room) }, &piece,
				      &err));
		assert_int_not_equal(piece.len, 0);
		for (size_t i = 0; i < piece.len; i += LINE)
			assert_memory_equal(piece.at + i, "0123456789\r\n", LINE);
	}
	assert_true(body_read(&message.body, LINES * LINE,
			      &(struct buf){ room, 0, sizeof(room) }, &piece, &err));
	assert_int_equal(piece.len, 0);
	assert_true(body_read(&message.body, UINT64_MAX,
			      &(struct buf){ room, 0, sizeof(room) }, &piece, &err));
	assert_int_equal(piece.len, 0);
	message_release(&message);
	arena_release(&arena);
}

/* The same bytes in every way in which line ends may be written. */
static void
test_large_bodies_agree(void **state)
{
	static const char *const lines[] = { "0123456789\n", "0123456789\r\n",
					     "0123456789\r", "0123456789\r\r\n" };
	enum { LINES = 200000, LINE = 12 };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		int fd = repeated("A: b\n\n", lines[i], LINES);
		struct message message;
		struct span body;

		assert_true(message_read(&arena, fd, false, &message, &err));
		close(fd);
		body = body_text(&arena, &message.body);
		assert_int_equal(body.len, LINES * LINE);
		for (size_t at = 0; at < body.len; at += LINE)
			assert_memory_equal(body.at + at, "0123456789\r\n", LINE);
		message_release(&message);
		arena_release(&arena);
	}
}

/* What has no LF in so much has none between lines. */
static void
test_large_without_lf(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int fd = repeated("A: b\rC: d\r\r", "0123456789\r", 400000);
	struct message message;

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_END) > MESSAGE_HEADER_MAX, 1);
	assert_true(write_all(fd, "x\ny\n", 4));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(message_read(&arena, fd, false, &message, &err));
	close(fd);
	assert_int_equal(message.count, 2);
	assert_string_equal(facts_text(&arena, &message.facts), "c l=10");
	assert_int_equal(message.body.size, 400000 * 12 + 6);
	message_release(&message);
	arena_release(&arena);
}

/* Facts hold for what came early as well as for what came late in a large body. */
static void
test_large_facts(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int fd = repeated("A: b\n\n\377\n", "0123456789\n", 200000);
	struct message message;

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_END) > 0, 1);
	assert_true(write_all(fd, "a\0b\rlonger than the others", 26));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(message_read(&arena, fd, false, &message, &err));
	close(fd);
	assert_string_equal(facts_text(&arena, &message.facts), "8 c n=1 l=22");
	message_release(&message);
	arena_release(&arena);
}

/* So many NULs are no empty line. */
static void
test_many_nuls(void **state)
{
	enum { NULS = 999 };
	static const char nuls[NULS + 1];

	(void)state;
	for (size_t len = NULS - 1; len <= NULS; len++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct buf text = { 0 };
		struct message message;
		int fd;

		buf_add_string(&text, "A: b\n");
		buf_add(&text, nuls, len);
		buf_add_string(&text, "\nC: d\n");
		fd = whole(buf_span(&text));
		assert_true(message_read(&arena, fd, false, &message, &err));
		close(fd);
		assert_int_equal(message.count, 1);
		assert_int_equal(message.body.size, len == NULS ? NULS + 2 + 6 : 6);
		assert_int_equal(message.facts.nul, len == NULS ? NULS : 0);
		assert_int_equal(message.facts.header_nul, len == NULS ? 0 : len);
		message_release(&message);
		buf_release(&text);
		arena_release(&arena);
	}
}

/* What is no header is not collected as one, even when it is one endless line. */
static void
test_endless_lines(void **state)
{
	static const struct {
		const char *head, *piece;
		bool readable;
	} lines[] = {
		{ "", "xxxxxxxxxx", true },	{ "", "From x x x", true },
		{ "x y: ", "zzzz: zzz", true }, { "A: b\n", "xxxx xxxxx", true },
		{ "A: ", "xxxxxxxxxx", false }, { "A: b\n ", "xxxxxxxxxx", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		int fd = repeated(lines[i].head, lines[i].piece, 600000);
		struct message message;

		assert_int_equal(message_read(&arena, fd, false, &message, &err),
				 lines[i].readable);
		assert_int_equal(err.fault, lines[i].readable ? FAULT_NONE : FAULT_DATA);
		assert_int_equal(message.text.len, i == 3 ? 6 : 0);
		close(fd);
		message_release(&message);
		arena_release(&arena);
	}
}

static void
test_header_length(void **state)
{
	enum { LINE = 16, LINES = MESSAGE_HEADER_MAX / LINE };

	(void)state;
	for (size_t more = 0; more <= 1; more++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		int fd = repeated("", "A: 0123456789a\n", LINES + more);
		struct message message;

		assert_int_equal(message_read(&arena, fd, false, &message, &err), !more);
		assert_int_equal(err.fault, more ? FAULT_DATA : FAULT_NONE);
		assert_int_equal(message.count, more ? 0 : LINES);
		close(fd);
		message_release(&message);
		arena_release(&arena);
	}
}

/* ---- descriptors ---- */

static void
test_bad_descriptors(void **state)
{
	const char *const names[] = { "/", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		int fd = *names[i] ? open(names[i], O_RDONLY) : -1;
		struct message message;

		assert_false(message_read(&arena, fd, false, &message, &err));
		assert_int_equal(err.fault, FAULT_IO);
		if (fd >= 0)
			close(fd);
		message_release(&message);
		arena_release(&arena);
	}
}

/* Reading begins where the file stands. */
static void
test_offset(void **state)
{
	struct arena arena = { 0 };
	int fd = whole(SPAN("junk\nA: b\n\nx\n"));

	(void)state;
	assert_int_equal(lseek(fd, 5, SEEK_SET), 5);
	assert_string_equal(read_and_show(&arena, fd, false, false), "A: b/|x/|l=4");
	arena_release(&arena);
}

static int other_end;

static void
write_message(int signal)
{
	(void)signal;
	if (write(other_end, "A: b\n\nx\n", 8) == 8)
		close(other_end);
}

/* A socket that does not block is waited for, through signals. */
static void
test_nonblocking(void **state)
{
	const struct sigaction action = { .sa_handler = write_message };
	const struct itimerval soon = { .it_value.tv_usec = 10000 };
	struct arena arena = { 0 };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	other_end = pair[1];
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_string_equal(read_and_show(&arena, pair[0], false, false), "A: b/|x/|l=4");
	arena_release(&arena);
}

static void
test_release_of_nothing(void **state)
{
	struct message message = { 0 };

	(void)state;
	message_release(&message);
	message_release(&message);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) != -1);
}

static void
test_field(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int fd = whole(SPAN("To:\nFROM: a\nto: \n\nTo: x\nfrom: b\n"));
	struct message message;

	(void)state;
	assert_true(message_read(&arena, fd, false, &message, &err));
	close(fd);
	assert_null(message_field(&message, "To"));
	assert_null(message_field(&message, "Cc"));
	assert_ptr_equal(message_field(&message, "From"), &message.fields[1]);
	message_release(&message);
	arena_release(&arena);
}

/* A temporary file that lacks bytes is an error. */
static void
test_cut_file(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct body body = { .fd = whole(SPAN("short")), .size = 100 };
	struct span piece;
	char room[100];

	(void)state;
	assert_true(body_read(&body, 1, &(struct buf){ room, 0, 3 }, &piece, &err));
	assert_true(span_equal(piece, SPAN("hor")));
	assert_false(body_read(&body, 0, &(struct buf){ room, 0, sizeof(room) }, &piece,
			       &err));
	assert_int_equal(err.fault, FAULT_IO);
	close(body.fd);
	arena_release(&arena);
}

/* Reads a message that needs a temporary file (a bare CR cannot stay as it is), with
 * little of RESOURCE. */
static enum fault
fault_with_limit(__rlimit_resource_t resource, rlim_t limit)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int fd = repeated("A: b\n\n\rx\n", "0123456789\n", 300000);
	struct rlimit before, less;
	struct message message;
	bool read;

	assert_int_equal(getrlimit(resource, &before), 0);
	less = (struct rlimit){ limit, before.rlim_max };
	assert_int_equal(setrlimit(resource, &less), 0);
	read = message_read(&arena, fd, false, &message, &err);
	assert_int_equal(setrlimit(resource, &before), 0);
	close(fd);
	message_release(&message);
	arena_release(&arena);
	return read ? FAULT_NONE : err.fault;
}

static void
test_no_room(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(fault_with_limit(RLIMIT_FSIZE, 4096), FAULT_IO);
	assert_int_equal(fault_with_limit(RLIMIT_FSIZE, 2 * 1024 * 1024), FAULT_IO);
	assert_int_equal(fault_with_limit(RLIMIT_NOFILE, 3), FAULT_CANNOT_CREATE);
	assert_int_equal(fault_with_limit(RLIMIT_NOFILE, 100), FAULT_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_header_borders),
		cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_large_bodies_agree),
		cmocka_unit_test(test_large_without_lf),
		cmocka_unit_test(test_large_facts),
		cmocka_unit_test(test_many_nuls),
		cmocka_unit_test(test_endless_lines),
		cmocka_unit_test(test_header_length),
		cmocka_unit_test(test_bad_descriptors),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_nonblocking),
		cmocka_unit_test(test_release_of_nothing),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_cut_file),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
