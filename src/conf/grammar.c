/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads configuration files into accounts. */
#include "conf/grammar.h"

#include "base/clock.h"
#include "base/crc.h"
#include "base/file.h"
#include "conf/former.h"
#include "conf/lines.h"
#include "conf/settings.h"
#include "secret/command.h"

#include <fcntl.h>
#include <string.h>

enum {
	DEEPEST = 10,
	EVAL_PATIENCE = 60 /* s */
};

/* A file that is being read, and the one that includes it. */
struct source {
	struct lines lines;
	const char *path;	    /* as it is opened */
	const struct source *outer; /* NULL: the first */
	bool holds_secret;	    /* in plain sight, not printed by eval */
};

static struct origin
here(const struct grammar *grammar)
{
	const struct lines *lines = &grammar->source->lines;

	return (struct origin){ ORIGIN_FILE, lines->path, lines->number };
}

/* FAULT_CONFIG with file and line before the reason. */
static bool
wrong(const struct grammar *grammar, const char *reason, struct error *err)
{
	const struct lines *lines = &grammar->source->lines;

	return fail(err, FAULT_CONFIG, "%s:%u: %s", lines->path, lines->number, reason);
}

/* Enough of a word to be recognised. */
static const char *
shown(struct arena *arena, struct span word)
{
	enum { SHOWN = 60 };

	return clean_text(arena, span_part(word, 0, SHOWN));
}

/* ---- accounts ---- */

/* Begins an account; what follows is its own. */
static struct draft *
add_account(struct grammar *grammar, struct span name)
{
	struct origin origin = here(grammar);

	grammar->current = drafts_add(&grammar->drafts, name, &origin);
	return grammar->current;
}

static bool
no_parent(const struct grammar *grammar, struct span name, struct error *err)
{
	const char *text = shown(grammar->arena, name);

	for (size_t i = 0; i < grammar->drafts.count; i++) {
		const char *other = grammar->drafts.all[i]->account.name;

		if (is_near_word(name, other) && !span_equal(name, span_of(other)))
			return wrong(
				grammar,
				arena_printf(
					err->arena,
					_("there is no account \"%s\" before this line; "
					  "did you mean \"%s\"?"),
					text, other),
				err);
	}
	return wrong(grammar,
		     arena_printf(err->arena,
				  _("there is no account \"%s\" before this line"), text),
		     err);
}

static bool
read_parents(struct grammar *grammar, struct draft *draft, struct span list,
	     struct error *err)
{
	for (;;) {
		size_t comma = span_find(list, ',');
		struct span name = span_trim(span_part(list, 0, comma));
		const struct draft *parent = drafts_find(&grammar->drafts, name);

		if (!name.len)
			return wrong(grammar,
				     _("the name of a parent account is missing"), err);
		if (!parent || parent == draft)
			return no_parent(grammar, name, err);
		draft_inherit(draft, parent);
		if (comma == list.len)
			return true;
		list = span_part(list, comma + 1, list.len);
	}
}

/* account NAME [: PARENT[, PARENT…]] */
static bool
read_account(struct grammar *grammar, struct span value, struct error *err)
{
	size_t colon = span_find(value, ':');
	struct span name = span_trim(span_part(value, 0, colon));
	const struct draft *other = drafts_find(&grammar->drafts, name);
	struct draft *draft;

	if (!name.len)
		return wrong(grammar, _("the account has no name"), err);
	if (span_find(name, ',') < name.len)
		return wrong(grammar, _("the name of an account cannot have a comma"),
			     err);
	if (other)
		return wrong(grammar,
			     arena_printf(err->arena,
					  _("the account \"%s\" stands already in %s:%u"),
					  shown(err->arena, name),
					  other->account.whole.file,
					  other->account.whole.line),
			     err);
	draft = add_account(grammar, name);
	return colon == value.len ||
	       read_parents(grammar, draft, span_part(value, colon + 1, value.len), err);
}

/* ---- settings ---- */

/* Into which draft a setting goes; before any account there is one called `default`. */
static struct draft *
current_draft(struct grammar *grammar)
{
	return grammar->current ? grammar->current
				: add_account(grammar, SPAN("default"));
}

static bool
apply(struct grammar *grammar, size_t row, struct span value, struct error *err)
{
	struct draft *draft = current_draft(grammar);
	struct assignment assignment = { .row = row,
					 .text = value,
					 .origin = here(grammar) };

	draft->own[row] = true;
	return setting_apply(grammar->arena, &draft->account, &assignment, err);
}

static bool
unknown(const struct grammar *grammar, struct span word, struct error *err)
{
	/* Behind a "=", which is a slip, there may be a secret. */
	struct span name = span_part(word, 0, span_find(word, '=') + 1);
	const char *text = shown(grammar->arena, name), *near = setting_suggestion(name);

	if (near)
		return wrong(
			grammar,
			arena_printf(err->arena,
				     _("unknown setting \"%s\"; did you mean \"%s\"?"),
				     text, near),
			err);
	return wrong(grammar, arena_printf(err->arena, _("unknown setting \"%s\""), text),
		     err);
}

