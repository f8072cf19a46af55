/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leads a person through a login. */
#include "app/login.h"

#include "app/redirect.h"
#include "app/screen.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/object.h"
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATIENCE = 30,	   /* s for each question to the provider */
	TIME_FOR_ALL = 300 /* s for the person */
};

/* ---- the client ---- */

static bool
take_client_file(const struct object *file, const char *path, struct token *token,
		 struct error *err)
{
	const struct object *inner = object_inner(file, "installed");
	const char *id, *secret;

	if (!inner)
		inner = object_inner(file, "web");
	if (!inner)
		inner = file;
	id = object_text(inner, "client_id");
	secret = object_text(inner, "client_secret");
	if (!id)
		return fail(err, FAULT_DATA, _("%s has no client_id"), path);
	/* RFC 6749 A.1, A.2. */
	if (has_control(span_of(id)) || (secret && has_control(span_of(secret))))
		return fail(err, FAULT_DATA, _("%s has a client with control characters"),
			    path);
	token->client_id = arena_string(err->arena, id);
	if (secret)
		secret_set(&token->client_secret, span_of(secret));
	return true;
}

/* The file that Google's console lets one download. */
static bool
read_client_file(const char *path, struct token *token, struct error *err)
{
	CLEANUP(secret_wipe) struct buf text = { 0 };
	CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct object *file;
	bool ok;

	buf_reserve(&text, 2 * OBJECT_SIZE_MAX);
	if (fd < 0 || !read_to_end(fd, OBJECT_SIZE_MAX, &text))
		return fail_errno(err, FAULT_NO_INPUT, _("%s cannot be read"), path);
	if (!object_load(err))
		return false;
	file = object_read(buf_span(&text));
	ok = file ? take_client_file(file, path, token, err)
		  : fail(err, FAULT_DATA, _("%s is not JSON"), path);
	object_release(&file);
	return ok;
}

/* The client of the last login, if that was at the same place. */
static void
take_former_client(struct arena *arena, const char *path, struct token *token)
{
	CLEANUP(token_release) struct token former = { 0 };
	struct error ignored = { .arena = arena };
	bool there;

	if (!token_load(path, &former, &there, &ignored) || !there ||
	    strcmp(former.endpoint, token->endpoint) != 0)
		return;
	token->client_id = former.client_id;
	secret_copy(&token->client_secret, &former.client_secret);
}

static bool
walk_through(const struct provider *provider, struct error *err)
{
	unsigned number = 1;

	screen_say(
		stdout,
		_("%s wants to know which program asks. This takes a client ID, which you "
		  "get like this:\n"),
		provider->name);
	for (const char *const *step = provider->steps; *step; step++)
		screen_say(stdout, "%3u. %s\n", number++, _(*step));
	screen_say(
		stdout,
		_("%3u. Then: postrider login ACCOUNT FILE.json, with the file that you "
		  "downloaded;\n     or set oauth_client_id, and oauth_client_secret if there "
		  "is one.\n"),
		number);
	if (strcmp(provider->name, "Google") == 0)
		screen_say(stdout, "%s\n",
			   _("With Gmail an app password is the quicker way: "
			     "https://myaccount.google.com/apppasswords"));
	return fail(err, FAULT_CONFIG, _("No client ID is known for %s"), provider->name);
}

static bool
find_client(const struct run *run, struct flow *flow, const char *path, struct error *err)
{
	const struct oauth_policy *policy = &run->account->oauth;
	struct token *token = flow->token;

	if (run->request->topic)
		return read_client_file(run->request->topic, token, err);
	if (policy->client_id) {
		token->client_id = policy->client_id;
		secret_copy(&token->client_secret, &policy->client_secret);
		return true;
	}
	take_former_client(run->arena, path, token);
	if (token->client_id)
		return true;
	if (flow->provider->registration)
		return flow_register(flow, err);
	return walk_through(flow->provider, err);
}

/* ---- by a browser ---- */

static bool
has_display(void)
{
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	return (x && *x) || (wayland && *wayland);
}

/* Opens the page where there is a screen. It is no failure when that does not work: the
 * person has the address. */
static void
open_browser(const char *url)
{
	CLEANUP(release_buf) struct buf command = { 0 };
	CLEANUP(close_file) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t child;

	if (!has_display() || null < 0)
		return;
	buf_add_string(&command, "xdg-open '");
	for (; *url; url++) {
		if (*url == '\'')
			buf_add_string(&command, "%27");
		else
			buf_add_char(&command, *url);
	}
	buf_add_string(&command, "' 2>/dev/null &");
	/* The shell leaves the browser behind and ends at once. */
	if (process_shell(command.at, -1, null, &child))
		waitpid(child, NULL, 0);
}

/* What nobody can read is not waited for. */
static bool
is_shown(struct error *err)
{
	return (fflush(stdout) == 0 && !ferror(stdout)) ||
	       fail_errno(err, FAULT_IO, _("Standard output cannot be written"));
}

