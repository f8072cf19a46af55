/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws the conclusion from the verdicts of a delivery. */
#include "smtp/conclusion.h"

static bool
is_unknown_user(const struct verdict *verdict)
{
	const struct reply *reply = verdict->by ? &verdict->by->reply : NULL;

	if (!reply || verdict->by->stage != STAGE_RCPT)
		return false;
	return reply->enhanced.len ? reply_enhanced_is(reply, "1.1")
				   : reply->code == 550 || reply->code == 551;
}

static bool
is_too_large(const struct verdict *verdict)
{
	const struct reply *reply = verdict->by ? &verdict->by->reply : NULL;

	return reply && reply->code == 552 &&
	       (!reply->enhanced.len || reply_enhanced_is(reply, "3.4") ||
		reply_enhanced_is(reply, "2.3"));
}

/* The class of several refusals: temporary only when all are. */
static enum fault
common_fault(const struct delivery *d)
{
	size_t deferred = 0, unknown = 0, large = 0, failed = 0, protocol = 0, ours = 0;

	for (size_t i = 0; i < d->envelope->count; i++) {
		const struct verdict *verdict = &d->verdicts[i];

		if (verdict->outcome != REFUSED && verdict->outcome != DEFERRED)
			continue;
		failed++;
		ours += !verdict->by;
		deferred += verdict->outcome == DEFERRED;
		unknown += is_unknown_user(verdict);
		large += is_too_large(verdict);
		protocol += verdict->by && reply_class(&verdict->by->reply) == 3;
	}
	if (deferred == failed)
		return FAULT_TEMPORARY;
	if (protocol == failed)
		return FAULT_PROTOCOL;
	/* Not while others have it: who mends the message sends it to all again. */
	if ((large == failed || ours == failed) && !d->delivered)
		return FAULT_DATA;
	return unknown == d->envelope->count ? FAULT_NO_USER : FAULT_REFUSED;
}

static bool
describe_one(const struct session *s, const struct delivery *d, size_t i,
	     struct error *err)
{
	const struct verdict *verdict = &d->verdicts[i];
	const char *to = clean_text(err->arena, span_of(d->envelope->to[i]));

	if (!verdict->by)
		return fail(err, common_fault(d), _("The message cannot go to %s: %s"),
			    to, verdict->why ? verdict->why : "");
	switch (verdict->by->stage) {
	case STAGE_MAIL:
		fail(err, common_fault(d), _("%s refused the sender %s"), s->host,
		     *d->envelope->sender
			     ? clean_text(err->arena, span_of(d->envelope->sender))
			     : "<>");
		break;
	case STAGE_RCPT:
		fail(err, common_fault(d), _("%s refused the recipient %s"), s->host, to);
		break;
	case STAGE_CONNECT:
	case STAGE_TLS:
	case STAGE_GREETING:
	case STAGE_EHLO:
	case STAGE_STARTTLS:
	case STAGE_AUTH:
	case STAGE_DATA:
	case STAGE_CONTENT:
	case STAGE_RSET:
	case STAGE_VRFY:
	case STAGE_ETRN:
	case STAGE_QUIT:
	case STAGE_COUNT:
		fail(err, common_fault(d), _("%s refused the message"), s->host);
	}
	err->reply = reply_show(err->arena, &verdict->by->reply);
	return false;
}

bool
conclude(const struct session *s, const struct delivery *d, struct error *err)
{
	size_t refusals = 0, first = 0, waiting = 0;

	if (err->fault)
		return false;
	for (size_t i = 0; d->verdicts && i < d->envelope->count; i++)
		waiting += d->verdicts[i].outcome == WAITING;
	if (d->delivered + waiting == d->envelope->count)
		return true;
	for (size_t i = d->verdicts ? d->envelope->count : 0; i-- > 0;) {
		bool refused = d->verdicts[i].outcome == REFUSED;

		if (!refused && d->verdicts[i].outcome != DEFERRED)
			continue;
		/* What is for good decides, and so it is shown. */
		if (refused || !refusals || d->verdicts[first].outcome == DEFERRED)
			first = i;
		refusals++;
	}
	if (!refusals)
		return fail(err, FAULT_BUG, _("%s said nothing about the recipients"),
			    s->host);
	if (refusals == 1 || d->verdicts[first].by == NULL ||
	    d->verdicts[first].by->stage != STAGE_RCPT)
		return describe_one(s, d, first, err);
	fail(err, common_fault(d),
	     NUMBER_("%s refused %zu of %zu recipient",
		     "%s refused %zu of %zu recipients", d->envelope->count),
	     s->host, refusals, d->envelope->count);
	err->reply = reply_show(err->arena, &d->verdicts[first].by->reply);
	return false;
}

bool
is_of_session(const struct session *session, const struct delivery *delivery)
{
	bool found = false;

	if (!session->taken || !delivery->verdicts || delivery->delivered)
		return false;
	for (size_t i = 0; i < delivery->envelope->count; i++) {
		const struct verdict *verdict = &delivery->verdicts[i];

		if (verdict->outcome == IN_DOUBT)
			return false;
		found |= verdict->by && reply_class(&verdict->by->reply) >= 4 &&
			 (verdict->by->stage == STAGE_MAIL ||
			  verdict->by->reply.code == 421);
	}
	return found;
}
