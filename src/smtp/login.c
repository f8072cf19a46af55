/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs in: chooses a mechanism and carries out the exchange. */
#include "smtp/login.h"

#include "smtp/mechanism.h"

#include <string.h>

/* ---- the choice ---- */

bool
login_knows(const char *name)
{
	const struct mechanism *mechanism = find_mechanism(name);

	return mechanism && (!(mechanism->nature & BY_LIBRARY) || sasl_knows(name));
}

static bool
is_loopback(const struct line *line)
{
	/* A proxy on this host leads anywhere. */
	if (line->proxied)
		return false;
	return !line->address[0] || strncmp(line->address, "127.", 4) == 0 ||
	       strcmp(line->address, "::1") == 0;
}

/* Whether a mechanism may be used on this line at all. */
static bool
is_safe(const struct session *session, const struct login_policy *policy,
	const struct mechanism *mechanism)
{
	if (session->wire.tls || !(mechanism->nature & SHOWS_SECRET))
		return true;
	return policy->cleartext && is_loopback(&session->wire.line);
}

static bool
has_binding(const struct session *session)
{
	struct buf data = { 0 };
	bool has = session->wire.tls &&
		   (tls_channel_binding(session->wire.tls, "tls-exporter", &data) ||
		    tls_channel_binding(session->wire.tls, "tls-unique", &data));

	buf_wipe(&data);
	return has;
}

static bool
may_be_chosen(const struct session *session, const struct login_policy *policy,
	      const struct mechanism *mechanism)
{
	unsigned wanted = policy->by_token ? BY_TOKEN : 0;

	if ((mechanism->nature & BY_TOKEN) != wanted ||
	    !caps_offers(&session->caps, mechanism->name) ||
	    !is_safe(session, policy, mechanism) || !login_knows(mechanism->name))
		return false;
	if ((mechanism->nature & NEEDS_BINDING) && !has_binding(session))
		return false;
	/* In clear a listener could try passwords against these at leisure. */
	return session->wire.tls || (mechanism->nature & (SAFE_IN_CLEAR | SHOWS_SECRET));
}

static const struct mechanism *
choose(const struct session *session, const struct login_policy *policy,
       struct error *err)
{
	struct span offered = session->caps.mechanisms;

	for (size_t i = 0; i < mechanisms_count; i++)
		if (may_be_chosen(session, policy, &mechanisms[i]))
			return &mechanisms[i];
	if (!offered.len)
		fail(err, FAULT_UNSUPPORTED, _("%s offers no login (AUTH)"),
		     session->host);
	else if (!session->wire.tls)
		fail(err, FAULT_TRUST,
		     _("%s offers only logins that would show the password, because there is no "
		       "TLS (it offers %.*s)"),
		     session->host, (int)offered.len, offered.at);
	else
		fail(err, FAULT_UNSUPPORTED,
		     _("%s offers no login that can be used (it offers %.*s)"),
		     session->host, (int)offered.len, offered.at);
	if (!session->wire.tls)
		fail_hint(err,
			  _("Many servers offer a login only inside TLS: set tls on."));
	return NULL;
}

static const struct mechanism *
named(const struct session *session, const struct login_policy *policy, struct error *err)
{
	const struct mechanism *mechanism = find_mechanism(policy->auth);
	struct span offered = session->caps.mechanisms;

	if (!mechanism || !login_knows(policy->auth)) {
		fail(err, FAULT_UNSUPPORTED, _("This build cannot log in by %s"),
		     policy->auth);
	} else if (!is_safe(session, policy, mechanism)) {
		fail(err, FAULT_TRUST,
		     _("The login by %s would show the secret, because there is no TLS"),
		     mechanism->name);
		fail_hint(
			err,
			_("Set tls on; or cleartext_auth loopback, for a server on this machine."));
	} else if (!caps_offers(&session->caps, mechanism->name)) {
		fail(err, FAULT_UNSUPPORTED,
		     _("%s does not offer a login by %s (it offers %.*s)"), session->host,
		     mechanism->name, offered.len ? (int)offered.len : 1,
		     offered.len ? offered.at : "-");
	} else if ((mechanism->nature & NEEDS_BINDING) && !has_binding(session)) {
		fail(err, FAULT_TRUST,
		     _("The login by %s needs TLS with channel binding"),
		     mechanism->name);
	} else {
		return mechanism;
	}
	return NULL;
}

