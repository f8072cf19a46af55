/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks a SOCKS proxy for a connection. */
#include "net/socks.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "net/dns.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum {
	VERSION = 5,
	LOGIN_VERSION = 1,
	COMMAND_CONNECT = 1,
	METHOD_NONE = 0,
	METHOD_LOGIN = 2,
	METHOD_REFUSED = 0xff,
	ADDRESS_IPV4 = 1,
	ADDRESS_NAME = 3,
	ADDRESS_IPV6 = 4,
	OCTETS_MAX = 255 /* what a length octet can say */
};

struct proxy {
	int fd;
	const struct endpoint *endpoint;
	int64_t deadline;
};

/* ---- bytes ---- */

static bool
await(const struct proxy *proxy, short events, struct error *err)
{
	struct pollfd one = { .fd = proxy->fd, .events = events };
	int ready;

	do {
		ready = poll(&one, 1, deadline_left(proxy->deadline));
	} while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return true;
	if (ready == 0)
		return fail(err, FAULT_TIMEOUT, _("The proxy %s did not answer in time"),
			    proxy->endpoint->proxy_host);
	return fail_errno(err, FAULT_SYSTEM, _("Cannot wait for the proxy %s"),
			  proxy->endpoint->proxy_host);
}

static bool
is_not_yet(int problem)
{
	return problem == EAGAIN || problem == EINTR;
}

static bool
say(const struct proxy *proxy, struct span bytes, struct error *err)
{
	while (bytes.len) {
		ssize_t put = send(proxy->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (put >= 0)
			bytes = span_part(bytes, (size_t)put, bytes.len);
		else if (!is_not_yet(errno))
			return fail_errno(err, FAULT_CONNECT,
					  _("Cannot send to the proxy %s"),
					  proxy->endpoint->proxy_host);
		else if (!await(proxy, POLLOUT, err))
			return false;
	}
	return true;
}

/* Exactly LEN bytes: what follows them belongs to the server. */
static bool
hear(const struct proxy *proxy, unsigned char *at, size_t len, struct error *err)
{
	while (len) {
		ssize_t got = recv(proxy->fd, at, len, 0);

		if (got == 0)
			return fail(err, FAULT_CONNECT,
				    _("The proxy %s closed the connection"),
				    proxy->endpoint->proxy_host);
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		} else if (!is_not_yet(errno)) {
			return fail_errno(err, FAULT_CONNECT,
					  _("Cannot hear what the proxy %s answers"),
					  proxy->endpoint->proxy_host);
		} else if (!await(proxy, POLLIN, err)) {
			return false;
		}
	}
	return true;
}

static void
add_octet(struct buf *out, unsigned octet)
{
	buf_add_char(out, (char)(octet & 0xff));
}

static void
add_counted(struct buf *out, const char *text)
{
	add_octet(out, (unsigned)strlen(text));
	buf_add_string(out, text);
}

/* ---- login ---- */

static bool
speaks_something_else(const struct proxy *proxy, unsigned char first, struct error *err)
{
	fail(err, FAULT_PROTOCOL,
	     _("The proxy %s, port %u, does not speak SOCKS version 5"),
	     proxy->endpoint->proxy_host, proxy->endpoint->proxy_port);
	if (first == 'H')
		return fail_hint(
			err, _("It seems to be an HTTP proxy; its SOCKS port is needed"));
	return false;
}

static void
wipe_buf(struct buf *buf)
{
	buf_wipe(buf);
}

/* RFC 1929. */
static bool
log_in(const struct proxy *proxy, struct error *err)
{
	const struct endpoint *endpoint = proxy->endpoint;
	CLEANUP(wipe_buf) struct buf request = { 0 };
	unsigned char answer[2];

	add_octet(&request, LOGIN_VERSION);
	add_counted(&request, endpoint->proxy_user);
	add_counted(&request, endpoint->proxy_password ? endpoint->proxy_password : "");
	if (!say(proxy, buf_span(&request), err) ||
	    !hear(proxy, answer, sizeof(answer), err))
		return false;
	if (answer[1] == 0)
		return true;
	fail(err, FAULT_LOGIN, _("The proxy %s refuses the login as %s"),
	     endpoint->proxy_host, endpoint->proxy_user);
	return fail_hint(err, _("Check proxy_user and proxy_password"));
}

