/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tries the addresses of a server side by side, and keeps the first that answers. */
#include "net/dial.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "net/dns.h"
#include "net/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	ATTEMPTS_MAX = 128,	   /* 64 addresses, two ports */
	HEAD_START_US = 250 * 1000 /* RFC 8305 section 5 */
};

struct attempt {
	const struct target *target;
	unsigned port;
	bool fast_open;
	int fd;	     /* -1 unless it is under way */
	int problem; /* errno; 0: none so far */
};

struct race {
	const struct endpoint *endpoint;
	bool to_proxy;
	bool has_source;
	struct target source;
	struct attempt attempts[ATTEMPTS_MAX];
	size_t count, started;
	int64_t deadline, next_start;
};

/* ---- one attempt ---- */

static void
put_port(struct sockaddr_storage *at, unsigned port)
{
	in_port_t number = htons((uint16_t)port);

	/* Both kinds of address have it at the same place. */
	_Static_assert(offsetof(struct sockaddr_in, sin_port) ==
			       offsetof(struct sockaddr_in6, sin6_port),
		       "one copy does for both");
	memcpy((char *)at + offsetof(struct sockaddr_in, sin_port), &number,
	       sizeof(number));
}

static bool
bind_source(const struct race *race, int fd, struct error *err)
{
	if (!race->has_source)
		return true;
	if (bind(fd, (const struct sockaddr *)&race->source.at, race->source.length) == 0)
		return true;
	return fail_errno(err, FAULT_CONFIG, _("Cannot use the source address %s"),
			  race->endpoint->source_ip);
}

/* Out of descriptors or memory is not the server's fault, and no reason to try the
 * next. */
static bool
is_own_fault(int problem)
{
	return problem == EMFILE || problem == ENFILE || problem == ENOMEM ||
	       problem == ENOBUFS;
}

/* False when it makes no sense to go on with other attempts. */
static bool
start_attempt(const struct race *race, struct attempt *attempt, struct error *err)
{
	struct sockaddr_storage at = attempt->target->at;
	const int on = 1;
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 && is_own_fault(errno))
		return fail_errno(err, FAULT_SYSTEM, _("Cannot make a socket"));
	if (fd < 0) {
		attempt->problem = errno;
		return true;
	}
	attempt->fd = fd;
	if (!bind_source(race, fd, err))
		return false;
	/* Without it each small write waits for an acknowledgement that comes 40 ms
	 * later. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A kernel that cannot do it connects as ever. */
	if (attempt->fast_open)
		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
	put_port(&at, attempt->port);
	if (connect(fd, (const struct sockaddr *)&at, attempt->target->length) == 0 ||
	    errno == EINPROGRESS || errno == EINTR)
		return true;
	attempt->problem = errno;
	close_file(&attempt->fd);
	return true;
}

/* After poll said that something happened. */
static void
look_at_outcome(struct attempt *attempt)
{
	int problem = 0;
	socklen_t length = sizeof(problem);

	if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &problem, &length) < 0)
		problem = errno;
	if (!problem)
		return;
	attempt->problem = problem;
	close_file(&attempt->fd);
}

/* ---- why not ---- */

static const char *
reason_text(int problem)
{
	return problem ? english_reason(problem) : _("no answer in time");
}

/* "port 465: Connection refused": each reason once, with the ports that had it. */
static void
add_reason(const struct race *race, int problem, struct buf *out)
{
	const unsigned *ports = race->endpoint->ports;
	bool had[2] = { false, false };

	for (size_t i = 0; i < race->started; i++)
		if (race->attempts[i].problem == problem)
			had[race->attempts[i].port != ports[0]] = true;
	if (out->len)
		buf_add_string(out, "; ");
	if (had[0] && had[1])
		buf_printf(out, _("ports %u and %u: %s"), ports[0], ports[1],
			   reason_text(problem));
	else
		buf_printf(out, _("port %u: %s"), ports[had[0] ? 0 : 1],
			   reason_text(problem));
}

static bool
is_first_with_reason(const struct race *race, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (race->attempts[i].problem == race->attempts[index].problem)
			return false;
	return true;
}

static bool
have_all_reason(const struct race *race, int a, int b)
{
	for (size_t i = 0; i < race->started; i++)
		if (race->attempts[i].problem != a && race->attempts[i].problem != b)
			return false;
	return true;
}

static const char *
connect_hint(const struct race *race)
{
	if (have_all_reason(race, ENETUNREACH, EHOSTUNREACH))
		return _(
			"This machine seems to have no way to the server: look at its network");
	return NULL;
}

