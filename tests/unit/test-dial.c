/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a name to a socket: against listeners on loopback, with names that the test
 * makes up. */
#include "base/clock.h"
#include "base/file.h"
#include "net/dial.h"
#include "net/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- a resolver that knows what the test wants ------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hang_is_over;
static unsigned given, freed; /* lists */

static struct addrinfo *
one_address(const char *text, struct addrinfo *next)
{
	struct addrinfo *entry = calloc(1, sizeof(*entry));
	struct target target;

	if (!entry || !dns_literal(text, &target))
		abort();
	entry->ai_addr = malloc(sizeof(target.at));
	if (!entry->ai_addr)
		abort();
	memcpy(entry->ai_addr, &target.at, sizeof(target.at));
	entry->ai_family = target.at.ss_family;
	entry->ai_addrlen = target.length;
	entry->ai_next = next;
	return entry;
}

static struct addrinfo *
addresses_of(const char *list, int family)
{
	char one[INET6_ADDRSTRLEN + 16];
	size_t len = strcspn(list, " ");
	struct addrinfo *rest = list[len] ? addresses_of(list + len + 1, family) : NULL;

	memcpy(one, list, len);
	one[len] = '\0';
	if (family == (strchr(one, ':') ? AF_INET : AF_INET6))
		return rest;
	return one_address(one, rest);
}

static int
hang(void)
{
	pthread_mutex_lock(&lock);
	while (!hang_is_over)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* Instead of the C library's, since the program's own definition wins. */
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
	    struct addrinfo **found)
{
	static const struct {
		const char *name, *list;
		int result;
	} known[] = {
		{ "both.test", "::1 127.0.0.1", 0 },
		{ "four.test", "127.0.0.1", 0 },
		{ "six.test", "::1", 0 },
		{ "other.test", "127.0.0.2", 0 },
		{ "twice.test", "127.0.0.1 127.0.0.1 ::1 ::1", 0 },
		{ "sorted.test", "127.0.0.1 127.0.0.2 127.0.0.3 ::1 ::2", 0 },
		{ "hang.test", "127.0.0.1 ::1", 0 },
		{ "none.test", NULL, EAI_NONAME },
		{ "no-data.test", NULL, EAI_NODATA },
		{ "later.test", NULL, EAI_AGAIN },
		{ "broken.test", NULL, EAI_FAIL },
		{ "system.test", NULL, EAI_SYSTEM },
	};

	(void)service;
	if (hints->ai_socktype != SOCK_STREAM)
		abort();
	if (strcmp(name, "hang.test") == 0)
		hang();
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		errno = EMFILE;
		if (known[i].result)
			return known[i].result;
		*found = addresses_of(known[i].list, hints->ai_family);
		pthread_mutex_lock(&lock);
		given++;
		pthread_mutex_unlock(&lock);
		return 0;
	}
	return EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
	pthread_mutex_lock(&lock);
	freed++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* ---- listeners -------------------------------------------------------------------------- */

struct place {
	int fd;
	unsigned port;
};

/* BACKLOG -1: bound but not listening, so that it is refused and nobody else gets the
 * port. */
static struct place
make_place(const char *address, int backlog)
{
	struct place place = { .fd = -1 };
	struct target target;
	socklen_t length;
	uint16_t port;

	assert_true(dns_literal(address, &target));
	length = target.length;
	place.fd = socket(target.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (place.fd < 0 || bind(place.fd, (struct sockaddr *)&target.at, length) < 0)
		return place;
	if (backlog >= 0)
		assert_int_equal(listen(place.fd, backlog), 0);
	assert_int_equal(getsockname(place.fd, (struct sockaddr *)&target.at, &length),
			 0);
	/* The port is at the same place in both kinds of address. */
	memcpy(&port, (char *)&target.at + offsetof(struct sockaddr_in, sin_port),
	       sizeof(port));
	place.port = ntohs(port);
	return place;
}

/* The same port at another address. */
static int
join_place(const char *address, unsigned port)
{
	struct target target;
	uint16_t number = htons((uint16_t)port);
	int fd;

	assert_true(dns_literal(address, &target));
	memcpy((char *)&target.at + offsetof(struct sockaddr_in, sin_port), &number,
	       sizeof(number));
	fd = socket(target.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&target.at, target.length) < 0) {
		close_file(&fd);
		return -1;
	}
	return fd;
}

