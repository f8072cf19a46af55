/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message for another process: what is packed is unpacked, and nothing else is taken. */
#include "lair.h"

#include "queue/handover.h"

#define LETTER "From: a@example.org\nSubject: x\n\nHello\n..\n"

/* Header and body as they are sent. */
static char *
content_of(struct arena *arena, const struct composed *composed)
{
	struct buf all = { 0 }, room = { 0 };
	struct error err = { .arena = arena };
	struct span piece = { 0 };
	uint64_t offset = 0;
	char *text;

	for (size_t i = 0; i < composed->count; i++)
		buf_add_span(&all, composed->pieces[i]);
	buf_reserve(&room, 64 * 1024);
	do {
		assert_true(body_read(composed->body, offset, &room, &piece, &err));
		buf_add_span(&all, piece);
		offset += piece.len;
	} while (piece.len);
	text = span_string(arena, buf_span(&all));
	buf_release(&room);
	buf_release(&all);
	return text;
}

static struct delivery
delivery_of(const struct letter *letter)
{
	return (struct delivery){
		.envelope = &letter->envelope,
		.message = &letter->message,
		.composed = &letter->composed,
		.partial = true,
	};
}

static void
same_options(const struct mail_options *got, const struct mail_options *want)
{
	unit_same("ret", got->ret, want->ret);
	unit_same("envid", got->envid, want->envid);
	unit_same("notify", got->notify, want->notify);
	unit_same("by", got->by, want->by);
	unit_same("hold-for", got->hold_for, want->hold_for);
	unit_same("hold-until", got->hold_until, want->hold_until);
	unit_same("mt-priority", got->mt_priority, want->mt_priority);
	unit_number("require-tls", got->require_tls, want->require_tls);
}

static void
same_handover(struct arena *arena, const struct handover *got, const struct letter *want)
{
	const struct facts *facts = &got->message.facts;

	unit_same("sender", got->label.envelope.sender, want->envelope.sender);
	unit_number("recipients", (long long)got->label.envelope.count,
		    (long long)want->envelope.count);
	for (size_t i = 0; i < want->envelope.count; i++)
		unit_same("recipient", got->label.envelope.to[i], want->envelope.to[i]);
	unit_number("needs", got->label.envelope.needs, want->envelope.needs);
	same_options(&got->label.envelope.options, &want->envelope.options);
	unit_number("8 bit", facts->eight_bit, want->message.facts.eight_bit);
	unit_number("longest line", (long long)facts->longest_line,
		    (long long)want->message.facts.longest_line);
	unit_number("fields", (long long)got->message.count,
		    (long long)want->message.count);
	unit_same("content", content_of(arena, &got->composed),
		  content_of(arena, &want->composed));
}

/* Packed and unpacked by another one, with descriptors of its own. */
static bool
travel(struct arena *arena, const struct letter *letter, struct handover *handover)
{
	const struct delivery delivery = delivery_of(letter);
	int body = letter->composed.body->fd;

	*handover = (struct handover){
		.arena = arena,
		.files = { handover_pack(&delivery, true), body < 0 ? -1 : dup(body) },
	};
	assert_true(handover->files[0] >= 0);
	return handover_unpack(handover);
}

static void
every_field(void **state)
{
	static const char *to[] = { "b@example.net", "\xc3\xa4@example.net",
				    "\"a b\"@c.de" };
	struct arena arena = { 0 };
	struct letter letter;
	struct handover handover;

	(void)state;
	letter_write(&arena, SPAN(LETTER), &letter);
	letter.envelope = (struct envelope){
		.sender = "",
		.to = to,
		.count = 3,
		.needs = NEEDS_DSN | NEEDS_SMTPUTF8,
		.options = { "FULL", "id+2B", "NEVER", "120;R", "5",
			     "2026-01-01T00:00:00Z", "-3", true },
	};
	assert_true(travel(&arena, &letter, &handover));
	same_handover(&arena, &handover, &letter);
	unit_number("partial", handover.partial, 1);
	unit_number("waives reports", handover.waives_reports, 1);
	handover_release(&handover);
	message_release(&letter.message);
	arena_release(&arena);
	unit_done();
}

static void
fill(struct buf *text, const char *start)
{
	buf_add_string(text, start);
	while (text->len < 3 * BODY_MEMORY_MAX)
		buf_printf(text, "%zu\n", text->len);
}

/* Its body is in a file of its own, which is not copied. */
static void
large(void **state)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };
	struct letter letter;
	struct handover handover;
	struct stat info;

	(void)state;
	/* Different line ends: it cannot stay in the file that it comes in. */
	fill(&text, "Subject: x\n\nfirst\r\n");
	letter_write(&arena, buf_span(&text), &letter);
	assert_true(travel(&arena, &letter, &handover));
	same_handover(&arena, &handover, &letter);
	assert_int_equal(fstat(handover.files[0], &info), 0);
	unit_number("the handover is small", info.st_size < 4096, 1);
	handover_release(&handover);
	message_release(&letter.message);
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

/* Whoever sends it has to see when that file is changed. */
static void
in_a_file_of_somebody(void **state)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };
	struct delivery delivery;
	struct letter letter;

	(void)state;
	fill(&text, "Subject: x\n\n");
	letter_write(&arena, buf_span(&text), &letter);
	delivery = delivery_of(&letter);
	unit_number("not packed", handover_pack(&delivery, false), -1);
	message_release(&letter.message);
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

/* ---- what a stranger may send ---- */

#define HEAD "postrider-handover 1;sender a@b;to c@d;header 14;"

enum seal { SEALED, UNSEALED };

