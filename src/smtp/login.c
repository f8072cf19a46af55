/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs in: chooses a mechanism and answers the server's challenges. */
#include "smtp/login.h"

#include "smtp/sasl.h"

#include "config.h"

#include <string.h>

/* One login under way. */
struct attempt {
	struct session *session;
	const struct login_policy *policy;
	const struct mechanism *mechanism;
	const struct secret *secret;
	struct sasl *sasl;
	unsigned round;	       /* challenges answered so far */
	bool done;	       /* the client side has seen all that it must */
	const char *complaint; /* what an OAuth2 server says is wrong, as JSON */
};

/* Answers the challenge, both base64. Before the first challenge it is the initial
 * response. */
typedef bool responder(struct attempt *attempt, struct span challenge,
		       struct buf *response, struct error *err);

/* Two switches per mechanism decide when it may be used. */
enum {
	SHOWS_SECRET = 1,
	NEEDS_SECRET = 2,
	NEEDS_BINDING = 4,
	ONLY_NAMED = 8,
	SAFE_IN_CLEAR = 16
};

struct mechanism {
	const char *name;
	unsigned nature;
	bool initial; /* an initial response goes with AUTH (RFC 4954 4) */
	responder *respond;
};

/* ---- mechanisms that are a line of text ---- */

static void
add_text(struct buf *out, const char *text)
{
	if (text)
		buf_add_string(out, text);
}

static bool
finish(struct attempt *attempt, struct buf *plain, struct buf *response)
{
	base64_encode(response, buf_span(plain));
	buf_wipe(plain);
	attempt->done = true;
	return true;
}

static bool
too_many(struct attempt *attempt, struct error *err)
{
	return fail(err, FAULT_PROTOCOL, _("%s goes on asking after all was said (%s)"),
		    attempt->session->host, attempt->mechanism->name);
}

/* RFC 4616. */
static bool
respond_plain(struct attempt *attempt, struct span challenge, struct buf *response,
	      struct error *err)
{
	struct buf plain = { 0 };

	(void)challenge;
	if (attempt->done)
		return too_many(attempt, err);
	buf_add_char(&plain, '\0');
	add_text(&plain, attempt->policy->user);
	buf_add_char(&plain, '\0');
	buf_add(&plain, attempt->secret->at, attempt->secret->len);
	return finish(attempt, &plain, response);
}

/* draft-murchison-sasl-login: two prompts, whatever they say. */
static bool
respond_login(struct attempt *attempt, struct span challenge, struct buf *response,
	      struct error *err)
{
	struct buf plain = { 0 };

	(void)challenge;
	if (attempt->done)
		return too_many(attempt, err);
	if (attempt->round == 0) {
		base64_encode(response, span_of(attempt->policy->user));
		return true;
	}
	buf_add(&plain, attempt->secret->at, attempt->secret->len);
	return finish(attempt, &plain, response);
}

/* RFC 4422 A; an empty identity is said as "=" (RFC 4954 4). */
static bool
respond_external(struct attempt *attempt, struct span challenge, struct buf *response,
		 struct error *err)
{
	struct buf plain = { 0 };

	(void)challenge;
	if (attempt->done)
		return too_many(attempt, err);
	add_text(&plain, attempt->policy->user);
	return finish(attempt, &plain, response);
}

#if HAVE_OAUTH

/* After a token was refused, the server tells why, and wants one more line before it says
 * 535. */
static bool
hear_complaint(struct attempt *attempt, struct span challenge, struct error *err)
{
	struct buf json = { 0 };

	if (attempt->complaint)
		return too_many(attempt, err);
	attempt->complaint = "";
	if (base64_decode(&json, challenge))
		attempt->complaint = clean_text(attempt->session->arena, buf_span(&json));
	buf_release(&json);
	return true;
}

/* Google's and Microsoft's documentation; there is no RFC. */
static bool
respond_xoauth2(struct attempt *attempt, struct span challenge, struct buf *response,
		struct error *err)
{
	struct buf plain = { 0 };

	if (attempt->done)
		return hear_complaint(attempt, challenge, err);
	buf_printf(&plain, "user=%s\1auth=Bearer ", attempt->policy->user);
	buf_add(&plain, attempt->secret->at, attempt->secret->len);
	buf_add_string(&plain, "\1\1");
	return finish(attempt, &plain, response);
}

