/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds a message against what a server offers. */
#include "smtp/parameters.h"

#include "mail/downgrade.h"

#include <inttypes.h>

/* A message that does not say that it is binary must not be sent as such (RFC 3030 3). */
static bool
says_binary(const struct message *message)
{
	for (size_t i = 0; i < message->count; i++)
		if (field_is(&message->fields[i], "Content-Transfer-Encoding"))
			return span_same_word(span_trim(message->fields[i].value),
					      SPAN("binary"));
	return false;
}

/* What of the message the server cannot take; *BODY is what MAIL has to say. */
static struct downgrade
beyond(const struct session *s, const struct delivery *d, const char **body)
{
	struct downgrade what = downgrade_candidates(d->composed, &d->message->facts);
	bool eight_bit = what.eight_bit_body || (what.eight_bit_header && s->utf8);

	*body = "";
	if (s->caps.binarymime && s->caps.chunking && (what.nul || what.long_lines) &&
	    says_binary(d->message)) {
		*body = " BODY=BINARYMIME";
		what.nul = what.long_lines = what.eight_bit_body = false;
	} else if (s->caps.eightbitmime) {
		if (eight_bit)
			*body = " BODY=8BITMIME";
		what.eight_bit_body = false;
	}
	if (s->utf8)
		what.eight_bit_header = false;
	return what;
}

static const char *
parameters(const struct session *s, const struct mail_options *options, uint64_t size,
	   const char *body)
{
	struct buf out = { 0 };
	const char *text;

	buf_add_string(&out, "");
	if (s->caps.size)
		buf_printf(&out, " SIZE=%" PRIu64, size);
	buf_add_string(&out, body);
	if (s->utf8)
		buf_add_string(&out, " SMTPUTF8");
	if (options->ret)
		buf_printf(&out, " RET=%s", options->ret);
	if (options->envid)
		buf_printf(&out, " ENVID=%s", options->envid);
	if (options->by)
		buf_printf(&out, " BY=%s", options->by);
	if (options->hold_for)
		buf_printf(&out, " HOLDFOR=%s", options->hold_for);
	if (options->hold_until)
		buf_printf(&out, " HOLDUNTIL=%s", options->hold_until);
	if (options->mt_priority)
		buf_printf(&out, " MT-PRIORITY=%s", options->mt_priority);
	if (options->require_tls)
		buf_add_string(&out, " REQUIRETLS");
	text = span_string(s->arena, buf_span(&out));
	buf_release(&out);
	return text;
}

bool
fit_message(struct session *session, const struct delivery *delivery,
	    struct fitted *fitted, struct error *err)
{
	const struct envelope *envelope = delivery->envelope;
	struct downgrade what;
	const char *body;

	*fitted = (struct fitted){ .composed = *delivery->composed, .body.fd = -1 };
	session->utf8 = session->caps.smtputf8 && (envelope->needs & NEEDS_SMTPUTF8);
	what = beyond(session, delivery, &body);
	if (downgrade_is_needed(&what) &&
	    !downgrade(delivery->composed, &what, &fitted->composed, &fitted->body, err))
		return false;
	fitted->size = fitted->composed.size + fitted->composed.body->size;
	fitted->parameters = parameters(session, &envelope->options, fitted->size, body);
	return true;
}

void
fitted_release(struct fitted *fitted)
{
	body_release(&fitted->body);
}
