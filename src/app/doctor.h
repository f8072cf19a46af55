/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command `doctor`: looks at everything that sending mail needs. */
#ifndef APP_DOCTOR_H
#define APP_DOCTOR_H

#include "app/send.h"

/* Checks in the order in which a message needs things, writes the report, and fails with
 * the first thing that is wrong, of which the report has told. No mail is sent. */
bool examine(struct run *run, struct error *err) MUST_CHECK;

#endif
