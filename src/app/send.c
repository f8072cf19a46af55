/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries a message from standard input to the server. */
#include "app/send.h"

#include "app/deliver.h"
#include "app/journal.h"
#include "app/local.h"
#include "app/msmtp.h"
#include "app/msmtp_show.h"
#include "app/remind.h"
#include "app/show.h"
#include "base/file.h"
#include "conf/commands.h"
#include "mail/complete.h"
#include "mail/named.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void
drain_input(void)
{
	char room[16 * 1024];
	ssize_t got;

	if (isatty(STDIN_FILENO))
		return;
	do
		got = read(STDIN_FILENO, room, sizeof(room));
	while (got > 0 || (got < 0 && errno == EINTR));
}

/* ---- the account ---- */

bool
run_choose_account(struct run *run, const char *sender, struct error *err)
{
	const struct request *request = run->request;
	const char *warning;

	run->key = (struct account_key){
		.name = request->wish.name,
		.config_file = request->config_file,
		.without_file = request->without_file,
		.dialect = request->dialect,
		.assignments = request->assignments,
		.assignment_count = request->assignment_count,
	};
	if (!account_choose(run->arena, &run->key, sender, &run->chosen, err))
		return false;
	run->account = run->chosen.account;
	run->key.name = run->account->name;
	warning = run->chosen.config.warning;
	if (warning && (run->reporter->verbose || run->reporter->debug))
		report_line(run->reporter, "%s", warning);
	if (as_msmtp(run) && run->reporter->debug && request->mode == MODE_SEND)
		msmtp_show_pretend(run);
	return true;
}

/* ---- who sends ---- */

/* One address from -f or `from`, as it goes into MAIL FROM:<…>; the name of this host
 * alone would mean nothing to the server. */
static bool
one_sender(struct run *run, const char *text, const char **sender, struct error *err)
{
	const struct local_policy local = local_policy(run);
	struct span words = span_trim(span_of(text));
	struct address_list list;

	*sender = "";
	if (!words.len || span_same_word(words, SPAN("MAILER-DAEMON")) ||
	    (words.len >= 2 && words.at[0] == '<' && words.at[words.len - 1] == '>' &&
	     !span_trim(span_part(words, 1, words.len - 2)).len))
		return true;
	if (!address_list_parse(run->arena, words, &list, err))
		return false;
	if (list.count != 1)
		return fail(err, FAULT_DATA, _("The sender \"%s\" is not one address"),
			    clean_text(run->arena, words));
	if (is_local(&local, &list.items[0]))
		list.items[0].domain = NULL;
	return address_envelope(run->arena, &list.items[0], local.default_domain, sender,
				err);
}

static bool
is_pattern(const char *from)
{
	return strpbrk(from, "*?[") != NULL;
}

/* -f, else `from` (which may say: the From field), else the submitting user. */
static bool
decide_sender(struct run *run, struct mail *mail, const char *asked, struct error *err)
{
	const struct account *account = run->account;
	const char **sender = &mail->envelope.sender;

	if (asked && account->allow_from_override)
		return one_sender(run, asked, sender, err);
	if (account->sender_from_header &&
	    !envelope_from_header(run->arena, &mail->message, default_domain(run), sender,
				  err))
		return false;
	if (*sender)
		return true;
	if (account->from && is_pattern(account->from))
		return fail(
			err, FAULT_CONFIG,
			_("The account's from is a pattern (%s): give the sender with -f"),
			account->from);
	if (account->from)
		return one_sender(run, account->from, sender, err);
	if (account->dialect == DIALECT_MSMTP)
		return fail(
			err, FAULT_CONFIG,
			_("The account has no envelope sender: set from, or give -f"));
	*sender = user_address(run);
	return true;
}

/* ---- the envelope and the header ---- */

static bool
collect_recipients(struct run *run, struct mail *mail, struct error *err)
{
	const struct request *request = run->request;
	enum resent resent = as_msmtp(run) ? RESENT_FIRST : RESENT_ALL;
	struct local_policy policy = local_policy(run);
	struct address_list list;
	size_t named = 0;

	for (size_t i = 0; i < request->operand_count; i++, named += list.count)
		if (!address_operand_parse(run->arena, request->operands[i], &list,
					   err) ||
		    !aliases_add(run->arena, &policy, &list, &mail->envelope, err))
			return false;
	if (request->recipients_from_header) {
		if (!header_recipients(&mail->names, &mail->message, resent, &list,
				       err) ||
		    !aliases_add(run->arena, &policy, &list, &mail->envelope, err))
			return false;
		named += list.count;
	}
	mail->discarded = named && !mail->envelope.count;
	if (named)
		return true;
	if (request->recipients_from_header)
		return fail(err, FAULT_USAGE,
			    _("No recipients: the header names none in To, Cc or Bcc"));
	fail(err, FAULT_USAGE, _("No recipients"));
	return fail_hint(
		err,
		_("Name them as arguments, or give -t to take them from the header."));
}