/* A listener whose queue is full: the kernel drops what comes, as a dead host does. */
static void
fill_place(const struct place *place, const char *address, int *fillers, size_t count)
{
	struct target target;
	uint16_t number = htons((uint16_t)place->port);

	assert_true(dns_literal(address, &target));
	memcpy((char *)&target.at + offsetof(struct sockaddr_in, sin_port), &number,
	       sizeof(number));
	for (size_t i = 0; i < count; i++) {
		fillers[i] = socket(target.at.ss_family,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(fillers[i], (struct sockaddr *)&target.at, target.length) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
}

/* Whether a further connection would stay unanswered, as the test wants it. */
static bool
is_dead(const struct place *place, const char *address)
{
	struct pollfd one = { .events = POLLOUT };
	int ready;

	fill_place(place, address, &one.fd, 1);
	ready = poll(&one, 1, 100);
	close(one.fd);
	return ready == 0;
}

static void
close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close_file(&fds[i]);
}

/* ---- frame ------------------------------------------------------------------------------ */

struct frame {
	struct arena arena;
	struct error err;
	struct line line;
};

static int
set_up(void **state)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	frame->err.arena = &frame->arena;
	frame->line.fd = -1;
	*state = frame;
	return 0;
}

static int
tear_down(void **state)
{
	struct frame *frame = *state;

	close_file(&frame->line.fd);
	arena_release(&frame->arena);
	free(frame);
	return 0;
}

static void
assert_dialled(struct frame *frame, const struct endpoint *endpoint)
{
	if (!dial(endpoint, &frame->line, &frame->err))
		fail_msg("got the error: %s", frame->err.what);
	assert_int_equal(frame->err.fault, FAULT_NONE);
	assert_true(frame->line.fd >= 0);
	assert_true(frame->line.started <= frame->line.resolved);
	assert_true(frame->line.resolved <= frame->line.connected);
}

static void
assert_failed(struct frame *frame, const struct endpoint *endpoint, enum fault fault)
{
	if (dial(endpoint, &frame->line, &frame->err))
		fail_msg("got a connection to port %u, want none", frame->line.port);
	if (frame->err.fault != fault)
		fail_msg("got %s (%s), want %s", fault_word(frame->err.fault),
			 frame->err.what, fault_word(fault));
	assert_int_equal(frame->line.fd, -1);
	assert_non_null(frame->err.what);
}

static void __attribute__((format(printf, 2, 3)))
assert_said(const struct frame *frame, const char *format, ...)
{
	char want[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(want, sizeof(want), format, arguments);
	va_end(arguments);
	assert_string_equal(frame->err.what, want);
}

static bool
has_ipv6(void)
{
	struct place place = make_place("::1", 1);

	close_file(&place.fd);
	return place.port != 0;
}

/* ---- connections ------------------------------------------------------------------------ */

static void
test_literal(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "127.0.0.1",
				     .ports = { place.port },
				     .timeout = 10 };
	int on = 0, flags;
	socklen_t length = sizeof(on);

	assert_dialled(frame, &endpoint);
	assert_int_equal(frame->line.port, place.port);
	assert_string_equal(frame->line.address, "127.0.0.1");
	assert_int_equal(given, 0);
	flags = fcntl(frame->line.fd, F_GETFL);
	assert_true(flags & O_NONBLOCK);
	flags = fcntl(frame->line.fd, F_GETFD);
	assert_true(flags & FD_CLOEXEC);
	getsockopt(frame->line.fd, IPPROTO_TCP, TCP_NODELAY, &on, &length);
	assert_true(on);
	close(place.fd);
}

static void
test_literal_ipv6(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("::1", 1);
	struct endpoint endpoint = { .host = "0::1",
				     .ports = { place.port },
				     .timeout = 10 };

	if (!place.port)
		skip();
	assert_dialled(frame, &endpoint);
	assert_string_equal(frame->line.address, "::1");
	close(place.fd);
}

static void
test_name(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "four.test", .ports = { place.port } };

	assert_dialled(frame, &endpoint);
	assert_string_equal(frame->line.address, "127.0.0.1");
	close(place.fd);
}

static void
test_ipv6_refused_then_ipv4(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", 1);
	int bound = join_place("::1", place.port);
	struct endpoint endpoint = { .host = "both.test",
				     .ports = { place.port },
				     .timeout = 10 };

	assert_dialled(frame, &endpoint);
	assert_string_equal(frame->line.address, "127.0.0.1");
	close_file(&bound);
	close(place.fd);
}

