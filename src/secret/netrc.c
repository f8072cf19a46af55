/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a netrc file as ftp, curl, git and msmtp write it. */
#include "secret/netrc.h"

#include "base/file.h"
#include "secret/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1024 * 1024 };

struct entry {
	bool matches;	      /* machine and login are those that are looked for */
	struct span password; /* empty when there is none */
};

struct search {
	struct span host, user;
	struct entry entry; /* being read */
};

/* ---- words ---- */

/* What is left of the file. */
struct text {
	char *at;
	size_t len;
};

static bool
is_gap(char c)
{
	return is_blank(c) || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/* Whether TEXT begins with one: other backslashes stand for themselves. */
static bool
is_escape(struct span text)
{
	return text.len > 1 && text.at[0] == '\\' &&
	       (text.at[1] == '"' || text.at[1] == '\\');
}

/* The length of a word in quotes, both included; 0 when the quotes are no quotes: a
 * password may begin with one. What is quoted ends at the same quote, before a gap, on
 * the same line. */
static size_t
quoted_length(struct span text)
{
	char quote = text.at[0];

	if (quote != '"' && quote != '\'')
		return 0;
	for (size_t i = 1; i < text.len && text.at[i] != '\n'; i++) {
		if (quote == '"' && is_escape(span_part(text, i, 2)))
			i++;
		else if (text.at[i] == quote)
			return i + 1 == text.len || is_gap(text.at[i + 1]) ? i + 1 : 0;
	}
	return 0;
}

/* Takes \" and \\ apart, in place: the file's buffer is ours, and every copy of a secret
 * is one too many. */
static struct span
unescape(char *at, size_t len)
{
	size_t to = 0;

	for (size_t from = 0; from < len; from++) {
		if (is_escape((struct span){ at + from, len - from }))
			from++;
		at[to++] = at[from];
	}
	return (struct span){ at, to };
}

static void
skip(struct text *rest, size_t len)
{
	rest->at += len;
	rest->len -= len;
}

static void
skip_line(struct text *rest)
{
	struct span seen = { rest->at, rest->len };
	size_t end = span_find(seen, '\n');

	skip(rest, end < rest->len ? end + 1 : end);
}

/* The next word; at is NULL at the end. */
static struct span
next_word(struct text *rest)
{
	struct span word = { NULL, 0 };
	char *start;
	size_t len;

	while (rest->len && is_gap(*rest->at))
		skip(rest, 1);
	if (rest->len == 0)
		return word;
	start = rest->at;
	len = quoted_length((struct span){ start, rest->len });
	if (len) {
		skip(rest, len);
		return *start == '"' ? unescape(start + 1, len - 2)
				     : (struct span){ start + 1, len - 2 };
	}
	while (rest->len && !is_gap(*rest->at))
		skip(rest, 1);
	return (struct span){ start, (size_t)(rest->at - start) };
}

/* A keyword; unlike a value it cannot begin with a #, which makes the line a comment. */
static struct span
next_keyword(struct text *rest)
{
	for (;;) {
		while (rest->len && is_gap(*rest->at))
			skip(rest, 1);
		if (rest->len == 0 || *rest->at != '#')
			return next_word(rest);
		skip_line(rest);
	}
}

/* The body of a macro ends with an empty line. */
static void
skip_macro(struct text *rest)
{
	skip_line(rest);
	while (rest->len && *rest->at != '\n' &&
	       !(rest->len > 1 && rest->at[0] == '\r' && rest->at[1] == '\n'))
		skip_line(rest);
}

/* ---- entries ---- */

static bool
is_found(const struct search *search)
{
	return search->entry.matches && search->entry.password.len;
}

/* What KEYWORD says, its value included. False when it began the next entry and the one
 * before it is what was looked for. */
static bool
read_item(struct search *search, struct span keyword, struct text *rest)
{
	struct entry *entry = &search->entry;

	if (span_equal(keyword, SPAN("machine")) ||
	    span_equal(keyword, SPAN("default"))) {
		if (is_found(search))
			return false;
		*entry = (struct entry){ .matches = true };
		if (span_equal(keyword, SPAN("machine")))
			entry->matches = span_same_word(next_word(rest), search->host);
	} else if (span_equal(keyword, SPAN("login")) ||
		   span_equal(keyword, SPAN("user"))) {
		if (!span_equal(next_word(rest), search->user))
			entry->matches = false;
	} else if (span_equal(keyword, SPAN("password")) ||
		   span_equal(keyword, SPAN("passwd"))) {
		entry->password = next_word(rest);
	} else if (span_equal(keyword, SPAN("account"))) {
		next_word(rest);
	} else if (span_equal(keyword, SPAN("macdef"))) {
		skip_macro(rest);
	}
	return true;
}

static struct span
search_text(struct search *search, struct text rest)
{
	struct span keyword;

	do
		keyword = next_keyword(&rest);
	while (keyword.at && read_item(search, keyword, &rest));
	return is_found(search) ? search->entry.password : (struct span){ NULL, 0 };
}

/* ---- the file ---- */

static bool
search_file(int fd, const char *path, struct search *search, struct secret *secret,
	    struct error *err)
{
	CLEANUP(secret_wipe) struct buf file = { 0 };
	struct stat info;
	struct span password;
	size_t mark;

	if (fstat(fd, &info) != 0)
		return fail_errno(err, FAULT_CONFIG, _("cannot read %s"),
				  clean_text(err->arena, span_of(path)));
	if (!S_ISREG(info.st_mode))
		return true;
	/* Room for all and for a last look, since growing would leave copies behind. */
	if (info.st_size <= MOST)
		buf_reserve(&file, (size_t)info.st_size + READ_PIECE);
	if (!read_to_end(fd, MOST, &file))
		return fail_errno(err, FAULT_CONFIG, _("cannot read %s"),
				  clean_text(err->arena, span_of(path)));
	mark = file.len - span_without_mark(buf_span(&file)).len;
	password = search_text(search, (struct text){ file.at + mark, file.len - mark });
	if (!password.len)
		return true;
	if (!file_is_private(&info, path, err))
		return false;
	secret_set(secret, password);
	return true;
}

bool
netrc_find(const char *path, const char *host, const char *user, struct secret *secret,
	   struct error *err)
{
	struct search search = { .host = span_of(host), .user = span_of(user) };
	/* Without O_NONBLOCK a FIFO of that name would hold us up. */
	CLEANUP(close_file)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	/* One that is not ours to read is as good as missing: /etc/netrc of root. */
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return true;
	if (fd < 0)
		return fail_errno(err, FAULT_CONFIG, _("cannot read %s"),
				  clean_text(err->arena, span_of(path)));
	return search_file(fd, path, &search, secret, err);
}

bool
netrc_search(const char *host, const char *user, struct secret *secret, struct error *err)
{
	const char *home = home_folder(err->arena);
	const char *own = home ? arena_printf(err->arena, "%s/.netrc", home) : NULL;

	if (own && !netrc_find(own, host, user, secret, err))
		return false;
	return secret->at || netrc_find("/etc/netrc", host, user, secret, err);
}