static bool
cannot_connect(const struct race *race, struct error *err)
{
	CLEANUP(release_buf) struct buf reasons = { 0 };
	const char *host = race->endpoint->host;
	enum fault fault = FAULT_CONNECT;

	for (size_t i = 0; i < race->started; i++) {
		if (race->attempts[i].problem == 0)
			fault = FAULT_TIMEOUT;
		if (is_first_with_reason(race, i))
			add_reason(race, race->attempts[i].problem, &reasons);
	}
	if (race->to_proxy)
		fail(err, fault, _("Cannot connect to the proxy %s, %s"), host,
		     reasons.at);
	else
		fail(err, fault, _("Cannot connect to %s, %s"), host, reasons.at);
	return fail_hint(err, connect_hint(race));
}

/* ---- the race ---- */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits until an attempt succeeds or fails, or the next one is due. The one that is
 * connected, or NULL. */
static struct attempt *
watch(struct race *race)
{
	struct pollfd polls[ATTEMPTS_MAX];
	bool more = race->started < race->count;
	int64_t until = more ? earlier(race->next_start, race->deadline) : race->deadline;

	/* poll(2) skips the entries with fd -1. */
	for (size_t i = 0; i < race->started; i++)
		polls[i] =
			(struct pollfd){ .fd = race->attempts[i].fd, .events = POLLOUT };
	if (poll(polls, race->started, deadline_left(until)) <= 0)
		return NULL;
	for (size_t i = 0; i < race->started; i++) {
		struct attempt *attempt = &race->attempts[i];

		if (attempt->fd < 0 || !polls[i].revents)
			continue;
		look_at_outcome(attempt);
		if (attempt->fd >= 0)
			return attempt;
		race->next_start = 0;
	}
	return NULL;
}

static size_t
under_way(const struct race *race)
{
	size_t count = 0;

	for (size_t i = 0; i < race->started; i++)
		count += race->attempts[i].fd >= 0;
	return count;
}

static struct attempt *
run_race(struct race *race, struct error *err)
{
	struct attempt *winner = NULL;

	while (!winner) {
		bool more = race->started < race->count;

		if (race->started && deadline_left(race->deadline) == 0)
			break;
		if (more && (now_us() >= race->next_start || !under_way(race))) {
			if (!start_attempt(race, &race->attempts[race->started++], err))
				return NULL;
			race->next_start = now_us() + HEAD_START_US;
			if (race->started == 1 && race->endpoint->meanwhile)
				race->endpoint->meanwhile();
		} else if (!more && !under_way(race)) {
			break;
		}
		if (under_way(race))
			winner = watch(race);
	}
	if (!winner)
		cannot_connect(race, err);
	return winner;
}

static void
close_losers(struct race *race, const struct attempt *winner)
{
	for (size_t i = 0; i < race->started; i++)
		if (&race->attempts[i] != winner)
			close_file(&race->attempts[i].fd);
}

static bool
is_avoided(const struct race *race, const struct target *target)
{
	const char *avoided = race->endpoint->avoided;
	char shown[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 2];

	if (!avoided)
		return false;
	dns_show(target, shown);
	snprintf(text, sizeof(text), " %s ", shown);
	return strstr(avoided, text) != NULL;
}

static void
list_attempts(struct race *race, const struct targets *targets)
{
	const struct endpoint *endpoint = race->endpoint;

	for (size_t i = 0; i < targets->count && race->count + 2 <= ATTEMPTS_MAX; i++)
		for (size_t k = 0; k < 2 && !is_avoided(race, &targets->items[i]); k++)
			if (k == 0 || endpoint->ports[k])
				race->attempts[race->count++] = (struct attempt){
					.target = &targets->items[i],
					.port = endpoint->ports[k],
					.fast_open = endpoint->fast_open[k],
					.fd = -1,
				};
}

static bool
has_others(const struct race *race, const struct attempt *winner)
{
	for (size_t i = 0; i < race->count; i++)
		if (race->attempts[i].target != winner->target)
			return true;
	return false;
}

/* ---- ways ---- */

/* The source address decides which family can be used. */
static bool
take_source(struct race *race, enum ip_family *family, struct error *err)
{
	const char *source = race->endpoint->source_ip;
	enum ip_family own;

	if (!source)
		return true;
	if (!dns_literal(source, &race->source))
		return fail(err, FAULT_CONFIG,
			    _("The source address %s is not an IP address"), source);
	own = race->source.at.ss_family == AF_INET ? IP_4 : IP_6;
	if (*family != IP_ANY && *family != own)
		return fail(
			err, FAULT_CONFIG,
			own == IP_4
				? _("The source address %s needs IPv4, but only IPv6 is allowed")
				: _("The source address %s needs IPv6, but only IPv4 is allowed"),
			source);
	*family = own;
	race->has_source = true;
	return true;
}

