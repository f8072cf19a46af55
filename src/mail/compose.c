/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides which header fields go out: what is missing is added on top, what must not go
 * is left out, and the rest stays as it is. */
#include "mail/compose.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
	COLUMN_MAX = 78, /* RFC 5322 2.1.1: what a line should keep to */
	LEFT_OUT_MAX = 24
};

/* The plan for one message. */
struct plan {
	struct arena *arena;
	const struct message *message;
	const struct header_policy *policy;
	const struct origin_facts *origin;
	const struct envelope *envelope;
	struct buf added;
	const char *left_out[LEFT_OUT_MAX]; /* names of fields */
	size_t count;			    /* of them */
};

/* What RFC 5322 3.6 wants in every message, and 3.6.6 in one that was sent again. */
struct originals {
	const char *from, *date, *message_id;
};

static const struct originals first_sent = { "From", "Date", "Message-ID" };
static const struct originals sent_again = { "Resent-From", "Resent-Date",
					     "Resent-Message-ID" };

/* An empty group (RFC 5322 3.4): there are recipients, but they are not told. */
static const char undisclosed[] = "undisclosed-recipients:;";

static void
leave_out(struct plan *plan, const char *name)
{
	plan->left_out[plan->count++] = name;
}

/* ---- new fields ---- */

/* How much of TEXT, from the blank at its start, should stay on one line: up to the next
 * blank that is not inside quotes. What is too long for a line is not kept together by
 * quotes. */
static size_t
unfoldable_length(struct span text)
{
	size_t len = 1, at_blank = 0;
	bool quoted = false;

	for (; len < text.len && !(at_blank && len > COLUMN_MAX); len++) {
		if (text.at[len] == '"')
			quoted = !quoted;
		else if (text.at[len] == '\\')
			len++;
		else if (is_blank(text.at[len]) && !quoted)
			break;
		else if (is_blank(text.at[len]) && !at_blank)
			at_blank = len;
	}
	if (len > text.len)
		len = text.len;
	return len > COLUMN_MAX && at_blank ? at_blank : len;
}

/* Adds a field whose text has blanks where it may be folded, and maybe folds already. */
static void
add_field(struct plan *plan, const char *name, const char *text)
{
	char *line = arena_printf(plan->arena, " %s", text), *to = line;
	size_t column, len;

	for (const char *from = line; *from; from++)
		if (*from != '\r' && *from != '\n')
			*to++ = *from;
	*to = '\0';
	buf_printf(&plan->added, "%s:", name);
	column = strlen(name) + 1;
	for (struct span rest = span_of(line); rest.len;
	     rest = span_part(rest, len, rest.len)) {
		bool first = rest.at == line;

		len = unfoldable_length(rest);
		if (column + len > (first ? HEADER_LINE_MAX : COLUMN_MAX)) {
			buf_add_string(&plan->added, "\r\n");
			column = 0;
		}
		buf_add(&plan->added, rest.at, len);
		column += len;
	}
	buf_add_string(&plan->added, "\r\n");
}

/* RFC 5322 3.3, in English whatever the locale says. */
static const char *
date_text(struct arena *arena)
{
	static const char days[7][4] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
	};
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm = { .tm_mday = 1 };
	long minutes;

	if (!localtime_r(&now, &tm))
		gmtime_r(&now, &tm);
	minutes = tm.tm_gmtoff / 60;
	return arena_printf(arena, "%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld",
			    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
			    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
			    minutes < 0 ? '-' : '+', labs(minutes) / 60,
			    labs(minutes) % 60);
}

