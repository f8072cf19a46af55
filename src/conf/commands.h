/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of postrider, and what stands behind them. */
#ifndef CONF_COMMANDS_H
#define CONF_COMMANDS_H

#include "conf/options.h"

/* The mode of a first word that is a command; false when it is none. */
bool commands_find(const char *word, enum mode *mode);
/* The command that a word may have been meant to be; NULL: none. */
const char *commands_near(const char *word);
/* All of them, one after the other; NULL behind the last one. */
const char *commands_word(size_t index);
/* Gives the operands of the request their meaning by its mode. COMMAND: a command asked
 * for it, and not an option. FAULT_USAGE when there are too many. */
bool commands_use_operands(struct request *request, bool command,
			   struct error *err) MUST_CHECK;

#endif
