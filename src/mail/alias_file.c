/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads files of aliases into tables. */
#include "mail/alias_file.h"

#include "base/file.h"
#include "mail/alias_value.h"
#include "mail/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define INCLUDE SPAN(":include:")

/* ---- the table ---- */

enum { ROOM_FIRST = 64 };

/* Paths differ by their case, names do not. */
static bool
same_name(struct span a, struct span b)
{
	return span_starts_with_word(a, INCLUDE) ? span_equal(a, b)
						 : span_same_word(a, b);
}

/* FNV-1a. */
static size_t
hash_name(struct span name)
{
	uint64_t hash = 14695981039346656037U;

	for (size_t i = 0; i < name.len; i++) {
		hash ^= (unsigned char)to_lower(name.at[i]);
		hash *= 1099511628211U;
	}
	return (size_t)(hash ^ hash >> 32);
}

/* The place of the name, or the free one where it belongs. */
static struct alias **
find_place(const struct alias_table *table, struct span name)
{
	size_t mask = table->room - 1, at = hash_name(name) & mask;

	while (table->places[at] && !same_name(span_of(table->places[at]->name), name))
		at = (at + 1) & mask;
	return &table->places[at];
}

struct alias *
alias_find(const struct alias_table *table, struct span name)
{
	return table->count ? *find_place(table, name) : NULL;
}

struct alias *
alias_insert(struct arena *arena, struct alias_table *table, struct span name)
{
	struct alias *alias = arena_take(arena, sizeof(*alias));

	if (table->room <= 2 * table->count) {
		table->room = table->room ? checked_product(table->room, 2) : ROOM_FIRST;
		table->places = arena_array(arena, struct alias *, table->room);
		for (struct alias *old = table->first; old; old = old->next)
			*find_place(table, span_of(old->name)) = old;
	}
	alias->name = span_string(arena, name);
	*find_place(table, name) = alias;
	table->count++;
	if (table->last)
		table->last->next = alias;
	else
		table->first = alias;
	table->last = alias;
	return alias;
}

/* ---- complaints ---- */

bool
alias_wrong(const struct alias_reader *reader, unsigned line, const char *reason,
	    struct error *err)
{
	return fail(err, reader->fault, "%s:%u: %s", reader->file, line, reason);
}

/* Enough of a word to be recognised. */
static const char *
shown(struct arena *arena, struct span word)
{
	enum { SHOWN = 60 };

	return clean_text(arena, span_part(word, 0, SHOWN));
}

/* ---- lines ---- */

/* Takes the next line, without its LF or CRLF. */
static bool
cut(struct alias_reader *reader, struct span *line)
{
	size_t end = span_find(reader->rest, '\n');

	if (!reader->rest.len)
		return false;
	*line = span_part(reader->rest, 0, end);
	reader->rest = span_part(reader->rest, end + 1, reader->rest.len);
	reader->line++;
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
	if (reader->line == 1)
		*line = span_without_mark(*line);
	return true;
}

static bool
check_line(const struct alias_reader *reader, struct span line, struct error *err)
{
	for (size_t i = 0; i < line.len; i++) {
		if (!line.at[i])
			return alias_wrong(reader, reader->line,
					   _("there is a NUL in the line"), err);
		if (is_control(line.at[i]) && line.at[i] != '\t')
			return alias_wrong(reader, reader->line,
					   _("there is a control character in the line"),
					   err);
	}
	return true;
}

/* Whether the line says nothing. */
static bool
is_idle(struct span line)
{
	line = span_trim(line);
	return !line.len || line.at[0] == '#';
}

/* Where the line ends when the comment behind it is left out: at a "#" behind a blank,
 * outside of quotes and parentheses, as in msmtp's files. */
static size_t
end_of_values(struct alias_reader *reader, struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		char c = line.at[i];

		if (c == '\\')
			i++;
		else if (reader->quoted)
			reader->quoted = c != '"';
		else if (c == '(')
			reader->comments++;
		else if (reader->comments)
			reader->comments -= c == ')';
		else if (c == '"')
			reader->quoted = true;
		else if (c == '#' && (i == 0 || is_blank(line.at[i - 1])))
			return i;
	}
	return line.len;
}

/* Adds a line to the entry. Whether a backslash at its end says that the next one
 * belongs to it, too. */
