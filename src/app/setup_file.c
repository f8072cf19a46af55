/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the configuration and keeps the password. */
#include "app/setup_file.h"

#include "app/screen.h"
#include "app/ask.h"
#include "app/replace.h"
#include "app/setup_text.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "conf/lines.h"
#include "conf/rewrite.h"
#include "secret/file.h"
#include "secret/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_SECONDS = 10, TICK = 20 /* ms */ };

/* ---- where it goes ---- */

static bool
read_old(const char *path, struct buf *old, struct error *err)
{
	/* Without O_NONBLOCK a FIFO that has come there would hold us up. */
	CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	buf_reserve(old, LINES_FILE_MAX);
	return (fd >= 0 && read_to_end(fd, LINES_FILE_MAX, old)) ||
	       fail_errno(err, FAULT_CONFIG, _("Cannot read the configuration file %s"),
			  path);
}

static const struct account *
find_former(const struct setup *setup)
{
	const struct config *config = &setup->config;
	const char *wish = setup->run->request->wish.name;

	for (size_t i = 0; i < config->own; i++) {
		const struct account *account = &config->accounts[i];

		if (wish ? strcmp(account->name, wish) == 0
			 : (account->from &&
			    strcasecmp(account->from, setup->address) == 0) ||
				    strcmp(account->name, setup->address) == 0)
			return account;
	}
	return NULL;
}

/* The account as the file would have it if that text stood in it: what it includes is
 * looked for from where the name of the file is, not from where a link leads. */
static bool
read_text(const struct setup *setup, struct span text, struct config *config,
	  const struct account **account, struct error *err)
{
	const struct config_place place = { .path = setup->file,
					    .usual = setup->dialect };
	const struct account_wish wish = { .name = setup->name };
	struct account *chosen = NULL;

	if (!config_read_text(setup->arena, text, &place, config, err) ||
	    !config_choose(config, &wish, &chosen, err))
		return false;
	*account = chosen;
	return true;
}

static void
choose_name(struct setup *setup)
{
	const char *wish = setup->run->request->wish.name;

	setup->former = find_former(setup);
	if (setup->former)
		setup->name = setup->former->name;
	else if (wish)
		setup->name = wish;
	else
		setup->name = setup->config.own ? setup->address : "default";
}

/* What the file makes of the account without the lines that the setup will write. */
static bool
read_rest(struct setup *setup, struct error *err)
{
	/* Without any line it might not be there. */
	static const struct config_line any = { "host", "localhost" };
	const struct config_entry entry = { .name = setup->name,
					    .lines = &any,
					    .count = 1 };
	CLEANUP(secret_wipe) struct buf old = { 0 };
	CLEANUP(secret_wipe) struct buf text = { 0 };

	if (!read_old(setup->file, &old, err))
		return false;
	config_rewrite(buf_span(&old), &entry, &text);
	return read_text(setup, buf_span(&text), &setup->rest, &setup->given, err);
}

static bool
is_there(struct setup *setup, const char *path)
{
	if (stat(path, &setup->status) == 0)
		return true;
	setup->status = (struct stat){ 0 };
	return errno != ENOENT;
}

