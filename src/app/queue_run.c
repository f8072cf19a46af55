/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the queue, and tells the log what became of each message. */
#include "app/queue_run.h"

#include "app/deliver.h"
#include "app/journal.h"
#include "queue/runner.h"

#include <signal.h>

bool
queue_open(struct run *run, struct spool *spool, struct error *err)
{
	const char *path;

	spool->fd = -1;
	if (!run_find_queue(run, err))
		return false;
	path = run_spool_path(run);
	return path && spool_open(path, spool, err) && spool->fd >= 0;
}

/* Nobody else hears of what a run does. */
static void
log_event(void *context, const struct queue_event *event)
{
	const struct run *run = context;
	struct arena arena = { 0 };
	const char *problem;
	struct record record = {
		.account = event->account,
		.envelope = event->envelope,
		.delivery = event->delivery,
		.err = event->err,
		.remark = event->remark,
		.queue = event->id,
		.program = run->reporter->program,
		.tag = run->request->log_tag,
		.as_sendmail = true,
	};

	journal_write(&arena, &record, &problem);
	if (run->request->mode == MODE_QUEUE || run->reporter->verbose) {
		if (event->err->fault)
			report_error(run->reporter, event->err);
		else if (event->remark)
			report_line(run->reporter, "%s: %s", event->id, event->remark);
	}
	arena_release(&arena);
}

/* ---- Ctrl-C ---- */

static volatile int asked_to_stop, may_be_out;

/* A message that may be out would be sent again: its end is waited for, unless somebody asks
 * twice. */
static void
interrupted(int number)
{
	if (may_be_out && !asked_to_stop) {
		asked_to_stop = number;
		return;
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void
hear_interrupt(int number)
{
	const struct sigaction action = { .sa_handler = interrupted };
	struct sigaction before;

	if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

static bool
pass_here(struct pass *pass, int64_t *next, struct error *err)
{
	bool ok;

	pass->stop = &asked_to_stop;
	pass->out = &may_be_out;
	hear_interrupt(SIGINT);
	hear_interrupt(SIGTERM);
	ok = pass_run(pass, next, err);
	if (asked_to_stop) {
		signal(asked_to_stop, SIG_DFL);
		raise(asked_to_stop);
	}
	return ok;
}

/* ---- the runs ---- */

bool
run_queue(struct run *run, struct error *err)
{
	const struct queue_run *wanted = &run->request->queue_run;
	struct spool spool;
	struct pass pass = {
		.spool = &spool,
		.tell = log_event,
		.context = run,
		.id = wanted->id,
		.recipient = wanted->recipient,
		.sender = wanted->sender,
	};
	int64_t next;
	bool ok = true;

	if (!queue_open(run, &spool, err))
		return err->fault == FAULT_NONE;
	if (wanted->stay)
		ok = runner_stay(&pass, err);
	else if (wanted->foreground)
		ok = pass_here(&pass, &next, err);
	else
		ok = runner_start(&spool, err);
	spool_close(&spool);
	return ok;
}

bool
queue_force(struct run *run, const struct spool *spool, const char *id, int64_t *next,
	    struct error *err)
{
	struct pass pass = {
		.spool = spool,
		.tell = log_event,
		.context = run,
		.force = true,
		.id.text = id,
	};

	return pass_here(&pass, next, err);
}
