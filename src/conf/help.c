/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the help from the tables of flags and settings. */
#include "conf/help.h"

#include "base/columns.h"
#include "base/file.h"
#include "conf/flags.h"

#include <string.h>
#include <sysexits.h>

enum { INDENT = 26 };

/* ---- text in columns ---- */

static void
put_spaces(const struct help_page *page, size_t count)
{
	while (count--)
		putc(' ', page->out);
}

/* Writes TEXT from column AT on, every further line from INDENTED on, and ends the
 * line. */
static void
put_wrapped(const struct help_page *page, const char *string, size_t at, size_t indented)
{
	CLEANUP(release_buf) struct buf text = { 0 };

	columns_wrap(&text, span_of(string), at, (struct frame){ indented, page->width });
	fwrite(text.at, 1, text.len, page->out);
}

static void
put_entry(const struct help_page *page, const char *label, const char *text)
{
	size_t width = columns_of(span_of(label));

	fprintf(page->out, "  %s", label);
	if (width + 2 + 2 > INDENT) {
		putc('\n', page->out);
		width = 0;
	} else {
		width += 2;
	}
	put_spaces(page, INDENT - width);
	put_wrapped(page, text, INDENT, INDENT);
}

/* ---- labels ---- */

static const char *
dashed(struct arena *arena, const char *name)
{
	char *copy = arena_string(arena, name);

	for (char *c = copy; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return copy;
}

/* "-f, --from=ADDRESS", "-N WHEN", "-d, --debug" */
static const char *
flag_label(struct arena *arena, const struct flag *flag)
{
	bool valued = flag->placeholder != NULL;
	const char *between = !valued ? "" : flag->name ? "=" : " ";
	const char *value = valued ? flag->placeholder : "";

	if (!flag->name)
		return arena_printf(arena, "-%c%s%s", flag->letter, between, value);
	if (!flag->letter)
		return arena_printf(arena, "    --%s%s%s", flag->name, between, value);
	return arena_printf(arena, "-%c, --%s%s%s", flag->letter, flag->name, between,
			    value);
}

/* "--tls[=on|off]" */
static const char *
setting_label(struct arena *arena, const struct setting *setting)
{
	bool optional = setting->kind->empty != NULL;

	return arena_printf(arena, "--%s%s%s%s", dashed(arena, setting->name),
			    optional ? "[=" : "=", setting->kind->placeholder,
			    optional ? "]" : "");
}

/* ---- the general help ---- */

static const struct {
	const char *command, *help;
} examples[] = {
	{ "postrider setup me@example.org",
	  N_("find your server, try it, and write the configuration") },
	{ "postrider you@example.org < message", N_("send a message to an address") },
	{ "postrider -t < message", N_("send it to those that its header names") },
	{ "postrider -a work -v you@example.org < message",
	  N_("use the account \"work\", and tell each step") },
	{ "postrider --pretend", N_("show the settings and where they come from") },
	{ "postrider info", N_("show what the server can do") },
	{ "postrider doctor", N_("find out why mail does not go, and what to do") },
	{ "postrider login", N_("log in where a token takes the place of the password") },
};

static void
put_examples(const struct help_page *page)
{
	fprintf(page->out, "%s\n", _("Usage: postrider [OPTION]... [--] RECIPIENT..."));
	put_wrapped(
		page,
		_("Reads a message from standard input and hands it to your mail server."),
		0, 0);
	fprintf(page->out, "\n%s\n", _("Examples:"));
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		fprintf(page->out, "  %s\n        ", examples[i].command);
		put_wrapped(page, _(examples[i].help), 8, 8);
	}
}

void
options_help_briefly(const struct help_page *page)
{
	put_examples(page);
	fprintf(page->out, "\n");
	put_wrapped(page, _("\"postrider help\" shows all options"), 0, 0);
}

static void
put_flags(struct arena *arena, const struct help_page *page)
{
	for (enum flag_chapter chapter = 0; chapter < FLAGS_SILENT; chapter++) {
		fprintf(page->out, "\n%s:\n", _(flag_chapter_titles[chapter]));
		for (size_t i = 0; i < flags_count; i++)
			if (flags[i].chapter == chapter)
				put_entry(page, flag_label(arena, &flags[i]),
					  _(flags[i].help));
	}
}

/* Whether a flag of that name goes before the setting. */
static bool
is_flag(const char *name)
{
	for (size_t i = 0; i < flags_count; i++)
		if (flags[i].name && strcmp(flags[i].name, name) == 0)
			return true;
	return false;
}

static void
put_settings(struct arena *arena, const struct help_page *page)
{
	fprintf(page->out, "\n");
	put_wrapped(
		page,
		_("Every setting of the configuration file is an option, too, with \"-\" for "
		  "\"_\":"),
		0, 0);
	for (enum chapter chapter = 0; chapter < CHAPTER_COUNT; chapter++) {
		fprintf(page->out, "\n%s:\n", _(chapter_titles[chapter]));
		for (size_t i = 0; i < settings_count; i++)
			if (settings[i].chapter == chapter && !settings[i].file_only &&
			    !is_flag(settings[i].name))
				put_entry(page, setting_label(arena, &settings[i]),
					  _(settings[i].help));
	}
}

static void
put_all(struct arena *arena, const struct help_page *page)
{
	put_examples(page);
	put_flags(arena, page);
	put_settings(arena, page);
	fprintf(page->out, "\n");
	put_wrapped(
		page,
		_("\"postrider help SETTING\" tells about one setting, \"postrider help 75\" about "
		  "an exit status, and postrider(1) and postrider.conf(5) about everything."),
		0, 0);
}

