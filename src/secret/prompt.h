/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password typed in at the terminal. */
#ifndef SECRET_PROMPT_H
#define SECRET_PROMPT_H

#include "base/error.h"
#include "secret/secret.h"

/* Whether there is a terminal to ask at. */
bool prompt_is_possible(void);
/* Asks on /dev/tty, without echo; the terminal is restored, signals included.
 * secret->at stays NULL, without a failure, when there is no terminal or nothing was
 * typed. FAULT_LOGIN when a signal interrupts the question. QUESTION ends with ": ". */
bool prompt_secret(const char *question, struct secret *secret,
		   struct error *err) MUST_CHECK;

#endif
