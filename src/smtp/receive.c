/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes one mail from a client, and hands it over. */
#include "smtp/receive.h"

#include "base/file.h"
#include "base/process.h"
#include "smtp/reply.h"

enum { RECIPIENTS_MAX = 10000 };

void
receive_nothing(struct service *s)
{
	message_release(&s->mail.message);
	intake_release(&s->mail.intake);
	arena_release(&s->mail.arena);
	s->mail = (struct transaction){ .message.body.fd = -1, .intake.fd = -1 };
}

/* ---- replies ---- */

void
say(struct service *s, const char *reply)
{
	client_say(&s->client, "%s", reply);
}

const char wrong_syntax[] = "501 5.5.4 The command takes no argument, or needs one";
const char wrong_order[] = "503 5.5.1 Not now: the commands come in another order";
static const char no_space[] = "451 4.3.1 The message cannot be kept here now";
static const char too_large[] = "552 5.3.4 The message is too large";

/* Subject and detail of the enhanced code (RFC 3463 3). */
static const char *
detail_of(enum fault fault)
{
	switch (fault) {
	case FAULT_DATA:
		return "6.0";
	case FAULT_NO_USER:
		return "1.1";
	case FAULT_NO_HOST:
		return "4.4";
	case FAULT_CONNECT:
		return "4.1";
	case FAULT_TIMEOUT:
	case FAULT_LOST:
	case FAULT_UNCERTAIN:
		return "4.2";
	case FAULT_PROTOCOL:
		return "5.0";
	case FAULT_LOGIN:
	case FAULT_TRUST:
		return "7.0";
	case FAULT_UNSUPPORTED:
		return "3.3";
	case FAULT_CONFIG:
		return "3.5";
	case FAULT_NONE:
	case FAULT_REFUSED:
	case FAULT_TEMPORARY:
		return "0.0";
	case FAULT_USAGE:
	case FAULT_NO_INPUT:
	case FAULT_BUG:
	case FAULT_SYSTEM:
	case FAULT_CANNOT_CREATE:
	case FAULT_IO:
	case FAULT_COUNT:
		break;
	}
	return "3.0";
}

/* The enhanced code of another server's refusal is handed on. */
static const char *
enhanced_code(struct service *s, int code, const char *detail, const struct error *err)
{
	const char *words =
		arena_printf(&s->arena, "%s\r\n", err->reply ? err->reply : "");
	struct reply reply = { 0 };
	size_t used;

	if (reply_parse(&s->arena, span_of(words), &reply, &used) == REPLY_COMPLETE &&
	    reply.enhanced.len && reply_class(&reply) == code / 100)
		return span_string(&s->arena, reply.enhanced);
	return arena_printf(&s->arena, "%d.%s", code / 100, detail);
}

/* The sentence and, if there are any, the words of the server behind it. */
static void
say_failure(struct service *s, int code, const char *detail, const struct error *err)
{
	const char *enhanced = enhanced_code(s, code, detail, err);

	client_say(&s->client, "%d%c%s %s", code, err->reply ? '-' : ' ', enhanced,
		   err->what ? err->what : "");
	if (err->reply)
		client_say(&s->client, "%d %s %s", code, enhanced, err->reply);
}

/* ---- the envelope ---- */

static const char *
check_mail(const struct service *s, const struct mail_parameters *parameters,
	   const char *sender)
{
	if (s->policy->size_limit && parameters->size > s->policy->size_limit)
		return too_large;
	if (address_needs_utf8(sender) && !parameters->utf8)
		return "553 5.6.7 The sender needs SMTPUTF8";
	return NULL;
}

void
receive_sender(struct service *s, const struct command *command)
{
	struct transaction *mail = &s->mail;
	struct mail_parameters parameters;
	struct span text;
	const char *refusal = NULL;

	if (s->policy->may_log_in && !s->logged_in)
		refusal = "530 5.7.0 A login is needed first";
	else if (mail->begun)
		refusal = wrong_order;
	if (refusal) {
		say(s, refusal);
		return;
	}
	refusal = command_path(&mail->arena, command, SPAN("FROM:"),
			       &mail->envelope.sender, &text);
	if (!refusal)
		refusal = command_mail_parameters(
			&mail->arena, text, s->policy->may_log_in != NULL, &parameters);
	if (!refusal)
		refusal = check_mail(s, &parameters, mail->envelope.sender);
	if (refusal) {
		receive_nothing(s);
		say(s, refusal);
		return;
	}
	mail->begun = true;
	mail->utf8 = parameters.utf8;
	mail->envelope.options.ret = parameters.ret;
	mail->envelope.options.envid = parameters.envid;
	say(s, "250 2.1.0 The sender is fine");
}

/* Whether the recipient is taken; if not, that was said. */
static bool
take_recipient(struct service *s, const char *address)
{
	struct transaction *mail = &s->mail;
	const struct serve_policy *policy = s->policy;
	struct error err = { .arena = &s->arena };
	struct address_list list;

	if ((!policy->recipient || policy->recipient(policy->context, address, &err)) &&
	    address_list_parse(&mail->arena, span_of(address), &list, &err) &&
	    envelope_add(&mail->arena, &mail->envelope, &list, NULL, &err))
		return true;
	if (fault_is_temporary(err.fault))
		say_failure(s, 451, detail_of(err.fault), &err);
	else if (err.fault == FAULT_DATA)
		say_failure(s, 553, "1.3", &err);
	else
		say_failure(s, 550, "1.1", &err);
	return false;
}

