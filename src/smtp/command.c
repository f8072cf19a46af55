/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the commands of a client, with their paths and parameters. */
#include "smtp/command.h"

#include "mail/address.h"

/* ---- verbs ---- */

static const struct {
	const char *word;
	enum verb verb;
} verbs[] = {
	{ "EHLO", VERB_EHLO },	  { "HELO", VERB_HELO }, { "MAIL", VERB_MAIL },
	{ "RCPT", VERB_RCPT },	  { "DATA", VERB_DATA }, { "BDAT", VERB_BDAT },
	{ "RSET", VERB_RSET },	  { "NOOP", VERB_NOOP }, { "VRFY", VERB_VRFY },
	{ "HELP", VERB_HELP },	  { "QUIT", VERB_QUIT }, { "AUTH", VERB_AUTH },
	{ "ONEX", VERB_ONEX },	  { "VERB", VERB_VERB }, { "GET", VERB_HTTP },
	{ "HEAD", VERB_HTTP },	  { "POST", VERB_HTTP }, { "PUT", VERB_HTTP },
	{ "CONNECT", VERB_HTTP }, { "PRI", VERB_HTTP },	 { "OPTIONS", VERB_HTTP },
};

struct command
command_parse(struct span line)
{
	struct span rest = span_trim(line), word = span_word(&rest);
	struct command command = { VERB_UNKNOWN, span_trim(rest) };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (span_same_word(word, span_of(verbs[i].word)))
			command.verb = verbs[i].verb;
	return command;
}

/* ---- paths ---- */

/* Where the ">" is that closes the "<" at the start, behind whatever is quoted; text.len
 * when there is none. */
static size_t
find_angle(struct span text)
{
	bool quoted = false;

	for (size_t i = 1; i < text.len; i++) {
		if (quoted && text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			quoted = !quoted;
		else if (text.at[i] == '>' && !quoted)
			return i;
	}
	return text.len;
}

/* Takes the path from the front of *REST. False when it has no end. */
static bool
take_path(struct span *rest, struct span *path)
{
	size_t end;

	if (!rest->len || rest->at[0] != '<') {
		*path = span_word(rest);
		return path->len > 0;
	}
	end = find_angle(*rest);
	if (end == rest->len)
		return false;
	*path = span_part(*rest, 0, end + 1);
	*rest = span_part(*rest, end + 1, rest->len);
	return !rest->len || is_blank(rest->at[0]);
}

/* address_list_parse knows more than a path may be: lists, names, groups. */
static bool
read_path(struct arena *arena, struct span path, const char **address)
{
	struct error ignored = { .arena = arena };
	struct address_list list;

	return address_list_parse(arena, path, &list, &ignored) && list.count == 1 &&
	       address_envelope(arena, &list.items[0], NULL, address, &ignored);
}

const char *
command_path(struct arena *arena, const struct command *command, struct span word,
	     const char **address, struct span *parameters)
{
	bool sender = command->verb == VERB_MAIL;
	struct span rest = command->argument, path;

	if (!span_starts_with_word(rest, word))
		return sender ? "501 5.5.4 Say MAIL FROM:<address>"
			      : "501 5.5.4 Say RCPT TO:<address>";
	rest = span_trim(span_part(rest, word.len, rest.len));
	*address = "";
	if (!take_path(&rest, &path) || !is_utf8(path) ||
	    !(span_equal(path, SPAN("<>")) ? sender : read_path(arena, path, address)))
		return sender ? "501 5.1.7 The sender is not an address"
			      : "501 5.1.3 The recipient is not an address";
	*parameters = span_trim(rest);
	return NULL;
}

/* ---- parameters ---- */

static const char wrong_value[] = "501 5.5.4 A parameter has a value that it cannot have";
static const char unknown_parameter[] =
	"555 5.5.4 A parameter is not known or not offered here";

/* Takes "NAME=value" or "NAME" from the front of *REST. Without "=", *VALUE has no
 * address. */
static struct span
take_parameter(struct span *rest, struct span *value)
{
	struct span word = span_word(rest);
	size_t equals = span_find(word, '=');

	*value = (struct span){ NULL, 0 };
	if (equals < word.len)
		*value = span_part(word, equals + 1, word.len);
	return span_part(word, 0, equals);
}

/* RFC 3461 4: printable ASCII, with "+HH" for whatever else. */
static bool
is_xtext(struct span text, size_t most)
{
	if (!text.at || !text.len || text.len > most)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c <= ' ' || c > '~' || c == '=')
			return false;
		if (c != '+')
			continue;
		if (text.len - i < 3 || hex_value(text.at[i + 1]) < 0 ||
		    hex_value(text.at[i + 2]) < 0)
			return false;
		i += 2;
	}
	return true;
}

enum mail_parameter {
	MAIL_SIZE,
	MAIL_BODY,
	MAIL_SMTPUTF8,
	MAIL_RET,
	MAIL_ENVID,
	MAIL_AUTH,
	MAIL_PARAMETERS
};

static const char *const mail_words[MAIL_PARAMETERS] = {
	[MAIL_SIZE] = "SIZE", [MAIL_BODY] = "BODY",   [MAIL_SMTPUTF8] = "SMTPUTF8",
	[MAIL_RET] = "RET",   [MAIL_ENVID] = "ENVID", [MAIL_AUTH] = "AUTH",
};