static bool
add_line(struct alias_reader *reader, struct span line)
{
	bool more;

	line = span_trim(span_part(line, 0, end_of_values(reader, line)));
	more = line.len && line.at[line.len - 1] == '\\';
	line.len -= more;
	if (reader->entry.len)
		buf_add_string(&reader->entry, "\n ");
	buf_add_span(&reader->entry, line);
	return more;
}

enum entry_state { ENTRY_GIVEN, ENTRY_END, ENTRY_BAD };

/* Collects the lines of the next entry: a line, and those behind it that begin with a
 * blank. Lines that say nothing may stand between them. */
static enum entry_state
next_entry(struct alias_reader *reader, struct error *err)
{
	struct span line, rest = reader->rest;
	unsigned number = reader->line;
	bool more = false;

	reader->entry.len = 0;
	reader->quoted = false;
	reader->comments = 0;
	for (; cut(reader, &line); rest = reader->rest, number = reader->line) {
		if (is_idle(line) && span_find(line, '\0') == line.len) {
			if (reader->entry.len)
				buf_add_string(&reader->entry, "\n ");
			more = more && span_trim(line).len;
			continue;
		}
		if (reader->entry.len && !more && !is_blank(line.at[0]))
			break;
		if (!check_line(reader, line, err))
			return ENTRY_BAD;
		if (!reader->entry.len)
			reader->entry_line = reader->line;
		more = add_line(reader, line);
	}
	/* The line that begins another entry is taken again. */
	reader->rest = rest;
	reader->line = number;
	return reader->entry.len ? ENTRY_GIVEN : ENTRY_END;
}

/* ---- entries ---- */

/* The name and the colon behind it. */
static bool
read_name(struct scan *scan, struct buf *name)
{
	size_t words = 0;

	if (!scan_gap(scan))
		return false;
	for (char c; (c = scan_peek(scan)) == '.' || c == '"' || is_atom_byte(c);
	     words++) {
		if (c == '.') {
			buf_add_char(name, c);
			scan->at++;
		} else if (!scan_word(scan, name)) {
			return false;
		}
	}
	if (!scan_gap(scan))
		return false;
	if (scan_peek(scan) == '@')
		return scan_wrong(scan, N_("the name of an alias cannot have a domain"));
	if (words == 0 || name->len == 0)
		return scan_wrong(scan, N_("the alias has no name"));
	if (!is_sendable(buf_span(name)) ||
	    span_starts_with_word(buf_span(name), INCLUDE))
		return scan_wrong(scan,
				  N_("the alias has a name that no address can have"));
	if (scan_peek(scan) != ':')
		return scan_wrong(scan, N_("a \":\" is missing behind the name"));
	scan->at++;
	return true;
}

static bool
twice(const struct alias_reader *reader, const struct alias *first, struct error *err)
{
	return alias_wrong(
		reader, reader->entry_line,
		arena_printf(err->arena, _("the alias \"%s\" stands already in line %u"),
			     shown(err->arena, span_of(first->name)), first->line),
		err);
}

static bool
read_values(struct alias_values *values, struct alias *alias, struct error *err)
{
	values->last = &alias->targets;
	if (!alias_values_read(values, err))
		return false;
	/* Else mail would vanish because of a slip. */
	return alias->targets ||
	       alias_wrong(values->reader, alias->line,
			   arena_printf(err->arena,
					_("nothing stands for the alias \"%s\"; "
					  "\"/dev/null\" would be nobody"),
					shown(err->arena, span_of(alias->name))),
			   err);
}

/* It stops the mail to this alias, and no other; but an entry of several lines may have
 * swallowed another alias, whose mail would go astray. */
static bool
remember_problem(const struct alias_reader *reader, struct alias *alias,
		 struct error *err)
{
	struct span text = buf_span(&reader->entry);

	/* Lines behind it that say nothing. */
	while (text.len &&
	       (is_blank(text.at[text.len - 1]) || text.at[text.len - 1] == '\n'))
		text.len--;
	if (reader->strict || span_find(text, '\n') < text.len)
		return false;
	alias->targets = NULL;
	alias->problem = arena_string(reader->arena, err->what);
	error_clear(err);
	return true;
}

