/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hears the browser that comes back, or the person who pastes where it went. */
#include "app/redirect.h"

#include "app/screen.h"
#include "base/clock.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <langinfo.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REQUEST_MAX = 16 * 1024, /* octets, of a request or a pasted line */
	VISITORS = 16		 /* at most at the same time */
};

/* Who has connected. A browser may do so long before it asks, and anybody on this host
 * may. */
struct visitor {
	int fd; /* -1: nobody */
	struct buf heard;
};

struct wait {
	struct redirect *redirect;
	const struct flow *flow;
	struct buf *query; /* the answer */
	struct visitor visitors[VISITORS];
	unsigned came;
	struct buf pasted;
	bool open; /* more may be pasted */
};

/* ---- the port ---- */

static int
listen_on(const struct sockaddr *address, socklen_t len)
{
	int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, address, len) == 0 && listen(fd, 8) == 0)
		return fd;
	close_file(&fd);
	return -1;
}

bool
redirect_listen(struct redirect *redirect, struct error *err)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(four);

	*redirect = REDIRECT_NONE;
	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	redirect->sockets[0] = listen_on((const struct sockaddr *)&four, sizeof(four));
	if (redirect->sockets[0] < 0 ||
	    getsockname(redirect->sockets[0], (struct sockaddr *)&four, &len) != 0)
		return fail_errno(err, FAULT_SYSTEM,
				  _("There is no port at which the browser can be "
				    "awaited"));
	redirect->port = ntohs(four.sin_port);
	/* "localhost" may be either to a browser. */
	six.sin6_port = four.sin_port;
	redirect->sockets[1] = listen_on((const struct sockaddr *)&six, sizeof(six));
	return true;
}

void
redirect_close(struct redirect *redirect)
{
	close_file(&redirect->browser);
	close_file(&redirect->sockets[0]);
	close_file(&redirect->sockets[1]);
}

/* ---- a browser ---- */

/* What stands behind the "?", without a fragment. */
static struct span
query_of(struct span text)
{
	struct span query = span_part(text, span_find(text, '?') + 1, text.len);

	return span_part(query, 0, span_find(query, '#'));
}

static void
say(int browser, const char *status, struct span page)
{
	CLEANUP(release_buf) struct buf answer = { 0 };

	buf_printf(
		&answer,
		"HTTP/1.1 %s\r\nContent-Type: text/html; charset=%s\r\n"
		"Content-Length: %zu\r\nCache-Control: no-store\r\n"
		"Referrer-Policy: no-referrer\r\n"
		"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
		"Connection: close\r\n\r\n",
		status, nl_langinfo(CODESET), page.len);
	buf_add_span(&answer, page);
	/* A browser that is gone is not our trouble. */
	(void)send(browser, answer.at, answer.len, MSG_NOSIGNAL);
}

static void
see_off(struct visitor *visitor)
{
	close_file(&visitor->fd);
	buf_wipe(&visitor->heard);
}

/* Whoever has been here longest makes room. */
static void
let_in(struct wait *wait, int listener)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd = accept4(listener, (struct sockaddr *)&from, &len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct visitor *visitor = &wait->visitors[wait->came % VISITORS];

	if (fd < 0)
		return;
	see_off(visitor);
	visitor->fd = fd;
	buf_reserve(&visitor->heard, REQUEST_MAX + 1);
	wait->came++;
}

/* Whether a request brings the answer. Browsers ask for icons, too. */
static bool
is_asked_with(const struct flow *flow, struct span request, struct buf *query)
{
	struct span line = span_part(request, 0, span_find(request, '\r')), found;

	if (!span_starts_with_word(line, SPAN("GET /")))
		return false;
	found = query_of(span_part(line, 4, line.len));
	found = span_part(found, 0, span_find(found, ' '));
	if (!flow_is_answer(flow, found))
		return false;
	buf_add_span(query, found);
	return true;
}

/* Reads what there is to read, up to the blank line. True: this is the browser. */
static bool
hear_visitor(struct wait *wait, struct visitor *visitor)
{
	struct buf *heard = &visitor->heard;
	ssize_t got = read(visitor->fd, heard->at + heard->len, REQUEST_MAX - heard->len);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got > 0) {
		heard->len += (size_t)got;
		heard->at[heard->len] = '\0';
		if (heard->len < REQUEST_MAX && !strstr(heard->at, "\r\n\r\n"))
			return false;
	}
	if (is_asked_with(wait->flow, buf_span(heard), wait->query)) {
		wait->redirect->browser = visitor->fd;
		visitor->fd = -1;
		return true;
	}
	if (heard->len)
		say(visitor->fd, "404 Not Found", SPAN(""));
	see_off(visitor);
	return false;
}

/* ---- a person ---- */

/* Whether this line brings the answer. */
static bool
is_pasted(const struct flow *flow, struct span line, struct buf *query)
{
	line = span_trim(line);
	if (flow_is_answer(flow, query_of(line))) {
		buf_add_span(query, query_of(line));
		return true;
	}
	if (line.len)
		screen_say(
			stdout, "%s\n",
			_("This is not the address to which this login leads. It begins with "
			  "http:// and has \"state=\" in it. Paste it here:"));
	fflush(stdout);
	return false;
}

