/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words that msmtp once had and still accepts, and what they are called today. */
#ifndef CONF_FORMER_H
#define CONF_FORMER_H

#include "base/text.h"

#include <stdbool.h>

enum former {
	FORMER_UNKNOWN, /* it is no such word */
	FORMER_SETTING, /* today it is a setting with a value */
	FORMER_IGNORED, /* today it means nothing */
	FORMER_WRONG	/* its argument is not what it can have */
};

/* Replaces *VALUE by that of the setting in *ROW. The words that only a configuration
 * file can have (auto_from, maildomain) are not among them. */
enum former former_setting(struct span word, struct span *value, size_t *row);
/* Whether the word takes no argument: tls_nocertcheck, tls_nostarttls. */
bool former_is_bare(struct span word);

#endif
