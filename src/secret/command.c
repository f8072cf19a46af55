/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a helper and takes the first line that it prints. */
#include "secret/command.h"

#include "base/file.h"
#include "base/process.h"

#include <string.h>
#include <sys/wait.h>

enum { MOST_KIB = 64, STATUS_NOT_FOUND = 127 };

bool
command_start(struct command *command, const char *text, struct error *err)
{
	CLEANUP(close_file) int to_read = -1;
	CLEANUP(close_file) int to_write = -1;
	int ends[2];
	pid_t child;

	if (!process_pipe(ends))
		return fail_errno(
			err, FAULT_SYSTEM,
			_("cannot make a pipe for the command of passwordeval"));
	to_read = ends[0];
	to_write = ends[1];
	if (!process_shell(text, to_write, &child))
		return fail_errno(
			err, FAULT_SYSTEM,
			_("cannot start /bin/sh for the command of passwordeval"));
	*command = (struct command){ .text = text, .child = child, .output = to_read };
	to_read = -1;
	return true;
}

/* The command itself is not in the sentences: it may contain what nobody should see. */
static bool
check_status(int status, struct error *err)
{
	if (WIFSIGNALED(status))
		return fail(err, FAULT_CONFIG,
			    _("passwordeval gave no password: its command was "
			      "ended by signal %d (%s)"),
			    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 0)
		return true;
	fail(err, FAULT_CONFIG,
	     _("passwordeval gave no password: its command ended with "
	       "exit status %d"),
	     WEXITSTATUS(status));
	if (WEXITSTATUS(status) == STATUS_NOT_FOUND)
		fail_hint(err, _("The shell did not find the program: see PATH"));
	return false;
}

static bool
check_result(enum process_result result, int status, struct error *err)
{
	switch (result) {
	case PROCESS_ENDED:
		return check_status(status, err);
	case PROCESS_LATE:
		return fail(err, FAULT_CONFIG,
			    _("passwordeval gave no password: its command did not "
			      "end in time"));
	case PROCESS_FULL:
		return fail(err, FAULT_CONFIG,
			    _("passwordeval gave no password: its command printed "
			      "more than %d KiB"),
			    MOST_KIB);
	case PROCESS_LOST:
		return fail(err, FAULT_CONFIG,
			    _("passwordeval gave no password: nobody knows how its "
			      "command ended"));
	}
	return false;
}

static bool
take_line(const struct buf *heard, struct secret *secret, struct error *err)
{
	struct span all = buf_span(heard), line = span_part(all, 0, span_find(all, '\n'));

	if (line.len < all.len && line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0)
		return fail(err, FAULT_CONFIG,
			    all.len ? _("passwordeval gave no password: the first line "
					"that its command printed is empty")
				    : _("passwordeval gave no password: its command "
					"printed nothing"));
	if (span_find(line, '\0') < line.len)
		return fail(err, FAULT_CONFIG,
			    _("passwordeval gave no password: its command printed "
			      "a NUL byte"));
	secret_set(secret, line);
	return true;
}

bool
command_take(struct command *command, int64_t deadline, struct secret *secret,
	     struct error *err)
{
	CLEANUP(close_file) int output = command->output;
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	enum process_result result;
	int status = 0;

	/* At once in full, since growing would leave copies behind. */
	buf_reserve(&heard, (size_t)MOST_KIB * 1024);
	result = process_hear(command->child, output, deadline, &heard, &status);
	*command = (struct command){ 0 };
	return check_result(result, status, err) && take_line(&heard, secret, err);
}

void
command_abandon(struct command *command)
{
	if (command->child > 0) {
		close_file(&command->output);
		process_end(command->child);
	}
	*command = (struct command){ 0 };
}
