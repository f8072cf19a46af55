/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at account, session and verdicts after a failure. */
#include "app/explain.h"

#include "base/file.h"
#include "conf/providers.h"
#include "smtp/mechanism.h"

#include <fcntl.h>
#include <string.h>

/* The verdict that the failure is about: the first refusal. */
static const struct verdict *
first_refusal(const struct run *run, size_t *index)
{
	const struct delivery *delivery = run->delivery;

	for (size_t i = 0;
	     delivery && delivery->verdicts && i < delivery->envelope->count; i++) {
		*index = i;
		if (delivery->verdicts[i].by &&
		    (delivery->verdicts[i].outcome == REFUSED ||
		     delivery->verdicts[i].outcome == DEFERRED))
			return &delivery->verdicts[i];
	}
	return NULL;
}

/* Where the conversation stood when it failed, whatever was said for goodbye. */
enum stage
failed_stage(const struct run *run)
{
	const struct session *session = &run->connection.session;
	enum stage stage = STAGE_CONNECT;

	if (session->owed)
		return session->owed->stage;
	for (const struct exchange *e = session->first; e; e = e->next)
		if (e->stage != STAGE_QUIT)
			stage = e->stage;
	return stage;
}

/* Whether TLS was there, wherever the line is by now. */
static bool
was_secured(const struct session *session)
{
	for (const struct exchange *e = session->first; e; e = e->next)
		if (e->stage == STAGE_TLS && e->said)
			return true;
	return false;
}

const char *
source_text(const char *source)
{
	static const struct {
		const char *word, *text;
	} texts[] = {
		{ "keyring", N_("the keyring") },
		{ "netrc", N_("netrc") },
		{ "prompt", N_("the terminal") },
		{ "token", N_("a token of \"postrider login\"") },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(source, texts[i].word) == 0)
			return _(texts[i].text);
	return source;
}

const char *
secret_origin(const struct run *run)
{
	const char *source = run->connection.finder.source;
	int row = source ? setting_row(span_of(source)) : -1;

	if (row < 0)
		return source ? source_text(source) : NULL;
	return arena_printf(run->arena, "%s (%s)", source,
			    origin_show(run->arena, &run->account->origins[row]));
}

/* As Google's and others' app passwords: sixteen letters, perhaps in groups. */
static bool
has_sixteen_letters(const struct secret *secret)
{
	size_t letters = 0;

	for (size_t i = 0; i < secret->len; i++) {
		if (secret->at[i] >= 'a' && secret->at[i] <= 'z')
			letters++;
		else if (secret->at[i] != ' ' && secret->at[i] != '-')
			return false;
	}
	return letters == 16;
}

static bool
has_terminal(void)
{
	CLEANUP(close_file) int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	return fd >= 0;
}

static bool
is_loopback_name(const char *host)
{
	return host && (strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
			strcasecmp(host, "localhost") == 0);
}

/* The command ran, and gave nothing. */
static bool
helper_failed(const struct run *run, enum stage stage)
{
	const char *source = secret_source(&run->account->secret);
	const struct finder *finder = &run->connection.finder;

	return source && strcmp(source, "passwordeval") == 0 && !finder->source &&
	       finder->command.child <= 0 && stage == STAGE_EHLO;
}

static unsigned
account_facts(const struct run *run)
{
	const struct account *account = run->account;
	const struct endpoint *endpoint = &account->endpoint;
	unsigned port = endpoint->ports[1] ? 0 : endpoint->ports[0], facts = 0;

	if (strcmp(account->login.auth, "off") == 0)
		facts |= FACT_LOGIN_OFF;
	if (account->queue.on)
		facts |= FACT_QUEUE;
	if (is_loopback_name(endpoint->host))
		facts |= FACT_LOOPBACK;
	if (endpoint->proxy_host)
		facts |= FACT_PROXY;
	if (port == 25)
		facts |= FACT_PORT_25;
	if (port == 465)
		facts |= FACT_TLS_FIRST;
	if (port == 1025)
		facts |= FACT_PORT_1025;
	return facts;
}

static bool
is_for_tokens(const char *auth)
{
	const struct mechanism *mechanism = find_mechanism(auth);

	return mechanism && (mechanism->nature & TAKES_TOKEN);
}

