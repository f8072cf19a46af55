/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collects what is due, and sends it account by account. */
#include "queue/pass.h"

#include "queue/accounts.h"
#include "queue/finish.h"
#include "queue/keep.h"
#include "queue/notice.h"
#include "queue/scan.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	BATCH = 10000, /* messages collected at a time, so that memory stays flat */
	CRASHES = 3,   /* attempts in a row that ended the runner: then it is held */
	DAY = 24 * 60 * 60 * 1000, /* ms: the shortest lifetime */
	TROUBLE = 10 * 60 * 1000,  /* ms until what cannot be read is tried again */
	FAR = 70 * 60 * 1000, /* ms: no message waits longer; the clock was changed */
	SOON = 10 * 1000, /* ms until a message has written down that it was told of */
	SMALL = 32 * 1024 /* octets that leave without waiting for the line */
};

struct run {
	const struct pass *pass;
	struct arena arena; /* of the pass */
	struct accounts accounts;
	struct names batch;
	bool more; /* there was no room for all */
	bool all;  /* then room is made: the last batch changed nothing */
	bool changed;
	bool troubled; /* a message could not be read */
	struct error *err;
	int64_t now, next;

	struct route route; /* of the account whose turn it is */
	bool routed;
	struct attempt attempt; /* that routes are watched for */

	struct leaving leaving; /* the disk hears of it when a server is waited for */
	bool stays;		/* one that should have left */
	bool stuck;		/* one that could not be finished: the others are */
	struct error why;	/* the first of these */
};

/* ---- what is due ---- */

static void
come_again(struct run *run, int64_t when)
{
	if (when && (!run->next || when < run->next))
		run->next = when;
}