static bool
read_former(struct grammar *grammar, struct span word, struct span value,
	    struct error *err)
{
	const char *text = shown(grammar->arena, word);
	size_t row = 0;

	switch (former_setting(word, &value, &row)) {
	case FORMER_SETTING:
		return apply(grammar, row, value, err);
	case FORMER_IGNORED:
		current_draft(grammar);
		return true;
	case FORMER_WRONG:
		return wrong(
			grammar,
			arena_printf(
				err->arena,
				former_is_bare(word)
					? _("\"%s\" takes no argument")
					: _("the value of \"%s\" is neither on nor off"),
				text),
			err);
	case FORMER_UNKNOWN:
		break;
	}
	return unknown(grammar, word, err);
}

/* auto_from and maildomain make one value together, whichever comes first. */
static bool
read_auto_from(struct grammar *grammar, struct span word, struct span value,
	       struct error *err)
{
	struct draft *draft = current_draft(grammar);
	bool on = !value.len || span_same_word(value, SPAN("on"));

	if (span_equal(word, SPAN("maildomain"))) {
		draft->mail_domain =
			value.len ? span_string(grammar->arena, value) : NULL;
		return true;
	}
	if (!on && !span_same_word(value, SPAN("off")))
		return wrong(grammar,
			     _("the value of \"auto_from\" is neither on nor off"), err);
	draft->auto_from = on;
	draft->auto_from_origin = here(grammar);
	return true;
}

/* Whoever may write the file could have commands run. */
static bool
may_command(const struct grammar *grammar, const struct source *source, const char *word,
	    struct error *err)
{
	const struct stat *status = &source->lines.status;
	bool by_mode = others_may_write(status);

	if (grammar->foreign || (!by_mode && belongs_to_us(status)))
		return true;
	wrong(grammar,
	      arena_printf(err->arena,
			   _("%s is refused, because others may write the file"), word),
	      err);
	return fail_hint(err, by_mode ? arena_printf(err->arena, _("Run: chmod go-w %s"),
						     source->lines.path)
				      : _("Make the file your own with chown"));
}

static bool
read_setting(struct grammar *grammar, struct source *source, struct span word,
	     struct span value, struct error *err)
{
	int row = setting_row(word);

	if (span_equal(word, SPAN("auto_from")) || span_equal(word, SPAN("maildomain")))
		return read_auto_from(grammar, word, value, err);
	if (row < 0)
		return read_former(grammar, word, value, err);
	if (settings[row].kind->hidden && value.len)
		source->holds_secret = true;
	if (settings[row].kind == &kind_command && value.len &&
	    !may_command(grammar, source, settings[row].name, err))
		return false;
	return apply(grammar, (size_t)row, value, err);
}

/* ---- lines from elsewhere ---- */

static bool read_lines(struct grammar *grammar, struct source *source, struct error *err);
static bool read_line(struct grammar *grammar, struct source *source, struct span word,
		      struct span value, struct error *err);

/* The names of the files on the way to PATH, the first one first. */
static void
add_chain(struct buf *out, const struct source *source)
{
	if (source->outer)
		add_chain(out, source->outer);
	buf_printf(out, "%s, ", source->lines.path);
}

static bool
too_deep(const struct grammar *grammar, const char *path, const char *reason,
	 struct error *err)
{
	CLEANUP(release_buf) struct buf chain = { 0 };

	add_chain(&chain, grammar->source);
	return wrong(grammar,
		     arena_printf(err->arena, "%s: %s%s", reason, chain.at, path), err);
}

/* Whether the file may be read from here: not within itself, and not too deep. */
static bool
check_chain(const struct grammar *grammar, int fd, const char *path, struct error *err)
{
	struct stat status;
	unsigned depth = 0;

	if (fstat(fd, &status) != 0)
		return fail_errno(err, FAULT_CONFIG,
				  _("Cannot read the configuration file %s"), path);
	for (const struct source *at = grammar->source; at; at = at->outer) {
		if (at->lines.status.st_dev == status.st_dev &&
		    at->lines.status.st_ino == status.st_ino)
			return too_deep(grammar, path,
					_("include goes round in a circle"), err);
		if (++depth > DEEPEST)
			return too_deep(grammar, path, _("include goes too deep"), err);
	}
	return true;
}

/* Relative names are relative to the file that includes. */
static const char *
included_path(struct arena *arena, const struct source *source, struct span value)
{
	const char *path = expand_home(arena, span_string(arena, value));
	const char *slash = strrchr(source->path, '/');

	if (*path == '/' || !slash)
		return path;
	return arena_printf(arena, "%.*s%s", (int)(slash + 1 - source->path),
			    source->path, path);
}

static bool
read_include(struct grammar *grammar, struct source *source, struct span value,
	     struct error *err)
{
	const char *path = included_path(grammar->arena, source, value);
	const char *visible = clean_text(grammar->arena, span_of(path));
	CLEANUP(close_file) int fd = -1;

