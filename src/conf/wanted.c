/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks for a text in others. */
#include "conf/wanted.h"

#include <string.h>

bool
wanted_fits(const struct wanted *wanted, const char *const *texts, size_t count)
{
	bool found = false;

	for (size_t i = 0; wanted->text && !found && i < count; i++)
		found = strstr(texts[i], wanted->text);
	return !wanted->text || found != wanted->absent;
}
