/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks identity providers for tokens. */
#include "oauth/flow.h"

#include "base/file.h"
#include "base/object.h"
#include "net/digest.h"
#include "net/https.h"
#include "oauth/form.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#define GRANT "urn:ietf:params:oauth:grant-type:"

enum {
	FORM_ROOM = 64 * 1024, /* at once, so that growing leaves no copies behind */
	LIFETIME = 3600,       /* s, of a token about which nothing is said */
	INTERVAL = 5,	       /* s (RFC 8628 3.2) */
	LIFETIME_MAX = 366 * 86400
};

/* ---- what the provider says ---- */

struct answer {
	unsigned status;
	struct object *object; /* NULL: it was none */
	int64_t asked;	       /* s since 1970 */
};

static void
release_answer(struct answer *answer)
{
	object_release(&answer->object);
}

static bool
ask_provider(const struct flow *flow, const char *url, struct span body,
	     struct answer *answer, struct error *err)
{
	struct https_request request = {
		.url = url,
		.body = body,
		.trust_file = flow->trust_file,
		.patience = flow->patience,
	};
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	struct https_answer said = { 0 };
	bool ok;

	if (body.len && body.at[0] == '{')
		request.type = "Content-Type: application/json";
	answer->asked = (int64_t)time(NULL);
	ok = object_load(err) && provider_ask(&request, &said, err);
	heard = said.body;
	answer->status = said.status;
	if (ok)
		answer->object = object_read(buf_span(&heard));
	return ok;
}

static const char *
error_of(const struct answer *answer)
{
	const char *word = answer->object ? object_text(answer->object, "error") : NULL;

	return word ? word : "";
}

static const char *
without_secret(struct arena *arena, const char *words, const struct secret *secret)
{
	return secret->at ? mask_text(arena, span_of(words), span_of(secret->at)) : words;
}

/* The provider's own words: "invalid_grant: Token has been expired or revoked." */
static const char *
words_of(struct arena *arena, const struct answer *answer, const struct token *token)
{
	const char *more =
		answer->object ? object_text(answer->object, "error_description") : NULL;
	const char *word = error_of(answer);

	if (!*word)
		return arena_printf(arena, "HTTP %u", answer->status);
	word = clean_text(arena, span_of(word));
	if (more)
		word = arena_printf(arena, "%s: %s", word,
				    clean_text(arena, span_part(span_of(more), 0, 500)));
	return without_secret(arena, without_secret(arena, word, &token->refresh),
			      &token->client_secret);
}

static const char *
advice(const struct answer *answer)
{
	static const struct {
		const char *word, *advice;
	} known[] = {
		{ "invalid_grant",
		  N_("The login has ended: the password was changed, it was revoked, or it "
		     "is too old. \"postrider login\" begins a new one") },
		{ "invalid_client",
		  N_("oauth_client_id or oauth_client_secret is not what the provider "
		     "knows") },
		{ "unauthorized_client",
		  N_("The provider does not let this client log in this way: see "
		     "oauth_flow, and how the client was registered") },
		{ "invalid_scope",
		  N_("The provider does not know this oauth_scope, or does not give it "
		     "to this client") },
		{ "access_denied", N_("The person or the provider said no") },
		{ "expired_token", N_("Nobody entered the code in time") },
	};
	const char *word = error_of(answer);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(word, known[i].word) == 0)
			return _(known[i].advice);
	return NULL;
}

/* RFC 6749 4.1.2.1 and RFC 8628 3.5 have the words, RFC 9110 15.5.9 and RFC 6585 4 the
 * numbers. */
static bool
is_for_now(const struct answer *answer)
{
	const char *word = error_of(answer);

	return answer->status >= 500 || answer->status == 408 || answer->status == 429 ||
	       strcmp(word, "temporarily_unavailable") == 0 ||
	       strcmp(word, "server_error") == 0 || strcmp(word, "slow_down") == 0;
}

static bool
refuse(const struct flow *flow, const char *url, const struct answer *answer,
       struct error *err)
{
	const char *hint = advice(answer);
	enum fault fault = FAULT_LOGIN;

