/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks names up in a thread of its own, so that a dead resolver cannot hold up the
 * program. */
#include "net/dns.h"

#include "base/clock.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TARGETS_MAX = 64,
	USUAL_US = 500 * 1000, /* until something may be wrong with one family */
	TICK_US = 20 * 1000    /* between two looks at three answers */
};

/* What asker and thread share. The last of the two to let go frees it, so that a
 * thread that was left behind never touches memory that is gone. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t finished;
	unsigned holders;
	bool done;
	int result;	 /* of getaddrinfo */
	int saved_errno; /* for EAI_SYSTEM */
	struct addrinfo hints;
	struct addrinfo *found;
	char host[];
};

/* ---- literals ---- */

static uint32_t
zone_number(const char *zone)
{
	struct span text = span_of(zone);
	uint64_t number;

	if (span_number(text, &number))
		return number <= UINT32_MAX ? (uint32_t)number : 0;
	return if_nametoindex(zone);
}

static bool
ipv6_literal(const char *text, struct sockaddr_in6 *at)
{
	const char *zone = strchr(text, '%');
	size_t len = zone ? (size_t)(zone - text) : strlen(text);
	char digits[INET6_ADDRSTRLEN];

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	at->sin6_family = AF_INET6;
	if (zone) {
		at->sin6_scope_id = zone_number(zone + 1);
		if (!at->sin6_scope_id)
			return false;
	}
	return inet_pton(AF_INET6, digits, &at->sin6_addr) == 1;
}

bool
dns_literal(const char *text, struct target *target)
{
	struct sockaddr_in6 six = { 0 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	*target = (struct target){ 0 };
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
		memcpy(&target->at, &four, sizeof(four));
		target->length = sizeof(four);
		return true;
	}
	if (ipv6_literal(text, &six)) {
		memcpy(&target->at, &six, sizeof(six));
		target->length = sizeof(six);
		return true;
	}
	return false;
}

void
dns_show(const struct target *target, char *text)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (target->at.ss_family == AF_INET) {
		memcpy(&four, &target->at, sizeof(four));
		inet_ntop(AF_INET, &four.sin_addr, text, INET6_ADDRSTRLEN);
	} else {
		memcpy(&six, &target->at, sizeof(six));
		inet_ntop(AF_INET6, &six.sin6_addr, text, INET6_ADDRSTRLEN);
	}
}

static int
family_number(enum ip_family family)
{
	switch (family) {
	case IP_ANY:
		return AF_UNSPEC;
	case IP_4:
		return AF_INET;
	case IP_6:
		return AF_INET6;
	}
	return AF_UNSPEC;
}

static bool
take_literal(const char *host, enum ip_family family, struct targets *targets,
	     struct error *err)
{
	int wanted = family_number(family);

	if (wanted != AF_UNSPEC && wanted != targets->items[0].at.ss_family)
		return fail(
			err, FAULT_CONFIG,
			wanted == AF_INET
				? _("Cannot connect to %s, since only IPv4 is allowed")
				: _("Cannot connect to %s, since only IPv6 is allowed"),
			host);
	targets->count = 1;
	return true;
}

/* ---- the thread ---- */

static void
let_go(struct lookup *lookup)
{
	bool last;

	pthread_mutex_lock(&lookup->lock);
	last = --lookup->holders == 0;
	pthread_mutex_unlock(&lookup->lock);
	if (!last)
		return;
	if (lookup->found)
		freeaddrinfo(lookup->found);
	pthread_cond_destroy(&lookup->finished);
	pthread_mutex_destroy(&lookup->lock);
	free(lookup);
}

/* To the C library a name of /etc/hosts that has only addresses of the other family is
 * none. */
