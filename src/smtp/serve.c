/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers a client's commands, one after the other, and hands over the mails. */
#include "smtp/serve.h"

#include "base/base64.h"

#include "smtp/receive.h"

#include <poll.h>

enum {
	TIMEOUT = 300, /* seconds: RFC 5321 4.5.3.2.7 */
	LOGIN_FAILURES_MAX = 3,
	LOGIN_FAILURE_MS = 1000
};

/* ---- greeting and small things ---- */

static void
answer_ehlo(struct service *s, const struct command *command)
{
	struct client *client = &s->client;

	if (!command->argument.len) {
		say(s, wrong_syntax);
		return;
	}
	receive_nothing(s);
	if (command->verb == VERB_HELO) {
		client_say(client, "250 %s", s->policy->host);
		return;
	}
	client_say(client, "250-%s", s->policy->host);
	say(s, "250-PIPELINING");
	say(s, "250-8BITMIME");
	say(s, "250-SMTPUTF8");
	say(s, "250-CHUNKING");
	say(s, "250-DSN");
	if (s->policy->may_log_in)
		say(s, "250-AUTH PLAIN LOGIN");
	if (s->policy->size_limit)
		client_say(client, "250-SIZE %llu",
			   (unsigned long long)s->policy->size_limit);
	else
		say(s, "250-SIZE");
	say(s, "250 ENHANCEDSTATUSCODES");
}

static void
answer_rset(struct service *s, const struct command *command)
{
	if (command->argument.len) {
		say(s, wrong_syntax);
		return;
	}
	receive_nothing(s);
	say(s, "250 2.0.0 Forgotten");
}

static void
answer_fine(struct service *s, const struct command *command)
{
	(void)command;
	say(s, "250 2.0.0 OK");
}

static void
answer_vrfy(struct service *s, const struct command *command)
{
	say(s, command->argument.len
		       ? "252 2.5.2 Mail for it is taken; whether it arrives shows later"
		       : wrong_syntax);
}

static void
answer_help(struct service *s, const struct command *command)
{
	(void)command;
	say(s, "214-2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT AUTH");
	say(s, "214 2.0.0 See RFC 5321");
}

static void
answer_quit(struct service *s, const struct command *command)
{
	if (command->argument.len) {
		say(s, wrong_syntax);
		return;
	}
	client_say(&s->client, "221 2.0.0 %s closes the connection", s->policy->host);
	s->client.gone = true;
}

static void
answer_http(struct service *s, const struct command *command)
{
	(void)command;
	say(s, "421 4.7.0 This is not a web server");
	s->client.gone = true;
}

static void
answer_unknown(struct service *s, const struct command *command)
{
	(void)command;
	say(s, "500 5.5.1 The command is not known");
}

/* ---- AUTH (RFC 4954, RFC 4616) ---- */

static bool
decode(struct service *s, struct span text, struct buf *out)
{
	if (span_equal(text, SPAN("*")))
		say(s, "501 5.7.0 The login was cancelled");
	else if (!base64_decode(out, text))
		say(s, "501 5.5.2 The response is not base64");
	else
		return true;
	return false;
}

/* The response to CHALLENGE, unless it came with the command. */
static bool
take_response(struct service *s, struct span initial, const char *challenge,
	      struct buf *out)
{
	struct span line;

	if (initial.len)
		return span_equal(initial, SPAN("=")) || decode(s, initial, out);
	client_say(&s->client, "334 %s", challenge);
	switch (client_line(&s->client, &line)) {
	case LINE_HEARD:
		return decode(s, line, out);
	case LINE_TOO_LONG:
		say(s, "500 5.5.6 The response is too long");
		break;
	case LINE_NONE:
		break;
	}
	return false;
}

static void
decide_login(struct service *s, struct span user, struct span password)
{
	if (user.len && !has_control(user) &&
	    s->policy->may_log_in(s->policy->context, user, password)) {
		s->logged_in = true;
		say(s, "235 2.7.0 You are logged in");
		return;
	}
	/* Whoever guesses has to be patient. */
	poll(NULL, 0, LOGIN_FAILURE_MS);
	if (++s->login_failures < LOGIN_FAILURES_MAX) {
		say(s, "535 5.7.8 User name or password is wrong");
		return;
	}
	say(s, "421 4.7.0 User name or password is wrong, too often");
	s->client.gone = true;
}

