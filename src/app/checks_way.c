/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks up the server, connects, and has it speak. */
#include "app/checks_way.h"

#include "base/clock.h"
#include "base/file.h"
#include "net/dns.h"

#include <netdb.h>
#include <string.h>
#include <time.h>

enum {
	PATIENCE = 10,	  /* s */
	PORT_SECONDS = 5, /* for one try to connect */
	ADDRESSES_SHOWN = 4,
	DAY = 24 * 60 * 60, /* s */
	DAYS_FEW = 14	    /* in which a certificate should be renewed */
};

/* ---- name ---- */

static void
tell_addresses(struct checkup *checkup, const char *host, const struct targets *targets)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	for (size_t i = 0; i < targets->count && i < ADDRESSES_SHOWN; i++) {
		char text[NI_MAXHOST] = "?";

		if (getnameinfo((const struct sockaddr *)&targets->items[i].at,
				targets->items[i].length, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) != 0)
			continue;
		buf_printf(&out, "%s%s", out.len ? ", " : "", text);
	}
	found(checkup, MARK_OK, _("%s is %s"), host, out.len ? out.at : "?");
}

void
check_name(struct checkup *checkup)
{
	const struct endpoint *endpoint = &checkup->run->account->endpoint;
	struct error err = { .arena = checkup->run->arena };
	struct targets targets;
	bool later;

	if (endpoint->socket || endpoint->proxy_host) {
		checkup->reached |= REACHED_ADDRESS;
		found(checkup, MARK_OK,
		      endpoint->socket ? _("%s is a socket of this machine")
				       : _("The proxy %s looks up the server"),
		      endpoint->socket ? endpoint->socket : endpoint->proxy_host);
		return;
	}
	if (dns_resolve(endpoint->host, endpoint->family, deadline_in(PATIENCE), &targets,
			&err)) {
		checkup->reached |= REACHED_ADDRESS;
		tell_addresses(checkup, endpoint->host, &targets);
		return;
	}
	later = err.fault == FAULT_TEMPORARY || err.fault == FAULT_TIMEOUT;
	found_error(checkup, &err, later ? FACT_NAME : 0);
}

/* ---- connection ---- */

/* One try. *MS is how long it took. */
static bool
try_dial(const struct endpoint *endpoint, struct line *line, long long *ms,
	 struct error *err)
{
	bool ok = dial(endpoint, line, err);

	*ms = ok ? (line->connected - line->started) / 1000 : 0;
	close_file(&line->fd);
	return ok;
}

struct way {
	enum ip_family family;
	const char *name;
	bool there; /* the server has an address of it, and the account allows it */
	bool ok;
	struct line line;
	long long ms;
	struct error err;
};

static void
try_way(struct checkup *checkup, struct way *way)
{
	struct endpoint endpoint = checkup->run->account->endpoint;
	enum ip_family allowed = endpoint.family;

	way->err = (struct error){ .arena = checkup->run->arena };
	if (allowed != IP_ANY && allowed != way->family)
		return;
	endpoint.family = way->family;
	endpoint.timeout = PORT_SECONDS;
	way->ok = try_dial(&endpoint, &way->line, &way->ms, &way->err);
	way->there = way->ok ||
		     (way->err.fault != FAULT_NO_HOST && way->err.fault != FAULT_CONFIG);
}

static void
tell_way(struct checkup *checkup, const struct way *way, const struct way *other)
{
	if (way->ok)
		found(checkup, MARK_OK, _("%s: %s, port %u, after %lld ms"), way->name,
		      way->line.address, way->line.port, way->ms);
	else if (way->there && other->ok)
		found(checkup, MARK_NOTE, _("%s fails, but %s works: %s"), way->name,
		      other->name, way->err.what);
}

/* The configured ports cannot be used; another one may. */
static void
try_other_ports(struct checkup *checkup, struct finding *finding)
{
	static const struct {
		unsigned port;
		const char *remedy;
	} others[] = {
		{ 465,
		  N_("Port 465 takes connections: set port to 465 and tls_starttls to "
		     "off.") },
		{ 587,
		  N_("Port 587 takes connections: set port to 587 and tls_starttls to "
		     "on.") },
		{ 25, N_("Only port 25 takes connections, which is for mail between "
			 "servers.") },
	};
	const unsigned *ports = checkup->run->account->endpoint.ports;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct endpoint endpoint = checkup->run->account->endpoint;
		struct error ignored = { .arena = checkup->run->arena };
		struct line line;
		long long ms;

		if (others[i].port == ports[0] || others[i].port == ports[1])
			continue;
		endpoint.ports[0] = others[i].port;
		endpoint.ports[1] = 0;
		endpoint.timeout = PORT_SECONDS;
		if (try_dial(&endpoint, &line, &ms, &ignored)) {
			finding->remedy = _(others[i].remedy);
			return;
		}
	}
}

static void
connect_directly(struct checkup *checkup)
{
	struct way four = { .family = IP_4, .name = "IPv4" };
	struct way six = { .family = IP_6, .name = "IPv6" };
	struct endpoint endpoint = checkup->run->account->endpoint;
	struct error err = { .arena = checkup->run->arena };
	struct line line;
	long long ms;

	try_way(checkup, &four);
	try_way(checkup, &six);
	tell_way(checkup, &four, &six);
	tell_way(checkup, &six, &four);
	if (four.ok || six.ok) {
		checkup->reached |= REACHED_PORT;
		return;
	}
	endpoint.timeout = PORT_SECONDS;
	if (try_dial(&endpoint, &line, &ms, &err))
		checkup->reached |= REACHED_PORT;
	else
		try_other_ports(checkup, found_error(checkup, &err, 0));
}

