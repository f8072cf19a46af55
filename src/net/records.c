/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the DNS, and reads what it answers. */
#include "net/records.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

enum { SECONDS = 3, TRIES = 2, ANSWER_MAX = 65535 };

static const struct {
	const char *word;
	int type;	/* ns_type */
	unsigned fixed; /* octets before the name */
} kinds[] = {
	[RECORD_SRV] = { "SRV", ns_t_srv, 6 },
	[RECORD_MX] = { "MX", ns_t_mx, 2 },
	[RECORD_TXT] = { "TXT", ns_t_txt, 0 },
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

static bool
take_host(struct reading *data, struct arena *arena, struct dns_record *record)
{
	char name[NS_MAXDNAME] = "";

	if (dn_expand(data->start, data->end, data->at, name, sizeof(name)) < 0 ||
	    !is_host(name))
		return false;
	record->host = arena_string(arena, name);
	return true;
}

/* The strings of a TXT record, each behind its length. */
static bool
take_text(struct reading *data, size_t length, struct arena *arena,
	  struct dns_record *record)
{
	char *text = arena_take(arena, length + 1);
	size_t len = 0;

	while (length) {
		size_t part = *data->at++;

		if (part >= length)
			return false;
		memcpy(text + len, data->at, part);
		data->at += part;
		len += part;
		length -= part + 1;
	}
	record->text = (struct span){ text, len };
	return true;
}

/* False for a record that is broken, or says that there is none. */
static bool
take_data(enum record_kind kind, struct reading data, size_t length, struct arena *arena,
	  struct dns_record *record)
{
	*record = (struct dns_record){ 0 };
	if (length <= kinds[kind].fixed)
		return false;
	switch (kind) {
	case RECORD_SRV:
		record->priority = take_number(&data);
		record->weight = take_number(&data);
		record->port = take_number(&data);
		return record->port && take_host(&data, arena, record);
	case RECORD_MX:
		record->priority = take_number(&data);
		return take_host(&data, arena, record);
	case RECORD_TXT:
		return take_text(&data, length, arena, record);
	}
	return false;
}

/* Puts it behind those that are as good. */
static void
insert(struct records *records, const struct dns_record *record)
{
	size_t at = records->count++;

	for (; at; at--) {
		const struct dns_record *before = &records->items[at - 1];

		if (before->priority < record->priority ||
		    (before->priority == record->priority &&
		     before->weight >= record->weight))
			break;
		records->items[at] = *before;
	}
	records->items[at] = *record;
}

/* False when the answer ends too early. */
static bool
read_record(struct reading *reading, enum record_kind kind, struct arena *arena,
	    struct records *records)
{
	enum { TYPE_TO_LENGTH = 10, CLASS_AND_TTL = 6 };
	struct dns_record record;
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
	if ((int)type == kinds[kind].type &&
	    take_data(kind, data, length, arena, &record))
		insert(records, &record);
	return true;
}

struct records
records_read(enum record_kind kind, struct span answer, struct arena *arena)
{
	const unsigned char *start = (const unsigned char *)answer.at;
	struct reading reading = { start, start, start + answer.len };
	struct records records = { arena_array(arena, struct dns_record, RECORDS_MAX),
				   0 };
	unsigned questions, answers;

	if (!has(&reading, NS_HFIXEDSZ))
		return records;
	reading.at += 4;
	questions = take_number(&reading);
	answers = take_number(&reading);
	reading.at += 4;
	for (; questions; questions--, reading.at += NS_QFIXEDSZ)
		if (!skip_name(&reading) || !has(&reading, NS_QFIXEDSZ))
			return records;
	while (answers-- && records.count < RECORDS_MAX &&
	       read_record(&reading, kind, arena, &records))
		;
	return records;
}

static bool
nothing(enum record_kind kind, const char *name, int reason, struct error *err)
{
	if (reason == TRY_AGAIN)
		return fail(err, FAULT_TEMPORARY, _("No name server answers for %s"),
			    name);
	return fail(err, FAULT_NO_HOST, _("The DNS has no %s record for %s"),
		    kinds[kind].word, name);
}

bool
records_find(enum record_kind kind, const char *name, struct records *records,
	     struct error *err)
{
	unsigned char *answer = arena_take(err->arena, ANSWER_MAX);
	struct __res_state state = { 0 };
	struct span heard = { (const char *)answer, 0 };
	int length, reason;

	*records = (struct records){ 0 };
	if (res_ninit(&state) != 0)
		return fail(err, FAULT_SYSTEM, _("The resolver cannot be started"));
	state.retrans = SECONDS;
	state.retry = TRIES;
	length = res_nquery(&state, name, ns_c_in, kinds[kind].type, answer, ANSWER_MAX);
	reason = state.res_h_errno;
	res_nclose(&state);
	if (length < 0)
		return nothing(kind, name, reason, err);
	heard.len = (size_t)(length < ANSWER_MAX ? length : ANSWER_MAX);
	*records = records_read(kind, heard, err->arena);
	return records->count || nothing(kind, name, NO_DATA, err);
}
