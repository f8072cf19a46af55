/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the completion for fish. */
#include "shell/fish.h"

#include "shell/words.h"

static const char head[] =
	"# Completion for fish. Made from the tables of postrider when it was built.\n"
	"\n"
	"function __postrider_accounts\n"
	"\tset -l program (commandline -opc)[1]\n"
	"\t$program accounts 2>/dev/null | sed -n 's/^[* ] \\([^ ]*\\) (.*)$/\\1/p'\n"
	"end\n"
	"\n"
	"function __postrider_ids\n"
	"\tset -l program (commandline -opc)[1]\n"
	"\t$program queue 2>/dev/null | sed -n 's/^\\([0-9A-F]\\{24\\}\\).*/\\1/p'\n"
	"end\n"
	"\n"
	"complete -c postrider -f\n";

static void
put_quoted(const char *text, FILE *out)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

/* A value that is optional is never the next word, so -x and -r would be wrong. */
static void
put_value(const struct option_word *word, FILE *out)
{
	if (word->value != VALUE_NONE && !word->optional)
		fputs(word->value == VALUE_FILE ? " -r -F" : " -x", out);
	if (word->value == VALUE_ACCOUNT)
		fputs(" -a '(__postrider_accounts)'", out);
	if (word->value != VALUE_CHOICE)
		return;
	fputs(" -a '", out);
	for (size_t i = 0; word->choices[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", word->choices[i]);
	fputc('\'', out);
}

static void
put_option(const struct option_word *word, FILE *out)
{
	fputs("complete -c postrider", out);
	if (word->letter)
		fprintf(out, " -s %c", word->letter);
	if (word->name)
		fprintf(out, " -l %s", word->name);
	put_value(word, out);
	fputs(" -d ", out);
	put_quoted(word->help, out);
	fputc('\n', out);
}

static void
put_command(const struct command_word *command, FILE *out)
{
	fprintf(out,
		"complete -c postrider -n 'test (count (commandline -opc)) -eq 1' -a %s "
		"-d ",
		command->name);
	put_quoted(command->help, out);
	fputc('\n', out);
	if (command->follows)
		fprintf(out,
			"complete -c postrider -n '__fish_seen_subcommand_from %s; and "
			"test (count (commandline -opc)) -eq 2' -a '%s'\n",
			command->name,
			*command->follows ? command->follows : "(__postrider_accounts)");
	if (command->ids)
		fprintf(out,
			"complete -c postrider -n 'string match -rq \"^\\S+ %s (%s) \" "
			"(commandline -cp)' -a '(__postrider_ids)'\n",
			command->name, command->ids);
}

void
write_fish(FILE *out)
{
	struct arena arena = { 0 };
	size_t count, command_count;
	const struct option_word *words = option_words(&arena, &count);
	const struct command_word *known = command_words(&arena, &command_count);

	fputs(head, out);
	for (size_t i = 0; i < command_count; i++)
		put_command(&known[i], out);
	for (size_t i = 0; i < count; i++)
		put_option(&words[i], out);
	arena_release(&arena);
}
