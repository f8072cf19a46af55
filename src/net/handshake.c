/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shakes hands with a server, and looks at its certificate while that goes on. */
#include "net/handshake.h"

#include "base/clock.h"
#include "net/dns.h"
#include "net/trust.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* What handshake and the library's callback share. */
struct handshake {
	struct tls *tls;
	const struct tls_policy *policy;
	const struct tls_peer *peer;
	gnutls_protocol_t least;
	struct store store;
	bool judged;		       /* the certificate has been seen */
	char name[TRUST_NAME_MAX + 1]; /* for SNI and verification */
	struct error *err;
};

/* ---- the verdict ---- */

static bool
too_old(struct handshake *shake)
{
	fail(shake->err, FAULT_PROTOCOL,
	     _("The server %s does not speak TLS %s or newer"), shake->name,
	     shake->least == GNUTLS_TLS1_3 ? "1.3" : "1.2");
	return fail_hint(
		shake->err,
		shake->least == GNUTLS_TLS1_3
			? _("TLS 1.2 is enough where tls_min_version says so")
			: _("TLS 1.0 and 1.1 can be broken, and are not used (RFC 8996): the "
			    "server has to be renewed"));
}

/* The library's numbers grow with the versions of TLS; DTLS is never spoken here. */
static bool
is_new_enough(struct handshake *shake)
{
	return gnutls.protocol_get_version(shake->tls->session) >= shake->least ||
	       too_old(shake);
}

static bool
believe(struct handshake *shake)
{
	bool good = is_new_enough(shake) &&
		    trust_verify(shake->tls->session, shake->policy, shake->name,
				 &shake->store, shake->err);

	shake->tls->verified = good && trust_asks_authorities(shake->policy);
	return good;
}

/* Without a certificate: the ticket is as good as the verdict that it was kept after. What
 * is pinned can be compared again. */
static bool
recognise(struct handshake *shake)
{
	bool judged = trust_asks_authorities(shake->policy);

	if (!judged)
		return believe(shake);
	shake->tls->verified = is_new_enough(shake);
	return shake->tls->verified;
}

/* Called as soon as the certificate is there: a server that fails gets nothing more,
 * not even the client's certificate. */
