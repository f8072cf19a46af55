/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a failure into a class, a sentence and an exit status. */
#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

/* clang-format off */
static const struct {
	int status;
	const char *name;
	bool temporary;
	const char *word;
} faults[FAULT_COUNT] = {
	[FAULT_NONE]          = { EX_OK,          "EX_OK",          false, "ok" },
	[FAULT_USAGE]         = { EX_USAGE,       "EX_USAGE",       false, "usage" },
	[FAULT_DATA]          = { EX_DATAERR,     "EX_DATAERR",     false, "data" },
	[FAULT_NO_INPUT]      = { EX_NOINPUT,     "EX_NOINPUT",     false, "no-input" },
	[FAULT_NO_USER]       = { EX_NOUSER,      "EX_NOUSER",      false, "no-user" },
	[FAULT_NO_HOST]       = { EX_NOHOST,      "EX_NOHOST",      false, "no-host" },
	[FAULT_REFUSED]       = { EX_UNAVAILABLE, "EX_UNAVAILABLE", false, "refused" },
	[FAULT_UNSUPPORTED]   = { EX_UNAVAILABLE, "EX_UNAVAILABLE", false, "unsupported" },
	[FAULT_BUG]           = { EX_SOFTWARE,    "EX_SOFTWARE",    false, "internal" },
	[FAULT_SYSTEM]        = { EX_OSERR,       "EX_OSERR",       true,  "system" },
	[FAULT_CANNOT_CREATE] = { EX_CANTCREAT,   "EX_CANTCREAT",   false, "cannot-create" },
	[FAULT_IO]            = { EX_IOERR,       "EX_IOERR",       true,  "io" },
	[FAULT_TEMPORARY]     = { EX_TEMPFAIL,    "EX_TEMPFAIL",    true,  "refused-for-now" },
	[FAULT_CONNECT]       = { EX_TEMPFAIL,    "EX_TEMPFAIL",    true,  "connect" },
	[FAULT_TIMEOUT]       = { EX_TEMPFAIL,    "EX_TEMPFAIL",    true,  "timeout" },
	[FAULT_LOST]          = { EX_TEMPFAIL,    "EX_TEMPFAIL",    true,  "lost" },
	[FAULT_UNCERTAIN]     = { EX_TEMPFAIL,    "EX_TEMPFAIL",    true,  "in-doubt" },
	[FAULT_PROTOCOL]      = { EX_PROTOCOL,    "EX_PROTOCOL",    false, "protocol" },
	[FAULT_LOGIN]         = { EX_NOPERM,      "EX_NOPERM",      false, "login" },
	[FAULT_TRUST]         = { EX_NOPERM,      "EX_NOPERM",      false, "trust" },
	[FAULT_CONFIG]        = { EX_CONFIG,      "EX_CONFIG",      false, "config" },
};
/* clang-format on */

bool
fail(struct error *err, enum fault fault, const char *format, ...)
{
	va_list arguments;

	if (err->fault != FAULT_NONE)
		return false;
	err->fault = fault;
	va_start(arguments, format);
	err->what = arena_vprintf(err->arena, format, arguments);
	va_end(arguments);
	return false;
}

bool
fail_errno(struct error *err, enum fault fault, const char *format, ...)
{
	const char *reason = english_reason(errno);
	va_list arguments;

	if (err->fault != FAULT_NONE)
		return false;
	err->fault = fault;
	va_start(arguments, format);
	err->what = arena_printf(err->arena, "%s: %s",
				 arena_vprintf(err->arena, format, arguments), reason);
	va_end(arguments);
	return false;
}

bool
fail_hint(struct error *err, const char *hint)
{
	if (!err->hint)
		err->hint = hint;
	return false;
}

void
error_clear(struct error *err)
{
	*err = (struct error){ .arena = err->arena };
}

int
fault_status(enum fault fault)
{
	return faults[fault].status;
}

const char *
fault_status_name(enum fault fault)
{
	return faults[fault].name;
}

bool
fault_is_temporary(enum fault fault)
{
	return faults[fault].temporary;
}

const char *
fault_word(enum fault fault)
{
	return faults[fault].word;
}
