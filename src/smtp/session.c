/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds a conversation: queues commands, hears replies in order, remembers the first
 * failure. */
#include "smtp/session.h"

#include "base/clock.h"

#include <string.h>

int64_t
stage_deadline(const struct session *session, enum stage stage)
{
	unsigned seconds = stage_seconds(stage);
	int64_t deadline;

	if (session->timeout && session->timeout < seconds)
		seconds = session->timeout;
	if (stage == STAGE_AUTH && session->patience && session->patience < seconds)
		seconds = session->patience;
	deadline = deadline_in(seconds);
	return stage < STAGE_AUTH && session->ready_by && session->ready_by < deadline
		       ? session->ready_by
		       : deadline;
}

bool
refused(struct error *err, const struct exchange *exchange, const char *what)
{
	fail(err, reply_fault(&exchange->reply), "%s", what);
	if (!err->reply)
		err->reply = reply_show(err->arena, &exchange->reply);
	return false;
}

/* ---- the history ---- */

/* Room for a reply that cannot come, so that nobody has to check for NULL. */
static struct exchange *
unsaid(struct session *s, enum stage stage)
{
	struct exchange *exchange = arena_take(s->arena, sizeof(*exchange));

	exchange->stage = stage;
	return exchange;
}

static struct exchange *
append(struct session *s, enum stage stage, const char *shown)
{
	struct exchange *exchange = unsaid(s, stage);

	exchange->said = shown;
	/* What waits to be sent begins with the first of it. */
	exchange->started = s->last && s->wire.out.len ? s->last->started : now_us();
	if (s->last)
		s->last->next = exchange;
	else
		s->first = exchange;
	s->last = exchange;
	if (!s->owed)
		s->owed = exchange;
	if (shown && s->watcher.said)
		s->watcher.said(s->watcher.context, exchange);
	return exchange;
}

struct span
session_mask(const struct session *s, struct span text)
{
	for (size_t i = 0; i < sizeof(s->unshown) / sizeof(s->unshown[0]); i++)
		if (s->unshown[i].len)
			text = span_of(mask_text(s->arena, text, s->unshown[i]));
	return text;
}

void
answered(struct session *s, struct exchange *exchange, int64_t when)
{
	struct exchange shown;

	exchange->ended = when;
	s->owed = exchange->next;
	shown = *exchange;
	shown.reply.text = session_mask(s, exchange->reply.text);
	/* A challenge has to stay as it is until it is answered. */
	if (exchange->reply.code != 334)
		exchange->reply.text = shown.reply.text;
	if (s->watcher.heard)
		s->watcher.heard(s->watcher.context, &shown);
}

/* ---- hearing ---- */

/* The beginning of what is no reply, for sentences. */
static const char *
overheard(const struct session *s)
{
	struct span text = span_part(wire_heard(&s->wire), 0, 80);

	return session_mask(s, span_of(clean_text(s->arena, text))).at;
}

/* Content that was said and has no reply, or NULL. With PIPELINING no reply at all may have
 * come. */
static const struct exchange *
content_out(const struct exchange *owed)
{
	while (owed && !owed->octets)
		owed = owed->next;
	return owed;
}

/* RFC 1047: the content is out, and nobody knows what became of it. */
static void
doubt(struct session *s)
{
	s->failed.fault = FAULT_UNCERTAIN;
	s->failed.what =
		arena_printf(s->arena,
			     _("%s: %s, after the whole message was sent; it may "
			       "have been delivered"),
			     s->host, s->failed.what);
}

/* The reason of a lost line, in the terms of what was going on. */
static bool
lost(struct session *s, const struct exchange *exchange)
{
	struct error *err = &s->failed;

	if (content_out(exchange)) {
		doubt(s);
		return false;
	}
	if (err->fault == FAULT_TIMEOUT && exchange->stage == STAGE_GREETING &&
	    !s->wire.tls)
		fail_hint(err,
			  _("If this is a port for TLS from the first byte (465), set "
			    "tls_starttls off."));
	err->what = arena_printf(s->arena, _("%s: %s (waiting for the reply to %s)"),
				 s->host, err->what, stage_name(exchange->stage));
	return false;
}

static bool
hear(struct session *s, struct exchange *exchange, int64_t deadline)
{
	for (;;) {
		size_t used;
		enum reply_state state = reply_parse(s->arena, wire_heard(&s->wire),
						     &exchange->reply, &used);

		if (state == REPLY_COMPLETE) {
			wire_take(&s->wire, used);
			break;
		}
		if (state == REPLY_BROKEN) {
			fail(&s->failed, FAULT_PROTOCOL,
			     _("%s answered %s with something that is no SMTP reply"),
			     s->host, stage_name(exchange->stage));
			s->failed.reply = overheard(s);
			if (content_out(exchange))
				doubt(s);
			return false;
		}
		if (!deadline)
			deadline = stage_deadline(s, exchange->stage);
		if (!wire_hear(&s->wire, deadline, &s->failed))
			return lost(s, exchange);
	}
	answered(s, exchange, s->wire.heard);
	if (exchange->reply.code == 421 && exchange->stage != STAGE_QUIT) {
		/* RFC 5321 3.8: the server closes; nothing else that is owed will
		 * come. */
		refused(&s->failed, exchange,
			arena_printf(s->arena, _("%s closes the connection (after %s)"),
				     s->host, stage_name(exchange->stage)));
		return false;
	}
	return true;
}

/* RFC 5321 3.8: after 421 the server closes. One that goes on all the same may have taken
 * what was already sent. */
static void
hear_on(struct session *s)
{
	struct error closing = s->failed;
	int64_t deadline = stage_deadline(s, STAGE_QUIT);

	do
		error_clear(&s->failed);
	while (content_out(s->owed) && hear(s, s->owed, deadline));
	s->failed = closing;
}

