/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which hosts a domain lets send its mail (SPF, RFC 7208). */
#ifndef NET_SPF_H
#define NET_SPF_H

#include "base/error.h"

enum spf_result {
	SPF_NONE, /* the domain says nothing */
	SPF_PASS,
	SPF_NEUTRAL,
	SPF_SOFTFAIL,
	SPF_FAIL,
	SPF_BROKEN, /* the record is wrong, or asks for too many look-ups */
	SPF_UNCLEAR /* no name server answers, or the record depends on the single mail */
};

/* What the record of DOMAIN, an A-label, says of mail from ADDRESS, a literal. *RECORD is
 * the text of the record, clean for a terminal, or NULL. A few seconds for each of at most
 * ten look-ups. */
enum spf_result spf_check(struct arena *arena, const char *domain, const char *address,
			  const char **record);

#endif
