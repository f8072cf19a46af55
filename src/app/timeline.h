/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time of a session went, drawn as a waterfall (--timeline). */
#ifndef APP_TIMELINE_H
#define APP_TIMELINE_H

#include "smtp/session.h"

#include <stdio.h>

/* One row per part of the session: name, begin and length in milliseconds, bar. Eighty
 * columns. */
void timeline_draw(const struct session *session, FILE *out);

#endif
