/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds and reads the configuration files, and chooses an account. */
#include "conf/file.h"

#include "config.h"

#include "base/file.h"
#include "conf/grammar.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- finding ---- */

static bool
ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len >= end_len && strcmp(path + len - end_len, end) == 0 &&
	       (len == end_len || path[len - end_len - 1] == '/');
}

enum dialect
config_dialect(const char *path, enum dialect usual)
{
	if (ends_with(path, ".msmtprc") || ends_with(path, "msmtprc") ||
	    ends_with(path, "msmtp/config"))
		return DIALECT_MSMTP;
	return ends_with(path, "postrider/config") ? DIALECT_POSTRIDER : usual;
}

/* $XDG_CONFIG_HOME when it is absolute, as the XDG base directory specification wants
 * it. */
static const char *
config_folder(struct arena *arena, const char *home)
{
	const char *told = secure_getenv("XDG_CONFIG_HOME");

	if (told && *told == '/')
		return told;
	return home ? arena_printf(arena, "%s/.config", home) : NULL;
}

/* What a file says is done, and it may name commands. */
static bool
is_obeyed(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && belongs_to_us(&status);
}

/* Opens a file of the search. *FD is -1 when there is none, or none for us: cron and at
 * leave HOME pointing to folders and files of somebody else, and so does sudo. */
static bool
open_place(const struct config_place *place, int *fd, struct error *err)
{
	struct stat status;
	int reason;

	*fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd >= 0) {
		if (!place->foreign && !is_obeyed(*fd))
			close_file(fd);
		return true;
	}
	if (place->foreign || errno == ENOENT || errno == ENOTDIR)
		return true;
	reason = errno;
	if (stat(place->path, &status) != 0 || status.st_uid != geteuid())
		return true;
	errno = reason;
	return fail_errno(err, FAULT_CONFIG, _("Cannot read the configuration file %s"),
			  clean_text(err->arena, span_of(place->path)));
}

/* ---- reading ---- */

/* Adds the accounts of the reading whose names are not yet there. */
static bool
add_accounts(struct arena *arena, struct config *config, struct grammar *grammar,
	     struct error *err)
{
	size_t added = grammar->drafts.count, before = config->count;
	struct account *all = arena_array(arena, struct account, before + added);

	if (!drafts_end(&grammar->drafts, all + before, err))
		return false;
	if (before)
		memcpy(all, config->accounts, before * sizeof(*all));
	config->accounts = all;
	for (size_t i = before; i < before + added; i++) {
		bool known = false;

		for (size_t k = 0; k < before && !known; k++)
			known = strcmp(all[k].name, all[i].name) == 0;
		if (known)
			account_release(&all[i]);
		else
			all[config->count++] = all[i];
	}
	return true;
}

static bool
read_opened(struct arena *arena, struct config *config, const struct config_place *place,
	    int fd, struct error *err)
{
	struct grammar grammar = {
		.arena = arena,
		.dialect = config_dialect(place->path, place->usual),
		.foreign = place->foreign,
		.lenient = config->broken,
	};
	bool ok = grammar_begin(&grammar, err) &&
		  grammar_file(&grammar, fd, place->path, err) &&
		  add_accounts(arena, config, &grammar, err);

	config->seen ^= grammar.seen;
	drafts_release(&grammar.drafts);
	if (grammar.exposed)
		config->warning = arena_printf(
			arena, _("%s has a password that everybody can read"),
			grammar.exposed);
	return ok;
}

/* Reads the first file that exists; *READ is its name, or NULL. */
static bool
read_first(struct arena *arena, struct config *config, const struct config_place *places,
	   const char **read, struct error *err)
{
	for (; places->path; places++) {
		CLEANUP(close_file) int fd = -1;

		if (!open_place(places, &fd, err))
			return false;
		if (fd < 0)
			continue;
		*read = places->path;
		return read_opened(arena, config, places, fd, err);
	}
	return true;
}

void
config_places(struct arena *arena, struct config_place user[CONFIG_PLACES],
	      struct config_place host[CONFIG_PLACES])
{
	const char *home = home_folder(arena), *folder = config_folder(arena, home);
	size_t count = 0;

	memset(user, 0, CONFIG_PLACES * sizeof(*user));
	memset(host, 0, CONFIG_PLACES * sizeof(*host));
	if (folder)
		user[count++].path = arena_printf(arena, "%s/postrider/config", folder);
	if (home)
		user[count++].path = arena_printf(arena, "%s/.msmtprc", home);
	if (folder)
		user[count].path = arena_printf(arena, "%s/msmtp/config", folder);
	host[0] = (struct config_place){ .path = SYSCONFDIR "/postrider/config",
					 .foreign = true };
	host[1] = (struct config_place){ .path = SYSCONFDIR "/msmtprc", .foreign = true };
}

