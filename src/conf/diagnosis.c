/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the row that fits, and fills in its sentences. */
#include "conf/diagnosis.h"

#include "base/file.h"
#include "mail/domain.h"
#include "conf/remedies.h"

#include <string.h>
#include <strings.h>

/* The next alternative, up to SEPARATOR; empty at the end. */
static struct span
next_of(struct span *rest, char separator)
{
	struct span word = span_part(*rest, 0, span_find(*rest, separator));

	*rest = span_part(*rest, word.len + 1, rest->len);
	return word;
}

static bool
begins_with(struct span text, struct span start)
{
	return text.len >= start.len && memcmp(text.at, start.at, start.len) == 0;
}

/* "535" or "5" against the code, "5.7.8" against the word behind it. */
static bool
fits_code(const char *codes, const char *reply)
{
	struct span rest = span_of(codes), line = span_of(reply);
	struct span code = span_word(&line), enhanced = span_word(&line);

	while (rest.len) {
		struct span want = next_of(&rest, ' ');

		if (want.len && span_find(want, '.') < want.len
			    ? span_equal(want, enhanced)
			    : begins_with(code, want))
			return true;
	}
	return false;
}

static bool
fits_words(const char *says, const char *reply)
{
	struct span rest = span_of(says);

	while (rest.len) {
		struct span want = next_of(&rest, '|');

		for (const char *at = reply; strlen(at) >= want.len; at++)
			if (strncasecmp(at, want.at, want.len) == 0)
				return true;
	}
	return false;
}

static bool
fits(const struct remedy *row, const struct circumstances *c)
{
	if ((row->faults && !(row->faults & 1u << c->fault)) ||
	    (row->stages && !(row->stages & 1u << c->stage)) ||
	    (c->facts & row->with) != row->with || (c->facts & row->without))
		return false;
	if (row->codes && !(c->reply && fits_code(row->codes, c->reply)))
		return false;
	if (row->says && !(c->reply && fits_words(row->says, c->reply)))
		return false;
	return !row->hosts || (c->host && host_is_below(c->host, row->hosts));
}

/* ---- sentences ---- */

static void
add_value(struct arena *arena, const struct circumstances *c, struct span name,
	  struct buf *out)
{
	const struct {
		const char *name, *value;
	} values[] = {
		{ "host", c->host },	       { "user", c->user },
		{ "source", c->source },       { "sender", c->sender },
		{ "recipient", c->recipient }, { "near", c->near_host },
		{ "provider", c->provider },   { "help", c->help },
		{ "fixed", c->fixed_user },    { "notes", c->notes },
	};

	if (span_equal(name, SPAN("port")) && c->port)
		buf_printf(out, "%u", c->port);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (span_equal(name, span_of(values[i].name)))
			buf_add_string(
				out, values[i].value && *values[i].value
					     ? clean_text(arena, span_of(values[i].value))
					     : "?");
}

static const char *
fill_in(struct arena *arena, const struct circumstances *c, const char *sentence)
{
	CLEANUP(release_buf) struct buf out = { 0 };
	struct span rest = span_of(sentence);

	while (rest.len) {
		size_t open = span_find(rest, '{'), close = span_find(rest, '}');

		buf_add_span(&out, span_part(rest, 0, open));
		if (open < close)
			add_value(arena, c, span_part(rest, open + 1, close - open - 1),
				  &out);
		rest = span_part(rest, open < close ? close + 1 : rest.len, rest.len);
	}
	return span_string(arena, buf_span(&out));
}

bool
diagnose(struct arena *arena, const struct circumstances *c, struct diagnosis *diagnosis)
{
	for (size_t i = 0; c->fault && i < remedies_count; i++) {
		const struct remedy *row = &remedies[i];

		if (!fits(row, c))
			continue;
		*diagnosis = (struct diagnosis){
			.word = row->word,
			.cause = fill_in(arena, c, _(row->cause)),
			.remedy = fill_in(arena, c, _(row->remedy)),
		};
		return true;
	}
	return false;
}
