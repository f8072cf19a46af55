/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides what becomes of a message: sent, sent by the fallback, or kept. */
#include "app/deliver.h"

#include "app/converse.h"
#include "base/file.h"
#include "queue/attempt.h"
#include "queue/home.h"
#include "queue/keep.h"
#include "queue/runner.h"
#include "smtp/conclusion.h"

#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	FALLBACKS_MAX = 4,
	DAY = 24 * 60 * 60 * 1000 /* ms */
};

/* ---- the queue of this run ---- */

/* What an option says; NULL: nothing. */
static const char *
queue_told(const struct run *run)
{
	const char *dir = NULL;

	for (size_t i = 0; i < run->request->assignment_count; i++) {
		const struct assignment *one = &run->request->assignments[i];

		if (strcmp(settings[one->row].name, "queue_dir") == 0)
			dir = span_string(run->arena, one->text);
	}
	return dir;
}

const char *
run_spool_path(const struct run *run)
{
	/* Without an account the option is all that is known. */
	return spool_path(run->arena,
			  run->account ? run->account->queue.dir : queue_told(run));
}

/* ---- another account ---- */

static bool
has_outcome(const struct delivery *delivery, enum outcome outcome)
{
	for (size_t i = 0; delivery->verdicts && i < delivery->envelope->count; i++)
		if (delivery->verdicts[i].outcome == outcome)
			return true;
	return false;
}

/* All or none, and one is refused. What LMTP's servers gave to some cannot be taken back. */
static bool
is_for_nobody(const struct delivery *delivery)
{
	return !delivery->partial && !delivery->delivered &&
	       has_outcome(delivery, REFUSED);
}

/* Whether the reason lies in the server, and may be gone later or elsewhere. */
static bool
is_for_now(const struct delivery *delivery, const struct error *err)
{
	return !is_for_nobody(delivery) &&
	       (has_outcome(delivery, DEFERRED) || has_outcome(delivery, IN_DOUBT) ||
		fault_mends_itself(err->fault));
}

static bool
is_open(const struct delivery *delivery, size_t i)
{
	if (!delivery->verdicts)
		return true;
	switch (delivery->verdicts[i].outcome) {
	case PENDING:
	case DEFERRED:
	case IN_DOUBT:
		return true;
	case DELIVERED:
	case REFUSED:
	case WAITING:
		break;
	}
	return false;
}

/* The recipients who have neither the message nor a refusal. */
static struct envelope
open_envelope(struct run *run, const struct mail *mail, size_t *index)
{
	struct envelope envelope = mail->envelope;

	envelope.to = arena_array(run->arena, const char *, mail->envelope.count);
	envelope.count = 0;
	for (size_t i = 0; i < mail->envelope.count; i++) {
		if (!is_open(&mail->delivery, i))
			continue;
		envelope.to[envelope.count] = mail->envelope.to[i];
		index[envelope.count++] = i;
	}
	return envelope;
}

/* What a further attempt came to joins what is known. */
static void
take_over(struct run *run, struct mail *mail, const struct delivery *later,
	  const size_t *index)
{
	struct delivery *all = &mail->delivery;

	if (!later->verdicts)
		return;
	if (!all->verdicts)
		all->verdicts =
			arena_array(run->arena, struct verdict, all->envelope->count);
	for (size_t i = 0; i < later->envelope->count; i++)
		all->verdicts[index[i]] = later->verdicts[i];
	all->delivered += later->delivered;
	all->size = later->size;
	if (later->accepted)
		all->accepted = later->accepted;
}

static bool
change_account(struct run *run, const char *name, struct error *err)
{
	struct account_key key = { .name = name,
				   .config_file = run->request->config_file,
				   .dialect = run->request->dialect };
	struct chosen *before = arena_take(run->arena, sizeof(*before));

	connection_close(&run->connection);
	connection_release(&run->connection);
	*before = run->chosen;
	run->chosen = (struct chosen){ 0 };
	if (!account_choose(run->arena, &key, NULL, &run->chosen, err)) {
		run->chosen = *before;
		return false;
	}
	run->account = run->chosen.account;
	run->key = key;
	chosen_release(before);
	return run_start_secret(run, err);
}