static int
judge(gnutls_session_t session)
{
	struct handshake *shake = gnutls.session_get_ptr(session);

	if (!shake)
		return GNUTLS_E_CERTIFICATE_ERROR;
	shake->judged = true;
	return believe(shake) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* ---- to its end ---- */

static bool
too_late(struct handshake *shake)
{
	return fail(shake->err, FAULT_TIMEOUT,
		    _("The server %s did not finish the TLS handshake in time"),
		    shake->name);
}

static bool
await(struct handshake *shake)
{
	short events =
		gnutls.record_get_direction(shake->tls->session) ? POLLOUT : POLLIN;
	struct pollfd one = { .fd = shake->peer->fd, .events = events };
	int left = deadline_left(shake->peer->deadline);
	int ready = left == 0 ? 0 : poll(&one, 1, left);

	if (ready < 0 && errno == EINTR)
		return true;
	if (ready < 0)
		return fail_errno(shake->err, FAULT_SYSTEM,
				  _("Cannot wait for the server %s"), shake->name);
	return ready > 0 || too_late(shake);
}

/* TLS records begin with a type of 20 to 24; a server that speaks SMTP greets with
 * digits. */
static bool
seems_plain(const struct tls *tls)
{
	return tls->has_first && tls->first >= ' ' && tls->first < 0x7f;
}

static bool
alert_received(struct handshake *shake)
{
	gnutls_session_t session = shake->tls->session;
	gnutls_alert_description_t alert = gnutls.alert_get(session);
	const char *name = gnutls.alert_get_name(alert);

	if (alert == GNUTLS_A_PROTOCOL_VERSION)
		return too_old(shake);
	fail(shake->err, FAULT_PROTOCOL, _("The server %s refuses the TLS handshake: %s"),
	     shake->name, name ? name : _("unknown alert"));
	if (gnutls.certificate_client_get_request_status(session))
		return fail_hint(shake->err,
				 _("It asked for a client certificate: see tls_cert_file "
				   "and tls_key_file"));
	return false;
}

static bool
handshake_failed(struct handshake *shake, int problem, int system_problem)
{
	struct error *err = shake->err;
	const char *name = shake->name;

	/* The judge's own words are the cause of what the library says. */
	if (err->fault != FAULT_NONE)
		return false;
	if (problem == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return alert_received(shake);
	if (seems_plain(shake->tls)) {
		fail(err, FAULT_PROTOCOL, _("The server %s does not answer with TLS"),
		     name);
		/* After a STARTTLS that was asked for, this would be wrong advice. */
		if (shake->policy->starttls == STARTTLS_ON)
			return false;
		return fail_hint(
			err,
			_("It speaks plain text on this port: use tls_starttls on, or the "
			  "port for TLS from the start (465)"));
	}
	if (problem == GNUTLS_E_PREMATURE_TERMINATION)
		return fail(
			err, FAULT_LOST,
			_("The server %s closed the connection during the TLS handshake"),
			name);
	if (problem == GNUTLS_E_PULL_ERROR || problem == GNUTLS_E_PUSH_ERROR) {
		errno = system_problem;
		return fail_errno(
			err, FAULT_LOST,
			_("The connection to %s was lost during the TLS handshake"),
			name);
	}
	if (problem == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
		return too_old(shake);
	return fail(err, FAULT_PROTOCOL, _("The TLS handshake with %s failed: %s"), name,
		    gnutls.strerror(problem));
}

static bool
shake_hands(struct handshake *shake)
{
	gnutls_session_t session = shake->tls->session;

	for (;;) {
		int problem, system_problem;

		errno = 0;
		problem = gnutls.handshake(session);
		system_problem = errno;
		if (problem == GNUTLS_E_SUCCESS && gnutls.session_is_resumed(session))
			return recognise(shake);
		if (problem == GNUTLS_E_SUCCESS)
			/* A cipher suite without certificates, which priorities can
			 * ask for, never calls the judge. */
			return shake->judged || believe(shake);
		if (gnutls.error_is_fatal(problem) ||
		    shake->tls->ignored >= IGNORED_MAX) {
			/* Politeness only: the failure is known already. */
			gnutls.alert_send_appropriate(session, problem);
			return handshake_failed(shake, problem, system_problem);
		}
		if (problem != GNUTLS_E_AGAIN && problem != GNUTLS_E_INTERRUPTED)
			shake->tls->ignored++;
		else if (!await(shake))
			return false;
	}
}

/* ---- prepared ---- */

/* As the library would, but the first byte is noted for seems_plain. */
static ssize_t
pull(gnutls_transport_ptr_t context, void *at, size_t len)
{
	struct tls *tls = context;
	ssize_t got = recv(tls->fd, at, len, 0);

	if (got > 0 && !tls->has_first) {
		memcpy(&tls->first, at, 1);
		tls->has_first = true;
	}
	return got;
}

/* As the library would, but records of one piece share the packets that they fit into. */
static ssize_t
push(gnutls_transport_ptr_t context, const giovec_t *parts, int count)
{
	const struct tls *tls = context;
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts,
				  .msg_iovlen = (size_t)count };

	return sendmsg(tls->fd, &message, MSG_NOSIGNAL | (tls->more ? MSG_MORE : 0));
}

static void
make_session(struct tls *tls)
{
	if (gnutls.init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
					       GNUTLS_NO_SIGNAL |
					       resume_flags(&tls->resume)) < 0)
		out_of_memory();
}

static bool
prepare(struct handshake *shake)
{
	const struct tls_policy *policy = shake->policy;
	struct tls *tls = shake->tls;
	gnutls_priority_t priorities;
	struct target literal;
	int problem;

	resume_find(&tls->resume, policy, shake->peer, shake->name);
	make_session(tls);
	if (!resume_offer(&tls->resume, tls->session)) {
		/* Of a ticket that it cannot read the library remembers too much. */
		gnutls.deinit(tls->session);
		make_session(tls);
	}
	if (!trust_priorities(policy, &shake->least, &priorities, shake->err))
		return false;
	/* The session keeps its own reference. */
	problem = gnutls.priority_set(tls->session, priorities);
	resume_see_groups(&tls->resume, priorities);
	gnutls.priority_deinit(priorities);
	if (!trust_load(tls->credentials, policy, shake->peer, &shake->store, shake->err))
		return false;
	gnutls.certificate_set_verify_function(tls->credentials, judge);
	gnutls.credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
	gnutls.session_set_ptr(tls->session, shake);
	if (policy->min_dh_prime_bits)
		gnutls.dh_set_prime_bits(tls->session, policy->min_dh_prime_bits);
	/* RFC 6066 section 3 wants no addresses here. */
	if (problem >= 0 && !dns_literal(shake->name, &literal))
		problem = gnutls.server_name_set(tls->session, GNUTLS_NAME_DNS,
						 shake->name, strlen(shake->name));
	if (problem < 0)
		return fail(shake->err, FAULT_CONFIG,
			    _("Cannot prepare TLS for the server %s: %s"), shake->name,
			    gnutls.strerror(problem));
	tls->fd = shake->peer->fd;
	gnutls.transport_set_ptr(tls->session, tls);
	gnutls.transport_set_vec_push_function(tls->session, push);
	gnutls.transport_set_pull_function(tls->session, pull);
	return true;
}

bool
handshake_run(struct tls *tls, const struct tls_policy *policy,
	      const struct tls_peer *peer, struct error *err)
{
	struct handshake shake = { .tls = tls,
				   .policy = policy,
				   .peer = peer,
				   .store = { .fd = -1 },
				   .err = err };
	bool good = trust_name(policy, peer->host, shake.name, err) && prepare(&shake) &&
		    shake_hands(&shake);

	store_close(&shake.store);
	/* From here on neither the handshake nor the peer is there to be asked. */
	if (tls->session)
		gnutls.session_set_ptr(tls->session, NULL);
	gnutls.certificate_set_pin_function(tls->credentials, NULL, NULL);
	if (peer->ticket_failed)
		*peer->ticket_failed = !good && tls->resume.offered;
	return good;
}
