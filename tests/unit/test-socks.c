/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's side of SOCKS 5, against a thread that plays proxies good and bad. */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "net/dial.h"
#include "net/socks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The proxy says ANSWERS one after the other, each when it has heard as many bytes as
 * the matching part of WANTED has. What it hears instead of that is kept in `heard`. */
struct proxy {
	int fd;
	const struct span *wanted, *answers;
	size_t count;
	bool single_bytes;
	bool stays; /* open after the last answer */
	struct buf heard;
	pthread_t thread;
};

/* clang-format off */
#define BYTES(literal) { (literal), sizeof(literal) - 1 }
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
say(int fd, struct span bytes, bool single)
{
	for (size_t i = 0; i < bytes.len; i++) {
		size_t len = single ? 1 : bytes.len;

		if (send(fd, bytes.at + i, len, MSG_NOSIGNAL) < 0 || !single)
			return;
	}
}

static bool
hear(struct proxy *proxy, size_t len)
{
	size_t until = proxy->heard.len + len;

	while (proxy->heard.len < until) {
		ssize_t got = recv(proxy->fd, buf_reserve(&proxy->heard, len),
				   until - proxy->heard.len, 0);

		if (got <= 0)
			return false;
		proxy->heard.len += (size_t)got;
	}
	return true;
}

static void *
play(void *argument)
{
	struct proxy *proxy = argument;
	char rest[64];

	for (size_t i = 0; i < proxy->count; i++) {
		if (!hear(proxy, proxy->wanted[i].len))
			break;
		say(proxy->fd, proxy->answers[i], proxy->single_bytes);
	}
	if (proxy->stays)
		while (recv(proxy->fd, rest, sizeof(rest), 0) > 0)
			;
	close(proxy->fd);
	return NULL;
}

struct frame {
	struct arena arena;
	struct error err;
	struct proxy proxy;
	int fd; /* the client's end */
};

static int
set_up(void **state)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	frame->err.arena = &frame->arena;
	frame->fd = -1;
	*state = frame;
	return 0;
}

static int
tear_down(void **state)
{
	struct frame *frame = *state;

	close_file(&frame->fd);
	buf_release(&frame->proxy.heard);
	arena_release(&frame->arena);
	free(frame);
	return 0;
}

static const struct endpoint plain = { .host = "mail.example.org",
				       .proxy_host = "proxy",
				       .proxy_port = 1080,
				       .ports = { 587 } };

static struct endpoint
with_login(const char *user, const char *password)
{
	struct endpoint endpoint = plain;

	endpoint.proxy_user = user;
	endpoint.proxy_password = password;
	return endpoint;
}

