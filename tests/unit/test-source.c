/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large bodies that stay in their file are the same as those that are copied, and are not
 * given to their end when the file was changed. */
#include "unit.h"

#include "base/file.h"
#include "mail/message.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SIZE = 1300 * 1024, BLOCK = 64 * 1024 };

/* A file with HEAD, then LINES again and again, then TAIL. */
static int
file_with(struct span head, struct span lines, struct span tail)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	int fd = memfd_create("input", MFD_CLOEXEC);

	buf_add_span(&text, head);
	while (lines.len && text.len < SIZE)
		buf_add_span(&text, lines);
	buf_add_span(&text, tail);
	assert_true(fd >= 0);
	assert_true(write_all(fd, text.at, text.len));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The same octets from a pipe, which can only be copied. */
static int
piped(int file)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	int ends[2];

	assert_true(read_to_end(file, SIZE_MAX, &text));
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		close(ends[0]);
		/* The reader may have heard enough. */
		_exit(!write_all(ends[1], text.at, text.len));
	}
	close(ends[1]);
	return ends[0];
}

/* ---- what they say ---- */

/* Read in pieces of STEP octets. */
static char *
body_text(struct arena *arena, const struct body *body, size_t step)
{
	CLEANUP(release_buf) struct buf room = { 0 };
	char *text = arena_take(arena, (size_t)body->size + 1), *to = text;
	struct error err = { .arena = arena };
	struct span piece;

	buf_reserve(&room, step);
	room.cap = step;
	for (uint64_t at = 0; at < body->size; at += piece.len) {
		uint64_t left = body->size - at;

		assert_true(body_read(body, at, &room, &piece, &err));
		assert_int_equal(piece.len, left < step ? left : step);
		to = (char *)memcpy(to, piece.at, piece.len) + piece.len;
	}
	return text;
}

static const char *
facts_text(struct arena *arena, const struct message *message)
{
	const struct facts *facts = &message->facts;

	return arena_printf(arena,
			    "%" PRIu64 " octets, %" PRIu64 " lines, longest %" PRIu64
			    ", %" PRIu64 " NULs%s%s%s",
			    message->body.size, facts->body_lines, facts->longest_line,
			    facts->nul, facts->eight_bit ? ", eight-bit" : "",
			    facts->bare_cr ? ", bare CR" : "",
			    facts->ended_by_dot ? ", ended by dot" : "");
}

static const struct {
	const char *name;
	struct span head, lines, tail;
	bool dot_ends, stays;
} cases[] = {
	{ "LF", SPAN("A: b\n\n"), SPAN("0123456789\n"), SPAN(""), true, true },
	{ "CRLF", SPAN("A: b\r\n\r\n"), SPAN("0123456789\r\n"), SPAN(""), true, true },
	{ "LF behind a header with CRLF", SPAN("A: b\r\n\r\n"), SPAN("0123456789\n"),
	  SPAN(""), true, true },
	{ "empty lines", SPAN("A: b\n\n"), SPAN("\n"), SPAN(""), true, true },
	{ "empty lines, CRLF", SPAN("A: b\n\n"), SPAN("\r\n"), SPAN(""), true, true },
	{ "lines of all lengths", SPAN("A: b\n\n"),
	  SPAN("\n1\n22\n.333\n4444\nhardly more than that\n"), SPAN(""), true, true },
	{ "a long line", SPAN("A: b\n\nx\n"), SPAN("01234567"), SPAN("\n"), true, true },
	{ "a long line, CRLF", SPAN("A: b\n\nx\r\n"), SPAN("01234567"), SPAN("\r\n"),
	  true, true },
	{ "NULs and eight bits", SPAN("A: b\n\n"), SPAN("\0\0caf\303\251\n"), SPAN(""),
	  true, true },
	{ "eight bits at the end", SPAN("A: b\n\n"), SPAN("0123456789\n"), SPAN("\351\n"),
	  true, true },
	{ "two dots", SPAN("A: b\n\n"), SPAN("..\n.x\n"), SPAN("x.\n"), true, true },
	{ "a dot that is data", SPAN("A: b\n\n"), SPAN("0123456789\n"), SPAN(".\ntail\n"),
	  false, true },
	{ "a dot that ends", SPAN("A: b\n\n"), SPAN("0123456789\n"), SPAN(".\n"), true,
	  false },
	{ "a dot that ends, CRLF", SPAN("A: b\n\n"), SPAN("0123456789\r\n"),
	  SPAN(".\r\n"), true, false },
	{ "a dot at the start", SPAN("A: b\n\n.\n"), SPAN("0123456789\n"), SPAN(""), true,
	  false },
	{ "no last line end", SPAN("A: b\n\n"), SPAN("0123456789\n"), SPAN("x"), true,
	  false },
	{ "a bare CR", SPAN("A: b\n\n\rx\n"), SPAN("0123456789\n"), SPAN(""), true,
	  false },
	{ "a bare CR among CRLF", SPAN("A: b\n\n"), SPAN("0123456789\r\n"),
	  SPAN("x\ry\r\n"), true, false },
	{ "CR CR LF", SPAN("A: b\n\n"), SPAN("0123456789\r\r\n"), SPAN(""), true, false },
	{ "one LF among CRLF", SPAN("A: b\n\n"), SPAN("0123456789\r\n"), SPAN("x\n"),
	  true, false },
	{ "one CRLF among LF", SPAN("A: b\n\n"), SPAN("0123456789\n"), SPAN("x\r\n"),
	  true, false },
	{ "a CR at the end", SPAN("A: b\n\n"), SPAN("0123456789\r\n"), SPAN("\r"), true,
	  false },
	{ "a body without a header", SPAN("hello\n"), SPAN("0123456789\n"), SPAN(""),
	  true, false },
	{ "nothing but a header", SPAN(""), SPAN("A: 0123456789\n"), SPAN("\n"), true,
	  false },
};

