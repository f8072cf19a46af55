/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that lives as long as a run (or, in the queue runner, one message): given piece
 * by piece, released all at once, never singly. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct block;

/* An arena is empty when all its members are zero. */
struct arena {
	struct block *blocks;
	size_t left; /* bytes not yet given away at the end of the first block */
};

/* Zeroed memory for any type. Never NULL: out of memory ends the program with
 * EX_OSERR. */
void *arena_take(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* A copy of the bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const char *at, size_t len)
	__attribute__((returns_nonnull));
/* Three C strings, one behind the other. */
char *arena_join(struct arena *arena, const char *first, const char *second,
		 const char *third);
char *arena_string(struct arena *arena, const char *string)
	__attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0), returns_nonnull));
/* Everything that was taken is gone; the arena is empty again. */
void arena_release(struct arena *arena);

/* Says on standard error that there is no memory, and ends the program with EX_OSERR. */
_Noreturn void out_of_memory(void);
/* From now on it says TEXT, a whole line, instead, and ends with STATUS: what matters to the
 * caller is done. NULL: as before. */
void out_of_memory_means(int status, const char *text);

/* Room for COUNT things of TYPE, zeroed. */
#define arena_array(arena, type, count)                                                  \
	((type *)arena_take((arena), checked_product((count), sizeof(type))))

/* COUNT times SIZE; a product that does not fit is out of memory. */
size_t checked_product(size_t count, size_t size);

#endif