static unsigned
connection_facts(const struct run *run, const struct circumstances *c)
{
	const struct connection *connection = &run->connection;
	const struct session *session = &connection->session;
	const struct caps *caps = &session->caps;
	unsigned facts = 0;

	if (session->wire.line.started && !session->wire.line.resolved)
		facts |= FACT_NAME;
	if (was_secured(session))
		facts |= FACT_TLS;
	if (connection->by_token || is_for_tokens(run->account->login.auth))
		facts |= FACT_BY_TOKEN;
	if (has_sixteen_letters(&connection->finder.found))
		facts |= FACT_SIXTEEN;
	if (helper_failed(run, c->stage))
		facts |= FACT_HELPER;
	if (run->delivery && caps->size_limit && run->delivery->size > caps->size_limit)
		facts |= FACT_TOO_LARGE;
	return facts;
}

/* Whether the address was written as its local part alone. */
static bool
was_bare(const struct run *run, const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	size_t len = at ? (size_t)(at - recipient) : strlen(recipient);

	for (size_t i = 0; i < run->request->operand_count; i++) {
		const char *operand = run->request->operands[i];

		if (strlen(operand) == len && memcmp(operand, recipient, len) == 0)
			return true;
	}
	return false;
}

static void
look_at_mail(const struct run *run, struct circumstances *c)
{
	const struct account *account = run->account;
	size_t index = 0;
	const struct verdict *refusal = first_refusal(run, &index);

	if (refusal)
		c->stage = refusal->by->stage;
	if (!run->delivery)
		return;
	c->sender = run->delivery->envelope->sender;
	if (refusal)
		c->recipient = run->delivery->envelope->to[index];
	if (c->recipient && was_bare(run, c->recipient))
		c->facts |= FACT_BARE;
	if (!run->request->sender && !account->from && !account->sender_from_header)
		c->facts |= FACT_GUESSED;
}

/* ---- the provider ---- */

static const char *
nearest_host(const struct providers *providers, const char *host)
{
	enum { FAR = 2 };
	const char *nearest = NULL;
	unsigned least = FAR + 1;

	for (size_t i = 0; i < providers->count; i++) {
		const char *other = providers->items[i].host;
		unsigned distance = other ? edit_distance(host, other, FAR) : FAR + 1;

		if (distance < least) {
			nearest = other;
			least = distance;
		}
	}
	return least ? nearest : NULL;
}

static const char *
all_notes(struct arena *arena, const struct mail_provider *provider)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	for (size_t i = 0; provider->notes[i]; i++)
		buf_printf(&out, "%s%s", i ? " " : "", _(provider->notes[i]));
	return out.len ? span_string(arena, buf_span(&out)) : NULL;
}

static void
look_at_provider(struct arena *arena, struct circumstances *c)
{
	struct error ignored = { .arena = arena };
	const struct mail_provider *provider;
	struct providers providers;

	if (!c->host || !providers_read(arena, &providers, &ignored))
		return;
	c->near_host = nearest_host(&providers, c->host);
	if (c->near_host)
		c->facts |= FACT_NEAR;
	provider = provider_of_host(&providers, c->host, c->port);
	if (!provider)
		return;
	c->provider = span_string(arena, provider->name);
	c->help = provider->help;
	c->fixed_user = provider->fixed_user;
	c->notes = all_notes(arena, provider);
	if (c->help && (provider->secrets & SECRET_APP_PASSWORD) &&
	    !(provider->secrets & SECRET_PASSWORD))
		c->facts |= FACT_APP_PASSWORD;
	if (c->fixed_user && c->user && strcmp(c->fixed_user, c->user) != 0)
		c->facts |= FACT_OTHER_USER;
	if (c->notes)
		c->facts |= FACT_NOTES;
}

bool
explain(const struct run *run, const struct error *err, unsigned facts,
	struct diagnosis *diagnosis)
{
	const struct account *account = run->account;
	struct circumstances c = { .fault = err->fault, .reply = err->reply };

	if (!account || !err->fault)
		return false;
	c.host = account->endpoint.host;
	c.port = run->connection.session.wire.line.port;
	c.user = account->login.user;
	c.source = secret_origin(run);
	c.stage = failed_stage(run);
	c.facts = facts | account_facts(run) | connection_facts(run, &c);
	if (has_terminal())
		c.facts |= FACT_TERMINAL;
	look_at_mail(run, &c);
	look_at_provider(run->arena, &c);
	return diagnose(run->arena, &c, diagnosis);
}
