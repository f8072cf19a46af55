/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for bash(1), with the functions of bash-completion. */
#ifndef SHELL_BASH_H
#define SHELL_BASH_H

#include <stdio.h>

void write_bash(FILE *out);

#endif
