/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Domain names: those beyond ASCII (RFC 5890, UTS 46), by libidn2; and which is below which. */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "base/error.h"

#include <stdbool.h>

/* The A-label form of a domain in UTF-8, in lower case, in the arena: what libidn2
 * says with IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT. FAULT_DATA when it says that this
 * is no name; FAULT_DATA, too, in a build without libidn2. Meant for names beyond
 * ASCII only, because libidn2 refuses ASCII names that exist ("r3---sn.example"). */
bool domain_to_alabel(struct arena *arena, const char *domain, const char **ascii,
		      struct error *err) MUST_CHECK;

/* Whether the host is one of DOMAINS, separated by blanks, or below it; in any case. */
bool host_is_below(const char *host, const char *domains);

#endif
