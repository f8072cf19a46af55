/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a domain in UTF-8 into its A-label form. */
#include "mail/domain.h"

#include "base/text.h"
#include "config.h"

static bool
cannot_know(const char *domain, struct error *err)
{
	return fail(err, FAULT_DATA,
		    _("The domain \"%s\" cannot be used without the library libidn2, "
		      "which is not here; write it as xn--..."),
		    clean_text(err->arena, span_part(span_of(domain), 0, 60)));
}

#if HAVE_IDN2

#include "base/lazy.h"

#include <idn2.h>

#define SONAME "libidn2.so.0"

LAZY_NOTE("idn2", "Domain names beyond ASCII", "recommended", SONAME);

static struct {
	__typeof__(&idn2_lookup_u8) lookup_u8;
	__typeof__(&idn2_strerror) strerror;
	__typeof__(&idn2_free) free;
} idn2;

static const struct lazy_symbol symbols[] = {
	{ "idn2_lookup_u8", &idn2.lookup_u8 },
	{ "idn2_strerror", &idn2.strerror },
	{ "idn2_free", &idn2.free },
};

bool
domain_to_alabel(struct arena *arena, const char *domain, const char **ascii,
		 struct error *err)
{
	/* Never IDN2_USE_STD3_ASCII_RULES: it silently makes "ab" of "a_b". */
	const int flags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;
	uint8_t *found = NULL;
	int code;

	*ascii = NULL;
	if (!idn2.free &&
	    !lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0])))
		return cannot_know(domain, err);
	code = idn2.lookup_u8((const uint8_t *)domain, &found, flags);
	if (code != IDN2_OK)
		return fail(err, FAULT_DATA, _("\"%s\" is no domain name: %s"),
			    clean_text(arena, span_part(span_of(domain), 0, 60)),
			    idn2.strerror(code));
	*ascii = arena_string(arena, (const char *)found);
	idn2.free(found);
	return true;
}

#else

bool
domain_to_alabel(struct arena *arena, const char *domain, const char **ascii,
		 struct error *err)
{
	(void)arena;
	*ascii = NULL;
	return cannot_know(domain, err);
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
