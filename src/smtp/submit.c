/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries out mail transactions and collects the verdicts. */
#include "smtp/submit.h"

#include "base/file.h"
#include "smtp/conclusion.h"
#include "smtp/content.h"
#include "smtp/parameters.h"

#include <inttypes.h>
#include <string.h>

enum {
	/* A larger message waits for the verdicts, so that a refusal costs no
	 * gigabyte. */
	ONE_FLIGHT_MAX = 256 * 1024,
	/* So many recipients every server takes at once. RFC 5321 4.5.3.1.8 wants 100, but
	 * not all do that. */
	RECIPIENTS_ALWAYS_TAKEN = 10
};

/* One transaction under way. */
struct transaction {
	struct session *session;
	struct delivery *delivery;
	const char *parameters; /* of MAIL, beginning with a blank when there are any */
	struct content content;
	size_t *batch; /* indices of the recipients of this transaction */
	size_t count;
	bool quits;  /* QUIT goes along with the content */
	size_t most; /* recipients that it took when there were too many; 0: unknown */
	struct exchange *mail, **rcpt, *data, *said;
	/* To the content: one, or with LMTP one per recipient. */
	struct exchange **replies;
};

/* ---- what the server must be able to do ---- */

static bool
unsupported(const struct session *s, const char *keyword, const char *what,
	    struct error *err)
{
	return fail(err, FAULT_UNSUPPORTED,
		    _("%s cannot do what was asked: %s (it does not offer %s)"), s->host,
		    what, keyword);
}

static bool
check_needs(const struct session *s, const struct delivery *d, struct error *err)
{
	unsigned needs = d->envelope->needs;

	if ((needs & NEEDS_DSN) && !s->caps.dsn)
		return unsupported(s, "DSN", _("delivery status notifications"), err);
	if ((needs & NEEDS_DELIVERBY) && !s->caps.deliverby)
		return unsupported(s, "DELIVERBY", _("delivery by a given time"), err);
	if ((needs & NEEDS_FUTURERELEASE) && !s->caps.futurerelease)
		return unsupported(s, "FUTURERELEASE", _("holding the message back"),
				   err);
	if ((needs & NEEDS_MT_PRIORITY) && !s->caps.mt_priority)
		return unsupported(s, "MT-PRIORITY", _("a priority"), err);
	if ((needs & NEEDS_REQUIRETLS) && (!s->caps.requiretls || !s->wire.tls))
		return unsupported(s, "REQUIRETLS", _("TLS on the whole way"), err);
	if (!s->caps.smtputf8 && address_needs_utf8(d->envelope->sender))
		return fail(
			err, FAULT_DATA,
			_("The sender address %s needs a server for internationalised mail "
			  "(SMTPUTF8); %s is none"),
			d->envelope->sender, s->host);
	return true;
}

static bool
check_size(const struct session *s, const struct delivery *d, struct error *err)
{
	uint64_t limit = s->caps.size ? s->caps.size_limit : 0;

	if (!limit || d->size <= limit)
		return true;
	return fail(err, FAULT_DATA,
		    _("The message is too large for %s: it has %" PRIu64
		      " octets, the server takes %" PRIu64),
		    s->host, d->size, limit);
}

/* An address that only an internationalised server can take fails alone; true when the
 * others may have the message all the same. */
static bool
judge_addresses(const struct session *s, struct delivery *d)
{
	bool all = true;

	for (size_t i = 0; i < d->envelope->count; i++) {
		if (s->caps.smtputf8 || !address_needs_utf8(d->envelope->to[i]))
			continue;
		d->verdicts[i].outcome = REFUSED;
		d->verdicts[i].why =
			_("the address needs a server for internationalised mail "
			  "(SMTPUTF8), and yours is none");
		all = false;
	}
	return all || d->partial;
}

/* ---- MAIL and RCPT ---- */

static struct exchange *
ask_rcpt(struct session *s, const struct envelope *envelope, size_t i)
{
	/* There may be many: printf would take longer than the rest. */
	const char *line = arena_join(s->arena, "RCPT TO:<", envelope->to[i], ">");

	if (!envelope->options.notify)
		return ask_masked(s, STAGE_RCPT, span_of(line), line);
	return ask(s, STAGE_RCPT, "%s NOTIFY=%s ORCPT=%s", line, envelope->options.notify,
		   original_recipient(s->arena, envelope->to[i]));
}

static bool
is_accepted(const struct exchange *exchange)
{
	return reply_class(&exchange->reply) == 2;
}

static bool
is_refused(const struct exchange *exchange)
{
	return exchange->reply.code && !is_accepted(exchange);
}

