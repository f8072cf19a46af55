/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a server's capabilities. */
#include "smtp/caps.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *keyword;
	size_t flag;		/* of the bool in struct caps */
	size_t number;		/* of its first parameter; 0: it has none */
} keywords[] = {
	{ "PIPELINING",          offsetof(struct caps, pipelining), 0 },
	{ "CHUNKING",            offsetof(struct caps, chunking), 0 },
	{ "BINARYMIME",          offsetof(struct caps, binarymime), 0 },
	{ "8BITMIME",            offsetof(struct caps, eightbitmime), 0 },
	{ "SMTPUTF8",            offsetof(struct caps, smtputf8), 0 },
	{ "DSN",                 offsetof(struct caps, dsn), 0 },
	{ "ENHANCEDSTATUSCODES", offsetof(struct caps, enhancedstatuscodes), 0 },
	{ "STARTTLS",            offsetof(struct caps, starttls), 0 },
	{ "SIZE",                offsetof(struct caps, size), offsetof(struct caps, size_limit) },
	{ "DELIVERBY",           offsetof(struct caps, deliverby),
	  offsetof(struct caps, deliverby_least) },
	{ "FUTURERELEASE",       offsetof(struct caps, futurerelease),
	  offsetof(struct caps, hold_for_most) },
	{ "MT-PRIORITY",         offsetof(struct caps, mt_priority), 0 },
	{ "REQUIRETLS",          offsetof(struct caps, requiretls), 0 },
	{ "ETRN",                offsetof(struct caps, etrn), 0 },
	{ "VRFY",                offsetof(struct caps, vrfy), 0 },
	{ "EXPN",                offsetof(struct caps, expn), 0 },
};
/* clang-format on */

static void
read_number(struct caps *caps, size_t at, struct span rest)
{
	uint64_t number;

	if (at && span_number(span_word(&rest), &number))
		memcpy((char *)caps + at, &number, sizeof(number));
}

static void
read_limits(struct caps *caps, struct span rest)
{
	while (rest.len) {
		struct span word = span_word(&rest);
		size_t equals = span_find(word, '=');
		struct span name = span_part(word, 0, equals);
		uint64_t number;

		if (!span_number(span_part(word, equals + 1, word.len), &number) ||
		    number == 0)
			continue;
		if (span_same_word(name, SPAN("RCPTMAX")))
			caps->rcpt_max = number;
		else if (span_same_word(name, SPAN("MAILMAX")))
			caps->mail_max = number;
	}
}

static void
add_mechanisms(struct arena *arena, struct caps *caps, struct span names)
{
	char *joined = arena_printf(arena, "%.*s %.*s", (int)caps->mechanisms.len,
				    caps->mechanisms.at ? caps->mechanisms.at : "",
				    (int)names.len, names.at ? names.at : "");

	for (char *c = joined; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	caps->mechanisms = span_trim(span_of(joined));
}

static void
read_line(struct arena *arena, struct caps *caps, struct span line)
{
	struct span rest = line, keyword = span_word(&rest);

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (!span_same_word(keyword, span_of(keywords[i].keyword)))
			continue;
		*(bool *)((char *)caps + keywords[i].flag) = true;
		read_number(caps, keywords[i].number, rest);
	}
	if (span_same_word(keyword, SPAN("LIMITS")))
		read_limits(caps, rest);
	if (span_same_word(keyword, SPAN("AUTH")))
		add_mechanisms(arena, caps, rest);
	/* The form of a draft that old servers still say, too. */
	if (span_starts_with_word(keyword, SPAN("AUTH=")))
		add_mechanisms(arena, caps, span_part(line, 5, line.len));
}

struct caps
caps_parse(struct arena *arena, const struct reply *reply)
{
	struct caps caps = { .esmtp = true, .text = reply->text };
	struct span rest = reply->text, line;

	if (!reply_line(&rest, &line))
		return caps;
	while (reply_line(&rest, &line))
		read_line(arena, &caps, line);
	return caps;
}

bool
caps_offers(const struct caps *caps, const char *mechanism)
{
	struct span rest = caps->mechanisms;

	while (rest.len)
		if (span_same_word(span_word(&rest), span_of(mechanism)))
			return true;
	return false;
}
