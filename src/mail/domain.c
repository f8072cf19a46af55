/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a domain in UTF-8 into its A-label form. */
#include "mail/domain.h"

#include "base/text.h"
#include "config.h"

#if HAVE_IDN2

#include <idn2.h>

bool
domain_to_alabel(struct arena *arena, const char *domain, const char **ascii,
		 struct error *err)
{
	/* Never IDN2_USE_STD3_ASCII_RULES: it silently makes "ab" of "a_b". */
	const int flags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;
	uint8_t *found = NULL;
	int code = idn2_lookup_u8((const uint8_t *)domain, &found, flags);

	if (code != IDN2_OK)
		return fail(err, FAULT_DATA, _("\"%s\" is no domain name: %s"),
			    clean_text(arena, span_part(span_of(domain), 0, 60)),
			    idn2_strerror(code));
	*ascii = arena_string(arena, (const char *)found);
	idn2_free(found);
	return true;
}

#else

bool
domain_to_alabel(struct arena *arena, const char *domain, const char **ascii,
		 struct error *err)
{
	*ascii = NULL;
	return fail(
		err, FAULT_DATA,
		_("The domain \"%s\" cannot be used, because this build does not know "
		  "international domain names (libidn2); write it as xn--..."),
		clean_text(arena, span_part(span_of(domain), 0, 60)));
}

#endif

bool
host_is_below(const char *host, const char *domains)
{
	struct span rest = span_of(domains), name = span_of(host), domain;

	while ((domain = span_word(&rest)).len) {
		size_t at = name.len > domain.len ? name.len - domain.len : 0;

		if (span_same_word(span_part(name, at, name.len), domain) &&
		    (!at || name.at[at - 1] == '.'))
			return true;
	}
	return false;
}
