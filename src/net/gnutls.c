/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows what GnuTLS is called on the disk. */
#include "net/gnutls.h"

#include "base/lazy.h"

#define SONAME "libgnutls.so.30"

LAZY_NOTE("gnutls", "TLS, which submission needs", "required", SONAME);

struct gnutls gnutls;

static const struct lazy_symbol symbols[] = {
#define GNUTLS_SYMBOL(name) { "gnutls_" #name, &gnutls.name },
	GNUTLS_FUNCTIONS(GNUTLS_SYMBOL)
#undef GNUTLS_SYMBOL
};

bool
gnutls_load(struct error *err)
{
	if (gnutls.init ||
	    lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0])))
		return true;
	return fail(err, FAULT_SYSTEM, _("TLS needs the library %s, which is not here"),
		    SONAME);
}
