/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for fish(1). */
#ifndef SHELL_FISH_H
#define SHELL_FISH_H

#include <stdio.h>

void write_fish(FILE *out);

#endif