/* The first attempt, and one by each fallback as long as it is of use. */
static bool
try_accounts(struct run *run, struct mail *mail, struct error *err)
{
	size_t *index = arena_array(run->arena, size_t, mail->envelope.count);
	bool ok = converse(run, mail, &mail->delivery, &mail->envelope, err);

	if (!ok && is_for_now(&mail->delivery, err))
		mail->tried = *err;
	for (unsigned i = 0;
	     !ok && i < FALLBACKS_MAX && run->account->queue.fallback &&
	     is_for_now(&mail->delivery, err) && !has_outcome(&mail->delivery, IN_DOUBT);
	     i++) {
		struct envelope envelope = open_envelope(run, mail, index);
		struct error again = { .arena = err->arena };
		struct delivery later = { .envelope = &envelope };

		ok = change_account(run, run->account->queue.fallback, &again) &&
		     converse(run, mail, &later, &envelope, &again);
		take_over(run, mail, &later, index);
		*err = again;
	}
	if (!ok || mail->delivery.delivered == mail->envelope.count)
		return ok;
	return conclude(&run->connection.session, &mail->delivery, err);
}

/* ---- kept ---- */

/* Whether a person hears of a failure: somebody is at a terminal, or wants to know. */
static bool
is_attended(const struct run *run)
{
	CLEANUP(close_file) int terminal = -1;

	if (!run->as_sendmail || run->request->delivery == DELIVER_NOW ||
	    run->request->verbose)
		return true;
	terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return terminal >= 0;
}

/* A login or a certificate that was refused is told to whoever can mend it; where nobody
 * is, the mail is kept until somebody does. */
static bool
is_worth_keeping(const struct run *run, const struct mail *mail, const struct error *err)
{
	const struct delivery *delivery = &mail->delivery;
	size_t open = 0;

	for (size_t i = 0; i < mail->envelope.count; i++)
		open += is_open(delivery, i);
	if (!mail->queue.on || !open || is_for_nobody(delivery))
		return false;
	return mail->tried.fault || is_for_now(delivery, err) ||
	       (!delivery->verdicts && !is_attended(run));
}

/* What the server said about each of those who wait. */
static const char **
deferred_texts(struct run *run, const struct mail *mail, const size_t *index,
	       size_t count)
{
	const char **texts = arena_array(run->arena, const char *, count);

	if (!mail->delivery.verdicts)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct verdict *verdict = &mail->delivery.verdicts[index[i]];

		if (verdict->by && verdict->outcome == DEFERRED)
			texts[i] = reply_show(run->arena, &verdict->by->reply);
	}
	return texts;
}

static bool
keep_open_ones(struct run *run, struct mail *mail, const struct spool *spool,
	       struct error *err)
{
	size_t *index = arena_array(run->arena, size_t, mail->envelope.count);
	struct envelope envelope = open_envelope(run, mail, index);
	unsigned days = mail->queue.lifetime;
	struct parcel parcel = {
		.key = &mail->key,
		.envelope = &envelope,
		.composed = &mail->composed,
		.facts = &mail->message.facts,
		.lifetime = (int64_t)(days ? days : 5) * DAY,
		.in_doubt = has_outcome(&mail->delivery, IN_DOUBT),
		.why = english_of(run->arena, mail->tried.what),
		.due = mail->delivery.verdicts ? attempt_due(1) : 0,
	};
	char tag[TAG_DIGITS + 1];

	if (mail->tried.reply)
		parcel.why =
			arena_printf(run->arena, "%s: %s", parcel.why, mail->tried.reply);
	parcel.texts = deferred_texts(run, mail, index, envelope.count);
	if (!keep_message(spool, &parcel, mail->kept, err))
		return false;
	out_of_memory_means(mail->delivery.verdicts ? EX_OSERR : EX_OK,
			    "postrider: out of memory; the message waits in the queue\n");
	for (size_t i = 0; mail->delivery.verdicts && i < envelope.count; i++)
		mail->delivery.verdicts[index[i]].outcome = WAITING;
	account_tag(&mail->key, tag);
	standing_note_mail(spool, tag, mail->key.name);
	return true;
}

/* The next one need not try at once what has just failed. */
static void
remember_failure(struct run *run, const struct mail *mail, const struct spool *spool)
{
	struct standing standing;
	char tag[TAG_DIGITS + 1];

	account_tag(&mail->key, tag);
	if (!mail->tried.fault || mail->delivery.verdicts || mail->limited ||
	    mail->tried.fault == FAULT_TIMEOUT)
		return;
	standing_read(run->arena, spool, tag, &standing);
	standing.account = mail->key.name;
	standing.has_fallback = mail->queue.fallback != NULL;
	account_failed(run->arena, &run->chosen, &mail->tried, &standing);
	standing_write(spool, &standing);
}

/* Into the queue for everybody who is still open. The account that was chosen first is
 * the one that tries again. */
