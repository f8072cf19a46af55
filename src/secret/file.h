/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password in a file of its own. */
#ifndef SECRET_FILE_H
#define SECRET_FILE_H

#include "base/error.h"
#include "secret/secret.h"

#include <sys/stat.h>

/* Setting password_file: the first line of a regular file that nobody else may read,
 * without the line end; the file may have 64 KiB. FAULT_CONFIG: it cannot be read, is open
 * to others (checked on the opened descriptor), or its first line is empty or has a NUL. */
bool file_take(const char *path, struct secret *secret, struct error *err) MUST_CHECK;
/* Setting password_credential: the same for a credential from the service manager, which
 * is a file of $CREDENTIALS_DIRECTORY; who may read it is the manager's business. */
bool credential_take(const char *name, struct secret *secret,
		     struct error *err) MUST_CHECK;
/* What the owner and the group may do with a file that has a password: nobody else may do
 * anything, and the group may read it when root has given it the file. */
mode_t private_mode(const struct stat *info);
/* Whether only this user and root may use a file with a password; a group may read it too,
 * when root has given it the file. Else FAULT_CONFIG, with what to do. */
bool file_is_private(const struct stat *info, const char *path,
		     struct error *err) MUST_CHECK;

#endif
