/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waits for the right moments to go through the queue. */
#include "queue/runner.h"

#include "base/file.h"
#include "base/process.h"
#include "queue/scan.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LOOK_AGAIN = 5 * 60 * 1000, /* ms: a configuration may have been mended */
	TROUBLE = 60 * 1000,	    /* ms after the queue itself made trouble */
	SETTLE = 1000		    /* ms for a network to become usable */
};

static volatile sig_atomic_t asked_to_stop;
static int wake_fd = -1;

/* The byte ends a wait that was about to begin. */
static void
ask_to_stop(int number)
{
	int saved = errno;

	(void)number;
	asked_to_stop = 1;
	if (wake_fd >= 0 && write(wake_fd, "\n", 1) < 0)
		errno = saved;
	errno = saved;
}

static void
hear_signals(void)
{
	const struct sigaction stop = { .sa_handler = ask_to_stop };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &ignore, NULL);
}

/* ---- what wakes ---- */

/* Hears of addresses and routes that come; -1 when that cannot be had. */
static int
listen_to_network(void)
{
	const struct sockaddr_nl wanted = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)(const void *)&wanted, sizeof(wanted)) != 0)
		close_file(&fd);
	return fd;
}

static void
read_away(int fd)
{
	char room[16 * 1024];

	while (fd >= 0 && read(fd, room, sizeof(room)) > 0)
		continue;
}

/* A server that could not be reached may be there now; a wrong password is as wrong, and a
 * server that has no time as busy, as it was. */
static void
give_another_chance(void *context, const char *tag)
{
	const struct spool *spool = context;
	struct arena arena = { 0 };
	struct standing standing;

	if (standing_read(&arena, spool, tag, &standing) && !standing.held &&
	    !standing.refuses && standing.failures) {
		standing.until = 0;
		standing_write(spool, &standing);
	}
	arena_release(&arena);
}

static void
wait_for_news(const struct spool *spool, int wake, int network, int64_t next)
{
	struct pollfd ready[2] = { { .fd = wake, .events = POLLIN },
				   { .fd = network, .events = POLLIN } };
	int64_t wait = next - wall_ms();

	if (wait > LOOK_AGAIN)
		wait = LOOK_AGAIN;
	if (wait < 0)
		wait = 0;
	if (asked_to_stop || poll(ready, 2, (int)wait) <= 0)
		return;
	if (ready[1].revents) {
		poll(NULL, 0, SETTLE);
		standing_each(spool, give_another_chance, (void *)(uintptr_t)spool);
	}
	read_away(wake);
	read_away(network);
}

/* ---- staying ---- */

static bool
found_one(void *context, int folder, const char *file, const struct entry_name *name)
{
	bool *found = context;

	(void)folder;
	(void)file;
	(void)name;
	*found = true;
	return false;
}

static bool
is_empty(const struct spool *spool)
{
	bool found = false;
	const struct scan scan = { .visit = found_one, .context = &found };

	return scan_place(spool, PLACE_WAITING, &scan) && !found;
}

/* Whoever queues a message after this look finds no runner and starts one. */
static bool
may_leave(const struct spool *spool, int *lock)
{
	close_file(lock);
	return is_empty(spool) || !spool_be_runner(spool, false, lock);
}

static bool
is_gone(const struct spool *spool)
{
	return faccessat(spool->fd, "VERSION", F_OK, 0) != 0;
}

/* What the last pass ended with, so that a log has it once. */
struct complaint {
	struct arena arena;
	const char *text;
};

static void
complain(const struct pass *pass, const struct error *err, struct complaint *last)
{
	const struct queue_event event = { .err = err };

	if (err->what && (!last->text || strcmp(err->what, last->text) != 0)) {
		pass->tell(pass->context, &event);
		arena_release(&last->arena);
		last->text = arena_string(&last->arena, err->what);
	}
}

/* A service that ended at once, since another one runs, would be started again and again
 * by the unit that watches for mail (systemd.exec(5)). */
static bool
is_a_service(void)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID");

	return pid && strtol(pid, NULL, 10) == getpid();
}

bool
runner_stay(struct pass *pass, struct error *err)
{
	const struct spool *spool = pass->spool;
	struct complaint last = { 0 };
	CLEANUP(close_file) int wake = -1;
	CLEANUP(close_file) int network = -1;
	int64_t next = 0;
	int lock;

	hear_signals();
	if (!spool_be_runner(spool, is_a_service(), &lock))
		return true;
	process_lift_limits();
	pass->stop = &asked_to_stop;
	wake = wake_fd = spool_listen(spool);
	network = listen_to_network();
	while (!asked_to_stop && !is_gone(spool)) {
		error_clear(err);
		if (!pass_run(pass, &next, err)) {
			complain(pass, err, &last);
			next = wall_ms() + TROUBLE;
		} else if (!next && may_leave(spool, &lock)) {
			break;
		}
		wait_for_news(spool, wake, network, next ? next : wall_ms());
	}
	close_file(&lock);
	arena_release(&last.arena);
	return err->fault == FAULT_NONE;
}

/* ---- from outside ---- */

bool
runner_start(const struct spool *spool, struct error *err)
{
	char name[] = "postrider", run[] = "-qp";
	struct arena arena = { 0 };
	char *dir = arena_printf(&arena, "--queue-dir=%s", spool->path);
	char *arguments[] = { name, run, dir, NULL };
	bool ok = true;
	int lock;

	spool_wake(spool);
	if (spool_be_runner(spool, false, &lock)) {
		close_file(&lock);
		ok = process_again(arguments);
	}
	if (!ok) {
		fail_errno(
			err, FAULT_SYSTEM,
			_("Nothing can be started in the background to send the queue"));
		fail_hint(err,
			  _("\"postrider queue run\" sends it, and needs nothing else"));
	}
	arena_release(&arena);
	return ok;
}

void
runner_hint(const struct spool *spool, const char *tag)
{
	struct arena arena = { 0 };
	struct error ignored = { .arena = &arena };
	struct standing standing;

	if (standing_read(&arena, spool, tag, &standing)) {
		if (standing_recovered(&standing))
			standing_write(spool, &standing);
		/* The message that was sent is none of it. */
		if (!runner_start(spool, &ignored))
			errno = 0;
	}
	arena_release(&arena);
}
