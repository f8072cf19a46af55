/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages in the user's language, and the English that belongs to them: what a person is
 * told is translated, what is logged or kept for later is not. */
#ifndef BASE_ENGLISH_H
#define BASE_ENGLISH_H

#include "base/arena.h"

#include <stdarg.h>

/* The message in the user's language. */
const char *english_told(const char *message) __attribute__((format_arg(1)));
/* The same in the form for COUNT. */
const char *english_counted(const char *one, const char *many, unsigned long count)
	__attribute__((format_arg(1), format_arg(2)));
/* What the system says about an errno, in the user's language. */
const char *english_reason(int number);
/* The English of a text that was made of such messages lately, some dozens of them; other
 * text stays what it is. In the arena, or TEXT itself. */
const char *english_of(struct arena *arena, const char *text);
/* TEXT, which another process has made, is in English what it says. */
void english_means(const char *text, const char *english);

/* For those who print by a format: TEXT was made of it. */
void english_made(const char *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

#endif
