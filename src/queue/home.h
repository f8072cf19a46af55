/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a user's queue is, and what to do when there is no place for it. */
#ifndef QUEUE_HOME_H
#define QUEUE_HOME_H

#include "base/error.h"

/* The setting, else /var/spool/postrider for root, else postrider/queue in state_folder().
 * NULL when there is no such place. */
const char *spool_path(struct arena *arena, const char *setting);
/* Whether there is a queue at PATH (of spool_path, NULL too), or one could be made, as far as
 * can be seen without making it. */
bool spool_is_possible(const char *path, struct error *err) MUST_CHECK;
/* Says, if nothing is said yet, that there is no place for a queue; and without a SETTING what
 * root can do about it, if it is for that. Always false. */
bool spool_impossible(const char *setting, struct error *err);

#endif