static void
test_ipv6_dead_then_ipv4(void **state)
{
	struct frame *frame = *state;
	struct place four = make_place("127.0.0.1", 1);
	struct place six = { .fd = join_place("::1", four.port), .port = four.port };
	struct endpoint endpoint = { .host = "both.test",
				     .ports = { four.port },
				     .timeout = 20 };
	int fillers[4];

	if (six.fd < 0 || listen(six.fd, 0) < 0)
		skip();
	fill_place(&six, "::1", fillers, 4);
	if (!is_dead(&six, "::1"))
		skip();
	assert_dialled(frame, &endpoint);
	assert_string_equal(frame->line.address, "127.0.0.1");
	close_all(fillers, 4);
	close(six.fd);
	close(four.fd);
}

static void
test_ipv6_is_preferred(void **state)
{
	struct frame *frame = *state;
	struct place four = make_place("127.0.0.1", 1);
	int six = join_place("::1", four.port);
	struct endpoint endpoint = { .host = "both.test",
				     .ports = { four.port },
				     .timeout = 10 };

	if (six < 0 || listen(six, 1) < 0)
		skip();
	assert_dialled(frame, &endpoint);
	assert_string_equal(frame->line.address, "::1");
	close(six);
	close(four.fd);
}

static void
test_family(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { place.port },
				     .family = IP_4,
				     .timeout = 10 };

	assert_dialled(frame, &endpoint);
	close_file(&frame->line.fd);
	endpoint.host = "::1";
	assert_failed(frame, &endpoint, FAULT_CONFIG);
	assert_said(frame, "Cannot connect to ::1, since only IPv4 is allowed");
	error_clear(&frame->err);
	endpoint.host = "127.0.0.1";
	endpoint.family = IP_6;
	assert_failed(frame, &endpoint, FAULT_CONFIG);
	assert_said(frame, "Cannot connect to 127.0.0.1, since only IPv6 is allowed");
	close(place.fd);
}

static void
test_second_port(void **state)
{
	struct frame *frame = *state;
	struct place closed = make_place("127.0.0.1", -1),
		     open = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { closed.port, open.port },
				     .timeout = 10 };

	assert_dialled(frame, &endpoint);
	assert_int_equal(frame->line.port, open.port);
	close(closed.fd);
	close(open.fd);
}

static void
test_first_port_is_preferred(void **state)
{
	struct frame *frame = *state;
	struct place first = make_place("127.0.0.1", 1),
		     second = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { first.port, second.port },
				     .timeout = 10 };

	assert_dialled(frame, &endpoint);
	assert_int_equal(frame->line.port, first.port);
	close(first.fd);
	close(second.fd);
}

static void
test_second_port_when_the_first_is_dead(void **state)
{
	struct frame *frame = *state;
	struct place dead = make_place("127.0.0.1", 0), open = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { dead.port, open.port },
				     .timeout = 20 };
	int fillers[4];

	fill_place(&dead, "127.0.0.1", fillers, 4);
	if (!is_dead(&dead, "127.0.0.1"))
		skip();
	assert_dialled(frame, &endpoint);
	assert_int_equal(frame->line.port, open.port);
	close_all(fillers, 4);
	close(dead.fd);
	close(open.fd);
}

static void
test_source(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "both.test",
				     .ports = { place.port },
				     .source_ip = "127.0.0.3",
				     .timeout = 10 };
	struct sockaddr_in own;
	socklen_t length = sizeof(own);

	assert_dialled(frame, &endpoint);
	assert_int_equal(getsockname(frame->line.fd, (struct sockaddr *)&own, &length),
			 0);
	assert_int_equal(ntohl(own.sin_addr.s_addr), 0x7f000003);
	close(place.fd);
}