static bool
keep(struct run *run, struct mail *mail, struct error *err)
{
	struct spool spool = { .fd = -1 };
	struct error trouble = { .arena = err->arena };

	if (!mail->tried.fault)
		mail->tried = *err;
	if (!run_open_spool(run, &mail->queue, &spool, &trouble) ||
	    !keep_open_ones(run, mail, &spool, &trouble)) {
		/* Why it could not go is as good to know as why it could not stay, and
		 * callers log a single line. */
		if (err->what)
			trouble.what = arena_printf(run->arena, "%s (%s)", trouble.what,
						    err->what);
		*err = trouble;
		spool_close(&spool);
		return false;
	}
	remember_failure(run, mail, &spool);
	if (run->request->delivery != DELIVER_LATER && !runner_start(&spool, &trouble))
		mail->stays = english_of(run->arena, trouble.what);
	spool_close(&spool);
	error_clear(err);
	return !mail->delivery.verdicts ||
	       conclude(&run->connection.session, &mail->delivery, err);
}

/* Others may wait for the server that has just taken something. */
static void
hint_runner(struct run *run)
{
	struct account_key key = run_later_key(run);
	struct error ignored = { .arena = run->arena };
	const char *path = run_spool_path(run);
	struct spool spool;
	char tag[TAG_DIGITS + 1];

	if (!run->account->queue.on || !path || !spool_open(path, &spool, &ignored) ||
	    spool.fd < 0)
		return;
	account_tag(&key, tag);
	runner_hint(&spool, tag);
	spool_close(&spool);
}

/* An account for everything but sending, when what is wrong has nothing to do with that. */
static bool
salvage(struct run *run)
{
	chosen_release(&run->chosen);
	if (account_salvage(run->arena, &run->key, run->request->sender, &run->chosen)) {
		run->account = run->chosen.account;
		run->key.name = run->account->name;
	}
	return run->account != NULL;
}

/* One that knows nothing but the options. */
static bool
make_up(struct run *run)
{
	struct error ignored = { .arena = run->arena };
	const struct request *request = run->request;

	run->account = arena_take(run->arena, sizeof(*run->account));
	return account_defaults(run->arena, DIALECT_POSTRIDER, run->account, &ignored) &&
	       account_assign(run->arena, run->account, request->assignments,
			      request->assignment_count, &ignored);
}

static bool
has_queue(struct run *run)
{
	struct error ignored = { .arena = run->arena };
	const char *path = run_spool_path(run);
	struct spool spool = { .fd = -1 };
	bool there = path && spool_open(path, &spool, &ignored) && spool.fd >= 0;

	spool_close(&spool);
	return there;
}

bool
deliver_later(struct run *run, struct error *err)
{
	if (err->fault != FAULT_CONFIG || run->request->config_file ||
	    run->request->dry_run || is_attended(run) ||
	    (!salvage(run) && !make_up(run)) || !has_queue(run)) {
		run->account = NULL;
		return false;
	}
	run->broken = *err;
	error_clear(err);
	return true;
}

bool
run_find_queue(struct run *run, struct error *err)
{
	bool wrong, salvaged;

	chosen_release(&run->chosen);
	run->account = NULL;
	if (run_choose_account(run, run->request->sender, err))
		return true;
	/* Whoever has no account means the usual queue. */
	wrong = run->chosen.config.broken || run->request->wish.name;
	salvaged = salvage(run);
	if (wrong && !salvaged && !queue_told(run))
		return false;
	if (wrong || salvaged)
		report_error(run->reporter, err);
	error_clear(err);
	return true;
}

bool
deliver(struct run *run, struct mail *mail, struct error *err)
{
	enum delivery_mode mode = run->request->delivery;
	bool queued = run->account->queue.on &&
		      (mode == DELIVER_BACKGROUND || mode == DELIVER_LATER);

	out_of_memory_means(EX_OSERR, NULL);
	mail->key = run_later_key(run);
	mail->queue = run->account->queue;
	mail->delivery.envelope = &mail->envelope;
	if (run->broken.fault)
		*err = run->broken;
	if (err->fault)
		return keep(run, mail, err);
	if (queued && keep(run, mail, err))
		return true;
	/* What cannot be kept goes at once, as where there is no queue. */
	error_clear(err);
	run->delivery = &mail->delivery;
	if (try_accounts(run, mail, err)) {
		out_of_memory_means(EX_OK,
				    "postrider: out of memory; the message is sent\n");
		hint_runner(run);
		return true;
	}
	return is_worth_keeping(run, mail, err) && keep(run, mail, err);
}
