/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives memory that is released all at once. */
#include "base/arena.h"

#include "base/english.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define PIECEWISE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PIECEWISE 1
#endif
#endif
#ifndef PIECEWISE
#define PIECEWISE 0
#endif

enum { FIRST = 1024, LAST = 16 * 1024 };

struct block {
	struct block *next;
	size_t size; /* of data */
	alignas(max_align_t) unsigned char data[];
};

static const char plain_text[] = "postrider: out of memory\n";
static int end_status = EX_OSERR;
static const char *end_text = plain_text;

void
out_of_memory_means(int status, const char *text)
{
	end_status = text ? status : EX_OSERR;
	end_text = text ? text : plain_text;
}

void
out_of_memory(void)
{
	if (write(STDERR_FILENO, end_text, strlen(end_text)) < 0)
		_exit(end_status);
	_exit(end_status);
}

size_t
checked_product(size_t count, size_t size)
{
	size_t product;

	if (__builtin_mul_overflow(count, size, &product))
		out_of_memory();
	return product;
}

static size_t
rounded(size_t size)
{
	const size_t align = alignof(max_align_t);

	if (size > SIZE_MAX / 2)
		out_of_memory();
	return (size + align - 1) / align * align;
}

/* In the next block. Most arenas stay small, and what is not touched costs nothing: the
 * blocks grow. With a sanitizer each piece is a malloc of its own, so that overruns are
 * seen. */
static size_t
next_room(const struct arena *arena, size_t need)
{
	size_t size = arena->blocks ? 2 * arena->blocks->size : 0;

	if (size < FIRST)
		size = FIRST;
	if (size > LAST)
		size = LAST;
	return PIECEWISE || need > size / 4 ? need : size;
}

static void *
take(struct arena *arena, size_t need)
{
	struct block *block;

	if (!arena->blocks || arena->left < need) {
		size_t room = next_room(arena, need);

		block = calloc(1, sizeof(*block) + room);
		if (!block)
			out_of_memory();
		block->size = room;
		if (arena->blocks && room - need < arena->left) {
			/* A big piece goes behind the block that still has room. */
			block->next = arena->blocks->next;
			arena->blocks->next = block;
			return block->data;
		}
		block->next = arena->blocks;
		arena->blocks = block;
		arena->left = room;
	}
	block = arena->blocks;
	arena->left -= need;
	return block->data + (block->size - arena->left - need);
}

void *
arena_take(struct arena *arena, size_t size)
{
	arena->left -= arena->left % alignof(max_align_t);
	return take(arena, rounded(size ? size : 1));
}

/* Text is packed: in a list of many addresses that is a quarter of it. */
char *
arena_copy(struct arena *arena, const char *at, size_t len)
{
	char *copy = take(arena, len + 1);

	if (len)
		memcpy(copy, at, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_string(struct arena *arena, const char *string)
{
	return arena_copy(arena, string, strlen(string));
}

char *
arena_join(struct arena *arena, const char *first, const char *second, const char *third)
{
	size_t len = strlen(first) + strlen(second) + strlen(third);
	char *text = take(arena, len + 1);

	stpcpy(stpcpy(stpcpy(text, first), second), third);
	return text;
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	char quick[256];
	va_list again;
	char *text;
	int len;

	va_copy(again, arguments);
	len = vsnprintf(quick, sizeof(quick), format, again);
	va_end(again);
	if (len < 0)
		out_of_memory();
	if ((size_t)len < sizeof(quick)) {
		text = arena_copy(arena, quick, (size_t)len);
	} else {
		text = arena_take(arena, (size_t)len + 1);
		va_copy(again, arguments);
		vsnprintf(text, (size_t)len + 1, format, again);
		va_end(again);
	}
	english_made(text, format, arguments);
	return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

void
arena_release(struct arena *arena)
{
	while (arena->blocks) {
		struct block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->left = 0;
}
