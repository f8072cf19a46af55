/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the user that are replaced in one step, or stay as they were. */
#ifndef APP_REPLACE_H
#define APP_REPLACE_H

#include "base/error.h"
#include "base/text.h"

#include <sys/stat.h>

const char *folder_of(struct arena *arena, const char *path);
/* Where it really is, behind links, as those who keep their files elsewhere have them. */
const char *real_file(struct arena *arena, const char *path);
/* Whether both names lead to one file. */
bool is_same_file(const char *one, const char *other);

/* A new file beside PATH, with owner, group and mode LIKE these; NULL: of the caller alone.
 * *TEMPORARY is its name, to be unlinked after a failure. FAULT_CANNOT_CREATE, FAULT_IO. */
bool replace_write(const char *path, struct span text, const struct stat *like,
		   char **temporary, struct error *err) MUST_CHECK;
/* Gives what is at PATH a second name, *OLD; NULL when there is nothing. */
bool replace_keep(const char *path, const char *temporary, char **old,
		  struct error *err) MUST_CHECK;
/* Puts the new file where PATH is. */
bool replace_put(const char *temporary, const char *path, struct error *err) MUST_CHECK;
/* Has PATH be what it was: OLD, or nothing. */
void replace_undo(const char *path, const char *old);

#endif
