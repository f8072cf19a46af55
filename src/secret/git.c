/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Speaks the protocol of git-credential(1). */
#include "secret/git.h"

#include "base/clock.h"
#include "base/file.h"

#include <string.h>

#define SETTING "password_git"

/* Not in this folder: a repository that came from somebody else may name helpers. Nor in
 * the one that a hook is run for. */
#define CREDENTIAL "cd / && unset GIT_DIR && exec git credential "

enum { PATIENCE_TELLING = 10 /* s */ };

bool
git_start(struct git *git, struct error *err)
{
	CLEANUP(release_buf) struct buf question = { 0 };

	/* A line end in a name would make it another question. */
	if (strchr(git->host, '\n') || (git->user && strchr(git->user, '\n')))
		return fail(err, FAULT_CONFIG,
			    _("git cannot be asked for a name that has a line end"));
	buf_printf(&question, "protocol=smtp\nhost=%s", git->host);
	if (git->port)
		buf_printf(&question, ":%u", git->port);
	if (git->user)
		buf_printf(&question, "\nusername=%s", git->user);
	buf_add_string(&question, "\n\n");
	return command_start_with(&git->command, SETTING, CREDENTIAL "fill",
				  buf_span(&question), err);
}

/* The value of the last line NAME=VALUE; empty when there is none. */
static struct span
value_of(struct span text, struct span name)
{
	struct span value = { 0 };

	while (text.len) {
		size_t end = span_find(text, '\n');
		struct span line = span_part(text, 0, end);
		size_t equals = span_find(line, '=');

		if (span_equal(span_part(line, 0, equals), name))
			value = span_part(line, equals + 1, line.len);
		text = span_part(text, end + 1, text.len);
	}
	return value;
}

static bool
fail_fill(const struct git *git, struct error *err)
{
	char *host = clean_text(err->arena, span_of(git->host));

	fail(err, FAULT_CONFIG, _("password_git gave nothing: git knows no password"));
	if (git->port)
		host = arena_printf(err->arena, "%s:%u", host, git->port);
	return fail_hint(
		err,
		arena_printf(err->arena,
			     _("Git was asked for protocol=smtp, host=%s, username=%s"),
			     host, clean_text(err->arena, span_of(git->user))));
}

bool
git_take(struct git *git, int64_t deadline, struct secret *password, struct error *err)
{
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	struct span value;

	if (!command_hear(&git->command, deadline, &heard, err))
		return fail_fill(git, err);
	value = value_of(buf_span(&heard), SPAN("password"));
	if (!value.len || span_find(value, '\0') < value.len)
		return fail_fill(git, err);
	secret_set(&git->answer, buf_span(&heard));
	secret_set(password, value);
	return true;
}

/* ---- the outcome ---- */

static void
hear_out(struct git *git, struct error *ignored)
{
	CLEANUP(release_buf) struct buf heard = { 0 };

	if (git->answer.at && git->command.child > 0)
		(void)!command_hear(&git->command, deadline_in(PATIENCE_TELLING), &heard,
				    ignored);
}

void
git_tell(struct git *git, bool accepted)
{
	struct arena arena = { 0 };
	struct error ignored = { .arena = &arena };

	hear_out(git, &ignored);
	if (git->answer.at)
		(void)!command_start_with(
			&git->command, SETTING,
			accepted ? CREDENTIAL "approve" : CREDENTIAL "reject",
			(struct span){ git->answer.at, git->answer.len }, &ignored);
	arena_release(&arena);
}

void
git_release(struct git *git)
{
	struct arena arena = { 0 };
	struct error ignored = { .arena = &arena };

	hear_out(git, &ignored);
	command_abandon(&git->command);
	secret_release(&git->answer);
	arena_release(&arena);
}
