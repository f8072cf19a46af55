/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a function in a child and hears what it found. */
#include "base/errand.h"

#include "base/file.h"
#include "base/process.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

bool
errand_start(struct errand *errand, errand_work *work, const void *question,
	     struct error *err)
{
	int ends[2];

	*errand = (struct errand){ 0 };
	if (!process_pipe(ends))
		return fail_errno(err, FAULT_SYSTEM, _("A pipe cannot be made"));
	errand->child = process_fork();
	if (errand->child == 0) {
		struct buf found = { 0 };

		work(question, &found);
		_exit(write_all(ends[1], found.at, found.len) ? EXIT_SUCCESS
							      : EXIT_FAILURE);
	}
	close_file(&ends[1]);
	errand->answer = ends[0];
	if (errand->child > 0)
		return true;
	errand->child = 0;
	close_file(&errand->answer);
	return fail_errno(err, FAULT_SYSTEM, _("A process cannot be started"));
}

bool
errand_take(struct errand *errand, int64_t deadline, struct buf *answer)
{
	enum process_result result;
	int status;

	if (!errand->child)
		return false;
	buf_reserve(answer, ERRAND_ANSWER_MAX);
	result = process_hear(errand->child, errand->answer, deadline, answer, &status);
	errand->child = 0;
	close_file(&errand->answer);
	return result == PROCESS_ENDED && WIFEXITED(status) &&
	       WEXITSTATUS(status) == EXIT_SUCCESS;
}

void
errand_abandon(struct errand *errand)
{
	if (!errand->child)
		return;
	process_end(errand->child);
	errand->child = 0;
	close_file(&errand->answer);
}
