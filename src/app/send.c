/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries a message from standard input to the server. */
#include "app/send.h"

#include "app/journal.h"
#include "app/show.h"
#include "base/file.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is known about the mail itself. */
struct mail {
	struct message message;
	struct envelope envelope;
	struct composed composed;
	struct delivery delivery;
};

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
	struct account_wish wish = { .name = request->wish.name, .sender = sender };

	if (request->without_file) {
		run->account = arena_take(run->arena, sizeof(*run->account));
		if (!account_defaults(run->arena, DIALECT_POSTRIDER, run->account, err))
			return false;
	} else if (!config_read(run->arena, request->config_file, &run->config, err) ||
		   !config_choose(&run->config, &wish, &run->account, err)) {
		return false;
	}
	for (size_t i = 0; i < request->assignment_count; i++)
		if (!setting_apply(run->arena, run->account, &request->assignments[i],
				   err))
			return false;
	if (run->config.warning && (run->reporter->verbose || run->reporter->debug))
		report_line(run->reporter, "%s", run->config.warning);
	return account_finish(run->arena, run->account, err);
}

/* ---- who sends, and which domain completes bare names ---- */

static const char *
first_line(struct arena *arena, const char *path)
{
	char line[256] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return NULL;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, " \t\r\n#")] = '\0';
	return line[0] ? arena_string(arena, line) : NULL;
}

/* The domain for addresses without one. No name look-up: accepting a message must not
 * wait. */
static const char *
default_domain(struct arena *arena, const struct account *account)
{
	char host[256] = "";
	const char *domain = account->qualify_domain;

	if (!domain && account->dialect == DIALECT_POSTRIDER)
		domain = first_line(arena, "/etc/mailname");
	if (!domain && account->from && *account->from)
		domain = address_domain(account->from);
	if (!domain && account->dialect == DIALECT_POSTRIDER &&
	    gethostname(host, sizeof(host) - 1) == 0 && host[0])
		domain = arena_string(arena, host);
	return domain;
}

/* One address from -f or `from`, as it goes into MAIL FROM:<…>. */
static bool
one_sender(struct run *run, const char *text, const char **sender, struct error *err)
{
	const char *domain = default_domain(run->arena, run->account);
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
	return address_envelope(run->arena, &list.items[0], domain, sender, err);
}

static const struct passwd *
submitting_user(void)
{
	return getpwuid(getuid());
}

/* user@domain of the real uid, never of the environment. */
static const char *
user_address(struct run *run)
{
	const struct passwd *user = submitting_user();
	const char *domain = default_domain(run->arena, run->account);
	const char *name =
		user ? user->pw_name
		     : arena_printf(run->arena, "uid-%lu", (unsigned long)getuid());

	return domain ? arena_printf(run->arena, "%s@%s", name, domain) : name;
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
	    !envelope_from_header(run->arena, &mail->message,
				  default_domain(run->arena, account), sender, err))
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
	const char *domain = default_domain(run->arena, run->account);

	for (size_t i = 0; i < request->operand_count; i++) {
		struct address_list list;

		if (!address_operand_parse(run->arena, request->operands[i], &list,
					   err) ||
		    !envelope_add(run->arena, &mail->envelope, &list, domain, err))
			return false;
	}
	if (request->recipients_from_header &&
	    !envelope_add_from_header(run->arena, &mail->envelope, &mail->message, domain,
				      err))
		return false;
	if (mail->envelope.count)
		return true;
	if (request->recipients_from_header)
		return fail(err, FAULT_USAGE,
			    _("No recipients: the header names none in To, Cc or Bcc"));
	fail(err, FAULT_USAGE, _("No recipients"));
	return fail_hint(
		err,
		_("Name them as arguments, or give -t to take them from the header."));
}

static bool
decide_options(struct run *run, struct mail *mail, struct error *err)
{
	const struct account *account = run->account;
	struct mail_options *options = &mail->envelope.options;

	*options = run->request->options;
	if (!options->notify && account->dsn_notify &&
	    !parse_notify(run->arena, account->dsn_notify, &options->notify, err))
		return false;
	if (!options->ret && account->dsn_return &&
	    !parse_ret(account->dsn_return, &options->ret, err))
		return false;
	envelope_decide_needs(&mail->envelope, &mail->message);
	return true;
}

