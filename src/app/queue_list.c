/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows the queue. */
#include "app/queue_list.h"

#include "app/deliver.h"
#include "app/json.h"
#include "app/screen.h"
#include "queue/entry.h"
#include "queue/scan.h"
#include "queue/standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SHOWN = 10000, /* messages, without --all */
	CHUNK = 100000 /* … and how many at a time with it, so that memory stays flat */
};

/* ---- what there is ---- */

struct found {
	struct entry_name name;
	enum place place;
};

struct list {
	struct run *run;
	struct spool spool;
	enum place place, last; /* that is looked through; and that comes last */
	struct found *all;	/* the oldest MOST behind AFTER, and some others */
	size_t count, room, most;
	struct found after, before; /* without an ID: no bound */
	size_t total, counts[PLACE_COUNT];
	uint64_t octets; /* of those in places that mailq shows */
};

static int
by_time(const void *a, const void *b)
{
	const struct found *one = a, *other = b;
	int order = strcmp(one->name.id, other->name.id);

	return order ? order : (int)one->place - (int)other->place;
}

/* Whatever is younger than the oldest MOST is for another look. */
static void
cut(struct list *list)
{
	if (list->count)
		qsort(list->all, list->count, sizeof(*list->all), by_time);
	if (list->count < list->most)
		return;
	list->count = list->most;
	list->before = list->all[list->count - 1];
}

static void
make_room(struct list *list)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct found *more;

	if (list->count >= list->most) {
		cut(list);
		return;
	}
	more = realloc(list->all, checked_product(room, sizeof(*more)));
	if (!more)
		out_of_memory();
	list->all = more;
	list->room = room;
}

static bool
add(void *context, int folder, const char *file, const struct entry_name *name)
{
	struct list *list = context;
	const struct found one = { *name, list->place };

	(void)folder;
	(void)file;
	if (!*list->after.name.id) {
		list->total++;
		list->counts[list->place]++;
		list->octets += list->place < PLACE_FAILED ? name->size : 0;
	} else if (by_time(&one, &list->after) <= 0) {
		return true;
	}
	if (*list->before.name.id && by_time(&one, &list->before) >= 0)
		return true;
	if (list->count == list->room)
		make_room(list);
	list->all[list->count++] = one;
	return true;
}

/* Fills the list with the next ones. */
static bool
look(struct list *list, struct error *err)
{
	const struct scan scan = { .visit = add, .context = list };

	list->count = 0;
	list->before = (struct found){ 0 };
	for (list->place = 0; list->place <= list->last; list->place++)
		if (!scan_place(&list->spool, list->place, &scan))
			return spool_fail(list->spool.path, _("The queue cannot be read"),
					  err);
	cut(list);
	return true;
}

/* Fills the list with the oldest of what is in the places up to LAST. */
static bool
collect(struct list *list, enum place last, struct error *err)
{
	const char *path = run_spool_path(list->run);

	if (!path)
		return true;
	if (!spool_open(path, &list->spool, err))
		return false;
	if (list->spool.fd < 0)
		return true;
	list->last = last;
	list->most = list->run->request->all ? CHUNK : SHOWN;
	return look(list, err);
}

/* With --all, those behind the ones that were shown. */
static bool
collect_more(struct list *list, bool *more, struct error *err)
{
	*more = list->run->request->all && list->most && list->count == list->most;
	if (!*more)
		return true;
	list->after = list->all[list->count - 1];
	return look(list, err);
}

static void
release(struct list *list)
{
	if (list->spool.path)
		spool_close(&list->spool);
	free(list->all);
}

/* ---- one message ---- */

/* Why it waits: the last reply, or what is wrong with its account; in English for
 * programs. */
static const char *
reason(const struct entry *entry, bool english)
{
	struct standing standing;

	if (entry->place == PLACE_WAITING &&
	    standing_read(entry->arena, entry->spool, entry->name.tag, &standing) &&
	    standing.why && standing.failed >= entry->arrival)
		return english ? standing.english : standing_words(&standing);
	return entry->why;
}

