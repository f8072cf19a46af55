/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings the tables into one form. */
#include "shell/words.h"

#include "conf/commands.h"
#include "conf/flags.h"

#include <string.h>

/* ---- options ---- */

static const char *
without_stop(struct arena *arena, const char *help)
{
	size_t len = strlen(help);

	return arena_copy(arena, help, len && help[len - 1] == '.' ? len - 1 : len);
}

static enum value
value_of(const char *name, const char *placeholder)
{
	if (!placeholder)
		return VALUE_NONE;
	if (strcmp(placeholder, "FILE") == 0)
		return VALUE_FILE;
	return name && (strcmp(name, "account") == 0 || strcmp(name, "fallback") == 0)
		       ? VALUE_ACCOUNT
		       : VALUE_TEXT;
}

static struct option_word
word_of_flag(struct arena *arena, const struct flag *flag)
{
	return (struct option_word){
		.letter = flag->letter,
		.name = flag->name,
		.help = without_stop(arena, flag->help),
		.value = value_of(flag->name, flag->placeholder),
		.optional = flag->takes == TAKES_ATTACHED,
		.placeholder = flag->placeholder,
	};
}

static struct option_word
word_of_setting(struct arena *arena, const struct setting *setting)
{
	const struct kind *kind = setting->kind;
	char *name = arena_string(arena, setting->name);

	for (char *c = name; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return (struct option_word){
		.name = name,
		.help = without_stop(arena, setting->help),
		.value = kind->choices ? VALUE_CHOICE
				       : value_of(setting->name, kind->placeholder),
		.optional = kind->empty != NULL,
		.placeholder = kind->placeholder,
		.choices = kind->choices,
	};
}

static bool
is_known(const struct option_word *words, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].name && strcmp(words[i].name, name) == 0)
			return true;
	return false;
}

const struct option_word *
option_words(struct arena *arena, size_t *count)
{
	struct option_word *words =
		arena_array(arena, struct option_word, flags_count + settings_count);

	*count = 0;
	for (size_t i = 0; i < flags_count; i++)
		if (flags[i].chapter != FLAGS_SILENT)
			words[(*count)++] = word_of_flag(arena, &flags[i]);
	for (size_t i = 0; i < settings_count; i++) {
		struct option_word word = word_of_setting(arena, &settings[i]);

		if (!settings[i].file_only && !is_known(words, *count, word.name))
			words[(*count)++] = word;
	}
	return words;
}

/* ---- commands ---- */

static const struct command_word about[] = {
	{ "setup", "set up the account of an address", NULL, NULL },
	{ "login", "log in where a token takes the place of the password", "", NULL },
	{ "token", "print a token for other programs", "get store erase", NULL },
	{ "doctor", "find out why mail does not go", "", NULL },
	{ "accounts", "list the accounts", NULL, NULL },
	{ "queue", "look at the mail that waits, and change it",
	  "list show run hold release remove retry import",
	  "show|hold|release|remove|retry" },
	{ "info", "show what the server can do", "", NULL },
	{ "help", "tell about an option, a setting or an exit status", NULL, NULL },
};

/* What help knows by a word; the options of that name are the same. */
static const char *
setting_names(struct arena *arena)
{
	const char *names = settings[0].name;

	for (size_t i = 1; i < settings_count; i++)
		names = arena_join(arena, names, " ", settings[i].name);
	return names;
}

const struct command_word *
command_words(struct arena *arena, size_t *count)
{
	const size_t known = sizeof(about) / sizeof(about[0]);
	struct command_word *words = arena_array(arena, struct command_word, 32);
	const char *name;

	for (*count = 0; *count < 32 && (name = commands_word(*count)); (*count)++) {
		words[*count] = (struct command_word){ .name = name, .help = name };
		for (size_t i = 0; i < known; i++)
			if (strcmp(about[i].name, name) == 0)
				words[*count] = about[i];
		if (strcmp(name, "help") == 0)
			words[*count].follows = setting_names(arena);
	}
	return words;
}