static bool
has_other_addresses(const struct lookup *lookup)
{
	struct addrinfo hints = lookup->hints, *found = NULL;

	if (hints.ai_family == AF_UNSPEC)
		return false;
	hints.ai_family = AF_UNSPEC;
	if (getaddrinfo(lookup->host, NULL, &hints, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

static void *
look_up(void *argument)
{
	struct lookup *lookup = argument;
	struct addrinfo *found = NULL;
	int result = getaddrinfo(lookup->host, NULL, &lookup->hints, &found);
	int saved = errno;

	if (result == EAI_NONAME && has_other_addresses(lookup))
		result = EAI_NODATA;

	pthread_mutex_lock(&lookup->lock);
	lookup->result = result;
	lookup->saved_errno = saved;
	lookup->found = result == 0 ? found : NULL;
	lookup->done = true;
	pthread_cond_signal(&lookup->finished);
	pthread_mutex_unlock(&lookup->lock);
	let_go(lookup);
	return NULL;
}

static struct lookup *
make_lookup(const char *host, enum ip_family family)
{
	size_t size = strlen(host) + 1;
	struct lookup *lookup = calloc(1, sizeof(*lookup) + size);
	pthread_condattr_t attributes;

	if (!lookup)
		out_of_memory();
	memcpy(lookup->host, host, size);
	lookup->hints.ai_family = family_number(family);
	lookup->hints.ai_socktype = SOCK_STREAM;
	lookup->holders = 1;
	pthread_mutex_init(&lookup->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&lookup->finished, &attributes);
	pthread_condattr_destroy(&attributes);
	return lookup;
}

/* The thread takes no signals: handlers belong to the program's own thread. */
static int
start_thread(struct lookup *lookup)
{
	sigset_t all, before;
	pthread_t thread;
	int problem;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	lookup->holders++;
	problem = pthread_create(&thread, NULL, look_up, lookup);
	if (problem)
		lookup->holders--;
	else
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return problem;
}

/* True when the answer has come by then. */
static bool
await(struct lookup *lookup, int64_t deadline)
{
	struct timespec until = { .tv_sec = (time_t)(deadline / 1000000),
				  .tv_nsec = (long)(deadline % 1000000) * 1000 };
	bool done;

	pthread_mutex_lock(&lookup->lock);
	while (!lookup->done) {
		if (deadline == DEADLINE_NEVER)
			pthread_cond_wait(&lookup->finished, &lookup->lock);
		else if (pthread_cond_timedwait(&lookup->finished, &lookup->lock, &until))
			break;
	}
	done = lookup->done;
	pthread_mutex_unlock(&lookup->lock);
	return done;
}

/* ---- the answer ---- */

static bool
cannot_resolve(const struct lookup *lookup, struct error *err)
{
	switch (lookup->result) {
	case EAI_NONAME:
		return fail(err, FAULT_NO_HOST, _("The server name %s does not exist"),
			    lookup->host);
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		if (lookup->hints.ai_family == AF_INET)
			return fail(err, FAULT_NO_HOST,
				    _("The server name %s has no IPv4 address"),
				    lookup->host);
		if (lookup->hints.ai_family == AF_INET6)
			return fail(err, FAULT_NO_HOST,
				    _("The server name %s has no IPv6 address"),
				    lookup->host);
		return fail(err, FAULT_NO_HOST, _("The server name %s has no address"),
			    lookup->host);
	case EAI_SYSTEM:
		errno = lookup->saved_errno;
		return fail_errno(err, FAULT_SYSTEM,
				  _("Cannot look up the server name %s"), lookup->host);
	case EAI_MEMORY:
		return fail(err, FAULT_SYSTEM, _("Cannot look up the server name %s: %s"),
			    lookup->host, gai_strerror(lookup->result));
	default:
		return fail(err, FAULT_TEMPORARY,
			    _("Cannot look up the server name %s now: %s"), lookup->host,
			    gai_strerror(lookup->result));
	}
}

static bool
is_known(const struct targets *targets, const struct addrinfo *entry)
{
	for (size_t i = 0; i < targets->count; i++)
		if (targets->items[i].length == entry->ai_addrlen &&
		    memcmp(&targets->items[i].at, entry->ai_addr, entry->ai_addrlen) == 0)
			return true;
	return false;
}

/* Steps ENTRY to the next address that is (or is not) of the FAMILY. */
static const struct addrinfo *
next_of(const struct addrinfo *entry, int family, bool same)
{
	while (entry && (entry->ai_family == family) != same)
		entry = entry->ai_next;
	return entry;
}

/* One of the family that the system prefers, one of the other, and so on. */
static void
interleave(const struct addrinfo *found, struct targets *targets)
{
	int first = found->ai_family;
	const struct addrinfo *rest[2] = { found, next_of(found, first, false) };

	for (bool other = false; (rest[0] || rest[1]) && targets->count < TARGETS_MAX;
	     other = !other) {
		const struct addrinfo *entry = rest[other];
		struct target *target = &targets->items[targets->count];

		if (!entry)
			continue;
		rest[other] = next_of(entry->ai_next, first, !other);
		if (entry->ai_addrlen > sizeof(target->at) || is_known(targets, entry))
			continue;
		memcpy(&target->at, entry->ai_addr, entry->ai_addrlen);
		target->length = entry->ai_addrlen;
		targets->count++;
	}
}

static bool
take_answer(struct lookup *lookup, struct targets *targets, struct error *err)
{
	if (!await(lookup, 0))
		return fail(err, FAULT_TIMEOUT,
			    _("The name server did not answer in time for %s"),
			    lookup->host);
	if (lookup->result || !lookup->found)
		return cannot_resolve(lookup, err);
	interleave(lookup->found, targets);
	return true;
}

/* The lookup of each family alone, when that has addresses; or BOTH. */
static struct lookup *
ask_for_each(struct lookup *both, int64_t deadline)
{
	struct lookup *each[] = { make_lookup(both->host, IP_4),
				  make_lookup(both->host, IP_6) };
	struct lookup *found = NULL;
	bool started = start_thread(each[0]) == 0 && start_thread(each[1]) == 0;

	while (started && !found && deadline_left(deadline) != 0 &&
	       !await(both, now_us() + TICK_US))
		for (size_t i = 0; i < 2 && !found; i++)
			if (await(each[i], 0) && each[i]->found)
				found = each[i];
	for (size_t i = 0; i < 2; i++)
		if (each[i] != found)
			let_go(each[i]);
	return found ? found : both;
}

/* RFC 8305 3: the addresses of one family are not waited for when those of the other are
 * there. The C library waits for both, and some name servers never answer for one. */
static struct lookup *
await_any(struct lookup *both, int64_t deadline)
{
	int64_t usual = now_us() + USUAL_US;

	return await(both, usual < deadline ? usual : deadline)
		       ? both
		       : ask_for_each(both, deadline);
}

bool
dns_resolve(const char *host, enum ip_family family, int64_t deadline,
	    struct targets *targets, struct error *err)
{
	struct lookup *lookup, *answer;
	bool good;

	*targets = (struct targets){ arena_array(err->arena, struct target, TARGETS_MAX),
				     0 };
	if (dns_literal(host, &targets->items[0]))
		return take_literal(host, family, targets, err);
	lookup = make_lookup(host, family);
	errno = start_thread(lookup);
	if (errno) {
		fail_errno(err, FAULT_SYSTEM, _("Cannot start a thread to look up %s"),
			   host);
		let_go(lookup);
		return false;
	}
	answer = family == IP_ANY ? await_any(lookup, deadline) : lookup;
	if (answer == lookup)
		await(lookup, deadline);
	good = take_answer(answer, targets, err);
	if (answer != lookup)
		let_go(answer);
	let_go(lookup);
	return good;
}