bool
setup_place(struct setup *setup, struct error *err)
{
	const struct request *request = setup->run->request;
	const char *named = request->config_file, *path;
	struct config_place places[CONFIG_PLACES], host[CONFIG_PLACES], *user = places;
	bool there;

	if (named && !*named)
		return fail(err, FAULT_USAGE, _("%s needs a value"), "-C");
	config_places(setup->arena, places, host);
	while (!named && user->path && !is_there(setup, user->path))
		user++;
	path = named ? named : user->path;
	there = path && is_there(setup, path);
	if (there && setup->status.st_mode && !S_ISREG(setup->status.st_mode))
		return fail(err, FAULT_CONFIG,
			    _("%s is not a regular file, and cannot be replaced by one"),
			    path);
	if ((!named || there) &&
	    !config_read(setup->arena, named, request->dialect, &setup->config, err))
		return false;
	setup->file_exists = setup->config.user_file != NULL;
	setup->file = setup->file_exists ? setup->config.user_file
		      : named		 ? named
					 : places[0].path;
	if (!setup->file)
		return fail(err, FAULT_CANNOT_CREATE,
			    _("There is no home folder for the configuration"));
	setup->dialect = config_dialect(setup->file, request->dialect);
	choose_name(setup);
	if (!setup->former || strcmp(setup->former->whole.file, setup->file) == 0)
		return read_rest(setup, err);
	return fail(err, FAULT_CONFIG,
		    _("The account %s is in %s, which the configuration includes: name "
		      "that file with -C"),
		    setup->name, setup->former->whole.file);
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether the way to the server and the login are those that were tried. */
static bool
is_as_tried(const struct account *read, const struct account *tried)
{
	return same_text(read->endpoint.host, tried->endpoint.host) &&
	       same_text(read->endpoint.socket, tried->endpoint.socket) &&
	       same_text(read->endpoint.proxy_host, tried->endpoint.proxy_host) &&
	       read->protocol == tried->protocol && read->tls.on == tried->tls.on &&
	       read->tls.check == tried->tls.check &&
	       same_text(read->tls.fingerprint, tried->tls.fingerprint) &&
	       (strcmp(read->login.auth, "off") == 0) ==
		       (strcmp(tried->login.auth, "off") == 0);
}

static bool
reads_otherwise(const struct setup *setup, struct error *err)
{
	fail(err, FAULT_CONFIG, _("The account %s cannot be put into %s"), setup->name,
	     setup->file);
	return fail_hint(err,
			 _("Other lines there, such as defaults, say otherwise about "
			   "TLS, the login or the way to the server"));
}

/* One with a pattern may stand before it. */
static void
tell_if_another_is_chosen(const struct setup *setup, const struct config *config)
{
	struct error ignored = { .arena = setup->arena };
	const struct account_wish wish = { .sender = setup->address };
	struct account *chosen;

	if (!config_choose(config, &wish, &chosen, &ignored) ||
	    strcmp(chosen->name, setup->name) == 0)
		return;
	screen_say(setup->out,
		   _("Mail from %s goes by the account %s, which stands before this one: "
		     "give -a %s, or put it first.\n"),
		   setup->address, chosen->name, setup->name);
}

/* The old text stays until the new one is known to be read as it was meant. */
static bool
reads_well(const struct setup *setup, struct span text, struct error *err)
{
	struct config config = { 0 };
	const struct account *account;
	bool ok = read_text(setup, text, &config, &account, err) &&
		  (is_as_tried(account, &setup->account) || reads_otherwise(setup, err));

	if (ok)
		tell_if_another_is_chosen(setup, &config);
	config_release(&config);
	return ok;
}

/* Whoever could read the password, or has the configuration, can read the new one. */
static bool
find_reader(const char *file, const char *config, struct stat *reader)
{
	bool there = stat(file, reader) == 0;

	if (!there && stat(config, reader) != 0)
		return false;
	reader->st_mode = there ? (reader->st_mode & private_mode(reader)) | 0600 : 0600;
	/* Only root can give it to any group, and only from root may a group read it. */
	if (geteuid() != 0)
		reader->st_gid = getegid();
	return true;
}

/* What was there before: *OLD, NULL for nothing. */
static bool
write_password(const struct setup *setup, const char *file, const struct stat *reader,
	       char **old, struct error *err)
{
	CLEANUP(secret_wipe) struct buf text = { 0 };
	char *temporary;
	bool ok;

	buf_reserve(&text, setup->password.len + 2);
	buf_printf(&text, "%s\n", setup->password.at);
	*old = NULL;
	ok = replace_write(file, buf_span(&text), reader, &temporary, err) &&
	     replace_keep(file, temporary, old, err) && replace_put(temporary, file, err);
	if (!ok)
		unlink(temporary);
	if (!ok && *old)
		unlink(*old);
	return ok;
}

/* The new files are there, or nothing has changed. */
static bool
write_both(const struct setup *setup, const char *path, struct span text,
	   const char *kept_in, struct error *err)
{
	char *temporary, *old = NULL;
	struct stat status, reader;
	const struct stat *like = stat(path, &status) == 0 ? &status : NULL;
	bool ok = replace_write(path, text, like, &temporary, err) &&
		  (!kept_in ||
		   write_password(setup, kept_in,
				  find_reader(kept_in, path, &reader) ? &reader : NULL,
				  &old, err));

	if (ok && !replace_put(temporary, path, err)) {
		ok = false;
		if (kept_in)
			replace_undo(kept_in, old);
	}
	if (!ok)
		unlink(temporary);
	else if (old)
		unlink(old);
	return ok;
}

/* The password comes before the account that wants it, and only when that is good. */
static bool
write_config(struct setup *setup, const char *kept_in, struct error *err)
{
	const char *path = real_file(setup->arena, setup->file);
	/* Both may hold passwords of other accounts. */
	CLEANUP(secret_wipe) struct buf old = { 0 };
	CLEANUP(secret_wipe) struct buf text = { 0 };
	struct setup_page page;
	sigset_t before;

	setup_page(setup, kept_in, &page);
	if (!read_old(path, &old, err))
		return false;
	config_rewrite(buf_span(&old), &page.entry, &text);
	if (!reads_well(setup, buf_span(&text), err))
		return false;
	process_hold_signals(&before);
	if (kept_in)
		kept_in = real_file(setup->arena, kept_in);
	setup->written = write_both(setup, path, buf_span(&text), kept_in, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return setup->written;
}

/* ---- the password ---- */

static bool
takes_from(const struct setup *setup, const struct account *account, const char *file)
{
	const struct secret_policy *secret = &account->secret;

	return (secret->password_file && is_same_file(secret->password_file, file)) ||
	       same_text(secret->passwordeval,
			 setup_password_command(setup->arena, file));
}

/* Whether nobody but the account that is changed has the file. */
static bool
is_free(const struct setup *setup, const char *file)
{
	const struct config *config = &setup->config;
	struct stat status;

	for (size_t i = 0; i < config->count; i++)
		if (&config->accounts[i] != setup->former &&
		    takes_from(setup, &config->accounts[i], file))
			return false;
	return (setup->former && takes_from(setup, setup->former, file)) ||
	       lstat(file, &status) != 0;
}

/* Two accounts may have the same address, and not the same password. */
static const char *
password_file(const struct setup *setup)
{
	struct arena *arena = setup->arena;
	const char *folder = folder_of(arena, real_file(arena, setup->file));
	char *name = arena_string(arena, setup->address);
	const char *file;

	for (char *c = name; *c; c++)
		if (*c == '/' || (*c == '.' && c == name))
			*c = '_';
	file = arena_printf(arena, "%s/%s.password", folder, name);
	for (unsigned i = 2; !is_free(setup, file); i++)
		file = arena_printf(arena, "%s/%s.%u.password", folder, name, i);
	return file;
}

/* In the keyring, when there is one and nobody objects. */
static bool
keep_in_keyring(struct setup *setup, struct error *err)
{
	struct error inner = { .arena = setup->arena };
	bool wanted = true;

	if (!keyring_may_be_asked())
		return true;
	if (setup->asks &&
	    !ask_yes(_("Keep the password in the keyring?"), true, &wanted, err))
		return false;
	if (!wanted)
		return true;
	if (keyring_store(setup->server->host, setup->user, &setup->password, &inner))
		setup->kept = "keyring";
	else
		screen_say(setup->out, "- %s\n", inner.what);
	return true;
}

/* ---- one at a time ---- */

/* Until *LOCK is closed no other setup changes what is in the folder of the file. That is
 * what is locked, since the file is replaced or not there yet; so nothing stays behind.
 * Where there are no locks it goes without. */
static bool
lock_folder(const struct setup *setup, int *lock, struct error *err)
{
	const char *path = real_file(setup->arena, setup->file);
	int64_t deadline = deadline_in(LOCK_SECONDS);

	if (!make_folders(setup->arena, path))
		return fail_errno(err, FAULT_CANNOT_CREATE,
				  _("The folder of %s cannot be made"), path);
	*lock = open(folder_of(setup->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return true;
		if (!deadline_left(deadline)) {
			fail(err, FAULT_TIMEOUT,
			     _("%s is being changed by another setup"), setup->file);
			return fail_hint(err, _("Wait for its end, and try again"));
		}
		poll(NULL, 0, TICK);
	}
	return true;
}

/* Another setup may have put its account there since the first look. */
static bool
look_again(struct setup *setup, struct error *err)
{
	struct stat before = setup->status, now = { 0 };

	if (stat(setup->file, &now) != 0)
		now = (struct stat){ 0 };
	if (now.st_ino == before.st_ino && now.st_size == before.st_size &&
	    now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == before.st_mtim.tv_nsec)
		return true;
	config_release(&setup->config);
	config_release(&setup->rest);
	setup->config = (struct config){ 0 };
	return setup_place(setup, err);
}

/* ---- the whole ---- */

static bool
agree(struct setup *setup, const char *text, bool *agreed, struct error *err)
{
	*agreed = true;
	fprintf(setup->out,
		setup->former	     ? _("In %s the account changes to:\n\n%s\n")
		: setup->file_exists ? _("%s gets this account:\n\n%s\n")
				     : _("%s will be this:\n\n%s\n"),
		setup->file, text);
	if (fflush(setup->out) != 0 || ferror(setup->out))
		return fail_errno(err, FAULT_IO, _("Standard output cannot be written"));
	return !setup->asks || ask_yes(_("Write it?"), true, agreed, err);
}

bool
setup_write(struct setup *setup, struct error *err)
{
	CLEANUP(close_file) int lock = -1;
	const char *kept_in = NULL;
	bool agreed;

	if (!lock_folder(setup, &lock, err) || !look_again(setup, err))
		return false;
	if (setup->password.len && !keep_in_keyring(setup, err))
		return false;
	if (setup->password.len && !setup->kept)
		kept_in = password_file(setup);
	if (!agree(setup, setup_text(setup, kept_in), &agreed, err))
		return false;
	if (!agreed) {
		screen_say(setup->out, "%s",
			   setup->kept
				   ? _("No configuration was written. The password is "
				       "in the keyring.\n")
				   : _("Nothing was written.\n"));
		return true;
	}
	if (!write_config(setup, kept_in, err))
		return false;
	if (kept_in)
		setup->kept = "file";
	return true;
}