static bool
hear_all(struct session *s)
{
	if (s->owed && !s->failed.fault && s->watcher.waiting)
		s->watcher.waiting(s->watcher.context);
	while (s->owed && !s->failed.fault) {
		bool last_word = s->owed->stage == STAGE_QUIT;

		hear(s, s->owed, 0);
		if (s->failed.fault == FAULT_TEMPORARY && content_out(s->owed))
			hear_on(s);
		/* Whatever comes of QUIT changes nothing: the verdicts are in. */
		if (last_word) {
			error_clear(&s->failed);
			s->owed = NULL;
		}
	}
	return !s->failed.fault;
}

/* When nothing is owed, nothing may be heard: what comes then would be taken for the
 * reply to the next command. */
static bool
is_quiet(struct session *s)
{
	struct exchange early = { .stage = STAGE_CONNECT };
	size_t used;

	if (s->owed || !wire_listen(&s->wire))
		return true;
	if (reply_parse(s->arena, wire_heard(&s->wire), &early.reply, &used) ==
		    REPLY_COMPLETE &&
	    early.reply.code == 421)
		return refused(
			&s->failed, &early,
			arena_printf(s->arena, _("%s closes the connection"), s->host));
	fail(&s->failed, FAULT_PROTOCOL, _("%s said something that it was not asked"),
	     s->host);
	s->failed.reply = overheard(s);
	return false;
}

/* What was still owed when sending failed may have come in: a refusal is a better reason
 * than a broken pipe. */
static void
hear_reason(struct session *s)
{
	struct error sending = s->failed;
	const struct exchange *content;

	error_clear(&s->failed);
	while (s->owed) {
		size_t used;
		struct exchange *exchange = s->owed;

		if (reply_parse(s->arena, wire_heard(&s->wire), &exchange->reply,
				&used) != REPLY_COMPLETE)
			break;
		wire_take(&s->wire, used);
		answered(s, exchange, s->wire.heard);
		if (exchange->reply.code >= 400)
			refused(&s->failed, exchange,
				arena_printf(
					s->arena,
					_("%s refused while the message was sent (%s)"),
					s->host, stage_name(exchange->stage)));
	}
	if (s->failed.fault)
		return;
	s->failed = sending;
	content = content_out(s->owed);
	if (content && s->wire.sent >= content->ends)
		doubt(s);
	else
		s->failed.what = arena_printf(s->arena, _("%s: %s (while sending)"),
					      s->host, sending.what);
}

bool
session_flush(struct session *s, enum stage stage)
{
	if (!s->failed.fault && s->wire.out.len &&
	    !wire_flush(&s->wire, stage_deadline(s, stage), &s->failed))
		hear_reason(s);
	return !s->failed.fault;
}

bool
session_send(struct session *s, struct span bytes, enum stage stage)
{
	if (session_flush(s, stage) &&
	    !wire_send(&s->wire, bytes, stage_deadline(s, stage), &s->failed))
		hear_reason(s);
	return !s->failed.fault;
}

bool
settle(struct session *s, struct error *err)
{
	enum stage stage = s->last ? s->last->stage : STAGE_MAIL;

	/* QUIT may be behind it, which has less time. */
	if (session_flush(s, content_out(s->owed) ? STAGE_CONTENT : stage) && hear_all(s))
		return true;
	if (err->fault == FAULT_NONE) {
		struct arena *arena = err->arena;

		*err = s->failed;
		err->arena = arena;
	}
	return false;
}

/* ---- saying ---- */

struct exchange *
owe(struct session *s, enum stage stage, const char *shown)
{
	/* The server speaks first in the greeting; before content it has to be silent. */
	if (s->failed.fault || (stage == STAGE_CONTENT && !is_quiet(s)))
		return unsaid(s, stage);
	return append(s, stage, shown);
}

static bool
may_be_said(const struct session *s, struct span line)
{
	return !has_control(line) && (is_ascii(line) || (s->utf8 && is_utf8(line)));
}

struct exchange *
ask_masked(struct session *s, enum stage stage, struct span line, const char *shown)
{
	struct exchange *exchange;

	if (s->failed.fault || !is_quiet(s))
		return unsaid(s, stage);
	if (!may_be_said(s, line)) {
		fail(&s->failed, FAULT_DATA,
		     _("A command was not sent, because it has a forbidden "
		       "character: %s"),
		     clean_text(s->arena, span_of(shown)));
		return unsaid(s, stage);
	}
	exchange = append(s, stage, shown);
	s->quit |= stage == STAGE_QUIT;
	buf_add_span(&s->wire.out, line);
	buf_add_string(&s->wire.out, "\r\n");
	/* Content belongs to its command: the reply comes behind it. */
	if (!s->caps.pipelining && !stage_ends_group(stage) && stage != STAGE_CONTENT) {
		if (session_flush(s, stage))
			hear_all(s);
	}
	return exchange;
}

struct exchange *
ask(struct session *s, enum stage stage, const char *format, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, format);
	line = arena_vprintf(s->arena, format, arguments);
	va_end(arguments);
	return ask_masked(s, stage, span_of(line), line);
}

/* ---- the end ---- */

void
session_forget(struct session *s, struct arena *arena)
{
	s->first = s->last = s->owed = NULL;
	s->arena = s->failed.arena = arena;
}

void
session_close(struct session *s)
{
	struct error ignored = { .arena = s->arena };

	if (s->wire.line.fd >= 0 && !s->failed.fault && !s->quit) {
		ask(s, STAGE_QUIT, "QUIT");
		if (!settle(s, &ignored))
			error_clear(&ignored);
	}
	wire_close(&s->wire);
}
