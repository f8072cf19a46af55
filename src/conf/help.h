/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `postrider help` says; made from the tables of flags and settings. */
#ifndef CONF_HELP_H
#define CONF_HELP_H

#include "base/error.h"

#include <stdio.h>

/* Where it is written, and how many columns there are. */
struct help_page {
	FILE *out;
	size_t width;
};

/* What fits a screen: the examples, and how to get all. */
void options_help_briefly(const struct help_page *page);
/* Writes the help: examples first, then the options by chapter. TOPIC is NULL, a setting
 * or option (with or without dashes), or an exit status. FAULT_USAGE for an unknown
 * topic. */
bool options_help(const char *topic, const struct help_page *page,
		  struct error *err) MUST_CHECK;

#endif
