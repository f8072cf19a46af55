/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes and reads forms. */
#include "oauth/form.h"

#include "base/base64.h"

#include <string.h>

static void
add_encoded(struct buf *form, struct span value)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		unsigned char byte = (unsigned char)c;

		/* The unreserved characters of RFC 3986 2.3. */
		if (is_letter(c) || is_digit(c) || (c && strchr("-._~", c))) {
			buf_add_char(form, c);
			continue;
		}
		buf_add_char(form, '%');
		buf_add_char(form, digits[byte >> 4]);
		buf_add_char(form, digits[byte & 15]);
	}
}

void
form_add(struct buf *form, const char *name, struct span value)
{
	if (form->len && form->at[form->len - 1] != '?')
		buf_add_char(form, '&');
	buf_add_string(form, name);
	buf_add_char(form, '=');
	add_encoded(form, value);
}

static void
add_decoded(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '%' && i + 2 < text.len && hex_value(text.at[i + 1]) >= 0 &&
		    hex_value(text.at[i + 2]) >= 0) {
			c = (char)(hex_value(text.at[i + 1]) * 16 +
				   hex_value(text.at[i + 2]));
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		buf_add_char(out, c);
	}
}

bool
form_get(struct span form, const char *name, struct buf *value)
{
	while (form.len) {
		size_t end = span_find(form, '&');
		struct span pair = span_part(form, 0, end);
		size_t equals = span_find(pair, '=');

		if (span_equal(span_part(pair, 0, equals), span_of(name))) {
			add_decoded(value, span_part(pair, equals + 1, pair.len));
			return true;
		}
		form = span_part(form, end + 1, form.len);
	}
	return false;
}

void
form_base64url(struct buf *out, struct span bytes)
{
	size_t from = out->len;

	base64_encode(out, bytes);
	while (out->len > from && out->at[out->len - 1] == '=')
		out->at[--out->len] = '\0';
	for (char *c = out->at + from; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
}
