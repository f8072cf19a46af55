/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a message, and writes it made fit: what unit/downgrade-check asks.
 *
 *	downgrade-driver [8][h][l][0]
 *
 * 8: no 8-bit bodies; h: no 8-bit headers; l: no long lines; 0: no NULs. */
#include "base/file.h"
#include "mail/downgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
complain(const struct error *err)
{
	fprintf(stderr, "%s: %s\n", fault_word(err->fault), err->what);
	return fault_status(err->fault);
}

static bool
write_body(const struct body *body, struct error *err)
{
	CLEANUP(release_buf) struct buf room = { 0 };
	struct span piece = { 0 };
	uint64_t at = 0;

	buf_reserve(&room, 65536);
	do {
		at += piece.len;
		if (!body_read(body, at, &room, &piece, err))
			return false;
	} while (write_all(STDOUT_FILENO, piece.at, piece.len) && piece.len);
	return true;
}

int
main(int argc, char **argv)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	const char *words = argc > 1 ? argv[1] : "8hl0";
	struct downgrade what = { strchr(words, '8'), strchr(words, 'h'),
				  strchr(words, 'l'), strchr(words, 'l'),
				  strchr(words, '0') };
	struct message message;
	struct composed composed, fit;
	struct body body;
	int status = 0;

	if (!message_read(&arena, STDIN_FILENO, false, &message, &err))
		return complain(&err);
	composed = (struct composed){ (struct span[]){ message.header, SPAN("\r\n") }, 2,
				      message.header.len + 2, &message.body };
	if (downgrade(&composed, &what, &fit, &body, &err)) {
		for (size_t i = 0; i < fit.count; i++)
			if (!write_all(STDOUT_FILENO, fit.pieces[i].at,
				       fit.pieces[i].len))
				status = 1;
		if (!write_body(fit.body, &err))
			status = complain(&err);
		body_release(&body);
	} else {
		status = complain(&err);
	}
	message_release(&message);
	arena_release(&arena);
	return status;
}
