/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes a session from the first byte to where it may be used. */
#include "smtp/opening.h"

#include "base/clock.h"

static void
connected(struct session *s, int64_t started)
{
	const struct line *line = &s->wire.line;
	struct exchange *exchange =
		owe(s, STAGE_CONNECT,
		    line->port ? arena_printf(s->arena, _("connect to %s (%s), port %u"),
					      s->host, line->address, line->port)
			       : arena_printf(s->arena, _("connect to %s"), s->host));

	exchange->started = started;
	answered(s, exchange, now_us());
}

bool
session_open(struct session *s, const struct endpoint *endpoint, struct error *err)
{
	int64_t started = now_us();

	s->failed.arena = s->arena;
	s->wire.line.fd = -1;
	if (!dial(endpoint, &s->wire.line, err))
		return false;
	connected(s, started);
	return true;
}

static bool
greet(struct session *s, struct error *err)
{
	struct exchange *greeting = owe(s, STAGE_GREETING, NULL);

	if (!settle(s, err))
		return false;
	s->greeting = greeting->reply;
	if (greeting->reply.code == 220)
		return true;
	return refused(
		err, greeting,
		arena_printf(err->arena, _("%s does not accept mail now"), s->host));
}

/* RFC 5321 4.1.1.1; an old server that does not know EHLO gets HELO, and then has no
 * capabilities. */
static bool
introduce(struct session *s, struct error *err)
{
	struct exchange *hello;

	s->caps = (struct caps){ 0 };
	hello = ask(s, STAGE_EHLO, "%s %s", s->lmtp ? "LHLO" : "EHLO", s->domain);
	if (!settle(s, err))
		return false;
	if (reply_class(&hello->reply) == 2) {
		s->caps = caps_parse(s->arena, &hello->reply);
		return true;
	}
	if (reply_class(&hello->reply) == 5 && !s->lmtp) {
		hello = ask(s, STAGE_EHLO, "HELO %s", s->domain);
		if (!settle(s, err))
			return false;
		if (reply_class(&hello->reply) == 2)
			return true;
	}
	return refused(err, hello,
		       arena_printf(err->arena, _("%s refused our greeting, \"%s\""),
				    s->host, hello->said));
}

static bool
handshake(struct session *s, const struct tls_policy *policy,
	  const struct tls_peer *given, struct error *err)
{
	struct tls_peer peer = *given;
	struct exchange *exchange = owe(s, STAGE_TLS, NULL);

	peer.fd = s->wire.line.fd;
	peer.host = s->host;
	peer.port = s->wire.line.port;
	peer.deadline = stage_deadline(s, STAGE_TLS);
	if (!tls_start(policy, &peer, &s->wire.tls, err)) {
		s->failed = *err;
		return false;
	}
	exchange->said = arena_string(s->arena, tls_description(s->wire.tls));
	answered(s, exchange, now_us());
	return true;
}

static bool
start_tls(struct session *s, const struct tls_policy *policy, const struct tls_peer *peer,
	  struct error *err)
{
	struct exchange *starttls;

	if (!s->caps.starttls) {
		fail(err, FAULT_TRUST,
		     _("%s does not offer TLS (no STARTTLS), but TLS is required"),
		     s->host);
		return fail_hint(
			err,
			_("Nothing was sent in clear. Somebody may be interfering with the "
			  "connection; or the server wants TLS from the first byte: port 465 "
			  "with tls_starttls off."));
	}
	starttls = ask(s, STAGE_STARTTLS, "STARTTLS");
	if (!settle(s, err))
		return false;
	if (starttls->reply.code != 220)
		return refused(
			err, starttls,
			arena_printf(err->arena, _("%s refused to start TLS"), s->host));
	/* What was sent before TLS must not be taken for something said inside it. */
	if (wire_heard(&s->wire).len)
		return fail(
			err, FAULT_TRUST,
			_("%s said more than it should before TLS began; somebody may be "
			  "interfering with the connection"),
			s->host);
	s->caps = (struct caps){ 0 };
	return handshake(s, policy, peer, err) && introduce(s, err);
}

bool
session_secure(struct session *s, const struct tls_policy *policy,
	       const struct tls_peer *peer, struct error *err)
{
	if (!policy->on)
		return greet(s, err) && introduce(s, err);
	if (tls_is_implicit(policy, s->wire.line.port))
		return handshake(s, policy, peer, err) && greet(s, err) &&
		       introduce(s, err);
	return greet(s, err) && introduce(s, err) && start_tls(s, policy, peer, err);
}
