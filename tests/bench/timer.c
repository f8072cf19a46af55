/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a command N times at once, and says of each run how long it took, and what.
 *
 *     timer N ROOT INPUT ERRORS COMMAND [ARGUMENT…]
 *
 * One line for each: wall and processor time in µs, peak memory in KiB, exit status. Then
 * "all" and the time until the last one had ended. The runs see ROOT as their root; INPUT,
 * seen from there, is their standard input, and standard error is added to ERRORS. It is
 * linked statically since no child's peak memory reads below that of its parent. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024 };

static struct {
	pid_t pid;
	long began;
} runs[MOST];

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long
micros(struct timeval t)
{
	return t.tv_sec * 1000000 + t.tv_usec;
}

static void
report(long count)
{
	struct rusage used;
	int status;
	pid_t pid = wait4(-1, &status, 0, &used);
	long ended = now();

	for (long i = 0; i < count; i++)
		if (runs[i].pid == pid)
			printf("%ld %ld %ld %d\n", ended - runs[i].began,
			       micros(used.ru_utime) + micros(used.ru_stime),
			       used.ru_maxrss,
			       WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status));
}

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	long count = argc > 5 ? atol(argv[1]) : 0, began;

	if (count < 1 || count > MOST || chroot(argv[2]) != 0 || chdir("/") != 0)
		return 64;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, argv[3], O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, argv[4],
					 O_WRONLY | O_CREAT | O_APPEND, 0644);
	began = now();
	for (long i = 0; i < count; i++) {
		runs[i].began = now();
		if (posix_spawnp(&runs[i].pid, argv[5], &files, NULL, argv + 5,
				 environ) != 0) {
			perror(argv[5]);
			return 71;
		}
	}
	for (long i = 0; i < count; i++)
		report(count);
	printf("all %ld\n", now() - began);
	return 0;
}