/* What was asked for on the way in wins over the command line, and that over the
 * account. */
static bool
decide_options(struct run *run, struct mail *mail, struct error *err)
{
	const struct account *account = run->account;
	struct mail_options *options = &mail->envelope.options;
	const struct mail_options taken = *options;

	*options = run->request->options;
	if (!options->notify && account->dsn_notify &&
	    !parse_notify(run->arena, account->dsn_notify, &options->notify, err))
		return false;
	if (!options->ret && account->dsn_return &&
	    !parse_ret(account->dsn_return, &options->ret, err))
		return false;
	options->notify = taken.notify ? taken.notify : options->notify;
	options->ret = taken.ret ? taken.ret : options->ret;
	options->envid = taken.envid ? taken.envid : options->envid;
	envelope_decide_needs(&mail->envelope, &mail->message);
	return true;
}

/* The right side of a Message-ID should be a domain that others know. */
static const char *
id_domain(const struct run *run, const char *from)
{
	const struct account *account = run->account;

	if (account->domain && *account->domain &&
	    strcmp(account->domain, "localhost") != 0)
		return account->domain;
	if (address_domain(from))
		return address_domain(from);
	return account->endpoint.host ? account->endpoint.host : "localhost.localdomain";
}

/* With -G the header is somebody else's: only what must not go out is left out. */
static const struct header_policy *
header_policy(const struct run *run)
{
	static const struct header_policy as_it_is = {
		.from = ADD_NEVER,
		.date = ADD_NEVER,
		.message_id = ADD_NEVER,
		.to = TO_OFF,
		.remove_bcc = true,
	};

	return run->request->gateway ? &as_it_is : &run->account->header;
}

static void
forget_names(struct mail *mail)
{
	for (size_t i = 0; i < mail->message.count; i++)
		mail->message.fields[i].addresses = NULL;
	arena_release(&mail->names);
}

static void
compose_mail(struct run *run, struct mail *mail)
{
	const struct account *account = run->account;
	const char *from = mail->envelope.sender;
	struct local_policy local = local_policy(run);
	struct completion completion = { local.default_domain, local.local_names };
	struct origin_facts origin = {
		.full_name = run->request->full_name ? run->request->full_name
						     : account->from_full_name,
		.real_name = account->dialect == DIALECT_POSTRIDER ? real_name : NULL,
	};

	if (!*from)
		from = account->from && *account->from && !is_pattern(account->from)
			       ? account->from
			       : user_address(run);
	origin.from = from;
	origin.id_domain = id_domain(run, from);
	/* msmtp leaves the fields alone, and its users expect that. */
	if (account->dialect == DIALECT_POSTRIDER && !run->request->gateway)
		origin.completion = &completion;
	origin.trace = arena_printf(run->arena, "by %s (postrider, from userid %lu)",
				    origin.id_domain, (unsigned long)getuid());
	mail->composed = compose(run->arena, &mail->message, header_policy(run), &origin,
				 &mail->envelope);
	forget_names(mail);
}

/* ---- the conversation ---- */

bool
run_start_secret(struct run *run, struct error *err)
{
	run->connection = (struct connection){
		.arena = run->arena,
		.account = run->account,
		.watcher = report_watcher(run->reporter),
	};
	return connection_prepare(&run->connection, err);
}

bool
run_connect(struct run *run, struct error *err)
{
	return connection_open(&run->connection, err);
}

void
run_disconnect(struct run *run)
{
	connection_close(&run->connection);
}

void
run_release(struct run *run)
{
	connection_release(&run->connection);
	chosen_release(&run->chosen);
}

/* ---- the whole ---- */

/* To a person: a mistyped command is a recipient like any other. */
static void
warn_of_command(const struct run *run)
{
	const struct request *request = run->request;
	const char *word = request->operand_count ? request->operands[0] : "@";
	const char *near = run->as_sendmail || as_msmtp(run) || strchr(word, '@')
				   ? NULL
				   : commands_near(word);

	if (near && strcmp(near, word) != 0)
		report_line(run->reporter,
			    _("\"%s\" is taken for a recipient; did you mean the command "
			      "\"%s\"?"),
			    clean_text(run->arena, span_of(word)), near);
}

static void
tell_terminal(const struct run *run)
{
	warn_of_command(run);
	report_line(run->reporter, "%s",
		    run->request->dot_ends
			    ? _("reading the message from the terminal; end it with "
				"Ctrl-D or a line with a single dot")
			    : _("reading the message from the terminal; end it with "
				"Ctrl-D"));
}

static bool
read_input(struct run *run, struct mail *mail, struct error *err)
{
	const struct request *request = run->request;

	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		tell_terminal(run);
	return message_read(run->arena, STDIN_FILENO, request->dot_ends, &mail->message,
			    err);
}

/* With --read-envelope-from the message decides about the account; else the account is
 * known first, so that a password command can run while the message comes in. */