/* Reads what there is to read, and looks at each line. */
static bool
hear_person(struct wait *wait)
{
	struct buf *pasted = &wait->pasted;
	ssize_t got =
		read(STDIN_FILENO, pasted->at + pasted->len, REQUEST_MAX - pasted->len);
	size_t end;

	if (got > 0)
		pasted->len += (size_t)got;
	wait->open = got > 0;
	while ((end = span_find(buf_span(pasted), '\n')) < pasted->len) {
		if (is_pasted(wait->flow, span_part(buf_span(pasted), 0, end),
			      wait->query))
			return true;
		buf_drop(pasted, end + 1);
	}
	/* The last line may lack its end; and nothing of this length is an address. */
	if (!wait->open || pasted->len == REQUEST_MAX) {
		wait->open = wait->open && pasted->len < REQUEST_MAX;
		return is_pasted(wait->flow, buf_span(pasted), wait->query);
	}
	return false;
}

bool
redirect_late(struct error *err)
{
	fail(err, FAULT_TIMEOUT, _("Nobody has logged in in time"));
	return fail_hint(err, _("\"postrider login\" begins anew"));
}

/* Whether one of those who have something to say brings the answer. */
static bool
hear_all(struct wait *wait, const struct pollfd *ready)
{
	for (int i = 0; i < VISITORS; i++)
		if (ready[3 + i].revents && hear_visitor(wait, &wait->visitors[i]))
			return true;
	for (int i = 0; i < 2; i++)
		if (ready[i].revents)
			let_in(wait, wait->redirect->sockets[i]);
	return ready[2].revents && hear_person(wait);
}

static bool
await(struct wait *wait, int64_t deadline, struct error *err)
{
	const int *sockets = wait->redirect->sockets;

	for (;;) {
		struct pollfd ready[3 + VISITORS] = {
			{ .fd = sockets[0], .events = POLLIN },
			{ .fd = sockets[1], .events = POLLIN },
			{ .fd = wait->open ? STDIN_FILENO : -1, .events = POLLIN },
		};
		int left = deadline_left(deadline), count = 0;

		for (int i = 0; i < VISITORS; i++)
			ready[3 + i] = (struct pollfd){ .fd = wait->visitors[i].fd,
							.events = POLLIN };
		if (left)
			count = poll(ready, 3 + VISITORS, left);
		if (count < 0 && errno != EINTR)
			return fail_errno(err, FAULT_SYSTEM,
					  _("The browser cannot be awaited"));
		if (count == 0)
			return redirect_late(err);
		if (count > 0 && hear_all(wait, ready))
			return true;
	}
}

bool
redirect_await(struct redirect *redirect, const struct flow *flow, int64_t deadline,
	       struct buf *query, struct error *err)
{
	struct wait wait = {
		.redirect = redirect, .flow = flow, .query = query, .open = true
	};
	bool ok;

	for (int i = 0; i < VISITORS; i++)
		wait.visitors[i].fd = -1;
	buf_reserve(&wait.pasted, REQUEST_MAX);
	buf_reserve(query, REQUEST_MAX);
	ok = await(&wait, deadline, err);
	for (int i = 0; i < VISITORS; i++)
		see_off(&wait.visitors[i]);
	buf_wipe(&wait.pasted);
	return ok;
}

/* ---- the page ---- */

static void
add_escaped(struct buf *page, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&\"'", *text))
			buf_printf(page, "&#%d;", *text);
		else
			buf_add_char(page, *text);
	}
}

static void
add_paragraph(struct buf *page, const char *text)
{
	buf_add_string(page, "<p>");
	add_escaped(page, text);
	buf_add_string(page, "</p>");
}

void
redirect_show(struct redirect *redirect, const struct error *err)
{
	CLEANUP(release_buf) struct buf page = { 0 };

	if (redirect->browser < 0)
		return;
	/* TRANSLATORS: the code of your language, for HTML: "de", "ja", "zh-CN". */
	buf_printf(&page, "<!DOCTYPE html><html lang=\"%s\">", _("en"));
	buf_add_string(&page,
		       "<head><title>postrider</title>"
		       "<meta name=\"viewport\" content=\"width=device-width\">"
		       "<style>body{font:1.2em sans-serif;max-width:35em;margin:3em auto;"
		       "padding:0 1em}</style></head><body><h1>");
	add_escaped(&page,
		    err->fault ? _("The login has failed") : _("You are logged in"));
	buf_add_string(&page, "</h1>");
	if (err->fault)
		add_paragraph(&page, err->what);
	if (err->reply)
		add_paragraph(&page, err->reply);
	add_paragraph(&page, _("You may close this window and go back to the terminal."));
	buf_add_string(&page, "</body></html>\n");
	say(redirect->browser, "200 OK", buf_span(&page));
	close_file(&redirect->browser);
}