static bool
log_in_by_browser(const struct run *run, struct flow *flow, struct redirect *redirect,
		  struct error *err)
{
	CLEANUP(secret_wipe) struct buf query = { 0 };
	const char *url;

	if (!redirect_listen(redirect, err) ||
	    !flow_begin_browser(flow, redirect->port, run->account->oauth.user, &url,
				err))
		return false;
	screen_say(stdout, _("Open this address in a browser and log in:\n\n%s\n\n"),
		   url);
	screen_say(
		stdout, "%s\n",
		_("If the browser runs on another machine, it ends at a page that it cannot "
		  "open: paste the address of that page here."));
	if (!is_shown(err))
		return false;
	open_browser(url);
	return redirect_await(redirect, flow, deadline_in(TIME_FOR_ALL), &query, err) &&
	       flow_end_browser(flow, buf_span(&query), err);
}

/* ---- by another device ---- */

static bool
await_device(struct flow *flow, struct device *device, struct error *err)
{
	int64_t deadline = deadline_in(device->lifetime);
	bool done = false;

	while (!done) {
		int left = deadline_left(deadline), wait = (int)device->interval * 1000;

		if (!left)
			return redirect_late(err);
		poll(NULL, 0, wait < left ? wait : left);
		if (!flow_poll_device(flow, device, &done, err) &&
		    !fault_is_temporary(err->fault))
			return false;
		/* The network may be back before the code has ended. */
		if (err->fault)
			error_clear(err);
	}
	return true;
}

static bool
log_in_by_device(struct flow *flow, struct error *err)
{
	struct device device = { 0 };
	bool ok;

	if (!flow->provider->device)
		return fail(err, FAULT_UNSUPPORTED,
			    _("%s offers no login with a code for another device"),
			    flow->provider->name);
	if (!flow_begin_device(flow, &device, err))
		return false;
	screen_say(stdout, _("On any device, open %s\nand enter the code %s\n"),
		   device.page, device.user_code);
	if (device.complete)
		screen_say(stdout, _("or open %s\n"), device.complete);
	ok = is_shown(err) && await_device(flow, &device, err);
	secret_release(&device.code);
	return ok;
}

/* ---- the whole ---- */

static bool
run_flow(const struct run *run, struct flow *flow, struct redirect *redirect,
	 struct error *err)
{
	const char *kind = run->account->oauth.flow;
	const struct provider *provider = flow->provider;

	if (strcmp(kind, "client") == 0)
		return flow_client(flow, err);
	if (strcmp(kind, "device") == 0)
		return log_in_by_device(flow, err);
	if (strcmp(kind, "auto") == 0 && provider->device &&
	    (!provider->authorize || !has_display()))
		return log_in_by_device(flow, err);
	if (!provider->authorize)
		return fail(err, FAULT_UNSUPPORTED, _("%s offers no login by a browser"),
			    provider->name);
	return log_in_by_browser(run, flow, redirect, err);
}

static bool
save(const char *path, const struct token *token, struct error *err)
{
	CLEANUP(token_leave) struct token_place place;

	return token_enter(path, PATIENCE, &place, err) && token_save(&place, token, err);
}

/* Before a person goes through all of it. */
static bool
could_save(const char *path, struct error *err)
{
	CLEANUP(token_leave) struct token_place place;

	return token_enter(path, PATIENCE, &place, err);
}

/* What the configuration still has to say for the token to be used. */
static void
tell(const struct run *run, const struct token *token, const char *path)
{
	const struct account *account = run->account;

	screen_say(stdout, _("Logged in. The token is kept in %s\n"), path);
	if (!token->refresh.len && strcmp(account->oauth.flow, "client") != 0)
		screen_say(
			stdout, "%s\n",
			_("The provider gave no refresh token: you will have to log in again "
			  "when this one has ended."));
	if (strcmp(account->login.auth, "off") == 0)
		screen_say(stdout, "%s\n", _("To use it, set auth on in the account."));
	else if (secret_source(&account->secret))
		screen_say(stdout, _("To use it, remove %s from the account.\n"),
			   secret_source(&account->secret));
}

bool
log_in(struct run *run, struct error *err)
{
	const struct oauth_policy *policy = &run->account->oauth;
	const char *path = token_path(run->arena, policy);
	CLEANUP(token_release) struct token token = { 0 };
	CLEANUP(redirect_close) struct redirect redirect = REDIRECT_NONE;
	struct provider provider;
	bool ok;
	struct flow flow = {
		.provider = &provider,
		.token = &token,
		.trust_file = policy->trust_file,
		.patience = PATIENCE,
	};

	if (!path)
		return fail(err, FAULT_CANNOT_CREATE, _("There is no place for tokens"));
	if (!provider_find(policy, PATIENCE, &provider, err))
		return false;
	token.endpoint = provider.token;
	token.scope = provider.scope;
	ok = find_client(run, &flow, path, err) && could_save(path, err) &&
	     run_flow(run, &flow, &redirect, err) && save(path, &token, err);
	redirect_show(&redirect, err);
	if (ok)
		tell(run, &token, path);
	return ok;
}
