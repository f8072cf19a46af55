/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes what is in the queue. */
#include "app/queue_command.h"

#include "app/deliver.h"
#include "app/import.h"
#include "app/queue_list.h"
#include "app/queue_run.h"
#include "base/file.h"
#include "queue/finish.h"
#include "queue/journal.h"
#include "queue/keep.h"
#include "queue/runner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- one message ---- */

struct work {
	struct run *run;
	struct entry entry;
};

static bool
unknown_id(const char *id, struct error *err)
{
	fail(err, FAULT_USAGE, _("No message of the queue is called \"%s\""),
	     clean_text(err->arena, span_of(id)));
	return fail_hint(err, _("\"postrider queue\" lists them"));
}

static bool
find_entry(struct entry *entry, const char *id, struct error *err)
{
	if (!is_id(span_of(id)))
		return unknown_id(id, err);
	memcpy(entry->name.id, id, ID_DIGITS);
	return entry_find(entry) || unknown_id(id, err);
}

static bool
is_damaged(const struct entry *entry, struct error *err)
{
	char file[NAME_ROOM];

	name_print(&entry->name, file);
	fail(err, FAULT_DATA, _("%s is damaged, or of a later version of postrider"),
	     entry->name.id);
	return entry->place != PLACE_CORRUPT ||
	       fail_hint(err, arena_printf(err->arena, _("Its file is %s/corrupt/%s"),
					   entry->spool->path, file));
}

static bool
open_entry(struct entry *entry, enum entry_use use, struct error *err)
{
	switch (entry_open(entry, use)) {
	case ENTRY_GOOD:
		return true;
	case ENTRY_BUSY:
		return fail(err, FAULT_TEMPORARY, _("%s is being sent at this moment"),
			    entry->name.id);
	case ENTRY_DAMAGED:
		return is_damaged(entry, err);
	case ENTRY_GONE:
		return unknown_id(entry->name.id, err);
	case ENTRY_TROUBLE:
		break;
	}
	return fail_errno(err, FAULT_IO, _("%s cannot be read"), entry->name.id);
}

static bool
move_entry(struct entry *entry, enum place to, struct error *err)
{
	return entry->place == to ||
	       spool_move(entry->spool, &entry->name, entry->place, to, err);
}

/* Nothing can be done with it where it is. */
static bool
refuse_place(const struct entry *entry, struct error *err)
{
	if (entry->place == PLACE_CORRUPT)
		return is_damaged(entry, err);
	if (entry->place == PLACE_HELD) {
		fail(err, FAULT_USAGE, _("%s is held"), entry->name.id);
		return fail_hint(err, _("\"postrider queue release\" lets it go"));
	}
	fail(err, FAULT_USAGE, _("%s was given up"), entry->name.id);
	return fail_hint(err, _("\"postrider queue retry\" sends it again"));
}

static bool
hold(struct work *work, struct error *err)
{
	return move_entry(&work->entry, PLACE_HELD, err);
}

static bool
write_notes(struct notes *notes, struct error *err)
{
	return notes_write(notes, true) ||
	       fail_errno(err, FAULT_IO, _("%s cannot be written"),
			  notes->entry->name.id);
}

static bool
release(struct work *work, struct error *err)
{
	struct notes notes = { .entry = &work->entry };

	note(&notes, "released", "%s", "");
	return write_notes(&notes, err) && move_entry(&work->entry, PLACE_WAITING, err);
}

static bool
remove_entry(struct work *work, struct error *err)
{
	struct entry *entry = &work->entry;

	return spool_remove(entry->spool, entry->place, &entry->name, true) ||
	       spool_fail(entry->spool->path, _("A message cannot be removed"), err);
}

/* Whether the account is there: it is better to hear it now. */
static bool
change_account(struct work *work, struct notes *notes, struct error *err)
{
	const char *name = work->run->request->wish.name;
	struct account_key key = { .name = name,
				   .config_file = work->entry.key.config_file,
				   .dialect = work->entry.key.dialect };
	struct chosen chosen = { 0 };

	if (!name)
		return true;
	if (!account_choose(work->run->arena, &key, NULL, &chosen, err))
		return false;
	chosen_release(&chosen);
	note(notes, "account", "%s", name);
	return true;
}