static bool
read_entry(struct alias_reader *reader, struct alias_table *table, struct error *err)
{
	CLEANUP(release_buf) struct buf name = { 0 };
	struct alias_values values = { .reader = reader,
				       .scan.text = buf_span(&reader->entry),
				       .line = reader->entry_line };
	struct alias unused = { 0 }, *alias;

	if (!read_name(&values.scan, &name))
		return alias_wrong(reader, values.line, _(values.scan.problem), err);
	alias = alias_find(table, buf_span(&name));
	if (alias && reader->strict)
		return twice(reader, alias, err);
	if (alias)
		unused.name = alias->name;
	alias = alias ? &unused : alias_insert(reader->arena, table, buf_span(&name));
	alias->line = reader->entry_line;
	return read_values(&values, alias, err) || remember_problem(reader, alias, err);
}

/* ---- files ---- */

/* Reads all of FD and begins with its first line. False with errno set. */
static bool
begin(struct alias_reader *reader, int fd, const char *file, struct buf *text)
{
	bool ok = read_to_end(fd, ALIAS_BYTES_MAX - reader->bytes, text);

	if (ok)
		reader->bytes += text->len;
	reader->file = file;
	reader->rest = buf_span(text);
	reader->line = 0;
	return ok;
}

/* Whether nobody else can say who gets the mail. To whom the file belongs was somebody's
 * decision, or that of a container. */
static bool
check_mode(const struct alias_reader *reader, int fd, const char *file, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return fail_errno(err, reader->fault,
				  _("Cannot read the file of aliases %s"), file);
	if (!others_may_write(&status))
		return true;
	fail(err, reader->fault, _("Others may write the file of aliases %s (mode %04o)"),
	     file, (unsigned)status.st_mode & 07777);
	return fail_hint(err, arena_printf(err->arena, _("Run: chmod go-w %s"), file));
}

bool
alias_file_read(struct alias_reader *reader, const char *path, struct alias_table *table,
		struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const char *file = clean_text(reader->arena, span_of(path));
	enum entry_state state = ENTRY_END;
	bool ok = true;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (fd >= 0 && !check_mode(reader, fd, file, err))
		return false;
	if (fd < 0 || !begin(reader, fd, file, &text))
		return fail_errno(err, reader->fault,
				  _("Cannot read the file of aliases %s"), file);
	while (ok && (state = next_entry(reader, err)) == ENTRY_GIVEN)
		ok = read_entry(reader, table, err);
	buf_release(&reader->entry);
	return ok && state == ENTRY_END;
}

/* Whether nobody else can add recipients. */
static bool
check_include(const struct alias_reader *reader, int fd, const struct target *include,
	      struct error *err)
{
	const char *file = clean_text(err->arena, span_of(include->text));
	struct stat status;

	if (fstat(fd, &status) != 0)
		return fail_errno(err, reader->unreadable,
				  _("%s:%u: cannot read the included file %s"),
				  include->file, include->line, file);
	if (!S_ISREG(status.st_mode))
		return fail(err, reader->fault,
			    _("%s:%u: the included %s is not a regular file"),
			    include->file, include->line, file);
	if (!(status.st_mode & (S_IWGRP | S_IWOTH)))
		return true;
	fail(err, reader->fault,
	     _("%s:%u: others may write the included file %s (mode %04o)"), include->file,
	     include->line, file, (unsigned)status.st_mode & 07777);
	return fail_hint(err, arena_printf(err->arena, _("Run: chmod go-w %s"), file));
}

static bool
read_lines(struct alias_reader *reader, struct alias *alias, struct error *err)
{
	struct alias_values values = { .reader = reader, .last = &alias->targets };
	struct span line;

	while (cut(reader, &line)) {
		if (is_idle(line) && span_find(line, '\0') == line.len)
			continue;
		if (!check_line(reader, line, err))
			return false;
		reader->quoted = false;
		reader->comments = 0;
		values.scan =
			(struct scan){ .text = span_part(line, 0,
							 end_of_values(reader, line)) };
		values.counted = 0;
		values.line = reader->line;
		if (!alias_values_read(&values, err))
			return false;
	}
	return true;
}

bool
alias_include_read(struct alias_reader *reader, const struct target *include,
		   struct alias *alias, struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	/* A FIFO that nobody writes to must not stop us here. */
	CLEANUP(close_file)
	int fd = open(include->text, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *file = clean_text(reader->arena, span_of(include->text));

	if (fd >= 0 && !check_include(reader, fd, include, err))
		return false;
	if (fd < 0 || !begin(reader, fd, file, &text))
		return fail_errno(err, reader->unreadable,
				  _("%s:%u: cannot read the included file %s"),
				  include->file, include->line, file);
	return read_lines(reader, alias, err);
}