/* The GECOS field up to the first comma, "&" being the capitalised login name. */
static const char *
real_name(struct arena *arena)
{
	const struct passwd *user = submitting_user();
	struct buf name = { 0 };
	const char *text;

	if (!user || !user->pw_gecos || !*user->pw_gecos)
		return NULL;
	for (const char *c = user->pw_gecos; *c && *c != ','; c++) {
		size_t start = name.len;

		if (*c != '&') {
			buf_add_char(&name, *c);
			continue;
		}
		buf_add_string(&name, user->pw_name);
		if (name.at[start] >= 'a' && name.at[start] <= 'z')
			name.at[start] = (char)(name.at[start] - 'a' + 'A');
	}
	text = name.len ? arena_string(arena, name.at) : NULL;
	buf_release(&name);
	return text;
}

static const char *
full_name(const struct run *run)
{
	if (run->request->full_name)
		return run->request->full_name;
	if (run->account->from_full_name)
		return run->account->from_full_name;
	return run->account->dialect == DIALECT_POSTRIDER ? real_name(run->arena) : NULL;
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

static void
compose_mail(struct run *run, struct mail *mail)
{
	const char *sender = mail->envelope.sender;
	const char *from = *sender ? sender : NULL;
	struct origin_facts origin = { .full_name = full_name(run) };

	if (!from && run->account->from && *run->account->from &&
	    !is_pattern(run->account->from))
		from = run->account->from;
	origin.from = from ? from : user_address(run);
	origin.id_domain = id_domain(run, origin.from);
	mail->composed = compose(run->arena, &mail->message, &run->account->header,
				 &origin, &mail->envelope);
}

/* ---- the conversation ---- */

static const char *
key_pin(void *context)
{
	struct run *run = context;
	struct error ignored = { .arena = run->arena };
	const struct secret *secret;

	return finder_take(&run->finder, &secret, &ignored) ? secret->at : NULL;
}

bool
run_start_secret(struct run *run, struct error *err)
{
	const struct account *account = run->account;

	if (strcmp(account->login.auth, "off") == 0 && !account->tls.key_file)
		return true;
	return finder_start(&run->finder, &account->secret, err);
}

bool
run_connect(struct run *run, struct error *err)
{
	struct account *account = run->account;
	const struct endpoint *endpoint = &account->endpoint;
	struct tls_peer peer = { .pin = key_pin, .pin_context = run };

	run->session = (struct session){
		.arena = run->arena,
		.domain = account->domain,
		.host = endpoint->host ? endpoint->host : endpoint->socket,
		.lmtp = account->protocol == PROTOCOL_LMTP,
		.timeout = account->timeout,
		.watcher = report_watcher(run->reporter),
	};
	return session_open(&run->session, endpoint, err) &&
	       session_secure(&run->session, &account->tls, &peer, err);
}

static bool
converse(struct run *run, struct mail *mail, struct error *err)
{
	mail->delivery = (struct delivery){
		.envelope = &mail->envelope,
		.message = &mail->message,
		.composed = &mail->composed,
		.partial = run->account->partial_delivery,
		.last = true,
	};
	run->delivery = &mail->delivery;
	return run_connect(run, err) &&
	       session_login(&run->session, &run->account->login, &run->finder, err) &&
	       submit(&run->session, &mail->delivery, err);
}

void
run_disconnect(struct run *run)
{
	if (run->session.arena)
		session_close(&run->session);
}

void
run_release(struct run *run)
{
	finder_release(&run->finder);
	if (run->account && run->request->without_file)
		account_release(run->account);
	config_release(&run->config);
}

/* ---- the whole ---- */

static bool
read_input(struct run *run, struct mail *mail, struct error *err)
{
	const struct request *request = run->request;

	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		report_line(run->reporter,
			    _("reading the message from the terminal; end it with "
			      "Ctrl-D%s"),
			    request->dot_ends ? _(" or a line with a single dot") : "");
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
	if (!run_choose_account(run, asked, err))
		return false;
	if (!request->dry_run && !run_start_secret(run, err))
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
		.err = err,
		.remark = run->request->remark,
		.program = run->reporter->program,
	};

	if (mail->message.facts.ended_by_dot && !record.remark)
		record.remark =
			"input ended by a lone dot; bytes behind it were not read";
	journal_write(run->arena, &record, &problem);
	if (problem)
		report_line(run->reporter, "%s", problem);
}

bool
send_message(struct run *run, struct error *err)
{
	struct mail *mail = arena_take(run->arena, sizeof(*mail));
	bool ok;

	mail->message.body.fd = -1;
	ok = read_and_choose(run, mail, err);
	if (ok) {
		compose_mail(run, mail);
		if (run->request->dry_run) {
			show_dry_run(run, &mail->envelope, &mail->composed);
		} else {
			ok = converse(run, mail, err);
			log_attempt(run, mail, err);
		}
	}
	message_release(&mail->message);
	return ok;
}
