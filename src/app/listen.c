/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waits for clients on a port, and gives each a process of its own. */
#include "app/listen.h"

#include "app/serve_mail.h"
#include "base/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SESSIONS_MAX = 16, PORTS_MAX = 4, BACKLOG = 64, PAUSE_MS = 500 };

struct listener {
	struct pollfd ports[PORTS_MAX];
	nfds_t count;
	pid_t sessions[SESSIONS_MAX]; /* processes that run; 0: none */
	unsigned running;
	sigset_t usual; /* signals are heard of only in waits */
};

static volatile sig_atomic_t asked_to_end; /* the signal that did */

/* ---- where ---- */

/* "[::1]:25", "localhost:25", ":25" or "25" in two. */
static bool
split(struct arena *arena, const char *text, const char **host, const char **port)
{
	const char *colon = strrchr(text, ':');
	struct span name = { text, colon ? (size_t)(colon - text) : 0 };
	uint64_t number;

	*port = colon ? colon + 1 : text;
	if (name.len >= 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
		name = span_part(name, 1, name.len - 2);
	*host = name.len ? span_string(arena, name) : "127.0.0.1";
	return **port && span_number(span_of(*port), &number) && number <= UINT16_MAX;
}

static bool
is_loopback(const struct sockaddr *at)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (at->sa_family == AF_INET) {
		memcpy(&four, at, sizeof(four));
		return ntohl(four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	memcpy(&six, at, sizeof(six));
	return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

static bool
open_port(struct listener *listener, const struct addrinfo *at)
{
	const int on = 1;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		close(fd);
		return false;
	}
	listener->ports[listener->count++] =
		(struct pollfd){ .fd = fd, .events = POLLIN };
	return true;
}

static bool
open_ports(const struct run *run, struct listener *listener, const struct addrinfo *found,
	   struct error *err)
{
	for (; found && listener->count < PORTS_MAX; found = found->ai_next) {
		if (!run->request->listen_login && !is_loopback(found->ai_addr))
			return fail(
				err, FAULT_USAGE,
				_("%s is not of this host alone: --listen-login must say "
				  "who may send"),
				run->request->topic);
		if (!open_port(listener, found) && errno != EAFNOSUPPORT &&
		    errno != EADDRNOTAVAIL)
			return fail_errno(err, FAULT_SYSTEM, _("Cannot listen at %s"),
					  run->request->topic);
	}
	return listener->count > 0 ||
	       fail_errno(err, FAULT_SYSTEM, _("Cannot listen at %s"),
			  run->request->topic);
}

static bool
begin(struct run *run, struct listener *listener, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV };
	const char *topic = run->request->topic, *host, *port;
	struct addrinfo *found = NULL;
	bool ok;

	if (!split(run->arena, topic, &host, &port) ||
	    getaddrinfo(host, port, &hints, &found) != 0)
		return fail(err, FAULT_USAGE,
			    _("\"%s\" is no address of this host with a port"),
			    clean_text(run->arena, span_of(topic)));
	ok = open_ports(run, listener, found, err);
	freeaddrinfo(found);
	return ok;
}

/* Whoever asked for port 0 wants to know which one it became. */
static void
tell_ports(const struct listener *listener)
{
	for (nfds_t i = 0; i < listener->count; i++) {
		struct sockaddr_storage at;
		socklen_t length = sizeof(at);
		char host[NI_MAXHOST], port[NI_MAXSERV];

		if (getsockname(listener->ports[i].fd, (struct sockaddr *)&at, &length) ==
			    0 &&
		    getnameinfo((struct sockaddr *)&at, length, host, sizeof(host), port,
				sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
			printf(strchr(host, ':') ? "[%s]:%s\n" : "%s:%s\n", host, port);
	}
	fflush(stdout);
}

/* ---- sessions ---- */

/* One has begun, or ended, in the place of another. */
static void
note_session(struct listener *listener, pid_t from, pid_t to)
{
	size_t i = 0;

	while (i < SESSIONS_MAX && listener->sessions[i] != from)
		i++;
	if (i == SESSIONS_MAX)
		return;
	listener->sessions[i] = to;
	listener->running += to ? 1 : -1U;
}

/* With as many as there may be, waits until one is over. */
static void
reap(struct listener *listener)
{
	while (listener->running > 0) {
		bool full = listener->running >= SESSIONS_MAX;
		pid_t over = waitpid(-1, NULL, full ? 0 : WNOHANG);

		if (over > 0)
			note_session(listener, over, 0);
		else if (over == 0 || errno != EINTR)
			return;
	}
}

static void
serve_one(struct listener *listener, const struct server *server, int fd)
{
	pid_t child = process_fork();

	if (child < 0) {
		static const char later[] =
			"421 4.3.2 Too much to do, try again later\r\n";
		ssize_t ignored = send(fd, later, sizeof(later) - 1, MSG_NOSIGNAL);

		(void)ignored;
		return;
	}
	if (child > 0) {
		note_session(listener, 0, child);
		return;
	}
	for (nfds_t i = 0; i < listener->count; i++)
		close(listener->ports[i].fd);
	fcntl(fd, F_SETFL, 0);
	server_serve(server, fd, fd);
	_exit(0);
}

static void
ask_to_end(int number)
{
	asked_to_end = number;
}

static void
hear_signals(struct listener *listener)
{
	const struct sigaction action = { .sa_handler = ask_to_end };

	process_hold_signals(&listener->usual);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/* Sessions end, those that deliver behind that; and this process as if nobody had heard the
 * signal. */
static void
end(struct listener *listener)
{
	for (nfds_t i = 0; i < listener->count; i++)
		close(listener->ports[i].fd);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (listener->sessions[i])
			kill(listener->sessions[i], SIGTERM);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		continue;
	signal(asked_to_end, SIG_DFL);
	raise(asked_to_end);
	sigprocmask(SIG_SETMASK, &listener->usual, NULL);
}

bool
listen_for_mail(struct run *run, struct error *err)
{
	struct listener listener = { .count = 0 };
	struct server server = { .run = run };

	if (!server_begin(&server, err) || !begin(run, &listener, err)) {
		server_release(&server);
		return false;
	}
	hear_signals(&listener);
	tell_ports(&listener);
	for (;;) {
		const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
		int ready = ppoll(listener.ports, listener.count,
				  listener.running ? &pause : NULL, &listener.usual);

		if (asked_to_end)
			end(&listener);
		reap(&listener);
		for (nfds_t i = 0; ready > 0 && i < listener.count; i++) {
			struct sockaddr_storage from;
			socklen_t len = sizeof(from);
			int fd = -1;

			if (listener.ports[i].revents)
				fd = accept4(listener.ports[i].fd,
					     (struct sockaddr *)(void *)&from, &len,
					     SOCK_CLOEXEC);
			if (fd >= 0)
				serve_one(&listener, &server, fd);
			if (fd >= 0)
				close(fd);
			reap(&listener);
		}
	}
}
