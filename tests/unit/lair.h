/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A throw-away folder with queues in it, and letters to keep there. */
#ifndef LAIR_H
#define LAIR_H

#include "unit.h"

#include "base/file.h"
#include "queue/keep.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* In memory, where that can be had: nothing here is about a disk. */
static char lair_in_memory[] = "/dev/shm/test-queue.XXXXXX";
static char lair_on_disk[] = "/tmp/test-queue.XXXXXX";
static char *lair;

/* The group's fixtures. */
static inline int
lair_make(void **state)
{
	(void)state;
	umask(022);
	lair = mkdtemp(lair_in_memory);
	if (!lair)
		lair = mkdtemp(lair_on_disk);
	return lair ? 0 : -1;
}

static inline int
lair_remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline int
lair_remove(void **state)
{
	(void)state;
	return nftw(lair, lair_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The queue NAME of the lair, made if it is not there. */
static inline struct spool
lair_spool(struct arena *arena, const char *name)
{
	struct error err = { .arena = arena };
	struct spool spool;

	if (!spool_make(arena_printf(arena, "%s/%s", lair, name), &spool, &err))
		fprintf(stderr, "%s: %s\n", name, err.what);
	assert_int_equal(err.fault, FAULT_NONE);
	return spool;
}

/* A message with all that is needed to keep it; change the parcel before it is kept. */
struct letter {
	struct message message;
	struct composed composed;
	struct envelope envelope;
	struct account_key key;
	struct parcel parcel;
};

/* Parts of the letter point into it: it stays where it is. */
static inline void
letter_write(struct arena *arena, struct span text, struct letter *letter)
{
	static const char *to[] = { "b@example.net" };
	const struct header_policy policy = { ADD_NEVER, ADD_NEVER, ADD_NEVER,
					      TO_OFF,	 false,	    false };
	const struct origin_facts origin = { 0 };
	struct error err = { .arena = arena };
	CLEANUP(close_file) int fd = memfd_create("letter", MFD_CLOEXEC);

	assert_true(fd >= 0 && write_all(fd, text.at, text.len));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	*letter = (struct letter){
		.envelope = { .sender = "a@example.org", .to = to, .count = 1 },
		.key = { .name = "work" },
	};
	assert_true(message_read(arena, fd, false, &letter->message, &err));
	letter->composed =
		compose(arena, &letter->message, &policy, &origin, &letter->envelope);
	letter->parcel = (struct parcel){
		.key = &letter->key,
		.envelope = &letter->envelope,
		.composed = &letter->composed,
		.facts = &letter->message.facts,
		.lifetime = 1000 * 1000,
	};
}

/* Keeps it, lets go of the message, and says under which name it is. */
static inline struct entry_name
letter_keep(struct arena *arena, const struct spool *spool, struct letter *letter)
{
	struct error err = { .arena = arena };
	struct entry_name name = { 0 };
	char id[ID_DIGITS + 1] = "";

	if (!keep_message(spool, &letter->parcel, id, &err))
		fprintf(stderr, "%s\n", err.what);
	assert_int_equal(err.fault, FAULT_NONE);
	assert_true(spool_find(spool, PLACE_WAITING, id, &name));
	message_release(&letter->message);
	return name;
}

/* Where a message of the queue is. */
static inline char *
lair_file(struct arena *arena, const struct spool *spool, enum place place,
	  const struct entry_name *name)
{
	static const char *const folders[] = { "msg", "hold", "failed", "corrupt" };
	char file[NAME_ROOM];

	name_print(name, file);
	if (place == PLACE_WAITING)
		return arena_printf(arena, "%s/msg/%s/%s", spool->path,
				    name->id + ID_DIGITS - 2, file);
	return arena_printf(arena, "%s/%s/%s", spool->path, folders[place], file);
}

/* A file's octets, and a file of them. */
static inline struct buf
lair_read(const char *path)
{
	CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = { 0 };

	assert_true(fd >= 0 && read_to_end(fd, SIZE_MAX, &text));
	return text;
}

static inline void
lair_write(const char *path, struct span text)
{
	CLEANUP(close_file)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write_all(fd, text.at, text.len));
}

#endif