static bool
dial_tcp(struct race *race, struct line *line, struct error *err)
{
	enum ip_family family = race->endpoint->family;
	struct attempt *winner;
	struct targets targets;

	if (!take_source(race, &family, err) ||
	    !dns_resolve(race->endpoint->host, family, race->deadline, &targets, err))
		return false;
	line->resolved = now_us();
	list_attempts(race, &targets);
	winner = run_race(race, err);
	close_losers(race, winner);
	if (!winner)
		return false;
	line->fd = winner->fd;
	line->port = winner->port;
	line->connected = now_us();
	line->others = !race->to_proxy && has_others(race, winner);
	dns_show(winner->target, line->address);
	return true;
}

/* Half of what is left, so that a second try has the other half. */
static int64_t
half_way(int64_t deadline)
{
	int64_t now = now_us();

	return deadline == DEADLINE_NEVER ? deadline : now + (deadline - now) / 2;
}

static bool
dial_through(const struct endpoint *endpoint, struct line *line, int64_t deadline,
	     struct error *err)
{
	const struct endpoint proxy = { .host = endpoint->proxy_host,
					.source_ip = endpoint->source_ip,
					.ports = { endpoint->proxy_port, 0 },
					.family = endpoint->family,
					.meanwhile = endpoint->meanwhile };
	struct race race = { .endpoint = &proxy, .to_proxy = true, .deadline = deadline };

	if (!dial_tcp(&race, line, err))
		return false;
	line->port = endpoint->ports[0];
	line->proxied = true;
	if (!socks_connect(line->fd, endpoint, deadline, err)) {
		close_file(&line->fd);
		return false;
	}
	line->connected = now_us();
	return true;
}

static bool
dial_proxy(const struct endpoint *endpoint, struct line *line, int64_t deadline,
	   struct error *err)
{
	struct endpoint second = *endpoint;
	const char *first;
	bool again;

	second.ports[0] = endpoint->ports[1];
	if (!second.ports[0])
		return dial_through(endpoint, line, deadline, err);
	if (dial_through(endpoint, line, half_way(deadline), err))
		return true;
	/* Another port of the server does not help when the proxy itself is the
	 * problem. */
	again = err->fault == FAULT_CONNECT || err->fault == FAULT_TIMEOUT;
	if (!again || line->port == 0)
		return false;
	first = err->what;
	error_clear(err);
	if (dial_through(&second, line, deadline, err))
		return true;
	err->what = arena_printf(err->arena, "%s; %s", first, err->what);
	return false;
}

/* A full backlog makes a non-blocking connect fail at once, and poll cannot wait for
 * it; so the kernel waits, for as long as there is time. */
static int
connect_unix(int fd, const struct sockaddr_un *at, int64_t deadline)
{
	int left = deadline_left(deadline);
	struct timeval limit = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };

	if (left == 0)
		return ETIMEDOUT;
	if (left > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	while (connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0) {
		if (errno == EAGAIN || (errno == EINTR && deadline_left(deadline) == 0))
			return ETIMEDOUT;
		if (errno != EINTR)
			return errno;
	}
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

static bool
dial_unix(const char *path, struct line *line, int64_t deadline, struct error *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(at.sun_path))
		return fail(err, FAULT_CONFIG, _("The path of the socket %s is too long"),
			    path);
	memcpy(at.sun_path, path, strlen(path));
	line->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (line->fd < 0)
		return fail_errno(err, FAULT_SYSTEM, _("Cannot make a socket"));
	errno = connect_unix(line->fd, &at, deadline);
	if (errno) {
		fail_errno(err, errno == ETIMEDOUT ? FAULT_TIMEOUT : FAULT_CONNECT,
			   _("Cannot connect to the socket %s"), path);
		close_file(&line->fd);
		return false;
	}
	line->resolved = line->started;
	line->connected = now_us();
	return true;
}

bool
dial(const struct endpoint *endpoint, struct line *line, struct error *err)
{
	int64_t deadline =
		endpoint->timeout ? deadline_in(endpoint->timeout) : DEADLINE_NEVER;
	struct race race = { .endpoint = endpoint, .deadline = deadline };

	*line = (struct line){ .fd = -1, .started = now_us() };
	if (endpoint->socket)
		return dial_unix(endpoint->socket, line, deadline, err);
	if (!endpoint->host || !*endpoint->host)
		return fail(err, FAULT_CONFIG,
			    _("No server is named, so nothing can be sent"));
	if (endpoint->proxy_host)
		return dial_proxy(endpoint, line, deadline, err);
	return dial_tcp(&race, line, err);
}
