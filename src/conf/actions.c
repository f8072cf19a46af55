/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does what each flag of the command line says. */
#include "conf/actions.h"

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

/* A sendmail would rather send the mail than complain about a report that cannot be had;
 * msmtp would not. */
static bool
ignored(struct reading *reading, const struct error *inner, struct error *err)
{
	if (reading->request->dialect == DIALECT_MSMTP)
		return unusable(reading, inner, err);
	remark(reading, arena_printf(reading->arena, _("%s was ignored: %s"),
				     reading->option, inner->what));
	return true;
}

/* A web page that lets a stranger add options to a sendmail's must not become a way to
 * write files or to run commands. */
static bool
is_for_strangers(const struct reading *reading, size_t row)
{
	const char *name = settings[row].name;

	return !reading->sendmail ||
	       (strcmp(name, "logfile") != 0 && strcmp(name, "passwordeval") != 0);
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
	if (!is_for_strangers(reading, row)) {
		remark(reading,
		       arena_printf(reading->arena, "%s was ignored", reading->option));
		return true;
	}
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

bool
reading_set_mode(struct reading *reading, enum mode mode, struct error *err)
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

/* What sendmail's -b asks for. */
static const struct {
	char letter;
	enum mode mode;
} operations[] = {
	/* -ba is the ARPANET's way of -bm: CRLF, which is understood anyway. */
	{ 'm', MODE_SEND },	  { 'a', MODE_SEND },	   { 's', MODE_SERVE },
	{ 'i', MODE_ALIASES },	  { 'v', MODE_ADDRESSES }, { 'p', MODE_QUEUE_LIST },
	{ 'P', MODE_QUEUE_LIST }, { 'h', MODE_NOTHING },   { 'H', MODE_NOTHING },
	{ 'C', MODE_CHECK },
};

bool
act_operation(struct reading *reading, const char *value, struct error *err)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (value[0] == operations[i].letter && !value[1])
			return operations[i].mode == MODE_SEND ||
			       reading_set_mode(reading, operations[i].mode, err);
	if (span_find(SPAN("dDl"), value[0]) < 3 && !value[1]) {
		/* A daemon would not read a message, so none is waited for. */
		reading->request->mode = MODE_NOTHING;
		return fail(
			err, FAULT_USAGE,
			_("postrider is no daemon: -b%s waits for mail from the network"),
			value);
	}
	return fail(err, FAULT_USAGE, _("postrider has no mode \"-b%s\""),
		    clean_text(reading->arena, span_of(value)));
}

/* What the letter behind -q or -q! selects by; NULL: nothing. */
static struct wanted *
selector(struct queue_run *run, char letter)
{
	switch (letter) {
	case 'I':
		return &run->id;
	case 'R':
		return &run->recipient;
	case 'S':
		return &run->sender;
	default:
		return NULL;
	}
}

/* -q: start a run; -qf: and wait for it; -qp: stay; -qIxyz -qRxyz -qSxyz: only those;
 * -q!Ixyz: all but those. A time, as in -q30m, is for daemons. */
bool
act_queue_run(struct reading *reading, const char *value, struct error *err)
{
	struct queue_run *run = &reading->request->queue_run;
	struct wanted *wanted;
	bool absent;

	if (!reading_set_mode(reading, MODE_QUEUE_RUN, err))
		return false;
	if (!value)
		return true;
	absent = *value == '!';
	wanted = selector(run, value[absent]);
	if (wanted)
		*wanted = (struct wanted){ value + absent + 1, absent };
	run->stay |= *value == 'p';
	run->foreground = wanted || *value == 'p' || *value == 'f';
	return true;
}

/* -odb, DeliveryMode=background */
static void
set_delivery(struct reading *reading, char letter)
{
	enum delivery_mode *delivery = &reading->request->delivery;

	if (letter == 'i' || letter == 'f')
		*delivery = DELIVER_NOW;
	else if (letter == 'b')
		*delivery = DELIVER_BACKGROUND;
	else if (letter == 'q' || letter == 'd')
		*delivery = DELIVER_LATER;
}

bool
act_absent(struct reading *reading, const char *value, struct error *err)
{
	return fail(err, FAULT_USAGE, _("postrider has no mode \"%s%s\""),
		    reading->option,
		    value ? clean_text(reading->arena, span_of(value)) : "");
}

/* -eq: only the exit status tells; -ee: a mail does. The other ways are all one here. */
bool
act_errors(struct reading *reading, const char *value, struct error *err)
{
	(void)err;
	if (*value == 'q')
		reading->request->quiet = true;
	/* Errors are mailed back: so the mail has to be ours first. */
	if (*value == 'e')
		reading->request->delivery = DELIVER_BACKGROUND;
	return true;
}

bool
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

/* -oi, -oeq; the other options of one letter tune what is not here. */
bool
act_short_option(struct reading *reading, const char *value, struct error *err)
{
	if (*value == 'i')
		reading->request->dot_ends = !is_true(value + 1);
	if (*value == 'd')
		set_delivery(reading, value[1]);
	return *value != 'e' || act_errors(reading, value + 1, err);
}

