/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and shows the values of settings. */
#include "conf/kinds.h"

#include "base/file.h"
#include "conf/account.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- what is wrong with a value ---- */

/* Enough of a value to be recognised, however long it is. */
static const char *
quoted(struct arena *arena, struct span text)
{
	enum { SHOWN = 60 };
	bool cut = text.len > SHOWN;

	return arena_printf(arena, "\"%s%s\"",
			    clean_text(arena, span_part(text, 0, SHOWN)), cut ? "…" : "");
}

static bool
has_blank(struct span text)
{
	return span_find(text, ' ') < text.len || span_find(text, '\t') < text.len;
}

/* ---- texts ---- */

static bool
parse_text(const struct kind *kind, struct arena *arena, struct span text, void *place,
	   struct error *err)
{
	const char **value = place;

	(void)kind;
	(void)err;
	*value = text.len ? span_string(arena, text) : NULL;
	return true;
}

static void
print_text(const struct kind *kind, const void *place, struct buf *out)
{
	const char *const *value = place;

	(void)kind;
	if (*value)
		buf_add_string(out, *value);
}

static bool
parse_path(const struct kind *kind, struct arena *arena, struct span text, void *place,
	   struct error *err)
{
	const char **value = place;

	(void)kind;
	(void)err;
	*value = text.len ? expand_home(arena, span_string(arena, text)) : NULL;
	return true;
}

static bool
parse_file_name(const struct kind *kind, struct arena *arena, struct span text,
		void *place, struct error *err)
{
	if (span_find(text, '/') < text.len)
		return fail(err, FAULT_CONFIG, _("%s has a slash inside"),
			    quoted(arena, text));
	return parse_text(kind, arena, text, place, err);
}

static bool
parse_host(const struct kind *kind, struct arena *arena, struct span text, void *place,
	   struct error *err)
{
	if (has_blank(text))
		return fail(err, FAULT_CONFIG, _("%s has a blank inside"),
			    quoted(arena, text));
	return parse_text(kind, arena, text, place, err);
}

static bool
parse_ip_address(const struct kind *kind, struct arena *arena, struct span text,
		 void *place, struct error *err)
{
	unsigned char octets[sizeof(struct in6_addr)];
	const char *string = span_string(arena, text);

	if (text.len && inet_pton(AF_INET, string, octets) != 1 &&
	    inet_pton(AF_INET6, string, octets) != 1)
		return fail(err, FAULT_CONFIG, _("%s is no IPv4 or IPv6 address"),
			    quoted(arena, text));
	return parse_text(kind, arena, text, place, err);
}

static bool
parse_sender(const struct kind *kind, struct arena *arena, struct span text, void *place,
	     struct error *err)
{
	const char **value = place;

	(void)kind;
	(void)err;
	*value = span_equal(text, SPAN("<>")) ? "" : span_string(arena, text);
	return true;
}

static void
print_sender(const struct kind *kind, const void *place, struct buf *out)
{
	const char *const *value = place;

	(void)kind;
	if (*value)
		buf_add_string(out, **value ? *value : "<>");
}

static bool
parse_fingerprint(const struct kind *kind, struct arena *arena, struct span text,
		  void *place, struct error *err)
{
	size_t digits = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == ':' || text.at[i] == ' ')
			continue;
		if (hex_value(text.at[i]) < 0)
			return fail(err, FAULT_CONFIG,
				    _("%s has a character that is no hexadecimal digit"),
				    quoted(arena, text));
		digits++;
	}
	if (text.len && digits != 64 && digits != 40 && digits != 32)
		return fail(
			err, FAULT_CONFIG,
			NUMBER_("it has %zu hexadecimal digit, but SHA-256 has 64, SHA-1 "
				"40 and MD5 32",
				"it has %zu hexadecimal digits, but SHA-256 has 64, SHA-1 "
				"40 and MD5 32",
				digits),
			digits);
	return parse_text(kind, arena, text, place, err);
}

static bool
parse_dsn_notify(const struct kind *kind, struct arena *arena, struct span text,
		 void *place, struct error *err)
{
	(void)kind;
	return parse_notify(arena, span_string(arena, text), place, err);
}

