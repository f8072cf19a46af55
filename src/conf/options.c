/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the command line, as getopt(3) would, by the tables of flags and settings. */
#include "conf/options.h"

#include "conf/commands.h"
#include "conf/flags.h"
#include "conf/former.h"
#include "conf/personality.h"

#include <string.h>

/* The words of the command line that are still to be read. */
struct words {
	char **next;   /* NULL-terminated */
	bool command;  /* `info` or `help` */
	bool commands; /* the first of them may be one */
	bool mixed;    /* options may stand behind operands */
};

/* ---- values ---- */

static bool
holds_control(const char *value)
{
	for (; *value; value++)
		if (is_control(*value) && *value != '\t')
			return true;
	return false;
}

/* The value that belongs to an option: ATTACHED, or the next word where one is needed. */
static bool
take_value(const struct reading *reading, struct words *words, enum takes takes,
	   const char **attached, struct error *err)
{
	if (takes == TAKES_NOTHING && *attached)
		return fail(err, FAULT_USAGE, _("%s takes no value"), reading->option);
	if (takes == TAKES_VALUE && !*attached) {
		if (!*words->next)
			return fail(err, FAULT_USAGE, _("%s needs a value"),
				    reading->option);
		*attached = *words->next++;
	}
	return true;
}

static bool
check_value(const struct reading *reading, const char *value, struct error *err)
{
	return !value || !holds_control(value) ||
	       fail(err, FAULT_USAGE, _("The value of %s has a control character"),
		    reading->option);
}

/* ---- letters ---- */

static const struct flag *
find_letter(char letter)
{
	for (size_t i = 0; i < flags_count; i++)
		if (flags[i].letter == letter)
			return &flags[i];
	return NULL;
}

/* -ti, -fme@example.org, -tifme@example.org */
static bool
read_cluster(struct reading *reading, struct words *words, const char *cluster,
	     struct error *err)
{
	while (*cluster && !reading->over) {
		const struct flag *flag = find_letter(*cluster);
		const char *value = NULL;

		reading->option = arena_printf(
			reading->arena, "-%s",
			clean_text(reading->arena, (struct span){ cluster, 1 }));
		if (!flag)
			return fail(err, FAULT_USAGE, _("Unknown option \"%s\""),
				    reading->option);
		cluster++;
		if (flag->takes != TAKES_NOTHING && *cluster) {
			value = cluster;
			cluster += strlen(cluster);
		}
		if (!take_value(reading, words, flag->takes, &value, err) ||
		    (!flag->cleans && !check_value(reading, value, err)) ||
		    !flag_act(reading, flag, value, err))
			return false;
	}
	return true;
}

/* ---- long options ---- */

/* What a long name stands for: a flag, or a setting. */
struct target {
	const struct flag *flag;
	int row; /* -1: a flag */
	const char *name;
};

/* Whether KNOWN begins with the name; "-" and "_" are alike. */
static bool
begins_with(const char *known, struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char a = known[i] == '_' ? '-' : known[i];
		char b = name.at[i] == '_' ? '-' : name.at[i];

		if (a != b || !a)
			return false;
	}
	return true;
}

/* The one with this number, flags first; false behind the last one. */
static bool
get_target(size_t number, struct target *target)
{
	if (number < flags_count) {
		*target = (struct target){ &flags[number], -1, flags[number].name };
		return true;
	}
	number -= flags_count;
	if (number >= settings_count)
		return false;
	*target = (struct target){ NULL, (int)number, settings[number].name };
	return true;
}

