/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows some identity providers, and asks the others. */
#include "oauth/provider.h"

#include "base/file.h"
#include "base/object.h"
#include "net/https.h"

#include <string.h>

/* ---- the known ones ---- */

#define GOOGLE "https://accounts.google.com"
#define MICROSOFT "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
#define LOOPBACK "http://127.0.0.1"

static const char *const google_steps[] = {
	N_("Open https://console.cloud.google.com/ and make a new project."),
	N_("Under \"Google Auth Platform\" choose the audience External."),
	N_("Publish the app to production: in testing a login ends after seven days."),
	N_("Under \"Clients\" create a client of the type \"Desktop app\"."),
	N_("Download its JSON file."),
	NULL,
};
static const char *const microsoft_steps[] = {
	N_("Open https://entra.microsoft.com/, \"App registrations\", \"New registration\"."),
	N_("Choose accounts in any directory and personal Microsoft accounts."),
	N_("Add the platform \"Mobile and desktop applications\"."),
	N_("Give it the redirect URI http://localhost."),
	N_("Under \"Authentication\" set \"Allow public client flows\" to Yes."),
	N_("Under \"API permissions\" add the delegated permission SMTP.Send."),
	N_("Copy the application (client) ID."),
	NULL,
};
static const char *const other_steps[] = {
	N_("Register a native (public) application with the provider."),
	N_("Give it the redirect URI http://127.0.0.1/, with any port."),
	N_("Copy its client ID, and its client secret if it has one."),
	NULL,
};

static const struct known {
	const char *word;  /* in oauth_issuer */
	const char *hosts; /* of its mail servers, with a blank around each */
	struct provider provider;
} providers[] = {
	{ .word = "google",
	  .hosts = " smtp.gmail.com smtp.googlemail.com ",
	  .provider = {
		  .name = "Google",
		  .issuer = GOOGLE,
		  .authorize = GOOGLE "/o/oauth2/v2/auth",
		  .token = "https://oauth2.googleapis.com/token",
		  .scope = "https://mail.google.com/",
		  .query = "access_type=offline&prompt=consent",
		  .redirect = LOOPBACK,
		  .steps = google_steps,
	  } },
	{ .word = "microsoft",
	  .hosts = " smtp.office365.com smtp-mail.outlook.com ",
	  .provider = {
		  .name = "Microsoft",
		  .authorize = MICROSOFT "/authorize",
		  .token = MICROSOFT "/token",
		  .device = MICROSOFT "/devicecode",
		  .scope = "https://outlook.office.com/SMTP.Send offline_access",
		  .redirect = "http://localhost",
		  .steps = microsoft_steps,
	  } },
	{ .word = "yahoo",
	  .hosts = " smtp.mail.yahoo.com smtp.mail.yahoo.co.uk ",
	  .provider = {
		  .name = "Yahoo",
		  .authorize = "https://api.login.yahoo.com/oauth2/request_auth",
		  .token = "https://api.login.yahoo.com/oauth2/get_token",
		  .scope = "mail-w",
		  .redirect = LOOPBACK,
		  .steps = other_steps,
	  } },
	{ .word = "fastmail",
	  .hosts = " smtp.fastmail.com ",
	  .provider = {
		  .name = "Fastmail",
		  .authorize = "https://api.fastmail.com/oauth/authorize",
		  .token = "https://api.fastmail.com/oauth/refresh",
		  .scope = "https://www.fastmail.com/dev/protocol-smtp",
		  .redirect = LOOPBACK,
		  .steps = other_steps,
	  } },
	{ .word = "yandex",
	  .hosts = " smtp.yandex.com smtp.yandex.ru ",
	  .provider = {
		  .name = "Yandex",
		  .authorize = "https://oauth.yandex.com/authorize",
		  .token = "https://oauth.yandex.com/token",
		  .scope = "mail:smtp",
		  .redirect = LOOPBACK,
		  .steps = other_steps,
	  } },
};

static const struct known *
known_by_word(const char *word)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (strcasecmp(providers[i].word, word) == 0)
			return &providers[i];
	return NULL;
}

static const struct known *
known_by_host(const char *host)
{
	for (size_t i = 0; host && *host && i < sizeof(providers) / sizeof(providers[0]);
	     i++) {
		const char *at = strcasestr(providers[i].hosts, host);

		if (at && at[-1] == ' ' && at[strlen(host)] == ' ')
			return &providers[i];
	}
	return NULL;
}

bool
provider_has_host(const char *host)
{
	return known_by_host(host) != NULL;
}

/* TEXT with "{tenant}" replaced. */
static const char *
for_tenant(struct arena *arena, const char *text, const char *tenant)
{
	const char *at = text ? strstr(text, "{tenant}") : NULL;

	return at ? arena_printf(arena, "%.*s%s%s", (int)(at - text), text, tenant,
				 at + strlen("{tenant}"))
		  : text;
}

static bool
use_known(const struct known *known, const char *tenant, struct provider *provider,
	  struct error *err)
{
	tenant = tenant ? tenant : "common";
	for (const char *c = tenant; *c; c++)
		if (!is_letter(*c) && !is_digit(*c) && *c != '-' && *c != '.')
			return fail(err, FAULT_CONFIG,
				    _("\"%s\" is no tenant: that is an ID or a domain"),
				    clean_text(err->arena, span_of(tenant)));
	*provider = known->provider;
	provider->authorize = for_tenant(err->arena, provider->authorize, tenant);
	provider->token = for_tenant(err->arena, provider->token, tenant);
	provider->device = for_tenant(err->arena, provider->device, tenant);
	return true;
}

/* ---- the others ---- */

static bool
is_https(const char *url)
{
	return url && strncasecmp(url, "https://", strlen("https://")) == 0 &&
	       !has_control(span_of(url)) && !strchr(url, ' ');
}