static void
ask_envelope(struct transaction *t)
{
	const struct envelope *envelope = t->delivery->envelope;

	t->session->in_transaction = true;
	t->session->mails++;
	t->mail = ask(t->session, STAGE_MAIL, "MAIL FROM:<%s>%s", envelope->sender,
		      t->parameters);
	for (size_t i = 0; i < t->count; i++) {
		/* Without PIPELINING the reply is known by now. */
		if (is_refused(t->mail))
			t->rcpt[i] = t->mail;
		else
			t->rcpt[i] = ask_rcpt(t->session, envelope, t->batch[i]);
		flush_when_full(t->session, STAGE_RCPT);
	}
}

static size_t
accepted_count(const struct transaction *t)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++)
		count += is_accepted(t->rcpt[i]) && is_accepted(t->mail);
	return count;
}

/* Whether the content may go, as far as is known: a reply that is still owed does not
 * forbid it. */
static bool
content_may_go(const struct transaction *t)
{
	size_t refusals = 0;

	if (is_refused(t->mail))
		return false;
	for (size_t i = 0; i < t->count; i++)
		refusals += is_refused(t->rcpt[i]);
	return refusals == 0 || (t->delivery->partial && refusals < t->count);
}

/* ---- content ---- */

/* The server's verdict about the recipients is awaited before the content goes when all
 * must be accepted, when the content is large, and when the number of LMTP's replies
 * depends on it. */
static bool
needs_verdicts_first(const struct transaction *t)
{
	const struct delivery *d = t->delivery;

	return (!d->partial && d->envelope->count > 1) ||
	       t->content.size > ONE_FLIGHT_MAX || t->session->lmtp;
}

/* RFC 2033 4.2: a reply for each recipient that was accepted. */
static void
owe_replies(struct transaction *t)
{
	bool first = true;

	for (size_t i = 0; i < t->count; i++) {
		if (!t->session->lmtp)
			t->replies[i] = t->said;
		else if (is_accepted(t->rcpt[i])) {
			t->replies[i] =
				first ? t->said : owe(t->session, STAGE_CONTENT, NULL);
			t->replies[i]->octets = t->said->octets;
			t->replies[i]->ends = t->said->ends;
			first = false;
		}
	}
	if (t->quits && t->session->caps.pipelining)
		ask(t->session, STAGE_QUIT, "QUIT");
}

static bool
send_by_data(struct transaction *t, struct error *err)
{
	struct session *s = t->session;

	t->data = ask(s, STAGE_DATA, "DATA");
	if (!settle(s, err))
		return false;
	if (t->data->reply.code != 354 && reply_class(&t->data->reply) < 4)
		return refused(
			err, t->data,
			arena_printf(err->arena,
				     _("%s answered DATA with consent, not with 354"),
				     s->host));
	if (t->data->reply.code != 354)
		return true;
	if (accepted_count(t) == 0) {
		/* Nobody is there to take it, but the server waits for a dot. */
		send_nothing(s);
		return settle(s, err);
	}
	t->said = send_data(s, &t->content);
	owe_replies(t);
	return settle(s, err);
}

static bool
send_content(struct transaction *t, struct error *err)
{
	if (!t->session->caps.chunking)
		return send_by_data(t, err);
	t->said = send_chunk(t->session, &t->content);
	owe_replies(t);
	return settle(t->session, err);
}

/* ---- verdicts ---- */

static bool
is_too_many(const struct exchange *exchange)
{
	/* RFC 5321 4.5.3.1.10; some say so for ever. */
	return (exchange->reply.code == 452 || exchange->reply.code == 552) &&
	       (!exchange->reply.enhanced.len ||
		reply_enhanced_is(&exchange->reply, "5.3"));
}

static void
judge(struct verdict *verdict, const struct exchange *by)
{
	verdict->by = by;
	switch (reply_class(&by->reply)) {
	case 2:
		verdict->outcome = DELIVERED;
		break;
	case 4:
		verdict->outcome = DEFERRED;
		break;
	default:
		verdict->outcome = REFUSED;
	}
}

/* The reply that decides about one recipient: the first in the order of the dialogue that
 * is no consent; at last the one to the content. */
static const struct exchange *
deciding(const struct transaction *t, size_t i)
{
	if (is_refused(t->mail))
		return t->mail;
	if (is_refused(t->rcpt[i]))
		return t->rcpt[i];
	if (t->data && t->data->reply.code >= 400)
		return t->data;
	return t->replies[i];
}

