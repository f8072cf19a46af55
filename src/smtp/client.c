/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hears a client in blocks, cuts them into commands, and sends replies in batches (RFC
 * 2920 3.2). */
#include "smtp/client.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BLOCK = 64 * 1024,
	LINE_ROOM = CLIENT_LINE_MAX + 1, /* for the CR */
	ROOM = LINE_ROOM + BLOCK
};

/* ---- out ---- */

/* Waits until FD is ready. False when it took too long. */
static bool
await(struct client *client, int fd, short events, int64_t deadline)
{
	struct pollfd ready = { .fd = fd, .events = events };
	int count;

	do
		count = poll(&ready, 1, deadline_left(deadline));
	while (count < 0 && errno == EINTR);
	if (count > 0)
		return true;
	client->late = count == 0;
	client->gone = true;
	return false;
}

void
client_flush(struct client *client)
{
	int64_t deadline = deadline_in(client->timeout);
	size_t sent = 0;

	while (sent < client->said.len && await(client, client->out, POLLOUT, deadline)) {
		ssize_t put = write(client->out, client->said.at + sent,
				    client->said.len - sent);

		if (put < 0 && errno != EINTR && errno != EAGAIN) {
			client->gone = true;
			break;
		}
		if (put > 0)
			sent += (size_t)put;
	}
	client->said.len = 0;
}

void
client_say(struct client *client, const char *format, ...)
{
	char line[CLIENT_REPLY_MAX + 1];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	for (char *c = line; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	buf_add_string(&client->said, line);
	buf_add_string(&client->said, "\r\n");
	if (client->said.len > BLOCK)
		client_flush(client);
}

/* ---- in ---- */

/* Hears more, behind what was not yet taken, which is less than a line. */
static bool
hear(struct client *client, int64_t deadline)
{
	struct buf *heard = &client->heard;
	ssize_t got = -1;

	client_flush(client);
	/* Made once and never moved: no copy of a password is left behind. */
	if (!heard->at)
		buf_reserve(heard, ROOM);
	buf_drop(heard, client->taken);
	client->taken = 0;
	while (got < 0 && !client->gone && await(client, client->in, POLLIN, deadline)) {
		got = read(client->in, heard->at + heard->len, BLOCK);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			client->gone = true;
	}
	if (got <= 0)
		return false;
	heard->len += (size_t)got;
	heard->at[heard->len] = '\0';
	return true;
}

static struct span
waiting(const struct client *client)
{
	return span_part(buf_span(&client->heard), client->taken, SIZE_MAX);
}

struct span
client_heard(struct client *client)
{
	if (!waiting(client).len && !client->gone)
		hear(client, deadline_in(client->timeout));
	return waiting(client);
}

void
client_take(struct client *client, size_t octets)
{
	client->taken += octets;
}

enum client_line
client_line(struct client *client, struct span *line)
{
	int64_t deadline = deadline_in(client->timeout);
	enum client_line kind = LINE_HEARD;
	bool cr = false;
	size_t lf;

	*line = waiting(client);
	while ((lf = span_find(*line, '\n')) == line->len) {
		if (line->len > LINE_ROOM) {
			/* The rest is skipped, a block at a time. */
			kind = LINE_TOO_LONG;
			cr = line->at[line->len - 1] == '\r';
			client->taken = client->heard.len;
		}
		if (client->gone || !hear(client, deadline))
			return LINE_NONE;
		*line = waiting(client);
	}
	client->taken += lf + 1;
	if (lf > 0)
		cr = line->at[lf - 1] == '\r';
	client->crlf |= cr;
	*line = span_part(*line, 0, lf - (cr && lf > 0));
	return line->len > CLIENT_LINE_MAX ? LINE_TOO_LONG : kind;
}

void
client_release(struct client *client)
{
	buf_wipe(&client->heard);
	buf_release(&client->said);
}