	/* Only a provider that says so itself ends a login. */
	if (is_for_now(answer))
		fault = FAULT_TEMPORARY;
	else if (!*error_of(answer))
		fault = FAULT_PROTOCOL;
	fail(err, fault, _("%s gives no token"), url);
	err->reply = words_of(err->arena, answer, flow->token);
	if (hint)
		fail_hint(err, hint);
	return false;
}

/* ---- tokens ---- */

/* RFC 6749 A.12: no blanks and no controls; both would be another line elsewhere. */
static bool
is_token(const char *text)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool
take_token(const struct answer *answer, struct token *token, struct error *err)
{
	const char *access = object_text(answer->object, "access_token");
	const char *refresh = object_text(answer->object, "refresh_token");
	const char *type = object_text(answer->object, "token_type");
	int64_t lifetime = LIFETIME;

	/* Some say so that there is none. */
	if (refresh && !*refresh)
		refresh = NULL;
	if (!is_token(access) || (refresh && !is_token(refresh)) ||
	    (type && strcasecmp(type, "bearer") != 0))
		return fail(err, FAULT_PROTOCOL,
			    _("%s gives something that is no bearer token"),
			    token->endpoint);
	if (object_number(answer->object, "expires_in", &lifetime) &&
	    lifetime > LIFETIME_MAX)
		lifetime = LIFETIME;
	secret_set(&token->access, span_of(access));
	/* Without a new one the old one goes on (RFC 6749 6). */
	if (refresh)
		secret_set(&token->refresh, span_of(refresh));
	token->expires = answer->asked + lifetime;
	return true;
}

static void
add_client(const struct token *token, struct buf *form)
{
	form_add(form, "client_id", span_of(token->client_id));
	if (token->client_secret.len)
		form_add(form, "client_secret", span_of(token->client_secret.at));
}

static bool
ask_for_token(struct flow *flow, const struct buf *form, struct error *err)
{
	CLEANUP(release_answer) struct answer answer = { 0 };
	struct token *token = flow->token;

	if (!ask_provider(flow, token->endpoint, buf_span(form), &answer, err))
		return false;
	if (answer.status != 200 || !answer.object || *error_of(&answer))
		return refuse(flow, token->endpoint, &answer, err);
	return take_token(&answer, token, err);
}

/* ---- a client of our own ---- */

static bool
take_client(const char *url, const struct answer *answer, struct token *token,
	    struct error *err)
{
	const char *id = object_text(answer->object, "client_id");
	const char *secret = object_text(answer->object, "client_secret");

	if (!is_token(id) || (secret && !is_token(secret)))
		return fail(err, FAULT_PROTOCOL, _("%s gives no client ID"), url);
	token->client_id = arena_string(err->arena, id);
	if (secret)
		secret_set(&token->client_secret, span_of(secret));
	return true;
}

bool
flow_register(struct flow *flow, struct error *err)
{
	const struct provider *provider = flow->provider;
	CLEANUP(release_answer) struct answer answer = { 0 };
	const char *body = arena_printf(
		err->arena,
		"{\"client_name\":\"postrider\",\"application_type\":\"native\","
		"\"token_endpoint_auth_method\":\"none\",\"response_types\":[\"code\"],"
		"\"redirect_uris\":[\"%s/\"],\"grant_types\":[\"authorization_code\","
		"\"refresh_token\"%s]}",
		provider->redirect, provider->device ? ",\"" GRANT "device_code\"" : "");

	if (!ask_provider(flow, provider->registration, span_of(body), &answer, err))
		return false;
	if ((answer.status != 201 && answer.status != 200) || !answer.object)
		return refuse(flow, provider->registration, &answer, err);
	return take_client(provider->registration, &answer, flow->token, err);
}

/* ---- by a browser ---- */

static bool
make_random(char text[RANDOM_TEXT + 1], struct error *err)
{
	CLEANUP(secret_wipe) struct buf out = { 0 };
	char bytes[32];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return fail_errno(err, FAULT_SYSTEM, _("There are no random numbers"));
	form_base64url(&out, (struct span){ bytes, sizeof(bytes) });
	memcpy(text, out.at, RANDOM_TEXT + 1);
	return true;
}

