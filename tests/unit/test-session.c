/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session makes of a line that is slow, or that breaks, while content goes out. */
#include "unit.h"

#include "smtp/content.h"
#include "smtp/session.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 100 * 1000, SMALL = 10, SLOW = 6 /* s; QUIT has 5 */ };

/* A session whose line is one end of a pair that holds little; returns the other end. */
static int
open_pair(struct arena *arena, struct session *session)
{
	int ends[2], little = 4096;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	*session = (struct session){ .arena = arena,
				     .host = "mail.example.org",
				     .failed.arena = arena,
				     .wire.line.fd = ends[0] };
	session->caps.pipelining = true;
	return ends[1];
}

/* The content, and QUIT behind it, as one flight. */
static void
say_content(struct session *session, size_t size)
{
	struct exchange *content = owe(session, STAGE_CONTENT, NULL);

	for (size_t i = 0; i < size; i++)
		buf_add_char(&session->wire.out, 'x');
	content_is_said(session, content, size);
}

static void
slow_reader(void **state)
{
	struct arena arena = { 0 };
	struct session session;
	struct error err = { .arena = &arena };
	int other = open_pair(&arena, &session), status;
	pid_t reader = fork();

	(void)state;
	if (reader == 0) {
		char room[4096];
		size_t left = LARGE + strlen("QUIT\r\n");

		/* So that it sees the end of the line. */
		close(session.wire.line.fd);
		sleep(SLOW);
		while (left) {
			ssize_t got = read(other, room, sizeof(room));

			if (got <= 0)
				_exit(1);
			left -= (size_t)got;
		}
		_exit(write(other, "250 ok\r\n221 bye\r\n", 17) != 17);
	}
	say_content(&session, LARGE);
	ask(&session, STAGE_QUIT, "QUIT");
	unit_number("content has its time", settle(&session, &err), true);
	unit_number("all is heard", session.first->reply.code, 250);
	close(other);
	wire_close(&session.wire);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	unit_number("the reader got it", status, 0);
	arena_release(&arena);
	unit_done();
}

/* RFC 1047: what counts is whether the last octet of the content is out. */
static void
broken_line(void **state)
{
	static const struct {
		const char *name;
		bool out;
		enum fault want;
	} cases[] = {
		{ "the content is out, QUIT is not", true, FAULT_UNCERTAIN },
		{ "nor is the content", false, FAULT_LOST },
	};

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena = { 0 };
		struct session session;
		struct error err = { .arena = &arena };
		int other = open_pair(&arena, &session);

		say_content(&session, SMALL);
		if (cases[i].out)
			unit_number(cases[i].name, session_flush(&session, STAGE_CONTENT),
				    true);
		ask(&session, STAGE_QUIT, "QUIT");
		close(other);
		unit_number(cases[i].name, settle(&session, &err), false);
		unit_number(cases[i].name, err.fault, cases[i].want);
		wire_close(&session.wire);
		arena_release(&arena);
	}
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(broken_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