/* ---- the exchange ---- */

enum {
	ROUNDS_MAX = 10,
	COMMAND_MAX = 512 /* octets with CRLF (RFC 5321 4.5.3.1.4) */
};

/* Some servers repeat what they do not understand, also of an earlier response, and that is
 * shown. */
static void
keep_unshown(struct attempt *attempt, struct span response)
{
	struct buf all = { 0 };

	/* Growing would leave copies behind. */
	buf_reserve(&all, attempt->said.len + 1 + response.len);
	buf_add_span(&all, buf_span(&attempt->said));
	buf_add_char(&all, '\n');
	buf_add_span(&all, response);
	buf_wipe(&attempt->said);
	attempt->said = all;
	attempt->session->unshown[0] = buf_span(&attempt->said);
}

static struct exchange *
say_response(struct attempt *attempt, const struct buf *response)
{
	const char *shown = arena_printf(attempt->session->arena,
					 "*** (%zu octets, not shown)", response->len);

	keep_unshown(attempt, buf_span(response));
	return ask_masked(attempt->session, STAGE_AUTH, buf_span(response),
			  response->len ? shown : "");
}

/* The initial response, where the mechanism has one and AUTH stays a line that every
 * server takes: else it has to wait for the challenge (RFC 4954 4). */
static bool
add_initial_response(struct attempt *attempt, struct buf *line, struct error *err)
{
	struct buf response = { 0 };
	bool ok = true;

	if (!attempt->mechanism->initial)
		return true;
	ok = attempt->mechanism->respond(attempt, (struct span){ 0 }, &response, err);
	if (ok && line->len + 1 + response.len <= COMMAND_MAX - 2) {
		buf_add_char(line, ' ');
		buf_add_string(line, response.len ? response.at : "=");
	} else if (ok) {
		attempt->done = false;
		sasl_end(&attempt->sasl);
	}
	buf_wipe(&response);
	return ok;
}

static struct exchange *
say_auth(struct attempt *attempt, struct error *err)
{
	const char *name = attempt->mechanism->name;
	struct buf line = { 0 };
	struct exchange *exchange = NULL;
	size_t length;
	const char *shown;

	buf_printf(&line, "AUTH %s", name);
	length = line.len;
	if (add_initial_response(attempt, &line, err)) {
		keep_unshown(attempt, span_part(buf_span(&line), length + 1, line.len));
		shown = line.len <= length + 2
				? arena_string(attempt->session->arena, line.at)
				: arena_printf(attempt->session->arena,
					       "AUTH %s *** (%zu octets, not shown)",
					       name, line.len - length - 1);
		exchange =
			ask_masked(attempt->session, STAGE_AUTH, buf_span(&line), shown);
	}
	buf_wipe(&line);
	return exchange;
}

/* "*" ends an exchange that cannot go on (RFC 4954 4), so that the session can. */
static bool
cancel(struct attempt *attempt, struct error *err)
{
	struct error ignored = { .arena = err->arena };

	ask(attempt->session, STAGE_AUTH, "*");
	if (!settle(attempt->session, &ignored))
		error_clear(&ignored);
	return false;
}

static bool
answer_challenges(struct attempt *attempt, struct exchange **exchange, struct error *err)
{
	while ((*exchange)->reply.code == 334) {
		struct span challenge = span_trim((*exchange)->reply.text);
		struct buf response = { 0 };
		bool answered;

		if (span_equal(challenge, SPAN("=")))
			challenge.len = 0;
		if (attempt->round >= ROUNDS_MAX) {
			too_many_challenges(attempt, err);
			return cancel(attempt, err);
		}
		answered =
			attempt->mechanism->respond(attempt, challenge, &response, err);
		(*exchange)->reply.text =
			session_mask(attempt->session, (*exchange)->reply.text);
		attempt->round++;
		if (answered)
			*exchange = say_response(attempt, &response);
		buf_wipe(&response);
		if (!answered)
			return cancel(attempt, err);
		if (!settle(attempt->session, err))
			return false;
	}
	return true;
}