/* WANTED and ANSWERS are played; true when the client has its connection. */
static bool
connect_through(struct frame *frame, const struct endpoint *endpoint,
		const struct span wanted[], const struct span answers[], size_t count)
{
	int ends[2];
	bool good;

	error_clear(&frame->err);
	buf_release(&frame->proxy.heard);
	close_file(&frame->fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	frame->fd = ends[0];
	assert_int_equal(fcntl(frame->fd, F_SETFL, O_NONBLOCK), 0);
	frame->proxy.fd = ends[1];
	frame->proxy.wanted = wanted;
	frame->proxy.answers = answers;
	frame->proxy.count = count;
	assert_int_equal(pthread_create(&frame->proxy.thread, NULL, play, &frame->proxy),
			 0);
	good = socks_connect(frame->fd, endpoint,
			     deadline_in(frame->proxy.stays ? 1 : 20), &frame->err);
	assert_int_equal(good, frame->err.fault == FAULT_NONE);
	shutdown(frame->fd, SHUT_WR);
	pthread_join(frame->proxy.thread, NULL);
	return good;
}

static void
assert_heard(const struct frame *frame, const struct span wanted[], size_t count)
{
	struct buf all = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_add_span(&all, wanted[i]);
	assert_int_equal(frame->proxy.heard.len, all.len);
	assert_memory_equal(frame->proxy.heard.at, all.at, all.len);
	buf_release(&all);
}

static void
assert_failure(const struct frame *frame, enum fault fault, const char *words)
{
	if (frame->err.fault != fault || !strstr(frame->err.what, words))
		fail_msg("got %s: %s, want %s: …%s…", fault_word(frame->err.fault),
			 frame->err.what ? frame->err.what : "", fault_word(fault),
			 words);
}

/* ---- what works ------------------------------------------------------------------------- */

static const struct span hello = BYTES("\5\1\0"), hello_login = BYTES("\5\2\2\0");
static const struct span to_name = BYTES("\5\1\0\3\20mail.example.org\2\113");
static const struct span no_login = BYTES("\5\0"), wants_login = BYTES("\5\2");
static const struct span done = BYTES("\5\0\0\1\177\0\0\1\1\2");

static void
assert_works(struct frame *frame, const struct endpoint *endpoint,
	     const struct span wanted[], const struct span answers[], size_t count)
{
	for (int single = 0; single < 2; single++) {
		frame->proxy.single_bytes = single;
		if (!connect_through(frame, endpoint, wanted, answers, count))
			fail_msg("got the error: %s", frame->err.what);
		assert_heard(frame, wanted, count);
	}
}

static void
test_without_login(void **state)
{
	const struct span wanted[] = { hello, to_name }, answers[] = { no_login, done };

	assert_works(*state, &plain, wanted, answers, 2);
}

static void
test_with_login(void **state)
{
	const struct endpoint endpoint = with_login("me", "secret");
	const struct span wanted[] = { hello_login, BYTES("\1\2me\6secret"), to_name };
	const struct span answers[] = { wants_login, BYTES("\1\0"), done };

	assert_works(*state, &endpoint, wanted, answers, 3);
}

static void
test_login_that_is_not_needed(void **state)
{
	const struct endpoint endpoint = with_login("me", "secret");
	const struct span wanted[] = { hello_login, to_name },
			  answers[] = { no_login, done };

	assert_works(*state, &endpoint, wanted, answers, 2);
}

static void
test_login_without_password(void **state)
{
	const struct endpoint endpoint = with_login("me", NULL);
	const struct span wanted[] = { hello_login, BYTES("\1\2me\0"), to_name };
	const struct span answers[] = { wants_login, BYTES("\1\0"), done };

	assert_works(*state, &endpoint, wanted, answers, 3);
}

static void
test_longest_login(void **state)
{
	char text[256];
	struct endpoint endpoint = with_login(text, text);
	struct buf login = { 0 };
	struct span wanted[] = { hello_login, { 0 }, to_name };
	const struct span answers[] = { wants_login, BYTES("\1\0"), done };

	memset(text, 'a', 255);
	text[255] = '\0';
	buf_add(&login, "\1\377", 2);
	buf_add(&login, text, 255);
	buf_add(&login, "\377", 1);
	buf_add(&login, text, 255);
	wanted[1] = buf_span(&login);
	assert_works(*state, &endpoint, wanted, answers, 3);
	buf_release(&login);
}

static void
test_forms_of_address(void **state)
{
	static const struct {
		const char *host;
		struct span said;
	} cases[] = {
		{ "192.0.2.7", BYTES("\5\1\0\1\300\0\2\7\2\113") },
		{ "2001:db8::1",
		  BYTES("\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\2\113") },
		{ "mail.example.org.", BYTES("\5\1\0\3\21mail.example.org.\2\113") },
		{ "x", BYTES("\5\1\0\3\1x\2\113") },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct endpoint endpoint = plain;
		const struct span wanted[] = { hello, cases[i].said };
		const struct span answers[] = { no_login, done };

		endpoint.host = cases[i].host;
		assert_works(*state, &endpoint, wanted, answers, 2);
	}
}

static void
test_forms_of_answer(void **state)
{
	static const struct span ends[] = {
		BYTES("\5\0\0\1\0\0\0\0\0\0"),
		BYTES("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\2"),
		BYTES("\5\0\0\3\5proxy\1\2"),
		BYTES("\5\0\0\3\0\1\2"),
		BYTES("\5\0\377\1\0\0\0\0\0\0"),
	};

	for (size_t i = 0; i < COUNT(ends); i++) {
		const struct span wanted[] = { hello, to_name };
		const struct span answers[] = { no_login, ends[i] };

		assert_works(*state, &plain, wanted, answers, 2);
	}
}

/* The greeting that comes in the same packet belongs to the caller. */
static void
test_nothing_more_is_read(void **state)
{
	struct frame *frame = *state;
	const struct span wanted[] = { hello, to_name };
	const struct span answers[] = { no_login,
					BYTES("\5\0\0\3\5proxy\1\002220 mail\r\n") };
	char rest[64];

	assert_true(connect_through(frame, &plain, wanted, answers, 2));
	assert_int_equal(recv(frame->fd, rest, sizeof(rest), 0), 10);
	assert_memory_equal(rest, "220 mail\r\n", 10);
}

/* ---- what does not ---------------------------------------------------------------------- */

static void
test_reasons(void **state)
{
	static const struct {
		unsigned char code;
		const char *words;
	} cases[] = {
		{ 1, "general failure" },	    { 2, "rules do not allow" },
		{ 3, "network cannot be reached" }, { 4, "host cannot be reached" },
		{ 5, "connection was refused" },    { 6, "time to live" },
		{ 7, "cannot make connections" },   { 8, "type of address" },
		{ 9, "unknown reason 9" },	    { 255, "unknown reason 255" },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		char end[] = { 5, (char)cases[i].code, 0, 1, 0, 0, 0, 0, 0, 0 };
		const struct span wanted[] = { hello, to_name };
		const struct span whole[] = { no_login, { end, sizeof(end) } };
		const struct span short_one[] = { no_login, { end, 2 } };

		assert_false(connect_through(frame, &plain, wanted, whole, 2));
		assert_failure(frame, FAULT_CONNECT, cases[i].words);
		assert_non_null(strstr(frame->err.what, "mail.example.org, port 587"));
		/* Some proxies close after these two bytes. */
		assert_false(connect_through(frame, &plain, wanted, short_one, 2));
		assert_failure(frame, FAULT_CONNECT, cases[i].words);
	}
}

static void
test_refused_logins(void **state)
{
	struct frame *frame = *state;
	const struct endpoint endpoint = with_login("me", "wrong");
	const struct span first[] = { hello },
			  second[] = { hello_login, BYTES("\1\2me\5wrong") };
	const struct span none[] = { BYTES("\5\377") },
			  wrong[] = { wants_login, BYTES("\1\1") };

	assert_false(connect_through(frame, &plain, first, none, 1));
	assert_failure(frame, FAULT_LOGIN, "none of the login methods");
	assert_non_null(strstr(frame->err.hint, "proxy_user"));
	assert_false(connect_through(frame, &endpoint, second, none, 1));
	assert_failure(frame, FAULT_LOGIN, "none of the login methods");
	assert_false(connect_through(frame, &endpoint, second, wrong, 2));
	assert_failure(frame, FAULT_LOGIN, "refuses the login as me");
	assert_null(strstr(frame->err.what, "wrong"));
}

static void
test_nonsense(void **state)
{
	static const struct {
		struct span first, second;
		const char *words;
	} cases[] = {
		{ BYTES("\4\0"), BYTES(""), "SOCKS version 5" },
		{ BYTES("HTTP/1.1 400\r\n"), BYTES(""), "SOCKS version 5" },
		{ BYTES("\5\2"), BYTES(""), "not offered" },
		{ BYTES("\5\1"), BYTES(""), "not offered" },
		{ BYTES("\5\0"), BYTES("\4\0\0\1\0\0\0\0\0\0"), "SOCKS version 5" },
		{ BYTES("\5\0"), BYTES("\5\0\0\2\0\0\0\0\0\0"), "type of address (2)" },
		{ BYTES("\5\0"), BYTES("\5\0\0\0\0\0\0\0\0\0"), "type of address (0)" },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct span wanted[] = { hello, to_name };
		const struct span answers[] = { cases[i].first, cases[i].second };

		assert_false(connect_through(frame, &plain, wanted, answers, 2));
		assert_failure(frame, FAULT_PROTOCOL, cases[i].words);
	}
}

static void
test_end_after_each_byte(void **state)
{
	static const struct span all = BYTES("\5\0\5\0\0\3\5proxy\1\2");
	struct frame *frame = *state;

	for (size_t len = 0; len < all.len; len++) {
		const struct span wanted[] = { hello, to_name };
		const struct span answers[] = { { all.at, len < 2 ? len : 2 },
						{ all.at + 2, len < 2 ? 0 : len - 2 } };

		assert_false(
			connect_through(frame, &plain, wanted, answers, len < 2 ? 1 : 2));
		assert_failure(frame, FAULT_CONNECT, "proxy");
	}
}

static void
test_silence(void **state)
{
	struct frame *frame = *state;
	const struct span wanted[] = { hello, to_name };
	const struct span answers[] = { no_login, BYTES("\5\0\0\3\5pro") };

	frame->proxy.stays = true;
	assert_false(connect_through(frame, &plain, wanted, answers, 0));
	assert_failure(frame, FAULT_TIMEOUT, "did not answer in time");
	assert_false(connect_through(frame, &plain, wanted, answers, 2));
	assert_failure(frame, FAULT_TIMEOUT, "did not answer in time");
}

static void
test_too_long(void **state)
{
	char text[257];
	struct endpoint host = plain, user = with_login(text, "x"),
			password = with_login("x", text);
	struct frame *frame = *state;

	memset(text, 'a', 256);
	text[256] = '\0';
	host.host = text;
	assert_false(connect_through(frame, &host, NULL, NULL, 0));
	assert_failure(frame, FAULT_CONFIG, "too long");
	assert_false(connect_through(frame, &user, NULL, NULL, 0));
	assert_failure(frame, FAULT_CONFIG, "too long");
	assert_false(connect_through(frame, &password, NULL, NULL, 0));
	assert_failure(frame, FAULT_CONFIG, "too long");
	assert_int_equal(frame->proxy.heard.len, 0);
}

/* ---- the whole way ---------------------------------------------------------------------- */

struct listener {
	int fd;
	unsigned port, connections;
	const struct span *ends; /* of each connection's last answer */
	pthread_t thread;
};

static void *
serve(void *argument)
{
	struct listener *listener = argument;

	for (unsigned i = 0; i < listener->connections; i++) {
		const struct span wanted[] = { hello, to_name };
		const struct span answers[] = { no_login, listener->ends[i] };
		struct proxy proxy = {
			.wanted = wanted, .answers = answers, .count = 2, .stays = true
		};

		proxy.fd = accept(listener->fd, NULL, NULL);
		play(&proxy);
		buf_release(&proxy.heard);
	}
	close(listener->fd);
	return NULL;
}

static void
take_port(struct listener *listener)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(at);

	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener->fd, (struct sockaddr *)&at, length), 0);
	assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&at, &length), 0);
	listener->port = ntohs(at.sin_port);
}

