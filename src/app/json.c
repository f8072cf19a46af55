/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes JSON. */
#include "app/json.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* How many bytes the UTF-8 sequence at AT has; 0 when it is none. */
static size_t
sequence(const char *at)
{
	size_t left = strnlen(at, 4);

	for (size_t len = 1; len <= left; len++)
		if (is_utf8((struct span){ at, len }))
			return len;
	return 0;
}

void
json_text(const char *before, const char *text)
{
	fputs(before, stdout);
	if (!text) {
		fputs("null", stdout);
		return;
	}
	putchar('"');
	while (*text) {
		size_t len = sequence(text);

		if (!len)
			fputs("\\ufffd", stdout);
		else if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if (is_control(*text))
			printf("\\u%04x", (unsigned)(unsigned char)*text);
		else
			fwrite(text, 1, len, stdout);
		text += len ? len : 1;
	}
	putchar('"');
}
