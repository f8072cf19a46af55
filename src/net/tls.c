/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a connection private, and keeps it so. */
#include "net/tls.h"

#include "base/clock.h"
#include "net/dns.h"
#include "net/trust.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { IGNORED_MAX = 64 }; /* warnings and the like, on one connection */

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int fd;
	unsigned char first; /* byte that the server said */
	bool has_first, verified;
	bool unsent; /* a record waits in the library: a goodbye would send it first */
	unsigned ignored;
	char *description;   /* the library's memory */
	const char *problem; /* NULL: none so far */
	char problem_text[256];
};

/* What tls_start and the library's callback share during a handshake. */
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

bool
tls_policy_check(const struct tls_policy *policy, struct error *err)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
	gnutls_protocol_t least;
	bool good;

	if (!trust_priorities(policy, &least, &priorities, err))
		return false;
	gnutls_priority_deinit(priorities);
	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		out_of_memory();
	good = trust_load(credentials, policy, NULL, NULL, err);
	gnutls_certificate_free_credentials(credentials);
	return good;
}

/* ---- handshake ---- */

static bool
too_old(struct handshake *shake)
{
	return fail(shake->err, FAULT_PROTOCOL,
		    _("The server %s does not speak TLS %s or newer"), shake->name,
		    shake->least == GNUTLS_TLS1_3 ? "1.3" : "1.2");
}

/* The library's numbers grow with the versions of TLS; DTLS is never spoken here. */
static bool
is_new_enough(struct handshake *shake)
{
	return gnutls_protocol_get_version(shake->tls->session) >= shake->least ||
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

/* Called as soon as the certificate is there: a server that fails gets nothing more,
 * not even the client's certificate. */
static int
judge(gnutls_session_t session)
{
	struct handshake *shake = gnutls_session_get_ptr(session);

	if (!shake)
		return GNUTLS_E_CERTIFICATE_ERROR;
	shake->judged = true;
	return believe(shake) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

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
		gnutls_record_get_direction(shake->tls->session) ? POLLOUT : POLLIN;
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
	gnutls_alert_description_t alert = gnutls_alert_get(session);
	const char *name = gnutls_alert_get_name(alert);

	if (alert == GNUTLS_A_PROTOCOL_VERSION)
		return too_old(shake);
	fail(shake->err, FAULT_PROTOCOL, _("The server %s refuses the TLS handshake: %s"),
	     shake->name, name ? name : _("unknown alert"));
	if (gnutls_certificate_client_get_request_status(session))
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
		    gnutls_strerror(problem));
}

static bool
shake_hands(struct handshake *shake)
{
	gnutls_session_t session = shake->tls->session;

	for (;;) {
		int problem, system_problem;

		errno = 0;
		problem = gnutls_handshake(session);
		system_problem = errno;
		if (problem == GNUTLS_E_SUCCESS)
			/* A cipher suite without certificates, which priorities can
			 * ask for, never calls the judge. */
			return shake->judged || believe(shake);
		if (gnutls_error_is_fatal(problem) ||
		    shake->tls->ignored >= IGNORED_MAX) {
			/* Politeness only: the failure is known already. */
			gnutls_alert_send_appropriate(session, problem);
			return handshake_failed(shake, problem, system_problem);
		}
		if (problem != GNUTLS_E_AGAIN && problem != GNUTLS_E_INTERRUPTED)
			shake->tls->ignored++;
		else if (!await(shake))
			return false;
	}
}

/* ---- start and end ---- */

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

