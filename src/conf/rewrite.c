/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rewrites configuration files line by line. */
#include "conf/rewrite.h"

#include "conf/former.h"

#include <string.h>

/* What would belong to another server, or to another login. */
static const char *const replaced[] = {
	"from", "host", "port", "tls", "tls_starttls", "auth", "user", NULL,
};

/* A line of the file. */
struct row {
	struct span whole; /* with its end */
	struct span word, rest;
	int setting; /* that it is about; -1: none */
};

/* By the names of today. */
static int
setting_of(struct span word, struct span value)
{
	int known = setting_row(word);
	size_t row;

	if (known >= 0)
		return known;
	/* Together they make the sender. */
	if (span_equal(word, SPAN("auto_from")) || span_equal(word, SPAN("maildomain")))
		return setting_row(SPAN("from"));
	return former_setting(word, &value, &row) == FORMER_SETTING ? (int)row : -1;
}

static struct span
unquote(struct span text)
{
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
		return span_part(text, 1, text.len - 2);
	return text;
}

static struct row
take_line(struct span *text)
{
	size_t end = span_find(*text, '\n');
	struct row line = { .whole = span_part(*text, 0, end + 1) };

	line.rest = span_trim(line.whole);
	line.word = span_word(&line.rest);
	line.rest = unquote(span_trim(line.rest));
	line.setting = setting_of(line.word, line.rest);
	*text = span_part(*text, line.whole.len, text->len);
	return line;
}

static bool
is_about(const struct row *line, const char *word)
{
	return line->setting >= 0 && line->setting == setting_row(span_of(word));
}

static bool
is_replaced(const struct row *line, const struct config_entry *entry)
{
	for (size_t i = 0; i < entry->count; i++)
		if (is_about(line, entry->lines[i].word))
			return true;
	for (size_t i = 0; replaced[i]; i++)
		if (is_about(line, replaced[i]))
			return true;
	return !entry->keeps_secret && line->setting >= 0 &&
	       setting_is_about_password((size_t)line->setting);
}

static bool
begins_something(const struct row *line)
{
	return span_equal(line->word, SPAN("account")) ||
	       span_equal(line->word, SPAN("defaults"));
}

/* Parents may follow the name, behind a colon. */
static bool
begins_account(const struct row *line, const char *name)
{
	struct span given =
		span_trim(span_part(line->rest, 0, span_find(line->rest, ':')));

	return span_equal(line->word, SPAN("account")) &&
	       span_equal(given, span_of(name));
}

/* Quotes around the whole would be taken away, so that they need others around them. */
static void
put_lines(const struct config_entry *entry, struct buf *out)
{
	for (size_t i = 0; i < entry->count; i++) {
		const char *value = entry->lines[i].value;
		const char *quote = *value == '"' ? "\"" : "";

		buf_printf(out, "%s%s%s%s%s\n", entry->lines[i].word, *value ? " " : "",
			   quote, value, quote);
	}
}

void
config_entry_print(const struct config_entry *entry, struct buf *out)
{
	buf_printf(out, "account %s\n", entry->name);
	put_lines(entry, out);
}

/* Where the account begins: behind its line; in a file that begins without one, `default`
 * begins with the first setting. False when it is not there. */
static bool
find_account(struct span old, const char *name, size_t *at)
{
	struct span rest = old;

	for (bool first = true; rest.len;) {
		size_t start = old.len - rest.len;
		struct row line = take_line(&rest);

		*at = old.len - rest.len;
		if (begins_account(&line, name))
			return true;
		if (first && line.setting >= 0 && strcmp(name, "default") == 0) {
			*at = start;
			return true;
		}
		first = first && !begins_something(&line);
	}
	return false;
}

static void
end_line(struct buf *out)
{
	if (out->len && out->at[out->len - 1] != '\n')
		buf_add_char(out, '\n');
}

static void
append(struct span old, const struct config_entry *entry, struct buf *out)
{
	if (old.len) {
		buf_add_span(out, old);
		end_line(out);
		buf_add_char(out, '\n');
	}
	config_entry_print(entry, out);
}

void
config_rewrite(struct span old, const struct config_entry *entry, struct buf *out)
{
	struct span text = span_without_mark(old), rest;
	size_t at;

	buf_add_span(out, span_part(old, 0, old.len - text.len));
	if (!find_account(text, entry->name, &at)) {
		append(text, entry, out);
		return;
	}
	if (at) {
		buf_add_span(out, span_part(text, 0, at));
		end_line(out);
	}
	put_lines(entry, out);
	rest = span_part(text, at, text.len);
	for (bool inside = true; rest.len;) {
		struct row line = take_line(&rest);

		inside = inside && !begins_something(&line);
		if (!inside || !is_replaced(&line, entry))
			buf_add_span(out, line.whole);
	}
}
