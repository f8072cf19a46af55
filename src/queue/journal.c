/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the journal of a message, and writes it. */
#include "queue/journal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NOTE_ROOM = 320,	  /* octets for one: a reply, and what is around it */
	DAY = 24 * 60 * 60 * 1000 /* ms */
};

/* ---- read ---- */

/* "*", or the number of a recipient. */
static bool
take_index(const struct entry *entry, struct span *rest, size_t *first, size_t *last)
{
	struct span word = span_word(rest);
	uint64_t index;

	*first = 0;
	*last = entry->envelope.count;
	if (span_equal(word, SPAN("*")))
		return true;
	if (!span_number(word, &index) || index >= entry->envelope.count)
		return false;
	*first = (size_t)index;
	*last = (size_t)index + 1;
	return true;
}

/* The attempt has come to an end that somebody wrote down. */
static void
finish(struct entry *entry)
{
	entry->unfinished = 0;
	entry->dot_sent = false;
}

static bool
apply_start(struct entry *entry, struct span rest)
{
	(void)rest;
	entry->unfinished++;
	entry->counted = false;
	return true;
}

static bool
apply_dot_sent(struct entry *entry, struct span rest)
{
	(void)rest;
	entry->dot_sent = true;
	return true;
}

static bool
apply_doubt(struct entry *entry, struct span rest)
{
	(void)rest;
	entry->in_doubt = true;
	return true;
}

static bool
apply_rcpt(struct entry *entry, struct span rest)
{
	struct recipient *recipient;
	size_t first, last;
	struct span word;

	if (!take_index(entry, &rest, &first, &last) || last != first + 1)
		return false;
	recipient = &entry->recipients[first];
	word = span_word(&rest);
	recipient->state =
		span_equal(word, SPAN("ok")) ? RECIPIENT_HAS_IT : RECIPIENT_REFUSED;
	recipient->text = span_string(entry->arena, rest);
	recipient->noticed = false;
	finish(entry);
	return true;
}

static bool
apply_defer(struct entry *entry, struct span rest)
{
	size_t first, last;
	bool all;

	if (!take_index(entry, &rest, &first, &last))
		return false;
	/* What was said of one is told rather than what was said of others. */
	all = last - first > 1;
	if (!entry->counted)
		entry->attempts++;
	entry->counted = true;
	entry->why = span_string(entry->arena, rest);
	for (size_t i = first; i < last; i++) {
		struct recipient *recipient = &entry->recipients[i];

		if (recipient->state != RECIPIENT_WAITS || (all && recipient->own))
			continue;
		recipient->text = entry->why;
		recipient->own = !all;
	}
	finish(entry);
	return true;
}

static bool
apply_due(struct entry *entry, struct span rest)
{
	return record_time(&rest, &entry->due);
}

static bool
apply_noticed(struct entry *entry, struct span rest)
{
	size_t first, last;

	if (!take_index(entry, &rest, &first, &last))
		return false;
	for (size_t i = first; i < last; i++)
		entry->recipients[i].noticed = true;
	return true;
}

static bool
apply_account(struct entry *entry, struct span rest)
{
	entry->key = (struct account_key){
		.name = span_string(entry->arena, rest),
		.config_file = entry->key.config_file,
		.dialect = entry->key.dialect,
	};
	return true;
}

static bool
apply_released(struct entry *entry, struct span rest)
{
	(void)rest;
	entry->unfinished = entry->attempts = 0;
	entry->due = 0;
	return true;
}

static bool
apply_retry(struct entry *entry, struct span rest)
{
	for (size_t i = 0; i < entry->envelope.count; i++)
		if (entry->recipients[i].state == RECIPIENT_REFUSED)
			entry->recipients[i] = (struct recipient){ 0 };
	entry->done = false;
	return apply_released(entry, rest);
}

static bool
apply_expires(struct entry *entry, struct span rest)
{
	int64_t expires;

	if (!record_time(&rest, &expires))
		return false;
	/* A clock that was ahead has written it. */
	if (entry->last > wall_ms() + DAY)
		return true;
	entry->expires = expires;
	entry->prolonged |= span_equal(span_word(&rest), SPAN("prolonged"));
	return true;
}

static bool
apply_done(struct entry *entry, struct span rest)
{
	(void)rest;
	entry->done = true;
	for (size_t i = 0; i < entry->envelope.count; i++)
		if (entry->recipients[i].state == RECIPIENT_WAITS)
			entry->recipients[i].state = RECIPIENT_HAS_IT;
	finish(entry);
	return true;
}

