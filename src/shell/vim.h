/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colours for the configuration file in vim(1). */
#ifndef SHELL_VIM_H
#define SHELL_VIM_H

#include <stdio.h>

void write_vim(FILE *out);

#endif
