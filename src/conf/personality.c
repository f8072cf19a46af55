/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows the names of the programs that postrider stands in for. */
#include "conf/personality.h"

#include <string.h>

static const struct personality personalities[] = {
	{ .name = "sendmail", .mode = MODE_SEND, .sendmail = true },
	{ .name = "send-mail", .mode = MODE_SEND, .sendmail = true },
	{ .name = "mailq", .mode = MODE_QUEUE_LIST, .sendmail = true },
	{ .name = "newaliases", .mode = MODE_ALIASES, .sendmail = true },
	{ .name = "runq", .mode = MODE_QUEUE_RUN, .sendmail = true },
	{ .name = "hoststat", .mode = MODE_NOTHING, .sendmail = true },
	{ .name = "purgestat", .mode = MODE_NOTHING, .sendmail = true },
	{ .name = "msmtp", .mode = MODE_SEND, .dialect = DIALECT_MSMTP },
	{ .name = NULL, .mode = MODE_SEND, .commands = true },
};

const struct personality *
personality_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	const struct personality *one = personalities;

	while (one->name && !(name && strcmp(one->name, name) == 0))
		one++;
	return one;
}
