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
	PATIENCE = 2		 /* s for a browser that has connected */
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

/* Up to the blank line, or as much as comes in time. */
static void
hear_request(int browser, struct buf *heard)
{
	int64_t deadline = deadline_in(PATIENCE);

	while (heard->len < REQUEST_MAX &&
	       (!heard->at || !strstr(heard->at, "\r\n\r\n"))) {
		struct pollfd ready = { .fd = browser, .events = POLLIN };
		ssize_t got;

		if (poll(&ready, 1, deadline_left(deadline)) <= 0)
			return;
		got = read(browser, heard->at + heard->len, REQUEST_MAX - heard->len);
		if (got <= 0)
			return;
		heard->len += (size_t)got;
		heard->at[heard->len] = '\0';
	}
}

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

/* Whether the one who has connected brings the answer. Browsers ask for icons, too. */
static bool
hear_browser(struct redirect *redirect, int listener, const struct flow *flow,
	     struct buf *query)
{
	CLEANUP(buf_wipe) struct buf heard = { 0 };
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int browser = accept4(listener, (struct sockaddr *)&from, &len, SOCK_CLOEXEC);
	struct span line, found;

	if (browser < 0)
		return false;
	buf_reserve(&heard, REQUEST_MAX + 1);
	heard.at[0] = '\0';
	hear_request(browser, &heard);
	line = span_part(buf_span(&heard), 0, span_find(buf_span(&heard), '\r'));
	if (span_starts_with_word(line, SPAN("GET /"))) {
		found = query_of(span_part(line, 4, line.len));
		found = span_part(found, 0, span_find(found, ' '));
		if (flow_is_answer(flow, found)) {
			buf_add_span(query, found);
			redirect->browser = browser;
			return true;
		}
	}
	say(browser, "404 Not Found", SPAN(""));
	close_file(&browser);
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

/* Reads what there is to read, and looks at each line. *OPEN: more may come. */
static bool
hear_person(const struct flow *flow, struct buf *pasted, struct buf *query, bool *open)
{
	ssize_t got =
		read(STDIN_FILENO, pasted->at + pasted->len, REQUEST_MAX - pasted->len);
	size_t end;

	if (got > 0)
		pasted->len += (size_t)got;
	*open = got > 0;
	while ((end = span_find(buf_span(pasted), '\n')) < pasted->len) {
		if (is_pasted(flow, span_part(buf_span(pasted), 0, end), query))
			return true;
		buf_drop(pasted, end + 1);
	}
	/* The last line may lack its end; and nothing of this length is an address. */
	if (!*open || pasted->len == REQUEST_MAX) {
		*open = *open && pasted->len < REQUEST_MAX;
		return is_pasted(flow, buf_span(pasted), query);
	}
	return false;
}

bool
redirect_late(struct error *err)
{
	fail(err, FAULT_TIMEOUT, _("Nobody has logged in in time"));
	return fail_hint(err, _("\"postrider login\" begins anew"));
}

bool
redirect_await(struct redirect *redirect, const struct flow *flow, int64_t deadline,
	       struct buf *query, struct error *err)
{
	CLEANUP(buf_wipe) struct buf pasted = { 0 };
	bool open = true;

	buf_reserve(&pasted, REQUEST_MAX);
	buf_reserve(query, REQUEST_MAX);
	for (;;) {
		struct pollfd ready[3] = {
			{ .fd = redirect->sockets[0], .events = POLLIN },
			{ .fd = redirect->sockets[1], .events = POLLIN },
			{ .fd = open ? STDIN_FILENO : -1, .events = POLLIN },
		};
		int left = deadline_left(deadline),
		    count = left ? poll(ready, 3, left) : 0;

		if (count < 0 && errno != EINTR)
			return fail_errno(err, FAULT_SYSTEM,
					  _("The browser cannot be awaited"));
		if (count == 0)
			return redirect_late(err);
		for (int i = 0; count > 0 && i < 2; i++)
			if (ready[i].revents &&
			    hear_browser(redirect, redirect->sockets[i], flow, query))
				return true;
		if (count > 0 && ready[2].revents &&
		    hear_person(flow, &pasted, query, &open))
			return true;
	}
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
