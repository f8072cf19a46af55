/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the commands of `eval`. */
#include "conf/eval.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#include <string.h>
#include <sys/wait.h>

enum { PATIENCE = 60 /* s */, MOST_KIB = 64 };

static bool
check_status(int status, struct error *err)
{
	if (WIFSIGNALED(status))
		return fail(err, FAULT_CONFIG,
			    _("the command of eval was ended by signal %d (%s)"),
			    WTERMSIG(status), strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status) == 0 ||
	       fail(err, FAULT_CONFIG, _("the command of eval ended with exit status %d"),
		    WEXITSTATUS(status));
}

static bool
check_result(enum process_result result, int status, struct error *err)
{
	switch (result) {
	case PROCESS_ENDED:
		return check_status(status, err);
	case PROCESS_LATE:
		return fail(err, FAULT_CONFIG,
			    _("the command of eval did not end within %d seconds"),
			    PATIENCE);
	case PROCESS_FULL:
		return fail(err, FAULT_CONFIG,
			    _("the command of eval printed more than %d KiB"), MOST_KIB);
	case PROCESS_LOST:
		return fail(err, FAULT_CONFIG,
			    _("nobody knows how the command of eval ended"));
	}
	return false;
}

static bool
take_line(const struct buf *heard, struct secret *line, struct error *err)
{
	struct span all = buf_span(heard),
		    first = span_part(all, 0, span_find(all, '\n'));

	if (!first.len)
		return fail(err, FAULT_CONFIG, _("the command of eval printed nothing"));
	if (span_find(first, '\0') < first.len)
		return fail(err, FAULT_CONFIG, _("the command of eval printed a NUL"));
	secret_set(line, first);
	return true;
}

static bool
run(const char *command, struct buf *heard, struct error *err)
{
	CLEANUP(close_file) int to_read = -1;
	enum process_result result;
	int ends[2], status = 0;
	pid_t child;
	bool started;

	if (!process_pipe(ends))
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot make a pipe for the command of eval"));
	to_read = ends[0];
	started = process_shell(command, ends[1], &child);
	close_file(&ends[1]);
	if (!started)
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot start /bin/sh for the command of eval"));
	result = process_hear(child, to_read, deadline_in(PATIENCE), heard, &status);
	return check_result(result, status, err);
}

bool
eval_line(const char *command, struct secret *line, struct error *err)
{
	struct buf heard = { 0 };
	bool ok;

	/* At once in full, since growing would leave copies behind. */
	buf_reserve(&heard, (size_t)MOST_KIB * 1024);
	ok = run(command, &heard, err) && take_line(&heard, line, err);
	buf_wipe(&heard);
	return ok;
}