static bool
agree_on_method(const struct proxy *proxy, struct error *err)
{
	static const struct span without = { "\5\1\0", 3 }, with = { "\5\2\2\0", 4 };
	bool can_log_in = proxy->endpoint->proxy_user != NULL;
	unsigned char answer[2];

	if (!say(proxy, can_log_in ? with : without, err) || !hear(proxy, answer, 1, err))
		return false;
	if (answer[0] != VERSION)
		return speaks_something_else(proxy, answer[0], err);
	if (!hear(proxy, answer + 1, 1, err))
		return false;
	if (answer[1] == METHOD_NONE)
		return true;
	if (answer[1] == METHOD_LOGIN && can_log_in)
		return log_in(proxy, err);
	if (answer[1] != METHOD_REFUSED)
		return fail(
			err, FAULT_PROTOCOL,
			_("The proxy %s chose a login method (%u) that was not offered"),
			proxy->endpoint->proxy_host, (unsigned)answer[1]);
	fail(err, FAULT_LOGIN,
	     _("The proxy %s accepts none of the login methods offered to it"),
	     proxy->endpoint->proxy_host);
	return fail_hint(
		err, can_log_in ? NULL : _("It may want proxy_user and proxy_password"));
}

/* ---- connection ---- */

static void
add_address(struct buf *out, const char *host)
{
	struct target literal;
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (!dns_literal(host, &literal)) {
		add_octet(out, ADDRESS_NAME);
		add_counted(out, host);
	} else if (literal.at.ss_family == AF_INET) {
		memcpy(&four, &literal.at, sizeof(four));
		add_octet(out, ADDRESS_IPV4);
		buf_add(out, (const char *)&four.sin_addr, sizeof(four.sin_addr));
	} else {
		memcpy(&six, &literal.at, sizeof(six));
		add_octet(out, ADDRESS_IPV6);
		buf_add(out, (const char *)&six.sin6_addr, sizeof(six.sin6_addr));
	}
}

static const char *
reason_text(unsigned code)
{
	static const char *const texts[] = {
		[1] = N_("general failure"),
		[2] = N_("its rules do not allow the connection"),
		[3] = N_("the network cannot be reached"),
		[4] = N_("the host cannot be reached"),
		[5] = N_("the connection was refused"),
		[6] = N_("the time to live has expired"),
		[7] = N_("it cannot make connections"),
		[8] = N_("it does not know this type of address"),
	};

	return code > 0 && code < sizeof(texts) / sizeof(texts[0]) ? _(texts[code])
								   : NULL;
}

static bool
cannot_connect(const struct proxy *proxy, unsigned code, struct error *err)
{
	const struct endpoint *endpoint = proxy->endpoint;
	const char *reason = reason_text(code);

	if (!reason)
		reason = arena_printf(err->arena, _("unknown reason %u"), code);
	return fail(err, FAULT_CONNECT,
		    _("The proxy %s cannot connect to %s, port %u: %s"),
		    endpoint->proxy_host, endpoint->host, endpoint->ports[0], reason);
}

/* The address that the proxy uses is of no interest, but must not be taken for the
 * server's. */
static bool
skip_address(const struct proxy *proxy, unsigned type, struct error *err)
{
	unsigned char skipped[OCTETS_MAX + 2];
	unsigned char len = 0;

	if (type == ADDRESS_IPV4)
		len = 4;
	else if (type == ADDRESS_IPV6)
		len = 16;
	else if (type != ADDRESS_NAME)
		return fail(
			err, FAULT_PROTOCOL,
			_("The proxy %s answers with an unknown type of address (%u)"),
			proxy->endpoint->proxy_host, type);
	else if (!hear(proxy, &len, 1, err))
		return false;
	return hear(proxy, skipped, (size_t)len + 2, err);
}

static bool
ask_for_connection(const struct proxy *proxy, struct error *err)
{
	const struct endpoint *endpoint = proxy->endpoint;
	CLEANUP(release_buf) struct buf request = { 0 };
	unsigned char answer[4];

	add_octet(&request, VERSION);
	add_octet(&request, COMMAND_CONNECT);
	add_octet(&request, 0);
	add_address(&request, endpoint->host);
	add_octet(&request, endpoint->ports[0] >> 8);
	add_octet(&request, endpoint->ports[0]);
	/* Two bytes first: some proxies close after the reason. */
	if (!say(proxy, buf_span(&request), err) || !hear(proxy, answer, 2, err))
		return false;
	if (answer[0] != VERSION)
		return speaks_something_else(proxy, answer[0], err);
	if (answer[1] != 0)
		return cannot_connect(proxy, answer[1], err);
	return hear(proxy, answer + 2, 2, err) && skip_address(proxy, answer[3], err);
}

static bool
fits(const char *text)
{
	return !text || strlen(text) <= OCTETS_MAX;
}

bool
socks_connect(int fd, const struct endpoint *endpoint, int64_t deadline,
	      struct error *err)
{
	const struct proxy proxy = { fd, endpoint, deadline };

	if (!fits(endpoint->host))
		return fail(err, FAULT_CONFIG,
			    _("The server name %s is too long for a proxy"),
			    endpoint->host);
	if (!fits(endpoint->proxy_user) || !fits(endpoint->proxy_password))
		return fail(err, FAULT_CONFIG,
			    _("The user name or password for the proxy %s is too long"),
			    endpoint->proxy_host);
	return agree_on_method(&proxy, err) && ask_for_connection(&proxy, err);
}