/* -O IgnoreDots=true */
bool
act_long_option(struct reading *reading, const char *value, struct error *err)
{
	struct span name = span_of(value);
	size_t equals = span_find(name, '=');
	const char *rest = equals < name.len ? value + equals + 1 : "";

	name = span_trim(span_part(name, 0, equals));
	if (span_same_word(name, SPAN("IgnoreDots")))
		reading->request->dot_ends = !is_true(rest);
	else if (span_same_word(name, SPAN("REQUIRETLS")))
		reading->request->options.require_tls = is_true(rest);
	else if (span_same_word(name, SPAN("DeliveryMode")))
		set_delivery(reading, to_lower(*rest));
	else if (span_same_word(name, SPAN("ErrorMode")))
		return act_errors(reading, rest, err);
	return true;
}

/* The bytes themselves decide about 8BITMIME. */
bool
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

bool
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

/* A name without what could end its line. */
static const char *
clean_name(struct reading *reading, const char *value)
{
	char *name = arena_string(reading->arena, value), *to = name;

	for (const char *from = value; *from; from++)
		if (!is_control(*from))
			*to++ = *from;
	*to = '\0';
	return name;
}

bool
act_full_name(struct reading *reading, const char *value, struct error *err)
{
	(void)err;
	reading->request->full_name = clean_name(reading, value);
	return true;
}

bool
act_log_tag(struct reading *reading, const char *value, struct error *err)
{
	(void)err;
	reading->request->log_tag = clean_name(reading, value);
	return true;
}

bool
act_notify(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };
	size_t row = (size_t)setting_row(SPAN("dsn_notify"));

	if (!parse_notify(reading->arena, value, &reading->request->options.notify,
			  &inner))
		return ignored(reading, &inner, err);
	return reading_assign(reading, row, span_of(value), err);
}

bool
act_return(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };
	size_t row = (size_t)setting_row(SPAN("dsn_return"));

	if (!parse_ret(value, &reading->request->options.ret, &inner))
		return ignored(reading, &inner, err);
	return reading_assign(reading, row, span_of(value), err);
}

bool
act_envelope_id(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };
	const char *envid;

	if (!parse_envid(reading->arena, value, &envid, &inner))
		return ignored(reading, &inner, err);
	reading->request->options.envid = envid;
	return true;
}

bool
act_deliver_by(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_by(reading->arena, value, &reading->request->options.by, &inner) ||
	       unusable(reading, &inner, err);
}

bool
act_hold_for(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_hold_for(value, &reading->request->options.hold_for, &inner) ||
	       unusable(reading, &inner, err);
}

bool
act_hold_until(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_hold_until(value, &reading->request->options.hold_until, &inner) ||
	       unusable(reading, &inner, err);
}

bool
act_priority(struct reading *reading, const char *value, struct error *err)
{
	struct error inner = { .arena = reading->arena };

	return parse_mt_priority(value, &reading->request->options.mt_priority, &inner) ||
	       unusable(reading, &inner, err);
}

/* -d0.1 is how one asks a sendmail for its version. */
bool
act_debug(struct reading *reading, const char *value, struct error *err)
{
	if (value && strcmp(value, "0.1") == 0)
		return reading_set_mode(reading, MODE_VERSION, err);
	/* sendmail's debugging is about sendmail. */
	reading->request->debug = !reading->sendmail;
	return true;
}

bool
act_server_info(struct reading *reading, const char *value, struct error *err)
{
	(void)value;
	return reading->sendmail || reading_set_mode(reading, MODE_INFO, err);
}

bool
act_log_file(struct reading *reading, const char *value, struct error *err)
{
	return reading_assign(reading, (size_t)setting_row(SPAN("logfile")),
			      span_of(value), err);
}

bool
act_remote_queue(struct reading *reading, const char *value, struct error *err)
{
	if (!*value || strpbrk(value, " \t"))
		return fail(err, FAULT_USAGE,
			    _("%s needs a host, @domain or #queue, without blanks"),
			    reading->option);
	reading->request->topic = value;
	return reading_set_mode(reading, MODE_RMQS, err);
}

bool
act_verify(struct reading *reading, const char *value, struct error *err)
{
	reading->request->verify = value;
	return reading_set_mode(reading, MODE_INFO, err);
}

bool
act_expand(struct reading *reading, const char *value, struct error *err)
{
	reading->request->expand = value;
	return reading_set_mode(reading, MODE_INFO, err);
}

bool
act_configure(struct reading *reading, const char *value, struct error *err)
{
	reading->request->topic = value;
	return reading_set_mode(reading, MODE_CONFIGURE, err);
}

bool
act_listen(struct reading *reading, const char *value, struct error *err)
{
	reading->request->topic = value;
	return reading_set_mode(reading, MODE_LISTEN, err);
}

bool
act_auto_from(struct reading *reading, const char *value, struct error *err)
{
	struct span word = span_of(value ? value : "on");

	reading->request->auto_from = span_same_word(word, SPAN("on"));
	return reading->request->auto_from || span_same_word(word, SPAN("off")) ||
	       fail(err, FAULT_USAGE, _("The value of %s is neither on nor off"),
		    reading->option);
}