static const char *
url_of(struct arena *arena, const struct object *metadata, const char *name)
{
	const char *url = object_text(metadata, name);

	return is_https(url) ? arena_string(arena, url) : NULL;
}

/* What a mail program can be for, of what the provider offers. */
static const char *
choose_scope(struct arena *arena, const struct object *metadata)
{
	static const char *const wanted[] = { "openid", "offline_access", "smtp",
					      "urn:ietf:params:oauth:scope:mail" };
	const char *scope = NULL;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (object_lists(metadata, "scopes_supported", wanted[i]))
			scope = scope ? arena_printf(arena, "%s %s", scope, wanted[i])
				      : wanted[i];
	return scope;
}

/* A slash at the end makes no other issuer. */
static bool
is_issuer(const char *said, struct span issuer)
{
	struct span other = span_of(said);

	if (other.len && other.at[other.len - 1] == '/')
		other.len--;
	return span_equal(other, issuer);
}

static bool
use_metadata(const struct object *metadata, struct span issuer, struct provider *provider,
	     struct error *err)
{
	struct arena *arena = err->arena;
	const char *said = object_text(metadata, "issuer");

	if (!said || !is_issuer(said, issuer))
		return fail(err, FAULT_TRUST,
			    _("The metadata of %.*s are those of another issuer: %s"),
			    (int)issuer.len, issuer.at,
			    said ? clean_text(arena, span_of(said)) : "-");
	*provider = (struct provider){
		.name = span_string(arena, issuer),
		.issuer = arena_string(arena, said),
		.authorize = url_of(arena, metadata, "authorization_endpoint"),
		.token = url_of(arena, metadata, "token_endpoint"),
		.device = url_of(arena, metadata, "device_authorization_endpoint"),
		.registration = url_of(arena, metadata, "registration_endpoint"),
		.scope = choose_scope(arena, metadata),
		.query = "prompt=consent",
		.redirect = LOOPBACK,
		.steps = other_steps,
	};
	return provider->token ||
	       fail(err, FAULT_PROTOCOL,
		    _("The metadata of %s have no token_endpoint with https"),
		    provider->name);
}

bool
provider_ask(const struct https_request *request, struct https_answer *answer,
	     struct error *err)
{
	if (https_ask(request, answer, err))
		return true;
	if (err->fault == FAULT_CONNECT || err->fault == FAULT_TIMEOUT)
		fail_hint(
			err,
			_("This is where the tokens come from (oauth_issuer), not the mail "
			  "server: it is down, or this machine has no way to it"));
	return false;
}

/* Whether there was an answer; a status other than 200 is none, and no failure. */
static bool
fetch(const struct https_request *request, struct object **metadata, struct error *err)
{
	CLEANUP(secret_wipe) struct buf unused = { 0 };
	struct https_answer answer = { 0 };
	bool ok = provider_ask(request, &answer, err);

	unused = answer.body;
	if (ok && answer.status == 200)
		*metadata = object_read(buf_span(&answer.body));
	return ok;
}

/* Where the path of a URL begins. */
static size_t
path_at(struct span url)
{
	size_t host = strlen("https://");

	return host + span_find(span_part(url, host, url.len), '/');
}

static bool
discover(const struct oauth_policy *policy, unsigned patience, struct provider *provider,
	 struct error *err)
{
	struct span issuer = span_of(policy->issuer);
	struct object *metadata = NULL;
	struct https_request request = { .trust_file = policy->trust_file,
					 .patience = patience };
	size_t path;
	bool ok;

	if (issuer.at[issuer.len - 1] == '/')
		issuer.len--;
	path = path_at(issuer);
	if (!object_load(err))
		return false;
	/* RFC 8414 3.1, and OpenID Connect Discovery 1.0 4.1. */
	request.url = arena_printf(
		err->arena, "%.*s/.well-known/oauth-authorization-server%.*s", (int)path,
		issuer.at, (int)(issuer.len - path), issuer.at + path);
	ok = fetch(&request, &metadata, err);
	if (ok && !metadata) {
		request.url =
			arena_printf(err->arena, "%.*s/.well-known/openid-configuration",
				     (int)issuer.len, issuer.at);
		ok = fetch(&request, &metadata, err);
	}
	if (ok && !metadata)
		ok = fail(err, FAULT_CONFIG,
			  _("%s does not say where its logins are: neither at "
			    ".well-known/oauth-authorization-server nor at "
			    ".well-known/openid-configuration"),
			  policy->issuer);
	ok = ok && use_metadata(metadata, issuer, provider, err);
	object_release(&metadata);
	return ok;
}

bool
provider_find(const struct oauth_policy *policy, unsigned patience,
	      struct provider *provider, struct error *err)
{
	const struct known *known = policy->issuer ? known_by_word(policy->issuer)
						   : known_by_host(policy->host);

	if (known && !use_known(known, policy->tenant, provider, err))
		return false;
	if (!known && !policy->issuer) {
		fail(err, FAULT_CONFIG, _("No identity provider is known for %s"),
		     policy->host ? policy->host : "-");
		return fail_hint(err, _("Set oauth_issuer: google, microsoft, yahoo, "
					"fastmail, yandex, or an https address"));
	}
	if (!known && !is_https(policy->issuer)) {
		fail(err, FAULT_CONFIG,
		     _("oauth_issuer is neither a known name nor an https address: %s"),
		     clean_text(err->arena, span_of(policy->issuer)));
		return fail_hint(err, _("The names are google, microsoft, yahoo, "
					"fastmail and yandex"));
	}
	if (!known && !discover(policy, patience, provider, err))
		return false;
	if (policy->scope)
		provider->scope = policy->scope;
	return true;
}
