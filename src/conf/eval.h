/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The setting `eval`: a shell command whose output is a line of the configuration. */
#ifndef CONF_EVAL_H
#define CONF_EVAL_H

#include "base/error.h"
#include "secret/secret.h"

/* Runs `sh -c COMMAND` with /dev/null as standard input, at most 60 s. LINE gets the
 * first line of its output, which may be a password. FAULT_CONFIG when it fails, or says
 * nothing; the sentence tells how, and begins with lower case, so that file and line can
 * stand before it. */
bool eval_line(const char *command, struct secret *line, struct error *err) MUST_CHECK;

#endif