/* Records "TYPE VALUE", ended by ";"; then "content", its length, and the octets. */
static const struct {
	const char *name, *head, *content;
	long size; /* of the content as it is said; -1: as it is */
	enum seal seal;
	int body; /* octets of a second file; -1: there is none */
	bool good;
} cases[] = {
	{ "as it should be", HEAD, "Subject: x\r\n\r\nHello\r\n", -1, SEALED, -1, true },
	{ "no body", HEAD, "Subject: x\r\n\r\n", -1, SEALED, -1, true },
	{ "a body in a file", HEAD "body 2 8;", "Subject: x\r\n\r\n", -1, SEALED, 10,
	  true },
	{ "a body beyond its file", HEAD "body 3 8;", "Subject: x\r\n\r\n", -1, SEALED,
	  10, false },
	{ "a body that begins beyond its file", HEAD "body 11 0;", "Subject: x\r\n\r\n",
	  -1, SEALED, 10, false },
	{ "a body and another one", HEAD "body 2 8;", "Subject: x\r\n\r\nHello\r\n", -1,
	  SEALED, 10, false },
	{ "a body in no file", HEAD "body 0 0;", "Subject: x\r\n\r\n", -1, SEALED, -1,
	  false },
	{ "a file that was not asked for", HEAD, "Subject: x\r\n\r\nHello\r\n", -1,
	  SEALED, 10, false },
	{ "not sealed", HEAD, "Subject: x\r\n\r\nHello\r\n", -1, UNSEALED, -1, false },
	{ "another version", "postrider-handover 2;sender a@b;to c@d;header 14;",
	  "Subject: x\r\n\r\n", -1, SEALED, -1, false },
	{ "no version", "sender a@b;to c@d;header 14;", "Subject: x\r\n\r\n", -1, SEALED,
	  -1, false },
	{ "no sender", "postrider-handover 1;to c@d;header 14;", "Subject: x\r\n\r\n", -1,
	  SEALED, -1, false },
	{ "no recipient", "postrider-handover 1;sender a@b;header 14;",
	  "Subject: x\r\n\r\n", -1, SEALED, -1, false },
	{ "a command in a recipient",
	  "postrider-handover 1;sender a@b;to c@d>\r\nQUIT;header 14;",
	  "Subject: x\r\n\r\n", -1, SEALED, -1, false },
	{ "a record of something else", HEAD "account x;", "Subject: x\r\n\r\n", -1,
	  SEALED, -1, false },
	{ "a bare line end", HEAD, "Subject: x\r\n\r\nHello\n\r\n", -1, SEALED, -1,
	  false },
	{ "a bare CR", HEAD, "Subject: x\r\n\r\nHel\rlo\r\n", -1, SEALED, -1, false },
	{ "an unfinished line", HEAD, "Subject: x\r\n\r\nHello", -1, SEALED, -1, false },
	{ "no empty line", "postrider-handover 1;sender a@b;to c@d;header 0;",
	  "Hello\r\n", -1, SEALED, -1, false },
	{ "a header beyond the content",
	  "postrider-handover 1;sender a@b;to c@d;header 99;", "Subject: x\r\n\r\n", -1,
	  SEALED, -1, false },
	{ "more than is said", HEAD, "Subject: x\r\n\r\nHello\r\n", 14, SEALED, -1,
	  false },
	{ "less than is said", HEAD, "Subject: x\r\n\r\n", 15, SEALED, -1, false },
	{ "nothing", "", "", 0, SEALED, -1, false },
};

static int
file_of(struct span text, enum seal seal)
{
	int fd = memfd_create("handover", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0 && write_all(fd, text.at, text.len));
	if (seal == SEALED)
		assert_int_equal(fcntl(fd, F_ADD_SEALS,
				       F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
				 0);
	return fd;
}

static int
handover_of(size_t i)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };
	struct span rest = span_of(cases[i].head);
	int fd;

	while (rest.len) {
		struct span line = span_part(rest, 0, span_find(rest, ';'));
		size_t blank = span_find(line, ' ');

		record_add(&text, span_string(&arena, span_part(line, 0, blank)),
			   span_part(line, blank + 1, SIZE_MAX));
		rest = span_part(rest, line.len + 1, SIZE_MAX);
	}
	buf_printf(&text, "content %ld:%s",
		   cases[i].size < 0 ? (long)strlen(cases[i].content) : cases[i].size,
		   cases[i].content);
	fd = file_of(buf_span(&text), cases[i].seal);
	buf_release(&text);
	arena_release(&arena);
	return fd;
}

static void
strangers(void **state)
{
	static const char zeros[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena = { 0 };
		struct span body = { zeros,
				     (size_t)(cases[i].body < 0 ? 0 : cases[i].body) };
		struct handover handover = {
			.arena = &arena,
			.files = { handover_of(i),
				   cases[i].body < 0 ? -1 : file_of(body, UNSEALED) },
		};

		unit_number(cases[i].name, handover_unpack(&handover), cases[i].good);
		handover_release(&handover);
		arena_release(&arena);
	}
	unit_done();
}

/* A pipe, a folder: no file that could be read. */
static void
strange_files(void **state)
{
	struct arena arena = { 0 };
	struct handover handover = { .arena = &arena, .files = { -1, -1 } };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	handover.files[0] = ends[0];
	unit_number("a pipe", handover_unpack(&handover), false);
	handover_release(&handover);
	close(ends[1]);
	handover.files[0] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unit_number("a folder", handover_unpack(&handover), false);
	handover_release(&handover);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field),		 cmocka_unit_test(large),
		cmocka_unit_test(in_a_file_of_somebody), cmocka_unit_test(strangers),
		cmocka_unit_test(strange_files),
	};

	return cmocka_run_group_tests_name("handover", tests, lair_make, lair_remove);
}