static void
show_time(int64_t ms)
{
	time_t when = (time_t)(ms / 1000);
	struct tm local;
	char text[32] = "";

	/* Programs read it, in English. */
	if (localtime_r(&when, &local))
		asctime_r(&local, text);
	text[strcspn(text, "\n")] = '\0';
	/* "Tue Mar 17 19:08:03", without the year. */
	printf(" %-20.19s", text);
}

static char
mark(const struct entry *entry, bool busy)
{
	if (entry->place == PLACE_HELD)
		return '!';
	return busy ? '*' : ' ';
}

static void
show_reason(const struct entry *entry, const char *why)
{
	const char *text = arena_printf(entry->arena, "%*s(%s)", 8, "",
					clean_text(entry->arena, span_of(why)));

	screen_put(stdout, span_of(text), 9);
}

/* With its own reason, when that is another one than the message's. */
static void
show_recipient(const struct entry *entry, size_t i)
{
	const char *text = entry->recipients[i].text;

	if (text && entry->why && strcmp(text, entry->why) != 0)
		show_reason(entry, text);
	printf("%*s%s\n", 42, "",
	       clean_text(entry->arena, span_of(entry->envelope.to[i])));
}

static void
show_recipients(const struct entry *entry)
{
	for (size_t i = 0; i < entry->envelope.count; i++)
		if (entry->recipients[i].state == RECIPIENT_WAITS ||
		    (entry->place == PLACE_FAILED &&
		     entry->recipients[i].state == RECIPIENT_REFUSED))
			show_recipient(entry, i);
}

static void
show_entry(const struct entry *entry, enum entry_result result)
{
	const char *why = reason(entry, false), *sender = entry->envelope.sender;
	bool busy = result == ENTRY_GOOD && entry_is_busy(entry);

	printf("%s%c %7" PRIu64, entry->name.id, mark(entry, busy), entry->name.size);
	show_time(entry->arrival ? entry->arrival : id_time(entry->name.id));
	printf(" %s\n", sender && *sender ? clean_text(entry->arena, span_of(sender))
					  : "MAILER-DAEMON");
	if (result == ENTRY_DAMAGED)
		show_reason(entry, _("damaged, or of a later version"));
	else if (entry->place == PLACE_FAILED)
		show_reason(entry, _("given up"));
	if (result != ENTRY_DAMAGED && why && *why)
		show_reason(entry, why);
	if (entry->in_doubt && !busy)
		show_reason(entry, _("may have been delivered already"));
	if (result != ENTRY_DAMAGED)
		show_recipients(entry);
	putchar('\n');
}

/* ---- as JSON ---- */

static const char *
recipient_word(enum recipient_state state)
{
	switch (state) {
	case RECIPIENT_WAITS:
		return "waiting";
	case RECIPIENT_HAS_IT:
		return "delivered";
	case RECIPIENT_REFUSED:
		break;
	}
	return "refused";
}

static void
print_entry(const struct entry *entry, enum entry_result result)
{
	printf("{\"id\":\"%s\",\"state\":\"%s\",\"size\":%" PRIu64, entry->name.id,
	       result == ENTRY_DAMAGED ? "corrupt" : place_word(entry->place),
	       entry->name.size);
	if (result != ENTRY_DAMAGED) {
		json_text(",\"account\":", entry->key.name);
		json_text(",\"sender\":", entry->envelope.sender);
		json_text(",\"reason\":", reason(entry, true));
		printf(",\"arrival\":%" PRId64 ",\"due\":%" PRId64
		       ",\"attempts\":%u,\"in_doubt\":%s,\"recipients\":[",
		       entry->arrival / 1000, entry->due / 1000, entry->attempts,
		       entry->in_doubt ? "true" : "false");
		for (size_t i = 0; i < entry->envelope.count; i++) {
			json_text(i ? ",{\"address\":" : "{\"address\":",
				  entry->envelope.to[i]);
			json_text(",\"state\":",
				  recipient_word(entry->recipients[i].state));
			json_text(",\"text\":", entry->recipients[i].text);
			putchar('}');
		}
		putchar(']');
	}
	putchar('}');
}