static bool
retry(struct work *work, struct error *err)
{
	struct entry *entry = &work->entry;
	struct notes notes = { .entry = entry };
	int64_t lifetime = entry->expires - entry->arrival;
	char tag[TAG_DIGITS + 1];
	bool renamed;

	note(&notes, "retry", "%s", "");
	note(&notes, "expires", "%" PRId64, wall_ms() + lifetime);
	if (!change_account(work, &notes, err)) {
		buf_release(&notes.text);
		return false;
	}
	if (!write_notes(&notes, err) || !move_entry(entry, PLACE_WAITING, err))
		return false;
	account_tag(&entry->key, tag);
	standing_note_mail(entry->spool, tag, entry->key.name);
	/* How the account that it had stands must not keep it. */
	return rename_entry(entry, &renamed, err);
}

/* A terminal would obey what is in a message. */
static void
print_text(struct span text)
{
	struct arena arena = { 0 };

	if (!isatty(STDOUT_FILENO)) {
		fwrite(text.at, 1, text.len, stdout);
		return;
	}
	while (text.len) {
		size_t end = 0, len;

		while (end < text.len && text.at[end] != '\n' && text.at[end] != '\t')
			end++;
		len = end - (end && text.at[end - 1] == '\r');
		fputs(clean_text(&arena, span_part(text, 0, len)), stdout);
		if (end < text.len)
			putchar(text.at[end]);
		text = span_part(text, end + 1, text.len);
		arena_release(&arena);
	}
}

/* The envelope, and the message as it is sent. */
static bool
show(struct work *work, struct error *err)
{
	CLEANUP(release_buf) struct buf room = { 0 };
	struct entry *entry = &work->entry;
	struct message message;
	struct composed composed;
	struct span piece = { 0 };
	uint64_t offset = 0;

	printf("%s: %s\n", entry->name.id, place_word(entry->place));
	printf("MAIL FROM:<%s>\n",
	       clean_text(entry->arena, span_of(entry->envelope.sender)));
	for (size_t i = 0; i < entry->envelope.count; i++)
		printf("RCPT TO:<%s>%s%s\n",
		       clean_text(entry->arena, span_of(entry->envelope.to[i])),
		       entry->recipients[i].text ? "  " : "",
		       entry->recipients[i].text ? entry->recipients[i].text : "");
	putchar('\n');
	if (!entry_message(entry, &message, &composed, err))
		return false;
	print_text(composed.pieces[0]);
	buf_release(&message.text);
	buf_reserve(&room, 64 * 1024);
	do {
		if (!body_read(&message.body, offset, &room, &piece, err))
			return false;
		print_text(piece);
		offset += piece.len;
	} while (piece.len);
	return true;
}

static bool
try_now(struct work *work, struct error *err)
{
	struct entry *entry = &work->entry;
	int64_t next;

	entry_close(entry);
	return queue_force(work->run, entry->spool, entry->name.id, &next, err);
}

/* ---- the command ---- */

enum {
	AT_WAITING = 1 << PLACE_WAITING,
	AT_HELD = 1 << PLACE_HELD,
	AT_FAILED = 1 << PLACE_FAILED,
	AT_CORRUPT = 1 << PLACE_CORRUPT
};

static const struct verb {
	const char *word;
	bool (*act)(struct work *work, struct error *err); /* on each message */
	enum entry_use use;
	unsigned places; /* where it can be */
	bool wakes;	 /* the runner has something to do then */
} verbs[] = {
	{ "show", show, ENTRY_LOOK, AT_WAITING | AT_HELD | AT_FAILED | AT_CORRUPT,
	  false },
	{ "run", try_now, ENTRY_LOOK, AT_WAITING, false },
	{ "hold", hold, ENTRY_CLAIM, AT_WAITING | AT_HELD, false },
	{ "release", release, ENTRY_CLAIM, AT_WAITING | AT_HELD, true },
	{ "remove", remove_entry, ENTRY_CLAIM,
	  AT_WAITING | AT_HELD | AT_FAILED | AT_CORRUPT, false },
	{ "retry", retry, ENTRY_CLAIM, AT_WAITING | AT_HELD | AT_FAILED, true },
};

