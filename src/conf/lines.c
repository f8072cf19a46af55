/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads configuration files and cuts them into words and arguments. */
#include "conf/lines.h"

#include "base/file.h"

#include <unistd.h>

/* ---- the file ---- */

bool
lines_read(struct lines *lines, int fd, const char *path, struct error *err)
{
	size_t room = LINES_FILE_MAX;

	*lines = (struct lines){ .path = path };
	if (fstat(fd, &lines->status) != 0)
		return fail_errno(err, FAULT_CONFIG,
				  _("Cannot read the configuration file %s"), path);
	if (S_ISREG(lines->status.st_mode) && lines->status.st_size < LINES_FILE_MAX)
		room = (size_t)lines->status.st_size;
	buf_reserve(&lines->text, room + (size_t)2 * READ_PIECE);
	if (!read_to_end(fd, LINES_FILE_MAX, &lines->text)) {
		lines_release(lines);
		return fail_errno(err, FAULT_CONFIG,
				  _("Cannot read the configuration file %s"), path);
	}
	lines->rest = buf_span(&lines->text);
	return true;
}

bool
lines_are_private(const struct lines *lines, bool strict, struct error *err)
{
	const struct stat *status = &lines->status;
	uid_t user = geteuid();

	/* A pipe is private, and what is no file cannot be changed by chmod. */
	if (!S_ISREG(status->st_mode) || (user == 0 && !strict))
		return true;
	if (user != 0 && !belongs_to_us(status)) {
		fail(err, FAULT_CONFIG,
		     _("%s has a password, but belongs to somebody else"), lines->path);
		return fail_hint(err, _("Make the file your own with chown"));
	}
	if (status->st_mode & (S_IRWXG | S_IRWXO)) {
		fail(err, FAULT_CONFIG,
		     _("%s has a password, but others may use the file (mode %04o)"),
		     lines->path, (unsigned)status->st_mode & 07777);
		return fail_hint(err, arena_printf(err->arena, _("Run: chmod 600 %s"),
						   lines->path));
	}
	return true;
}

void
lines_release(struct lines *lines)
{
	buf_wipe(&lines->text);
	lines->rest = (struct span){ 0 };
}

/* ---- the lines ---- */

/* Takes the next line, without its LF or CRLF. */
static bool
cut(struct lines *lines, struct span *line)
{
	size_t end = span_find(lines->rest, '\n');

	if (!lines->rest.len)
		return false;
	*line = span_part(lines->rest, 0, end);
	lines->rest = span_part(lines->rest, end + 1, lines->rest.len);
	lines->number++;
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
	if (lines->number == 1)
		*line = span_without_mark(*line);
	return true;
}

static struct span
trim(struct span text)
{
	while (text.len && is_blank(text.at[0]))
		text = span_part(text, 1, text.len);
	while (text.len && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

static struct span
unquote(struct span text)
{
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
		return span_part(text, 1, text.len - 2);
	return text;
}

static bool
has_forbidden(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (is_control(line.at[i]) && line.at[i] != '\t')
			return true;
	return false;
}

enum lines_state
lines_next(struct lines *lines, struct span *word, struct span *value, struct error *err)
{
	struct span line;

	while (cut(lines, &line)) {
		const char *wrong = NULL;

		line = trim(line);
		if (line.len > LINES_LINE_MAX)
			wrong = _("the line is too long");
		else if (span_find(line, '\0') < line.len)
			wrong = _("there is a NUL in the line");
		else if (line.len && line.at[0] != '#' && has_forbidden(line))
			wrong = _("there is a control character in the line");
		if (wrong) {
			fail(err, FAULT_CONFIG, "%s:%u: %s", lines->path, lines->number,
			     wrong);
			return LINES_BAD;
		}
		if (!line.len || line.at[0] == '#')
			continue;
		*word = span_word(&line);
		*value = unquote(trim(line));
		return LINES_GIVEN;
	}
	return LINES_END;
}