/* Never made twice, on any machine (RFC 5322 3.6.4). */
static const char *
message_id_text(struct plan *plan)
{
	struct timespec now;
	uint64_t random;

	clock_gettime(CLOCK_REALTIME, &now);
	/* Early in a boot there may be no randomness yet; mail need not wait for it. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = (uint64_t)now_us() << 22 ^ (uint64_t)getpid();
	return arena_printf(plan->arena, "<%" PRIx64 ".%05lx.%016" PRIx64 "@%s>",
			    (uint64_t)now.tv_sec, (unsigned long)now.tv_nsec / 1000,
			    random, plan->origin->id_domain);
}

/* The name of whom the new From field is about: told by the caller, else by a Full-Name
 * field, which is meant for this and goes no further, else by the system. */
static const char *
full_name(const struct plan *plan)
{
	const struct field *field = message_field(plan->message, "Full-Name");

	if (plan->origin->full_name && *plan->origin->full_name)
		return plan->origin->full_name;
	if (field)
		return field_unfold(plan->arena, field);
	/* An empty one says that there is to be none. */
	if (plan->origin->full_name || !plan->origin->real_name)
		return NULL;
	return plan->origin->real_name(plan->arena);
}

static const char *
from_text(struct plan *plan)
{
	return address_for_header(plan->arena, full_name(plan), plan->origin->from);
}

static const char *
recipients_text(struct plan *plan)
{
	const struct envelope *envelope = plan->envelope;
	struct buf list = { 0 };
	const char *text;

	for (size_t i = 0; i < envelope->count; i++) {
		if (i)
			buf_add_string(&list, ", ");
		buf_add_string(&list,
			       address_for_header(plan->arena, NULL, envelope->to[i]));
	}
	text = list.len ? span_string(plan->arena, buf_span(&list)) : undisclosed;
	buf_release(&list);
	return text;
}

/* Whether a new field of that name is wanted; then the old ones are left out, which are
 * empty unless the policy says that they are replaced. */
static bool
replaces(struct plan *plan, const char *name, enum add_field add)
{
	bool wanted = false;

	switch (add) {
	case ADD_AUTO:
		wanted = !message_field(plan->message, name);
		break;
	case ADD_ALWAYS:
		wanted = true;
		break;
	case ADD_NEVER:
		break;
	}
	if (wanted)
		leave_out(plan, name);
	return wanted;
}

static void
plan_from(struct plan *plan, const struct originals *names, enum add_field add)
{
	if (replaces(plan, names->from, add))
		add_field(plan, names->from, from_text(plan));
}

static void
plan_date_and_id(struct plan *plan, const struct originals *names)
{
	if (replaces(plan, names->date, plan->policy->date))
		add_field(plan, names->date, date_text(plan->arena));
	if (replaces(plan, names->message_id, plan->policy->message_id))
		add_field(plan, names->message_id, message_id_text(plan));
}

/* ---- recipients ---- */

static bool
has_visible_recipients(const struct plan *plan)
{
	const struct message *message = plan->message;

	return message_field(message, "To") || message_field(message, "Cc") ||
	       message_field(message, "Resent-To") ||
	       message_field(message, "Resent-Cc") ||
	       (!plan->policy->remove_bcc &&
		(message_field(message, "Bcc") || message_field(message, "Resent-Bcc")));
}

/* What a new To field says; NULL when there is to be none. */
static const char *
to_text(struct plan *plan)
{
	switch (plan->policy->to) {
	case TO_AUTO:
		return has_visible_recipients(plan) ? NULL : undisclosed;
	case TO_UNDISCLOSED:
		return undisclosed;
	case TO_RECIPIENTS:
		return recipients_text(plan);
	case TO_OFF:
		break;
	}
	return NULL;
}

static void
plan_to(struct plan *plan)
{
	const char *text = to_text(plan);

	if (!text)
		return;
	leave_out(plan, "To");
	leave_out(plan, "Cc");
	leave_out(plan, "Bcc");
	add_field(plan, "To", text);
}

/* ---- all fields ---- */

/* Whether the message was sent again by somebody who says who, or to whom (RFC
 * 5322 3.6.6). */
static bool
is_resent(const struct message *message)
{
	static const char *const names[] = { "Resent-From", "Resent-Sender", "Resent-To",
					     "Resent-Cc",   "Resent-Bcc",    NULL };

	for (size_t i = 0; i < message->count; i++)
		if (field_is_one_of(&message->fields[i], names))
			return true;
	return false;
}

static void
plan_fields(struct plan *plan)
{
	bool resent = is_resent(plan->message);
	enum add_field from = plan->policy->from;

	/* RFC 5321 4.4: above everything else. */
	if (plan->policy->trace)
		add_field(plan, "Received",
			  arena_printf(plan->arena, "%s; %s", plan->origin->trace,
				       date_text(plan->arena)));
	/* Not for the outside (RFC 5321 4.4), or no longer true. */
	leave_out(plan, "Return-Path");
	leave_out(plan, "Content-Length");
	leave_out(plan, "Full-Name");
	leave_out(plan, "Apparently-To");
	if (plan->policy->remove_bcc) {
		leave_out(plan, "Bcc");
		leave_out(plan, "Resent-Bcc");
	}
	if (resent) {
		plan_from(plan, &sent_again, from);
		plan_date_and_id(plan, &sent_again);
		/* Who sends again does not touch what the author wrote. */
		if (from == ADD_ALWAYS)
			from = ADD_AUTO;
	}
	plan_from(plan, &first_sent, from);
	plan_to(plan);
	plan_date_and_id(plan, &first_sent);
}

static bool
is_left_out(const struct plan *plan, const struct field *field)
{
	for (size_t i = 0; i < plan->count; i++)
		if (field_is(field, plan->left_out[i]))
			return true;
	return false;
}

static void
add_piece(struct composed *composed, struct span piece)
{
	struct span *last =
		composed->count ? &composed->pieces[composed->count - 1] : NULL;

	composed->size += piece.len;
	if (last && last->at + last->len == piece.at)
		last->len += piece.len;
	else
		composed->pieces[composed->count++] = piece;
}

/* The lines of a field that stays. */
static struct span
kept_lines(const struct plan *plan, const struct field *field)
{
	const struct completion *completion = plan->origin->completion;

	return completion ? complete_field(plan->arena, field, completion) : field->whole;
}

struct composed
compose(struct arena *arena, const struct message *message,
	const struct header_policy *policy, const struct origin_facts *origin,
	const struct envelope *envelope)
{
	struct plan plan = { arena, message, policy, origin, envelope, .count = 0 };
	struct composed composed = { .body = &message->body };
	struct span added;

	plan_fields(&plan);
	added = (struct span){ span_string(arena, buf_span(&plan.added)),
			       plan.added.len };
	buf_release(&plan.added);
	composed.pieces = arena_array(arena, struct span, message->count + 2);
	if (added.len)
		add_piece(&composed, added);
	for (size_t i = 0; i < message->count; i++)
		if (!is_left_out(&plan, &message->fields[i]))
			add_piece(&composed, kept_lines(&plan, &message->fields[i]));
	add_piece(&composed, SPAN("\r\n"));
	return composed;
}

bool
check_hops(const struct message *message, struct error *err)
{
	enum { HOPS_MAX = 100 };
	unsigned hops = 0;

	for (size_t i = 0; i < message->count; i++)
		hops += field_is(&message->fields[i], "Received");
	return hops <= HOPS_MAX ||
	       fail(err, FAULT_DATA,
		    _("The message goes round in a circle: %u programs have handed it on "
		      "already"),
		    hops);
}
