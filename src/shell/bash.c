/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the completion for bash. */
#include "shell/bash.h"

#include "shell/words.h"

static const char head[] =
	"# Completion for bash. Made from the tables of postrider when it was built.\n"
	"\n"
	"_postrider_accounts()\n"
	"{\n"
	"\t\"$1\" accounts 2>/dev/null | sed -n 's/^[* ] \\([^ ]*\\) (.*)$/\\1/p'\n"
	"}\n"
	"\n"
	"_postrider_ids()\n"
	"{\n"
	"\t\"$1\" queue 2>/dev/null | sed -n 's/^\\([0-9A-F]\\{24\\}\\).*/\\1/p'\n"
	"}\n"
	"\n"
	"_postrider()\n"
	"{\n"
	"\tlocal cur prev words cword split\n"
	"\n"
	"\t_init_completion -s || return\n"
	"\tcase $split:$prev in\n";

static const char options[] = "\tesac\n"
			      "\t! $split || return\n"
			      "\tif [[ $cur == -* ]]; then\n"
			      "\t\tCOMPREPLY=($(compgen -W '";

static const char commands[] = "' -- \"$cur\"))\n"
			       "\t\t[[ ${COMPREPLY-} != *= ]] || compopt -o nospace\n"
			       "\t\treturn\n"
			       "\tfi\n"
			       "\tif [[ $cword == 1 ]]; then\n"
			       "\t\tCOMPREPLY=($(compgen -W '";

static const char follows[] = "' -- \"$cur\"))\n"
			      "\t\treturn\n"
			      "\tfi\n"
			      "\tcase ${words[1]} in\n";

static const char tail[] = "\tesac\n"
			   "}\n"
			   "complete -F _postrider postrider\n";

/* The words that a function lists. */
static void
put_listed(const char *what, FILE *out)
{
	fprintf(out,
		"\t\tCOMPREPLY=($(compgen -W \"$(_postrider_%s \"$1\")\" -- "
		"\"$cur\"))\n",
		what);
}

static void
put_choice(const struct option_word *word, FILE *out)
{
	fputs("\t\tCOMPREPLY=($(compgen -W '", out);
	for (size_t i = 0; word->choices[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", word->choices[i]);
	fputs("' -- \"$cur\"))\n", out);
}

/* A value that is optional must be attached; else the next word is another one. */
static void
put_value(const struct option_word *word, FILE *out)
{
	const char *when = word->optional ? "true" : "*";

	fputc('\t', out);
	if (word->letter && !word->optional)
		fprintf(out, "%s:-%c%s", when, word->letter, word->name ? " | " : "");
	if (word->name)
		fprintf(out, "%s:--%s", when, word->name);
	fputs(")\n", out);
	switch (word->value) {
	case VALUE_NONE:
	case VALUE_TEXT:
		break;
	case VALUE_FILE:
		fputs("\t\t_filedir\n", out);
		break;
	case VALUE_ACCOUNT:
		put_listed("accounts", out);
		break;
	case VALUE_CHOICE:
		put_choice(word, out);
		break;
	}
	fputs("\t\treturn\n\t\t;;\n", out);
}

static void
put_option(const struct option_word *word, FILE *out)
{
	bool valued = word->value != VALUE_NONE && !word->optional;

	if (word->letter)
		fprintf(out, " -%c", word->letter);
	if (word->name)
		fprintf(out, " --%s%s", word->name, valued ? "=" : "");
}

static void
put_command(const struct command_word *command, FILE *out)
{
	if (!command->follows)
		return;
	fprintf(out, "\t%s)\n", command->name);
	if (command->ids) {
		fprintf(out, "\t\tif [[ $cword != 2 && ${words[2]} == @(%s) ]]; then\n\t",
			command->ids);
		put_listed("ids", out);
		fputs("\t\tfi\n", out);
	}
	fputs("\t\t[[ $cword == 2 ]] || return\n", out);
	if (*command->follows)
		fprintf(out, "\t\tCOMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n",
			command->follows);
	else
		put_listed("accounts", out);
	fputs("\t\t;;\n", out);
}

void
write_bash(FILE *out)
{
	struct arena arena = { 0 };
	size_t count, command_count;
	const struct option_word *words = option_words(&arena, &count);
	const struct command_word *known = command_words(&arena, &command_count);

	fputs(head, out);
	for (size_t i = 0; i < count; i++)
		if (words[i].value != VALUE_NONE && (words[i].name || !words[i].optional))
			put_value(&words[i], out);
	fputs(options, out);
	for (size_t i = 0; i < count; i++)
		put_option(&words[i], out);
	fputs(commands, out);
	for (size_t i = 0; i < command_count; i++)
		fprintf(out, " %s", known[i].name);
	fputs(follows, out);
	for (size_t i = 0; i < command_count; i++)
		put_command(&known[i], out);
	fputs(tail, out);
	arena_release(&arena);
}