void
receive_recipient(struct service *s, const struct command *command)
{
	struct transaction *mail = &s->mail;
	struct span text;
	const char *address, *refusal;
	unsigned notify = 0;

	if (!mail->begun || mail->content) {
		say(s, wrong_order);
		return;
	}
	refusal = command_path(&s->arena, command, SPAN("TO:"), &address, &text);
	if (!refusal)
		refusal = command_rcpt_parameters(text, &notify);
	if (!refusal && address_needs_utf8(address) && !mail->utf8)
		refusal = "553 5.6.7 The recipient needs SMTPUTF8";
	if (!refusal && mail->recipients >= RECIPIENTS_MAX)
		refusal = "452 4.5.3 Too many recipients";
	if (refusal) {
		say(s, refusal);
		return;
	}
	if (!take_recipient(s, address))
		return;
	mail->recipients++;
	mail->notify |= notify;
	mail->silent |= !notify;
	say(s, "250 2.1.5 The recipient is fine");
}

/* ---- the content ---- */

/* The envelope has one NOTIFY for all: nobody loses a notice that was asked for, and who
 * asked for none by silence still hears of failures. */
static const char *
notify_of(struct transaction *mail)
{
	unsigned notify = mail->notify;

	if (notify && mail->silent)
		notify |= NOTIFY_FAILURE;
	return notify_words(&mail->arena, notify);
}

/* A queue that cannot be written is mended some day; the client has the mail until
 * then. */
static bool
is_for_later(enum fault fault)
{
	return fault_is_temporary(fault) || fault == FAULT_CANNOT_CREATE;
}

/* Between delivery and reply nobody may end this: the client would send it once more. */
static void
deliver(struct service *s)
{
	const struct serve_policy *policy = s->policy;
	struct transaction *mail = &s->mail;
	struct error err = { .arena = &mail->arena };
	sigset_t before;

	process_hold_signals(&before);
	if (policy->accept(policy->context, &mail->envelope, &mail->message, &err))
		say(s, "250 2.0.0 The message is accepted");
	else
		say_failure(s, is_for_later(err.fault) ? 451 : 554, detail_of(err.fault),
			    &err);
	client_flush(&s->client);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The content is complete: somebody else's turn. */
static void
hand_over(struct service *s)
{
	struct transaction *mail = &s->mail;
	struct error err = { .arena = &mail->arena };

	if (!intake_end(&mail->intake, &mail->arena, &mail->message, &err)) {
		say_failure(s, err.fault == FAULT_DATA ? 554 : 451, detail_of(err.fault),
			    &err);
		return;
	}
	mail->envelope.options.notify = notify_of(mail);
	envelope_decide_needs(&mail->envelope, &mail->message);
	deliver(s);
}

/* NULL when the content may come. */
static const char *
begin_content(struct service *s)
{
	struct transaction *mail = &s->mail;

	if (!mail->begun || mail->spoiled)
		return wrong_order;
	if (!mail->envelope.count)
		return "554 5.5.1 There are no recipients";
	if (mail->content)
		return NULL;
	if (!intake_begin(&mail->intake, s->policy->size_limit, !s->client.crlf))
		return no_space;
	mail->content = true;
	return NULL;
}

/* Up to the final dot. False when the client is gone before. */
static bool
take_data(struct service *s)
{
	for (bool ended = false; !ended;) {
		struct span heard = client_heard(&s->client);
		size_t used;

		if (!heard.len)
			return false;
		ended = intake_data(&s->mail.intake, heard, &used);
		client_take(&s->client, used);
	}
	return true;
}

void
receive_data(struct service *s, const struct command *command)
{
	const char *refusal = command->argument.len ? wrong_syntax
			      : s->mail.content	    ? wrong_order
						    : begin_content(s);

	if (refusal) {
		say(s, refusal);
		return;
	}
	say(s, "354 Go on; a line with a single dot ends the message");
	s->dropped = !take_data(s);
	if (s->dropped)
		return;
	if (intake_too_large(&s->mail.intake))
		say(s, too_large);
	else
		hand_over(s);
	receive_nothing(s);
}

/* Takes the octets of one chunk, or lets them pass when INTAKE is NULL. */
static bool
take_chunk(struct service *s, uint64_t octets, struct intake *intake)
{
	while (octets) {
		struct span heard = client_heard(&s->client);

		if (heard.len > octets)
			heard.len = (size_t)octets;
		if (!heard.len)
			return false;
		if (intake)
			intake_chunk(intake, heard);
		client_take(&s->client, heard.len);
		octets -= heard.len;
	}
	return true;
}

void
receive_chunk(struct service *s, const struct command *command)
{
	struct transaction *mail = &s->mail;
	uint64_t octets;
	bool last;
	const char *refusal = command_chunk(command, &octets, &last);

	if (refusal) {
		say(s, refusal);
		s->client.gone = true;
		return;
	}
	refusal = begin_content(s);
	if (!take_chunk(s, octets, refusal ? NULL : &mail->intake)) {
		s->dropped = mail->content;
		return;
	}
	if (!refusal && intake_too_large(&mail->intake))
		refusal = too_large;
	mail->spoiled |= mail->begun && refusal;
	if (refusal)
		say(s, refusal);
	else if (last)
		hand_over(s);
	else
		client_say(&s->client, "250 2.0.0 %llu octets were taken",
			   (unsigned long long)octets);
	if (last)
		receive_nothing(s);
}
