/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads libraries late. */
#include "base/lazy.h"

#include <dlfcn.h>
#include <string.h>

bool
lazy_load(const char *soname, const struct lazy_symbol *symbols, size_t count)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!dlsym(library, symbols[i].name)) {
			dlclose(library);
			return false;
		}
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(library, symbols[i].name);

		/* A function pointer is no object pointer to C, but to POSIX it has its
		 * bytes. */
		memcpy(symbols[i].place, &function, sizeof(function));
	}
	return true;
}
