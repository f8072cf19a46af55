/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the person at the terminal, whatever standard input and output are. */
#ifndef APP_ASK_H
#define APP_ASK_H

#include "base/error.h"

#include <stdbool.h>

/* Whether there is a terminal to ask on. */
bool ask_can(void);
/* QUESTION is a whole sentence; which answer USUAL stands for Enter is added. FAULT_USAGE
 * when there is no answer. */
bool ask_yes(const char *question, bool usual, bool *yes, struct error *err) MUST_CHECK;
/* One line, without blanks at both ends; USUAL, if it is not NULL, stands for an empty
 * one. FAULT_USAGE when there is no answer. */
bool ask_line(const char *question, const char *usual, const char **answer,
	      struct error *err) MUST_CHECK;

#endif