/* ---- the lists ---- */

/* What prints a message, and what stands between two. */
struct printer {
	void (*show)(const struct entry *entry, enum entry_result result);
	const char *between;
	size_t shown;
};

/* No entry is claimed: looking must not get into anybody's way. */
static void
show_some(const struct list *list, struct printer *printer)
{
	for (size_t i = 0; i < list->count; i++) {
		struct arena arena = { 0 };
		struct entry entry = {
			.arena = &arena,
			.spool = &list->spool,
			.place = list->all[i].place,
			.name = list->all[i].name,
			.fd = -1,
		};
		enum entry_result result = entry_open(&entry, ENTRY_LOOK);

		if (result != ENTRY_GONE && result != ENTRY_TROUBLE) {
			fputs(printer->shown++ ? printer->between : "", stdout);
			printer->show(&entry, result);
		}
		entry_close(&entry);
		arena_release(&arena);
	}
}

/* Each, as far as the list goes. */
static bool
show_each(struct list *list, struct printer printer, struct error *err)
{
	bool more = true;

	while (more) {
		show_some(list, &printer);
		if (!collect_more(list, &more, err))
			return false;
	}
	return true;
}

/* At the end, where readers look for it. */
static void
show_totals(const struct list *list)
{
	size_t requests = list->counts[PLACE_WAITING] + list->counts[PLACE_HELD];
	uint64_t kilobytes = (list->octets + 1023) / 1024;

	if (!list->run->request->all && list->total > SHOWN)
		printf("%*s%s\n\n", 8, "",
		       arena_printf(list->run->arena,
				    NUMBER_("(and %zu more; --all shows it)",
					    "(and %zu more; --all shows them)",
					    list->total - SHOWN),
				    list->total - SHOWN));
	printf("                Total requests: %zu\n", requests);
	if (requests)
		printf("-- %" PRIu64 " Kbytes in %zu Request%s.\n", kilobytes, requests,
		       requests == 1 ? "" : "s");
	else
		puts("Mail queue is empty");
}

static void
show_header(const struct list *list)
{
	if (list->total)
		puts("-Queue ID-  --Size-- ----Arrival Time---- "
		     "-Sender/Recipient-------");
}

bool
list_queue(struct run *run, struct error *err)
{
	struct list list = { .run = run, .spool.fd = -1 };
	bool ok;

	/* Its readers want a list, whatever else is wrong. */
	if (!run_find_queue(run, err)) {
		report_error(run->reporter, err);
		error_clear(err);
	}
	ok = collect(&list, PLACE_HELD, err);
	if (ok) {
		show_header(&list);
		ok = show_each(&list, (struct printer){ show_entry, "", 0 }, err);
		show_totals(&list);
	}
	release(&list);
	return ok;
}

bool
list_everything(struct run *run, struct error *err)
{
	struct list list = { .run = run, .spool.fd = -1 };
	bool ok = collect(&list, PLACE_CORRUPT, err);

	if (ok && run->request->json) {
		putchar('[');
		ok = show_each(&list, (struct printer){ print_entry, ",\n", 0 }, err);
		puts("]");
	} else if (ok) {
		show_header(&list);
		ok = show_each(&list, (struct printer){ show_entry, "", 0 }, err);
		if (list.counts[PLACE_FAILED] || list.counts[PLACE_CORRUPT])
			printf("%*s%s\n", 8, "",
			       arena_printf(run->arena, _("(%zu given up, %zu damaged)"),
					    list.counts[PLACE_FAILED],
					    list.counts[PLACE_CORRUPT]));
		show_totals(&list);
	}
	release(&list);
	return ok;
}
