/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs in, and explains what it takes. */
#include "app/setup_login.h"

#include "app/screen.h"
#include "app/ask.h"
#include "app/explain.h"
#include "base/file.h"
#include "secret/prompt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 3, LINE_MAX_LEN = 64 * 1024 };

/* ---- what the provider wants ---- */

/* What kind of password it is, and where one gets it or reads about it. */
static void
tell_secret(const struct setup *setup)
{
	const struct mail_provider *provider = setup->server->provider;
	bool made = provider && (provider->first == SECRET_APP_PASSWORD ||
				 provider->first == SECRET_KEY);
	const char *name = provider ? span_string(setup->arena, provider->name) : NULL;

	if (!provider)
		return;
	if (made)
		screen_say(
			setup->out,
			provider->first == SECRET_KEY
				? _("%s wants a key here, not your usual password.\n")
				: _("%s wants an app password here. That is a password for "
				    "this program alone, not your usual one.\n"),
			name);
	else if (provider->secrets & SECRET_APP_PASSWORD)
		screen_say(setup->out,
			   _("If you log in to %s in two steps, it wants an app password "
			     "here.\n"),
			   name);
	if (provider->help)
		fprintf(setup->out,
			made ? _("Make one at %s\n") : _("More about it: %s\n"),
			provider->help);
}

/* ---- by a token ---- */

/* A token where there is no other way, or where the person does not want the other. */
static bool
decide_token(struct setup *setup, struct error *err)
{
	const struct mail_provider *provider = setup->server->provider;
	const char *auth = setup->account.login.auth;

	setup->by_token = strcmp(auth, "xoauth2") == 0 ||
			  strcmp(auth, "oauthbearer") == 0 ||
			  setup->account.oauth.issuer ||
			  (provider && provider->first == SECRET_OAUTH);
	if (!setup->by_token || !provider || provider->secrets == SECRET_OAUTH ||
	    !setup->asks)
		return true;
	return ask_yes(_("Log in with a browser, as most organisations want it? "
			 "(No: with a password.)"),
		       true, &setup->by_token, err);
}

/* ---- by a password ---- */

static bool
decide_user(struct setup *setup, struct error *err)
{
	const char *question =
		arena_printf(setup->arena, _("User name at %s:"), setup->server->host);

	if (setup->user)
		return true;
	if (!setup->asks) {
		fail(err, FAULT_USAGE, _("The user name at %s cannot be known"),
		     setup->server->host);
		return fail_hint(err, _("Give it with --user"));
	}
	return ask_line(question, setup->address, &setup->user, err);
}

