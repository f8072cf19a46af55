/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps tokens in files. */
#include "oauth/token.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "postrider token 1"

enum {
	MOST = 256 * 1024, /* octets of a file */
	ROOM = 32 * 1024,  /* … that most have */
	TICK = 50	   /* ms */
};

/* ---- the place ---- */

/* One word for the file system. */
static void
add_plain(struct buf *name, const char *text)
{
	for (; text && *text; text++) {
		if (is_letter(*text) || is_digit(*text) || strchr("@-_+.", *text))
			buf_add_char(name, *text);
		else
			buf_printf(name, "%%%02x", (unsigned)(unsigned char)*text);
	}
}

const char *
token_path(struct arena *arena, const struct oauth_policy *policy)
{
	CLEANUP(release_buf) struct buf name = { 0 };
	const char *state = state_folder(arena);

	if (!state)
		return NULL;
	add_plain(&name, policy->user ? policy->user : "-");
	buf_add_char(&name, '@');
	add_plain(&name, policy->host ? policy->host : "-");
	/* With room for ".lock" in a name of the file system. */
	if (name.len > NAME_MAX - 8)
		return NULL;
	return arena_printf(arena, "%s/postrider/tokens/%s", state, name.at);
}

bool
token_exists(struct arena *arena, const struct oauth_policy *policy)
{
	const char *path = token_path(arena, policy);

	return path && access(path, F_OK) == 0;
}

