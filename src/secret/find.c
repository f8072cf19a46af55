/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes through the sources of a secret in their order. */
#include "secret/find.h"

#include "base/clock.h"
#include "base/file.h"
#include "secret/keyring.h"
#include "secret/netrc.h"
#include "secret/prompt.h"

enum { PATIENCE = 60 /* s */ };

bool
finder_start(struct finder *finder, const struct secret_policy *policy, struct error *err)
{
	finder->policy = policy;
	if (policy->password.len || !policy->command)
		return true;
	return command_start(&finder->command, "passwordeval", policy->command, err);
}

/* Whether FOUND holds something by now; then SOURCE is where it is from. */
static bool
is_found(struct finder *finder, const char *source)
{
	if (finder->found.len)
		finder->source = source;
	return finder->found.len > 0;
}

static bool
search_netrc(struct finder *finder, struct error *err)
{
	const char *home = home_folder(err->arena);
	const char *paths[] = {
		home ? arena_printf(err->arena, "%s/.netrc", home) : NULL,
		"/etc/netrc",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!paths[i])
			continue;
		if (!netrc_find(paths[i], finder->policy->host, finder->policy->user,
				&finder->found, err))
			return false;
		if (is_found(finder, "netrc"))
			return true;
	}
	return true;
}

static bool
ask_at_terminal(struct finder *finder, struct error *err)
{
	const struct secret_policy *policy = finder->policy;
	const char *host = clean_text(err->arena, span_of(policy->host)), *question;

	/* TRANSLATORS: asked at the terminal; the user, and the server's host. */
	question = policy->user
			   ? arena_printf(err->arena, _("password for %s at %s:"),
					  clean_text(err->arena, span_of(policy->user)),
					  host)
			   : arena_printf(err->arena, _("password for %s:"), host);
	question = arena_printf(err->arena, "%s ", question);
	if (!prompt_secret(question, &finder->found, err))
		return false;
	is_found(finder, "prompt");
	return true;
}

static bool
fail_without(const struct secret_policy *policy, struct error *err)
{
	fail(err, FAULT_LOGIN, _("no password is known for %s at %s"),
	     policy->user ? clean_text(err->arena, span_of(policy->user)) : "?",
	     policy->host ? clean_text(err->arena, span_of(policy->host)) : "?");
	return fail_hint(err,
			 _("Set password or passwordeval in the configuration, or keep "
			   "the password in the keyring or in ~/.netrc"));
}

/* A keyring that does not answer is not the end of the search, but its trouble is what
 * the user should hear of if nothing else has the secret either. */
static bool
search_by_host(struct finder *finder, struct error *err)
{
	struct error trouble = { .arena = err->arena };
	const struct secret_policy *policy = finder->policy;

	if (keyring_find(policy->host, policy->user, &finder->found, &trouble) &&
	    is_found(finder, "keyring"))
		return true;
	if (!search_netrc(finder, err))
		return false;
	if (!finder->source && !ask_at_terminal(finder, err))
		return false;
	if (!finder->source && trouble.fault != FAULT_NONE)
		*err = trouble;
	return finder->source || fail_without(policy, err);
}

static bool
take_from_command(struct finder *finder, struct error *err)
{
	/* Asked again after a failure: that was told already, and no other source may
	 * step in. */
	if (finder->command.child <= 0)
		return fail(err, FAULT_CONFIG, _("passwordeval has given no password"));
	return command_take(&finder->command, deadline_in(PATIENCE), &finder->found,
			    err) &&
	       is_found(finder, "passwordeval");
}

bool
finder_take(struct finder *finder, const struct secret **secret, struct error *err)
{
	const struct secret_policy *policy = finder->policy;

	*secret = &finder->found;
	if (finder->source)
		return true;
	if (policy->password.len) {
		secret_copy(&finder->found, &policy->password);
		return is_found(finder, "password");
	}
	if (policy->command)
		return take_from_command(finder, err);
	return policy->host ? search_by_host(finder, err) : fail_without(policy, err);
}

void
finder_give(struct finder *finder, const char *source, const struct secret *found)
{
	secret_copy(&finder->found, found);
	finder->source = source;
}

void
finder_release(struct finder *finder)
{
	command_abandon(&finder->command);
	secret_release(&finder->found);
	*finder = (struct finder){ 0 };
}
