/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends a message of the queue and writes the verdicts down before anything else. */
#include "queue/attempt.h"

#include "smtp/conclusion.h"

#include <inttypes.h>
#include <string.h>

enum {
	FIRST = 60 * 1000,	 /* ms until the second try */
	LAST = 60 * 60 * 1000,	 /* ms at most between two */
	JOURNAL_PLENTY = 8 << 20 /* octets; nobody reads a longer one */
};

int64_t
attempt_due(unsigned attempts)
{
	int64_t delay = FIRST;

	for (unsigned i = 1; i < attempts && delay < LAST; i++)
		delay *= 2;
	return wall_ms() + jitter(delay < LAST ? delay : LAST, 10);
}

bool
is_about_login(const struct verdict *verdict)
{
	static const int codes[] = { 530, 534, 535, 538 };

	if (verdict->outcome != REFUSED || !verdict->by)
		return false;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (verdict->by->reply.code == codes[i])
			return true;
	return false;
}

/* ---- what is written ---- */

static const char *
verdict_text(struct arena *arena, const struct verdict *verdict)
{
	if (verdict->why)
		return english_of(arena, verdict->why);
	return verdict->by ? reply_show(arena, &verdict->by->reply) : "";
}

/* Everybody has it: one word says so. */
static bool
everybody_has_it(const struct attempt *attempt, const struct delivery *delivery)
{
	return delivery->delivered == delivery->envelope->count &&
	       attempt->waiting.count ==
		       entry_count(attempt->entry, RECIPIENT_WAITS, false) &&
	       !entry_count(attempt->entry, RECIPIENT_REFUSED, false);
}

/* Servers put the time, or an ID, into what they say every time: the codes count. */
static bool
is_told(const struct entry *entry, size_t i, const char *text)
{
	const char *before = entry->recipients[i].text;
	uint64_t journal = entry->journal_end - entry->content_at - entry->content_size;
	struct span was = span_of(before), is = span_of(text);

	if (!before)
		return false;
	return strcmp(before, text) == 0 || journal > JOURNAL_PLENTY ||
	       (is_digit(*text) && span_equal(span_word(&was), span_word(&is)) &&
		span_equal(span_word(&was), span_word(&is)));
}

/* Who is done with, if that is not noted by now. */
static void
note_decided(struct notes *notes, const struct attempt *attempt,
	     const struct delivery *delivery)
{
	struct entry *entry = attempt->entry;

	for (size_t k = 0; delivery->verdicts && k < attempt->waiting.count; k++) {
		const struct verdict *verdict = &delivery->verdicts[k];
		size_t i = attempt->index[k];

		if (entry->recipients[i].state != RECIPIENT_WAITS)
			continue;
		if (verdict->outcome == DELIVERED)
			note(notes, "rcpt", "%zu ok %s", i,
			     verdict_text(entry->arena, verdict));
		else if (verdict->outcome == REFUSED && !is_about_login(verdict))
			note(notes, "rcpt", "%zu fail %s", i,
			     verdict_text(entry->arena, verdict));
	}
}

static void
note_deferred(struct notes *notes, const struct attempt *attempt,
	      const struct delivery *delivery)
{
	struct entry *entry = attempt->entry;

	for (size_t k = 0; delivery->verdicts && k < attempt->waiting.count; k++) {
		const struct verdict *verdict = &delivery->verdicts[k];
		const char *text;

		if (verdict->outcome != DEFERRED)
			continue;
		text = verdict_text(entry->arena, verdict);
		if (!is_told(entry, attempt->index[k], text))
			note(notes, "defer", "%zu %s", attempt->index[k], text);
	}
}

static const char *
reason(struct arena *arena, const struct error *err)
{
	if (!err->fault)
		return "";
	return err->reply ? arena_printf(arena, "%s: %s", english_of(arena, err->what),
					 err->reply)
			  : english_of(arena, err->what);
}