static bool
act_on(struct run *run, const struct spool *spool, const struct verb *verb,
       const char *id, struct error *err)
{
	struct work work = {
		.run = run,
		.entry = { .arena = run->arena, .spool = spool, .fd = -1 },
	};
	struct entry *entry = &work.entry;
	bool ok;

	if (!find_entry(entry, id, err))
		return false;
	if (!(verb->places & 1U << entry->place))
		return refuse_place(entry, err);
	/* What is damaged can be removed all the same. */
	ok = ((entry->place == PLACE_CORRUPT && verb->act == remove_entry) ||
	      open_entry(entry, verb->use, err)) &&
	     verb->act(&work, err);
	entry_close(entry);
	return ok;
}

/* What was kept meanwhile, as a notice, has a runner as always. */
static bool
try_all(struct run *run, const struct spool *spool, struct error *err)
{
	int64_t next;

	return queue_force(run, spool, NULL, &next, err) &&
	       (!next || runner_start(spool, err));
}

static bool
use_verb(struct run *run, const struct spool *spool, const struct verb *verb,
	 struct error *err)
{
	const struct request *request = run->request;

	if (request->operand_count < 2 && verb->act == try_now)
		return try_all(run, spool, err);
	if (request->operand_count < 2)
		return fail(err, FAULT_USAGE, _("queue %s needs the ID of a message"),
			    verb->word);
	for (size_t i = 1; i < request->operand_count; i++)
		if (!act_on(run, spool, verb, request->operands[i], err))
			return false;
	return !verb->wakes || runner_start(spool, err);
}

static const struct verb *
find_verb(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i].word) == 0)
			return &verbs[i];
	return NULL;
}

static bool
is_in(const struct spool *spool, const char *id)
{
	struct entry entry = { .spool = spool };

	if (!is_id(span_of(id)))
		return false;
	memcpy(entry.name.id, id, ID_DIGITS);
	return entry_find(&entry);
}

/* The account of a retry is the one by which the message goes then: it may be in the usual
 * queue, or in that of this account. */
static bool
open_queue_of(struct run *run, const struct verb *verb, struct spool *spool,
	      struct error *err)
{
	const struct request *request = run->request;
	struct request usual = *request;
	bool there;

	if (verb->act != retry || !request->wish.name || request->operand_count < 2)
		return queue_open(run, spool, err);
	usual.wish.name = NULL;
	run->request = &usual;
	there = queue_open(run, spool, err);
	run->request = request;
	if (there && is_in(spool, request->operands[1]))
		return true;
	error_clear(err);
	spool_close(spool);
	return queue_open(run, spool, err);
}

bool
queue_command(struct run *run, struct error *err)
{
	const struct request *request = run->request;
	const char *word = request->operand_count ? request->operands[0] : "list";
	const struct verb *verb = find_verb(word);
	struct spool spool;
	bool there, ok;

	if (strcmp(word, "list") == 0) {
		if (request->operand_count > 1)
			return fail(err, FAULT_USAGE, _("queue %s takes no argument"),
				    word);
		return run_find_queue(run, err) && list_everything(run, err);
	}
	if (strcmp(word, "import") == 0) {
		if (request->operand_count != 2)
			return fail(err, FAULT_USAGE, _("queue %s needs one folder"),
				    word);
		return import_folder(run, request->operands[1], err);
	}
	if (!verb)
		return fail(
			err, FAULT_USAGE,
			_("There is no \"queue %s\"; there are list, show, run, hold, "
			  "release, remove, retry, and import with a folder"),
			clean_text(run->arena, span_of(word)));
	there = open_queue_of(run, verb, &spool, err);
	if (!there && err->fault)
		return false;
	if (!there)
		return request->operand_count < 2 ||
		       unknown_id(request->operands[1], err);
	ok = use_verb(run, &spool, verb, err);
	spool_close(&spool);
	return ok;
}
