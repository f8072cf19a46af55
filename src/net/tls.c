/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves bytes through a private connection, and tells what it is. */
#include "net/tls.h"

#include "net/handshake.h"
#include "net/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
tls_is_implicit(const struct tls_policy *policy, unsigned port)
{
	switch (policy->starttls) {
	case STARTTLS_OFF:
		return true;
	case STARTTLS_ON:
		return false;
	case STARTTLS_AUTO:
		break;
	}
	return port == 465;
}

bool
tls_policy_check(const struct tls_policy *policy, struct error *err)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
	gnutls_protocol_t least;
	bool good;

	if (!gnutls_load(err) || !trust_priorities(policy, &least, &priorities, err))
		return false;
	gnutls.priority_deinit(priorities);
	if (gnutls.certificate_allocate_credentials(&credentials) < 0)
		out_of_memory();
	good = trust_load(credentials, policy, NULL, NULL, err);
	gnutls.certificate_free_credentials(credentials);
	return good;
}

/* ---- start and end ---- */

void
tls_prepare(void)
{
	struct arena arena = { 0 };
	struct error later = { .arena = &arena };

	/* tls_start says what is wrong. */
	(void)!gnutls_load(&later);
	arena_release(&arena);
}

static struct tls *
make_tls(void)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls || gnutls.certificate_allocate_credentials(&tls->credentials) < 0)
		out_of_memory();
	return tls;
}

static void
free_tls(struct tls *tls)
{
	if (tls->session)
		gnutls.deinit(tls->session);
	gnutls.certificate_free_credentials(tls->credentials);
	free(tls);
}

/* The library says "(TLS1.3)-(ECDHE-X25519)-(…)". */
static void
describe_new(const char *from, char *to, const char *end)
{
	for (; from && *from && to + 2 < end; from++) {
		if (from[0] == ')' && from[1] == '-') {
			*to++ = ',';
			*to++ = ' ';
			from++;
		} else if (*from != '(' && *from != ')') {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Of a session that was taken up again the library leaves out how the keys were made. */
static void
describe(struct tls *tls)
{
	gnutls_session_t session = tls->session;
	const char *group = gnutls.group_get_name(gnutls.group_get(session));
	char *text = gnutls.session_get_desc(session);

	describe_new(text, tls->description, tls->description + sizeof(tls->description));
	if (gnutls.session_is_resumed(session))
		snprintf(tls->description, sizeof(tls->description),
			 "%s, %s%s%s, resumed",
			 gnutls.protocol_get_name(gnutls.protocol_get_version(session)),
			 group ? group : "", group ? ", " : "",
			 gnutls.cipher_get_name(gnutls.cipher_get(session)));
	(*gnutls.free)(text);
}

bool
tls_start(const struct tls_policy *policy, const struct tls_peer *peer, struct tls **tls,
	  struct error *err)
{
	struct tls *made;

	*tls = NULL;
	if (!gnutls_load(err))
		return false;
	made = make_tls();
	if (!handshake_run(made, policy, peer, err)) {
		free_tls(made);
		return false;
	}
	describe(made);
	*tls = made;
	return true;
}

void
tls_end(struct tls **tls)
{
	if (!*tls)
		return;
	if (!(*tls)->unsent)
		gnutls.bye((*tls)->session, GNUTLS_SHUT_WR);
	if ((*tls)->used && !(*tls)->unsent && !(*tls)->problem)
		resume_keep(&(*tls)->resume, (*tls)->session);
	free_tls(*tls);
	*tls = NULL;
}

void
tls_leave(struct tls **tls)
{
	if (*tls)
		free_tls(*tls);
	*tls = NULL;
}

/* ---- bytes ---- */

static enum tls_result
say_problem(struct tls *tls, int problem)
{
	const char *alert;

	tls->problem = gnutls.strerror(problem);
	if (problem != GNUTLS_E_FATAL_ALERT_RECEIVED)
		return TLS_FAILED;
	alert = gnutls.alert_get_name(gnutls.alert_get(tls->session));
	/* In TLS 1.3 the server judges the client's certificate when the handshake is
	 * over here. */
	snprintf(tls->problem_text, sizeof(tls->problem_text),
		 gnutls.certificate_client_get_request_status(tls->session)
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
	if (problem == GNUTLS_E_AGAIN || gnutls.error_is_fatal(problem) ||
	    tls->ignored >= IGNORED_MAX)
		return false;
	tls->ignored++;
	/* A server that asks for new keys by TLS 1.2's renegotiation hears that it
	 * gets none. */
	if (problem == GNUTLS_E_REHANDSHAKE)
		gnutls.alert_send(tls->session, GNUTLS_AL_WARNING,
				  GNUTLS_A_NO_RENEGOTIATION);
	return true;
}

static enum tls_result
not_done(struct tls *tls, int problem, int system_problem)
{
	if (problem == GNUTLS_E_AGAIN)
		return gnutls.record_get_direction(tls->session) ? TLS_WANT_WRITE
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
		result = gnutls.record_recv(tls->session, at, len);
		system_problem = errno;
	} while (result < 0 && may_repeat(tls, (int)result));
	if (result == 0)
		return TLS_CLOSED;
	if (result < 0)
		return not_done(tls, (int)result, system_problem);
	tls->used = true;
	*got = (size_t)result;
	return TLS_DONE;
}

enum tls_result
tls_write(struct tls *tls, const char *at, size_t len, size_t *put)
{
	ssize_t result;
	int system_problem;

	*put = 0;
	tls->more = len > gnutls.record_get_max_size(tls->session);
	do {
		errno = 0;
		result = gnutls.record_send(tls->session, at, len);
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
	return gnutls.record_check_pending(tls->session) > 0;
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
		 gnutls.protocol_get_version(tls->session) == GNUTLS_TLS1_2 &&
		 gnutls.session_ext_master_secret_status(tls->session))
		kind = GNUTLS_CB_TLS_UNIQUE;
	else
		return false;
	if (gnutls.session_channel_binding(tls->session, kind, &data) < 0)
		return false;
	buf_add(out, (const char *)data.data, data.size);
	(*gnutls.free)(data.data);
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
	return *tls->description ? tls->description : "TLS";
}

bool
tls_certificate(const struct tls *tls, struct arena *arena, struct tls_certificate *out)
{
	return trust_describe(tls->session, arena, out);
}
