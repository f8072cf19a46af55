/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a message from arbitrary octets: looked at, claimed, and kept again. */
#include "lair.h"

#include "net/digest.h"
#include "queue/entry.h"
#include "queue/journal.h"
#include "queue/keep.h"

#define ID "0192F0A1B2C3AABBCCDDEEFF"
#define AGAIN "0192F0A1B2C3AABBCCDDEE00"

enum { ROOM = 100 };

/* ---- the file ---- */

/* Lines "TYPE VALUE" up to an empty one, each as a whole record. */
static void
add_lines(struct span *text, struct buf *out)
{
	struct arena arena = { 0 };

	while (text->len && text->at[0] != '\n') {
		struct record_view line = next_line(text);

		record_add(out, span_string(&arena, line.type), line.value);
	}
	*text = span_part(*text, 1, SIZE_MAX);
	arena_release(&arena);
}

/* A whole file, so that what is behind the checksums is reached, too: lines of the head,
 * an empty one, lines of the journal, an empty one, and the content. */
static void
make_whole(struct span text, struct buf *out)
{
	struct buf journal = { 0 };
	char hex[DIGEST_HEX + 1];

	record_add(out, "postrider-message", SPAN("1"));
	record_add(out, "id", SPAN(ID));
	record_add(out, "sender", SPAN("a@example.org"));
	record_add(out, "to", SPAN("b@example.net"));
	add_lines(&text, out);
	add_lines(&text, &journal);
	record_add(out, "content", text);
	digest_hex(buf_span(out), hex);
	record_printf(out, "end", "%zu %s", out->len, hex);
	buf_add_span(out, buf_span(&journal));
	buf_release(&journal);
}

/* The name is a part of the message: its size has to be right. */
static struct entry_name
name_of(struct span text)
{
	struct entry_name name = { .id = ID, .tag = "01234567" };
	struct record_view record;
	struct span type;
	size_t used;

	while (record_head(text, &type, &name.size, &used) == RECORD_WHOLE &&
	       !span_equal(type, SPAN("content")) &&
	       record_next(&text, &record) == RECORD_WHOLE)
		continue;
	return name;
}

static struct buf
read_file(const struct entry_name *name)
{
	CLEANUP(close_file) int at = spool_folder(&spool, PLACE_WAITING, name->id);
	CLEANUP(close_file) int fd = -1;
	struct buf text = { 0 };
	char file[NAME_ROOM];

	name_print(name, file);
	fd = openat(at, file, O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && read_to_end(fd, SIZE_MAX, &text));
	return text;
}

/* ---- what must hold ---- */

static struct entry
entry_of(struct arena *arena, const struct entry_name *name)
{
	return (struct entry){ .arena = arena, .spool = &spool, .name = *name, .fd = -1 };
}

/* Only what was written by somebody who knew all of it is good. */
static void
check_digest(const struct entry *entry, struct span text)
{
	size_t at = (size_t)(entry->content_at + entry->content_size) + 10;
	struct span rest = span_part(text, at, SIZE_MAX), value;
	struct record_view record;
	char hex[DIGEST_HEX + 1];
	uint64_t written;

	check(record_next(&rest, &record) == RECORD_WHOLE && record_is(&record, "end"));
	value = record.value;
	digest_hex(span_part(text, 0, at), hex);
	check(span_number(span_word(&value), &written) && written == at);
	check(span_equal(value, span_of(hex)));
}

static void
check_entry(const struct entry *entry)
{
	size_t all = 0;

	check(entry->envelope.count && entry->envelope.sender);
	for (size_t i = 0; i < entry->envelope.count; i++)
		check(entry->envelope.to[i] &&
		      entry->recipients[i].state <= RECIPIENT_REFUSED);
	for (enum recipient_state state = RECIPIENT_WAITS; state <= RECIPIENT_REFUSED;
	     state++)
		all += entry_count(entry, state, false);
	check(all == entry->envelope.count);
	check(!entry->done || !entry_count(entry, RECIPIENT_WAITS, false));
}

static bool
is_room(struct span text)
{
	while (text.len && text.at[text.len - 1] == JOURNAL_FREE)
		text.len--;
	return !text.len;
}

/* All records of a file that was kept here, but those that tell the time and the name. */
static struct buf
essence(const struct entry_name *name)
{
	struct buf text = read_file(name), out = { 0 };
	struct span rest = buf_span(&text);
	struct record_view record;

	while (record_next(&rest, &record) == RECORD_WHOLE)
		if (!record_is(&record, "id") && !record_is(&record, "arrival") &&
		    !record_is(&record, "expires") && !record_is(&record, "end"))
			record_add(&out, "x", record.value);
	check(is_room(rest) && text.len % 4096 == 0);
	buf_release(&text);
	return out;
}