bool
config_read_text(struct arena *arena, struct span text, const struct config_place *place,
		 struct config *config, struct error *err)
{
	struct grammar grammar = {
		.arena = arena,
		.dialect = config_dialect(place->path, place->usual),
		.foreign = place->foreign,
	};
	struct stat status;
	bool ok;

	if (stat(place->path, &status) == 0)
		grammar.status = &status;
	*config = (struct config){ .user_file = place->path };
	ok = grammar_begin(&grammar, err) &&
	     grammar_text(&grammar, place->path, text, err) &&
	     add_accounts(arena, config, &grammar, err);
	drafts_release(&grammar.drafts);
	if (!ok)
		config_release(config);
	config->own = config->count;
	return ok;
}

static bool
read_named(struct arena *arena, const char *file, enum dialect usual,
	   struct config *config, struct error *err)
{
	const struct config_place place = { .path = file, .usual = usual };
	CLEANUP(close_file) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return fail_errno(err, FAULT_CONFIG,
				  _("Cannot read the configuration file %s"),
				  clean_text(arena, span_of(file)));
	config->user_file = file;
	return read_opened(arena, config, &place, fd, err);
}

static bool
read_all(struct arena *arena, const char *file, enum dialect usual, struct config *config,
	 struct error *err)
{
	struct config_place user[CONFIG_PLACES], host[CONFIG_PLACES];
	bool ok;

	config_places(arena, user, host);
	ok = file ? read_named(arena, file, usual, config, err)
		  : read_first(arena, config, user, &config->user_file, err);
	config->own = config->count;
	if (ok && !file)
		ok = read_first(arena, config, host, &config->system_file, err);
	return ok;
}

bool
config_read(struct arena *arena, const char *file, enum dialect usual,
	    struct config *config, struct error *err)
{
	*config = (struct config){ 0 };
	config->broken = !read_all(arena, file, usual, config, err);
	if (config->broken)
		config_release(config);
	return !config->broken;
}

bool
config_salvage(struct arena *arena, const char *file, enum dialect usual,
	       struct config *config)
{
	struct error ignored = { .arena = arena };
	bool ok;

	*config = (struct config){ .broken = true };
	ok = read_all(arena, file, usual, config, &ignored);
	if (!ok)
		config_release(config);
	return ok;
}

void
config_release(struct config *config)
{
	for (size_t i = 0; i < config->count; i++)
		account_release(&config->accounts[i]);
	config->count = 0;
}

/* ---- choosing ---- */

/* An address literal has brackets, too; so what is equal needs no pattern. */
static bool
matches_as_is(const char *from, const char *address)
{
	if (strcasecmp(from, address) == 0)
		return true;
	return strpbrk(from, "?*[") && fnmatch(from, address, 0) == 0;
}

bool
from_matches(const char *from, const char *address)
{
	const char *at = strrchr(address, '@');
	const char *plus = strchr(address, '+');
	struct buf plain = { 0 };
	bool matches;

	if (!*from || !*address)
		return false;
	if (matches_as_is(from, address))
		return true;
	if (!at || !plus || plus > at || strchr(from, '+'))
		return false;
	buf_add(&plain, address, (size_t)(plus - address));
	buf_add_string(&plain, at);
	matches = matches_as_is(from, plain.at);
	buf_release(&plain);
	return matches;
}

static struct account *
find_sender(const struct config *config, const char *sender,
	    bool matches(const char *from, const char *address))
{
	for (size_t i = 0; i < config->count; i++) {
		const char *from = config->accounts[i].from;

		if (from && *from && matches(from, sender))
			return &config->accounts[i];
	}
	return NULL;
}

static struct account *
find_name(const struct config *config, const char *name, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (strcmp(config->accounts[i].name, name) == 0)
			return &config->accounts[i];
	return NULL;
}

/* `default` of one file, or its only account where that is as clear. */
static struct account *
find_usual(const struct config *config, size_t from, size_t to)
{
	struct account *account = find_name(config, "default", from, to);

	if (!account && to - from == 1 &&
	    config->accounts[from].dialect == DIALECT_POSTRIDER)
		account = &config->accounts[from];
	return account;
}

/* All names, so that the user can choose. */
static const char *
names(const struct config *config, struct arena *arena)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	for (size_t i = 0; i < config->count; i++)
		buf_printf(&out, "%s%s", i ? ", " : "", config->accounts[i].name);
	return clean_text(arena, buf_span(&out));
}