/* Why those wait who still do: the first refusal for now, or what ended the session. */
static const char *
why_deferred(const struct attempt *attempt, const struct delivery *delivery,
	     const struct error *err)
{
	for (size_t i = 0; delivery->verdicts && i < delivery->envelope->count; i++)
		if (delivery->verdicts[i].outcome == DEFERRED)
			return verdict_text(attempt->entry->arena,
					    &delivery->verdicts[i]);
	return reason(attempt->entry->arena, err);
}

/* What is wrong with the message itself will be as wrong the next time. */
static void
judge_message(struct delivery *delivery, const struct session *session,
	      const struct error *sent)
{
	if (session->failed.fault || !delivery->verdicts ||
	    (sent->fault != FAULT_DATA && sent->fault != FAULT_UNSUPPORTED))
		return;
	for (size_t i = 0; i < delivery->envelope->count; i++) {
		struct verdict *verdict = &delivery->verdicts[i];

		if (verdict->outcome == PENDING)
			*verdict = (struct verdict){ REFUSED, NULL, sent->what };
	}
}

static bool
write_verdicts(struct attempt *attempt, const struct delivery *delivery,
	       const struct error *sent, struct error *err)
{
	struct entry *entry = attempt->entry;
	struct notes notes = { .entry = entry, .text = attempt->owed };
	bool all = everybody_has_it(attempt, delivery);

	attempt->owed = (struct buf){ 0 };
	if (all)
		note(&notes, "done", "%s", "");
	else
		note_decided(&notes, attempt, delivery);
	if (sent->fault == FAULT_UNCERTAIN)
		note(&notes, "doubt", "%s", "");
	if (!all && entry_count(entry, RECIPIENT_WAITS, false)) {
		note(&notes, "defer", "* %s", why_deferred(attempt, delivery, sent));
		note_deferred(&notes, attempt, delivery);
		note(&notes, "due", "%" PRId64, attempt_due(entry->attempts));
	}
	attempt->unsynced = all && attempt->sync_later;
	attempt->unnoted = !notes_write(&notes, !attempt->unsynced);
	return !attempt->unnoted || attempt->unsynced ||
	       fail_errno(err, FAULT_IO,
			  _("The journal of a message in the queue cannot be written"));
}

/* A message that the server has taken and that cannot be marked would be sent again. */
static bool
write_start(struct entry *entry, struct error *err)
{
	struct notes notes = { .entry = entry };

	note(&notes, "start", "%s", "");
	return notes_write(&notes, false) ||
	       fail_errno(err, FAULT_IO,
			  _("The journal of a message in the queue cannot be written"));
}

void
attempt_completing(struct attempt *attempt)
{
	struct notes notes = { .entry = attempt->entry };

	/* If it cannot be written, a crash now is taken for one before. */
	note(&notes, "dot-sent", "%s", "");
	if (!notes_write(&notes, false))
		return;
}

bool
attempt_concluded(struct attempt *attempt, const struct delivery *delivery)
{
	struct notes notes = { .entry = attempt->entry, .text = attempt->owed };
	struct buf copy = { 0 };

	attempt->owed = (struct buf){ 0 };
	note_decided(&notes, attempt, delivery);
	if (!notes.text.len)
		return false;
	note(&notes, "start", "%s", "");
	buf_add_span(&copy, buf_span(&notes.text));
	if (notes_write(&notes, true)) {
		buf_release(&copy);
		return true;
	}
	attempt->owed = copy;
	return false;
}

/* ---- one route ---- */

static void
collect_waiting(struct attempt *attempt)
{
	struct entry *entry = attempt->entry;
	const struct envelope *all = &entry->envelope;
	size_t count = 0;

	attempt->waiting = *all;
	attempt->waiting.to = arena_array(entry->arena, const char *, all->count);
	attempt->index = arena_array(entry->arena, size_t, all->count);
	for (size_t i = 0; i < all->count; i++) {
		if (entry->recipients[i].state != RECIPIENT_WAITS)
			continue;
		attempt->waiting.to[count] = all->to[i];
		attempt->index[count++] = i;
	}
	attempt->waiting.count = count;
}

/* Reports that the server cannot make are done without: the mail matters more, and nobody
 * is there to decide. */
