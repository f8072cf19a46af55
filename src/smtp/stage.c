/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows the stages of a conversation. */
#include "smtp/stage.h"

#include "base/error.h"

/* The master copy of what is special about each stage. */
/* clang-format off */
static const struct {
	const char *name;
	unsigned seconds;
	bool ends_group;
} stages[STAGE_COUNT] = {
	[STAGE_CONNECT]  = { N_("the connection"),     30, true },
	[STAGE_TLS]      = { N_("the TLS handshake"),  60, true },
	[STAGE_GREETING] = { N_("the greeting"),      300, true },
	[STAGE_EHLO]     = { "EHLO",                  300, true },
	[STAGE_STARTTLS] = { "STARTTLS",              120, true },
	[STAGE_AUTH]     = { "AUTH",                  120, true },
	[STAGE_MAIL]     = { "MAIL FROM",             300, false },
	[STAGE_RCPT]     = { "RCPT TO",               300, false },
	[STAGE_DATA]     = { "DATA",                  120, true },
	[STAGE_CONTENT]  = { N_("the message"),       600, false },
	[STAGE_RSET]     = { "RSET",                  120, false },
	[STAGE_VRFY]     = { "VRFY",                  120, true },
	[STAGE_ETRN]     = { "ETRN",                  120, false },
	[STAGE_QUIT]     = { "QUIT",                    5, true },
};
/* clang-format on */

const char *
stage_name(enum stage stage)
{
	return _(stages[stage].name);
}

unsigned
stage_seconds(enum stage stage)
{
	return stages[stage].seconds;
}

bool
stage_ends_group(enum stage stage)
{
	return stages[stage].ends_group;
}
