/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the completion for zsh. */
#include "shell/zsh.h"

#include "shell/words.h"

#include <string.h>

static const char head[] =
	"#compdef postrider\n"
	"# Completion for zsh. Made from the tables of postrider when it was built.\n"
	"\n"
	"_postrider_accounts() {\n"
	"\tlocal -a names\n"
	"\tnames=(${(f)\"$(_call_program accounts $words[1] accounts 2>/dev/null |\n"
	"\t\tsed -n 's/^[* ] \\([^ ]*\\) (.*)$/\\1/p')\"})\n"
	"\t_describe account names\n"
	"}\n"
	"\n"
	"_postrider_ids() {\n"
	"\tlocal -a ids\n"
	"\tids=(${(f)\"$(_call_program ids $words[1] queue 2>/dev/null |\n"
	"\t\tsed -n 's/^\\([0-9A-F]\\{24\\}\\).*/\\1/p')\"})\n"
	"\tcompadd -- $ids\n"
	"}\n"
	"\n"
	"_postrider_commands() {\n"
	"\tlocal -a names\n"
	"\tnames=(\n";

static const char follows[] = "\t)\n"
			      "\t_describe command names\n"
			      "}\n"
			      "\n"
			      "_postrider_operands() {\n"
			      "\tif (( CURRENT == 2 )); then\n"
			      "\t\t_postrider_commands\n"
			      "\t\treturn\n"
			      "\tfi\n"
			      "\tcase $words[2] in\n";

static const char options[] = "\tesac\n"
			      "}\n"
			      "\n"
			      "_arguments -s";

static const char tail[] = " \\\n\t'*:operand:_postrider_operands'\n";

/* Inside of '', where a description ends with "]" and a colon separates. */
static void
put_quoted(const char *text, FILE *out)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

static void
put_value(const struct option_word *word, FILE *out)
{
	if (word->value == VALUE_NONE)
		return;
	fputs(word->optional ? "::" : ":", out);
	put_quoted(word->placeholder, out);
	fputc(':', out);
	switch (word->value) {
	case VALUE_NONE:
	case VALUE_TEXT:
		fputc(' ', out);
		break;
	case VALUE_FILE:
		fputs("_files", out);
		break;
	case VALUE_ACCOUNT:
		fputs("_postrider_accounts", out);
		break;
	case VALUE_CHOICE:
		fputc('(', out);
		for (size_t i = 0; word->choices[i]; i++)
			fprintf(out, "%s%s", i ? " " : "", word->choices[i]);
		fputc(')', out);
		break;
	}
}

/* SIGN tells where the value stands: attached (-), or also in the next word (+, =). */
static void
put_option(const struct option_word *word, const char *name, const char *sign, FILE *out)
{
	fprintf(out, " \\\n\t'*%s%s[", name, word->value == VALUE_NONE ? "" : sign);
	put_quoted(word->help, out);
	fputc(']', out);
	put_value(word, out);
	fputc('\'', out);
}

static void
put_options(const struct option_word *word, FILE *out)
{
	char letter[] = { '-', word->letter, '\0' }, name[64];

	if (word->letter)
		put_option(word, letter, word->optional ? "-" : "+", out);
	if (!word->name)
		return;
	snprintf(name, sizeof(name), "--%s", word->name);
	put_option(word, name, word->optional ? "=-" : "=", out);
}

static void
put_command(const struct command_word *command, FILE *out)
{
	if (!command->follows)
		return;
	if (command->ids)
		fprintf(out,
			"\t%s)\n\t\tif (( CURRENT == 3 )); then\n\t\t\tcompadd -- %s\n"
			"\t\telif [[ $words[3] == (%s) ]]; then\n\t\t\t_postrider_ids\n"
			"\t\tfi\n\t\t;;\n",
			command->name, command->follows, command->ids);
	else if (*command->follows)
		fprintf(out, "\t%s) compadd -- %s ;;\n", command->name, command->follows);
	else
		fprintf(out, "\t%s) _postrider_accounts ;;\n", command->name);
}

void
write_zsh(FILE *out)
{
	struct arena arena = { 0 };
	size_t count, command_count;
	const struct option_word *words = option_words(&arena, &count);
	const struct command_word *known = command_words(&arena, &command_count);

	fputs(head, out);
	for (size_t i = 0; i < command_count; i++)
		fprintf(out, "\t\t'%s:%s'\n", known[i].name, known[i].help);
	fputs(follows, out);
	for (size_t i = 0; i < command_count; i++)
		put_command(&known[i], out);
	fputs(options, out);
	for (size_t i = 0; i < count; i++)
		put_options(&words[i], out);
	fputs(tail, out);
	arena_release(&arena);
}
