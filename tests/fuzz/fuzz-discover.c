/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What strangers publish about a domain: records of the DNS (the first octet says of which
 * kind), and XML. */
#include "conf/autoconfig.h"
#include "net/records.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool claim)
{
	if (!claim)
		abort();
}

static void
try_records(enum record_kind kind, struct span answer, struct arena *arena)
{
	struct records records = records_read(kind, answer, arena);

	check(records.count <= RECORDS_MAX);
	for (size_t i = 0; i < records.count; i++) {
		const struct dns_record *record = &records.items[i];

		check(kind == RECORD_TXT
			      ? strlen(record->text.at) <= record->text.len
			      : *record->host && !strpbrk(record->host, " \n"));
		check(!i || records.items[i - 1].priority <= record->priority);
	}
}

static void
try_xml(struct span xml, struct arena *arena)
{
	struct error err = { .arena = arena };
	struct autoconfig found;

	check(autoconfig_read(xml, "me@example.org", &found, &err) == (found.count > 0));
	check(found.count > 0 || err.fault == FAULT_PROTOCOL ||
	      err.fault == FAULT_NO_HOST);
	for (size_t i = 0; i < found.count; i++) {
		const struct autoconfig_server *server = &found.items[i];

		check(server->port > 0 && server->port <= UINT16_MAX);
		check(!has_control(span_of(server->user)) && *server->user);
		check(!strpbrk(server->host, " \n%"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct span text = { (const char *)data, size };

	if (size && data[0] <= RECORD_TXT)
		try_records(data[0], span_part(text, 1, size), &arena);
	else
		try_xml(text, &arena);
	arena_release(&arena);
	return 0;
}
