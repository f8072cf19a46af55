/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the file of a message, checks that it is on the disk, and only then gives it its
 * name. */
#include "queue/keep.h"

#include "base/crc.h"
#include "base/file.h"
#include "net/digest.h"
#include "queue/journal.h"
#include "queue/label.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK = 64 * 1024,
	PAGE = 4096, /* octets that a disk has anyway when there is one of them */
	FEW = 12     /* recipients for whom there is room from the beginning */
};

/* A file being written. */
struct writer {
	int fd;
	struct digest *digest;
	uint64_t written;
	uint32_t crc; /* of the content record */
};

static bool
put(struct writer *writer, struct span bytes)
{
	digest_add(writer->digest, bytes);
	writer->written += bytes.len;
	writer->crc = crc32c(writer->crc, bytes.at, bytes.len);
	return write_all(writer->fd, bytes.at, bytes.len);
}

/* ---- the records before the content ---- */

static void
add_key(struct buf *out, const struct account_key *key)
{
	struct arena arena = { 0 };

	record_add_text(out, "account", key->name);
	record_add_text(out, "config", key->config_file);
	if (key->without_file)
		record_add(out, "without-file", SPAN(""));
	if (key->dialect == DIALECT_MSMTP)
		record_add(out, "msmtp", SPAN(""));
	for (size_t i = 0; i < key->assignment_count; i++)
		record_add_text(out, "set",
				assignment_print(&arena, &key->assignments[i]));
	arena_release(&arena);
}

static void
add_head(struct buf *out, const struct parcel *parcel, const char *id)
{
	const struct label label = {
		.envelope = *parcel->envelope,
		.facts = *parcel->facts,
		.header_size = parcel->composed->size,
	};
	int64_t now = wall_ms();

	record_add(out, "postrider-message", SPAN("1"));
	record_add(out, "id", span_of(id));
	record_printf(out, "uid", "%lu", (unsigned long)getuid());
	record_printf(out, "arrival", "%" PRId64, now);
	record_printf(out, "expires", "%" PRId64, now + parcel->lifetime);
	record_add_text(out, "about", parcel->about);
	add_key(out, parcel->key);
	label_add(out, &label);
}

/* ---- content, end, how the journal begins, and room for the rest ---- */

static bool
put_body(struct writer *writer, const struct body *body, struct error *err)
{
	CLEANUP(release_buf) struct buf room = { 0 };
	uint64_t offset = 0;
	struct span piece;

	buf_reserve(&room, BLOCK);
	for (;; offset += piece.len) {
		if (!body_view(body, offset, &room, &piece, err))
			return false;
		if (!piece.len || !put(writer, piece))
			return !piece.len;
	}
}

static bool
put_content(struct writer *writer, const struct composed *composed, struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	bool ok;

	buf_printf(&text, "content %" PRIu64 ":", composed->size + composed->body->size);
	writer->crc = 0;
	ok = put(writer, buf_span(&text));
	for (size_t i = 0; ok && i < composed->count; i++)
		ok = put(writer, composed->pieces[i]);
	if (!ok || !put_body(writer, composed->body, err))
		return false;
	text.len = 0;
	buf_printf(&text, " %08" PRIx32 "\n", writer->crc);
	return put(writer, buf_span(&text));
}

/* What has happened to it already, in the words of the journal. */
static void
add_history(struct buf *out, const struct parcel *parcel)
{
	int64_t now = wall_ms();
	unsigned number = 0;

	if (parcel->in_doubt)
		record_printf(out, "doubt", "%u %" PRId64, ++number, now);
	if (parcel->why && !(parcel->texts && parcel->texts[0]))
		record_printf(out, "defer", "%u %" PRId64 " * %s", ++number, now,
			      parcel->why);
	for (size_t i = 0; parcel->texts && i < parcel->envelope->count; i++)
		if (parcel->texts[i])
			record_printf(out, "defer", "%u %" PRId64 " %zu %s", ++number,
				      now, i, parcel->texts[i]);
	if (parcel->due > now)
		record_printf(out, "due", "%u %" PRId64 " %" PRId64, ++number, now,
			      parcel->due);
}

