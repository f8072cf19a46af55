/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collects who sends and who receives, and checks what is asked of the server. */
#include "mail/envelope.h"

#include "mail/fit.h"

#include <string.h>

/* ---- recipients, each once ---- */

/* Finds a recipient by its address: open addressing, a power of two of places of which at
 * most half are taken. A place holds the number of the recipient plus one. */
struct recipient_index {
	const char **to;  /* the list that was indexed: another may be there now */
	size_t count;	  /* recipients in the index */
	size_t room;	  /* recipients that fit into TO and the index */
	uint32_t *places; /* 2 * room of them */
};

enum { ROOM_FIRST = 16 };

/* FNV-1a over what address_same compares: the domain without regard to case. */
static uint64_t
hash_address(const char *address)
{
	const char *domain = address_domain(address), *c = address;
	uint64_t hash = 14695981039346656037U;

	for (; *c && c != domain; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211U;
	for (; *c; c++)
		hash = (hash ^ (unsigned char)to_lower(*c)) * 1099511628211U;
	return hash ^ hash >> 32;
}

/* The place of the address, or the free one where it belongs. */
static uint32_t *
find_place(const struct recipient_index *index, const char *address)
{
	size_t mask = 2 * index->room - 1, at = (size_t)hash_address(address) & mask;

	while (index->places[at] &&
	       !address_same(index->to[index->places[at] - 1], address))
		at = (at + 1) & mask;
	return &index->places[at];
}

/* Makes an index with room for one more recipient than there are. */
static struct recipient_index *
build_index(struct arena *arena, struct envelope *envelope)
{
	struct recipient_index *index = arena_take(arena, sizeof(*index));

	index->room = ROOM_FIRST;
	while (index->room <= envelope->count)
		index->room = checked_product(index->room, 4);
	index->places = arena_array(arena, uint32_t, checked_product(index->room, 2));
	index->to = arena_array(arena, const char *, index->room);
	if (envelope->count)
		memcpy(index->to, envelope->to, envelope->count * sizeof(*index->to));
	for (; index->count < envelope->count; index->count++) {
		uint32_t *place = find_place(index, index->to[index->count]);

		if (!*place)
			*place = (uint32_t)index->count + 1;
	}
	envelope->to = index->to;
	return index;
}

static void
add_recipient(struct arena *arena, struct envelope *envelope, const char *address)
{
	struct recipient_index *index = envelope->index;
	uint32_t *place;

	if (!index || index->to != envelope->to || index->count != envelope->count ||
	    index->count == index->room)
		index = envelope->index = build_index(arena, envelope);
	place = find_place(index, address);
	if (*place)
		return;
	envelope->to[envelope->count++] = address;
	index->count = envelope->count;
	*place = (uint32_t)index->count;
}

bool
envelope_add(struct arena *arena, struct envelope *envelope,
	     const struct address_list *list, const char *default_domain,
	     struct error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *address;

		if (!address_envelope(arena, &list->items[i], default_domain, &address,
				      err))
			return false;
		add_recipient(arena, envelope, address);
	}
	return true;
}

/* ---- what the server must be able to do ---- */

/* Most of a header goes as encoded words, and then through any server: SMTPUTF8 that the
 * next server but one lacks would be the end of the message. But a header that is signed
 * stays as it is, if it can. */
static bool
header_needs_utf8(const struct message *message)
{
	struct arena arena = { 0 };
	bool needed = false;

	for (size_t i = 0; i < message->count && !needed; i++)
		needed = field_is(&message->fields[i], "DKIM-Signature") ||
			 field_needs_utf8(&arena, &message->fields[i]);
	arena_release(&arena);
	return needed;
}

static bool
needs_utf8(const struct envelope *envelope, const struct message *message)
{
	if (address_needs_utf8(envelope->sender))
		return true;
	for (size_t i = 0; i < envelope->count; i++)
		if (address_needs_utf8(envelope->to[i]))
			return true;
	return message->facts.utf8_header && header_needs_utf8(message);
}

void
envelope_decide_needs(struct envelope *envelope, const struct message *message)
{
	const struct mail_options *options = &envelope->options;

	envelope->needs = 0;
	if (needs_utf8(envelope, message))
		envelope->needs |= NEEDS_SMTPUTF8;
	if (options->ret || options->envid || options->notify)
		envelope->needs |= NEEDS_DSN;
	if (options->by)
		envelope->needs |= NEEDS_DELIVERBY;
	if (options->hold_for || options->hold_until)
		envelope->needs |= NEEDS_FUTURERELEASE;
	if (options->mt_priority)
		envelope->needs |= NEEDS_MT_PRIORITY;
	if (options->require_tls)
		envelope->needs |= NEEDS_REQUIRETLS;
}

void
envelope_waive_utf8(struct envelope *envelope, const struct message *message)
{
	if ((envelope->needs & NEEDS_SMTPUTF8) && !needs_utf8(envelope, message))
		envelope->needs &= ~(unsigned)NEEDS_SMTPUTF8;
}