static bool
prepare(struct handshake *shake)
{
	const struct tls_policy *policy = shake->policy;
	struct tls *tls = shake->tls;
	gnutls_priority_t priorities;
	struct target literal;
	int problem;

	if (!trust_priorities(policy, &shake->least, &priorities, shake->err))
		return false;
	/* The session keeps its own reference. */
	problem = gnutls_priority_set(tls->session, priorities);
	gnutls_priority_deinit(priorities);
	if (!trust_load(tls->credentials, policy, shake->peer, &shake->store, shake->err))
		return false;
	gnutls_certificate_set_verify_function(tls->credentials, judge);
	gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
	gnutls_session_set_ptr(tls->session, shake);
	if (policy->min_dh_prime_bits)
		gnutls_dh_set_prime_bits(tls->session, policy->min_dh_prime_bits);
	/* RFC 6066 section 3 wants no addresses here. */
	if (problem >= 0 && !dns_literal(shake->name, &literal))
		problem = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS,
						 shake->name, strlen(shake->name));
	if (problem < 0)
		return fail(shake->err, FAULT_CONFIG,
			    _("Cannot prepare TLS for the server %s: %s"), shake->name,
			    gnutls_strerror(problem));
	tls->fd = shake->peer->fd;
	gnutls_transport_set_ptr2(tls->session, tls,
				  (gnutls_transport_ptr_t)(intptr_t)tls->fd);
	gnutls_transport_set_pull_function(tls->session, pull);
	return true;
}

static struct tls *
make_tls(void)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls ||
	    gnutls_init(&tls->session,
			GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
	    gnutls_certificate_allocate_credentials(&tls->credentials) < 0)
		out_of_memory();
	return tls;
}

static void
free_tls(struct tls *tls)
{
	gnutls_deinit(tls->session);
	gnutls_certificate_free_credentials(tls->credentials);
	gnutls_free(tls->description);
	free(tls);
}

/* The library says "(TLS1.3)-(ECDHE-X25519)-(…)". */
static char *
describe(gnutls_session_t session)
{
	char *text = gnutls_session_get_desc(session);
	char *to = text;

	for (const char *from = text; from && *from; from++) {
		if (from[0] == ')' && from[1] == '-') {
			*to++ = ',';
			*to++ = ' ';
			from++;
		} else if (*from != '(' && *from != ')') {
			*to++ = *from;
		}
	}
	if (to)
		*to = '\0';
	return text;
}

bool
tls_start(const struct tls_policy *policy, const struct tls_peer *peer, struct tls **tls,
	  struct error *err)
{
	struct handshake shake = {
		.tls = make_tls(), .policy = policy, .peer = peer, .err = err
	};
	bool good = trust_name(policy, peer->host, shake.name, err) && prepare(&shake) &&
		    shake_hands(&shake);

	store_close(&shake.store);
	/* From here on neither the handshake nor the peer is there to be asked. */
	gnutls_session_set_ptr(shake.tls->session, NULL);
	gnutls_certificate_set_pin_function(shake.tls->credentials, NULL, NULL);
	*tls = NULL;
	if (!good) {
		free_tls(shake.tls);
		return false;
	}
	shake.tls->description = describe(shake.tls->session);
	*tls = shake.tls;
	return true;
}

void
tls_end(struct tls **tls)
{
	if (!*tls)
		return;
	if (!(*tls)->unsent)
		gnutls_bye((*tls)->session, GNUTLS_SHUT_WR);
	free_tls(*tls);
	*tls = NULL;
}

/* ---- bytes ---- */

static enum tls_result
say_problem(struct tls *tls, int problem)
{
	const char *alert;

	tls->problem = gnutls_strerror(problem);
	if (problem != GNUTLS_E_FATAL_ALERT_RECEIVED)
		return TLS_FAILED;
	alert = gnutls_alert_get_name(gnutls_alert_get(tls->session));
	/* In TLS 1.3 the server judges the client's certificate when the handshake is
	 * over here. */
	snprintf(tls->problem_text, sizeof(tls->problem_text),
		 gnutls_certificate_client_get_request_status(tls->session)
			 ? _("the server wants a client certificate: TLS alert \"%s\"")
			 : _("the server sent the TLS alert \"%s\""),
		 alert ? alert : "?");
	tls->problem = tls->problem_text;
	return TLS_FAILED;
}

