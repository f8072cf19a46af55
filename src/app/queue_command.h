/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command `queue`: what a person does with the queue. */
#ifndef APP_QUEUE_COMMAND_H
#define APP_QUEUE_COMMAND_H

#include "app/send.h"

/* postrider queue [list|show|run|hold|release|remove|retry] … */
bool queue_command(struct run *run, struct error *err) MUST_CHECK;

#endif
