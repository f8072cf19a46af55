/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and descriptors: read whole, write whole, and let go at the closing brace. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* CLEANUP(close_file) int fd = …: released at the closing brace, in reverse order. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Closes *FD unless it is -1, and makes it -1. errno stays. */
void close_file(int *fd);
/* buf_release, in the shape that CLEANUP wants. */
void release_buf(struct buf *buf);

/* What read_to_end asks for at least. With room for so much beyond the end, the text never
 * moves, and no copy of a secret stays behind. */
enum { READ_PIECE = 4096 };
/* Reads to the end. False with errno set; EFBIG when there are more than LIMIT bytes. */
bool read_to_end(int fd, size_t limit, struct buf *out) MUST_CHECK;
/* Reads LEN bytes from AT on. False with errno set, which is 0 when the file ends before. */
bool read_part(int fd, uint64_t at, char *room, size_t len) MUST_CHECK;
/* Writes every byte, however often it takes. False with errno set. */
bool write_all(int fd, const char *at, size_t len) MUST_CHECK;
/* Renames within a file system, but never over what is there (EEXIST). False with errno
 * set. */
bool rename_new(int from, const char *old, int to, const char *name) MUST_CHECK;
struct stat;
/* Whether the file belongs to this user or to root. */
bool belongs_to_us(const struct stat *status);
/* Whether its mode lets somebody else write it than its owner, this user's group or root's.
 * What is no regular file has no such mode. */
bool others_may_write(const struct stat *status);
/* An unlinked file in $TMPDIR or /tmp, or in memory when neither can have one;
 * close-on-exec, mode 0600. -1 with errno set. */
int open_unlinked(void);
/* Writes every byte behind the first SIZE octets of such a file. When its disk is full it is
 * in memory from then on: *FD. False with errno set. */
bool write_unlinked(int *fd, uint64_t size, struct span text) MUST_CHECK;
/* The home folder: $HOME, else the passwd entry of the real uid, else NULL. */
const char *home_folder(struct arena *arena);
/* Where programs keep what they must not lose: $XDG_STATE_HOME, else .local/state in a home
 * (of the environment, else of the passwd entry) that belongs to the real user, else the
 * folder of state_to_make() if it does, else .local/state in the home of the passwd entry.
 * NULL when there is none of them. */
const char *state_folder(struct arena *arena);
/* What root may make for a user who has no home of his own, such as that of a web server:
 * /var/lib/postrider/NAME. NULL for users who have one. */
const char *state_to_make(struct arena *arena);
/* Makes the folders above PATH that are not there, for this user alone. False with errno
 * set. */
bool make_folders(struct arena *arena, const char *path) MUST_CHECK;
/* PATH with a leading "~/" replaced by the home folder. */
char *expand_home(struct arena *arena, const char *path);

#endif