static void
test_unix_socket(void **state)
{
	struct frame *frame = *state;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/test-dial.XXXXXX";
	struct endpoint endpoint = { .socket = at.sun_path,
				     .host = "none.test",
				     .timeout = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(mkdtemp(folder));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", folder);
	assert_failed(frame, &endpoint, FAULT_CONNECT);
	assert_said(frame, "Cannot connect to the socket %s: No such file or directory",
		    at.sun_path);
	error_clear(&frame->err);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_failed(frame, &endpoint, FAULT_CONNECT);
	error_clear(&frame->err);
	assert_int_equal(listen(fd, 1), 0);
	assert_dialled(frame, &endpoint);
	assert_int_equal(frame->line.port, 0);
	assert_string_equal(frame->line.address, "");
	assert_true(fcntl(frame->line.fd, F_GETFL) & O_NONBLOCK);
	unlink(at.sun_path);
	rmdir(folder);
	close(fd);
}

static void
test_unix_socket_that_is_busy(void **state)
{
	struct frame *frame = *state;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/test-dial.XXXXXX";
	struct endpoint endpoint = { .socket = at.sun_path, .timeout = 1 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int filler = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(mkdtemp(folder));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(connect(filler, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_failed(frame, &endpoint, FAULT_TIMEOUT);
	unlink(at.sun_path);
	rmdir(folder);
	close(filler);
	close(fd);
}

/* ---- failures --------------------------------------------------------------------------- */

static void
test_refused(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", -1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { place.port },
				     .timeout = 10 };

	assert_failed(frame, &endpoint, FAULT_CONNECT);
	assert_said(frame, "Cannot connect to four.test, port %u: Connection refused",
		    place.port);
	close(place.fd);
}

static void
test_same_reason_is_said_once(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", -1);
	int bound = join_place("::1", place.port);
	struct endpoint endpoint = { .host = "both.test",
				     .ports = { place.port },
				     .timeout = 10 };

	if (bound < 0)
		skip();
	assert_failed(frame, &endpoint, FAULT_CONNECT);
	assert_said(frame, "Cannot connect to both.test, port %u: Connection refused",
		    place.port);
	close(bound);
	close(place.fd);
}

static void
test_both_ports_refused(void **state)
{
	struct frame *frame = *state;
	struct place one = make_place("127.0.0.1", -1), two = make_place("127.0.0.1", -1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { one.port, two.port },
				     .timeout = 10 };

	assert_failed(frame, &endpoint, FAULT_CONNECT);
	assert_said(frame,
		    "Cannot connect to four.test, ports %u and %u: Connection refused",
		    one.port, two.port);
	close(one.fd);
	close(two.fd);
}

static void
test_ports_with_different_reasons(void **state)
{
	struct frame *frame = *state;
	struct place dead = make_place("127.0.0.1", 0),
		     closed = make_place("127.0.0.1", -1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { dead.port, closed.port },
				     .timeout = 1 };
	int fillers[4];

	fill_place(&dead, "127.0.0.1", fillers, 4);
	if (!is_dead(&dead, "127.0.0.1"))
		skip();
	assert_failed(frame, &endpoint, FAULT_TIMEOUT);
	assert_said(frame,
		    "Cannot connect to four.test, port %u: no answer in time; "
		    "port %u: Connection refused",
		    dead.port, closed.port);
	close_all(fillers, 4);
	close(dead.fd);
	close(closed.fd);
}

static void
test_no_such_source(void **state)
{
	struct frame *frame = *state;
	struct place place = make_place("127.0.0.1", 1);
	struct endpoint endpoint = { .host = "four.test",
				     .ports = { place.port },
				     .source_ip = "192.0.2.77",
				     .timeout = 10 };

	assert_failed(frame, &endpoint, FAULT_CONFIG);
	assert_said(frame, "Cannot use the source address 192.0.2.77: "
			   "Cannot assign requested address");
	error_clear(&frame->err);
	endpoint.source_ip = "nonsense";
	assert_failed(frame, &endpoint, FAULT_CONFIG);
	error_clear(&frame->err);
	endpoint.source_ip = "127.0.0.1";
	endpoint.family = IP_6;
	assert_failed(frame, &endpoint, FAULT_CONFIG);
	close(place.fd);
}

static void
test_no_host(void **state)
{
	struct frame *frame = *state;
	struct endpoint endpoint = { .ports = { 25 }, .timeout = 1 };

	assert_failed(frame, &endpoint, FAULT_CONFIG);
}

static void
test_socket_path_too_long(void **state)
{
	struct frame *frame = *state;
	char path[200];
	struct endpoint endpoint = { .socket = path };

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_failed(frame, &endpoint, FAULT_CONFIG);
}

/* ---- names ------------------------------------------------------------------------------ */

static void
test_names_that_fail(void **state)
{
	static const struct {
		const char *host;
		enum ip_family family;
		enum fault want;
		const char *words;
	} cases[] = {
		{ "none.test", IP_ANY, FAULT_NO_HOST, "none.test does not exist" },
		{ "no-data.test", IP_ANY, FAULT_NO_HOST, "no-data.test has no address" },
		{ "no-data.test", IP_4, FAULT_NO_HOST,
		  "no-data.test has no IPv4 address" },
		{ "no-data.test", IP_6, FAULT_NO_HOST,
		  "no-data.test has no IPv6 address" },
		{ "later.test", IP_ANY, FAULT_TEMPORARY, "later.test now" },
		{ "broken.test", IP_ANY, FAULT_TEMPORARY, "broken.test now" },
		{ "system.test", IP_ANY, FAULT_SYSTEM, "Too many open files" },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint endpoint = { .host = cases[i].host,
					     .ports = { 25 },
					     .family = cases[i].family,
					     .timeout = 10 };

		error_clear(&frame->err);
		assert_failed(frame, &endpoint, cases[i].want);
		if (!strstr(frame->err.what, cases[i].words))
			fail_msg("got %s, want %s", frame->err.what, cases[i].words);
	}
}

static void
test_dead_resolver(void **state)
{
	struct frame *frame = *state;
	struct endpoint endpoint = { .host = "hang.test", .ports = { 25 }, .timeout = 1 };
	unsigned before = given;

	assert_failed(frame, &endpoint, FAULT_TIMEOUT);
	/* The threads, one for both families and one for each, go on when all that belongs
	 * to this end is gone; what they find is freed. */
	arena_release(&frame->arena);
	error_clear(&frame->err);
	pthread_mutex_lock(&lock);
	hang_is_over = true;
	pthread_cond_broadcast(&changed);
	while (given != before + 3 || freed != given)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void
assert_order(struct frame *frame, const char *host, const char *want)
{
	struct targets targets;
	char got[200] = "", one[INET6_ADDRSTRLEN];

	assert_true(dns_resolve(host, IP_ANY, DEADLINE_NEVER, &targets, &frame->err));
	for (size_t i = 0; i < targets.count; i++) {
		struct sockaddr_in four;
		struct sockaddr_in6 six;

		memcpy(&four, &targets.items[i].at, sizeof(four));
		memcpy(&six, &targets.items[i].at, sizeof(six));
		if (four.sin_family == AF_INET)
			inet_ntop(AF_INET, &four.sin_addr, one, sizeof(one));
		else
			inet_ntop(AF_INET6, &six.sin6_addr, one, sizeof(one));
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
			 i ? " " : "", one);
	}
	assert_string_equal(got, want);
}

static void
test_order_of_addresses(void **state)
{
	assert_order(*state, "both.test", "::1 127.0.0.1");
	assert_order(*state, "sorted.test", "127.0.0.1 ::1 127.0.0.2 ::2 127.0.0.3");
	assert_order(*state, "twice.test", "127.0.0.1 ::1");
	assert_order(*state, "192.0.2.1", "192.0.2.1");
	assert_order(*state, "2001:DB8::1", "2001:db8::1");
}

static void
test_literals(void **state)
{
	static const struct {
		const char *text;
		int want; /* family, 0: none */
	} cases[] = {
		{ "127.0.0.1", AF_INET },
		{ "::", AF_INET6 },
		{ "fe80::1%1", AF_INET6 },
		{ "fe80::1%lo", AF_INET6 },
		{ "::ffff:1.2.3.4", AF_INET6 },
		{ "", 0 },
		{ "127.1", 0 },
		{ "0x7f.0.0.1", 0 },
		{ "127.0.0.1.", 0 },
		{ "[::1]", 0 },
		{ "fe80::1%", 0 },
		{ "fe80::1%no-such-zone", 0 },
		{ "fe80::1%99999999999", 0 },
		{ "1.2.3.4%1", 0 },
		{ "localhost", 0 },
		{ "::1::", 0 },
		{ "1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7:8:9", 0 },
	};
	struct target target;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool got = dns_literal(cases[i].text, &target);

		if (got != (cases[i].want != 0) ||
		    (got && target.at.ss_family != cases[i].want))
			fail_msg("%s: got family %d, want %d", cases[i].text,
				 got ? target.at.ss_family : 0, cases[i].want);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(literal),
		TEST(literal_ipv6),
		TEST(name),
		TEST(ipv6_refused_then_ipv4),
		TEST(ipv6_dead_then_ipv4),
		TEST(ipv6_is_preferred),
		TEST(family),
		TEST(second_port),
		TEST(first_port_is_preferred),
		TEST(second_port_when_the_first_is_dead),
		TEST(source),
		TEST(unix_socket),
		TEST(unix_socket_that_is_busy),
		TEST(refused),
		TEST(same_reason_is_said_once),
		TEST(both_ports_refused),
		TEST(ports_with_different_reasons),
		TEST(no_such_source),
		TEST(no_host),
		TEST(socket_path_too_long),
		TEST(names_that_fail),
		TEST(dead_resolver),
		TEST(order_of_addresses),
		TEST(literals),
	};

	/* The words of the C library's reasons are compared. */
	unsetenv("LANGUAGE");
	if (!has_ipv6())
		print_message("skip - what needs IPv6: there is none on loopback\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
