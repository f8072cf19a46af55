/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with the queue on request: -q, and the command `queue`. */
#ifndef APP_QUEUE_COMMAND_H
#define APP_QUEUE_COMMAND_H

#include "app/send.h"

/* -q, runq. */
bool run_queue(struct run *run, struct error *err) MUST_CHECK;
/* postrider queue [list|show|run|hold|release|remove|retry] … */
bool queue_command(struct run *run, struct error *err) MUST_CHECK;

#endif
