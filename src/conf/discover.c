/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collects the servers that may be right for a mail address. */
#include "conf/discover.h"

#include "base/clock.h"
#include "base/errand.h"
#include "base/file.h"
#include "conf/autoconfig.h"
#include "mail/domain.h"
#include "net/https.h"
#include "net/records.h"
#include "oauth/form.h"

#include <string.h>

#define ISPDB "https://autoconfig.thunderbird.net/v1.1/"
#define WELL_KNOWN "/.well-known/autoconfig/mail/config-v1.1.xml"

enum { SECONDS = 6, WEB_SECONDS = 5, REDIRECTS = 3 };

static const struct {
	const char *word, *words;
} ways[FOUND_BY_COUNT] = {
	[FOUND_BY_USER] = { "user", N_("you have named it") },
	[FOUND_IN_TABLE] = { "table", N_("in the table of providers") },
	[FOUND_BY_MX] = { "mx", N_("by the host that takes the domain's mail (MX)") },
	[FOUND_BY_SRV] = { "srv", N_("the domain says so in the DNS (SRV)") },
	[FOUND_PUBLISHED] = { "autoconfig", N_("the domain publishes it (autoconfig)") },
	[FOUND_IN_ISPDB] = { "ispdb", N_("the Thunderbird project says so") },
	[FOUND_GUESSING] = { "guess", N_("it is a usual name") },
};

const char *
found_by_word(enum found_by found_by)
{
	return ways[found_by].word;
}

const char *
found_by_words(enum found_by found_by)
{
	return _(ways[found_by].words);
}

/* ---- the list ---- */

static bool
is_same(const struct candidate *a, const struct candidate *b)
{
	return strcasecmp(a->host, b->host) == 0 && a->port == b->port;
}

static void
add(struct discovery *discovery, struct candidate candidate)
{
	const struct mail_provider *provider = candidate.provider;

	for (size_t i = 0; i < discovery->count; i++)
		if (is_same(&discovery->items[i], &candidate))
			return;
	if (!provider)
		provider = provider_of_host(&discovery->providers, candidate.host,
					    candidate.port);
	candidate.provider = provider;
	if (provider && !candidate.user)
		candidate.user = user_of_form(discovery->arena, provider->user,
					      provider->fixed_user, discovery->address);
	else if (!candidate.user)
		candidate.user = discovery->address;
	candidate.vouched = candidate.vouched || (provider && !provider->host_is_mx) ||
			    host_is_below(candidate.host, discovery->domain);
	if (discovery->count < CANDIDATES_MAX)
		discovery->items[discovery->count++] = candidate;
}

static void
add_provider(struct discovery *discovery, const struct mail_provider *provider,
	     enum found_by found_by)
{
	const char *host = provider->host_is_mx ? discovery->mx : provider->host;

	if (!discovery->provider)
		discovery->provider = provider;
	if (host)
		add(discovery, (struct candidate){
				       .found_by = found_by,
				       .host = host,
				       .port = provider->port,
				       .provider = provider,
			       });
}

static void
add_usual(struct discovery *discovery, const char *host)
{
	add(discovery, (struct candidate){
			       .found_by = FOUND_GUESSING,
			       .host = host,
		       });
}

/* ---- questions to the DNS ---- */

struct dns_question {
	enum record_kind kind;
	const char *name;
};

/* One line for each record: "HOST PORT". */
static void
ask_dns(const void *question, struct buf *answer)
{
	const struct dns_question *dns = question;
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct records records;

	if (!records_find(dns->kind, dns->name, &records, &err))
		return;
	for (size_t i = 0; i < records.count; i++)
		buf_printf(answer, "%s %u\n", records.items[i].host,
			   records.items[i].port);
	arena_release(&arena);
}

/* ---- questions to web servers ---- */

struct web_question {
	const char *url, *address, *trust_file;
};