static void
add_places(const struct config_place *places, struct arena *arena, struct buf *out)
{
	for (; places->path; places++)
		buf_printf(out,
			   access(places->path, F_OK) == 0
				   ? _("%s%s (which is there, but not for this user)")
				   : "%s%s",
			   out->len ? ", " : "",
			   clean_text(arena, span_of(places->path)));
}

/* Whoever runs cron jobs or web pages is often not who wrote the file: so user and
 * places are named. */
static bool
no_file(struct error *err)
{
	struct config_place user[CONFIG_PLACES], host[CONFIG_PLACES];
	CLEANUP(release_buf) struct buf looked = { 0 };
	const struct passwd *who = getpwuid(geteuid());

	config_places(err->arena, user, host);
	add_places(user, err->arena, &looked);
	add_places(host, err->arena, &looked);
	fail(err, FAULT_CONFIG,
	     _("No account is set up for the user %s, so no server is known (looked at %s)"),
	     who ? who->pw_name : "?", looked.at);
	return fail_hint(
		err, _("Run \"postrider setup you@example.org\", or name the server with "
		       "--host"));
}

static bool
no_account(const struct config *config, struct error *err)
{
	const char *file = config->user_file ? config->user_file : config->system_file;

	return file ? fail(err, FAULT_CONFIG,
			   _("%s has no account, so no server is known"),
			   clean_text(err->arena, span_of(file)))
		    : no_file(err);
}

static bool
no_such_name(const struct config *config, const char *name, struct error *err)
{
	const char *shown = clean_text(err->arena, span_of(name));

	for (size_t i = 0; i < config->count; i++) {
		const char *other = config->accounts[i].name;

		if (is_near_word(span_of(name), other))
			return fail(err, FAULT_CONFIG,
				    _("There is no account \"%s\"; did you mean \"%s\"?"),
				    shown, other);
	}
	return fail(err, FAULT_CONFIG, _("There is no account \"%s\", but these: %s"),
		    shown, names(config, err->arena));
}

static bool
choose(const struct config *config, const struct account_wish *wish,
       struct account **account, struct error *err)
{
	*account = NULL;
	if (!config->count)
		return no_account(config, err);
	if (wish->name) {
		*account = find_name(config, wish->name, 0, config->count);
		return *account || no_such_name(config, wish->name, err);
	}
	if (wish->sender && *wish->sender)
		*account = find_sender(config, wish->sender, matches_as_is);
	if (wish->sender && !*account)
		*account = find_sender(config, wish->sender, from_matches);
	if (*account)
		return true;
	*account = find_usual(config, 0, config->own);
	if (!*account)
		*account = find_usual(config, config->own, config->count);
	if (*account)
		return true;
	fail(err, FAULT_CONFIG, _("No account is called \"default\"; there are: %s"),
	     names(config, err->arena));
	return fail_hint(
		err,
		arena_printf(
			err->arena,
			_("Choose one with -a, or give the sender of one with -f, or "
			  "add the line \"account default : %s\" to %s"),
			clean_text(err->arena, span_of(config->accounts[0].name)),
			clean_text(err->arena, span_of(config->accounts[0].whole.file))));
}

/* The account of the environment: as a file of msmtp's with two lines would have it. */
static bool
account_of_environment(const struct account_wish *wish, struct account **account)
{
	static const char *const names[] = { "host", "from" };
	const char *values[] = { secure_getenv("SMTPSERVER"), secure_getenv("EMAIL") };
	struct error ignored = { .arena = wish->arena };

	if (!wish->arena || !values[0] || !*values[0] ||
	    (wish->name && strcmp(wish->name, "default") != 0))
		return false;
	*account = arena_take(wish->arena, sizeof(**account));
	if (!account_defaults(wish->arena, DIALECT_MSMTP, *account, &ignored))
		return false;
	for (size_t i = 0; i < 2; i++) {
		struct assignment assignment = {
			.row = (size_t)setting_row(span_of(names[i])),
			.text = span_of(values[i] ? values[i] : ""),
		};

		if (values[i] &&
		    !setting_apply(wish->arena, *account, &assignment, &ignored))
			return false;
	}
	return true;
}

bool
config_choose(const struct config *config, const struct account_wish *wish,
	      struct account **account, struct error *err)
{
	struct error inner = { .arena = err->arena };

	if (choose(config, wish, account, &inner) ||
	    account_of_environment(wish, account))
		return true;
	if (!err->fault)
		*err = inner;
	return false;
}