static void
waive_reports(struct attempt *attempt, const struct session *session)
{
	if (!session->caps.dsn)
		envelope_waive_reports(&attempt->waiting);
}

/* What came of it says something about the server, too. */
static void
judge_route(struct route *route, const struct delivery *delivery,
	    const struct error *sent)
{
	struct session *session = &route->connection.session;
	bool login = delivery->verdicts && is_about_login(&delivery->verdicts[0]);

	if (login)
		route_fail(route, sent);
	else if (session->failed.fault && delivery->delivered < delivery->envelope->count)
		route_fail(route, &session->failed);
	else if (session->failed.fault)
		route_end(route);
	else
		route_worked(route);
	session_forget(session, &route->arena);
}

static void
tell_attempt(const struct attempt *attempt, const struct route *route,
	     const struct delivery *delivery, const struct error *sent)
{
	const struct queue_event event = {
		.id = attempt->entry->name.id,
		.account = route->chosen.account,
		.envelope = &attempt->waiting,
		.delivery = delivery,
		.err = sent,
	};

	attempt->tell(attempt->context, &event);
}

/* A server that closes between two messages, or says that it takes no more, has had enough
 * of them on one connection. */
static bool
is_enough(const struct route *route, const struct delivery *delivery)
{
	const struct session *session = &route->connection.session;

	if (!session->taken || delivery->delivered)
		return false;
	return is_of_session(session, delivery) ||
	       (session->failed.fault &&
		(!session->last || session->last->stage < STAGE_CONTENT));
}

/* What the session was refused for may be good on another one. */
static void
defer_all(struct delivery *delivery)
{
	for (size_t i = 0; delivery->verdicts && i < delivery->envelope->count; i++)
		if (delivery->verdicts[i].outcome == REFUSED)
			delivery->verdicts[i].outcome = DEFERRED;
}

static bool
send_over(struct attempt *attempt, struct route *route, struct error *err)
{
	struct entry *entry = attempt->entry;
	struct session *session = &route->connection.session;
	struct error sent = { .arena = entry->arena };
	struct delivery delivery = {
		.envelope = &attempt->waiting,
		.message = &attempt->message,
		.composed = &attempt->composed,
		.partial = true,
	};
	bool ok;

	collect_waiting(attempt);
	waive_reports(attempt, session);
	envelope_waive_utf8(&attempt->waiting, &attempt->message);
	if (!write_start(entry, err))
		return false;
	attempt->begun = true;
	session_forget(session, entry->arena);
	if (!submit(session, &delivery, &sent) && is_enough(route, &delivery)) {
		session_forget(session, &route->arena);
		if (route_reopen(route))
			return send_over(attempt, route, err);
		/* What was begun must come to a written end. */
		defer_all(&delivery);
		tell_attempt(attempt, route, NULL,
			     route->failed.fault ? &route->failed : &sent);
		return write_verdicts(attempt, &delivery, &sent, err);
	}
	judge_message(&delivery, session, &sent);
	ok = write_verdicts(attempt, &delivery, &sent, err);
	tell_attempt(attempt, route, &delivery, &sent);
	judge_route(route, &delivery, &sent);
	return ok;
}

bool
attempt_entry(struct attempt *attempt, struct route *route, struct error *err)
{
	struct entry *entry = attempt->entry;
	bool ok = true;

	attempt->message.body.fd = -1;
	if (!entry_message(entry, &attempt->message, &attempt->composed, err))
		return false;
	while (ok && route && !entry->done &&
	       entry_count(entry, RECIPIENT_WAITS, false)) {
		bool fresh = route->state == ROUTE_NEW;

		if (route_take(route)) {
			ok = send_over(attempt, route, err);
		} else if (fresh && route->failed.fault) {
			collect_waiting(attempt);
			tell_attempt(attempt, route, NULL, &route->failed);
		}
		/* What one server may have must not go to another; and a server that
		 * works at this moment for another process needs no other one. */
		route = entry->in_doubt || route->busy ? NULL : route->fallback;
	}
	buf_release(&attempt->message.text);
	buf_release(&attempt->owed);
	return ok;
}