/* The time of the file is a hint; a clock that was set back must not stop the mail. */
static bool
is_due(struct run *run, int folder, const char *file)
{
	struct stat info;
	int64_t due;

	if (run->pass->force)
		return true;
	if (fstatat(folder, file, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	due = (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
	if (due <= run->now || due > run->now + FAR)
		return true;
	come_again(run, due);
	return false;
}

static void
tell_remark(const struct run *run, const char *id, const char *remark,
	    const struct error *err)
{
	const struct error none = { 0 };
	const struct queue_event event = {
		.id = id,
		.remark = remark,
		.err = err ? err : &none,
	};

	run->pass->tell(run->pass->context, &event);
}

/* ---- one message ---- */

static bool
is_wanted(const struct pass *pass, const struct entry *entry)
{
	const struct envelope *envelope = &entry->envelope;

	return wanted_fits(&pass->recipient, envelope->to, envelope->count) &&
	       wanted_fits(&pass->sender, &envelope->sender, 1);
}

static bool
must_stop(const struct pass *pass)
{
	return pass->stop && *pass->stop;
}

static void
note_out(const struct pass *pass, bool out)
{
	if (pass->out)
		*pass->out = out;
}

static void
completing(void *context)
{
	struct run *run = context;

	note_out(run->pass, true);
	attempt_completing(&run->attempt);
}

static void
concluded(void *context, const struct delivery *delivery)
{
	struct run *run = context;

	if (!attempt_concluded(&run->attempt, delivery))
		return;
	note_out(run->pass, false);
	/* Whoever asked to stop need not wait for the others. */
	if (run->pass->out && must_stop(run->pass))
		raise(*run->pass->stop);
}

/* The server thinks, and so may the disk. */
static void
let_leave(void *context)
{
	struct run *run = context;

	run->stays |= !leave_now(&run->leaving, &run->why);
}

static bool
has_left(const struct run *run, struct error *err)
{
	if (run->stays)
		*err = run->why;
	return !run->stays;
}

/* The route of the entry's account, found when its first message comes. */
static struct route *
take_route(struct run *run, const struct entry *entry)
{
	if (run->routed && strcmp(run->route.standing.tag, entry->name.tag) == 0)
		return &run->route;
	if (run->routed)
		route_release(&run->route);
	run->route = (struct route){
		.spool = run->pass->spool,
		.key = entry->key,
		.force = run->pass->force,
		.watcher = { .completing = completing,
			     .concluded = concluded,
			     .waiting = let_leave,
			     .context = run },
	};
	run->routed = true;
	route_keep_key(&run->route);
	route_find(&run->route);
	/* There is no such account any more. */
	if (run->route.failed.fault)
		tell_remark(run, entry->name.id, NULL, &run->route.failed);
	return &run->route;
}

/* What one message needs of a full disk must not keep the others, which make room. */
static void
leave_stuck(struct run *run, const struct entry *entry, const struct error *err)
{
	struct arena *arena = run->why.arena;

	if (!run->stuck) {
		run->why = *err;
		run->why.arena = arena;
		/* TRANSLATORS: the ID of a message, and a sentence. */
		run->why.what =
			arena_printf(arena, _("%s: %s"), entry->name.id, err->what);
	}
	run->stuck = true;
	come_again(run, run->now + TROUBLE);
}

/* Tells the sender what there is to tell, and takes away what is finished. */
static void
finish(struct run *run, struct entry *entry, bool *moved)
{
	struct error err = { .arena = entry->arena };
	struct account_seen *account =
		accounts_get(&run->accounts, entry->name.tag, run->pass->force);

	/* A notice may be made. */
	run->more |= entry_count(entry, RECIPIENT_REFUSED, false) > 0;
	if (run->attempt.unsynced) {
		let_leave(run);
		leave_later(&run->leaving, entry, !run->attempt.unnoted);
		if (run->attempt.unnoted)
			let_leave(run);
		*moved = true;
	} else if (!finish_entry(entry, route_lifetime(&run->route), moved, &err)) {
		leave_stuck(run, entry, &err);
	}
	account->waiting -= *moved;
}

/* A message that ends the program, so it seems. */
static void
hold(struct run *run, struct entry *entry)
{
	struct error err = { .arena = entry->arena };

	take_route(run, entry);
	run->more = true;
	if (hold_entry(entry, route_lifetime(&run->route), &err))
		tell_remark(run, entry->name.id, "held: three attempts ended the program",
			    NULL);
	else
		leave_stuck(run, entry, &err);
}

static bool
send_entry(struct run *run, struct entry *entry, struct error *err)
{
	struct account_seen *account =
		accounts_get(&run->accounts, entry->name.tag, run->pass->force);
	struct route *route = take_route(run, entry);
	int64_t last = entry->last;
	bool moved = false, noted;

	run->changed = true;
	run->attempt = (struct attempt){
		.entry = entry,
		.tell = run->pass->tell,
		.context = run->pass->context,
		.sync_later = true,
	};
	/* Those who were refused before are told of first: the name of a notice depends on
	 * who is in it. */
	if (entry_count(entry, RECIPIENT_REFUSED, true)) {
		finish(run, entry, &moved);
		if (moved || entry_count(entry, RECIPIENT_REFUSED, true))
			return true;
	}
	if (!journal_reserve(entry, err))
		return false;
	if (entry->content_size > SMALL)
		let_leave(run);
	noted = route_is_closed(route) || attempt_entry(&run->attempt, route, err);
	note_out(run->pass, false);
	if (!noted)
		return false;
	/* Only now: it may seem old since the clock was wrong when it came. */
	if (!entry->done && !expire_entry(entry, route_lifetime(route),
					  route_has_rested(route, last), err))
		return false;
	account->closed = route_is_closed(route);
	account->again = route_opens_again(route);
	finish(run, entry, &moved);
	if (!moved)
		come_again(run, account->closed ? account->again : entry->due);
	return true;
}

/* A claimed entry that is whole. False when it cannot be written about. */
static bool
handle(struct run *run, struct entry *entry, struct error *err)
{
	const struct pass *pass = run->pass;
	bool renamed;

	if (!rename_entry(entry, &renamed, err))
		return false;
	if (renamed) {
		run->more = run->changed = true;
		return true;
	}
	if (!is_wanted(pass, entry))
		return true;
	if (entry->unfinished >= CRASHES && !(pass->force && pass->id.text)) {
		hold(run, entry);
		return true;
	}
	if (notice_must_wait(entry)) {
		come_again(run, run->now + SOON);
		return true;
	}
	if (!pass->force && entry->due > run->now && entry->due <= run->now + FAR &&
	    entry->expires > run->now) {
		journal_hint(entry);
		come_again(run, entry->due);
		return true;
	}
	return send_entry(run, entry, err);
}

/* A bad block under one message must not keep the others. Told once in a pass: it may be
 * all of the disk. Who asks for the pass learns it from its end. */
static void
pass_over(struct run *run, const struct entry *entry)
{
	struct error trouble = { .arena = entry->arena };

	fail_errno(&trouble, FAULT_IO, _("%s: a message cannot be opened"),
		   entry->spool->path);
	if (run->pass->force)
		leave_stuck(run, entry, &trouble);
	else if (!run->troubled)
		tell_remark(run, entry->name.id, NULL, &trouble);
	run->troubled = true;
	come_again(run, run->now + TROUBLE);
}

static bool
take_entry(struct run *run, const struct entry_name *name, struct error *err)
{
	struct arena arena = { 0 };
	struct error trouble = { .arena = &arena };
	struct entry entry = {
		.arena = &arena,
		.spool = run->pass->spool,
		.place = PLACE_WAITING,
		.name = *name,
		.fd = -1,
	};

	switch (entry_open(&entry, ENTRY_CLAIM)) {
	case ENTRY_GOOD:
		run->attempt = (struct attempt){ 0 };
		if (handle(run, &entry, &trouble))
			break;
		leave_stuck(run, &entry, &trouble);
		/* What a server may have by now would be sent again. */
		run->stays |= run->attempt.begun;
		break;
	case ENTRY_DAMAGED:
		if (spool_move(entry.spool, &entry.name, PLACE_WAITING, PLACE_CORRUPT,
			       &trouble))
			tell_remark(run, entry.name.id,
				    "damaged or of a later version: moved to corrupt/",
				    NULL);
		else
			leave_stuck(run, &entry, &trouble);
		break;
	case ENTRY_TROUBLE:
		pass_over(run, &entry);
		break;
	case ENTRY_BUSY:
	case ENTRY_GONE:
		break;
	}
	/* Nothing was sent, so that the one before has not left yet. */
	if (strcmp(run->leaving.name.id, name->id) != 0)
		let_leave(run);
	entry_close(&entry);
	arena_release(&arena);
	return has_left(run, err);
}

/* ---- the whole ---- */

static bool
collect(void *context, int folder, const char *file, const struct entry_name *name)
{
	struct run *run = context;
	const struct pass *pass = run->pass;
	struct account_seen *account =
		accounts_get(&run->accounts, name->tag, pass->force);
	const char *id = name->id;

	account->waiting++;
	if (account->sweep && id_time(name->id) + DAY <= run->now)
		return take_entry(run, name, run->err);
	if (account->closed) {
		come_again(run, account->again);
		return true;
	}
	if (!wanted_fits(&pass->id, &id, 1) || !is_due(run, folder, file))
		return true;
	/* What a person wants is tried once, so all of it must be known. */
	if (run->batch.count == BATCH && !pass->force && !run->all)
		run->more = true;
	else
		names_add(&run->batch, name);
	return true;
}

/* A folder, a link, somebody's notes: it is no message, and is not lost. */
static void
set_stranger_aside(void *context, int folder, const char *file)
{
	struct run *run = context;

	if (spool_set_aside(run->pass->spool, folder, file))
		tell_remark(run, clean_text(&run->arena, span_of(file)),
			    "no message of the queue: moved to corrupt/", NULL);
}

static bool
collect_all(struct run *run, struct error *err)
{
	const struct scan scan = {
		.visit = collect,
		.stranger = set_stranger_aside,
		.context = run,
	};

	let_leave(run);
	run->batch.count = 0;
	run->more = run->changed = false;
	run->now = wall_ms();
	run->next = 0;
	accounts_recount(&run->accounts);
	run->err = err;
	if (!scan_place(run->pass->spool, PLACE_WAITING, &scan))
		return spool_fail(run->pass->spool->path, _("The queue cannot be read"),
				  err);
	if (err->fault)
		return false;
	names_sort(&run->batch);
	return true;
}

static bool
send_batch(struct run *run, struct error *err)
{
	for (size_t i = 0; i < run->batch.count && !must_stop(run->pass); i++) {
		const struct account_seen *account = accounts_get(
			&run->accounts, run->batch.all[i].tag, run->pass->force);

		if (account->closed)
			come_again(run, account->again);
		else if (!take_entry(run, &run->batch.all[i], err))
			return false;
	}
	return true;
}

/* Something waits, though nothing said until when: a notice that was made just now. */
static int64_t
next_time(const struct run *run)
{
	for (size_t i = 0; !run->next && i < run->accounts.count; i++)
		if (run->accounts.seen[i].waiting)
			return run->now + 1000;
	return run->next;
}

bool
pass_run(const struct pass *pass, int64_t *next, struct error *err)
{
	struct run run = { .pass = pass, .why.arena = err->arena };
	bool ok, again;

	run.accounts = (struct accounts){ .arena = &run.arena, .spool = pass->spool };
	scan_clean(pass->spool);
	do {
		bool all = run.all;

		ok = collect_all(&run, err) && send_batch(&run, err);
		run.all = !run.changed;
		again = run.more && run.batch.count && !(all && run.all);
	} while (ok && again && !run.stuck && !pass->force && !must_stop(pass));
	/* What was made meanwhile is to be counted, too. */
	if (ok && run.more)
		ok = collect_all(&run, err);
	let_leave(&run);
	run.stays |= run.stuck;
	ok = ok && has_left(&run, err);
	if (ok)
		accounts_tidy(&run.accounts);
	*next = next_time(&run);
	/* The resident one may have been waiting for what is gone now. */
	if (pass->force)
		spool_wake(pass->spool);
	if (run.routed)
		route_release(&run.route);
	free(run.batch.all);
	arena_release(&run.arena);
	return ok;
}
