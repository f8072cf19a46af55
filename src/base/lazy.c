/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads libraries late. */
#include "base/lazy.h"

#include <dlfcn.h>
#include <string.h>

bool
lazy_load(const char *soname, const struct lazy_symbol *symbols, size_t count)
{
	/* The library's own calls are bound as in any program that is linked with it: most of
	 * them are never made. */
	void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
	void *function = NULL;
	size_t i;

	if (!library)
		return false;
	for (i = 0; i < count && (function = dlsym(library, symbols[i].name)); i++)
		/* A function pointer is no object pointer to C, but to POSIX it has its
		 * bytes. */
		memcpy(symbols[i].place, &function, sizeof(function));
	if (i == count)
		return true;
	while (i--)
		memset(symbols[i].place, 0, sizeof(function));
	dlclose(library);
	return false;
}
