/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the command line, from the tables of flags, settings and commands, for
 * those who write files for shells. */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* What may stand behind an option. */
enum value { VALUE_NONE, VALUE_TEXT, VALUE_FILE, VALUE_ACCOUNT, VALUE_CHOICE };

struct option_word {
	char letter;	  /* NUL: only long */
	const char *name; /* NULL: only a letter */
	const char *help; /* without the full stop */
	enum value value;
	bool optional;		    /* the value; then it is attached */
	const char *placeholder;    /* of the value; NULL: there is none */
	const char *const *choices; /* of VALUE_CHOICE, NULL-terminated */
};

/* All options that mean something; *COUNT of them. */
const struct option_word *option_words(struct arena *arena, size_t *count);

struct command_word {
	const char *name;
	const char *help; /* without a full stop */
	const char
		*follows; /* words with blanks between; "" for an account; NULL: none */
	const char *ids;  /* those of them, "|" between, behind which IDs stand; NULL */
};

const struct command_word *command_words(struct arena *arena, size_t *count);

#endif
