/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes and reads the records of a label. */
#include "queue/label.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ---- written ---- */

static void
add_envelope(struct buf *out, const struct envelope *envelope)
{
	const struct mail_options *options = &envelope->options;

	record_add_text(out, "sender", envelope->sender);
	for (size_t i = 0; i < envelope->count; i++)
		record_add_text(out, "to", envelope->to[i]);
	record_add_text(out, "ret", options->ret);
	record_add_text(out, "envid", options->envid);
	record_add_text(out, "notify", options->notify);
	record_add_text(out, "by", options->by);
	record_add_text(out, "hold-for", options->hold_for);
	record_add_text(out, "hold-until", options->hold_until);
	record_add_text(out, "mt-priority", options->mt_priority);
	if (options->require_tls)
		record_add(out, "require-tls", SPAN(""));
	record_printf(out, "needs", "%u", envelope->needs);
}

void
label_add(struct buf *out, const struct label *label)
{
	const struct facts *facts = &label->facts;

	add_envelope(out, &label->envelope);
	record_printf(out, "facts", "%d %d %d %" PRIu64 " %" PRIu64, facts->eight_bit,
		      facts->header_eight_bit, facts->utf8_header, facts->nul,
		      facts->longest_line);
	record_printf(out, "header", "%" PRIu64, label->header_size);
}

/* ---- read ---- */

/* The recipients grow by doubling. */
static void
take_recipient(struct label *label, struct span text)
{
	struct envelope *envelope = &label->envelope;
	size_t count = envelope->count;

	if ((count & (count - 1)) == 0) {
		const char **more =
			arena_array(label->arena, const char *, count ? 2 * count : 1);

		if (count)
			memcpy(more, envelope->to, count * sizeof(*more));
		envelope->to = more;
	}
	envelope->to[envelope->count++] = span_string(label->arena, text);
}

static bool
take_facts(struct facts *facts, struct span text)
{
	uint64_t values[5];

	for (size_t i = 0; i < 5; i++)
		if (!span_number(span_word(&text), &values[i]))
			return false;
	facts->eight_bit = values[0];
	facts->header_eight_bit = values[1];
	facts->utf8_header = values[2];
	facts->nul = values[3];
	facts->longest_line = values[4];
	return true;
}

/* Texts that go into the envelope as they are. */
static const struct {
	const char *type;
	size_t at;
} texts[] = {
	{ "sender", offsetof(struct envelope, sender) },
	{ "ret", offsetof(struct envelope, options.ret) },
	{ "envid", offsetof(struct envelope, options.envid) },
	{ "notify", offsetof(struct envelope, options.notify) },
	{ "by", offsetof(struct envelope, options.by) },
	{ "hold-for", offsetof(struct envelope, options.hold_for) },
	{ "hold-until", offsetof(struct envelope, options.hold_until) },
	{ "mt-priority", offsetof(struct envelope, options.mt_priority) },
};

static bool
is_text(const struct record_view *record, size_t *at)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (record_is(record, texts[i].type)) {
			*at = texts[i].at;
			return true;
		}
	return false;
}

static void
take_text(struct label *label, size_t at, struct span value)
{
	const char *text = span_string(label->arena, value);

	memcpy((char *)&label->envelope + at, &text, sizeof(const char *));
}

static enum label_part
taken_if(bool right)
{
	return right ? LABEL_TAKEN : LABEL_WRONG;
}

enum label_part
label_take(struct label *label, const struct record_view *record)
{
	struct span value = record->value;
	size_t at;
	bool text = is_text(record, &at), recipient = record_is(record, "to");

	if ((text || recipient) && has_control(value))
		return LABEL_WRONG;
	if (text)
		take_text(label, at, value);
	else if (recipient)
		take_recipient(label, value);
	else if (record_is(record, "require-tls"))
		label->envelope.options.require_tls = true;
	else if (record_is(record, "facts"))
		return taken_if(take_facts(&label->facts, value));
	else if (record_is(record, "needs"))
		return taken_if(record_unsigned(&value, &label->envelope.needs) &&
				!value.len);
	else if (record_is(record, "header"))
		return taken_if(span_number(value, &label->header_size));
	else
		return LABEL_OTHER;
	return LABEL_TAKEN;
}

bool
label_is_whole(const struct label *label)
{
	return label->envelope.count && label->envelope.sender;
}
