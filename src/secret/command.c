/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a helper and takes the first line that it prints. */
#include "secret/command.h"

#include "base/file.h"
#include "base/process.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_KIB = 64, STATUS_NOT_FOUND = 127 };

static bool
start(struct command *command, const char *text, int input, struct error *err)
{
	CLEANUP(close_file) int to_read = -1;
	CLEANUP(close_file) int to_write = -1;
	int ends[2];
	pid_t child;

	if (!process_pipe(ends))
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot make a pipe for the command of %s"),
				  command->setting);
	to_read = ends[0];
	to_write = ends[1];
	if (!process_shell(text, input, to_write, &child))
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot start /bin/sh for the command of %s"),
				  command->setting);
	command->child = child;
	command->output = to_read;
	to_read = -1;
	return true;
}

bool
command_start(struct command *command, const char *setting, const char *text,
	      struct error *err)
{
	*command = (struct command){ .setting = setting };
	return start(command, text, -1, err);
}

/* A file in memory, since a pipe takes no more than the system lets it. */
bool
command_start_with(struct command *command, const char *setting, const char *text,
		   struct span input, struct error *err)
{
	CLEANUP(close_file) int file = memfd_create(setting, MFD_CLOEXEC);

	*command = (struct command){ .setting = setting };
	if (file < 0 || !write_all(file, input.at, input.len) ||
	    lseek(file, 0, SEEK_SET) != 0)
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot make the input for the command of %s"),
				  setting);
	return start(command, text, file, err);
}

static bool
wants_password(struct error *err)
{
	return fail_hint(err,
			 _("Run that command by hand until it prints the password, and "
			   "nothing before it."));
}

/* The command itself is not in the sentences: it may contain what nobody should see. */
static bool
check_status(const char *setting, int status, struct error *err)
{
	if (WIFSIGNALED(status))
		return fail(err, FAULT_CONFIG,
			    _("%s gave nothing: its command was "
			      "ended by signal %d (%s)"),
			    setting, WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 0)
		return true;
	fail(err, FAULT_CONFIG,
	     _("%s gave nothing: its command ended with "
	       "exit status %d"),
	     setting, WEXITSTATUS(status));
	if (WEXITSTATUS(status) == STATUS_NOT_FOUND)
		fail_hint(err, _("The shell did not find the program: see PATH"));
	return false;
}

static bool
check_result(const char *setting, enum process_result result, int status,
	     struct error *err)
{
	switch (result) {
	case PROCESS_ENDED:
		return check_status(setting, status, err);
	case PROCESS_LATE:
		return fail(err, FAULT_CONFIG,
			    _("%s gave nothing: its command did not "
			      "end in time"),
			    setting);
	case PROCESS_FULL:
		fail(err, FAULT_CONFIG,
		     _("%s gave nothing: its command printed "
		       "more than %d KiB"),
		     setting, MOST_KIB);
		return wants_password(err);
	case PROCESS_LOST:
		return fail(err, FAULT_CONFIG,
			    _("%s gave nothing: nobody knows how its "
			      "command ended"),
			    setting);
	}
	return false;
}

static bool
take_line(const char *setting, const struct buf *heard, struct secret *secret,
	  struct error *err)
{
	if (secret_set_line(secret, buf_span(heard)))
		return true;
	if (!heard->len)
		return fail(err, FAULT_CONFIG,
			    _("%s gave nothing: its command printed nothing"), setting);
	fail(err, FAULT_CONFIG,
	     _("%s gave nothing: the first line that its command printed is "
	       "empty or has a NUL byte"),
	     setting);
	return wants_password(err);
}

bool
command_hear(struct command *command, int64_t deadline, struct buf *heard,
	     struct error *err)
{
	CLEANUP(close_file) int output = command->output;
	enum process_result result;
	int status = 0;
	const char *setting = command->setting;

	/* At once in full, since growing would leave copies behind. */
	buf_reserve(heard, (size_t)MOST_KIB * 1024);
	result = process_hear(command->child, output, deadline, heard, &status);
	*command = (struct command){ 0 };
	return check_result(setting, result, status, err);
}

bool
command_take(struct command *command, int64_t deadline, struct secret *secret,
	     struct error *err)
{
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	const char *setting = command->setting;

	return command_hear(command, deadline, &heard, err) &&
	       take_line(setting, &heard, secret, err);
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
