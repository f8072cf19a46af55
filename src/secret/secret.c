/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps passwords and tokens in pages of their own. */
#include "secret/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t
pages_for(size_t len)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room;

	if (__builtin_add_overflow(len, page, &room))
		out_of_memory();
	return room / page * page;
}

/* Whole pages, so that nothing else is kept from core dumps or locked. A user may lock
 * few pages only; a secret that cannot be locked is still better than none. */
static char *
map(size_t room)
{
	char *at = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		out_of_memory();
	madvise(at, room, MADV_DONTDUMP);
	(void)mlock(at, room);
	return at;
}

void
secret_set(struct secret *secret, struct span bytes)
{
	struct span kept = span_part(bytes, 0, span_find(bytes, '\0'));
	struct secret made = { .len = kept.len, .room = pages_for(kept.len) };

	made.at = map(made.room);
	if (kept.len)
		memcpy(made.at, kept.at, kept.len);
	/* Only now: the bytes may be a part of the old secret. */
	secret_release(secret);
	*secret = made;
}

bool
secret_set_line(struct secret *secret, struct span text)
{
	struct span line = span_part(text, 0, span_find(text, '\n'));

	if (line.len < text.len && line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (!line.len || span_find(line, '\0') < line.len)
		return false;
	secret_set(secret, line);
	return true;
}

void
secret_copy(struct secret *to, const struct secret *from)
{
	if (from->at)
		secret_set(to, (struct span){ from->at, from->len });
	else
		secret_release(to);
}

void
secret_release(struct secret *secret)
{
	if (secret->at) {
		explicit_bzero(secret->at, secret->room);
		munmap(secret->at, secret->room);
	}
	*secret = (struct secret){ 0 };
}

void
secret_wipe(struct buf *buf)
{
	buf_wipe(buf);
}