static bool
take_ret(struct span value, struct mail_parameters *parameters)
{
	if (span_same_word(value, SPAN("FULL")))
		parameters->ret = "FULL";
	if (span_same_word(value, SPAN("HDRS")))
		parameters->ret = "HDRS";
	return parameters->ret != NULL;
}

static bool
take_mail_parameter(struct arena *arena, enum mail_parameter which, struct span value,
		    struct mail_parameters *parameters)
{
	enum { ENVID_MAX = 100, AUTH_MAX = 500 }; /* RFC 3461 4.4, RFC 4954 4 */

	switch (which) {
	case MAIL_SIZE:
		return value.len <= 20 && span_number(value, &parameters->size);
	case MAIL_BODY:
		return span_same_word(value, SPAN("7BIT")) ||
		       span_same_word(value, SPAN("8BITMIME"));
	case MAIL_SMTPUTF8:
		parameters->utf8 = true;
		return !value.at;
	case MAIL_RET:
		return take_ret(value, parameters);
	case MAIL_ENVID:
		if (!is_xtext(value, ENVID_MAX))
			return false;
		parameters->envid = span_string(arena, value);
		return true;
	case MAIL_AUTH:
		return is_xtext(value, AUTH_MAX);
	case MAIL_PARAMETERS:
		break;
	}
	return false;
}

const char *
command_mail_parameters(struct arena *arena, struct span text, bool auth,
			struct mail_parameters *parameters)
{
	bool seen[MAIL_PARAMETERS] = { false };

	*parameters = (struct mail_parameters){ 0 };
	while (text.len) {
		struct span value, name = take_parameter(&text, &value);
		enum mail_parameter which = 0;

		while (which < MAIL_PARAMETERS &&
		       !span_same_word(name, span_of(mail_words[which])))
			which++;
		if (which == MAIL_PARAMETERS || (which == MAIL_AUTH && !auth))
			return unknown_parameter;
		if (seen[which] || !take_mail_parameter(arena, which, value, parameters))
			return wrong_value;
		seen[which] = true;
	}
	return NULL;
}

static const struct {
	const char *word;
	unsigned bit;
} notify_bits[] = {
	{ "SUCCESS", NOTIFY_SUCCESS },
	{ "FAILURE", NOTIFY_FAILURE },
	{ "DELAY", NOTIFY_DELAY },
};

enum { NOTIFY_WORDS = sizeof(notify_bits) / sizeof(notify_bits[0]) };

static unsigned
notify_bit(struct span word)
{
	for (size_t i = 0; i < NOTIFY_WORDS; i++)
		if (span_same_word(word, span_of(notify_bits[i].word)))
			return notify_bits[i].bit;
	return 0;
}

/* NEVER, or a list of the others. */
static bool
take_notify(struct span value, unsigned *notify)
{
	*notify = NOTIFY_SAID;
	if (span_same_word(value, SPAN("NEVER")))
		return true;
	for (bool more = true; more;) {
		size_t comma = span_find(value, ',');
		unsigned bit = notify_bit(span_part(value, 0, comma));

		if (!bit)
			return false;
		*notify |= bit;
		more = comma < value.len;
		value = span_part(value, comma + 1, value.len);
	}
	return true;
}

/* RFC 3461 4.2: "rfc822;" and the address. */
static bool
is_original(struct span value)
{
	enum { ORCPT_MAX = 500 };
	size_t semicolon = span_find(value, ';');

	if (!value.at || value.len > ORCPT_MAX)
		return false;
	for (size_t i = 0; i < semicolon; i++)
		if (!is_letter(value.at[i]) && !is_digit(value.at[i]) &&
		    value.at[i] != '-')
			return false;
	/* In a utf-8 address (RFC 6533 3) bytes beyond ASCII may stand as they are. */
	return semicolon > 0 && semicolon + 1 < value.len && !has_control(value);
}

const char *
command_rcpt_parameters(struct span text, unsigned *notify)
{
	bool original = false;

	*notify = 0;
	while (text.len) {
		struct span value, name = take_parameter(&text, &value);

		if (span_same_word(name, SPAN("NOTIFY"))) {
			if (*notify || !take_notify(value, notify))
				return wrong_value;
		} else if (span_same_word(name, SPAN("ORCPT"))) {
			if (original || !is_original(value))
				return wrong_value;
			original = true;
		} else {
			return unknown_parameter;
		}
	}
	return NULL;
}

const char *
command_chunk(const struct command *command, uint64_t *octets, bool *last)
{
	struct span rest = command->argument, word = span_word(&rest);

	*last = span_same_word(rest, SPAN("LAST"));
	if (!span_number(word, octets) || (rest.len && !*last))
		return "421 4.5.4 Say BDAT octets [LAST]; what follows cannot be told "
		       "from commands";
	return NULL;
}

const char *
notify_words(struct arena *arena, unsigned notify)
{
	const char *words = NULL;

	for (size_t i = 0; i < NOTIFY_WORDS; i++)
		if (notify & notify_bits[i].bit)
			words = arena_printf(arena, "%s%s%s", words ? words : "",
					     words ? "," : "", notify_bits[i].word);
	return words || !notify ? words : "NEVER";
}
