/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does what each flag of the command line says. */
#include "conf/flags.h"

#include <string.h>

/* ---- what the actions share ---- */

/* For the log: something was not understood and did no harm. */
static void
remark(struct reading *reading, const char *text)
{
	struct request *request = reading->request;

	request->remark = request->remark ? arena_printf(reading->arena, "%s; %s",
							 request->remark, text)
					  : text;
}

static bool
unusable(const struct reading *reading, const struct error *inner, struct error *err)
{
	return fail(err, FAULT_USAGE, _("The value of %s is wrong: %s"), reading->option,
		    inner->what);
}

/* A sendmail would rather send the mail than complain about a report that cannot be
 * had. */
static void
ignored(struct reading *reading, const struct error *inner)
{
	remark(reading, arena_printf(reading->arena, _("%s was ignored: %s"),
				     reading->option, inner->what));
}

bool
reading_assign(struct reading *reading, size_t row, struct span value, struct error *err)
{
	struct request *request = reading->request;
	struct account scratch = { 0 };
	struct assignment assignment = {
		.row = row,
		.text = value,
		.origin = { .kind = ORIGIN_OPTION },
	};

	if (!setting_apply(reading->arena, &scratch, &assignment, err))
		return false;
	if (request->assignment_count == reading->room) {
		size_t count = reading->room, room = count ? count * 2 : 8;
		struct assignment *all =
			arena_array(reading->arena, struct assignment, room);

		if (count)
			memcpy(all, request->assignments, count * sizeof(*all));
		request->assignments = all;
		reading->room = room;
	}
	request->assignments[request->assignment_count++] = assignment;
	return true;
}

static bool
set_mode(struct reading *reading, enum mode mode, struct error *err)
{
	enum mode *now = &reading->request->mode;

	reading->over = mode == MODE_VERSION || mode == MODE_HELP;
	if (*now != MODE_SEND && *now != mode && !reading->over)
		return fail(err, FAULT_USAGE,
			    _("%s cannot be combined with what was asked before it"),
			    reading->option);
	*now = mode;
	return true;
}

/* ---- the actions ---- */

static bool
act_operation(struct reading *reading, const char *value, struct error *err)
{
	/* -ba is the ARPANET's way of -bm: CRLF, which is understood anyway. */
	if (strcmp(value, "m") == 0 || strcmp(value, "a") == 0)
		return true;
	return fail(err, FAULT_USAGE, _("postrider has no mode \"-b%s\""),
		    clean_text(reading->arena, span_of(value)));
}

static bool
act_absent(struct reading *reading, const char *value, struct error *err)
{
	return fail(err, FAULT_USAGE, _("postrider has no mode \"%s%s\""),
		    reading->option,
		    value ? clean_text(reading->arena, span_of(value)) : "");
}

static bool
act_dots(struct reading *reading, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	reading->request->dot_ends = false;
	return true;
}

/* Whether the value of sendmail's option is no "false": nothing at all, "true", "True",
 * "1". */
static bool
is_true(const char *value)
{
	return !*value || strchr("tTyY1", *value);
}

/* -oi; the other options of one letter tune what is not here. */
static bool
act_short_option(struct reading *reading, const char *value, struct error *err)
{
	(void)err;
	if (*value == 'i')
		reading->request->dot_ends = !is_true(value + 1);
	return true;
}

/* -O IgnoreDots=true */
static bool
act_long_option(struct reading *reading, const char *value, struct error *err)
{
	struct span name = span_of(value);
	size_t equals = span_find(name, '=');
	const char *rest = equals < name.len ? value + equals + 1 : "";

	(void)err;
	name = span_trim(span_part(name, 0, equals));
	if (span_same_word(name, SPAN("IgnoreDots")))
		reading->request->dot_ends = !is_true(rest);
	else if (span_same_word(name, SPAN("REQUIRETLS")))
		reading->request->options.require_tls = is_true(rest);
	return true;
}

/* The bytes themselves decide about 8BITMIME. */
static bool
act_body(struct reading *reading, const char *value, struct error *err)
{
	struct span word = span_of(value);

	(void)err;
	if (!span_same_word(word, SPAN("7BIT")) &&
	    !span_same_word(word, SPAN("8BITMIME")) &&
	    !span_same_word(word, SPAN("BINARYMIME")))
		remark(reading, arena_printf(reading->arena, _("-B %s was ignored"),
					     clean_text(reading->arena, word)));
	return true;
}