void
envelope_waive_reports(struct envelope *envelope)
{
	envelope->options.notify = envelope->options.ret = NULL;
	envelope->options.envid = NULL;
	envelope->needs &= ~(unsigned)NEEDS_DSN;
}

/* ---- the words of the options ---- */

static bool
is_off(const char *word)
{
	return !*word || span_same_word(span_of(word), SPAN("off"));
}

/* The word, safe to show in a message. */
static const char *
shown(const char *word, struct error *err)
{
	return clean_text(err->arena, span_of(word));
}

/* Bits of a NOTIFY list, in the order in which they are written. */
static const char *const notify_words[] = { "NEVER", "SUCCESS", "FAILURE", "DELAY" };

enum { NOTIFY_NEVER = 1 << 0, NOTIFY_COUNT = 4 };

/* The bit of one word of the list; 0 when it is none. */
static unsigned
notify_bit(struct span word)
{
	for (unsigned i = 0; i < NOTIFY_COUNT; i++)
		if (span_same_word(word, span_of(notify_words[i])))
			return 1U << i;
	return 0;
}

static const char *
notify_text(struct arena *arena, unsigned bits)
{
	const char *text = "";

	for (unsigned i = 0; i < NOTIFY_COUNT; i++)
		if (bits & 1U << i)
			text = arena_printf(arena, "%s%s%s", text, *text ? "," : "",
					    notify_words[i]);
	return text;
}

bool
parse_notify(struct arena *arena, const char *word, const char **notify,
	     struct error *err)
{
	struct span rest = span_of(word);
	bool valid = true;
	unsigned bits = 0;

	*notify = NULL;
	if (is_off(word))
		return true;
	for (bool more = true; more && valid;) {
		size_t comma = span_find(rest, ',');
		unsigned bit = notify_bit(span_trim(span_part(rest, 0, comma)));

		more = comma < rest.len;
		valid = bit != 0;
		bits |= bit;
		rest = span_part(rest, comma + 1, rest.len);
	}
	if (!valid || ((bits & NOTIFY_NEVER) && bits != NOTIFY_NEVER))
		return fail(err, FAULT_USAGE,
			    _("Delivery notifications cannot be asked for with \"%s\": "
			      "it must be \"never\", or a list of \"failure\", \"delay\" "
			      "and \"success\""),
			    shown(word, err));
	*notify = notify_text(arena, bits);
	return true;
}

bool
parse_ret(const char *word, const char **ret, struct error *err)
{
	struct span span = span_of(word);
	bool hdrs = span_same_word(span, SPAN("hdrs")) ||
		    span_same_word(span, SPAN("headers"));

	*ret = NULL;
	if (is_off(word))
		return true;
	if (!hdrs && !span_same_word(span, SPAN("full")))
		return fail(err, FAULT_USAGE,
			    _("Notifications cannot return \"%s\" of the message: it "
			      "must be \"full\" or \"headers\""),
			    shown(word, err));
	*ret = hdrs ? "HDRS" : "FULL";
	return true;
}

/* The code point of the character, or the byte, at the start of *REST, which loses it. */
static unsigned
next_character(struct span *rest, bool utf8)
{
	unsigned char first = (unsigned char)rest->at[0];
	size_t len = !utf8 || first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	unsigned character = len == 1 ? first : first & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		character = character << 6 | ((unsigned char)rest->at[i] & 0x3f);
	*rest = span_part(*rest, len, rest->len);
	return character;
}

/* Printable ASCII as it is, the rest as +HH (RFC 3461 4) or, in UTF-8, as \x{HH}: the
 * utf-8-addr-xtext of RFC 6533 3, which goes through any server. */
static char *
xtext(struct arena *arena, struct span text, bool utf8)
{
	struct buf out = { 0 };
	char *encoded;

	while (text.len) {
		unsigned c = next_character(&text, utf8);

		if (c > ' ' && c <= '~' && !strchr(utf8 ? "+=\\" : "+=", (int)c))
			buf_add_char(&out, (char)c);
		else
			buf_printf(&out, utf8 ? "\\x{%02X}" : "+%02X", c);
	}
	encoded = span_string(arena, buf_span(&out));
	buf_release(&out);
	return encoded;
}

bool
parse_envid(struct arena *arena, const char *word, const char **envid, struct error *err)
{
	enum { ENVID_MAX = 100 }; /* RFC 3461 4.4 */
	struct span span = span_of(word);
	const char *encoded;

	*envid = NULL;
	if (!*word)
		return true;
	encoded = xtext(arena, span, false);
	if (has_control(span) || !is_ascii(span) || strlen(encoded) > ENVID_MAX)
		return fail(err, FAULT_USAGE,
			    _("\"%s\" cannot be an envelope identifier: it must be "
			      "printable ASCII of at most %d characters, of which blank, "
			      "\"+\" and \"=\" count three times"),
			    shown(word, err), (int)ENVID_MAX);
	*envid = encoded;
	return true;
}

enum { SECONDS_DIGITS = 9 }; /* RFC 2852 4, RFC 4865 4 */

