/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a command in a network of its own, whose only way out is a line with a delay.
 *
 *     delay MS COMMAND [ARGUMENT…]
 *
 * From there 10.77.0.1 is this side of the line, and every packet takes MS either way.
 * Packets go through two TUN devices, so that handshakes, slow start, Nagle's algorithm
 * and delayed acknowledgements are the kernel's own; many kernels come without netem. */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 2048 };

struct packet {
	struct packet *next;
	long due;
	size_t length;
	char bytes[LARGEST];
};

/* What came in at one end, and has to leave at the other. */
struct way {
	int from, to;
	struct packet *first, **last;
};

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
end_of_line(const char *here, const char *there)
{
	struct ifreq name = { .ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "delay" };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char command[256];

	snprintf(command, sizeof(command),
		 "ip link set lo up && ip address add %s peer %s dev delay && "
		 "ip link set delay mtu 1500 up",
		 here, there);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &name) != 0 || system(command) != 0) {
		perror("TUN device");
		exit(71);
	}
	return fd;
}

static void
take(struct way *way, long delay)
{
	for (;;) {
		struct packet *packet = calloc(1, sizeof(*packet));
		ssize_t length = packet ? read(way->from, packet->bytes, LARGEST) : -1;

		if (length <= 0) {
			free(packet);
			return;
		}
		packet->length = (size_t)length;
		packet->due = now() + delay;
		*way->last = packet;
		way->last = &packet->next;
	}
}

/* Lets go what is due; returns how long it is until the next one is. */
static long
let_go(struct way *way)
{
	while (way->first) {
		struct packet *packet = way->first;
		long wait = packet->due - now();

		if (wait > 0)
			return wait;
		/* A packet that cannot leave is lost, as on any line. */
		if (write(way->to, packet->bytes, packet->length) < 0)
			perror("delay");
		way->first = packet->next;
		if (!way->first)
			way->last = &way->first;
		free(packet);
	}
	return 1000000;
}

static void
carry(struct way *ways, int child, long delay)
{
	struct pollfd watched[3] = { { .fd = ways[0].from, .events = POLLIN },
				     { .fd = ways[1].from, .events = POLLIN },
				     { .fd = child, .events = POLLIN } };

	while (!(watched[2].revents & POLLIN)) {
		long one = let_go(&ways[0]), other = let_go(&ways[1]);
		long wait = one < other ? one : other;
		struct timespec limit = { .tv_sec = wait / 1000000,
					  .tv_nsec = wait % 1000000 * 1000 };

		ppoll(watched, 3, &limit, NULL);
		take(&ways[0], delay);
		take(&ways[1], delay);
	}
}

int
main(int argc, char **argv)
{
	struct way ways[2] = { 0 };
	int near, far, status;
	pid_t pid;

	if (argc < 3)
		return 64;
	near = end_of_line("10.77.0.1", "10.77.0.2");
	if (unshare(CLONE_NEWNET) != 0) {
		perror("network namespace");
		return 71;
	}
	far = end_of_line("10.77.0.2", "10.77.0.1");
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(71);
	}
	ways[0] = (struct way){ .from = near, .to = far, .last = &ways[0].first };
	ways[1] = (struct way){ .from = far, .to = near, .last = &ways[1].first };
	carry(ways, pidfd_open(pid, 0), atol(argv[1]) * 1000);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 71;
}