/* "", "<>", "< >" and what some programs write for them. */
static bool
is_null_sender(struct span text)
{
	if (!text.len || span_equal(text, SPAN("MAILER-DAEMON")))
		return true;
	return text.len >= 2 && text.at[0] == '<' && text.at[text.len - 1] == '>' &&
	       !span_trim(span_part(text, 1, text.len - 2)).len;
}

static bool
act_sender(struct reading *reading, const char *value, struct error *err)
{
	struct request *request = reading->request;
	struct span text = span_trim(span_of(value));
	struct address_list list = { 0 };

	request->sender = "";
	if (!is_null_sender(text)) {
		if (!address_list_parse(reading->arena, text, &list, err))
			return false;
		if (list.count != 1)
			return fail(err, FAULT_DATA,
				    _("The sender \"%s\" is not one address"),
				    clean_text(reading->arena, text));
		request->sender = span_string(reading->arena, list.items[0].source);
	}
	request->wish.sender = request->sender;
	return true;
}

static bool
act_notify(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };
	size_t row = (size_t)setting_row(SPAN("dsn_notify"));

	if (!parse_notify(reading->arena, value, &reading->request->options.notify,
			  &inner)) {
		ignored(reading, &inner);
		return true;
	}
	return reading_assign(reading, row, span_of(value), err);
}

static bool
act_return(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };
	size_t row = (size_t)setting_row(SPAN("dsn_return"));

	if (!parse_ret(value, &reading->request->options.ret, &inner)) {
		ignored(reading, &inner);
		return true;
	}
	return reading_assign(reading, row, span_of(value), err);
}

static bool
act_envelope_id(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	(void)err;
	if (!parse_envid(reading->arena, value, &reading->request->options.envid, &inner))
		ignored(reading, &inner);
	return true;
}

static bool
act_deliver_by(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_by(reading->arena, value, &reading->request->options.by, &inner) ||
	       unusable(reading, &inner, err);
}

static bool
act_hold_for(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_hold_for(value, &reading->request->options.hold_for, &inner) ||
	       unusable(reading, &inner, err);
}

static bool
act_hold_until(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_hold_until(value, &reading->request->options.hold_until, &inner) ||
	       unusable(reading, &inner, err);
}

static bool
act_priority(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_mt_priority(value, &reading->request->options.mt_priority, &inner) ||
	       unusable(reading, &inner, err);
}

/* -d0.1 is how one asks a sendmail for its version. */
static bool
act_debug(struct reading *reading, const char *value, struct error *err)
{
	if (value && strcmp(value, "0.1") == 0)
		return set_mode(reading, MODE_VERSION, err);
	reading->request->debug = true;
	return true;
}

static bool
act_remote_queue(struct reading *reading, const char *value, struct error *err)
{
	if (!*value || strpbrk(value, " \t"))
		return fail(err, FAULT_USAGE,
			    _("%s needs a host, @domain or #queue, without blanks"),
			    reading->option);
	reading->request->topic = value;
	return set_mode(reading, MODE_RMQS, err);
}

static bool
act_verify(struct reading *reading, const char *value, struct error *err)
{
	reading->request->verify = value;
	return set_mode(reading, MODE_INFO, err);
}

static bool
act_expand(struct reading *reading, const char *value, struct error *err)
{
	reading->request->expand = value;
	return set_mode(reading, MODE_INFO, err);
}

/* ---- the table ---- */

/* clang-format off */
#define CLAIM(member) \
	.claim = _Generic(((struct request *)0)->member, bool: offsetof(struct request, member))
#define VALUE(member) .takes = TAKES_VALUE, \
	.text = _Generic(((struct request *)0)->member, \
			 const char *: offsetof(struct request, member))
#define ACTS(what, function) .takes = TAKES_##what, .act = act_##function

const char *const flag_chapter_titles[FLAGS_COUNT] = {
	[FLAGS_MESSAGE]  = N_("Sender and recipients"),
	[FLAGS_DELIVERY] = N_("Delivery"),
	[FLAGS_TELL]     = N_("What is told"),
	[FLAGS_ASK]      = N_("Other things to do"),
	[FLAGS_SILENT]   = N_("Accepted for sendmail's sake"),
};

