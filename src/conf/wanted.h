/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses by a text, as sendmail's -qI, -qR and -qS do. */
#ifndef CONF_WANTED_H
#define CONF_WANTED_H

#include <stdbool.h>
#include <stddef.h>

/* A text that must be somewhere, or must not be there; NULL: it does not matter. */
struct wanted {
	const char *text;
	bool absent;
};

/* Whether that is so of the COUNT texts together. */
bool wanted_fits(const struct wanted *wanted, const char *const *texts, size_t count);

#endif
