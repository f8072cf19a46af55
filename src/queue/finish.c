/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ends the stay of a message in the queue. */
#include "queue/finish.h"

#include "base/file.h"
#include "queue/keep.h"
#include "queue/notice.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 * 1000 /* ms */ };

static bool
unwritten(struct error *err)
{
	return fail_errno(err, FAULT_IO,
			  _("The journal of a message in the queue cannot be written"));
}

static bool
unremoved(const struct spool *spool, struct error *err)
{
	return spool_fail(spool->path, _("A message cannot be removed"), err);
}

static bool
write_notes(struct notes *notes, struct error *err)
{
	return notes_write(notes, true) || unwritten(err);
}

/* Refused recipients of whom the sender knows nothing yet. */
static bool
tell_sender(struct entry *entry, int64_t lifetime, struct error *err)
{
	struct notes notes = { .entry = entry };

	if (!entry_count(entry, RECIPIENT_REFUSED, true))
		return true;
	if (notice_is_due(entry) && !notice_keep(entry, lifetime, err))
		return false;
	for (size_t i = 0; i < entry->envelope.count; i++)
		if (entry->recipients[i].state == RECIPIENT_REFUSED &&
		    !entry->recipients[i].noticed)
			note(&notes, "noticed", "%zu", i);
	return write_notes(&notes, err);
}

bool
finish_entry(struct entry *entry, int64_t lifetime, bool *moved, struct error *err)
{
	*moved = false;
	if (!entry->done && !tell_sender(entry, lifetime, err))
		return false;
	if (!entry->done && entry_count(entry, RECIPIENT_WAITS, false))
		return true;
	*moved = true;
	if (entry_count(entry, RECIPIENT_REFUSED, false))
		return spool_move(entry->spool, &entry->name, entry->place, PLACE_FAILED,
				  err);
	return spool_remove(entry->spool, entry->place, &entry->name, false) ||
	       unremoved(entry->spool, err);
}

bool
hold_entry(struct entry *entry, int64_t lifetime, struct error *err)
{
	struct notes notes = { .entry = entry };

	/* The list shall say why, and so shall the notice. */
	note(&notes, "defer", "* 4.3.0 three attempts in a row ended the program%s",
	     entry->in_doubt ? "; it may have been delivered" : "");
	entry->held = true;
	if (notice_is_due(entry) && !notice_keep(entry, lifetime, err)) {
		buf_release(&notes.text);
		return false;
	}
	return write_notes(&notes, err) &&
	       spool_move(entry->spool, &entry->name, entry->place, PLACE_HELD, err);
}

void
leave_later(struct leaving *leaving, struct entry *entry, bool noted)
{
	*leaving = (struct leaving){ entry->spool, entry->name, entry->fd, noted };
	entry->fd = -1;
}

bool
leave_now(struct leaving *leaving, struct error *err)
{
	const struct spool *spool = leaving->spool;
	CLEANUP(close_file) int fd = spool ? leaving->fd : -1;
	bool known;

	if (!spool)
		return true;
	leaving->spool = NULL;
	known = leaving->noted && fdatasync(fd) == 0;
	return spool_remove(spool, PLACE_WAITING, &leaving->name, !known) ||
	       unremoved(spool, err);
}

static void
note_expired(struct notes *notes, int64_t now)
{
	const struct entry *entry = notes->entry;
	int64_t waited = entry->arrival < now ? now - entry->arrival : 0;

	for (size_t i = 0; i < entry->envelope.count; i++) {
		const struct recipient *recipient = &entry->recipients[i];
		const char *why = recipient->text ? recipient->text : "";

		if (recipient->state == RECIPIENT_WAITS)
			note(notes, "rcpt",
			     "%zu fail 4.4.7 given up after %" PRId64 " days%s%s", i,
			     waited / DAY, *why ? ": " : "", why);
	}
}

bool
expire_entry(struct entry *entry, int64_t lifetime, bool rested, struct error *err)
{
	struct notes notes = { .entry = entry };
	int64_t now = wall_ms();

	if (entry->expires <= now && rested && !entry->prolonged)
		note(&notes, "expires", "%" PRId64 " prolonged", now + DAY);
	else if (entry->expires <= now)
		note_expired(&notes, now);
	else if (entry->arrival > now + DAY && entry->expires > now + lifetime)
		note(&notes, "expires", "%" PRId64, now + lifetime);
	return !notes.text.len || write_notes(&notes, err);
}

bool
rename_entry(struct entry *entry, bool *renamed, struct error *err)
{
	struct entry_name name = entry->name;

	account_tag(&entry->key, name.tag);
	*renamed = strcmp(name.tag, entry->name.tag) != 0;
	return !*renamed ||
	       spool_rename(entry->spool, PLACE_WAITING, &entry->name, &name) ||
	       spool_fail(entry->spool->path, _("A message cannot be renamed"), err);
}
