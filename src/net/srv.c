/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the DNS for SRV records. */
#include "net/srv.h"

#include "base/text.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

enum { SECONDS = 3, TRIES = 2, FIXED = 6, ANSWER_MAX = 8192 };

struct choice {
	unsigned priority, weight;
	struct srv_target target;
};

/* Names come from strangers and go into files: only what a host name has. */
static bool
is_host(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++) {
		char c = to_lower(*name);

		if (!is_digit(c) && (c < 'a' || c > 'z') && !strchr("-_.", c))
			return false;
	}
	return true;
}

/* An answer that is being read. */
struct reading {
	const unsigned char *start, *at, *end;
};

static unsigned
take_number(struct reading *reading)
{
	unsigned number = (unsigned)reading->at[0] << 8 | reading->at[1];

	reading->at += 2;
	return number;
}

/* Whether COUNT octets are left. */
static bool
has(const struct reading *reading, size_t count)
{
	return (size_t)(reading->end - reading->at) >= count;
}

static bool
skip_name(struct reading *reading)
{
	int length = dn_skipname(reading->at, reading->end);

	if (length < 0 || !has(reading, (size_t)length))
		return false;
	reading->at += length;
	return true;
}

/* The data of an SRV record. One that says "there is none" (a lone dot) is passed over. */
static void
consider(struct reading data, struct arena *arena, struct choice *best)
{
	struct choice choice = { 0 };
	char name[NS_MAXDNAME] = "";

	if (!has(&data, FIXED + 1))
		return;
	choice.priority = take_number(&data);
	choice.weight = take_number(&data);
	choice.target.port = take_number(&data);
	if (dn_expand(data.start, data.end, data.at, name, sizeof(name)) < 0 ||
	    !is_host(name) || !choice.target.port)
		return;
	if (best->target.host &&
	    (choice.priority > best->priority ||
	     (choice.priority == best->priority && choice.weight <= best->weight)))
		return;
	choice.target.host = arena_string(arena, name);
	*best = choice;
}

/* False when the answer ends too early. */
static bool
read_record(struct reading *reading, struct arena *arena, struct choice *best)
{
	enum { TYPE_TO_LENGTH = 10, CLASS_AND_TTL = 6 };
	struct reading data;
	unsigned type, length;

	if (!skip_name(reading) || !has(reading, TYPE_TO_LENGTH))
		return false;
	type = take_number(reading);
	reading->at += CLASS_AND_TTL;
	length = take_number(reading);
	if (!has(reading, length))
		return false;
	data = *reading;
	reading->at += length;
	if (type == ns_t_srv && length > FIXED)
		consider(data, arena, best);
	return true;
}

static void
read_answer(struct reading *reading, struct arena *arena, struct choice *best)
{
	unsigned questions, answers;

	if (!has(reading, NS_HFIXEDSZ))
		return;
	reading->at += 4;
	questions = take_number(reading);
	answers = take_number(reading);
	reading->at += 4;
	for (; questions; questions--, reading->at += NS_QFIXEDSZ)
		if (!skip_name(reading) || !has(reading, NS_QFIXEDSZ))
			return;
	while (answers-- && read_record(reading, arena, best))
		;
}

static bool
nothing(const char *name, int reason, struct error *err)
{
	if (reason == TRY_AGAIN)
		return fail(err, FAULT_TEMPORARY, _("No name server answers for %s"),
			    name);
	return fail(err, FAULT_NO_HOST, _("The DNS has no SRV record for %s"), name);
}

bool
srv_find(const char *service, const char *domain, struct srv_target *target,
	 struct error *err)
{
	const char *name = arena_printf(err->arena, "%s.%s", service, domain);
	unsigned char *answer = arena_take(err->arena, ANSWER_MAX);
	struct __res_state state = { 0 };
	struct choice best = { 0 };
	struct reading reading = { answer, answer, answer };
	int length, reason;

	if (res_ninit(&state) != 0)
		return fail(err, FAULT_SYSTEM, _("The resolver cannot be started"));
	state.retrans = SECONDS;
	state.retry = TRIES;
	length = res_nquery(&state, name, ns_c_in, ns_t_srv, answer, ANSWER_MAX);
	reason = state.res_h_errno;
	res_nclose(&state);
	if (length < 0)
		return nothing(name, reason, err);
	reading.end += length < ANSWER_MAX ? length : ANSWER_MAX;
	read_answer(&reading, err->arena, &best);
	*target = best.target;
	return target->host || nothing(name, NO_DATA, err);
}