static bool
parse_dsn_return(const struct kind *kind, struct arena *arena, struct span text,
		 void *place, struct error *err)
{
	(void)kind;
	return parse_ret(span_string(arena, text), place, err);
}

static void
print_lower(const struct kind *kind, const void *place, struct buf *out)
{
	const char *const *value = place;

	(void)kind;
	if (!*value)
		buf_add_string(out, "off");
	else if (strcmp(*value, "HDRS") == 0)
		buf_add_string(out, "headers");
	else
		for (const char *c = *value; *c; c++)
			buf_add_char(out, to_lower(*c));
}

/* ---- one of several words ---- */

static const char *
joined(struct arena *arena, const char *const *words)
{
	struct buf out = { 0 };
	const char *text;

	for (size_t i = 0; words[i]; i++)
		buf_printf(&out, "%s%s", i ? ", " : "", words[i]);
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

/* Which of the kind's choices it is, in any case. */
static bool
find_choice(const struct kind *kind, struct arena *arena, struct span text, size_t *index,
	    struct error *err)
{
	for (*index = 0; kind->choices[*index]; (*index)++)
		if (span_same_word(text, span_of(kind->choices[*index])))
			return true;
	return fail(err, FAULT_CONFIG, _("%s is none of: %s"), quoted(arena, text),
		    joined(arena, kind->choices));
}

/* The word itself is the value. */
static bool
parse_word(const struct kind *kind, struct arena *arena, struct span text, void *place,
	   struct error *err)
{
	const char **value = place;
	size_t index;

	if (!find_choice(kind, arena, text, &index, err))
		return false;
	*value = kind->choices[index];
	return true;
}

/* The value is the place of the word among the choices: enums stand in that order, false
 * is 0. */
static bool
parse_choice(const struct kind *kind, struct arena *arena, struct span text, void *place,
	     struct error *err)
{
	size_t index;

	if (!find_choice(kind, arena, text, &index, err))
		return false;
	if (kind->size == sizeof(bool))
		*(bool *)place = index != 0;
	else
		*(unsigned *)place = (unsigned)index;
	return true;
}

static void
print_choice(const struct kind *kind, const void *place, struct buf *out)
{
	size_t index = kind->size == sizeof(bool) ? *(const bool *)place
						  : *(const unsigned *)place;

	buf_add_string(out, kind->choices[index]);
}

/* `off` stands second here, but third in the enum. */
static bool
parse_add_missing(const struct kind *kind, struct arena *arena, struct span text,
		  void *place, struct error *err)
{
	enum add_field *value = place;
	size_t index;

	if (!find_choice(kind, arena, text, &index, err))
		return false;
	*value = index ? ADD_NEVER : ADD_AUTO;
	return true;
}

static void
print_add_missing(const struct kind *kind, const void *place, struct buf *out)
{
	const enum add_field *value = place;

	buf_add_string(out, kind->choices[*value == ADD_NEVER]);
}

/* ---- numbers ---- */

static bool
parse_limited(struct span text, uint64_t most, unsigned *value)
{
	uint64_t number = 0;

	if (text.len && !span_number(text, &number))
		return false;
	*value = (unsigned)number;
	return number <= most;
}

static bool
parse_port(const struct kind *kind, struct arena *arena, struct span text, void *place,
	   struct error *err)
{
	unsigned *value = place;

	(void)kind;
	if (!parse_limited(text, UINT16_MAX, value) || (text.len && *value == 0))
		return fail(err, FAULT_CONFIG, _("%s is no number from 1 to 65535"),
			    quoted(arena, text));
	return true;
}

static bool
parse_seconds(const struct kind *kind, struct arena *arena, struct span text, void *place,
	      struct error *err)
{
	enum { MOST = 1000000 };

	(void)kind;
	if (span_same_word(text, SPAN("off")))
		text.len = 0;
	if (!parse_limited(text, MOST, place))
		return fail(err, FAULT_CONFIG,
			    _("%s is neither \"off\" nor a number of seconds up to %d"),
			    quoted(arena, text), MOST);
	return true;
}

static bool
parse_number(const struct kind *kind, struct arena *arena, struct span text, void *place,
	     struct error *err)
{
	enum { MOST = 1000000000 };

	(void)kind;
	if (!parse_limited(text, MOST, place))
		return fail(err, FAULT_CONFIG, _("%s is no number up to %d"),
			    quoted(arena, text), MOST);
	return true;
}

static void
print_number(const struct kind *kind, const void *place, struct buf *out)
{
	const unsigned *value = place;

	if (*value)
		buf_printf(out, "%u", *value);
	else if (kind == &kind_seconds)
		buf_add_string(out, "off");
}

static bool
parse_rate(const struct kind *kind, struct arena *arena, struct span text, void *place,
	   struct error *err)
{
	enum { COUNT_MOST = 100000, SECONDS_MOST = 31 * 24 * 3600 };
	size_t slash = span_find(text, '/');
	struct rate *value = place;

	(void)kind;
	*value = (struct rate){ 0 };
	if (!text.len || span_same_word(text, SPAN("off")))
		return true;
	if (parse_limited(span_part(text, 0, slash), COUNT_MOST, &value->count) &&
	    parse_limited(span_part(text, slash + 1, SIZE_MAX), SECONDS_MOST,
			  &value->seconds) &&
	    value->count && value->seconds)
		return true;
	return fail(err, FAULT_CONFIG,
		    _("%s is no rate like 100/3600 (messages/seconds), with at most %d "
		      "messages"),
		    quoted(arena, text), COUNT_MOST);
}

static void
print_rate(const struct kind *kind, const void *place, struct buf *out)
{
	const struct rate *value = place;

	(void)kind;
	if (value->count)
		buf_printf(out, "%u/%u", value->count, value->seconds);
}

/* ---- secrets ---- */

static bool
parse_secret(const struct kind *kind, struct arena *arena, struct span text, void *place,
	     struct error *err)
{
	struct secret *value = place;

	(void)kind;
	(void)arena;
	(void)err;
	/* Not in the arena, not in the error. */
	if (text.len)
		secret_set(value, text);
	else
		secret_release(value);
	return true;
}

static void
print_secret(const struct kind *kind, const void *place, struct buf *out)
{
	const struct secret *value = place;

	(void)kind;
	if (value->at)
		buf_add_char(out, '*');
}

/* ---- the kinds ---- */

/* clang-format off */
#define TEXT_KIND(shown, parser, printer) \
	{ .placeholder = (shown), .size = sizeof(char *), .parse = (parser), .print = (printer) }
#define WORD_KIND(shown, words, if_empty) \
	{ .placeholder = (shown), .choices = (words), .empty = (if_empty), \
	  .size = sizeof(char *), .parse = parse_word, .print = print_text }
#define CHOICE_KIND(type, shown, words, if_empty) \
	{ .placeholder = (shown), .choices = (words), .empty = (if_empty), \
	  .size = sizeof(type), .parse = parse_choice, .print = print_choice }

const struct kind kind_text = TEXT_KIND("TEXT", parse_text, print_text);
const struct kind kind_command = TEXT_KIND("COMMAND", parse_text, print_text);
const struct kind kind_path = TEXT_KIND("FILE", parse_path, print_text);
const struct kind kind_file_name = TEXT_KIND("NAME", parse_file_name, print_text);
const struct kind kind_host = TEXT_KIND("HOST", parse_host, print_text);
const struct kind kind_domain = TEXT_KIND("DOMAIN", parse_host, print_text);
const struct kind kind_ip_address = TEXT_KIND("ADDRESS", parse_ip_address, print_text);
const struct kind kind_sender = TEXT_KIND("ADDRESS", parse_sender, print_sender);
const struct kind kind_fingerprint = TEXT_KIND("HEX", parse_fingerprint, print_text);
const struct kind kind_notify = TEXT_KIND("WHEN", parse_dsn_notify, print_lower);
const struct kind kind_return = TEXT_KIND("off|headers|full", parse_dsn_return, print_lower);

static const char *const auth_words[] = {
	"auto", "on", "off", "plain", "login", "cram-md5", "digest-md5", "scram-sha-1",
	"scram-sha-1-plus", "scram-sha-256", "scram-sha-256-plus", "external", "gssapi", "ntlm",
	"oauthbearer", "xoauth2", NULL
};
static const char *const flow_words[] = { "auto", "browser", "device", "client", NULL };
static const char *const version_words[] = { "1.2", "1.3", NULL };
static const char *const syslog_words[] = {
	"auto", "off", "on", "LOG_USER", "LOG_MAIL", "LOG_LOCAL0", "LOG_LOCAL1", "LOG_LOCAL2",
	"LOG_LOCAL3", "LOG_LOCAL4", "LOG_LOCAL5", "LOG_LOCAL6", "LOG_LOCAL7", NULL
};
const struct kind kind_auth = WORD_KIND("on|off|MECHANISM", auth_words, "on");
const struct kind kind_oauth_flow = WORD_KIND("auto|browser|device|client", flow_words, NULL);
const struct kind kind_tls_version = WORD_KIND("1.2|1.3", version_words, NULL);
const struct kind kind_syslog = WORD_KIND("auto|on|off|FACILITY", syslog_words, "on");

const struct kind kind_port = {
	.placeholder = "PORT", .size = sizeof(unsigned), .parse = parse_port, .print = print_number,
};
const struct kind kind_seconds = {
	.placeholder = "SECONDS", .size = sizeof(unsigned),
	.parse = parse_seconds, .print = print_number,
};
const struct kind kind_number = {
	.placeholder = "NUMBER", .size = sizeof(unsigned),
	.parse = parse_number, .print = print_number,
};

static const char *const flag_words[] = { "off", "on", NULL };
static const char *const cleartext_words[] = { "never", "loopback", NULL };
static const char *const starttls_words[] = {
	[STARTTLS_AUTO] = "auto", [STARTTLS_ON] = "on", [STARTTLS_OFF] = "off", NULL
};
static const char *const protocol_words[] = {
	[PROTOCOL_SMTP] = "smtp", [PROTOCOL_LMTP] = "lmtp", NULL
};
static const char *const family_words[] = { [IP_ANY] = "any", [IP_4] = "4", [IP_6] = "6", NULL };
static const char *const add_field_words[] = {
	[ADD_AUTO] = "auto", [ADD_ALWAYS] = "on", [ADD_NEVER] = "off", NULL
};
static const char *const add_missing_words[] = { "auto", "off", NULL };
static const char *const to_header_words[] = {
	[TO_AUTO] = "auto", [TO_OFF] = "off", [TO_RECIPIENTS] = "on",
	[TO_UNDISCLOSED] = "undisclosed_recipients", NULL
};
const struct kind kind_flag = CHOICE_KIND(bool, "on|off", flag_words, "on");
const struct kind kind_cleartext = CHOICE_KIND(bool, "loopback|never", cleartext_words, NULL);
const struct kind kind_starttls = CHOICE_KIND(enum starttls, "auto|on|off", starttls_words, "on");
const struct kind kind_protocol = CHOICE_KIND(enum protocol, "smtp|lmtp", protocol_words, NULL);
const struct kind kind_family = CHOICE_KIND(enum ip_family, "4|6|any", family_words, NULL);
const struct kind kind_add_field = CHOICE_KIND(enum add_field, "auto|on|off", add_field_words,
					       "auto");
const struct kind kind_add_missing = {
	.placeholder = "auto|off", .choices = add_missing_words, .empty = "auto",
	.size = sizeof(enum add_field), .parse = parse_add_missing, .print = print_add_missing,
};
const struct kind kind_to_header = CHOICE_KIND(enum to_header, "auto|on|off|undisclosed_recipients",
					       to_header_words, "on");

const struct kind kind_rate = {
	.placeholder = "NUMBER/SECONDS", .size = sizeof(struct rate),
	.parse = parse_rate, .print = print_rate,
};
const struct kind kind_secret = {
	.placeholder = "TEXT", .size = sizeof(struct secret), .hidden = true,
	.parse = parse_secret, .print = print_secret,
};
/* clang-format on */