const struct flag flags[] = {
	{ .letter = 't', .name = "read-recipients", CLAIM(recipients_from_header),
	  .chapter = FLAGS_MESSAGE,
	  .help = N_("Take recipients from To, Cc and Bcc, besides those of the command line.") },
	{ .letter = 'f', .name = "from", ACTS(VALUE, sender), .chapter = FLAGS_MESSAGE,
	  .placeholder = "ADDRESS", .help = N_("Envelope sender; '<>' is the null sender.") },
	{ .letter = 'r', ACTS(VALUE, sender), .chapter = FLAGS_MESSAGE,
	  .placeholder = "ADDRESS", .help = N_("The same as -f.") },
	{ .name = "read-envelope-from", CLAIM(sender_from_header), .chapter = FLAGS_MESSAGE,
	  .help = N_("Take the envelope sender from the From field.") },
	{ .letter = 'F', VALUE(full_name), .chapter = FLAGS_MESSAGE, .placeholder = "NAME",
	  .help = N_("Name for a From field that has to be added.") },
	{ .letter = 'i', ACTS(NOTHING, dots), .chapter = FLAGS_MESSAGE,
	  .help = N_("A line with a single dot does not end the message.") },
	{ .letter = 'o', ACTS(VALUE, short_option), .chapter = FLAGS_MESSAGE, .placeholder = "i",
	  .help = N_("-oi is the same as -i; sendmail's other options are accepted.") },
	{ .letter = 'O', ACTS(VALUE, long_option), .chapter = FLAGS_MESSAGE,
	  .placeholder = "OPTION=VALUE",
	  .help = N_("IgnoreDots and REQUIRETLS; sendmail's other options are accepted.") },
	{ .letter = 'a', .name = "account", VALUE(wish.name), .chapter = FLAGS_MESSAGE,
	  .placeholder = "ACCOUNT", .help = N_("Use this account of the configuration.") },
	{ .letter = 'C', .name = "file", VALUE(config_file), .chapter = FLAGS_MESSAGE,
	  .placeholder = "FILE", .help = N_("Read this configuration file and no other.") },

	{ .letter = 'N', ACTS(VALUE, notify), .chapter = FLAGS_DELIVERY, .placeholder = "WHEN",
	  .help = N_("Report to the sender: never, or a list of success, failure, delay.") },
	{ .letter = 'R', ACTS(VALUE, return), .chapter = FLAGS_DELIVERY, .placeholder = "hdrs|full",
	  .help = N_("How much of the message a report returns.") },
	{ .letter = 'V', ACTS(VALUE, envelope_id), .chapter = FLAGS_DELIVERY, .placeholder = "ID",
	  .help = N_("Identifier that a report repeats.") },
	{ .name = "deliver-by", ACTS(VALUE, deliver_by), .chapter = FLAGS_DELIVERY,
	  .placeholder = "SECONDS[;R|N]",
	  .help = N_("Return the message (R), or notify (N), when it takes longer.") },
	{ .name = "hold-for", ACTS(VALUE, hold_for), .chapter = FLAGS_DELIVERY,
	  .placeholder = "SECONDS", .help = N_("Let the server keep the message so long.") },
	{ .name = "hold-until", ACTS(VALUE, hold_until), .chapter = FLAGS_DELIVERY,
	  .placeholder = "TIME",
	  .help = N_("Let the server keep it until then, as in 2027-01-31T08:00:00Z.") },
	{ .name = "mt-priority", ACTS(VALUE, priority), .chapter = FLAGS_DELIVERY,
	  .placeholder = "NUMBER", .help = N_("Priority from -9 to 9.") },
	{ .name = "require-tls", CLAIM(options.require_tls), .chapter = FLAGS_DELIVERY,
	  .help = N_("Have every server on the way use verified TLS (RFC 8689).") },
	{ .letter = '4', .setting = "ip", .value = "4", .chapter = FLAGS_DELIVERY,
	  .help = N_("Use only IPv4.") },
	{ .letter = '6', .setting = "ip", .value = "6", .chapter = FLAGS_DELIVERY,
	  .help = N_("Use only IPv6.") },

	{ .letter = 'v', .name = "verbose", CLAIM(verbose), .chapter = FLAGS_TELL,
	  .help = N_("Tell each step.") },
	{ .letter = 'd', .name = "debug", ACTS(ATTACHED, debug), .chapter = FLAGS_TELL,
	  .help = N_("Show the whole dialogue, without secrets.") },
	{ .name = "timeline", CLAIM(timeline), .chapter = FLAGS_TELL,
	  .help = N_("Draw where the time went.") },
	{ .letter = 'X', .takes = TAKES_VALUE, .setting = "logfile", .chapter = FLAGS_TELL,
	  .placeholder = "FILE", .help = N_("The same as --logfile.") },
	{ .name = "dry-run", CLAIM(dry_run), .chapter = FLAGS_TELL,
	  .help = N_("Show what would be sent, without connecting.") },

	{ .letter = 'P', .name = "pretend", .mode = MODE_PRETEND, .chapter = FLAGS_ASK,
	  .help = N_("Show the account with every setting and where it comes from.") },
	{ .letter = 'S', .name = "serverinfo", .mode = MODE_INFO, .chapter = FLAGS_ASK,
	  .help = N_("Show what the server can do.") },
	{ .name = "vrfy", ACTS(VALUE, verify), .chapter = FLAGS_ASK, .placeholder = "ADDRESS",
	  .help = N_("Ask the server about an address (VRFY).") },
	{ .name = "expn", ACTS(VALUE, expand), .chapter = FLAGS_ASK, .placeholder = "LIST",
	  .help = N_("Ask the server who is on a list (EXPN).") },
	{ .name = "rmqs", ACTS(VALUE, remote_queue), .chapter = FLAGS_ASK,
	  .placeholder = "HOST|@DOMAIN|#QUEUE",
	  .help = N_("Ask the server to send what it has for a host (ETRN).") },
	{ .name = "version", .mode = MODE_VERSION, .chapter = FLAGS_ASK,
	  .help = N_("Show version and build.") },
	{ .name = "help", .mode = MODE_HELP, .chapter = FLAGS_ASK, .help = N_("Show this help.") },

	{ .letter = 'b', ACTS(VALUE, operation), .chapter = FLAGS_SILENT },
	{ .letter = 'B', ACTS(VALUE, body), .chapter = FLAGS_SILENT },
	{ .letter = 'q', ACTS(ATTACHED, absent), .chapter = FLAGS_SILENT },
	{ .letter = 'Q', ACTS(ATTACHED, absent), .chapter = FLAGS_SILENT },
	{ .letter = 'I', ACTS(NOTHING, absent), .chapter = FLAGS_SILENT },
	{ .letter = 'A', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'D', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'e', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'h', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'L', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'M', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'p', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'E', .takes = TAKES_ATTACHED, .chapter = FLAGS_SILENT },
	{ .letter = 'J', .takes = TAKES_ATTACHED, .chapter = FLAGS_SILENT },
	{ .letter = 'T', .takes = TAKES_ATTACHED, .chapter = FLAGS_SILENT },
	{ .letter = 'c', .chapter = FLAGS_SILENT },
	{ .letter = 'G', .chapter = FLAGS_SILENT },
	{ .letter = 'm', .chapter = FLAGS_SILENT },
	{ .letter = 'n', .chapter = FLAGS_SILENT },
	{ .letter = 's', .chapter = FLAGS_SILENT },
	{ .letter = 'U', .chapter = FLAGS_SILENT },
	{ .letter = 'x', .chapter = FLAGS_SILENT },
};
/* clang-format on */

const size_t flags_count = sizeof(flags) / sizeof(flags[0]);

bool
flag_act(struct reading *reading, const struct flag *flag, const char *value,
	 struct error *err)
{
	char *request = (char *)reading->request;

	if (flag->act)
		return flag->act(reading, value, err);
	if (flag->claim)
		*(bool *)(void *)(request + flag->claim) = true;
	if (flag->text)
		*(const char **)(void *)(request + flag->text) = value;
	if (flag->setting)
		return reading_assign(reading,
				      (size_t)setting_row(span_of(flag->setting)),
				      span_of(flag->value ? flag->value : value), err);
	return flag->mode == MODE_SEND || set_mode(reading, flag->mode, err);
}