/* S256 of RFC 7636 4.2. */
static void
add_challenge(const char *verifier, struct buf *form)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	char hex[DIGEST_HEX + 1], raw[DIGEST_SIZE];

	digest_hex(span_of(verifier), hex);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		raw[i] = (char)(hex_value(hex[2 * i]) * 16 + hex_value(hex[2 * i + 1]));
	form_base64url(&text, (struct span){ raw, sizeof(raw) });
	form_add(form, "code_challenge", buf_span(&text));
	form_add(form, "code_challenge_method", SPAN("S256"));
}

bool
flow_begin_browser(struct flow *flow, unsigned port, const char *user, const char **url,
		   struct error *err)
{
	const struct provider *provider = flow->provider;
	CLEANUP(release_buf) struct buf form = { 0 };

	if (!make_random(flow->state, err) || !make_random(flow->verifier, err))
		return false;
	flow->redirect = arena_printf(err->arena, "%s:%u/", provider->redirect, port);
	buf_printf(&form, "%s%c", provider->authorize,
		   strchr(provider->authorize, '?') ? '&' : '?');
	form_add(&form, "client_id", span_of(flow->token->client_id));
	form_add(&form, "response_type", SPAN("code"));
	form_add(&form, "redirect_uri", span_of(flow->redirect));
	if (flow->token->scope)
		form_add(&form, "scope", span_of(flow->token->scope));
	form_add(&form, "state", span_of(flow->state));
	add_challenge(flow->verifier, &form);
	if (user && strchr(user, '@'))
		form_add(&form, "login_hint", span_of(user));
	if (provider->query)
		buf_printf(&form, "&%s", provider->query);
	*url = arena_string(err->arena, form.at);
	return true;
}

static bool
has_value(struct span query, const char *name, const char *want)
{
	CLEANUP(secret_wipe) struct buf value = { 0 };

	return form_get(query, name, &value) &&
	       span_equal(buf_span(&value), span_of(want));
}

bool
flow_is_answer(const struct flow *flow, struct span query)
{
	return has_value(query, "state", flow->state);
}

/* Who says so must be who was asked (RFC 9207). */
static bool
check_issuer(const struct flow *flow, struct span query, struct error *err)
{
	CLEANUP(release_buf) struct buf said = { 0 };
	const char *issuer = flow->provider->issuer;

	if (!issuer || !form_get(query, "iss", &said) ||
	    span_equal(buf_span(&said), span_of(issuer)))
		return true;
	return fail(err, FAULT_TRUST,
		    _("The answer comes from another provider: %s instead of %s"),
		    clean_text(err->arena, buf_span(&said)), issuer);
}

static bool
fail_denied(const struct flow *flow, struct span query, struct span word,
	    struct error *err)
{
	CLEANUP(release_buf) struct buf more = { 0 };
	struct arena *arena = err->arena;
	const char *said = clean_text(arena, word);

	fail(err, FAULT_LOGIN, _("%s has refused the login"), flow->provider->name);
	err->reply = form_get(query, "error_description", &more)
			     ? arena_printf(arena, "%s: %s", said,
					    clean_text(arena, buf_span(&more)))
			     : said;
	return false;
}

bool
flow_end_browser(struct flow *flow, struct span query, struct error *err)
{
	CLEANUP(secret_wipe) struct buf code = { 0 };
	CLEANUP(secret_wipe) struct buf form = { 0 };
	CLEANUP(release_buf) struct buf word = { 0 };

	if (!flow_is_answer(flow, query))
		return fail(err, FAULT_TRUST,
			    _("This is the answer to another login: its state is not "
			      "ours"));
	if (!check_issuer(flow, query, err))
		return false;
	if (form_get(query, "error", &word))
		return fail_denied(flow, query, buf_span(&word), err);
	if (!form_get(query, "code", &code))
		return fail(err, FAULT_PROTOCOL, _("The answer has no code"));
	buf_reserve(&form, FORM_ROOM);
	form_add(&form, "grant_type", SPAN("authorization_code"));
	form_add(&form, "code", buf_span(&code));
	form_add(&form, "redirect_uri", span_of(flow->redirect));
	form_add(&form, "code_verifier", span_of(flow->verifier));
	add_client(flow->token, &form);
	return ask_for_token(flow, &form, err);
}