/* Whoever writes it may keep the other end open, or go on. False with errno set. */
static bool
read_line(int fd, struct buf *text)
{
	while (span_find(buf_span(text), '\n') == text->len &&
	       text->len <= LINE_MAX_LEN) {
		ssize_t got = read(fd, buf_reserve(text, READ_PIECE), READ_PIECE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		text->len += (size_t)got;
	}
	return true;
}

static bool
read_password(struct setup *setup, struct error *err)
{
	CLEANUP(secret_wipe) struct buf text = { 0 };
	struct span line;

	if (isatty(STDIN_FILENO))
		return true;
	/* Growing would leave copies behind. */
	buf_reserve(&text, LINE_MAX_LEN + 2 * READ_PIECE);
	if (!read_line(STDIN_FILENO, &text))
		return fail_errno(err, FAULT_NO_INPUT,
				  _("Standard input cannot be read"));
	line = span_part(buf_span(&text), 0, span_find(buf_span(&text), '\n'));
	while (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (line.len > LINE_MAX_LEN)
		return fail(err, FAULT_DATA,
			    _("The password on standard input is too long: it has more "
			      "than %d octets"),
			    LINE_MAX_LEN);
	if (span_find(line, '\0') < line.len)
		return fail(err, FAULT_DATA,
			    _("The password on standard input has a NUL byte"));
	if (line.len)
		secret_set(&setup->password, line);
	return true;
}

static bool
get_password(struct setup *setup, struct error *err)
{
	const char *question =
		arena_printf(setup->arena, _("Password for %s (it is not shown):"),
			     clean_text(setup->arena, span_of(setup->user)));

	secret_release(&setup->password);
	fflush(setup->out);
	if (!setup->asks)
		return read_password(setup, err);
	return prompt_secret(arena_printf(setup->arena, "%s ", question),
			     &setup->password, err) &&
	       (setup->password.len || fail(err, FAULT_USAGE, _("There was no answer")));
}

/* Where a former setup, or the person, has kept it, unless an option says where. */
static void
use_former_secret(struct setup *setup)
{
	if (setup_is_told_secret(setup))
		return;
	for (size_t row = 0; setup->former && row < settings_count; row++)
		if (setting_is_about_password(row))
			setting_copy(&setup->account, setup->former, row);
}

/* What was typed in, else where a former setup, or the person, has kept it. */
static void
place_secret(struct setup *setup)
{
	if (setup->password.len)
		secret_copy(&setup->account.secret.password, &setup->password);
	else
		use_former_secret(setup);
}

/* The account with the user that is known by now. */
static bool
renew_account(struct setup *setup, struct error *err)
{
	account_release(&setup->account);
	return setup_account(setup, setup->server, setup->port, &setup->account, err);
}

/* The password as the provider knows it, which may lose blanks; and whence it is, for those
 * who explain a refusal. */
static bool
take_password(struct setup *setup, struct finder *finder, struct error *err)
{
	const struct secret *found;

	if (!setup->password.len)
		return true;
	if (!finder_take(finder, &found, err))
		return false;
	secret_copy(&setup->password, found);
	finder->source = setup->asks ? "prompt" : "stdin";
	return true;
}

/* After a failure the connection stays in the run: what happened on it explains it. */
static bool
try_login(struct setup *setup, struct error *err)
{
	struct run *run = setup->run;
	struct connection *connection = &run->connection;

	run_disconnect(run);
	connection_release(connection);
	if (!get_password(setup, err) || !renew_account(setup, err))
		return false;
	place_secret(setup);
	run->account = &setup->account;
	if (!run_start_secret(run, err))
		return false;
	connection->finder.silent = true;
	if (!take_password(setup, &connection->finder, err) || !run_connect(run, err) ||
	    !connection_login(connection, err))
		return false;
	run_disconnect(run);
	run->account = NULL;
	setup->logged_in = true;
	return true;
}

static void
tell_refusal(const struct setup *setup, const struct error *err)
{
	struct diagnosis diagnosis;

	report_error(setup->run->reporter, err);
	if (!err->hint && explain(setup->run, err, 0, &diagnosis))
		screen_say(setup->out, "%s\n%s\n", diagnosis.cause, diagnosis.remedy);
	else
		tell_secret(setup);
}

/* Whether another try of the same person makes sense. */
static bool
may_try_again(const struct setup *setup, const struct error *err, unsigned tried)
{
	return setup->asks && tried < TRIES && err->fault == FAULT_LOGIN && err->reply;
}

static bool
log_in_by_password(struct setup *setup, struct error *err)
{
	tell_secret(setup);
	if (!decide_user(setup, err))
		return false;
	for (unsigned tried = 1; !try_login(setup, err); tried++) {
		if (!may_try_again(setup, err, tried))
			return false;
		tell_refusal(setup, err);
		error_clear(err);
		if (!ask_line(_("Once more. User name:"), setup->user, &setup->user, err))
			return false;
	}
	screen_say(setup->out, "%s", _("The login works.\n"));
	return true;
}

bool
setup_log_in(struct setup *setup, struct error *err)
{
	if (!renew_account(setup, err))
		return false;
	if (strcmp(setup->account.login.auth, "off") == 0)
		return true;
	setup_tell_notes(setup, setup->server);
	if (setup->run->request->print)
		return true;
	return decide_token(setup, err) &&
	       (setup->by_token || log_in_by_password(setup, err));
}