/* In the file, and copied, it is the same message. */
static void
test_as_copied(void **state)
{
	static const size_t steps[] = { 1000, BLOCK, 3 * BLOCK, 2 * SIZE };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = file_with(cases[i].head, cases[i].lines, cases[i].tail);
		int copy = piped(fd);
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct message stays, copied;
		const char *text;

		assert_true(message_read(&arena, fd, cases[i].dot_ends, &stays, &err));
		assert_true(message_read(&arena, copy, cases[i].dot_ends, &copied, &err));
		close(fd);
		close(copy);
		wait(NULL);
		unit_number(cases[i].name, stays.body.source != NULL, cases[i].stays);
		unit_number(cases[i].name, copied.body.source != NULL, false);
		/* How much was read behind the dot is chance. */
		copied.facts.ended_by_dot = stays.facts.ended_by_dot;
		unit_same(cases[i].name, facts_text(&arena, &stays),
			  facts_text(&arena, &copied));
		text = body_text(&arena, &copied.body, BLOCK);
		for (size_t k = 0; k < COUNT(steps); k++)
			unit_number(cases[i].name,
				    memcmp(body_text(&arena, &stays.body, steps[k]), text,
					   (size_t)copied.body.size),
				    0);
		message_release(&stays);
		message_release(&copied);
		arena_release(&arena);
	}
	unit_done();
}

/* Any octet can be read at any time. */
static void
test_anywhere(void **state)
{
	int fd = file_with(SPAN("A: b\n\n"), SPAN("\n1\n22\n333\n4444\n55555\n"),
			   SPAN(""));
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct message message;
	const char *all;
	char room[100];

	(void)state;
	assert_true(message_read(&arena, fd, true, &message, &err));
	close(fd);
	all = body_text(&arena, &message.body, BLOCK);
	for (uint64_t i = 0, at = 0; i < 5000; i++, at = at * 69069 + 12345) {
		uint64_t from = at % message.body.size;
		struct buf to = { room, 0, sizeof(room) };
		struct span piece;

		assert_true(body_read(&message.body, from, &to, &piece, &err));
		assert_memory_equal(piece.at, all + from, piece.len);
	}
	message_release(&message);
	arena_release(&arena);
}

/* Reading begins where the descriptor stands, and leaves it at the end. */
static void
test_offset(void **state)
{
	int fd = file_with(SPAN("not for you\nA: b\n\n"), SPAN("0123456789\n"), SPAN(""));
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct message message;

	(void)state;
	assert_int_equal(lseek(fd, 12, SEEK_SET), 12);
	assert_true(message_read(&arena, fd, true, &message, &err));
	assert_non_null(message.body.source);
	assert_true(span_equal(message.header, SPAN("A: b\r\n")));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), lseek(fd, 0, SEEK_END));
	close(fd);
	assert_memory_equal(body_text(&arena, &message.body, BLOCK), "0123456789\r\n0",
			    13);
	message_release(&message);
	arena_release(&arena);
}

/* ---- changed ---- */

static void
cut_short(int fd)
{
	assert_int_equal(ftruncate(fd, SIZE / 2), 0);
}

static void
write_over(int fd)
{
	assert_int_equal(pwrite(fd, "x\nx", 3, SIZE / 2), 3);
}

static void
write_more(int fd)
{
	assert_true(lseek(fd, 0, SEEK_END) > 0);
	assert_true(write_all(fd, "more\n", 5));
}

static void
only_touch(int fd)
{
	assert_int_equal(pwrite(fd, "A", 1, 0), 1);
}

static void
leave_alone(int fd)
{
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
}

static const struct {
	const char *name;
	void (*change)(int fd);
	enum fault fault;
} changes[] = {
	{ "cut short", cut_short, FAULT_IO },
	{ "written over", write_over, FAULT_IO },
	{ "longer", write_more, FAULT_IO },
	{ "touched", only_touch, FAULT_IO },
	{ "as it was", leave_alone, FAULT_NONE },
};

static enum fault
read_changed(struct span lines, void (*change)(int fd))
{
	CLEANUP(release_buf) struct buf room = { 0 };
	int fd = file_with(SPAN("A: b\n\n"), lines, SPAN(""));
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct message message;
	struct span piece = { "", 1 };
	uint64_t at = 0;
	enum fault fault;

	assert_true(message_read(&arena, fd, true, &message, &err));
	assert_non_null(message.body.source);
	buf_reserve(&room, BLOCK);
	for (; piece.len && body_read(&message.body, at, &room, &piece, &err);
	     at += piece.len)
		if (at == 0)
			change(fd);
	/* All of it only when nothing was wrong. */
	unit_number("given to the end", at == message.body.size, !err.fault);
	close(fd);
	fault = err.fault;
	message_release(&message);
	arena_release(&arena);
	return fault;
}

static void
test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		unit_number(changes[i].name,
			    read_changed(SPAN("0123456789\n"), changes[i].change),
			    changes[i].fault);
		unit_number(changes[i].name,
			    read_changed(SPAN("0123456789\r\n"), changes[i].change),
			    changes[i].fault);
	}
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_copied),
		cmocka_unit_test(test_anywhere),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
