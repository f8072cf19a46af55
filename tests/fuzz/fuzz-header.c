/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes make a canonical message, in one piece or in many, and any text may become
 * encoded words. Whatever does not hold ends the program. */
#include "base/file.h"
#include "mail/message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

/* ---- ways in ---- */

static int
whole(struct span input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	demand(fd >= 0 && write_all(fd, input.at, input.len));
	demand(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Packets keep their borders, so that each is one read. */
static int
in_packets(struct span input, size_t len)
{
	int pair[2];

	demand(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	while (input.len) {
		struct span packet = span_part(input, 0, len);

		demand(send(pair[1], packet.at, packet.len, MSG_DONTWAIT) ==
		       (ssize_t)packet.len);
		input = span_part(input, packet.len, input.len);
	}
	close(pair[1]);
	return pair[0];
}

static void
read_message(struct arena *arena, int fd, bool dot_ends, struct message *message)
{
	struct error err = { .arena = arena };

	demand(message_read(arena, fd, dot_ends, message, &err));
	demand(err.fault == FAULT_NONE);
	close(fd);
}

/* ---- what must hold ---- */

static struct span
body_text(struct arena *arena, const struct body *body)
{
	char *room = arena_take(arena, (size_t)body->size + 1);
	struct error err = { .arena = arena };
	struct span piece;

	demand(body_read(body, 0, &(struct buf){ room, 0, (size_t)body->size + 1 },
			 &piece, &err));
	demand(piece.len == body->size);
	return piece;
}

static uint64_t
longest_line(struct span text)
{
	uint64_t longest = 0;

	while (text.len) {
		size_t lf = span_find(text, '\n');

		demand(lf < text.len && lf > 0 && text.at[lf - 1] == '\r');
		demand(span_find(span_part(text, 0, lf), '\r') == lf - 1);
		if (lf - 1 > longest)
			longest = lf - 1;
		text = span_part(text, lf + 1, text.len);
	}
	return longest;
}

static void
check_fields(struct arena *arena, const struct message *message)
{
	const char *at = message->header.at;

	for (size_t i = 0; i < message->count; i++) {
		const struct field *field = &message->fields[i];
		const char *end = field->whole.at + field->whole.len;

		demand(field->whole.at == at && field->whole.len > 2);
		demand(field->name.at == at && field->name.len > 0);
		demand(field->value.at > field->name.at + field->name.len - 1);
		demand(field->value.at + field->value.len == end - 2);
		demand(field_name_length(field->whole) == field->name.len);
		demand(!strpbrk(field_unfold(arena, field), "\r\n"));
		at = end;
	}
	demand(message->count == 0 || at == message->header.at + message->header.len);
	demand(message->count > 0 || message->header.len == 0);
}

static void
check_facts(const struct message *message, struct span body)
{
	const struct facts *facts = &message->facts;
	uint64_t longest = longest_line(message->header), other = longest_line(body),
		 nuls = 0;

	for (size_t i = 0; i < body.len; i++)
		nuls += body.at[i] == '\0';
	demand(facts->nul == nuls);
	demand(facts->longest_line == (longest > other ? longest : other));
	demand(facts->eight_bit == !is_ascii(body));
	demand(facts->header_eight_bit == !is_ascii(message->header));
	demand(facts->utf8_header ==
	       (!is_ascii(message->header) && is_utf8(message->header)));
	demand(span_find(message->header, '\0') == message->header.len);
}

/* What goes out comes back as it is. */
static void
check_again(struct arena *arena, const struct message *message, struct span body)
{
	struct buf text = { 0 };
	struct message again;

	buf_add_span(&text, message->header);
	buf_add_string(&text, "\r\n");
	buf_add_span(&text, body);
	read_message(arena, whole(buf_span(&text)), false, &again);
	demand(span_equal(again.header, message->header));
	demand(span_equal(body_text(arena, &again.body), body));
	demand(again.count == message->count);
	demand(again.facts.longest_line == message->facts.longest_line);
	demand(!again.facts.bare_cr && again.facts.header_nul == 0);
	message_release(&again);
	buf_release(&text);
}

/* All but ended_by_dot, which depends on what has come so far. */
static bool
same_facts(const struct facts *a, const struct facts *b)
{
	return a->eight_bit == b->eight_bit &&
	       a->header_eight_bit == b->header_eight_bit &&
	       a->utf8_header == b->utf8_header && a->bare_cr == b->bare_cr &&
	       a->nul == b->nul && a->header_nul == b->header_nul &&
	       a->longest_line == b->longest_line;
}

/* The borders of what is read do not matter. */
static void
check_packets(struct arena *arena, struct span input, bool dot_ends,
	      const struct message *message, struct span body)
{
	static const size_t lengths[] = { 1, 2, 3, 7, 64 };
	enum { PACKETS_MAX = 100 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct message other;

		if (input.len > lengths[i] * PACKETS_MAX)
			continue;
		read_message(arena, in_packets(input, lengths[i]), dot_ends, &other);
		demand(span_equal(other.header, message->header));
		demand(span_equal(body_text(arena, &other.body), body));
		demand(same_facts(&other.facts, &message->facts));
		message_release(&other);
	}
}

/* RFC 2047 2 and 5(3), and nothing that could begin another line or field. */
static void
check_words(struct arena *arena, struct span input, bool in_phrase)
{
	const char *text = encode_words(arena, input, in_phrase);
	/* Encoded words that were there before stay, however long they are. */
	bool ours = !memmem(input.at, input.len, "=", 1);
	size_t line = 0;

	demand(*text != ' ');
	for (const char *c = text; *c; c++) {
		size_t word = strcspn(c, " \r");

		if (strncmp(c, "\r\n ", 3) == 0) {
			demand(c > text && c[3 + strspn(c + 3, " ")] > ' ');
			line = 0;
			c++;
			continue;
		}
		demand(*c >= ' ' && *c <= '~' && ++line <= HEADER_LINE_MAX);
		if (ours && strncmp(c, "=?", 2) == 0)
			demand(word <= 75 && line + word <= 77);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	bool dot_ends = size && data[0] & 1;
	struct span input = { (const char *)data + (size > 0), size - (size > 0) };
	struct message message;
	struct span body;

	read_message(&arena, whole(input), dot_ends, &message);
	body = body_text(&arena, &message.body);
	check_fields(&arena, &message);
	check_facts(&message, body);
	check_again(&arena, &message, body);
	check_packets(&arena, input, dot_ends, &message, body);
	check_words(&arena, input, false);
	check_words(&arena, input, true);
	for (size_t i = 0; i < message.count; i++)
		check_words(&arena, message.fields[i].value, false);
	message_release(&message);
	arena_release(&arena);
	return 0;
}
