/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes an account ready for use, and shows it. */
#include "conf/account.h"

#include "conf/pattern.h"
#include "conf/settings.h"
#include "mail/address.h"
#include "mail/domain.h"

#include <string.h>

enum {
	CONNECT_SECONDS = 30,
	PORT_SMTP = 25,
	PORT_SUBMISSIONS = 465,
	PORT_SUBMISSION = 587
};

/* ---- what does not fit ---- */

/* Where a setting was given, or else where the account begins. */
static const struct origin *
origin_of(const struct account *account, const char *name)
{
	const struct origin *origin = &account->origins[setting_row(span_of(name))];

	return origin->kind == ORIGIN_DEFAULT ? &account->whole : origin;
}

/* Whether the user said anything about it. */
static bool
is_given(const struct account *account, const char *name)
{
	return account->origins[setting_row(span_of(name))].kind != ORIGIN_DEFAULT;
}

/* A sentence that follows file and line goes on in lower case. */
static const char *
alone(struct arena *arena, const char *sentence)
{
	char *copy = arena_string(arena, sentence);

	if (*copy >= 'a' && *copy <= 'z')
		*copy = (char)(*copy - 'a' + 'A');
	return copy;
}

/* Blames the setting NAME. The reason begins in lower case. */
static bool
complain(const struct account *account, const char *name, const char *reason,
	 struct error *err)
{
	const struct origin *origin = origin_of(account, name);

	switch (origin->kind) {
	case ORIGIN_FILE:
		return fail(err, FAULT_CONFIG, "%s:%u: %s", origin->file, origin->line,
			    reason);
	case ORIGIN_OPTION:
		return fail(err, FAULT_USAGE, "%s", alone(err->arena, reason));
	case ORIGIN_DEFAULT:
		break;
	}
	return fail(err, FAULT_CONFIG, "%s", alone(err->arena, reason));
}

/* The same with what another room has found out. */
static bool
complain_of_value(const struct account *account, const char *name,
		  const struct error *inner, struct error *err)
{
	return complain(account, name,
			arena_printf(err->arena, _("the value of \"%s\" is wrong: %s"),
				     name, inner->what),
			err);
}

/* ---- names ---- */

/* "[::1]" and "[IPv6:::1]" are written so in addresses; a resolver wants bare digits. */
static const char *
without_brackets(struct arena *arena, const char *host)
{
	struct span text = span_of(host);

	if (text.len < 2 || text.at[0] != '[' || text.at[text.len - 1] != ']')
		return host;
	text = span_part(text, 1, text.len - 2);
	if (span_starts_with_word(text, SPAN("IPv6:")))
		text = span_part(text, 5, text.len);
	return span_string(arena, text);
}

/* Replaces the value of the setting NAME by its A-label, without brackets. */
static bool
finish_name(const struct account *account, const char *name, const char **value,
	    struct error *err)
{
	struct error inner = { .arena = err->arena };

	if (!*value)
		return true;
	*value = without_brackets(err->arena, *value);
	/* Only an IPv6 address has a colon, perhaps with the zone of a link behind it. */
	if (strchr(*value, ':'))
		return true;
	return domain_to_ascii(err->arena, *value, value, &inner) ||
	       complain_of_value(account, name, &inner, err);
}

static bool
finish_domain(struct arena *arena, struct account *account, struct error *err)
{
	struct error inner = { .arena = err->arena };
	const char *domain = account->domain;

	if (domain && !pattern_expand(arena, domain, false, &domain, &inner))
		return complain_of_value(account, "domain", &inner, err);
	if (!domain || !*domain)
		domain = "localhost";
	if (!domain_to_ascii(arena, domain, &account->domain, &inner))
		return complain_of_value(account, "domain", &inner, err);
	return true;
}

static bool
finish_sender(struct arena *arena, struct account *account, struct error *err)
{
	struct error inner = { .arena = err->arena };

	if (!account->from)
		return true;
	if (strcmp(account->from, "%F") == 0) {
		account->sender_from_header = true;
		account->from = NULL;
		return true;
	}
	return pattern_expand(arena, account->from, true, &account->from, &inner) ||
	       complain_of_value(account, "from", &inner, err);
}

/* ---- the way to the server ---- */

static void
choose_ports(struct account *account)
{
	unsigned *ports = account->endpoint.ports;
	const struct tls_policy *tls = &account->tls;

	ports[0] = ports[1] = 0;
	if (account->endpoint.socket)
		return;
	if (account->port)
		ports[0] = account->port;
	else if (account->dialect == DIALECT_MSMTP)
		ports[0] = tls->on && tls->starttls == STARTTLS_OFF ? PORT_SUBMISSIONS
								    : PORT_SMTP;
	else if (!tls->on)
		ports[0] = PORT_SMTP;
	else
		ports[0] =
			tls->starttls == STARTTLS_ON ? PORT_SUBMISSION : PORT_SUBMISSIONS;
	if (!account->port && account->dialect == DIALECT_POSTRIDER && tls->on &&
	    tls->starttls == STARTTLS_AUTO)
		ports[1] = PORT_SUBMISSION;
	for (size_t i = 0; i < 2; i++)
		account->endpoint.fast_open[i] =
			account->fast_open && tls->on && tls_is_implicit(tls, ports[i]);
}