/* Takes the letter away from the end of SPAN when it is there, in any case. */
static bool
ends_with_letter(struct span *span, char letter)
{
	if (!span->len || to_lower(span->at[span->len - 1]) != letter)
		return false;
	span->len--;
	return true;
}

bool
parse_by(struct arena *arena, const char *word, const char **by, struct error *err)
{
	struct span digits = span_of(word);
	bool minus = *word == '-', notify, mode, trace;
	uint64_t seconds;

	*by = NULL;
	if (is_off(word))
		return true;
	trace = ends_with_letter(&digits, 't');
	notify = ends_with_letter(&digits, 'n');
	mode = notify || ends_with_letter(&digits, 'r');
	if (mode && !ends_with_letter(&digits, ';'))
		digits.len = 0;
	if (minus || *word == '+')
		digits = span_part(digits, 1, digits.len);
	/* What must be there by a time, or come back, needs a time to come. */
	if (digits.len > SECONDS_DIGITS || !span_number(digits, &seconds) ||
	    (!notify && (minus || seconds == 0)))
		return fail(err, FAULT_USAGE,
			    _("\"%s\" cannot be a time to deliver by: it must be "
			      "seconds, and may end with \";R\" (return) or \";N\" "
			      "(notify), and with \"T\" (trace)"),
			    shown(word, err));
	*by = arena_printf(arena, "%s%s;%c%s", minus ? "-" : "",
			   span_string(arena, digits), notify ? 'N' : 'R',
			   trace ? "T" : "");
	return true;
}

bool
parse_hold_for(const char *word, const char **hold_for, struct error *err)
{
	uint64_t seconds;

	*hold_for = NULL;
	if (is_off(word))
		return true;
	if (strlen(word) > SECONDS_DIGITS || !span_number(span_of(word), &seconds) ||
	    *word == '0')
		return fail(err, FAULT_USAGE,
			    _("A message cannot be held for \"%s\" seconds: it must be a "
			      "number of at most nine digits"),
			    shown(word, err));
	*hold_for = word;
	return true;
}

/* Whether TEXT begins with what PATTERN says: "0" is any digit, a letter is itself in any
 * case, everything else is itself. */
static bool
looks_like(struct span text, const char *pattern)
{
	size_t len = strlen(pattern);

	if (text.len < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (pattern[i] == '0' ? !is_digit(text.at[i])
				      : to_lower(text.at[i]) != to_lower(pattern[i]))
			return false;
	return true;
}

static unsigned
two_digits(struct span text, size_t at)
{
	return (unsigned)(text.at[at] - '0') * 10 + (unsigned)(text.at[at + 1] - '0');
}

static bool
is_zone(struct span zone)
{
	if (zone.len == 1)
		return to_lower(*zone.at) == 'z';
	return zone.len == 6 && (*zone.at == '+' || *zone.at == '-') &&
	       looks_like(span_part(zone, 1, 5), "00:00") && two_digits(zone, 1) < 24 &&
	       two_digits(zone, 4) < 60;
}

/* RFC 3339 5.6: 2026-11-23T09:45:00Z. */
static bool
is_date_time(struct span text)
{
	size_t zone = strlen("0000-00-00T00:00:00");
	unsigned month, day;

	if (!looks_like(text, "0000-00-00T00:00:00"))
		return false;
	month = two_digits(text, 5);
	day = two_digits(text, 8);
	if (month < 1 || month > 12 || day < 1 || day > 31 || two_digits(text, 11) > 23 ||
	    two_digits(text, 14) > 59 || two_digits(text, 17) > 60)
		return false;
	if (looks_like(span_part(text, zone, text.len), ".0"))
		for (zone++; zone < text.len && is_digit(text.at[zone]);)
			zone++;
	return is_zone(span_part(text, zone, text.len));
}

bool
parse_hold_until(const char *word, const char **hold_until, struct error *err)
{
	*hold_until = NULL;
	if (is_off(word))
		return true;
	if (!is_date_time(span_of(word)))
		return fail(err, FAULT_USAGE,
			    _("A message cannot be held until \"%s\": it must be a date "
			      "and time like \"2026-12-31T18:00:00Z\""),
			    shown(word, err));
	*hold_until = word;
	return true;
}

bool
parse_mt_priority(const char *word, const char **mt_priority, struct error *err)
{
	struct span digit = span_of(word);
	bool minus = *word == '-';

	*mt_priority = NULL;
	if (is_off(word))
		return true;
	if (minus)
		digit = span_part(digit, 1, digit.len);
	if (digit.len != 1 || !is_digit(*digit.at) || (minus && *digit.at == '0'))
		return fail(err, FAULT_USAGE,
			    _("\"%s\" cannot be a priority: it must be a number from -9 "
			      "to 9"),
			    shown(word, err));
	*mt_priority = word;
	return true;
}

/* ---- the original recipient ---- */

char *
original_recipient(struct arena *arena, const char *envelope_address)
{
	struct span address = span_of(envelope_address);
	bool utf8 = !is_ascii(address) && is_utf8(address);

	return arena_printf(arena, "%s;%s", utf8 ? "utf-8" : "rfc822",
			    xtext(arena, address, utf8));
}
