/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into the program under test: fails one allocation, shortens one write, lets
 * the disk be full from one write on, or sets the clock.
 *
 * SHIM names a file of struct plan, shared by the test and all processes of the program. Only
 * what happens after main() has begun is counted. SHIM_AHEAD sets the clock without a plan.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct plan {
	int fail;  /* this allocation fails; 0: none; -N: this and all that follow */
	int cut;   /* this write is short; 0: none */
	int whole; /* it takes this many 256ths, but at least one octet; -1: it takes
		    * half, and then the disk is full */
	_Atomic int allocations, writes, fired;
	int ahead;	/* the clock is so many seconds ahead */
	char crash[64]; /* the file whose code crashed */
};

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static struct plan *plan;
static int (*real_main)(int, char **, char **);

static int
refused(void)
{
	int count;

	if (!plan)
		return 0;
	count = atomic_fetch_add(&plan->allocations, 1) + 1;
	if (count != plan->fail && (plan->fail >= 0 || count < -plan->fail))
		return 0;
	atomic_fetch_add(&plan->fired, 1);
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return refused() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return refused() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return refused() ? NULL : __libc_realloc(old, size);
}

/* How much of SIZE octets is taken; 0: none, with errno set. */
static size_t
taken(size_t size, int to_disk)
{
	int count;
	size_t less;

	if (!plan || size < 2 || (plan->whole < 0 && !to_disk))
		return size;
	count = atomic_fetch_add(&plan->writes, 1) + 1;
	if (plan->cut && plan->whole < 0 && count > plan->cut) {
		errno = ENOSPC;
		return 0;
	}
	if (count != plan->cut)
		return size;
	atomic_fetch_add(&plan->fired, 1);
	less = plan->whole < 0 ? size / 2 : size * (size_t)plan->whole / 256;
	return less ? less : 1;
}

static int
is_file(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

ssize_t
write(int fd, const void *data, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);
	size_t part = taken(size, is_file(fd));

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	return size && !part ? -1 : next(fd, data, part);
}

ssize_t
pwrite(int fd, const void *data, size_t size, off_t at)
{
	static ssize_t (*next)(int, const void *, size_t, off_t);
	size_t part = taken(size, is_file(fd));

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pwrite");
	return size && !part ? -1 : next(fd, data, part, at);
}

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	static ssize_t (*next)(int, const void *, size_t, int);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "send");
	return next(fd, data, taken(size, 0), flags);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*next)(clockid_t, struct timespec *);
	int result;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
	result = next(clock, now);
	if (plan && clock == CLOCK_REALTIME && result == 0)
		now->tv_sec += plan->ahead;
	return result;
}

time_t
time(time_t *where)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	if (where)
		*where = now.tv_sec;
	return now.tv_sec;
}

/*
 * Of the libraries that cannot do without memory: the C library's search for users and hosts,
 * and GMP, which ends in the abort() of whoever gives it memory.
 */
static const char *
known_for_it(void)
{
	void *frames[32];
	int count = backtrace(frames, 32);
	Dl_info where = { 0 };

	for (int i = 0; i < count; i++) {
		if (!dladdr(frames[i], &where))
			continue;
		if (where.dli_sname && strncmp(where.dli_sname, "__nss_", 6) == 0)
			return "libnss";
		if (where.dli_fname && strstr(where.dli_fname, "/libgmp."))
			return where.dli_fname;
	}
	return NULL;
}

static void *
place_of(const ucontext_t *state)
{
#if defined(__x86_64__)
	return (void *)state->uc_mcontext.gregs[REG_RIP];
#elif defined(__i386__)
	return (void *)state->uc_mcontext.gregs[REG_EIP];
#elif defined(__aarch64__)
	return (void *)state->uc_mcontext.pc;
#else
	(void)state;
	return NULL;
#endif
}

static void
note_crash(int number, siginfo_t *info, void *context)
{
	Dl_info where = { 0 };
	const char *name;

	(void)info;
	plan->fail = 0;
	name = known_for_it();
	if (!name && dladdr(place_of(context), &where))
		name = where.dli_fname;
	if (name)
		strncpy(plan->crash, name, sizeof(plan->crash) - 1);
	signal(number, SIG_DFL);
	raise(number);
}

static int
counted_main(int argc, char **argv, char **environment)
{
	static struct plan of_the_clock;
	const char *name = getenv("SHIM"), *ahead = getenv("SHIM_AHEAD");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *at = MAP_FAILED;

	if (ahead) {
		of_the_clock.ahead = atoi(ahead);
		plan = &of_the_clock;
	}
	if (fd >= 0) {
		at = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (at != MAP_FAILED) {
		struct sigaction action = { .sa_sigaction = note_crash,
					    .sa_flags = SA_SIGINFO };

		plan = at;
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGABRT, &action, NULL);
	}
	return real_main(argc, argv, environment);
}

int
__libc_start_main(int (*start)(int, char **, char **), int argc, char **argv,
		  void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
		  void *stack_end)
{
	int (*next)(int (*)(int, char **, char **), int, char **, void (*)(void),
		    void (*)(void), void (*)(void), void *);

	*(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = start;
	return next(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