void
check_connect(struct checkup *checkup)
{
	struct endpoint endpoint = checkup->run->account->endpoint;
	struct error err = { .arena = checkup->run->arena };
	struct line line;
	long long ms;

	if (!endpoint.socket && !endpoint.proxy_host) {
		connect_directly(checkup);
		return;
	}
	endpoint.timeout = PATIENCE;
	if (!try_dial(&endpoint, &line, &ms, &err)) {
		found_error(checkup, &err, 0);
		return;
	}
	checkup->reached |= REACHED_PORT;
	found(checkup, MARK_OK, _("It takes connections, after %lld ms"), ms);
}

/* ---- what failed, looked at again ---- */

/* A second connection with TLS as POLICY says; the caller releases it. */
static bool
probe(const struct run *run, const struct tls_policy *policy, struct connection *probe)
{
	struct account *account = arena_take(run->arena, sizeof(*account));
	struct error ignored = { .arena = run->arena };

	*account = *run->account;
	account->tls = *policy;
	*probe = (struct connection){
		.arena = run->arena,
		.account = account,
		.patience = PATIENCE,
		.afresh = true,
	};
	return connection_open(probe, &ignored);
}

/* Whether the silent port answers when TLS is begun at once. */
static bool
speaks_tls_first(const struct run *run)
{
	struct tls_policy policy = run->account->tls;
	struct connection connection;
	bool ok;

	policy.starttls = STARTTLS_OFF;
	policy.check = false;
	ok = probe(run, &policy, &connection);
	connection_close(&connection);
	return ok;
}

static const char *
without_colons(struct arena *arena, const char *text)
{
	char *copy = arena_string(arena, text), *to = copy;

	for (; *text; text++)
		if (*text != ':')
			*to++ = *text;
	*to = '\0';
	return copy;
}

/* What a certificate that is not trusted looks like, and the line that would trust it. */
static void
tell_stranger(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct tls_policy policy = run->account->tls;
	struct tls_certificate certificate;
	struct connection connection;

	policy.check = false;
	if (probe(run, &policy, &connection) && connection.session.wire.tls &&
	    tls_certificate(connection.session.wire.tls, run->arena, &certificate)) {
		found(checkup, MARK_NOTE,
		      _("Its certificate is for \"%s\", issued by \"%s\""),
		      certificate.subject, certificate.issuer);
		found(checkup, MARK_NOTE,
		      _("Only if you know that it is the right one, trust it by: "
			"tls_fingerprint %s"),
		      without_colons(run->arena, certificate.sha256));
	}
	connection_close(&connection);
}

static void
tell_failure(struct checkup *checkup, struct error *err)
{
	enum stage stage = failed_stage(checkup->run);
	bool plain = checkup->run->account->tls.on &&
		     !checkup->run->connection.session.wire.tls;
	unsigned facts = 0;

	if (err->fault == FAULT_TIMEOUT && stage == STAGE_GREETING && plain &&
	    speaks_tls_first(checkup->run)) {
		facts = FACT_TLS_FIRST;
		err->hint = NULL;
	}
	found_error(checkup, err, facts);
	if (err->fault == FAULT_TRUST && stage == STAGE_TLS)
		tell_stranger(checkup);
}

/* ---- server ---- */

static void
tell_certificate(struct checkup *checkup, const struct tls *tls)
{
	struct tls_certificate certificate;
	long long days;

	if (!tls_certificate(tls, checkup->run->arena, &certificate))
		return;
	days = (certificate.expiration - (long long)time(NULL)) / DAY;
	found(checkup, tls_is_verified(tls) && days >= DAYS_FEW ? MARK_OK : MARK_NOTE,
	      tls_is_verified(tls)
		      ? _("Its certificate, issued by \"%s\", is good for %lld more days")
		      : _("Its certificate, issued by \"%s\" and good for %lld more days, was "
			  "not checked with an authority"),
	      certificate.issuer, days);
}

static void
tell_server(struct checkup *checkup)
{
	const struct session *session = &checkup->run->connection.session;
	struct span rest = session->greeting.text, line;
	const struct caps *caps = &session->caps;

	if (!reply_line(&rest, &line))
		line.len = 0;
	found(checkup, MARK_OK, _("It greets: \"%.*s\""), (int)line.len,
	      line.at ? line.at : "");
	if (caps->size_limit)
		found(checkup, MARK_OK,
		      _("It takes messages of up to %llu megabytes (attachments grow by a "
			"third)"),
		      (unsigned long long)(caps->size_limit / 1000000));
	checkup->check = "tls";
	checkup->title = "TLS";
	if (session->wire.tls) {
		found(checkup, MARK_OK, "%s", tls_description(session->wire.tls));
		tell_certificate(checkup, session->wire.tls);
	} else {
		found(checkup, MARK_NOTE,
		      _("There is none: whoever is on the way can read the mail"));
	}
}

void
check_server(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };

	run->connection = (struct connection){
		.arena = run->arena,
		.account = run->account,
		.watcher = report_watcher(run->reporter),
		.patience = PATIENCE,
		/* The certificate is to be looked at, not remembered. */
		.afresh = true,
	};
	if (!connection_prepare(&run->connection, &err) ||
	    !connection_open(&run->connection, &err)) {
		if (failed_stage(run) == STAGE_TLS ||
		    failed_stage(run) == STAGE_STARTTLS) {
			checkup->check = "tls";
			checkup->title = "TLS";
		}
		tell_failure(checkup, &err);
		return;
	}
	checkup->reached |= REACHED_SERVER;
	tell_server(checkup);
}