/* identity NUL user NUL password; nobody may act for somebody else. */
static void
log_in_plain(struct service *s, struct span initial)
{
	struct buf response = { 0 };

	if (take_response(s, initial, "", &response)) {
		struct span rest = buf_span(&response), identity, user;

		identity = span_part(rest, 0, span_find(rest, '\0'));
		rest = span_part(rest, identity.len + 1, rest.len);
		user = span_part(rest, 0, span_find(rest, '\0'));
		if (user.len == rest.len || (identity.len && !span_equal(identity, user)))
			user.len = 0;
		decide_login(s, user, span_part(rest, user.len + 1, rest.len));
	}
	buf_wipe(&response);
}

static void
log_in_login(struct service *s, struct span initial)
{
	struct buf user = { 0 }, password = { 0 };

	if (take_response(s, initial, "VXNlcm5hbWU6", &user) &&
	    take_response(s, (struct span){ 0 }, "UGFzc3dvcmQ6", &password))
		decide_login(s, buf_span(&user), buf_span(&password));
	buf_release(&user);
	buf_wipe(&password);
}

static void
answer_auth(struct service *s, const struct command *command)
{
	struct span initial = command->argument, mechanism = span_word(&initial);

	if (!s->policy->may_log_in)
		say(s, "502 5.5.1 No login is needed here");
	else if (s->logged_in || s->mail.begun)
		say(s, wrong_order);
	else if (!mechanism.len)
		say(s, wrong_syntax);
	else if (span_same_word(mechanism, SPAN("PLAIN")))
		log_in_plain(s, initial);
	else if (span_same_word(mechanism, SPAN("LOGIN")))
		log_in_login(s, initial);
	else
		say(s, "504 5.5.4 The mechanism is not offered");
}

/* ---- the session ---- */

static void (*const answers[])(struct service *, const struct command *) = {
	[VERB_UNKNOWN] = answer_unknown, [VERB_EHLO] = answer_ehlo,
	[VERB_HELO] = answer_ehlo,	 [VERB_MAIL] = receive_sender,
	[VERB_RCPT] = receive_recipient, [VERB_DATA] = receive_data,
	[VERB_BDAT] = receive_chunk,	 [VERB_RSET] = answer_rset,
	[VERB_NOOP] = answer_fine,	 [VERB_VRFY] = answer_vrfy,
	[VERB_HELP] = answer_help,	 [VERB_QUIT] = answer_quit,
	[VERB_AUTH] = answer_auth,	 [VERB_ONEX] = answer_fine,
	[VERB_VERB] = answer_fine,	 [VERB_HTTP] = answer_http,
};

/* A control character in a command could begin another one further on. */
static bool
is_clean(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (is_control(line.at[i]) && line.at[i] != '\t')
			return false;
	return true;
}

static void
answer(struct service *s, struct span line)
{
	struct command command = command_parse(line);

	if (is_clean(line))
		answers[command.verb](s, &command);
	else
		say(s, "500 5.5.2 The command has a control character");
	arena_release(&s->arena);
}

static void
converse(struct service *s)
{
	struct span line;

	client_say(&s->client, "220 %s ESMTP", s->policy->host);
	while (!s->client.gone) {
		switch (client_line(&s->client, &line)) {
		case LINE_HEARD:
			answer(s, line);
			break;
		case LINE_TOO_LONG:
			say(s, "500 5.5.2 The command is too long");
			break;
		case LINE_NONE:
			break;
		}
	}
	if (s->client.late)
		client_say(&s->client, "421 4.4.2 %s heard nothing for too long",
			   s->policy->host);
	client_flush(&s->client);
}

bool
serve(int in, int out, const struct serve_policy *policy, struct error *err)
{
	unsigned timeout = policy->timeout ? policy->timeout : TIMEOUT;
	struct service service = {
		.client = { .in = in, .out = out, .timeout = timeout },
		.policy = policy,
		.mail = { .message.body.fd = -1, .intake.fd = -1 },
	};

	converse(&service);
	receive_nothing(&service);
	client_release(&service.client);
	if (service.dropped)
		return fail(
			err, FAULT_IO,
			_("A mail was not taken: the client was gone before its end"));
	return true;
}
