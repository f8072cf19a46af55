/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remembers which English a translated text comes from. */
#include "base/english.h"

#include "base/text.h"

#include "config.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for all the parts of a sentence, and few enough to be looked through. */
enum { MOST = 64 };

static struct {
	char *text, *english;
	const char *format; /* where gettext has it, when it is a message; else NULL */
} memory[MOST];
static size_t latest;

static void
remember(const char *text, const char *english, const char *format)
{
	latest = (latest + 1) % MOST;
	free(memory[latest].text);
	free(memory[latest].english);
	memory[latest].text = strdup(text);
	memory[latest].english = strdup(english);
	memory[latest].format = format;
	if (!memory[latest].text || !memory[latest].english)
		out_of_memory();
}

void
english_means(const char *text, const char *english)
{
	remember(text, english, NULL);
}

const char *
english_told(const char *message)
{
	const char *text = gettext(message);

	if (text != message)
		remember(text, message, text);
	return text;
}

const char *
english_counted(const char *one, const char *many, unsigned long count)
{
	const char *text = ngettext(one, many, count);

	if (text != one && text != many)
		remember(text, count == 1 ? one : many, text);
	return text;
}

const char *
english_reason(int number)
{
	const char *text = strerror(number);
#if HAVE_STRERRORDESC_NP
	const char *english = strerrordesc_np(number);

	if (english && strcmp(text, english) != 0)
		remember(text, english, NULL);
#endif
	return text;
}

/* Every OLD in the text becomes NEW. */
static void
replace(struct buf *text, const char *old, const char *new)
{
	struct buf out = { 0 };
	const char *rest = text->at, *found = strstr(rest, old);

	if (!found)
		return;
	for (; found; found = strstr(rest, old)) {
		buf_add(&out, rest, (size_t)(found - rest));
		buf_add_string(&out, new);
		rest = found + strlen(old);
	}
	buf_add_string(&out, rest);
	buf_release(text);
	*text = out;
}

/* The latest first: an older one may be a part of it. */
static void
put_english(struct buf *text)
{
	for (size_t i = 0; i < MOST; i++) {
		size_t at = (latest + MOST - i) % MOST;

		if (memory[at].text && *memory[at].text)
			replace(text, memory[at].text, memory[at].english);
	}
}

const char *
english_of(struct arena *arena, const char *text)
{
	struct buf out = { 0 };
	const char *english;

	if (!text || !memory[latest].text)
		return text;
	buf_add_string(&out, text);
	put_english(&out);
	english = strcmp(out.at ? out.at : "", text) == 0
			  ? text
			  : span_string(arena, buf_span(&out));
	buf_release(&out);
	return english;
}

/* The compiler has seen the format where the message stands. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
print(struct buf *out, const char *format, va_list arguments)
{
	va_list again;
	int len;

	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return;
	vsnprintf(buf_reserve(out, (size_t)len), (size_t)len + 1, format, arguments);
	out->len += (size_t)len;
}
#pragma GCC diagnostic pop

void
english_made(const char *text, const char *format, va_list arguments)
{
	struct buf out = { 0 };
	size_t at = 0;

	if (!memory[latest].text)
		return;
	while (at < MOST && (!memory[at].format || memory[at].format != format))
		at++;
	if (at == MOST)
		return;
	print(&out, memory[at].english, arguments);
	if (!out.at)
		return;
	put_english(&out);
	remember(text, out.at, NULL);
	buf_release(&out);
}
