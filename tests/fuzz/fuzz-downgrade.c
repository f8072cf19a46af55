/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any message becomes what the server takes, or a sentence says why not; doing it twice
 * changes nothing more. Whatever does not hold ends the program. */
#include "base/file.h"
#include "mail/downgrade.h"
#include "mail/fold.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message in one piece. */
struct text {
	struct span header, body; /* the header with its empty line */
};

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
read_message(struct arena *arena, struct span input, struct message *message)
{
	struct error err = { .arena = arena };
	int fd = memfd_create("input", MFD_CLOEXEC);

	demand(fd >= 0 && write_all(fd, input.at, input.len));
	demand(lseek(fd, 0, SEEK_SET) == 0);
	demand(message_read(arena, fd, false, message, &err));
	close(fd);
}

static struct text
text_of(struct arena *arena, const struct composed *composed)
{
	size_t size = (size_t)composed->body->size + 1;
	struct buf room = { arena_take(arena, size), 0, size }, header = { 0 };
	struct error err = { .arena = arena };
	struct text text;

	for (size_t i = 0; i < composed->count; i++)
		buf_add_span(&header, composed->pieces[i]);
	demand(header.len == composed->size);
	text.header = (struct span){ span_string(arena, buf_span(&header)), header.len };
	buf_release(&header);
	demand(body_read(composed->body, 0, &room, &text.body, &err));
	demand(text.body.len == composed->body->size);
	return text;
}

static void
check_lines(struct span text)
{
	while (text.len) {
		size_t lf = span_find(text, '\n');

		demand(lf < text.len && lf > 0 && text.at[lf - 1] == '\r');
		demand(span_find(span_part(text, 0, lf), '\r') == lf - 1);
		text = span_part(text, lf + 1, text.len);
	}
}

/* Every line is a field's, and the empty line is the last. A line is too long only where it
 * cannot be folded. */
static void
check_header(struct arena *arena, struct span header, bool long_lines)
{
	size_t count;
	struct field *fields;

	demand(header.len >= 2);
	header.len -= 2;
	check_lines(header);
	demand(span_find(header, '\0') == header.len);
	fields = header_split(arena, header, &count);
	for (size_t i = 0; i < count; i++) {
		demand(fields[i].name.len > 0);
		demand(field_name_length(fields[i].whole) == fields[i].name.len);
		demand(!long_lines || !has_long_line(fields[i].whole) ||
		       span_equal(fold_field(arena, &fields[i], true), fields[i].whole));
	}
	for (size_t i = 0; i + 1 < header.len; i++)
		demand(i == 0 || memcmp(header.at + i - 1, "\n\r", 2) != 0);
}

static void
check(struct arena *arena, const struct text *text, const struct downgrade *what)
{
	check_header(arena, text->header, what->long_header);
	check_lines(text->body);
	demand(!what->eight_bit_header || is_ascii(text->header));
	demand(!what->eight_bit_body || is_ascii(text->body));
	demand(!what->nul || span_find(text->body, '\0') == text->body.len);
	demand(!what->long_lines || !has_long_line(text->body));
}

static void
run(struct arena *arena, const struct message *message, const struct downgrade *what)
{
	struct span pieces[] = { message->header, SPAN("\r\n") };
	struct composed in = { pieces, 2, message->header.len + 2, &message->body };
	struct error err = { .arena = arena };
	struct composed out, again;
	struct body body, other;
	struct text text, second;

	if (!downgrade(&in, what, &out, &body, &err)) {
		demand(err.fault == FAULT_DATA && err.what);
		return;
	}
	text = text_of(arena, &out);
	check(arena, &text, what);
	demand(downgrade(&out, what, &again, &other, &err));
	demand(again.body == &body || again.body == &message->body);
	second = text_of(arena, &again);
	demand(span_equal(text.header, second.header));
	demand(span_equal(text.body, second.body));
	body_release(&other);
	body_release(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned flags = size ? data[0] : 15;
	struct downgrade what = { flags & 1, flags & 2, flags & 16, flags & 4,
				  flags & 8 };
	struct downgrade all = { true, true, true, true, true };
	struct arena arena = { 0 };
	struct message message;

	read_message(&arena,
		     (struct span){ (const char *)data + (size > 0), size - (size > 0) },
		     &message);
	run(&arena, &message, &what);
	run(&arena, &message, &all);
	message_release(&message);
	arena_release(&arena);
	return 0;
}
