/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes over what msmtpq has kept. */
#ifndef APP_IMPORT_H
#define APP_IMPORT_H

#include "app/send.h"

/* Each pair of ID.mail and ID.msmtp (the arguments of msmtp, with blanks between them) in
 * FOLDER goes into the queue, as if msmtp had been called with them; then the pair is
 * removed. Goes on behind a pair that cannot be taken, which stays and is told; ERR has
 * the first such reason. */
bool import_folder(struct run *run, const char *folder, struct error *err) MUST_CHECK;

#endif
