/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject CALL N HOW ALL REPORT PROGRAM [ARGUMENT...]
 *
 * Runs PROGRAM, and lets its N-th system call of the number CALL not happen: for HOW 0 the
 * process is killed instead, else the call fails with that errno. With ALL 1 the same is done to
 * each process that PROGRAM starts, each with a count of its own. REPORT gets an octet for each
 * time: "!", or "m" where it was to be said to the user.
 *
 * The kernel stops the program at that system call only, so that this costs next to nothing.
 * Like the program's own parent the caller sees it end; what traces it is a child of the program,
 * with whose end all traced processes end, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 64 /* processes */

struct plan {
	unsigned call;
	int when, how, all, report;
};

struct traced {
	pid_t pid;
	int count;
};

static struct traced *
known(pid_t pid)
{
	static struct traced table[MOST];
	int i = 0;

	while (i < MOST - 1 && table[i].pid && table[i].pid != pid)
		i++;
	table[i].pid = pid;
	return &table[i];
}

static void
at_the_call(const struct plan *plan, pid_t pid)
{
	struct user_regs_struct registers;
	int mute;

	if (++known(pid)->count != plan->when ||
	    ptrace(PTRACE_GETREGS, pid, 0, &registers) != 0)
		return;
	mute = plan->call == SYS_write && (registers.rdi == 1 || registers.rdi == 2);
	if (write(plan->report, mute ? "m" : "!", 1) != 1)
		_exit(1);
	if (!plan->how) {
		kill(pid, SIGKILL);
		return;
	}
	registers.orig_rax = (unsigned long long)-1;
	registers.rax = (unsigned long long)-plan->how;
	ptrace(PTRACE_SETREGS, pid, 0, &registers);
}

static void
trace(const struct plan *plan, pid_t first)
{
	int status, event;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (!WIFSTOPPED(status))
			continue;
		event = status >> 16;
		if (event == PTRACE_EVENT_SECCOMP && (plan->all || pid == first))
			at_the_call(plan, pid);
		ptrace(PTRACE_CONT, pid, 0, event ? 0 : WSTOPSIG(status));
	}
}

static void
stop_at(unsigned call)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("inject");
		_exit(126);
	}
}

/* In a grandchild, so that the program has no child that it does not know. */
static void
start_tracing(const struct plan *plan)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE;
	pid_t program = getpid(), child;
	int ready[2];
	char octet;

	if (pipe2(ready, O_CLOEXEC) != 0 || (child = fork()) < 0)
		_exit(126);
	if (!child) {
		if (fork() != 0)
			_exit(0);
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		if (ptrace(PTRACE_SEIZE, program, 0, options) != 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		close(ready[1]);
		trace(plan, program);
		_exit(0);
	}
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	close(ready[1]);
	waitpid(child, NULL, 0);
	if (read(ready[0], &octet, 1) != 1)
		_exit(126);
	close(ready[0]);
}

int
main(int argc, char **argv)
{
	struct plan plan;

	if (argc < 7)
		return 64;
	plan.call = (unsigned)atoi(argv[1]);
	plan.when = atoi(argv[2]);
	plan.how = atoi(argv[3]);
	plan.all = atoi(argv[4]);
	plan.report = open(argv[5], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (plan.report < 0)
		return 126;
	start_tracing(&plan);
	close(plan.report);
	stop_at(plan.call);
	execv(argv[6], argv + 6);
	return 127;
}
