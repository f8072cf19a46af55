/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows the queue. */
#include "app/queue_list.h"

#include "app/deliver.h"
#include "app/json.h"
#include "queue/entry.h"
#include "queue/scan.h"
#include "queue/standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN = 10000 /* messages, without --all */ };

/* ---- what there is ---- */

struct found {
	struct entry_name name;
	enum place place;
};

struct list {
	struct run *run;
	struct spool spool;
	enum place place; /* that is looked through */
	struct found *all;
	size_t count, room;
	size_t counts[PLACE_COUNT];
	uint64_t octets; /* of those in places that mailq shows */
};

static bool
add(void *context, int folder, const char *file, const struct entry_name *name)
{
	struct list *list = context;

	(void)folder;
	(void)file;
	if (list->count == list->room) {
		size_t room = list->room ? list->room + list->room / 2 : 64;
		struct found *more =
			realloc(list->all, checked_product(room, sizeof(*more)));

		if (!more)
			out_of_memory();
		list->all = more;
		list->room = room;
	}
	list->all[list->count++] = (struct found){ *name, list->place };
	list->counts[list->place]++;
	if (list->place < PLACE_FAILED)
		list->octets += name->size;
	return true;
}

static int
by_time(const void *a, const void *b)
{
	const struct found *one = a, *other = b;

	return strcmp(one->name.id, other->name.id);
}

/* Fills the list with what is in the places up to LAST. */
static bool
collect(struct list *list, enum place last, struct error *err)
{
	const struct scan scan = { .visit = add, .context = list };
	const char *path = run_spool_path(list->run);

	if (!path)
		return true;
	if (!spool_open(path, &list->spool, err))
		return false;
	if (list->spool.fd < 0)
		return true;
	for (list->place = 0; list->place <= last; list->place++)
		if (!scan_place(&list->spool, list->place, &scan))
			return spool_fail(path, _("The queue cannot be read"), err);
	if (list->count)
		qsort(list->all, list->count, sizeof(*list->all), by_time);
	return true;
}

static void
release(struct list *list)
{
	if (list->spool.path)
		spool_close(&list->spool);
	free(list->all);
}

/* ---- one message ---- */

/* Why it waits: the last reply, or what is wrong with its account. */
static const char *
reason(const struct entry *entry)
{
	struct standing standing;

	if (entry->place == PLACE_WAITING &&
	    standing_read(entry->arena, entry->spool, entry->name.tag, &standing) &&
	    standing.why && standing.failed >= entry->arrival)
		return standing.why;
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
mark(const struct entry *entry, enum entry_result result)
{
	if (entry->place == PLACE_HELD)
		return '!';
	return result == ENTRY_BUSY ? '*' : ' ';
}

/* With its own reason, when that is another one than the message's. */
static void
show_recipient(const struct entry *entry, size_t i)
{
	const char *text = entry->recipients[i].text;

	if (text && entry->why && strcmp(text, entry->why) != 0)
		printf("%*s(%s)\n", 8, "", clean_text(entry->arena, span_of(text)));
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
	const char *why = reason(entry), *sender = entry->envelope.sender;

	printf("%s%c %7" PRIu64, entry->name.id, mark(entry, result), entry->name.size);
	show_time(entry->arrival ? entry->arrival : id_time(entry->name.id));
	printf(" %s\n", sender && *sender ? clean_text(entry->arena, span_of(sender))
					  : "MAILER-DAEMON");
	if (result == ENTRY_DAMAGED)
		printf("%*s(%s)\n", 8, "", _("damaged, or of a later version"));
	else if (why && *why)
		printf("%*s(%s)\n", 8, "", clean_text(entry->arena, span_of(why)));
	if (entry->in_doubt)
		printf("%*s(%s)\n", 8, "", _("may have been delivered already"));
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
		json_text(",\"reason\":", reason(entry));
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

/* SHOW each as far as the list goes. A claim is not tried: looking must not get into
 * anybody's way. */
static void
for_each(const struct list *list,
	 void (*show)(const struct entry *entry, enum entry_result result),
	 const char *between)
{
	size_t most = list->run->request->all ? SIZE_MAX : SHOWN;

	for (size_t i = 0, shown = 0; i < list->count && shown < most; i++) {
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
			fputs(shown++ ? between : "", stdout);
			show(&entry, result);
		}
		entry_close(&entry);
		arena_release(&arena);
	}
}

/* At the end, where readers look for it. */
static void
show_totals(const struct list *list)
{
	size_t requests = list->counts[PLACE_WAITING] + list->counts[PLACE_HELD];
	uint64_t kilobytes = (list->octets + 1023) / 1024;

	if (!list->run->request->all && list->count > SHOWN)
		printf(_("        (and %zu more; --all shows them)\n\n"),
		       list->count - SHOWN);
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
	if (list->count)
		puts("-Queue ID-  --Size-- ----Arrival Time---- "
		     "-Sender/Recipient-------");
}

bool
list_queue(struct run *run, struct error *err)
{
	struct list list = { .run = run, .spool.fd = -1 };
	bool ok = collect(&list, PLACE_HELD, err);

	if (ok) {
		show_header(&list);
		for_each(&list, show_entry, "");
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
		for_each(&list, print_entry, ",\n");
		puts("]");
	} else if (ok) {
		show_header(&list);
		for_each(&list, show_entry, "");
		if (list.counts[PLACE_FAILED] || list.counts[PLACE_CORRUPT])
			printf(_("        (%zu given up, %zu damaged)\n"),
			       list.counts[PLACE_FAILED], list.counts[PLACE_CORRUPT]);
		show_totals(&list);
	}
	release(&list);
	return ok;
}
