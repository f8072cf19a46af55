/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the table-driven unit tests share: a failing case says what it got and what it
 * wanted, and never stops the others. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* A macro that our own fail() must not meet. */
#undef fail

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned unit_failures, unit_cases;

/* One case of a table. */
static inline void
unit_same(const char *name, const char *got, const char *want)
{
	unit_cases++;
	if (got && want && strcmp(got, want) == 0)
		return;
	if (!got && !want)
		return;
	unit_failures++;
	fprintf(stderr, "%s: got \"%s\", want \"%s\"\n", name, got ? got : "(null)",
		want ? want : "(null)");
}

static inline void
unit_number(const char *name, long long got, long long want)
{
	char got_text[32], want_text[32];

	snprintf(got_text, sizeof(got_text), "%lld", got);
	snprintf(want_text, sizeof(want_text), "%lld", want);
	unit_same(name, got_text, want_text);
}

/* At the end of each test function. */
static inline void
unit_done(void)
{
	unsigned failures = unit_failures;

	print_message("%u cases, %u failures\n", unit_cases, failures);
	unit_cases = unit_failures = 0;
	assert_int_equal(failures, 0);
}

#endif