/* RFC 7628 3.1; "," and "=" in the name as RFC 5801 4 says. */
static bool
respond_oauthbearer(struct attempt *attempt, struct span challenge, struct buf *response,
		    struct error *err)
{
	struct buf plain = { 0 };

	if (attempt->done) {
		buf_add_string(response, "AQ==");
		return hear_complaint(attempt, challenge, err);
	}
	buf_add_string(&plain, "n,a=");
	for (const char *c = attempt->policy->user; c && *c; c++) {
		if (*c == ',')
			buf_add_string(&plain, "=2C");
		else if (*c == '=')
			buf_add_string(&plain, "=3D");
		else
			buf_add_char(&plain, *c);
	}
	buf_printf(&plain, ",\1host=%s\1port=%u\1auth=Bearer ", attempt->policy->host ? attempt->policy->host : "localhost",
		   attempt->session->wire.line.port);
	buf_add(&plain, attempt->secret->at, attempt->secret->len);
	buf_add_string(&plain, "\1\1");
	return finish(attempt, &plain, response);
}

#endif

/* ---- mechanisms of libgsasl ---- */

static bool
respond_sasl(struct attempt *attempt, struct span challenge, struct buf *response,
	     struct error *err)
{
	struct sasl_identity identity = {
		.user = attempt->policy->user,
		.host = attempt->policy->host,
		.realm = attempt->policy->ntlm_domain,
		.password = attempt->secret,
		.tls = attempt->session->wire.tls,
	};

	if (!attempt->sasl &&
	    !sasl_start(attempt->mechanism->name, &identity, &attempt->sasl, err))
		return false;
	if (attempt->done) {
		/* The last word was ours; the server may still send an empty challenge. */
		if (challenge.len)
			return too_many(attempt, err);
		return true;
	}
	return sasl_step(attempt->sasl, challenge, response, &attempt->done, err);
}

/* ---- the choice ---- */

/* In the order of `auth on`: those that never show the password first. */
/* clang-format off */
static const struct mechanism mechanisms[] = {
	{ "SCRAM-SHA-256-PLUS", NEEDS_SECRET | NEEDS_BINDING,             true,  respond_sasl },
	{ "SCRAM-SHA-1-PLUS",   NEEDS_SECRET | NEEDS_BINDING,             true,  respond_sasl },
	{ "SCRAM-SHA-256",      NEEDS_SECRET | SAFE_IN_CLEAR,             true,  respond_sasl },
	{ "SCRAM-SHA-1",        NEEDS_SECRET | SAFE_IN_CLEAR,             true,  respond_sasl },
	{ "PLAIN",              NEEDS_SECRET | SHOWS_SECRET,              true,  respond_plain },
	{ "CRAM-MD5",           NEEDS_SECRET,                             false, respond_sasl },
	{ "DIGEST-MD5",         NEEDS_SECRET,                             false, respond_sasl },
	{ "LOGIN",              NEEDS_SECRET | SHOWS_SECRET,              false, respond_login },
	{ "NTLM",               NEEDS_SECRET,                             false, respond_sasl },
	{ "EXTERNAL",           ONLY_NAMED,                               true,  respond_external },
	{ "GSSAPI",             ONLY_NAMED,                               false, respond_sasl },
#if HAVE_OAUTH
	{ "OAUTHBEARER",        NEEDS_SECRET | SHOWS_SECRET | ONLY_NAMED, true,  respond_oauthbearer },
	{ "XOAUTH2",            NEEDS_SECRET | SHOWS_SECRET | ONLY_NAMED, true,  respond_xoauth2 },
#endif
};
/* clang-format on */

enum { MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

const char *const login_mechanisms[] = {
	"scram-sha-256-plus",
	"scram-sha-1-plus",
	"scram-sha-256",
	"scram-sha-1",
	"plain",
	"cram-md5",
	"digest-md5",
	"login",
	"ntlm",
	"external",
	"gssapi",
	"oauthbearer",
	"xoauth2",
	NULL,
};

static const struct mechanism *
find_mechanism(const char *name)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (strcasecmp(mechanisms[i].name, name) == 0)
			return &mechanisms[i];
	return NULL;
}

bool
login_knows(const char *name)
{
	const struct mechanism *mechanism = find_mechanism(name);

	return mechanism && (mechanism->respond != respond_sasl || sasl_knows(name));
}

