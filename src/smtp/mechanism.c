/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers challenges, mechanism by mechanism. */
#include "smtp/mechanism.h"

#include "base/base64.h"

#include "config.h"

#include <string.h>

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

bool
too_many_challenges(const struct attempt *attempt, struct error *err)
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
		return too_many_challenges(attempt, err);
	buf_add_char(&plain, '\0');
	add_text(&plain, attempt->identity.user);
	buf_add_char(&plain, '\0');
	buf_add(&plain, attempt->identity.password->at, attempt->identity.password->len);
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
		return too_many_challenges(attempt, err);
	if (attempt->round == 0) {
		base64_encode(response, span_of(attempt->identity.user));
		return true;
	}
	buf_add(&plain, attempt->identity.password->at, attempt->identity.password->len);
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
		return too_many_challenges(attempt, err);
	add_text(&plain, attempt->identity.user);
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
		return too_many_challenges(attempt, err);
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
	buf_printf(&plain, "user=%s\1auth=Bearer ", attempt->identity.user);
	buf_add(&plain, attempt->identity.password->at, attempt->identity.password->len);
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
	for (const char *c = attempt->identity.user; c && *c; c++) {
		if (*c == ',')
			buf_add_string(&plain, "=2C");
		else if (*c == '=')
			buf_add_string(&plain, "=3D");
		else
			buf_add_char(&plain, *c);
	}
	buf_printf(&plain, ",\1host=%s\1port=%u\1auth=Bearer ", attempt->identity.host,
		   attempt->session->wire.line.port);
	buf_add(&plain, attempt->identity.password->at, attempt->identity.password->len);
	buf_add_string(&plain, "\1\1");
	return finish(attempt, &plain, response);
}

#endif

/* ---- mechanisms of libgsasl ---- */

enum {
	ITERATIONS_MIN = 4096,	 /* RFC 5802 5.1; fewer help whoever wants to guess */
	ITERATIONS_MAX = 1000000 /* more would keep this side busy for minutes */
};

bool
mechanism_is_scram(const struct mechanism *mechanism)
{
	return strncmp(mechanism->name, "SCRAM-", 6) == 0;
}

/* The server's first message has ",i=" and a number (RFC 5802 7). libgsasl checks the
 * rest, but would compute whatever it is told to; and of two it might take the other. */
static bool
check_iterations(struct attempt *attempt, struct span challenge, struct error *err)
{
	struct buf message = { 0 };
	uint64_t iterations = 0;
	unsigned read = 0;

	if (base64_decode(&message, challenge)) {
		struct span rest = buf_span(&message), word;

		do {
			size_t comma = span_find(rest, ',');

			word = span_part(rest, 0, comma);
			rest = span_part(rest, comma + 1, rest.len);
			if (!span_equal(span_part(word, 0, 2), SPAN("i=")))
				continue;
			read++;
			if (!span_number(span_part(word, 2, word.len), &iterations))
				iterations = 0;
		} while (rest.len);
	}
	buf_release(&message);
	attempt->counted =
		read == 1 && iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX;
	if (attempt->counted)
		return true;
	return fail(
		err, FAULT_TRUST,
		_("%s asks for a %s login that is not safe: its iteration count is not "
		  "between %d and %d"),
		attempt->session->host, attempt->mechanism->name, ITERATIONS_MIN,
		ITERATIONS_MAX);
}

static bool
respond_sasl(struct attempt *attempt, struct span challenge, struct buf *response,
	     struct error *err)
{
	if (!attempt->sasl && !sasl_start(attempt->mechanism->name, &attempt->identity,
					  &attempt->sasl, err))
		return false;
	if (attempt->done) {
		/* The last word was ours; the server may still send an empty
		 * challenge. */
		if (challenge.len)
			return too_many_challenges(attempt, err);
		return true;
	}
	/* Where there was no initial response, the first challenge is empty. */
	if (!attempt->counted && challenge.len &&
	    mechanism_is_scram(attempt->mechanism) &&
	    !check_iterations(attempt, challenge, err))
		return false;
	/* "334 NTLM supported" is what some servers say instead of nothing. */
	if (attempt->round == 0 && (attempt->mechanism->nature & CLIENT_FIRST))
		challenge.len = 0;
	return sasl_step(attempt->sasl, challenge, response, &attempt->done, err);
}

/* ---- the table ---- */

/* clang-format off */
const struct mechanism mechanisms[] = {
	{ "SCRAM-SHA-256-PLUS", BY_LIBRARY | NEEDS_SECRET | NEEDS_BINDING, true, respond_sasl },
	{ "SCRAM-SHA-1-PLUS", BY_LIBRARY | NEEDS_SECRET | NEEDS_BINDING, true, respond_sasl },
	{ "SCRAM-SHA-256", BY_LIBRARY | NEEDS_SECRET | SAFE_IN_CLEAR, true, respond_sasl },
	{ "SCRAM-SHA-1", BY_LIBRARY | NEEDS_SECRET | SAFE_IN_CLEAR, true, respond_sasl },
	{ "PLAIN", NEEDS_SECRET | SHOWS_SECRET, true, respond_plain },
	{ "CRAM-MD5", BY_LIBRARY | NEEDS_SECRET, false, respond_sasl },
	{ "DIGEST-MD5", BY_LIBRARY | NEEDS_SECRET, false, respond_sasl },
	{ "LOGIN", NEEDS_SECRET | SHOWS_SECRET, false, respond_login },
	{ "NTLM", BY_LIBRARY | NEEDS_SECRET | CLIENT_FIRST, false, respond_sasl },
	{ "EXTERNAL", ONLY_NAMED, true, respond_external },
	{ "GSSAPI", BY_LIBRARY | ONLY_NAMED | CLIENT_FIRST, false, respond_sasl },
#if HAVE_OAUTH
	{ "OAUTHBEARER", NEEDS_SECRET | SHOWS_SECRET | BY_TOKEN, true, respond_oauthbearer },
	{ "XOAUTH2", NEEDS_SECRET | SHOWS_SECRET | BY_TOKEN, true, respond_xoauth2 },
#endif
};
/* clang-format on */

const size_t mechanisms_count = sizeof(mechanisms) / sizeof(mechanisms[0]);

const struct mechanism *
find_mechanism(const char *name)
{
	for (size_t i = 0; i < mechanisms_count; i++)
		if (strcasecmp(mechanisms[i].name, name) == 0)
			return &mechanisms[i];
	return NULL;
}
