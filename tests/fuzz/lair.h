/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A throw-away queue for a harness, gone when it ends. */
#ifndef FUZZ_LAIR_H
#define FUZZ_LAIR_H

#include "base/file.h"
#include "queue/record.h"
#include "queue/spool.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory, where that can be had. */
static char lair_in_memory[] = "/dev/shm/fuzz.XXXXXX",
	    lair_on_disk[] = "/tmp/fuzz.XXXXXX";
static struct spool spool;

static inline void
check(bool claim)
{
	if (!claim)
		abort();
}

static inline int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void
remove_lair(void)
{
	nftw(spool.path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct arena arena;
	struct error err = { .arena = &arena };
	const char *folder = mkdtemp(lair_in_memory);

	(void)argc;
	(void)argv;
	if (!folder)
		folder = mkdtemp(lair_on_disk);
	check(folder && spool_make(folder, &spool, &err));
	atexit(remove_lair);
	return 0;
}

/* FOLDER is a descriptor. */
static inline void
write_file(int folder, const char *name, struct span text)
{
	CLEANUP(close_file)
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	check(fd >= 0 && write_all(fd, text.at, text.len));
}

/* Takes the next line "TYPE VALUE" off the text. */
static inline struct record_view
next_line(struct span *text)
{
	struct span line = span_part(*text, 0, span_find(*text, '\n'));
	size_t blank = span_find(line, ' ');

	*text = span_part(*text, line.len + 1, SIZE_MAX);
	return (struct record_view){ span_part(line, 0, blank),
				     span_part(line, blank + 1, SIZE_MAX) };
}

#endif