/* Room for what becomes of it: a full disk must not keep a message from leaving. Notes that
 * do not make the file longer are synced in half the time, too: file systems with a journal
 * have nothing to write into that. */
static void
add_room(struct buf *out, uint64_t written, size_t recipients)
{
	size_t room = journal_room(recipients < FEW ? recipients : FEW);

	room += PAGE - 1 - (size_t)((written + out->len + room - 1) % PAGE);
	memset(buf_reserve(out, room), JOURNAL_FREE, room);
	out->len += room;
}

static bool
put_end(struct writer *writer, const struct parcel *parcel)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	char hex[DIGEST_HEX + 1];

	digest_end(&writer->digest, hex);
	record_printf(&text, "end", "%" PRIu64 " %s", writer->written, hex);
	add_history(&text, parcel);
	add_room(&text, writer->written, parcel->envelope->count);
	return put(writer, buf_span(&text));
}

static bool
write_file(int fd, const struct parcel *parcel, const char *id, struct error *err)
{
	const struct timespec due[2] = { { .tv_nsec = UTIME_OMIT },
					 { .tv_sec = (time_t)(parcel->due / 1000) } };
	struct writer writer = { .fd = fd, .digest = digest_begin() };
	CLEANUP(release_buf) struct buf head = { 0 };
	bool ok;

	add_head(&head, parcel, id);
	ok = put(&writer, buf_span(&head)) &&
	     put_content(&writer, parcel->composed, err) && put_end(&writer, parcel);
	digest_end(&writer.digest, NULL);
	return ok && futimens(fd, due) == 0 && fsync(fd) == 0;
}

/* ---- the name ---- */

void
account_tag(const struct account_key *key, char tag[TAG_DIGITS + 1])
{
	CLEANUP(release_buf) struct buf text = { 0 };

	add_key(&text, key);
	buf_add_string(&text, "");
	snprintf(tag, TAG_DIGITS + 1, "%08" PRIX32, crc32c(0, text.at, text.len));
}

/* Publishes tmp/ID under its name. */
static bool
publish(const struct spool *spool, const struct entry_name *name)
{
	CLEANUP(close_file)
	int tmp = openat(spool->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_file) int folder = spool_folder(spool, PLACE_WAITING, name->id);
	char file[NAME_ROOM];
	int saved;

	name_print(name, file);
	if (tmp < 0 || folder < 0 || !rename_new(tmp, name->id, folder, file))
		return false;
	if (sync_folder(folder))
		return true;
	/* Nobody can say what is on the disk; so that it is not there, as is said. */
	saved = errno;
	unlinkat(folder, file, 0);
	if (!sync_folder(folder))
		saved = errno;
	errno = saved;
	return false;
}

bool
keep_message(const struct spool *spool, const struct parcel *parcel,
	     char id[ID_DIGITS + 1], struct error *err)
{
	struct entry_name name = {
		.size = parcel->composed->size + parcel->composed->body->size,
	};
	char tmp[NAME_ROOM];
	CLEANUP(close_file) int fd = -1;
	bool ok;

	if (parcel->id)
		memcpy(name.id, parcel->id, sizeof(name.id));
	else
		id_make(name.id);
	account_tag(parcel->key, name.tag);
	snprintf(tmp, sizeof(tmp), "tmp/%s", name.id);
	/* What is left of somebody who was ended on the way. */
	if (parcel->id)
		unlinkat(spool->fd, tmp, 0);
	fd = openat(spool->fd, tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	ok = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	     write_file(fd, parcel, name.id, err) && publish(spool, &name);
	if (!ok) {
		int saved = errno;

		if (fd >= 0)
			unlinkat(spool->fd, tmp, 0);
		errno = saved;
		return spool_fail(spool->path, _("The message cannot be kept"), err);
	}
	memcpy(id, name.id, sizeof(name.id));
	return true;
}
