/* SPDX-License-Identifier: GPL-3.0-or-later */
/* %-patterns in the settings `domain` and `from`. */
#ifndef CONF_PATTERN_H
#define CONF_PATTERN_H

#include "base/error.h"

#include <stdbool.h>

/* TEXT with %M (first line of the system's mailname file), %H ($HOSTNAME, else the host's
 * name), %C (the host's full name, which is looked up), and where a USER makes sense %U
 * (the name of the real uid) replaced, once, from left to right; %% is a percent sign,
 * any other % stays. FAULT_CONFIG when %M cannot be read, for %U without USER, and for %F
 * (the sender that the header names), which is no text; the caller adds which setting it
 * is. */
bool pattern_expand(struct arena *arena, const char *text, bool user,
		    const char **expanded, struct error *err) MUST_CHECK;

#endif