static bool
is_gone(int problem, int system_problem)
{
	/* An invalid session is one whose end was noticed before. */
	if (problem == GNUTLS_E_PREMATURE_TERMINATION ||
	    problem == GNUTLS_E_INVALID_SESSION)
		return true;
	return (problem == GNUTLS_E_PULL_ERROR || problem == GNUTLS_E_PUSH_ERROR) &&
	       (system_problem == ECONNRESET || system_problem == EPIPE);
}

/* What to do about a result that is not a number of bytes; true: just call again. */
static bool
may_repeat(struct tls *tls, int problem)
{
	if (problem == GNUTLS_E_INTERRUPTED)
		return true;
	if (problem == GNUTLS_E_AGAIN || gnutls_error_is_fatal(problem) ||
	    tls->ignored >= IGNORED_MAX)
		return false;
	tls->ignored++;
	/* A server that asks for new keys by TLS 1.2's renegotiation hears that it
	 * gets none. */
	if (problem == GNUTLS_E_REHANDSHAKE)
		gnutls_alert_send(tls->session, GNUTLS_AL_WARNING,
				  GNUTLS_A_NO_RENEGOTIATION);
	return true;
}

static enum tls_result
not_done(struct tls *tls, int problem, int system_problem)
{
	if (problem == GNUTLS_E_AGAIN)
		return gnutls_record_get_direction(tls->session) ? TLS_WANT_WRITE
								 : TLS_WANT_READ;
	return is_gone(problem, system_problem) ? TLS_CLOSED : say_problem(tls, problem);
}

enum tls_result
tls_read(struct tls *tls, char *at, size_t len, size_t *got)
{
	ssize_t result;
	int system_problem;

	*got = 0;
	do {
		errno = 0;
		result = gnutls_record_recv(tls->session, at, len);
		system_problem = errno;
	} while (result < 0 && may_repeat(tls, (int)result));
	if (result == 0)
		return TLS_CLOSED;
	if (result < 0)
		return not_done(tls, (int)result, system_problem);
	*got = (size_t)result;
	return TLS_DONE;
}

enum tls_result
tls_write(struct tls *tls, const char *at, size_t len, size_t *put)
{
	ssize_t result;
	int system_problem;

	*put = 0;
	do {
		errno = 0;
		result = gnutls_record_send(tls->session, at, len);
		system_problem = errno;
	} while (result < 0 && may_repeat(tls, (int)result));
	if ((tls->unsent = result < 0))
		return not_done(tls, (int)result, system_problem);
	*put = (size_t)result;
	return TLS_DONE;
}

bool
tls_pending(const struct tls *tls)
{
	return gnutls_record_check_pending(tls->session) > 0;
}

const char *
tls_problem(const struct tls *tls)
{
	return tls->problem ? tls->problem : "";
}

bool
tls_channel_binding(const struct tls *tls, const char *type, struct buf *out)
{
	gnutls_channel_binding_t kind;
	gnutls_datum_t data = { 0 };

	if (strcmp(type, "tls-exporter") == 0)
		kind = GNUTLS_CB_TLS_EXPORTER;
	else if (strcmp(type, "tls-unique") == 0 &&
		 gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_2 &&
		 gnutls_session_ext_master_secret_status(tls->session))
		kind = GNUTLS_CB_TLS_UNIQUE;
	else
		return false;
	if (gnutls_session_channel_binding(tls->session, kind, &data) < 0)
		return false;
	buf_add(out, (const char *)data.data, data.size);
	gnutls_free(data.data);
	return true;
}

bool
tls_is_verified(const struct tls *tls)
{
	return tls->verified;
}

const char *
tls_description(const struct tls *tls)
{
	return tls->description ? tls->description : "TLS";
}

bool
tls_certificate(const struct tls *tls, struct arena *arena, struct tls_certificate *out)
{
	return trust_describe(tls->session, arena, out);
}
