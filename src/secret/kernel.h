/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password in the kernel's keyrings, see keyrings(7). */
#ifndef SECRET_KERNEL_H
#define SECRET_KERNEL_H

#include "base/error.h"
#include "secret/secret.h"

/* Setting password_key: the first line of the key of type "user" with that DESCRIPTION,
 * from the keyrings of the thread, the process and the session, then from the user's.
 * FAULT_CONFIG: there is none, it may not be read, has expired, or its first line is empty
 * or has a NUL. */
bool kernel_key_take(const char *description, struct secret *secret,
		     struct error *err) MUST_CHECK;

#endif
