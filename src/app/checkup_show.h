/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's report, for people and for programs. */
#ifndef APP_CHECKUP_SHOW_H
#define APP_CHECKUP_SHOW_H

#include "app/checkup.h"

/* On standard output: a line for each finding, then the verdict and what to do next, not
 * wider than the terminal; or with --json an object. With --mask nothing that names a
 * person, a user or this machine is in it. */
void checkup_show(const struct checkup *checkup);

#endif
