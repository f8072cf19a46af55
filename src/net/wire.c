/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends and hears in one poll loop, through TLS or not. */
#include "net/wire.h"

#include "base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16 * 1024 };

/* What one try to move bytes came to; the same words for both kinds of line. */
static enum tls_result
plain_result(ssize_t moved, enum tls_result again, size_t *count)
{
	*count = moved > 0 ? (size_t)moved : 0;
	if (moved > 0)
		return TLS_DONE;
	if (moved == 0)
		return TLS_CLOSED;
	if (errno == EAGAIN || errno == EINTR)
		return again;
	return TLS_FAILED;
}

static enum tls_result
take_in(struct wire *wire, char *at, size_t len, size_t *got)
{
	if (wire->tls)
		return tls_read(wire->tls, at, len, got);
	return plain_result(recv(wire->line.fd, at, len, 0), TLS_WANT_READ, got);
}

static enum tls_result
put_out(struct wire *wire, const char *at, size_t len, size_t *put)
{
	if (wire->tls)
		return tls_write(wire->tls, at, len, put);
	return plain_result(send(wire->line.fd, at, len, MSG_NOSIGNAL), TLS_WANT_WRITE,
			    put);
}

static bool
lost(struct wire *wire, struct error *err)
{
	if (wire->tls && *tls_problem(wire->tls))
		return fail(err, FAULT_PROTOCOL, _("the connection was lost: %s"),
			    tls_problem(wire->tls));
	if (wire->ended || errno == 0)
		return fail(err, FAULT_LOST, _("the server closed the connection"));
	return fail(err, FAULT_LOST, _("the connection was lost: %s"),
		    english_reason(errno));
}

/* Reads as long as there is something; WANT_* tells what to wait for. */
static enum tls_result
drain(struct wire *wire, struct error *err)
{
	enum tls_result result;
	size_t got;

	do {
		char *room = buf_reserve(&wire->in, PIECE);

		errno = 0;
		result = take_in(wire, room, PIECE, &got);
		if (result == TLS_DONE) {
			wire->heard = now_us();
			wire->in.len += got;
			wire->in.at[wire->in.len] = '\0';
		}
		if (wire->in.len - wire->taken > WIRE_HEARD_MAX) {
			fail(err, FAULT_PROTOCOL,
			     _("the server says more than it was asked"));
			return TLS_FAILED;
		}
	} while (result == TLS_DONE &&
		 (got == PIECE || (wire->tls && tls_pending(wire->tls))));
	if (result == TLS_CLOSED || result == TLS_FAILED)
		wire->ended = true;
	return result;
}

/* Acknowledge at once: a server that keeps its next segment back until it hears from us
 * (Nagle's algorithm after a TLS ticket) would wait for our delayed acknowledgement. */
static void
acknowledge_quickly(const struct wire *wire)
{
	int on = 1;

	if (wire->line.port)
		setsockopt(wire->line.fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static bool
wait_for(struct wire *wire, short events, int64_t deadline, struct error *err)
{
	struct pollfd wanted = { .fd = wire->line.fd, .events = events };
	int ready;

	do
		ready = poll(&wanted, 1, deadline_left(deadline));
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return fail_errno(err, FAULT_SYSTEM, _("waiting for the server failed"));
	if (ready == 0)
		return fail(err, FAULT_TIMEOUT, _("the server did not answer in time"));
	return true;
}

bool
wire_send(struct wire *wire, struct span bytes, int64_t deadline, struct error *err)
{
	struct error ignored = { .arena = err->arena };

	if (wire->out.len && bytes.at != wire->out.at && !wire_flush(wire, deadline, err))
		return false;
	while (bytes.len) {
		size_t put;
		short events = POLLIN;

		errno = 0;
		switch (put_out(wire, bytes.at, bytes.len, &put)) {
		case TLS_DONE:
			wire->sent += put;
			bytes = span_part(bytes, put, bytes.len - put);
			continue;
		case TLS_WANT_WRITE:
			events = POLLIN | POLLOUT;
			break;
		case TLS_WANT_READ:
			break;
		case TLS_CLOSED:
		case TLS_FAILED:
			lost(wire, err);
			drain(wire, &ignored);
			return false;
		}
		if (wire->ended)
			events &= POLLOUT;
		if (!wait_for(wire, events, deadline, err))
			return false;
		if (!wire->ended && drain(wire, err) == TLS_FAILED && err->fault)
			return false;
	}
	return true;
}

bool
wire_flush(struct wire *wire, int64_t deadline, struct error *err)
{
	bool sent = wire_send(wire, buf_span(&wire->out), deadline, err);

	/* Commands may carry secrets: they do not stay in memory longer than they
	 * must. */
	if (wire->out.at)
		explicit_bzero(wire->out.at, wire->out.len);
	wire->out.len = 0;
	return sent;
}

bool
wire_hear(struct wire *wire, int64_t deadline, struct error *err)
{
	size_t before = wire->in.len;

	for (;;) {
		enum tls_result result = wire->ended ? TLS_CLOSED : drain(wire, err);

		if (err->fault)
			return false;
		if (wire->in.len > before)
			return true;
		if (result == TLS_CLOSED || result == TLS_FAILED)
			return lost(wire, err);
		acknowledge_quickly(wire);
		if (!wait_for(wire, result == TLS_WANT_WRITE ? POLLOUT : POLLIN, deadline,
			      err))
			return false;
	}
}

bool
wire_listen(struct wire *wire)
{
	struct arena arena = { 0 };
	struct error ignored = { .arena = &arena };

	if (wire->line.fd >= 0 && !wire->ended)
		drain(wire, &ignored);
	arena_release(&arena);
	return wire->in.len > wire->taken;
}

struct span
wire_heard(const struct wire *wire)
{
	return span_part(buf_span(&wire->in), wire->taken, SIZE_MAX);
}

void
wire_take(struct wire *wire, size_t octets)
{
	wire->taken += octets;
	if (wire->taken >= wire->in.len)
		wire->taken = wire->in.len = 0;
}

void
wire_close(struct wire *wire)
{
	tls_end(&wire->tls);
	if (wire->line.fd >= 0)
		close(wire->line.fd);
	wire->line.fd = -1;
	buf_wipe(&wire->in);
	buf_wipe(&wire->out);
	wire->taken = 0;
}

void
wire_leave(struct wire *wire)
{
	tls_leave(&wire->tls);
	wire_close(wire);
}