static const struct {
	const char *type;
	bool (*apply)(struct entry *entry, struct span rest);
} events[] = {
	{ "start", apply_start },     { "dot-sent", apply_dot_sent },
	{ "doubt", apply_doubt },     { "rcpt", apply_rcpt },
	{ "defer", apply_defer },     { "due", apply_due },
	{ "noticed", apply_noticed }, { "account", apply_account },
	{ "retry", apply_retry },     { "released", apply_released },
	{ "expires", apply_expires }, { "done", apply_done },
};

bool
journal_apply(struct entry *entry, const struct record_view *record)
{
	struct span rest = record->value;
	uint64_t sequence, when;

	if (!record_number(&rest, UINT64_MAX, &sequence) ||
	    !record_number(&rest, INT64_MAX, &when))
		return false;
	entry->records++;
	entry->last = (int64_t)when;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (record_is(record, events[i].type))
			return events[i].apply(entry, rest);
	return false;
}

/* ---- written ---- */

void
note(struct notes *notes, const char *type, const char *format, ...)
{
	struct entry *entry = notes->entry;
	size_t start = notes->text.len;
	struct record_view record;
	struct span written;
	va_list arguments;

	va_start(arguments, format);
	record_printf(&notes->text, type, "%u %" PRId64 "%s%s", entry->records + 1,
		      wall_ms(), *format ? " " : "",
		      arena_vprintf(entry->arena, format, arguments));
	va_end(arguments);
	written = span_part(buf_span(&notes->text), start, SIZE_MAX);
	/* The entry is as it would be if it were read again. */
	if (record_next(&written, &record) == RECORD_WHOLE)
		journal_apply(entry, &record);
}

void
journal_hint(const struct entry *entry)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
					   { .tv_sec = (time_t)(entry->due / 1000),
					     .tv_nsec = (long)(entry->due % 1000) *
							1000000 } };

	/* Writing has set it to now, which is good enough for what is due. */
	if (entry->due <= wall_ms())
		return;
	/* Without the hint somebody looks at it too early, and sees what the journal
	 * says. */
	if (futimens(entry->fd, times) != 0)
		errno = 0;
}

size_t
journal_room(size_t recipients)
{
	return (1 + recipients) * NOTE_ROOM;
}

bool
journal_reserve(const struct entry *entry, struct error *err)
{
	static const char nothing = JOURNAL_FREE;
	size_t room = journal_room(entry_count(entry, RECIPIENT_WAITS, false));
	bool there = entry->journal_end + room <= entry->size ||
		     fallocate(entry->fd, FALLOC_FL_KEEP_SIZE, (off_t)entry->journal_end,
			       (off_t)room) == 0 ||
		     (errno != ENOSPC && errno != EDQUOT);

	/* A bad block, a limit, a file system that can only be read: better now than when
	 * a server is connected. */
	if (there && pwrite(entry->fd, &nothing, 1, (off_t)entry->journal_end) == 1)
		return true;
	return fail_errno(err, FAULT_IO,
			  _("The journal of a message in the queue cannot be written"));
}

bool
notes_write(struct notes *notes, bool durable)
{
	struct entry *entry = notes->entry;
	CLEANUP(release_buf) struct buf text = notes->text;
	size_t done = 0;

	notes->text = (struct buf){ 0 };
	while (done < text.len) {
		ssize_t put = pwrite(entry->fd, text.at + done, text.len - done,
				     (off_t)(entry->journal_end + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		done += (size_t)put;
	}
	entry->journal_end += text.len;
	if (entry->size < entry->journal_end)
		entry->size = entry->journal_end;
	journal_hint(entry);
	return !durable || fdatasync(entry->fd) == 0;
}

/* ---- what it says ---- */

bool
entry_is_busy(const struct entry *entry)
{
	return entry->unfinished && flock(entry->fd, LOCK_SH | LOCK_NB) != 0 &&
	       errno == EWOULDBLOCK;
}

size_t
entry_count(const struct entry *entry, enum recipient_state state, bool unnoticed)
{
	size_t count = 0;

	for (size_t i = 0; i < entry->envelope.count; i++)
		count += entry->recipients[i].state == state &&
			 !(unnoticed && entry->recipients[i].noticed);
	return count;
}
