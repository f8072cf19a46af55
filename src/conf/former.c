/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Translates msmtp's former words. */
#include "conf/former.h"

#include "conf/settings.h"

/* clang-format off */
static const struct {
	const char *name;
	const char *setting;	/* NULL: nothing is left of it */
	const char *on, *off;	/* values for on and off; both NULL: it stays as it is */
	bool bare;		/* no argument; it means ON */
} words[] = {
	{ .name = "connect_timeout", .setting = "timeout" },
	{ .name = "undisclosed_recipients", .setting = "set_to_header",
	  .on = "undisclosed_recipients", .off = "off" },
	{ .name = "add_missing_from_header", .setting = "set_from_header", .on = "auto",
	  .off = "off" },
	{ .name = "add_missing_date_header", .setting = "set_date_header", .on = "auto",
	  .off = "off" },
	{ .name = "keepbcc", .setting = "remove_bcc_headers", .on = "off", .off = "on" },
	{ .name = "tls_nocertcheck", .setting = "tls_certcheck", .on = "off", .bare = true },
	{ .name = "tls_nostarttls", .setting = "tls_starttls", .on = "off", .bare = true },
	{ .name = "tls_force_sslv3", .on = "on", .off = "off" },
};
/* clang-format on */

/* "-" and "_" are alike, as in the names of settings. */
static bool
same_name(struct span word, const char *name)
{
	size_t i = 0;

	for (; i < word.len && name[i]; i++)
		if (word.at[i] != name[i] && !(word.at[i] == '-' && name[i] == '_'))
			return false;
	return i == word.len && !name[i];
}

/* Which word of the table it is; -1 when none. */
static int
find(struct span word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (same_name(word, words[i].name))
			return (int)i;
	return -1;
}

enum former
former_setting(struct span word, struct span *value, size_t *row)
{
	int index = find(word);
	bool on = !value->len || span_same_word(*value, SPAN("on"));

	if (index < 0)
		return FORMER_UNKNOWN;
	if (words[index].bare
		    ? value->len > 0
		    : words[index].on && !on && !span_same_word(*value, SPAN("off")))
		return FORMER_WRONG;
	if (!words[index].setting)
		return FORMER_IGNORED;
	if (words[index].on)
		*value = span_of(on ? words[index].on : words[index].off);
	*row = (size_t)setting_row(span_of(words[index].setting));
	return FORMER_SETTING;
}

bool
former_is_bare(struct span word)
{
	int index = find(word);

	return index >= 0 && words[index].bare;
}
