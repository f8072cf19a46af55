/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pours a message into a session. */
#include "smtp/content.h"

#include <string.h>

enum {
	BLOCK = 64 * 1024,	/* octets of the message at a time */
	RECORD = 16 * 1024,	/* octets in a TLS record (RFC 8446 5.1) */
	FLIGHT_MAX = 128 * 1024 /* octets that may wait to go out with what follows */
};

/* A pouring under way. */
struct pour {
	struct session *session;
	struct exchange *exchange;
	const struct content *content;
	bool dots; /* double those at line starts */
	bool line_start;
	uint64_t poured;
};

static void
tell_completing(const struct session *s)
{
	if (!s->failed.fault && s->watcher.completing)
		s->watcher.completing(s->watcher.context);
}

bool
flush_when_full(struct session *session, enum stage stage)
{
	return session->wire.out.len < FLIGHT_MAX || session_flush(session, stage);
}

/* The end of a message waits: what follows goes with it. So does all of a small one. */
static bool
may_go_alone(const struct pour *pour, struct span piece)
{
	uint64_t size = pour->content->size;

	return !pour->dots && size > FLIGHT_MAX && pour->poured < size &&
	       piece.len >= RECORD;
}

/* Whole records go out from where they are, behind one that is filled up. */
static bool
send_records(struct session *s, struct span piece)
{
	struct buf *out = &s->wire.out;
	size_t fill = out->len % RECORD ? RECORD - out->len % RECORD : 0, whole;

	buf_add_span(out, span_part(piece, 0, fill));
	piece = span_part(piece, fill, piece.len);
	whole = piece.len - piece.len % RECORD;
	if (!session_send(s, span_part(piece, 0, whole), STAGE_CONTENT))
		return false;
	buf_add_span(out, span_part(piece, whole, piece.len));
	return true;
}

static void
add_with_dots(struct pour *pour, struct span piece)
{
	struct buf *out = &pour->session->wire.out;

	while (piece.len) {
		size_t end = span_find(piece, '\n');
		size_t len = end < piece.len ? end + 1 : end;

		if (pour->line_start && piece.at[0] == '.')
			buf_add_char(out, '.');
		buf_add(out, piece.at, len);
		pour->line_start = end < piece.len;
		piece = span_part(piece, len, piece.len);
	}
}

static bool
add(struct pour *pour, struct span piece)
{
	struct session *s = pour->session;

	if (s->failed.fault)
		return false;
	pour->poured += piece.len;
	/* After DATA the dot completes it, not the last octet. */
	if (!pour->dots && pour->poured == pour->content->size)
		tell_completing(s);
	if (pour->dots)
		add_with_dots(pour, piece);
	else if (!may_go_alone(pour, piece))
		buf_add_span(&s->wire.out, piece);
	else if (!send_records(s, piece))
		return false;
	if (!flush_when_full(s, STAGE_CONTENT))
		return false;
	if (s->watcher.progress)
		s->watcher.progress(s->watcher.context, pour->poured,
				    pour->content->size);
	return true;
}

/* A header with many recipients may be long, too. */
static bool
add_in_blocks(struct pour *pour, struct span piece)
{
	bool ok = true;

	for (size_t at = 0; ok && at < piece.len; at += BLOCK)
		ok = add(pour, span_part(piece, at, BLOCK));
	return ok;
}

static bool
pour_body(struct pour *pour, struct buf *room)
{
	const struct body *body = pour->content->message->body;
	uint64_t offset = 0;
	struct span piece;

	for (;;) {
		if (!body_view(body, offset, room, &piece, &pour->session->failed))
			return false;
		if (!piece.len)
			return true;
		offset += piece.len;
		if (!add(pour, piece))
			return false;
	}
}

static bool
pour_message(struct pour *pour)
{
	const struct composed *message = pour->content->message;
	struct buf room = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < message->count; i++)
		ok = add_in_blocks(pour, message->pieces[i]);
	buf_reserve(&room, BLOCK);
	ok = ok && pour_body(pour, &room);
	buf_release(&room);
	return ok;
}

void
content_is_said(const struct session *session, struct exchange *exchange, uint64_t octets)
{
	exchange->octets = octets;
	exchange->ends = session->wire.sent + session->wire.out.len;
}

struct exchange *
send_chunk(struct session *session, const struct content *content)
{
	struct exchange *exchange = ask(session, STAGE_CONTENT, "BDAT %llu LAST",
					(unsigned long long)content->size);
	struct pour pour = { .session = session,
			     .exchange = exchange,
			     .content = content };

	if (pour_message(&pour))
		content_is_said(session, exchange, pour.poured);
	return exchange;
}

struct exchange *
send_data(struct session *session, const struct content *content)
{
	struct exchange *exchange = owe(session, STAGE_CONTENT, NULL);
	struct pour pour = {
		.session = session,
		.exchange = exchange,
		.content = content,
		.dots = true,
		.line_start = true,
	};

	if (pour_message(&pour)) {
		tell_completing(session);
		/* Canonical text ends with a line end; empty text has none. */
		buf_add_string(&session->wire.out, ".\r\n");
		content_is_said(session, exchange, pour.poured + 1);
	}
	return exchange;
}

struct exchange *
send_nothing(struct session *session)
{
	struct exchange *exchange = owe(session, STAGE_CONTENT, ".");

	buf_add_string(&session->wire.out, ".\r\n");
	return exchange;
}
