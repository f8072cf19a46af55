/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the end of the content, removes the dots that were added, and keeps the rest. */
#include "smtp/intake.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 };

bool
intake_begin(struct intake *intake, uint64_t most, bool lf_lines)
{
	/* The command's own line end stands before the first line. */
	*intake = (struct intake){ .fd = open_unlinked(),
				   .most = most ? most : UINT64_MAX,
				   .lf_lines = lf_lines,
				   .crlf = true };
	return intake->fd >= 0;
}

bool
intake_too_large(const struct intake *intake)
{
	return intake->size > intake->most;
}

static void
flush(struct intake *intake)
{
	struct buf *waiting = &intake->waiting;

	/* The client will send it all, whatever becomes of it. */
	if (!intake->failed && !intake_too_large(intake) &&
	    !write_unlinked(&intake->fd, intake->size - waiting->len, buf_span(waiting)))
		intake->failed = errno;
	waiting->len = 0;
}

void
intake_chunk(struct intake *intake, struct span octets)
{
	intake->size = octets.len > UINT64_MAX - intake->size ? UINT64_MAX
							      : intake->size + octets.len;
	buf_add_span(&intake->waiting, octets);
	if (intake->waiting.len >= BLOCK)
		flush(intake);
}

/* Takes what there is of a line that is no lone dot. Returns what it took. */
static size_t
take_line(struct intake *intake, struct span heard)
{
	size_t lf = span_find(heard, '\n');
	bool cr = intake->cr, ended = lf < heard.len;
	size_t len = ended ? lf + 1 : lf;

	if (lf > 0)
		cr = heard.at[lf - 1] == '\r';
	intake_chunk(intake, span_part(heard, 0, len));
	intake->cr = !ended && cr;
	if (ended && (cr || intake->lf_lines)) {
		intake->crlf = cr;
		intake->place = AT_LINE_START;
	}
	return len;
}

/* The byte at the start of a line, or behind a dot there; whether it was taken. */
static bool
take_start(struct intake *intake, char c)
{
	enum intake_place place = intake->place;

	intake->place = INSIDE_LINE;
	intake->cr = false;
	if (place == AT_LINE_START && c == '.')
		intake->place = BEHIND_DOT;
	else if (place == BEHIND_DOT && c == '\r')
		intake->place = BEHIND_DOT_CR;
	else if (c == '\n' && ((place == BEHIND_DOT && intake->lf_lines) ||
			       (place == BEHIND_DOT_CR && intake->crlf)))
		intake->place = BEHIND_END;
	else if (place == BEHIND_DOT_CR) {
		intake_chunk(intake, SPAN("\r"));
		intake->cr = true;
	}
	return intake->place != INSIDE_LINE;
}

bool
intake_data(struct intake *intake, struct span heard, size_t *used)
{
	size_t at = 0;

	while (at < heard.len && intake->place != BEHIND_END) {
		if (intake->place == INSIDE_LINE)
			at += take_line(intake, span_part(heard, at, heard.len));
		else
			at += take_start(intake, heard.at[at]);
	}
	*used = at;
	return intake->place == BEHIND_END;
}

bool
intake_end(struct intake *intake, struct arena *arena, struct message *message,
	   struct error *err)
{
	bool ok;

	flush(intake);
	if (!intake->failed && lseek(intake->fd, 0, SEEK_SET) < 0)
		intake->failed = errno;
	errno = intake->failed;
	ok = intake->failed ? fail_errno(err, FAULT_TEMPORARY,
					 _("The message cannot be kept in a file"))
			    : message_read(arena, intake->fd, false, message, err);
	intake_release(intake);
	return ok;
}

void
intake_release(struct intake *intake)
{
	close_file(&intake->fd);
	buf_release(&intake->waiting);
}
