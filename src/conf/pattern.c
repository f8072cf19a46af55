/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts names of host and user in the place of %-patterns. */
#include "conf/pattern.h"

#include "base/file.h"
#include "base/text.h"

#include <fcntl.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char mailname_file[] = "/etc/mailname";

static bool
mail_name(struct arena *arena, const char **name, struct error *err)
{
	enum { LARGEST = 64 * 1024 };
	CLEANUP(close_file) int fd = open(mailname_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP(release_buf) struct buf text = { 0 };
	struct span line;

	if (fd < 0 || !read_to_end(fd, LARGEST, &text))
		return fail_errno(err, FAULT_CONFIG, _("cannot read %s for %%M"),
				  mailname_file);
	line = buf_span(&text);
	line = span_trim(span_part(line, 0, span_find(line, '\n')));
	if (!line.len)
		return fail(err, FAULT_CONFIG,
			    _("%s, which %%M stands for, has no name in its first line"),
			    mailname_file);
	*name = span_string(arena, line);
	return true;
}

static const char *
host_name(struct arena *arena)
{
	const char *told = getenv("HOSTNAME");
	char name[256] = "";

	if (told && *told)
		return told;
	if (gethostname(name, sizeof(name) - 1) != 0 || !name[0])
		return "localhost";
	return arena_string(arena, name);
}

/* The one look-up by name that a configuration can ask for. */
static const char *
full_host_name(struct arena *arena)
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME,
					.ai_socktype = SOCK_STREAM };
	const char *name = host_name(arena);
	struct addrinfo *found = NULL;

	if (getaddrinfo(name, NULL, &hints, &found) == 0 && found->ai_canonname)
		name = arena_string(arena, found->ai_canonname);
	if (found)
		freeaddrinfo(found);
	return name;
}

/* Of the real uid, never of the environment. */
static const char *
user_name(struct arena *arena)
{
	const struct passwd *user = getpwuid(getuid());

	return user ? arena_string(arena, user->pw_name)
		    : arena_printf(arena, "uid-%lu", (unsigned long)getuid());
}

/* What stands for %LETTER; *VALUE is NULL when it is no pattern. */
static bool
find_value(struct arena *arena, char letter, bool user, const char **value,
	   struct error *err)
{
	*value = NULL;
	switch (letter) {
	case 'M':
		return mail_name(arena, value, err);
	case 'H':
		*value = host_name(arena);
		return true;
	case 'C':
		*value = full_host_name(arena);
		return true;
	case 'U':
		if (!user)
			return fail(err, FAULT_CONFIG, _("%%U has no meaning there"));
		*value = user_name(arena);
		return true;
	case 'F':
		return fail(err, FAULT_CONFIG,
			    user ? _("%%F can only stand alone")
				 : _("%%F has no meaning there"));
	case '%':
		*value = "%";
		return true;
	default:
		return true;
	}
}

bool
pattern_expand(struct arena *arena, const char *text, bool user, const char **expanded,
	       struct error *err)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	for (const char *c = text; *c; c++) {
		const char *value = NULL;

		if (*c == '%' && !find_value(arena, c[1], user, &value, err))
			return false;
		if (value) {
			buf_add_string(&out, value);
			c++;
		} else {
			buf_add_char(&out, *c);
		}
	}
	*expanded = span_string(arena, buf_span(&out));
	return true;
}