static const char *
dashed(struct arena *arena, const char *name)
{
	char *option = arena_printf(arena, "--%s", name);

	for (char *c = option; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return option;
}

static bool
unknown(struct arena *arena, struct span name, struct error *err)
{
	const char *shown = clean_text(arena, span_part(name, 0, 60));
	struct target target;

	for (size_t i = 0; get_target(i, &target); i++)
		if (target.name && is_near_word(name, arena_string(arena, target.name)))
			return fail(err, FAULT_USAGE,
				    _("Unknown option \"--%s\"; did you mean \"%s\"?"),
				    shown, dashed(arena, target.name));
	return fail(err, FAULT_USAGE, _("Unknown option \"--%s\""), shown);
}

static bool
ambiguous(struct arena *arena, struct span name, struct error *err)
{
	struct buf all = { 0 };
	struct target target;

	for (size_t i = 0; get_target(i, &target); i++)
		if (target.name && begins_with(target.name, name))
			buf_printf(&all, "%s%s", all.len ? ", " : "",
				   dashed(arena, target.name));
	fail(err, FAULT_USAGE, _("The option \"--%s\" may be one of: %s"),
	     span_string(arena, name), all.at);
	buf_release(&all);
	return false;
}

/* The option of that name, or else the only one that begins with it. A flag goes before a
 * setting of the same name. */
static bool
find_long(struct arena *arena, struct span name, struct target *found, struct error *err)
{
	struct target target;
	size_t matches = 0;

	for (size_t i = 0; get_target(i, &target); i++) {
		if (!target.name || !begins_with(target.name, name))
			continue;
		if (strlen(target.name) == name.len) {
			*found = target;
			return true;
		}
		if (matches++ == 0)
			*found = target;
	}
	if (matches == 0)
		return unknown(arena, name, err);
	return matches == 1 || ambiguous(arena, name, err);
}

static bool
read_setting(struct reading *reading, struct words *words, size_t row, const char *value,
	     struct error *err)
{
	const struct setting *setting = &settings[row];
	enum takes takes = setting->kind->empty ? TAKES_ATTACHED : TAKES_VALUE;

	if (setting->file_only) {
		fail(err, FAULT_USAGE,
		     _("\"%s\" is only for the configuration file: all users of "
		       "this host could read it on the command line"),
		     setting->name);
		return fail_hint(
			err, _("With --passwordeval a command can print the password"));
	}
	if (!take_value(reading, words, takes, &value, err) ||
	    !check_value(reading, value, err))
		return false;
	/* The last one counts, whether it is the letter or the word. */
	if (strcmp(setting->name, "dsn_notify") == 0)
		reading->request->options.notify = NULL;
	if (strcmp(setting->name, "dsn_return") == 0)
		reading->request->options.ret = NULL;
	if (strcmp(setting->name, "host") == 0)
		reading->request->without_file = true;
	return reading_assign(reading, row, span_of(value), err);
}

/* msmtp's former long options, by their whole name. */
static bool
read_former(struct reading *reading, struct words *words, struct span name,
	    const char *value, struct error *err)
{
	bool optional = !span_equal(name, SPAN("connect-timeout"));
	struct span text;
	size_t row;

	if (!take_value(reading, words, optional ? TAKES_ATTACHED : TAKES_VALUE, &value,
			err) ||
	    !check_value(reading, value, err))
		return false;
	text = span_of(value);
	switch (former_setting(name, &text, &row)) {
	case FORMER_SETTING:
		return reading_assign(reading, row, text, err);
	case FORMER_WRONG:
		return fail(err, FAULT_USAGE, _("The value of %s is neither on nor off"),
			    reading->option);
	case FORMER_IGNORED:
	case FORMER_UNKNOWN:
		break;
	}
	return true;
}

static bool
is_former(struct span name)
{
	struct span nothing = { 0 };
	size_t row;

	return former_setting(name, &nothing, &row) != FORMER_UNKNOWN;
}

/* --host=mail.example.org, --host mail.example.org, --tls, --tls=off */
static bool
read_long(struct reading *reading, struct words *words, const char *text,
	  struct error *err)
{
	struct span name = span_of(text);
	size_t equals = span_find(name, '=');
	const char *value = equals < name.len ? text + equals + 1 : NULL;
	struct target target = { .row = -1 };

	name = span_part(name, 0, equals);
	reading->option =
		arena_printf(reading->arena, "--%s", clean_text(reading->arena, name));
	if (is_former(name))
		return read_former(reading, words, name, value, err);
	if (!find_long(reading->arena, name, &target, err))
		return false;
	reading->option = dashed(reading->arena, target.name);
	if (!target.flag)
		return read_setting(reading, words, (size_t)target.row, value, err);
	return take_value(reading, words, target.flag->takes, &value, err) &&
	       check_value(reading, value, err) &&
	       flag_act(reading, target.flag, value, err);
}

/* ---- operands ---- */

static bool
late_option(const char *word, struct arena *arena, struct error *err)
{
	fail(err, FAULT_USAGE,
	     _("\"%s\" begins like an option, but stands behind a recipient"),
	     clean_text(arena, span_of(word)));
	return fail_hint(
		err,
		_("Options go first; write -- before recipients that begin with \"-\""));
}

/* Mail to a user of that name is hardly what was wanted. */
static bool
late_command(const char *word, struct error *err)
{
	fail(err, FAULT_USAGE, _("\"%s\" is a command, but stands behind an option"),
	     word);
	return fail_hint(err,
			 _("Commands go first, options behind them; write -- before a "
			   "recipient of that name"));
}

/* Everything that is left, from the first operand on. */
static bool
read_operands(struct reading *reading, struct words *words, bool dashes_allowed,
	      struct error *err)
{
	struct request *request = reading->request;

	for (; *words->next; words->next++) {
		const char *word = *words->next;

		if (!dashes_allowed && strcmp(word, "--") == 0) {
			dashes_allowed = true;
			continue;
		}
		if (!dashes_allowed && *word == '-')
			return late_option(word, reading->arena, err);
		/* Scripts pass an empty variable; it is no recipient. */
		if (*word)
			request->operands[request->operand_count++] = word;
	}
	return true;
}

static bool
read_words(struct reading *reading, struct words *words, struct error *err)
{
	struct request *request = reading->request;
	enum mode mode;

	while (*words->next && !reading->over) {
		const char *word = *words->next;
		bool ok;

		if (strcmp(word, "--") == 0) {
			words->next++;
			return read_operands(reading, words, true, err);
		}
		if (word[0] != '-' || !word[1]) {
			if (words->commands && !words->command &&
			    commands_find(word, &mode))
				return late_command(word, err);
			if (!words->mixed || word[0] == '-')
				return read_operands(reading, words, false, err);
			if (*word || words->command)
				request->operands[request->operand_count++] = word;
			words->next++;
			continue;
		}
		words->next++;
		ok = word[1] == '-' ? read_long(reading, words, word + 2, err)
				    : read_cluster(reading, words, word + 1, err);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- the whole ---- */

static bool
take_command(struct reading *reading, struct words *words)
{
	struct request *request = reading->request;

	if (!*words->next || !commands_find(*words->next, &request->mode))
		return false;
	words->next++;
	if (request->mode == MODE_HELP) {
		/* Whatever it looks like: `help --tls` asks about that option. */
		request->topic = *words->next;
		reading->over = true;
	}
	return true;
}

/* Where strangers may add options, none opens a port or runs a command. */
static bool
check_name(const struct personality *self, const struct request *request,
	   struct error *err)
{
	return !self->sendmail ||
	       (request->mode != MODE_LISTEN && !request->listen_login) ||
	       fail(err, FAULT_USAGE,
		    _("--listen and --listen-login are not for a program called %s"),
		    self->name);
}

static bool
check_together(const struct request *request, struct error *err)
{
	/* An account that is set up has a server and a name. */
	if (request->without_file && request->wish.name && request->mode != MODE_SETUP)
		return fail(err, FAULT_USAGE,
			    _("--host and an account exclude each other: with --host no "
			      "configuration is read"));
	if (request->mode == MODE_SERVE && request->dry_run)
		return fail(err, FAULT_USAGE, _("-bs and --dry-run exclude each other"));
	if (request->sender && request->sender_from_header)
		return fail(err, FAULT_USAGE,
			    _("-f and --read-envelope-from exclude each other"));
	/* RFC 4865 5. */
	if (request->options.hold_for && request->options.hold_until)
		return fail(err, FAULT_USAGE,
			    _("--hold-for and --hold-until exclude each other"));
	return true;
}

/* What was called auto_from: it goes before every other sender, and has no name of its
 * own any more. */
static bool
use_auto_from(struct reading *reading, struct error *err)
{
	struct request *request = reading->request;
	const char *domain = request->mail_domain;

	if (!request->auto_from)
		return true;
	request->sender = NULL;
	return reading_assign(
		reading, (size_t)setting_row(SPAN("from")),
		span_of(arena_printf(reading->arena, "%%U%s%s", domain ? "@" : "",
				     domain ? domain : "")),
		err);
}

/* Without a file the sender is also what `from` would say, so that it can be the user of
 * a login. There, but not here, a percent sign means something. */
static bool
use_sender(struct reading *reading, struct error *err)
{
	const struct request *request = reading->request;

	return !request->without_file || !request->sender ||
	       !strchr(request->sender, '@') || strchr(request->sender, '%') ||
	       reading_assign(reading, (size_t)setting_row(SPAN("from")),
			      span_of(request->sender), err);
}

bool
options_read(struct arena *arena, int argc, char **argv, struct request *request,
	     struct error *err)
{
	size_t room = argc > 0 ? (size_t)argc : 1;
	struct reading reading = { .arena = arena, .request = request, .option = "" };
	struct words words = { .next = argc > 0 ? argv + 1 : argv };
	const struct personality *self = personality_of(argc > 0 ? argv[0] : NULL);

	reading.sendmail = self->sendmail;
	/* For msmtp only the end of the input ends a message. */
	*request = (struct request){
		.dialect = self->dialect,
		.dot_ends = self->dialect != DIALECT_MSMTP,
		.log_tag = self->dialect == DIALECT_MSMTP ? "msmtp" : NULL,
	};
	request->operands = arena_array(arena, const char *, room);
	words.commands = argc > 0 && self->commands;
	words.command = words.commands && take_command(&reading, &words);
	words.mixed = words.command || self->dialect == DIALECT_MSMTP;
	if (!read_words(&reading, &words, err))
		return false;
	if (reading.over)
		return true;
	if (request->mode == MODE_SEND)
		request->mode = self->mode;
	/* msmtp has one word for both. */
	request->debug =
		request->debug || (request->verbose && request->dialect == DIALECT_MSMTP);
	return commands_use_operands(request, words.command, err) &&
	       check_name(self, request, err) && check_together(request, err) &&
	       use_sender(&reading, err) && use_auto_from(&reading, err);
}