static void
judge_all(struct transaction *t, size_t *left)
{
	struct delivery *d = t->delivery;
	size_t accepted = accepted_count(t);
	bool another = d->partial && !t->session->quit;

	for (size_t i = 0; i < t->count; i++) {
		struct verdict *verdict = &d->verdicts[t->batch[i]];
		const struct exchange *by = deciding(t, i);
		/* Too many at once: the rest is for another transaction, if this one took
		 * some, or for later. */
		bool rest = by && by == t->rcpt[i] && is_too_many(by) && accepted;

		if (rest && another)
			(*left)++;
		else if (rest)
			*verdict = (struct verdict){ .outcome = DEFERRED, .by = by };
		else if (by && by->reply.code)
			judge(verdict, by);
		if (verdict->outcome == DELIVERED) {
			d->delivered++;
			d->accepted = by;
		} else if (verdict->outcome == PENDING &&
			   t->session->failed.fault == FAULT_UNCERTAIN) {
			verdict->outcome = IN_DOUBT;
		}
	}
}

/* ---- transactions ---- */

static bool
transact(struct transaction *t, struct error *err)
{
	ask_envelope(t);
	if (needs_verdicts_first(t) && !settle(t->session, err))
		return false;
	if (!content_may_go(t))
		return settle(t->session, err);
	return send_content(t, err);
}

/* Fills the next batch with pending recipients; 0 when none is left. */
static size_t
next_batch(struct transaction *t)
{
	const struct delivery *d = t->delivery;
	uint64_t most = t->most ? t->most : t->session->caps.rcpt_max;
	size_t pending = 0;

	/* Of two transactions the second may be refused. */
	if (!d->partial)
		most = 0;
	t->count = 0;
	for (size_t i = 0; i < d->envelope->count; i++) {
		if (d->verdicts[i].outcome != PENDING)
			continue;
		pending++;
		if (!most || t->count < most)
			t->batch[t->count++] = i;
	}
	t->quits = d->last && t->count == pending && !t->most &&
		   t->count <= RECIPIENTS_ALWAYS_TAKEN;
	return t->count;
}

/* What a transaction without content left behind must not meet the next one: its
 * recipients would get that, too. */
static void
begin(struct transaction *t)
{
	if (t->session->in_transaction)
		ask(t->session, STAGE_RSET, "RSET");
	t->session->in_transaction = false;
	t->mail = t->data = t->said = NULL;
	memset(t->replies, 0, t->delivery->envelope->count * sizeof(struct exchange *));
}

/* RFC 9422 MAILMAX: the others need another connection. */
static bool
defer_others(struct delivery *d)
{
	for (size_t i = 0; i < d->envelope->count; i++)
		if (d->verdicts[i].outcome == PENDING)
			d->verdicts[i] = (struct verdict){
				.outcome = DEFERRED,
				.why = _("the server takes no more over one connection "
					 "(LIMITS MAILMAX)"),
			};
	return true;
}

/* What was said of some is known, whatever becomes of the others. */
static void
tell_concluded(const struct transaction *t)
{
	const struct watcher *watcher = &t->session->watcher;

	if (t->mail && watcher->concluded)
		watcher->concluded(watcher->context, t->delivery);
}

static bool
transact_all(struct transaction *t, struct error *err)
{
	while (next_batch(t)) {
		size_t left = 0, before = t->delivery->delivered;
		bool ok;

		tell_concluded(t);
		if (!session_takes_mail(t->session))
			return defer_others(t->delivery);
		begin(t);
		ok = transact(t, err);
		t->session->in_transaction = !t->said || is_refused(t->said);
		judge_all(t, &left);
		t->session->taken += t->delivery->delivered > before;
		if (left)
			t->most = accepted_count(t);
		if (!ok)
			return false;
		/* What keeps it from all; and all or none: what keeps it from one. */
		if (is_refused(t->mail) ||
		    (!t->delivery->partial && !content_may_go(t)) ||
		    (left && t->delivery->delivered == before))
			break;
	}
	return true;
}

bool
submit(struct session *session, struct delivery *delivery, struct error *err)
{
	size_t count = delivery->envelope->count;
	CLEANUP(fitted_release) struct fitted fitted = { .body.fd = -1 };
	struct transaction t = {
		.session = session,
		.delivery = delivery,
		.batch = arena_array(session->arena, size_t, count),
		.rcpt = arena_array(session->arena, struct exchange *, count),
		.replies = arena_array(session->arena, struct exchange *, count),
	};

	delivery->verdicts = arena_array(session->arena, struct verdict, count);
	if (!check_needs(session, delivery, err) ||
	    !fit_message(session, delivery, &fitted, err))
		return false;
	delivery->size = fitted.size;
	if (!check_size(session, delivery, err))
		return false;
	t.content = (struct content){ &fitted.composed, fitted.size };
	t.parameters = fitted.parameters;
	/* What happened after everybody had the message is no failure. */
	if (judge_addresses(session, delivery) && !transact_all(&t, err) &&
	    delivery->delivered == count)
		error_clear(err);
	return conclude(session, delivery, err);
}
