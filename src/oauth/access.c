/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives tokens, and renews them under a lock. */
#include "oauth/access.h"

#include "base/file.h"
#include "base/process.h"
#include "oauth/flow.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum {
	MARGIN = 60,   /* s of life that a token must have left */
	PATIENCE = 30, /* s */
	SLACK = 5      /* s, in which another process ends what it has begun */
};

static bool
is_same(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && a->len && memcmp(a->at, b->at, a->len) == 0;
}

static bool
is_good(const struct token *token, const struct secret *refused)
{
	return token->access.len && token->expires > (int64_t)time(NULL) + MARGIN &&
	       !(refused && is_same(refused, &token->access));
}

static bool
fail_without(const struct oauth_policy *policy, struct error *err)
{
	fail(err, FAULT_LOGIN, _("There is no token for %s at %s"),
	     policy->user ? clean_text(err->arena, span_of(policy->user)) : "-",
	     policy->host ? clean_text(err->arena, span_of(policy->host)) : "-");
	return fail_hint(err, _("\"postrider login\" gets one"));
}

static bool
load(const struct oauth_policy *policy, const char *path, struct token *token,
     struct error *err)
{
	bool there;

	return token_load(path, token, &there, err) &&
	       (there || fail_without(policy, err));
}

/* Client credentials need no refresh token; all others do. */
static bool
ask_for_new(struct flow *flow, const struct oauth_policy *policy, struct error *err)
{
	if (flow->token->refresh.len)
		return flow_renew(flow, err);
	if (strcmp(policy->flow, "client") == 0)
		return flow_client(flow, err);
	fail(err, FAULT_LOGIN,
	     _("The token for %s at %s has ended, and there is none to renew it"),
	     policy->user ? clean_text(err->arena, span_of(policy->user)) : "-",
	     policy->host ? clean_text(err->arena, span_of(policy->host)) : "-");
	return fail_hint(err, _("\"postrider login\" gets one"));
}

/* Another process may have renewed it while this one waited for the place. What has been
 * asked comes to its end: the provider may know the old refresh token no more. */
static bool
renew(const struct access_wish *wish, const char *path, struct token *token,
      struct error *err)
{
	CLEANUP(token_leave) struct token_place place;
	struct flow flow = {
		.token = token,
		.trust_file = wish->policy->trust_file,
		.patience = wish->patience ? wish->patience : PATIENCE,
	};
	sigset_t before;
	bool ok;

	if (!token_enter(path, flow.patience + SLACK, &place, err))
		return false;
	token_release(token);
	if (!load(wish->policy, path, token, err))
		return false;
	if (is_good(token, wish->refused))
		return true;
	process_hold_signals(&before);
	ok = ask_for_new(&flow, wish->policy, err) && token_save(&place, token, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ok;
}

bool
access_take(const struct access_wish *wish, struct secret *access, int64_t *expires,
	    struct error *err)
{
	CLEANUP(token_release) struct token token = { 0 };
	const char *path = token_path(err->arena, wish->policy);

	if (!path)
		return fail_without(wish->policy, err);
	if (!load(wish->policy, path, &token, err) ||
	    (!is_good(&token, wish->refused) && !renew(wish, path, &token, err)))
		return false;
	secret_copy(access, &token.access);
	if (expires)
		*expires = token.expires;
	return true;
}

bool
access_forget(const struct oauth_policy *policy, const struct secret *refused,
	      struct error *err)
{
	CLEANUP(token_release) struct token token = { 0 };
	CLEANUP(token_leave) struct token_place place = { NULL, -1, -1 };
	const char *path = token_path(err->arena, policy);
	bool there;

	if (!path || !token_exists(err->arena, policy))
		return true;
	if (!token_enter(path, PATIENCE, &place, err) ||
	    !token_load(path, &token, &there, err))
		return false;
	if (!there || !is_same(refused, &token.access))
		return true;
	token.expires = 0;
	return token_save(&place, &token, err);
}