static bool
verdict(const struct attempt *attempt, const struct exchange *exchange, struct error *err)
{
	const struct reply *reply = &exchange->reply;

	if (reply->code == 235 && attempt->done)
		return true;
	if (reply->code == 235)
		return fail(
			err, FAULT_TRUST,
			_("%s accepted the login (%s) without proving that it knows the password"),
			attempt->session->host, attempt->mechanism->name);
	if (reply_class(reply) == 5)
		fail(err, FAULT_LOGIN, _("%s refused the login of %s by %s"),
		     attempt->session->host,
		     attempt->identity.user ? attempt->identity.user : "-",
		     attempt->mechanism->name);
	refused(err, exchange,
		arena_printf(err->arena, _("%s cannot log %s in now"),
			     attempt->session->host,
			     attempt->identity.user ? attempt->identity.user : "-"));
	/* What it said about the token says more than its last words. */
	if (attempt->complaint && *attempt->complaint)
		err->reply = arena_printf(
			err->arena, "%s %s", err->reply ? err->reply : "",
			session_mask(attempt->session, span_of(attempt->complaint)).at);
	return false;
}

static bool
log_in(struct attempt *attempt, struct error *err)
{
	struct exchange *exchange = say_auth(attempt, err);

	return exchange && settle(attempt->session, err) &&
	       answer_challenges(attempt, &exchange, err) &&
	       verdict(attempt, exchange, err);
}

/* "wrong" and "password" stand in many replies by themselves, and there a mask would tell more
 * than it hides. */
static bool
is_like_a_word(const struct secret *secret)
{
	enum { LONGEST = 11 };
	size_t letters = 0;

	while (letters < secret->len && is_letter(secret->at[letters]))
		letters++;
	return letters == secret->len && letters <= LONGEST;
}

static bool
try_mechanism(struct session *session, const struct login_policy *policy,
	      struct finder *finder, const struct mechanism *mechanism, struct error *err)
{
	struct attempt attempt = {
		.session = session,
		.mechanism = mechanism,
		.identity = {
			.user = policy->user,
			.host = policy->host ? policy->host : "localhost",
			.realm = policy->ntlm_domain,
			.tls = session->wire.tls,
		},
	};
	bool ok = true;

	if (mechanism->nature & NEEDS_SECRET)
		ok = finder_take(finder, &attempt.identity.password, err);
	if (attempt.identity.password && !is_like_a_word(attempt.identity.password))
		session->unshown[1] = (struct span){ attempt.identity.password->at,
						     attempt.identity.password->len };
	ok = ok && log_in(&attempt, err);
	sasl_end(&attempt.sasl);
	memset(session->unshown, 0, sizeof(session->unshown));
	buf_wipe(&attempt.said);
	return ok;
}

/* Some servers list SCRAM for all users but have no verifier for this one. Inside
 * verified TLS the password may be shown to the server instead; but not when the
 * channel was bound: then the refusal may mean that somebody stands between. */
static bool
deserves_plain(const struct session *session, const struct login_policy *policy,
	       const struct mechanism *tried, const struct error *err)
{
	const struct mechanism *plain = find_mechanism("PLAIN");

	return err->fault == FAULT_LOGIN && err->reply && !session->failed.fault &&
	       mechanism_is_scram(tried) && !(tried->nature & NEEDS_BINDING) &&
	       session->wire.tls && tls_is_verified(session->wire.tls) &&
	       may_be_chosen(session, policy, plain);
}

bool
session_login(struct session *session, const struct login_policy *policy,
	      struct finder *finder, struct error *err)
{
	bool automatic = strcmp(policy->auth, "on") == 0;
	const struct mechanism *mechanism;

	if (strcmp(policy->auth, "off") == 0)
		return true;
	mechanism =
		automatic ? choose(session, policy, err) : named(session, policy, err);
	if (!mechanism)
		return false;
	if (try_mechanism(session, policy, finder, mechanism, err))
		return true;
	if (!automatic || !deserves_plain(session, policy, mechanism, err))
		return false;
	error_clear(err);
	return try_mechanism(session, policy, finder, find_mechanism("PLAIN"), err);
}
