/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one address list per line, in hexadecimal digits, so that lists may have any
 * octet. Says for each, on a line: "yes" and the envelope forms, or "no" and the
 * sentence; with tabs between them, which neither can have. */
#include "base/file.h"
#include "mail/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct span
from_hex(struct arena *arena, const char *line)
{
	size_t len = 0;
	char *text = arena_take(arena, strlen(line) + 1);

	for (; hex_value(line[0]) >= 0 && hex_value(line[1]) >= 0; line += 2)
		text[len++] = (char)(hex_value(line[0]) << 4 | hex_value(line[1]));
	return (struct span){ text, len };
}

static void
answer(struct span text, struct arena *arena)
{
	CLEANUP(release_buf) struct buf out = { 0 };
	struct error err = { .arena = arena };
	struct address_list list;
	bool done = address_list_parse(arena, text, &list, &err);

	for (size_t i = 0; done && i < list.count; i++) {
		const char *envelope;

		done = address_envelope(arena, &list.items[i], NULL, &envelope, &err);
		if (done)
			buf_printf(&out, "\t%s", envelope);
	}
	if (done)
		printf("yes%s\n", out.len ? out.at : "");
	else
		printf("no\t%s\n", err.what);
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) >= 0) {
		struct arena arena = { 0 };

		answer(from_hex(&arena, line), &arena);
		arena_release(&arena);
	}
	free(line);
	return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
