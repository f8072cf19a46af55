/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the file of a message, claims it, and checks it. */
#include "queue/entry.h"

#include "base/crc.h"
#include "base/file.h"
#include "net/digest.h"
#include "queue/journal.h"
#include "queue/label.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK = 64 * 1024,
	LOOK = 8 * 1024,	     /* octets that most messages fit into */
	HEAD_MAX = 64 * 1024 * 1024, /* 100,000 recipients and more */
	TAIL_MAX = 64 * 1024 * 1024, /* octets behind the content */
	NOTE_MAX = 128 * 1024	     /* octets of a record of the journal */
};

/* ---- bytes ---- */

/* Up to WANTED octets from AT on, appended. False with errno set. */
static bool
read_at(int fd, uint64_t at, size_t wanted, struct buf *out)
{
	while (wanted) {
		ssize_t got = pread(fd, buf_reserve(out, wanted), wanted, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		out->len += (size_t)got;
		out->at[out->len] = '\0';
		at += (size_t)got;
		wanted -= (size_t)got;
	}
	return true;
}

/* The same, from what was read of the beginning already, where that is enough. */
static bool
part_of(int fd, struct span start, uint64_t at, size_t wanted, struct buf *out)
{
	if (at > start.len || wanted > start.len - at)
		return read_at(fd, at, wanted, out);
	buf_add_span(out, span_part(start, (size_t)at, wanted));
	return true;
}

/* ---- the head ---- */

/* A head under way: settings grow by doubling. */
struct head {
	struct entry *entry;
	struct label label;
	struct assignment *assignments;
	bool versioned;
};

static bool
take_setting(struct head *head, struct span text)
{
	struct account_key *key = &head->entry->key;
	size_t count = key->assignment_count;
	struct span copy = span_of(span_string(head->entry->arena, text));

	if ((count & (count - 1)) == 0) {
		struct assignment *more = arena_array(
			head->entry->arena, struct assignment, count ? 2 * count : 1);

		if (head->assignments)
			memcpy(more, head->assignments, count * sizeof(*more));
		key->assignments = head->assignments = more;
	}
	if (!assignment_parse(copy, &head->assignments[count]))
		return false;
	key->assignment_count++;
	return true;
}

/* Texts that go into the entry as they are. */
static const char **
text_place(struct entry *entry, const struct record_view *record)
{
	if (record_is(record, "account"))
		return &entry->key.name;
	if (record_is(record, "config"))
		return &entry->key.config_file;
	return record_is(record, "about") ? &entry->about : NULL;
}

static bool
take_own_record(struct head *head, const struct record_view *record)
{
	struct entry *entry = head->entry;
	struct span value = record->value;
	const char **place = text_place(entry, record);

	if (place) {
		/* It would end a name. */
		if (has_control(value))
			return false;
		*place = span_string(entry->arena, value);
		return true;
	}
	if (record_is(record, "set"))
		return take_setting(head, value);
	if (record_is(record, "id"))
		return span_equal(value, span_of(entry->name.id));
	if (record_is(record, "uid"))
		return record_unsigned(&value, &entry->uid) && !value.len;
	if (record_is(record, "arrival"))
		return record_time(&value, &entry->arrival) && !value.len;
	if (record_is(record, "expires"))
		return record_time(&value, &entry->expires) && !value.len;
	if (record_is(record, "without-file"))
		return entry->key.without_file = true;
	if (record_is(record, "msmtp")) {
		entry->key.dialect = DIALECT_MSMTP;
		return true;
	}
	return false;
}

static bool
take_record(struct head *head, const struct record_view *record)
{
	switch (label_take(&head->label, record)) {
	case LABEL_TAKEN:
		return true;
	case LABEL_WRONG:
		return false;
	case LABEL_OTHER:
		break;
	}
	return take_own_record(head, record);
}

/* Reads records up to the content. TORN: more octets are needed. */
static enum record_state
read_head(struct head *head, struct span text)
{
	struct span rest = text, type;
	struct record_view record;
	enum record_state state;
	uint64_t len;
	size_t used;

	for (;;) {
		state = record_head(rest, &type, &len, &used);
		if (state != RECORD_WHOLE)
			return state;
		if (span_equal(type, SPAN("content")))
			break;
		state = record_next(&rest, &record);
		if (state != RECORD_WHOLE)
			return state;
		if (!head->versioned) {
			head->versioned = record_is(&record, "postrider-message") &&
					  span_equal(record.value, SPAN("1"));
			if (!head->versioned)
				return RECORD_DAMAGED;
		} else if (!take_record(head, &record)) {
			return RECORD_DAMAGED;
		}
	}
	head->entry->content_at = (uint64_t)(rest.at - text.at) + used;
	head->entry->content_size = len;
	head->entry->envelope = head->label.envelope;
	head->entry->facts = head->label.facts;
	head->entry->header_size = head->label.header_size;
	return head->versioned && label_is_whole(&head->label) ? RECORD_WHOLE
							       : RECORD_DAMAGED;
}

/* TEXT is then the beginning of the file: all of most of them. */
static enum entry_result
read_whole_head(struct entry *entry, uint64_t size, struct buf *text)
{
	enum record_state state = RECORD_TORN;
	size_t wanted = LOOK;

	for (; state == RECORD_TORN; wanted *= 8) {
		struct entry fresh = *entry;
		struct head head = { .entry = &fresh, .label.arena = entry->arena };

		if (!read_at(entry->fd, text->len, wanted - text->len, text))
			return ENTRY_TROUBLE;
		state = read_head(&head, buf_span(text));
		if (state == RECORD_WHOLE)
			*entry = fresh;
		else if (text->len >= size || text->len >= HEAD_MAX)
			return ENTRY_DAMAGED;
	}
	if (state != RECORD_WHOLE || entry->content_size > size ||
	    entry->content_at > size - entry->content_size ||
	    entry->header_size > entry->content_size ||
	    entry->content_size != entry->name.size)
		return ENTRY_DAMAGED;
	return ENTRY_GOOD;
}

/* ---- content and end ---- */

/* What reading the file from the beginning says about it. */
struct sums {
	char hex[DIGEST_HEX + 1];
	uint32_t crc;	/* of the content record */
	uint64_t start; /* where that record begins */
};

static bool
sum_up(const struct entry *entry, struct span start, struct sums *sums)
{
	CLEANUP(release_buf) struct buf block = { 0 };
	struct digest *digest = digest_begin();
	uint64_t end = entry->content_at + entry->content_size, at = 0;
	bool ok = true;

	while (ok && at < end) {
		size_t wanted = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
		uint64_t skip = sums->start > at ? sums->start - at : 0;
		struct span piece;

		block.len = 0;
		ok = part_of(entry->fd, start, at, wanted, &block) && block.len == wanted;
		piece = span_part(buf_span(&block), (size_t)skip, SIZE_MAX);
		sums->crc = crc32c(sums->crc, piece.at, piece.len);
		digest_add(digest, buf_span(&block));
		at += wanted;
	}
	if (ok) {
		block.len = 0;
		buf_printf(&block, " %08" PRIx32 "\n", sums->crc);
		digest_add(digest, buf_span(&block));
	}
	digest_end(&digest, sums->hex);
	return ok;
}

/* Reads what is behind the content's octets: the end of that record, `end`, and the
 * journal, which REST is made to show. */
static enum entry_result
check_end(struct entry *entry, enum entry_use use, struct span start, struct span *rest)
{
	char head[RECORD_HEAD_MAX], tail[16];
	int len =
		snprintf(head, sizeof(head), "content %" PRIu64 ":", entry->content_size);
	struct sums sums = { .start = entry->content_at - (uint64_t)len };
	uint64_t end = entry->content_at + entry->content_size + 10, written;
	struct span value, crc = span_part(*rest, 0, 10);
	struct record_view record;

	*rest = span_part(*rest, 10, SIZE_MAX);
	if (record_next(rest, &record) != RECORD_WHOLE || !record_is(&record, "end"))
		return ENTRY_DAMAGED;
	value = record.value;
	if (!span_number(span_word(&value), &written) || written != end)
		return ENTRY_DAMAGED;
	if (use == ENTRY_LOOK)
		return ENTRY_GOOD;
	if (!sum_up(entry, start, &sums))
		return ENTRY_TROUBLE;
	snprintf(tail, sizeof(tail), " %08" PRIx32 "\n", sums.crc);
	return span_equal(crc, span_of(tail)) && span_equal(value, span_of(sums.hex))
		       ? ENTRY_GOOD
		       : ENTRY_DAMAGED;
}

static struct span
behind_room(struct span rest)
{
	size_t room = 0;

	while (room < rest.len && rest.at[room] == JOURNAL_FREE)
		room++;
	return span_part(rest, room, SIZE_MAX);
}

/* Makes room of what is behind the last record. */
static bool
wipe_out(const struct entry *entry)
{
	CLEANUP(release_buf) struct buf room = { 0 };
	size_t len = (size_t)(entry->size - entry->journal_end);

	memset(buf_reserve(&room, len), JOURNAL_FREE, len);
	return pwrite(entry->fd, room.at, len, (off_t)entry->journal_end) == (ssize_t)len;
}

/* A power cut may leave a hole where a record was, or half of one at the end: they are as
 * if they had not been written, but that a hole leaves doubt about what it said. */
static enum entry_result
read_journal(struct entry *entry, enum entry_use use, struct span rest)
{
	struct record_view record;
	struct span torn = rest; /* what is behind the last record */
	bool hole = false;

	while ((rest = behind_room(rest)).len) {
		/* Whatever length a damaged one claims to have, no more is looked at. */
		struct span note = span_part(rest, 0, NOTE_MAX);
		size_t len = note.len;

		if (record_next(&note, &record) != RECORD_WHOLE) {
			rest = span_part(rest, span_find(rest, '\n') + 1, SIZE_MAX);
			continue;
		}
		rest = span_part(rest, len - note.len, SIZE_MAX);
		if (!journal_apply(entry, &record))
			return ENTRY_DAMAGED;
		hole |= record.type.at != torn.at;
		torn = rest;
	}
	entry->in_doubt |= entry->dot_sent || hole;
	entry->journal_end = entry->size - torn.len;
	if (use == ENTRY_CLAIM && behind_room(torn).len && !wipe_out(entry))
		return ENTRY_TROUBLE;
	return ENTRY_GOOD;
}

static enum entry_result
read_tail(struct entry *entry, enum entry_use use, uint64_t size, struct span start)
{
	uint64_t at = entry->content_at + entry->content_size;
	CLEANUP(release_buf) struct buf text = { 0 };
	struct span rest;
	enum entry_result result;

	if (size - at > TAIL_MAX)
		return ENTRY_DAMAGED;
	if (!part_of(entry->fd, start, at, (size_t)(size - at), &text))
		return ENTRY_TROUBLE;
	rest = buf_span(&text);
	entry->recipients =
		arena_array(entry->arena, struct recipient, entry->envelope.count);
	entry->due = entry->last = entry->arrival;
	result = check_end(entry, use, start, &rest);
	entry->size = at + text.len;
	return result == ENTRY_GOOD ? read_journal(entry, use, rest) : result;
}

/* ---- the file ---- */

/* Whether the name still leads to the file that is open. */
static bool
is_still_there(int folder, const char *file, const struct stat *open)
{
	struct stat now;

	return fstatat(folder, file, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_ino == open->st_ino && now.st_dev == open->st_dev;
}

static enum entry_result
open_file(struct entry *entry, enum entry_use use, struct stat *info)
{
	CLEANUP(close_file)
	int folder = spool_folder(entry->spool, entry->place, entry->name.id);
	char file[NAME_ROOM];

	name_print(&entry->name, file);
	if (folder >= 0)
		entry->fd = openat(folder, file,
				   (use == ENTRY_CLAIM ? O_RDWR : O_RDONLY) | O_CLOEXEC |
					   O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (entry->fd < 0)
		return errno == ENOENT ? ENTRY_GONE
		       : errno == ELOOP || errno == ENXIO || errno == EISDIR
			       ? ENTRY_DAMAGED
			       : ENTRY_TROUBLE;
	if (use == ENTRY_CLAIM && flock(entry->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? ENTRY_BUSY : ENTRY_TROUBLE;
	if (fstat(entry->fd, info) != 0)
		return ENTRY_TROUBLE;
	if (use == ENTRY_CLAIM && !is_still_there(folder, file, info))
		return ENTRY_GONE;
	return S_ISREG(info->st_mode) && info->st_uid == geteuid() ? ENTRY_GOOD
								   : ENTRY_DAMAGED;
}

enum entry_result
entry_open(struct entry *entry, enum entry_use use)
{
	CLEANUP(release_buf) struct buf start = { 0 };
	struct stat info;
	enum entry_result result = open_file(entry, use, &info);

	if (result == ENTRY_GOOD)
		result = read_whole_head(entry, (uint64_t)info.st_size, &start);
	if (result == ENTRY_GOOD)
		result = read_tail(entry, use, (uint64_t)info.st_size, buf_span(&start));
	return result;
}

void
entry_close(struct entry *entry)
{
	close_file(&entry->fd);
}

bool
entry_find(struct entry *entry)
{
	char id[ID_DIGITS + 1];

	memcpy(id, entry->name.id, sizeof(id));
	for (entry->place = PLACE_WAITING; entry->place < PLACE_COUNT; entry->place++)
		if (spool_find(entry->spool, entry->place, id, &entry->name))
			return true;
	return false;
}

/* ---- what it says ---- */

bool
entry_message(const struct entry *entry, struct message *message,
	      struct composed *composed, struct error *err)
{
	struct span header;

	*message = (struct message){
		.facts = entry->facts,
		.body = { .fd = entry->fd,
			  .size = entry->content_size - entry->header_size,
			  .start = entry->content_at + entry->header_size },
	};
	if (!read_at(entry->fd, entry->content_at, (size_t)entry->header_size,
		     &message->text))
		return fail_errno(err, FAULT_IO,
				  _("A message of the queue cannot be read"));
	header = buf_span(&message->text);
	/* Without the empty line behind it. */
	message->header = span_part(header, 0, header.len >= 2 ? header.len - 2 : 0);
	message->fields = header_split(entry->arena, message->header, &message->count);
	*composed = (struct composed){
		.pieces = arena_array(entry->arena, struct span, 1),
		.count = 1,
		.size = header.len,
		.body = &message->body,
	};
	composed->pieces[0] = header;
	return true;
}