/* ---- one topic ---- */

/* clang-format off */
static const struct {
	int status;
	const char *help;
} statuses[] = {
	{ EX_OK, N_("Success: the server has taken the message for every recipient, or the queue "
		    "keeps it for those who wait.") },
	{ EX_USAGE, N_("The command line is wrong, or names no recipient.") },
	{ EX_DATAERR, N_("The message or an address is wrong, or the message is too large.") },
	{ EX_NOINPUT, N_("A file that was named cannot be read.") },
	{ EX_NOUSER, N_("The server knows none of the recipients.") },
	{ EX_NOHOST, N_("The name of the server does not exist.") },
	{ EX_UNAVAILABLE, N_("The server refuses for good, or cannot do what was asked.") },
	{ EX_SOFTWARE, N_("Something that should not happen: a bug, or a library that failed.") },
	{ EX_OSERR, N_("The operating system refused a resource, such as memory.") },
	{ EX_CANTCREAT, N_("A file cannot be made.") },
	{ EX_IOERR, N_("Reading or writing failed on this side.") },
	{ EX_TEMPFAIL, N_("Not now: no connection, no answer in time, or the server "
			  "refuses for the "
			  "time being; and the message is not in the queue. The same command may "
			  "succeed later.") },
	{ EX_PROTOCOL, N_("The other side does not speak the protocol.") },
	{ EX_NOPERM, N_("The server refuses user name or password, or is not who it should be.") },
	{ EX_CONFIG, N_("The configuration is wrong, or there is none.") },
};
/* clang-format on */

static bool
put_status(struct span topic, const struct help_page *page)
{
	uint64_t number;

	if (!span_number(topic, &number))
		return false;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if ((uint64_t)statuses[i].status == number) {
			put_wrapped(page, _(statuses[i].help), 0, 0);
			return true;
		}
	return false;
}

static void
put_words(const struct help_page *page, const struct kind *kind)
{
	struct buf words = { 0 };

	if (!kind->choices)
		return;
	buf_add_string(&words, _("One of:"));
	for (size_t i = 0; kind->choices[i]; i++)
		buf_printf(&words, "%s %s", i ? "," : "", kind->choices[i]);
	put_wrapped(page, words.at, 0, 8);
	buf_release(&words);
}

static void
put_setting(struct arena *arena, const struct setting *setting,
	    const struct help_page *page)
{
	const char *fallback = setting->fallback && *setting->fallback ? setting->fallback
								       : _("nothing");

	fprintf(page->out, "%s %s\n", setting->name, setting->kind->placeholder);
	put_wrapped(page, _(setting->help), 0, 0);
	put_words(page, setting->kind);
	if (setting->msmtp)
		fprintf(page->out, _("Default: %s (%s in an msmtp file)\n"), fallback,
			setting->msmtp);
	else
		fprintf(page->out, _("Default: %s\n"), fallback);
	if (setting->file_only)
		fprintf(page->out, "%s\n", _("Only for the configuration file."));
	else
		fprintf(page->out, _("Option: %s\n"), setting_label(arena, setting));
}

/* The flag of that letter or name, but not one that is only accepted. */
static const struct flag *
find_flag(struct span topic)
{
	for (size_t i = 0; i < flags_count; i++) {
		const struct flag *flag = &flags[i];

		if (flag->chapter == FLAGS_SILENT)
			continue;
		if ((topic.len == 1 && topic.at[0] == flag->letter) ||
		    (flag->name && span_equal(topic, span_of(flag->name))))
			return flag;
	}
	return NULL;
}

/* The words of the configuration file that are no settings. */
static const struct {
	const char *name, *form, *help;
} directives[] = {
	{ "account", "account NAME [: PARENT[, PARENT]...]",
	  N_("Begins an account, which has the values of the defaults before it, and what "
	     "its parents "
	     "say themselves.") },
	{ "defaults", "defaults", N_("Begins values for all accounts that follow.") },
	{ "include", "include FILE",
	  N_("Reads another file here; its name is relative to this one.") },
	{ "eval", "eval COMMAND",
	  N_("Runs a shell command; the first line that it prints stands for this line.") },
};

static bool
put_directive(struct span topic, const struct help_page *page)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (!span_equal(topic, span_of(directives[i].name)))
			continue;
		fprintf(page->out, "%s\n", directives[i].form);
		put_wrapped(page, _(directives[i].help), 0, 0);
		return true;
	}
	return false;
}

static bool
put_topic(struct arena *arena, struct span topic, const struct help_page *page)
{
	const struct flag *flag;
	int row;

	if (put_directive(topic, page))
		return true;
	while (topic.len && topic.at[0] == '-')
		topic = span_part(topic, 1, topic.len);
	row = setting_row(topic);
	flag = find_flag(topic);
	if (row >= 0)
		put_setting(arena, &settings[row], page);
	if (flag)
		put_entry(page, flag_label(arena, flag), _(flag->help));
	return row >= 0 || flag;
}

bool
options_help(const char *topic, const struct help_page *page, struct error *err)
{
	struct span text = span_of(topic);
	const char *near;

	if (!topic) {
		put_all(err->arena, page);
		return true;
	}
	if (put_status(text, page) || put_topic(err->arena, text, page))
		return true;
	near = setting_suggestion(text);
	if (near)
		return fail(err, FAULT_USAGE,
			    _("There is no help on \"%s\"; did you mean \"%s\"?"),
			    clean_text(err->arena, text), near);
	fail(err, FAULT_USAGE, _("There is no help on \"%s\""),
	     clean_text(err->arena, text));
	return fail_hint(err, _("\"postrider help\" shows all options"));
}
