/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files from arbitrary octets, up to accounts that are ready for use.
 * Commands and other files are refused: nothing but the octets is touched. */
#include "conf/grammar.h"
#include "conf/settings.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool claim)
{
	if (!claim)
		abort();
}

/* What a session and a log will rely on. */
static void
use(struct arena *arena, struct account *account)
{
	struct error err = { .arena = arena };

	check(account->name && *account->name);
	for (size_t row = 0; row < settings_count; row++)
		check(is_utf8(span_of(account_show(arena, account, row))));
	/* %C would ask the network. */
	if ((account->domain &&
	     span_find(span_of(account->domain), '%') < span_of(account->domain).len) ||
	    (account->from &&
	     span_find(span_of(account->from), '%') < span_of(account->from).len))
		return;
	if (!account_finish(arena, account, &err)) {
		check(err.fault != FAULT_NONE && err.fault != FAULT_BUG && err.what);
		return;
	}
	check(account->domain && is_ascii(span_of(account->domain)) && *account->domain);
	check(!has_control(span_of(account->domain)));
	check(account->endpoint.host || account->endpoint.socket);
	check(!account->tls.key_file == !account->tls.cert_file);
}

/* How many accounts there are; SIZE_MAX: it is wrong. */
static size_t
try(struct span text, enum dialect dialect, bool lenient)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct grammar grammar = {
		.arena = &arena, .dialect = dialect, .inert = true, .lenient = lenient
	};
	struct account *accounts;
	size_t count = SIZE_MAX;

	check(grammar_begin(&grammar, &err));
	if (grammar_text(&grammar, "f", text, &err)) {
		count = grammar.drafts.count;
		accounts = arena_array(&arena, struct account, count + 1);
		check(drafts_end(&grammar.drafts, accounts, &err));
		for (size_t i = 0; i < count; i++) {
			use(&arena, &accounts[i]);
			account_release(&accounts[i]);
		}
	} else {
		check(err.fault == FAULT_CONFIG && err.what &&
		      !has_control(span_of(err.what)));
	}
	drafts_release(&grammar.drafts);
	arena_release(&arena);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text;
	enum dialect dialect;
	size_t count, found;

	if (!size)
		return 0;
	text = (struct span){ (const char *)data + 1, size - 1 };
	dialect = data[0] & 1 ? DIALECT_MSMTP : DIALECT_POSTRIDER;
	count = try(text, dialect, false);
	found = try(text, dialect, true);
	check(count == SIZE_MAX || found == count);
	return 0;
}
