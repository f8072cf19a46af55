/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at program, links, files, account, aliases, queue and log. */
#include "app/checks_here.h"

#include "app/deliver.h"
#include "app/local.h"
#include "base/file.h"
#include "base/process.h"
#include "queue/home.h"
#include "queue/scan.h"
#include "queue/standing.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- program ---- */

void
check_program(struct checkup *checkup)
{
	const struct passwd *user = getpwuid(geteuid());
	const char *home = home_folder(checkup->run->arena);

	found(checkup, MARK_OK, _("postrider %s, run by the user %s"), PACKAGE_VERSION,
	      user ? user->pw_name : "?");
	if (!home)
		found(checkup, MARK_NOTE,
		      _("This user has no home folder, so only the system's configuration "
			"is read"));
	else if (user && strcmp(home, user->pw_dir) != 0)
		found(checkup, MARK_NOTE,
		      _("HOME is %s, but the home folder of %s is %s: files are looked for "
			"below HOME"),
		      home, user->pw_name, user->pw_dir);
}

static bool
is_this_program(const char *path)
{
	struct stat ours, theirs;

	return stat("/proc/self/exe", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static void
check_link(struct checkup *checkup, const char *path)
{
	const struct request *request = checkup->run->request;
	struct error err = { .arena = checkup->run->arena };
	char place[PATH_MAX];

	if (is_this_program(path)) {
		found(checkup, MARK_OK, _("%s is this program"), path);
		return;
	}
	if (realpath(path, place))
		fail(&err, FAULT_CONFIG,
		     _("%s is another program (%s): cron, PHP and mail use that one"),
		     path, place);
	else
		fail(&err, FAULT_CONFIG,
		     _("There is no %s: cron, PHP and mail find nothing to send with"),
		     path);
	fail_hint(&err, _("Install the package that makes postrider the sendmail of the "
			  "machine, or make a symbolic link"));
	/* Only those who ask for such a caller need it. */
	if (request->as_cron || request->as_user)
		found_error(checkup, &err, 0);
	else
		found(checkup, MARK_NOTE, "%s", err.what);
}

void
check_links(struct checkup *checkup)
{
	check_link(checkup, "/usr/sbin/sendmail");
	if (access("/usr/lib/sendmail", F_OK) == 0)
		check_link(checkup, "/usr/lib/sendmail");
}

/* ---- configuration ---- */

static const char *
mode_text(struct arena *arena, const char *path)
{
	struct stat status;

	return stat(path, &status) == 0
		       ? arena_printf(arena, "%04o", (unsigned)status.st_mode & 07777)
		       : "?";
}

/* READ is the file of these places that was read; NULL: none. */
static void
tell_places(struct checkup *checkup, const struct config_place *places, const char *read)
{
	struct arena *arena = checkup->run->arena;

	for (; places->path; places++) {
		if (access(places->path, F_OK) != 0)
			continue;
		if (read && strcmp(read, places->path) == 0)
			found(checkup, MARK_OK, _("%s is read (mode %s)"), places->path,
			      mode_text(arena, places->path));
		else if (access(places->path, R_OK) != 0)
			found(checkup, MARK_NOTE,
			      _("%s is there, but this user may not read it (mode %s)"),
			      places->path, mode_text(arena, places->path));
		else
			found(checkup, MARK_NOTE,
			      _("%s is there, but another file goes before it"),
			      places->path);
	}
}

static void
tell_files(struct checkup *checkup, const struct config *config)
{
	const struct config_place named[2] = {
		{ .path = checkup->run->request->config_file }, { .path = NULL }
	};
	struct config_place user[CONFIG_PLACES], host[CONFIG_PLACES];

	config_places(checkup->run->arena, user, host);
	if (named[0].path) {
		tell_places(checkup, named, config->user_file);
	} else {
		tell_places(checkup, user, config->user_file);
		tell_places(checkup, host, config->system_file);
	}
	if (!config->user_file && !config->system_file)
		found(checkup, MARK_NOTE, _("There is none that this user may read"));
	if (config->warning)
		found(checkup, MARK_NOTE, "%s", config->warning);
}

void
check_files(struct checkup *checkup)
{
	const struct request *request = checkup->run->request;
	struct error err = { .arena = checkup->run->arena };
	struct config config;

	if (request->without_file) {
		found(checkup, MARK_OK, _("None is read, since --host was given"));
		return;
	}
	if (config_read(checkup->run->arena, request->config_file, request->dialect,
			&config, &err)) {
		tell_files(checkup, &config);
		config_release(&config);
	} else {
		found_error(checkup, &err, 0);
	}
}

static void
tell_account(struct checkup *checkup)
{
	const struct account *account = checkup->run->account;
	const struct endpoint *endpoint = &account->endpoint;
	const char *place = endpoint->host ? endpoint->host : endpoint->socket;
	const char *name = account->name ? account->name : "--host";
	const char *tls = account->tls.on ? "on" : "off";

	if (endpoint->ports[1])
		found(checkup, MARK_OK, _("%s: %s, ports %u and %u, tls %s, auth %s"),
		      name, place, endpoint->ports[0], endpoint->ports[1], tls,
		      account->login.auth);
	else
		found(checkup, MARK_OK, _("%s: %s, port %u, tls %s, auth %s"), name,
		      place, endpoint->ports[0], tls, account->login.auth);
	if (!account->from && !account->sender_from_header &&
	    !checkup->run->request->sender)
		found(checkup, MARK_NOTE,
		      _("No from is set: without -f the sender is %s, and the name of a machine "
			"is no mail domain"),
		      user_address(checkup->run));
}

static void
tell_fallback(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	const struct account_wish wish = { .name = run->account->queue.fallback };
	struct account *other;

	if (wish.name && !config_choose(&run->chosen.config, &wish, &other, &err))
		found(checkup, MARK_NOTE, "fallback: %s", err.what);
}

void
check_account(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };

	if (!run_choose_account(run, run->request->sender, &err)) {
		/* What is wrong in a file was told by check_files. */
		if (!checkup->last || checkup->last->mark != MARK_WRONG)
			found_error(checkup, &err, 0);
		return;
	}
	checkup->reached |= REACHED_ACCOUNT;
	tell_account(checkup);
	tell_fallback(checkup);
}

/* ---- mail to root ---- */

void
check_root(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	struct local_policy policy = local_policy(run);
	struct envelope envelope = { 0 };
	struct address_list list;
	const char *to;

	if (!address_operand_parse(run->arena, "root", &list, &err) ||
	    !aliases_add(run->arena, &policy, &list, &envelope, &err)) {
		found_error(checkup, &err, 0);
		return;
	}
	to = envelope.count ? envelope.to[0] : "/dev/null";
	if (strncmp(to, "root", 4) == 0 && (to[4] == '@' || !to[4]))
		found(checkup, MARK_NOTE,
		      _("Mail to root, as from cron, goes to %s; root_address, or an alias for "
			"root, sends it to you"),
		      to);
	else
		found(checkup, MARK_OK, _("Mail to root goes to %s"), to);
	/* What stops only the mail of others, or of nobody. */
	if (policy.aliases_file && !aliases_check(run->arena, policy.aliases_file, &err))
		found(checkup, MARK_NOTE, "%s", err.what);
}

/* ---- queue ---- */

struct count {
	size_t messages;
	int64_t oldest; /* ms since 1970 */
};

static bool
count_one(void *context, int folder, const char *file, const struct entry_name *name)
{
	struct count *count = context;
	int64_t when = id_time(name->id);

	(void)folder;
	(void)file;
	if (!count->messages++ || when < count->oldest)
		count->oldest = when;
	return true;
}

struct standings {
	struct checkup *checkup;
	const struct spool *spool;
};

/* What works again by now was mended. */
static void
tell_held(struct checkup *checkup, const struct standing *standing, const char *name)
{
	struct error err = { .arena = checkup->run->arena };
	const char *ours = checkup->run->account->name;
	bool works =
		(checkup->reached & REACHED_LOGIN) && ours && strcmp(ours, name) == 0;

	if (works) {
		found(checkup, MARK_NOTE,
		      _("Mail of the account %s waits although its server can be used: "
			"\"postrider queue run\" sends it"),
		      name);
		return;
	}
	fail(&err, FAULT_TEMPORARY,
	     _("Mail of the account %s waits until this is mended: %s"), name,
	     standing->why ? clean_text(err.arena, span_of(standing->why)) : "?");
	fail_hint(&err,
		  arena_printf(err.arena,
			       _("\"postrider doctor %s\" looks at that account"), name));
	found_error(checkup, &err, 0);
}

static void
tell_standing(void *context, const char *tag)
{
	const struct standings *standings = context;
	struct checkup *checkup = standings->checkup;
	struct arena *arena = checkup->run->arena;
	struct standing standing;
	const char *name;

	if (!standing_read(arena, standings->spool, tag, &standing) ||
	    (!standing.held && !standing.failures))
		return;
	name = standing.account ? clean_text(arena, span_of(standing.account)) : "?";
	if (standing.held)
		tell_held(checkup, &standing, name);
	else
		found(checkup, MARK_NOTE,
		      _("The last try of the account %s failed: %s; the next is due by itself"),
		      name,
		      standing.why ? clean_text(arena, span_of(standing.why)) : "?");
}

/* What waits needs a process that sends it. */
static void
tell_runner(struct checkup *checkup, const struct spool *spool)
{
	bool there = spool_has_runner(spool);
	pid_t runner = there ? spool_last_runner(spool) : 0;
	char state = runner ? process_state(runner) : '\0';

	if (!there)
		found(checkup, MARK_NOTE,
		      _("Nothing is there to send what waits, as after a restart of the "
			"machine: \"postrider -q\" starts it"));
	else if (state == 'T' || state == 't')
		found(checkup, MARK_NOTE,
		      _("The process that sends what waits was stopped: \"kill -CONT %ld\" "
			"lets it go on"),
		      (long)runner);
}

static void
tell_counts(struct checkup *checkup, const struct spool *spool)
{
	struct count counts[PLACE_COUNT] = { 0 };

	for (enum place place = 0; place < PLACE_COUNT; place++) {
		const struct scan scan = { .visit = count_one,
					   .context = &counts[place] };

		if (!scan_place(spool, place, &scan))
			found(checkup, MARK_NOTE, _("The queue cannot be read: %s"),
			      strerror(errno));
	}
	if (counts[PLACE_WAITING].messages)
		found(checkup, MARK_NOTE,
		      NUMBER_("%zu message waits, the oldest for %lld minutes; \"postrider "
			      "queue\" shows why",
			      "%zu messages wait, the oldest for %lld minutes; \"postrider "
			      "queue\" shows why",
			      counts[PLACE_WAITING].messages),
		      counts[PLACE_WAITING].messages,
		      (long long)((wall_ms() - counts[PLACE_WAITING].oldest) / 60000));
	else
		found(checkup, MARK_OK, _("Nothing waits"));
	if (counts[PLACE_WAITING].messages)
		tell_runner(checkup, spool);
	if (counts[PLACE_HELD].messages + counts[PLACE_FAILED].messages +
	    counts[PLACE_CORRUPT].messages)
		found(checkup, MARK_NOTE,
		      _("%zu held, %zu given up, %zu damaged; \"postrider queue\" shows them"),
		      counts[PLACE_HELD].messages, counts[PLACE_FAILED].messages,
		      counts[PLACE_CORRUPT].messages);
}

void
check_queue(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	const char *path = run_spool_path(run);
	struct spool spool = { .fd = -1 };
	struct standings standings = { checkup, &spool };

	if (!run->account->queue.on) {
		found(checkup, MARK_NOTE,
		      _("queue is off: what cannot go at once is not kept"));
		return;
	}
	if (!spool_is_possible(path, &err) || !spool_open(path, &spool, &err)) {
		spool_impossible(run->account->queue.dir, &err);
		found_error(checkup, &err, 0);
		return;
	}
	if (spool.fd < 0) {
		found(checkup, MARK_OK, _("Nothing has had to wait yet"));
		return;
	}
	tell_counts(checkup, &spool);
	standing_each(&spool, tell_standing, &standings);
	spool_close(&spool);
}

/* ---- log ---- */

enum { LOG_TAIL = 64 * 1024 };

/* The last line of the log that tells of a failure; empty: there is none near its end. */
static struct span
last_failure(struct span text)
{
	struct span last = { 0 };

	while (text.len) {
		size_t end = span_find(text, '\n');
		struct span line = span_part(text, 0, end);

		text = span_part(text, end + 1, text.len);
		if (memmem(line.at, line.len, " exitcode=", 10) &&
		    !memmem(line.at, line.len, " exitcode=EX_OK", 15))
			last = line;
	}
	return last;
}

static void
tell_last_failure(struct checkup *checkup, const char *path)
{
	CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP(release_buf) struct buf text = { 0 };
	struct stat status;
	struct span line;

	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	if (status.st_size > LOG_TAIL && lseek(fd, -(off_t)LOG_TAIL, SEEK_END) < 0)
		return;
	if (!read_to_end(fd, 2 * (size_t)LOG_TAIL, &text))
		return;
	line = last_failure(buf_span(&text));
	if (line.len)
		found(checkup, MARK_NOTE, _("The last failure in it: %s"),
		      clean_text(checkup->run->arena, line));
}

/* Without making it. */
static bool
can_be_made(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = !slash ? "."
			     : slash == path
				     ? "/"
				     : arena_copy(arena, path, (size_t)(slash - path));

	return access(folder, W_OK | X_OK) == 0;
}

void
check_log(struct checkup *checkup)
{
	const struct log_policy *log = &checkup->run->account->log;
	CLEANUP(close_file) int fd = -1;

	if (!log->file || strcmp(log->file, "-") == 0) {
		found(checkup, MARK_OK, _("No logfile is set; syslog %s"),
		      log->syslog ? log->syslog : "off");
		return;
	}
	fd = open(log->file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno != ENOENT || !can_be_made(checkup->run->arena, log->file))) {
		found(checkup, MARK_NOTE,
		      _("%s cannot be written by this user (%s); mail goes all the same"),
		      log->file, strerror(errno));
		return;
	}
	found(checkup, MARK_OK, _("Written to %s"), log->file);
	tell_last_failure(checkup, log->file);
}
