/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program does by the name that it was called by. */
#ifndef CONF_PERSONALITY_H
#define CONF_PERSONALITY_H

#include "conf/options.h"

struct personality {
	const char *name;     /* base name of argv[0]; NULL: any other */
	enum mode mode;	      /* when no option asks for another */
	bool sendmail;	      /* its flags mean what sendmail's mean */
	enum dialect dialect; /* of files whose names do not tell, and without one */
	bool commands;	      /* a first word like `info` is a command, no recipient */
};

/* Never NULL. PATH may be NULL: a caller may give no argv[0]. */
const struct personality *personality_of(const char *path);

#endif
