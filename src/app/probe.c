/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goes to servers as far as one can without a password. */
#include "app/probe.h"

#include "base/clock.h"
#include "queue/connection.h"
#include "smtp/mechanism.h"

#include <string.h>

enum { PATIENCE = 10 /* s until a server must have greeted */, SPARE = 5 };

/* ---- in the child: the parts of the answer are texts, each with a NUL behind it ---- */

static void
add_part(struct buf *answer, const char *text)
{
	buf_add_string(answer, text ? text : "");
	buf_add_char(answer, '\0');
}

static void
tell_failure(struct buf *answer, const struct error *err)
{
	buf_printf(answer, "%u", (unsigned)err->fault);
	buf_add_char(answer, '\0');
	add_part(answer, err->what);
	add_part(answer, err->reply);
	add_part(answer, err->hint);
}

static bool
can_log_in(const struct session *session)
{
	for (size_t i = 0; i < mechanisms_count; i++)
		if (login_knows(mechanisms[i].name) &&
		    caps_offers(&session->caps, mechanisms[i].name))
			return true;
	return false;
}

static bool
check_logins(const struct session *session, struct error *err)
{
	if (!session->caps.mechanisms.len)
		return fail(err, FAULT_UNSUPPORTED, _("%s offers no login"),
			    session->host);
	return can_log_in(session) ||
	       fail(err, FAULT_UNSUPPORTED,
		    _("%s offers no login that this build can do: %s"), session->host,
		    span_string(err->arena, session->caps.mechanisms));
}

static void
try_server(const void *question, struct buf *answer)
{
	const struct account *account = question;
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct connection connection = {
		.arena = &arena,
		.account = account,
		.patience = PATIENCE,
		.afresh = true,
	};
	const struct session *session = &connection.session;

	if (connection_open(&connection, &err) &&
	    (strcmp(account->login.auth, "off") == 0 || check_logins(session, &err))) {
		add_part(answer, "0");
		buf_printf(answer, "%u", session->wire.line.port);
		buf_add_char(answer, '\0');
		add_part(answer, span_string(&arena, session->caps.mechanisms));
	} else {
		tell_failure(answer, &err);
	}
	connection_close(&connection);
	arena_release(&arena);
}

/* ---- in the parent ---- */

/* NULL when it is empty, or when there is none. */
static const char *
take_part(struct arena *arena, struct span *answer)
{
	struct span part = span_part(*answer, 0, span_find(*answer, '\0'));

	*answer = span_part(*answer, part.len + 1, answer->len);
	return part.len ? span_string(arena, part) : NULL;
}

static unsigned
take_number(struct arena *arena, struct span *answer)
{
	const char *text = take_part(arena, answer);
	uint64_t number = 0;

	return text && span_number(span_of(text), &number) ? (unsigned)number : 0;
}

static void
understand(struct arena *arena, struct span answer, struct probe *probe)
{
	unsigned fault = take_number(arena, &answer);

	probe->works = !fault;
	if (probe->works) {
		probe->port = take_number(arena, &answer);
		probe->logins = take_part(arena, &answer);
		return;
	}
	probe->why.fault = fault < FAULT_COUNT ? (enum fault)fault : FAULT_BUG;
	probe->why.what = take_part(arena, &answer);
	probe->why.reply = take_part(arena, &answer);
	probe->why.hint = take_part(arena, &answer);
}

static void
hear(struct arena *arena, int64_t deadline, struct probe *probe)
{
	struct buf answer = { 0 };

	if (errand_take(&probe->errand, deadline, &answer) && answer.len)
		understand(arena, buf_span(&answer), probe);
	else
		fail(&probe->why, FAULT_TIMEOUT, _("%s has not answered in time"),
		     probe->account.endpoint.host);
	buf_release(&answer);
}

void
probe_all(struct arena *arena, struct probe *probes, size_t count)
{
	int64_t deadline = deadline_in(PATIENCE + SPARE);

	for (size_t i = 0; i < count; i++) {
		struct probe *probe = &probes[i];

		probe->why.arena = arena;
		if (!errand_start(&probe->errand, try_server, &probe->account,
				  &probe->why))
			break;
	}
	for (size_t i = 0; i < count; i++)
		hear(arena, deadline, &probes[i]);
}