static bool
read_and_choose(struct run *run, struct mail *mail, struct error *err)
{
	const struct request *request = run->request;
	const char *asked = request->sender;

	if (request->sender_from_header) {
		if (!read_input(run, mail, err) ||
		    !envelope_from_header(run->arena, &mail->message, NULL, &asked, err))
			return false;
		if (!asked)
			return fail(
				err, FAULT_USAGE,
				_("The header has no From address for --read-envelope-from"));
	}
	if (!run_choose_account(run, asked, err) && !deliver_later(run, err))
		return false;
	if (!request->dry_run && !run->broken.fault && !run_start_secret(run, err))
		return false;
	if (!request->sender_from_header && !read_input(run, mail, err))
		return false;
	return decide_sender(run, mail, asked, err) &&
	       collect_recipients(run, mail, err) && decide_options(run, mail, err);
}

static void
log_attempt(struct run *run, const struct mail *mail, const struct error *err)
{
	const char *problem;
	struct record record = {
		.account = run->account,
		.envelope = mail->envelope.count ? &mail->envelope : NULL,
		.delivery = mail->delivery.verdicts ? &mail->delivery : NULL,
		.err = mail->kept[0] && !err->fault ? &mail->tried : err,
		.kept = mail->kept[0] && !err->fault,
		.queue = mail->kept[0] ? mail->kept : NULL,
		.status = run_status_name(run, err),
		.reply = run_log_reply(run, err),
		.remark = run->request->remark,
		.program = run->reporter->program,
		.tag = run->request->log_tag,
		.as_sendmail = run->as_sendmail,
	};

	if (mail->stays)
		record.remark = mail->stays;
	else if (mail->discarded)
		record.remark = "discarded: the aliases send it to nobody";
	else if (mail->message.facts.nul + mail->message.facts.header_nul &&
		 !record.remark)
		record.remark = "the message has NUL octets";
	else if (mail->message.facts.ended_by_dot && !record.remark)
		record.remark =
			"input ended by a lone dot; bytes behind it were not read";
	run->logged = true;
	journal_write(run->arena, &record, &problem);
	if (problem)
		report_line(run->reporter, "%s", problem);
}

void
log_refusal(struct run *run, const struct error *err)
{
	const char *problem;
	struct record record = {
		.account = run->account,
		.err = err,
		.program = run->reporter->program,
		.tag = run->request->log_tag,
		.as_sendmail = run->as_sendmail,
	};

	if (err->fault && !run->logged)
		journal_write(run->arena, &record, &problem);
}

/* The message is complete: that its caller's session ends is no reason to lose it. */
static bool
deliver_in_peace(struct run *run, struct mail *mail, struct error *err)
{
	void (*before)(int) = signal(SIGHUP, SIG_IGN);
	bool ok = deliver(run, mail, err);

	signal(SIGHUP, before);
	return ok;
}

/* The account is chosen and the envelope is there. */
static bool
carry(struct run *run, struct mail *mail, struct error *err)
{
	bool ok = true;

	if (!check_hops(&mail->message, err))
		return false;
	if (run->request->dry_run) {
		compose_mail(run, mail);
		show_dry_run(run, &mail->envelope, &mail->composed);
		return true;
	}
	if (!mail->discarded) {
		compose_mail(run, mail);
		ok = deliver_in_peace(run, mail, err);
	}
	log_attempt(run, mail, err);
	tell_kept(run, mail);
	remind_of_held(run);
	return ok;
}

bool
send_message(struct run *run, struct error *err)
{
	struct mail *mail = arena_take(run->arena, sizeof(*mail));
	bool ok;

	mail->message.body.fd = -1;
	ok = read_and_choose(run, mail, err) && carry(run, mail, err);
	forget_names(mail);
	message_release(&mail->message);
	return ok;
}

/* Recipients that another program gave in envelope form. */
static bool
take_recipients(struct run *run, struct mail *mail, const struct envelope *taken,
		struct error *err)
{
	struct local_policy policy = local_policy(run);

	for (size_t i = 0; i < taken->count; i++) {
		struct address_list list;

		if (!address_list_parse(run->arena, span_of(taken->to[i]), &list, err) ||
		    !aliases_add(run->arena, &policy, &list, &mail->envelope, err))
			return false;
	}
	mail->discarded = !mail->envelope.count;
	return true;
}

bool
send_taken(struct run *run, const struct envelope *taken, const struct message *message,
	   struct error *err)
{
	struct mail *mail = arena_take(run->arena, sizeof(*mail));

	mail->message = *message;
	mail->envelope.options = taken->options;
	if (!run_choose_account(run, taken->sender, err))
		return false;
	/* One reply stands for all recipients: it is true only when all have it or
	 * none. */
	run->account->partial_delivery = false;
	return run_start_secret(run, err) &&
	       decide_sender(run, mail, taken->sender, err) &&
	       take_recipients(run, mail, taken, err) && decide_options(run, mail, err) &&
	       carry(run, mail, err);
}
