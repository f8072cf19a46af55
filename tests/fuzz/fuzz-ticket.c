/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a TLS session, from arbitrary octets: as they are, and behind a digest that is
 * right. */
#include "net/ticket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000 };

static void
check(bool claim)
{
	if (!claim)
		abort();
}

/* What is read is good now, and is read again when it was written. */
static void
check_file(struct span file, const char *whole)
{
	struct ticket ticket = { 0 }, again = { 0 };
	struct buf out = { 0 };

	if (ticket_read(file, whole, NOW, &ticket)) {
		check(ticket.until > NOW && ticket.until <= NOW + TICKET_LIFE);
		check(ticket.session.len < file.len);
		ticket_write(&ticket, whole, NOW, &out);
		check(ticket_read(buf_span(&out), whole, NOW, &again));
		check(again.until == ticket.until);
		check(span_equal(buf_span(&again.session), buf_span(&ticket.session)));
		check(!ticket_read(buf_span(&out), "other", NOW, &again));
		check(!ticket_read(buf_span(&out), whole, ticket.until, &again));
		check(!ticket_read(buf_span(&out), whole, NOW - 1, &again));
	} else {
		check(!ticket.session.len);
	}
	ticket_wipe(&ticket);
	ticket_wipe(&again);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body = { (const char *)data, size };
	char digest[DIGEST_HEX + 1], whole[DIGEST_HEX + 1];
	struct buf file = { 0 };

	digest_hex(SPAN(""), whole);
	check_file(body, whole);
	/* A body of which a mutation does not break the first lines. */
	buf_printf(&file, "%s\n", whole);
	buf_add_span(&file, body);
	for (int i = 0; i < 2; i++) {
		struct buf all = { 0 };

		digest_hex(buf_span(&file), digest);
		buf_printf(&all, "postrider session 1\n%s\n", digest);
		buf_add_span(&all, buf_span(&file));
		check_file(buf_span(&all), whole);
		buf_release(&all);
		file.len = 0;
		buf_printf(&file, "%s\n%d %d\n", whole, NOW - 9, NOW + 9);
		buf_add_span(&file, body);
	}
	buf_release(&file);
	return 0;
}
