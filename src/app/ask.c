/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks at the terminal. */
#include "app/ask.h"

#include "base/file.h"
#include "base/text.h"

#include <langinfo.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static FILE *
open_terminal(void)
{
	return fopen("/dev/tty", "r+e");
}

bool
ask_can(void)
{
	FILE *terminal = open_terminal();

	return terminal && fclose(terminal) == 0;
}

static bool
hear(const char *question, const char *usual, const char **answer, struct error *err)
{
	FILE *terminal = open_terminal();
	char *line = NULL;
	size_t room = 0;
	ssize_t len = -1;

	fflush(stdout);
	if (terminal && usual && *usual)
		fprintf(terminal, "%s [%s] ", question, usual);
	else if (terminal)
		fprintf(terminal, "%s ", question);
	if (terminal && fflush(terminal) == 0)
		len = getline(&line, &room, terminal);
	if (len >= 0)
		*answer = span_string(err->arena,
				      span_trim((struct span){ line, (size_t)len }));
	free(line);
	if (terminal)
		fclose(terminal);
	return len >= 0 || fail(err, FAULT_USAGE, _("There was no answer"));
}

bool
ask_line(const char *question, const char *usual, const char **answer, struct error *err)
{
	if (!hear(question, usual, answer, err))
		return false;
	if (!**answer && usual)
		*answer = usual;
	return true;
}

static bool
fits(nl_item expression, const char *answer)
{
	regex_t compiled;
	bool same;

	if (regcomp(&compiled, nl_langinfo(expression), REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	same = regexec(&compiled, answer, 0, NULL, 0) == 0;
	regfree(&compiled);
	return same;
}

static bool
begins_as(const char *answer, const char *letter)
{
	return to_lower(*answer) == to_lower(*letter);
}

/* By the letter that was shown or the word, which are of LANGUAGE; in the language of the
 * locale; or in English, which the question is in without a translation. */
static bool
means_yes(const char *answer)
{
	return begins_as(answer, "y") || begins_as(answer, _("Y/n")) ||
	       strcasecmp(answer, _("yes")) == 0 || fits(YESEXPR, answer);
}

static bool
means_no(const char *answer)
{
	return begins_as(answer, "n") || strcasecmp(answer, _("no")) == 0 ||
	       fits(NOEXPR, answer);
}

bool
ask_yes(const char *question, bool usual, bool *yes, struct error *err)
{
	const char *answer = "";

	do {
		if (!hear(question, usual ? _("Y/n") : _("y/N"), &answer, err))
			return false;
		*yes = *answer ? means_yes(answer) : usual;
	} while (*answer && !*yes && !means_no(answer));
	return true;
}