/* One line for each server: "HOST PORT s|t USER". */
static void
ask_web(const void *question, struct buf *answer)
{
	const struct web_question *web = question;
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct https_request request = {
		.url = web->url,
		.accept = "Accept: text/xml, application/xml, */*",
		.trust_file = web->trust_file,
		.patience = WEB_SECONDS,
		.redirects = REDIRECTS,
	};
	struct https_answer heard = { 0 };
	struct autoconfig found = { 0 };

	if (https_ask(&request, &heard, &err) && heard.status == 200 &&
	    !autoconfig_read(buf_span(&heard.body), web->address, &found, &err))
		found.count = 0;
	for (size_t i = 0; i < found.count; i++)
		buf_printf(answer, "%s %u %c %s\n", found.items[i].host,
			   found.items[i].port,
			   found.items[i].starttls == STARTTLS_ON ? 's' : 't',
			   found.items[i].user);
	buf_release(&heard.body);
	arena_release(&arena);
}

static const char *
published_url(const struct discovery *discovery)
{
	CLEANUP(release_buf) struct buf url = { 0 };

	buf_printf(&url, "https://autoconfig.%s/mail/config-v1.1.xml?",
		   discovery->domain);
	form_add(&url, "emailaddress", span_of(discovery->address));
	return span_string(discovery->arena, buf_span(&url));
}

/* ---- answers ---- */

/* Takes the next line off the text. */
static struct span
take_line(struct span *text)
{
	struct span line = span_part(*text, 0, span_find(*text, '\n'));

	*text = span_part(*text, line.len + 1, text->len);
	return line;
}

static bool
take_place(struct discovery *discovery, struct span *line, struct candidate *candidate)
{
	struct span host = span_word(line), number = span_word(line);
	uint64_t port;

	if (!host.len || !span_number(number, &port) || port > UINT16_MAX)
		return false;
	candidate->host = span_string(discovery->arena, host);
	candidate->port = (unsigned)port;
	return true;
}

static void
take_srv(struct discovery *discovery, struct span text, enum starttls starttls)
{
	while (text.len) {
		struct span line = take_line(&text);
		struct candidate candidate = {
			.found_by = FOUND_BY_SRV,
			.starttls = starttls,
		};

		if (take_place(discovery, &line, &candidate))
			add(discovery, candidate);
	}
}

/* Whose customer the domain is; else the first host is kept for guessing. */
static void
take_mx(struct discovery *discovery, struct span text)
{
	const struct mail_provider *provider = NULL;

	while (text.len && !provider) {
		struct span line = take_line(&text);
		const char *mx = span_string(discovery->arena, span_word(&line));

		provider = provider_of_mx(&discovery->providers, mx);
		if (!discovery->mx || provider)
			discovery->mx = mx;
	}
	if (provider)
		add_provider(discovery, provider, FOUND_BY_MX);
}

static void
take_published(struct discovery *discovery, struct span text, enum found_by found_by)
{
	while (text.len) {
		struct span line = take_line(&text);
		struct candidate candidate = { .found_by = found_by, .vouched = true };

		if (!take_place(discovery, &line, &candidate))
			continue;
		candidate.starttls = span_equal(span_word(&line), SPAN("s"))
					     ? STARTTLS_ON
					     : STARTTLS_OFF;
		candidate.user = span_string(discovery->arena, line);
		add(discovery, candidate);
	}
}

/* ---- the whole ---- */

bool
discovery_begin(struct discovery *discovery, struct error *err)
{
	discovery->domain = strrchr(discovery->address, '@') + 1;
	if (!providers_read(discovery->arena, &discovery->providers, err))
		return false;
	discovery->provider =
		provider_of_domain(&discovery->providers, discovery->domain);
	return true;
}

void
discover_named(struct discovery *discovery, const char *host, unsigned port)
{
	const struct mail_provider *provider =
		provider_of_host(&discovery->providers, host, port);

	add(discovery, (struct candidate){
			       .found_by = FOUND_BY_USER,
			       .host = host,
			       .port = !port && provider ? provider->port : port,
			       .vouched = true,
		       });
}