/* Keeps what the entry says as a message of its own, and opens that. */
static struct entry
keep_again(const struct entry *entry)
{
	struct error err = { .arena = entry->arena };
	struct entry_name name;
	struct message message;
	struct composed composed;
	struct parcel parcel = {
		.id = AGAIN,
		.key = &entry->key,
		.envelope = &entry->envelope,
		.composed = &composed,
		.facts = &entry->facts,
		.about = entry->about,
	};
	struct entry again;
	char id[ID_DIGITS + 1];

	if (spool_find(&spool, PLACE_WAITING, AGAIN, &name))
		check(spool_remove(&spool, PLACE_WAITING, &name, false));
	check(entry_message(entry, &message, &composed, &err));
	check(keep_message(&spool, &parcel, id, &err));
	buf_release(&message.text);
	check(spool_find(&spool, PLACE_WAITING, AGAIN, &name));
	again = entry_of(entry->arena, &name);
	check(entry_open(&again, ENTRY_CLAIM) == ENTRY_GOOD);
	return again;
}

static void
check_kept(const struct entry *entry)
{
	struct entry once = keep_again(entry), twice;
	struct buf first = essence(&once.name), second;

	twice = keep_again(&once);
	second = essence(&twice.name);
	check(span_equal(buf_span(&first), buf_span(&second)));
	check(once.content_size == entry->content_size);
	check(once.envelope.count == entry->envelope.count);
	entry_close(&once);
	entry_close(&twice);
	buf_release(&first);
	buf_release(&second);
}

/* A claim has made room of what was torn, and of nothing else. */
static void
check_claimed(struct arena *arena, const struct entry *entry, struct span text)
{
	struct buf left = read_file(&entry->name);
	struct entry again = entry_of(arena, &entry->name);

	check(left.len == text.len && left.len == entry->size);
	check(memcmp(left.at, text.at, (size_t)entry->journal_end) == 0);
	check(is_room(span_part(buf_span(&left), (size_t)entry->journal_end, SIZE_MAX)));
	check(entry_open(&again, ENTRY_LOOK) == ENTRY_GOOD);
	check(again.records == entry->records && again.due == entry->due);
	check(again.done == entry->done && again.in_doubt == entry->in_doubt);
	entry_close(&again);
	buf_release(&left);
}

static void
check_file(struct span text)
{
	struct arena arena = { 0 };
	struct entry_name name = name_of(text);
	CLEANUP(close_file) int at = spool_folder(&spool, PLACE_WAITING, name.id);
	char file[NAME_ROOM];
	struct entry look = entry_of(&arena, &name), claim = look;
	enum entry_result looked, claimed;

	name_print(&name, file);
	write_file(at, file, text);
	looked = entry_open(&look, ENTRY_LOOK);
	claimed = entry_open(&claim, ENTRY_CLAIM);
	check(looked == ENTRY_GOOD || looked == ENTRY_DAMAGED);
	check(claimed == ENTRY_GOOD || claimed == ENTRY_DAMAGED);
	if (looked == ENTRY_GOOD)
		check_entry(&look);
	if (claimed == ENTRY_GOOD) {
		check(looked == ENTRY_GOOD);
		check_digest(&claim, text);
		check_entry(&claim);
		check_claimed(&arena, &claim, text);
		check_kept(&claim);
	}
	entry_close(&look);
	entry_close(&claim);
	check(spool_remove(&spool, PLACE_WAITING, &name, false));
	arena_release(&arena);
}

/* Whatever is whole is the same when it is written again. */
static void
check_records(struct span text)
{
	struct arena arena = { 0 };
	struct record_view record, again;
	struct span before = text;

	while (record_next(&text, &record) == RECORD_WHOLE) {
		struct buf out = { 0 };
		struct span written;

		check(text.len < before.len);
		before = text;
		record_add(&out, span_string(&arena, record.type), record.value);
		written = buf_span(&out);
		check(record_next(&written, &again) == RECORD_WHOLE && !written.len);
		check(span_equal(again.type, record.type));
		check(span_equal(again.value, record.value));
		buf_release(&out);
	}
	arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct buf records = { 0 };

	check_records(text);
	check_file(text);
	make_whole(text, &records);
	check_file(buf_span(&records));
	memset(buf_reserve(&records, ROOM), JOURNAL_FREE, ROOM);
	records.len += ROOM;
	check_file(buf_span(&records));
	buf_release(&records);
	return 0;
}