/* ---- by another device ---- */

static unsigned
seconds_of(const struct object *object, const char *name, unsigned otherwise)
{
	int64_t seconds;

	return object_number(object, name, &seconds) && seconds > 0 && seconds <= 3600
		       ? (unsigned)seconds
		       : otherwise;
}

static bool
take_device(const struct answer *answer, const char *url, struct device *device,
	    struct error *err)
{
	const struct object *said = answer->object;
	const char *code = object_text(said, "device_code");
	const char *user_code = object_text(said, "user_code");
	const char *page = object_text(said, "verification_uri");
	const char *complete = object_text(said, "verification_uri_complete");

	/* Google's old word. */
	if (!page)
		page = object_text(said, "verification_url");
	if (!is_token(code) || !user_code || !page)
		return fail(err, FAULT_PROTOCOL, _("%s gives no code for a device"), url);
	secret_set(&device->code, span_of(code));
	device->user_code = clean_text(err->arena, span_of(user_code));
	device->page = clean_text(err->arena, span_of(page));
	device->complete = complete ? clean_text(err->arena, span_of(complete)) : NULL;
	device->interval = seconds_of(said, "interval", INTERVAL);
	device->lifetime = seconds_of(said, "expires_in", 300);
	return true;
}

bool
flow_begin_device(struct flow *flow, struct device *device, struct error *err)
{
	CLEANUP(release_answer) struct answer answer = { 0 };
	CLEANUP(secret_wipe) struct buf form = { 0 };
	const char *url = flow->provider->device;

	add_client(flow->token, &form);
	if (flow->token->scope)
		form_add(&form, "scope", span_of(flow->token->scope));
	if (!ask_provider(flow, url, buf_span(&form), &answer, err))
		return false;
	if (answer.status != 200 || !answer.object)
		return refuse(flow, url, &answer, err);
	return take_device(&answer, url, device, err);
}

bool
flow_poll_device(struct flow *flow, struct device *device, bool *done, struct error *err)
{
	CLEANUP(release_answer) struct answer answer = { 0 };
	CLEANUP(secret_wipe) struct buf form = { 0 };
	const char *url = flow->token->endpoint, *word;

	*done = false;
	buf_reserve(&form, FORM_ROOM);
	form_add(&form, "grant_type", SPAN(GRANT "device_code"));
	form_add(&form, "device_code", span_of(device->code.at));
	add_client(flow->token, &form);
	if (!ask_provider(flow, url, buf_span(&form), &answer, err))
		return false;
	if (answer.status == 200 && answer.object) {
		*done = true;
		return take_token(&answer, flow->token, err);
	}
	word = error_of(&answer);
	/* RFC 8628 3.5. */
	if (strcmp(word, "slow_down") == 0)
		device->interval += INTERVAL;
	else if (strcmp(word, "authorization_pending") != 0)
		return refuse(flow, url, &answer, err);
	return true;
}

/* ---- by itself ---- */

bool
flow_client(struct flow *flow, struct error *err)
{
	CLEANUP(secret_wipe) struct buf form = { 0 };

	buf_reserve(&form, FORM_ROOM);
	form_add(&form, "grant_type", SPAN("client_credentials"));
	add_client(flow->token, &form);
	if (flow->token->scope)
		form_add(&form, "scope", span_of(flow->token->scope));
	return ask_for_token(flow, &form, err);
}

bool
flow_renew(struct flow *flow, struct error *err)
{
	CLEANUP(secret_wipe) struct buf form = { 0 };

	buf_reserve(&form, FORM_ROOM);
	form_add(&form, "grant_type", SPAN("refresh_token"));
	form_add(&form, "refresh_token", span_of(flow->token->refresh.at));
	add_client(flow->token, &form);
	return ask_for_token(flow, &form, err);
}