/* What is asked, in the order in which the answers count. */
enum { ASK_MX, ASK_SUBMISSIONS, ASK_SUBMISSION, ASK_SUBDOMAIN, ASK_DOMAIN, ASK_COUNT };

static bool
ask_all(struct discovery *discovery, struct errand *errands, struct error *err)
{
	struct arena *arena = discovery->arena;
	const char *domain = discovery->domain;
	const struct dns_question dns[] = {
		{ RECORD_MX, domain },
		{ RECORD_SRV, arena_printf(arena, "_submissions._tcp.%s", domain) },
		{ RECORD_SRV, arena_printf(arena, "_submission._tcp.%s", domain) },
	};
	const struct web_question web[] = {
		{ published_url(discovery), discovery->address, discovery->trust_file },
		{ arena_printf(arena, "https://%s" WELL_KNOWN, domain),
		  discovery->address, discovery->trust_file },
	};

	for (size_t i = 0; i < 3; i++)
		if (!errand_start(&errands[i], ask_dns, &dns[i], err))
			return false;
	return errand_start(&errands[ASK_SUBDOMAIN], ask_web, &web[0], err) &&
	       errand_start(&errands[ASK_DOMAIN], ask_web, &web[1], err);
}

static void
take_answer(struct discovery *discovery, size_t which, struct span text)
{
	switch (which) {
	case ASK_MX:
		take_mx(discovery, text);
		break;
	case ASK_SUBMISSIONS:
		take_srv(discovery, text, STARTTLS_OFF);
		break;
	case ASK_SUBMISSION:
		take_srv(discovery, text, STARTTLS_ON);
		break;
	default:
		take_published(discovery, text, FOUND_PUBLISHED);
	}
}

bool
discover(struct discovery *discovery, struct error *err)
{
	struct errand errands[ASK_COUNT] = { 0 };
	int64_t deadline = deadline_in(SECONDS);
	bool ok;

	if (discovery->provider) {
		add_provider(discovery, discovery->provider, FOUND_IN_TABLE);
		return true;
	}
	ok = ask_all(discovery, errands, err);
	for (size_t i = 0; i < ASK_COUNT; i++) {
		CLEANUP(release_buf) struct buf answer = { 0 };

		/* A provider of the table is surer than all that would follow. */
		if (!ok || discovery->provider)
			errand_abandon(&errands[i]);
		else if (errand_take(&errands[i], deadline, &answer))
			take_answer(discovery, i, buf_span(&answer));
	}
	return ok;
}

bool
discover_ispdb(struct discovery *discovery, struct error *err)
{
	CLEANUP(release_buf) struct buf answer = { 0 };
	struct errand errand;
	const struct web_question web = {
		.url = arena_printf(discovery->arena, ISPDB "%s", discovery->domain),
		.address = discovery->address,
		.trust_file = discovery->trust_file,
	};

	if (!errand_start(&errand, ask_web, &web, err))
		return false;
	if (errand_take(&errand, deadline_in(SECONDS), &answer))
		take_published(discovery, buf_span(&answer), FOUND_IN_ISPDB);
	return true;
}

void
discover_guess(struct discovery *discovery)
{
	static const char *const names[] = { "smtp.", "mail.", "" };
	const char *mx = discovery->mx, *dot = mx ? strchr(mx, '.') : NULL;

	if (mx)
		add_usual(discovery, mx);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_usual(discovery, arena_printf(discovery->arena, "%s%s", names[i],
						  discovery->domain));
	/* The provider that the MX host is of. */
	if (dot && strchr(dot + 1, '.') && !host_is_below(mx, discovery->domain))
		for (size_t i = 0; i < 2; i++)
			add_usual(discovery, arena_printf(discovery->arena, "%s%s",
							  names[i], dot + 1));
}