static bool
lock_place(struct token_place *place, unsigned patience, struct error *err)
{
	const char *path = place->path, *name = arena_printf(err->arena, "%s.lock", path);
	int64_t deadline = deadline_in(patience);

	if (make_folders(err->arena, path))
		place->lock = open(name, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (place->lock < 0)
		return fail_errno(err, FAULT_CANNOT_CREATE, _("%s cannot be opened"),
				  name);
	while (flock(place->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_errno(err, FAULT_IO, _("%s cannot be locked"), name);
		if (!deadline_left(deadline))
			return fail(err, FAULT_TIMEOUT,
				    NUMBER_("Another process has been renewing %s for %u "
					    "second",
					    "Another process has been renewing %s for %u "
					    "seconds",
					    patience),
				    path, patience);
		poll(NULL, 0, TICK);
	}
	return true;
}

static bool
cannot_save(const struct token_place *place, struct error *err)
{
	return fail_errno(err, FAULT_IO, _("The new token cannot be saved in %s"),
			  place->path);
}

static const char *
aside_of(const struct token_place *place, struct arena *arena)
{
	return arena_printf(arena, "%s.new", place->path);
}

bool
token_enter(const char *path, unsigned patience, struct token_place *place,
	    struct error *err)
{
	const char *aside;

	*place = (struct token_place){ path, -1, -1 };
	if (!lock_place(place, patience, err))
		return false;
	aside = aside_of(place, err->arena);
	/* Of a process that was killed. */
	unlink(aside);
	place->file =
		open(aside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (place->file >= 0)
		errno = posix_fallocate(place->file, 0, ROOM);
	return (place->file >= 0 && !errno) || cannot_save(place, err);
}

void
token_leave(struct token_place *place)
{
	struct arena arena = { 0 };

	if (place->file >= 0)
		unlink(aside_of(place, &arena));
	close_file(&place->file);
	close_file(&place->lock);
	arena_release(&arena);
}

/* ---- read ---- */

static bool
is_no_token(const char *path, struct error *err)
{
	fail(err, FAULT_CONFIG, _("%s is not a file of tokens"), path);
	return fail_hint(err, _("\"postrider login\" writes it anew"));
}

static bool
open_file(const char *path, int *fd, struct error *err)
{
	struct stat status;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 && errno == ENOENT)
		return true;
	if (*fd < 0 || fstat(*fd, &status) != 0)
		return fail_errno(err, FAULT_CONFIG, _("%s cannot be read"), path);
	if (!S_ISREG(status.st_mode))
		return is_no_token(path, err);
	if (status.st_uid == geteuid() && !(status.st_mode & 077))
		return true;
	fail(err, FAULT_CONFIG, _("%s holds a token, but others may read or replace it"),
	     path);
	return fail_hint(err,
			 status.st_uid == geteuid()
				 ? arena_printf(err->arena, _("Run: chmod 600 %s"), path)
				 : NULL);
}

static void
take_line(struct arena *arena, struct token *token, struct span name, struct span value)
{
	uint64_t number;

	if (span_equal(name, SPAN("access")))
		secret_set(&token->access, value);
	else if (span_equal(name, SPAN("refresh")))
		secret_set(&token->refresh, value);
	else if (span_equal(name, SPAN("client-secret")))
		secret_set(&token->client_secret, value);
	else if (span_equal(name, SPAN("client-id")))
		token->client_id = span_string(arena, value);
	else if (span_equal(name, SPAN("endpoint")))
		token->endpoint = span_string(arena, value);
	else if (span_equal(name, SPAN("scope")))
		token->scope = span_string(arena, value);
	else if (span_equal(name, SPAN("expires")) && span_number(value, &number))
		token->expires = (int64_t)number;
}

static bool
read_lines(const char *path, struct span text, struct token *token, struct error *err)
{
	size_t end = span_find(text, '\n');
	bool known = span_equal(span_part(text, 0, end), SPAN(FIRST_LINE));

	while (known && end < text.len) {
		struct span line;
		size_t blank;

		text = span_part(text, end + 1, text.len);
		end = span_find(text, '\n');
		line = span_part(text, 0, end);
		blank = span_find(line, ' ');
		take_line(err->arena, token, span_part(line, 0, blank),
			  span_part(line, blank + 1, line.len));
	}
	if (known && token->endpoint && token->client_id)
		return true;
	return is_no_token(path, err);
}

bool
token_load(const char *path, struct token *token, bool *there, struct error *err)
{
	CLEANUP(secret_wipe) struct buf text = { 0 };
	CLEANUP(close_file) int fd = -1;

	*there = false;
	if (!open_file(path, &fd, err))
		return false;
	if (fd < 0)
		return true;
	/* At once in full, since growing would leave copies behind. */
	buf_reserve(&text, MOST + READ_PIECE);
	if (!read_to_end(fd, MOST, &text))
		return fail_errno(err, FAULT_IO, _("%s cannot be read"), path);
	*there = true;
	return read_lines(path, buf_span(&text), token, err);
}

/* ---- written ---- */

/* A line end in a value would be another line. */
static bool
add_line(struct buf *text, const char *name, const char *value)
{
	if (value && has_control(span_of(value)))
		return false;
	if (value)
		buf_printf(text, "%s %s\n", name, value);
	return true;
}

static bool
write_file(int fd, const struct token *token)
{
	CLEANUP(secret_wipe) struct buf text = { 0 };

	buf_reserve(&text, MOST);
	errno = EINVAL;
	if (!add_line(&text, "postrider", "token 1") ||
	    !add_line(&text, "endpoint", token->endpoint) ||
	    !add_line(&text, "client-id", token->client_id) ||
	    !add_line(&text, "client-secret", token->client_secret.at) ||
	    !add_line(&text, "scope", token->scope) ||
	    !add_line(&text, "refresh", token->refresh.at) ||
	    !add_line(&text, "access", token->access.at))
		return false;
	buf_printf(&text, "expires %" PRId64 "\n", token->expires);
	return write_all(fd, text.at, text.len) && ftruncate(fd, (off_t)text.len) == 0 &&
	       fsync(fd) == 0;
}

static bool
sync_folder_of(struct arena *arena, const char *path)
{
	CLEANUP(close_file)
	int folder = open(dirname(arena_string(arena, path)),
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Some file systems cannot do that for folders. */
	return folder >= 0 && (fsync(folder) == 0 || errno == EINVAL);
}

bool
token_save(struct token_place *place, const struct token *token, struct error *err)
{
	if (!write_file(place->file, token) ||
	    rename(aside_of(place, err->arena), place->path) != 0)
		return cannot_save(place, err);
	close_file(&place->file);
	return sync_folder_of(err->arena, place->path) || cannot_save(place, err);
}

void
token_release(struct token *token)
{
	secret_release(&token->access);
	secret_release(&token->refresh);
	secret_release(&token->client_secret);
}