static void
test_dial_through(void **state)
{
	static const struct span ends[] = { BYTES("\5\5\0\1\0\0\0\0\0\0"),
					    BYTES("\5\0\0\1\0\0\0\0\0\0"),
					    BYTES("\5\5\0\1\0\0\0\0\0\0"),
					    BYTES("\5\4\0\1\0\0\0\0\0\0") };
	struct frame *frame = *state;
	struct listener listener = { .connections = 4, .ends = ends };
	struct endpoint endpoint = { .host = "mail.example.org",
				     .proxy_host = "127.0.0.1",
				     .ports = { 587, 465 },
				     .timeout = 30 };
	struct line line;

	take_port(&listener);
	assert_int_equal(listen(listener.fd, 4), 0);
	assert_int_equal(pthread_create(&listener.thread, NULL, serve, &listener), 0);
	/* to_name has two bytes of port, whichever they are. */
	endpoint.proxy_port = listener.port;
	if (!dial(&endpoint, &line, &frame->err))
		fail_msg("got the error: %s", frame->err.what);
	assert_int_equal(line.port, 465);
	assert_string_equal(line.address, "127.0.0.1");
	close(line.fd);
	assert_false(dial(&endpoint, &line, &frame->err));
	assert_int_equal(line.fd, -1);
	assert_failure(frame, FAULT_CONNECT, "port 587: the connection was refused; ");
	assert_failure(frame, FAULT_CONNECT, "port 465: the host cannot be reached");
	pthread_join(listener.thread, NULL);
}

static void
test_no_proxy(void **state)
{
	struct frame *frame = *state;
	struct listener nobody = { .connections = 0 }; /* bound, but nobody listens */
	struct endpoint endpoint = { .host = "mail.example.org",
				     .proxy_host = "127.0.0.1",
				     .ports = { 587, 465 },
				     .timeout = 30 };
	struct line line;

	take_port(&nobody);
	endpoint.proxy_port = nobody.port;
	assert_false(dial(&endpoint, &line, &frame->err));
	assert_failure(frame, FAULT_CONNECT,
		       "Cannot connect to the proxy 127.0.0.1, port ");
	close(nobody.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_login),
		TEST(with_login),
		TEST(login_that_is_not_needed),
		TEST(login_without_password),
		TEST(longest_login),
		TEST(forms_of_address),
		TEST(forms_of_answer),
		TEST(nothing_more_is_read),
		TEST(reasons),
		TEST(refused_logins),
		TEST(nonsense),
		TEST(end_after_each_byte),
		TEST(silence),
		TEST(too_long),
		TEST(dial_through),
		TEST(no_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