	if (!value.len)
		return wrong(grammar, _("include needs the name of a file"), err);
	if (grammar->inert)
		return wrong(grammar, _("include is not possible here"), err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail_errno(err, FAULT_CONFIG,
				  _("%s:%u: cannot read the included file %s"),
				  source->lines.path, source->lines.number, visible);
	return check_chain(grammar, fd, visible, err) &&
	       grammar_file(grammar, fd, path, err);
}

/* The first line that a command prints stands for this one. */
static bool
read_eval(struct grammar *grammar, struct source *source, struct span value,
	  struct error *err)
{
	struct error inner = { .arena = err->arena };
	struct command command = { 0 };
	struct secret output = { 0 };
	struct lines lines = { .path = source->lines.path,
			       .number = source->lines.number };
	bool secret_before = source->holds_secret, ok = false;
	struct span word;

	if (!value.len)
		return wrong(grammar, _("eval needs a command"), err);
	if (grammar->inert || grammar->lenient)
		return wrong(grammar, _("eval is not possible here"), err);
	if (!may_command(grammar, source, "eval", err))
		return false;
	if (!command_start(&command, "eval", span_string(grammar->arena, value),
			   &inner) ||
	    !command_take(&command, deadline_in(EVAL_PATIENCE), &output, &inner))
		return wrong(grammar, inner.what, err);
	lines.rest = (struct span){ output.at, output.len };
	lines.number--;
	switch (lines_next(&lines, &word, &value, err)) {
	case LINES_GIVEN:
		ok = span_equal(word, SPAN("eval"))
			     ? wrong(grammar, _("eval cannot print another eval"), err)
			     : read_line(grammar, source, word, value, err);
		break;
	case LINES_END:
		ok = true;
		break;
	case LINES_BAD:
		break;
	}
	source->holds_secret = secret_before;
	secret_release(&output);
	return ok;
}

/* ---- lines ---- */

static bool
read_line(struct grammar *grammar, struct source *source, struct span word,
	  struct span value, struct error *err)
{
	if (span_equal(word, SPAN("account")))
		return read_account(grammar, value, err);
	if (span_equal(word, SPAN("include")))
		return read_include(grammar, source, value, err);
	if (span_equal(word, SPAN("eval")))
		return read_eval(grammar, source, value, err);
	if (!span_equal(word, SPAN("defaults")))
		return read_setting(grammar, source, word, value, err);
	if (value.len)
		return wrong(grammar, _("\"defaults\" takes no argument"), err);
	grammar->current = &grammar->drafts.defaults;
	return true;
}

/* Whether the line is one, or was meant as one, that has no say in who sends and where mail
 * is kept. */
static bool
is_harmless(struct span word)
{
	const char *meant = setting_suggestion(word);
	int row = setting_row(word);

	if (row < 0 && meant)
		row = setting_row(span_of(meant));
	return row >= 0 && settings[row].chapter != CHAPTER_MESSAGE &&
	       settings[row].chapter != CHAPTER_QUEUE &&
	       strcmp(settings[row].name, "domain") != 0;
}

static bool
read_lines(struct grammar *grammar, struct source *source, struct error *err)
{
	struct span word, value;

	for (;;) {
		switch (lines_next(&source->lines, &word, &value, err)) {
		case LINES_END:
			return true;
		case LINES_BAD:
			return false;
		case LINES_GIVEN:
			if (read_line(grammar, source, word, value, err))
				break;
			if (!grammar->lenient || !is_harmless(word))
				return false;
			error_clear(err);
		}
	}
}

/* A password may stand only where others cannot read it. */
static bool
check_secrecy(struct grammar *grammar, const struct source *source, struct error *err)
{
	if (!source->holds_secret || grammar->lenient)
		return true;
	if (!grammar->foreign)
		return lines_are_private(&source->lines,
					 grammar->dialect == DIALECT_POSTRIDER, err);
	if (!grammar->exposed && (source->lines.status.st_mode & S_IROTH))
		grammar->exposed = source->lines.path;
	return true;
}

/* ---- the whole ---- */

bool
grammar_begin(struct grammar *grammar, struct error *err)
{
	return drafts_begin(&grammar->drafts, grammar->arena, grammar->dialect, err);
}

bool
grammar_file(struct grammar *grammar, int fd, const char *path, struct error *err)
{
	struct source source = { .outer = grammar->source, .path = path };
	bool ok;

	if (!lines_read(&source.lines, fd, clean_text(grammar->arena, span_of(path)),
			err))
		return false;
	grammar->seen = crc32c(grammar->seen, (const char *)&source.lines.status.st_mtim,
			       sizeof(source.lines.status.st_mtim));
	grammar->source = &source;
	ok = read_lines(grammar, &source, err) && check_secrecy(grammar, &source, err);
	grammar->source = source.outer;
	lines_release(&source.lines);
	return ok;
}

bool
grammar_text(struct grammar *grammar, const char *path, struct span text,
	     struct error *err)
{
	const char *shown_path = clean_text(grammar->arena, span_of(path));
	struct source source = { .path = path,
				 .lines = { .path = shown_path, .rest = text } };
	bool ok;

	if (grammar->status)
		source.lines.status = *grammar->status;
	grammar->source = &source;
	ok = read_lines(grammar, &source, err);
	grammar->source = NULL;
	return ok;
}
