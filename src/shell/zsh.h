/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for zsh(1). */
#ifndef SHELL_ZSH_H
#define SHELL_ZSH_H

#include <stdio.h>

void write_zsh(FILE *out);

#endif