static bool
is_loopback(const struct line *line)
{
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
	if ((mechanism->nature & ONLY_NAMED) ||
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

	for (size_t i = 0; i < MECHANISMS; i++)
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
		     _("The login by %s needs TLS with channel binding"), mechanism->name);
	} else {
		return mechanism;
	}
	return NULL;
}

/* ---- the exchange ---- */

enum { ROUNDS_MAX = 10 };

static struct exchange *
say_response(struct attempt *attempt, const struct buf *response)
{
	const char *shown = arena_printf(attempt->session->arena,
					 "*** (%zu octets, not shown)", response->len);

	return ask_masked(attempt->session, STAGE_AUTH, buf_span(response),
			  response->len ? shown : "");
}

/* AUTH, with the initial response where the mechanism has one. */
static struct exchange *
say_auth(struct attempt *attempt, bool with_initial, struct error *err)
{
	struct arena *arena = attempt->session->arena;
	struct buf response = { 0 }, line = { 0 };
	struct exchange *exchange = NULL;
	const char *shown;

	buf_printf(&line, "AUTH %s", attempt->mechanism->name);
	shown = arena_string(arena, line.at);
	if (!with_initial) {
		exchange =
			ask_masked(attempt->session, STAGE_AUTH, buf_span(&line), shown);
	} else if (attempt->mechanism->respond(attempt, (struct span){ 0 }, &response,
					       err)) {
		buf_add_char(&line, ' ');
		buf_add_string(&line, response.len ? response.at : "=");
		if (response.len)
			shown = arena_printf(arena, "%s *** (%zu octets, not shown)",
					     shown, response.len);
		else
			shown = arena_printf(arena, "%s =", shown);
		exchange =
			ask_masked(attempt->session, STAGE_AUTH, buf_span(&line), shown);
	}
	buf_wipe(&line);
	buf_wipe(&response);
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
			too_many(attempt, err);
			return cancel(attempt, err);
		}
		answered =
			attempt->mechanism->respond(attempt, challenge, &response, err);
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
		     attempt->policy->user ? attempt->policy->user : "-",
		     attempt->mechanism->name);
	if (attempt->complaint && *attempt->complaint && !err->hint)
		err->hint =
			arena_printf(err->arena, _("The server says about the token: %s"),
				     attempt->complaint);
	return refused(err, exchange,
		       arena_printf(err->arena, _("%s cannot log %s in now"),
				    attempt->session->host,
				    attempt->policy->user ? attempt->policy->user : "-"));
}

/* Some servers take no long line with AUTH itself: the response is then kept for the
 * challenge. */
static bool
line_was_too_long(const struct exchange *exchange)
{
	int code = exchange->reply.code;

	return code == 500 || code == 501 || code == 555;
}

static bool
log_in(struct attempt *attempt, struct error *err)
{
	bool initial = attempt->mechanism->initial;
	uint64_t before = attempt->session->wire.sent;
	struct exchange *exchange = say_auth(attempt, initial, err);

	if (!exchange || !settle(attempt->session, err))
		return false;
	if (initial && attempt->session->wire.sent - before > 512 &&
	    line_was_too_long(exchange)) {
		attempt->done = false;
		sasl_end(&attempt->sasl);
		exchange = say_auth(attempt, false, err);
		if (!exchange || !settle(attempt->session, err))
			return false;
	}
	return answer_challenges(attempt, &exchange, err) &&
	       verdict(attempt, exchange, err);
}

static bool
try_mechanism(struct session *session, const struct login_policy *policy,
	      struct finder *finder, const struct mechanism *mechanism, struct error *err)
{
	struct attempt attempt = { .session = session,
				   .policy = policy,
				   .mechanism = mechanism };
	bool ok = true;

	if (mechanism->nature & NEEDS_SECRET)
		ok = finder_take(finder, &attempt.secret, err);
	ok = ok && log_in(&attempt, err);
	sasl_end(&attempt.sasl);
	return ok;
}

/* Some servers list SCRAM for all users but have no verifier for this one. Inside
 * verified TLS the password may be shown to the server instead. */
static bool
deserves_plain(const struct session *session, const struct login_policy *policy,
	       const struct mechanism *tried, const struct error *err)
{
	const struct mechanism *plain = find_mechanism("PLAIN");

	return err->fault == FAULT_LOGIN && err->reply && !session->failed.fault &&
	       strncmp(tried->name, "SCRAM-", 6) == 0 && session->wire.tls &&
	       tls_is_verified(session->wire.tls) &&
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
