/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes through the sources of a secret in their order. */
#include "secret/find.h"

#include "base/clock.h"
#include "base/file.h"
#include "secret/file.h"
#include "secret/kernel.h"
#include "secret/keyring.h"
#include "secret/netrc.h"
#include "secret/prompt.h"

#include <string.h>

enum { PATIENCE = 60 /* s */ };

/* Where the secret comes from. */
enum way {
	WAY_PASSWORD,
	WAY_FILE,
	WAY_CREDENTIAL,
	WAY_COMMAND,
	WAY_KEY,
	WAY_GIT,
	WAY_SEARCH, /* no setting says it */
};

static const char *const names[] = {
	[WAY_PASSWORD] = "password",
	[WAY_FILE] = "password_file",
	[WAY_CREDENTIAL] = "password_credential",
	[WAY_COMMAND] = "passwordeval",
	[WAY_KEY] = "password_key",
	[WAY_GIT] = "password_git",
	[WAY_SEARCH] = NULL,
};

static enum way
way_of(const struct secret_policy *policy)
{
	if (policy->password.len)
		return WAY_PASSWORD;
	if (policy->password_file)
		return WAY_FILE;
	if (policy->password_credential)
		return WAY_CREDENTIAL;
	if (policy->passwordeval)
		return WAY_COMMAND;
	if (policy->password_key)
		return WAY_KEY;
	return policy->password_git ? WAY_GIT : WAY_SEARCH;
}

const char *
secret_source(const struct secret_policy *policy)
{
	return names[way_of(policy)];
}

bool
finder_start(struct finder *finder, const struct secret_policy *policy, struct error *err)
{
	enum way way = way_of(policy);

	finder->policy = policy;
	if (way == WAY_COMMAND)
		return command_start(&finder->command, names[way], policy->passwordeval,
				     err);
	finder->git = (struct git){
		.host = policy->host,
		.port = policy->port,
		.user = policy->user,
	};
	return way != WAY_GIT || git_start(&finder->git, err);
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
ask_at_terminal(struct finder *finder, struct error *err)
{
	const struct secret_policy *policy = finder->policy;
	const char *host = clean_text(err->arena, span_of(policy->host)), *question;

	if (finder->silent)
		return true;
	/* TRANSLATORS: asked at the terminal; the user, and the server's host. */
	question = policy->user
			   ? arena_printf(err->arena, _("password for %s at %s:"),
					  clean_text(err->arena, span_of(policy->user)),
					  host)
			   : arena_printf(err->arena, _("password for %s:"), host);
	question = arena_printf(err->arena, "%s ", question);
	if (finder->asking)
		finder->asking(finder->context);
	if (!prompt_secret(question, &finder->found, err))
		return false;
	is_found(finder, "prompt");
	return true;
}

/* Where it was looked for, why it was not there, and what to do. */
static bool
fail_search(const struct finder *finder, const struct error *keyring, struct error *err)
{
	const struct secret_policy *policy = finder->policy;
	const char *terminal = finder->silent ? _("standard input gave none")
			       : prompt_is_possible()
				       ? _("nothing was typed at the terminal")
				       : _("there is no terminal to ask at");
	const char *advice =
		keyring->hint ? keyring->hint
			      : _("Set password_file or passwordeval, or keep it in "
				  "the keyring or in ~/.netrc");

	fail(err, FAULT_LOGIN, _("no password is known for %s at %s"),
	     policy->user ? clean_text(err->arena, span_of(policy->user)) : "?",
	     clean_text(err->arena, span_of(policy->host)));
	/* TRANSLATORS: why the keyring has none; why the terminal has none; what to do. */
	return fail_hint(err,
			 arena_printf(err->arena,
				      _("%s; ~/.netrc and /etc/netrc have none; %s. %s"),
				      keyring->what, terminal, advice));
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
	if (!netrc_search(policy->host, policy->user, &finder->found, err))
		return false;
	is_found(finder, "netrc");
	if (!finder->source && !ask_at_terminal(finder, err))
		return false;
	return finder->source || fail_search(finder, &trouble, err);
}

/* Asked again after a failure: that was told already, and no other source may step in. */
static bool
is_under_way(const struct command *command, enum way way, struct error *err)
{
	return command->child > 0 ||
	       fail(err, FAULT_CONFIG, _("%s has given no password"), names[way]);
}

static bool
take(struct finder *finder, enum way way, struct error *err)
{
	const struct secret_policy *policy = finder->policy;
	struct secret *found = &finder->found;

	switch (way) {
	case WAY_PASSWORD:
		secret_copy(found, &policy->password);
		return true;
	case WAY_FILE:
		return file_take(policy->password_file, found, err);
	case WAY_CREDENTIAL:
		return credential_take(policy->password_credential, found, err);
	case WAY_COMMAND:
		return is_under_way(&finder->command, way, err) &&
		       command_take(&finder->command, deadline_in(PATIENCE), found, err);
	case WAY_KEY:
		return kernel_key_take(policy->password_key, found, err);
	case WAY_GIT:
		return is_under_way(&finder->git.command, way, err) &&
		       git_take(&finder->git, deadline_in(PATIENCE), found, err);
	case WAY_SEARCH:
		break;
	}
	return search_by_host(finder, err);
}

/* People copy such a password as it is shown. */
static void
join_groups(struct secret *secret)
{
	enum { GROUPS = 4, LETTERS = 4, LENGTH = GROUPS * (LETTERS + 1) - 1 };
	char *to = secret->at;

	if (secret->len != LENGTH)
		return;
	for (size_t i = 0; i < LENGTH; i++)
		if (i % (LETTERS + 1) == LETTERS ? secret->at[i] != ' '
						 : !is_letter(secret->at[i]))
			return;
	for (size_t i = 0; i < LENGTH; i++)
		if (secret->at[i] != ' ')
			*to++ = secret->at[i];
	secret->len = GROUPS * LETTERS;
	memset(secret->at + secret->len, '\0', LENGTH - secret->len);
}

bool
finder_take(struct finder *finder, const struct secret **secret, struct error *err)
{
	enum way way = way_of(finder->policy);

	*secret = &finder->found;
	if (finder->source)
		return true;
	if (!take(finder, way, err))
		return false;
	if (way != WAY_SEARCH)
		finder->source = names[way];
	if (finder->policy->grouped)
		join_groups(&finder->found);
	return true;
}

void
finder_give(struct finder *finder, const char *source, const struct secret *found)
{
	secret_copy(&finder->found, found);
	finder->source = source;
}

void
finder_tell(struct finder *finder, bool accepted)
{
	git_tell(&finder->git, accepted);
}

void
finder_release(struct finder *finder)
{
	command_abandon(&finder->command);
	git_release(&finder->git);
	secret_release(&finder->found);
	*finder = (struct finder){ 0 };
}