static bool
finish_endpoint(struct account *account, struct error *err)
{
	struct endpoint *endpoint = &account->endpoint;

	if (!endpoint->socket && !endpoint->host) {
		complain(account, "host",
			 account->name ? arena_printf(err->arena,
						      _("the account \"%s\" has no host"),
						      account->name)
				       : _("no host is given"),
			 err);
		return fail_hint(
			err, _("Set host to the name of your provider's mail server"));
	}
	if (account->protocol == PROTOCOL_LMTP && !endpoint->socket && !account->port)
		return complain(account, "protocol",
				_("LMTP has no usual port: port or socket must be set"),
				err);
	if (!finish_name(account, "host", &endpoint->host, err) ||
	    !finish_name(account, "proxy_host", &endpoint->proxy_host, err))
		return false;
	choose_ports(account);
	endpoint->timeout = account->timeout ? account->timeout : CONNECT_SECONDS;
	return true;
}

static bool
finish_tls(struct account *account, struct error *err)
{
	struct tls_policy *tls = &account->tls;

	/* What talks through a unix socket is on this host. */
	if (account->endpoint.socket && account->dialect == DIALECT_POSTRIDER &&
	    !is_given(account, "tls"))
		tls->on = false;
	if (!tls->key_file != !tls->cert_file)
		return complain(
			account, tls->key_file ? "tls_key_file" : "tls_cert_file",
			_("the settings tls_key_file and tls_cert_file need each other"),
			err);
	if (!tls->on)
		return true;
	if (account->endpoint.socket && !account->endpoint.host && !tls->host_override)
		return complain(
			account, "tls",
			_("TLS on a unix socket needs host or tls_host_override, the name "
			  "in the certificate"),
			err);
	if (tls->check && !tls->fingerprint && !tls->trust_file)
		return complain(
			account, "tls_trust_file",
			_("nobody is trusted: tls_trust_file or tls_fingerprint must be set"),
			err);
	if (tls->crl_file && !tls->trust_file)
		return complain(account, "tls_crl_file",
				_("the setting tls_crl_file needs tls_trust_file"), err);
	return finish_name(account, "tls_host_override", &tls->host_override, err);
}

/* ---- login ---- */

static bool
is_address(const char *from)
{
	return from && strchr(from, '@') && !strpbrk(from, "*?[<> \t");
}

/* Mechanisms that know by themselves who we are. */
static bool
needs_no_user(const char *auth)
{
	return strcmp(auth, "external") == 0 || strcmp(auth, "gssapi") == 0;
}

static bool
is_mechanism(const char *auth)
{
	return strcmp(auth, "on") != 0 && strcmp(auth, "off") != 0;
}

/* Whether `auth auto` means a login. */
static bool
wants_login(const struct account *account)
{
	return account->login.user || secret_source(&account->secret) ||
	       account->oauth.issuer || provider_has_host(account->endpoint.host);
}

static bool
finish_login(struct account *account, struct error *err)
{
	struct login_policy *login = &account->login;

	if (strcmp(login->auth, "auto") == 0)
		login->auth = wants_login(account) ? "on" : "off";
	if (strcmp(login->auth, "off") == 0)
		return true;
	if (is_mechanism(login->auth) && !login_knows(login->auth))
		return fail(err, FAULT_UNSUPPORTED, _("This build cannot do auth %s"),
			    login->auth);
	if (login->user || needs_no_user(login->auth))
		return true;
	if (account->dialect == DIALECT_POSTRIDER && is_address(account->from)) {
		login->user = account->from;
		return true;
	}
	complain(account, "auth", _("a login needs a user name, but user is not set"),
		 err);
	return fail_hint(err, _("Set user, which most often is your whole address"));
}

bool
account_finish_names(struct arena *arena, struct account *account, struct error *err)
{
	return finish_domain(arena, account, err) && finish_sender(arena, account, err) &&
	       finish_name(account, "qualify_domain", &account->qualify_domain, err);
}

bool
account_finish(struct arena *arena, struct account *account, struct error *err)
{
	const char *place = account->endpoint.host ? account->endpoint.host
						   : account->endpoint.socket;

	if (!account_finish_names(arena, account, err) || !finish_tls(account, err) ||
	    !finish_endpoint(account, err) || !finish_login(account, err))
		return false;
	account->login.host = account->endpoint.host;
	account->secret.user = account->login.user;
	account->secret.host = place;
	account->secret.port = account->port;
	account->secret.grouped =
		place && host_is_below(place, "gmail.com googlemail.com");
	account->oauth.user = account->login.user;
	/* One may log in first and set auth later. */
	if (!account->oauth.user && is_address(account->from))
		account->oauth.user = account->from;
	account->oauth.host = place;
	account->oauth.trust_file = account->tls.trust_file;
	return true;
}

/* ---- shown ---- */

char *
account_show(struct arena *arena, const struct account *account, size_t row)
{
	const struct kind *kind = settings[row].kind;
	struct buf out = { 0 };
	char *text;

	kind->print(kind, (const char *)account + settings[row].at, &out);
	text = clean_text(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

char *
origin_show(struct arena *arena, const struct origin *origin)
{
	switch (origin->kind) {
	case ORIGIN_FILE:
		return arena_printf(arena, "%s:%u", origin->file, origin->line);
	case ORIGIN_OPTION:
		return arena_string(arena, _("option"));
	case ORIGIN_DEFAULT:
		break;
	}
	return arena_string(arena, _("default"));
}

void
account_release(struct account *account)
{
	for (size_t row = 0; row < settings_count; row++)
		if (settings[row].kind == &kind_secret)
			secret_release((void *)((char *)account + settings[row].at));
}
