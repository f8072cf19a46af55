/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices to the sender: what is in them (RFC 3464, RFC 3462), and when there is none. */
#include "lair.h"

#include "mail/mime.h"
#include "queue/finish.h"
#include "queue/notice.h"
#include "queue/scan.h"

#define LETTER                                                                           \
	"From: a@example.org\nTo: b@example.net\nSubject: =?UTF-8?Q?x?=\n"               \
	"Message-ID: <1@example.org>\n\nThe secret text\n"

enum { WEEK = 7 * 24 * 60 * 60 * 1000, RECIPIENTS = 3 };

/* A message to three, claimed. */
struct subject {
	struct arena *arena;
	struct spool spool;
	struct letter letter;
	struct entry entry;
};

static void
subject_make(struct subject *subject, struct arena *arena, const char *name,
	     const struct mail_options *options)
{
	static const char *to[] = { "b@example.net", "c@example.net",
				    "\xc3\xa4@example.net" };
	struct letter *letter = &subject->letter;

	subject->arena = arena;
	subject->spool = lair_spool(arena, name);
	letter_write(arena, SPAN(LETTER), letter);
	letter->envelope.to = to;
	letter->envelope.count = RECIPIENTS;
	if (options)
		letter->envelope.options = *options;
	subject->entry =
		(struct entry){ .arena = arena, .spool = &subject->spool, .fd = -1 };
	subject->entry.name = letter_keep(arena, &subject->spool, letter);
	assert_int_equal(entry_open(&subject->entry, ENTRY_CLAIM), ENTRY_GOOD);
}

static void
subject_release(struct subject *subject)
{
	entry_close(&subject->entry);
	spool_close(&subject->spool);
}

static void
subject_note(struct subject *subject, const char *type, const char *text)
{
	struct notes notes = { .entry = &subject->entry };

	note(&notes, type, "%s", text);
	assert_true(notes_write(&notes, true));
}

/* ---- what is in the queue ---- */

struct others {
	const struct entry *but;
	struct entry_name last;
	unsigned count;
};

static bool
count_other(void *context, int folder, const char *file, const struct entry_name *name)
{
	struct others *others = context;

	(void)folder;
	(void)file;
	if (strcmp(name->id, others->but->name.id) != 0) {
		others->last = *name;
		others->count++;
	}
	return true;
}

/* How many notices wait; the name of one. */
static unsigned
notices(const struct subject *subject, struct entry_name *name)
{
	struct others others = { .but = &subject->entry };
	const struct scan scan = { .visit = count_other, .context = &others };

	assert_true(scan_place(&subject->spool, PLACE_WAITING, &scan));
	if (name)
		*name = others.last;
	return others.count;
}

/* The notice, claimed; its content is read into TEXT. */
static struct entry
open_notice(const struct subject *subject, struct buf *text)
{
	struct entry notice = { .arena = subject->arena,
				.spool = &subject->spool,
				.fd = -1 };
	struct error err = { .arena = subject->arena };
	struct message message;
	struct composed composed;
	struct span piece;
	struct buf room = { 0 };
	uint64_t at = 0;

	unit_number("one notice", notices(subject, &notice.name), 1);
	assert_int_equal(entry_open(&notice, ENTRY_CLAIM), ENTRY_GOOD);
	assert_true(entry_message(&notice, &message, &composed, &err));
	buf_add_span(text, composed.pieces[0]);
	buf_release(&message.text);
	buf_reserve(&room, 4096);
	do {
		assert_true(body_read(&message.body, at, &room, &piece, &err));
		buf_add_span(text, piece);
		at += piece.len;
	} while (piece.len);
	buf_release(&room);
	return notice;
}

/* ---- read back ---- */

/* A header and what is behind its empty line. */
struct part {
	struct field *fields;
	size_t count;
	struct span body;
};

static struct part
part_of(struct arena *arena, struct span text)
{
	const char *end = memmem(text.at, text.len, "\r\n\r\n", 4);
	struct part part = { 0 };
	size_t len = end ? (size_t)(end - text.at) + 2 : text.len;

	part.fields = header_split(arena, span_part(text, 0, len), &part.count);
	part.body = span_part(text, len + 2, SIZE_MAX);
	return part;
}

/* All values of the name, with " | " between them; NULL: there is none. */
static const char *
value_of(struct arena *arena, const struct part *part, const char *name)
{
	const char *all = NULL;

	for (size_t i = 0; i < part->count; i++) {
		const char *one;

		if (!field_is(&part->fields[i], name))
			continue;
		one = field_unfold(arena, &part->fields[i]);
		all = all ? arena_printf(arena, "%s | %s", all, one) : one;
	}
	return all;
}

/* The parts between the delimiters; how many. */
static size_t
split(struct arena *arena, struct span body, struct span boundary, struct part parts[8])
{
	size_t count = 0, begin = 0;

	for (size_t at = 0; at < body.len && count < 8;) {
		struct span line = span_part(body, at, SIZE_MAX);

		line = span_part(line, 0, span_find(line, '\n') + 1);
		if (delimiter_of(line, boundary) != DELIMITER_NONE) {
			if (begin)
				parts[count++] = part_of(
					arena, span_part(body, begin, at - 2 - begin));
			begin = at + line.len;
		}
		at += line.len;
	}
	return count;
}

static void
check_whole(const struct subject *subject, struct span text, struct part parts[8])
{
	struct arena *arena = subject->arena;
	struct part whole = part_of(arena, text);
	struct mime mime = mime_read(arena, whole.fields, whole.count, false);
	static const struct {
		const char *field, *want;
	} fields[] = {
		{ "From", "Mail Delivery System <MAILER-DAEMON@example.org>" },
		{ "To", "a@example.org" },
		{ "Subject", "Undelivered mail returned to sender" },
		{ "Auto-Submitted", "auto-replied" },
		{ "MIME-Version", "1.0" },
		{ "Bcc", NULL },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		unit_same(fields[i].field, value_of(arena, &whole, fields[i].field),
			  fields[i].want);
	unit_number("Date", value_of(arena, &whole, "Date") != NULL, true);
	unit_number("Message-ID", value_of(arena, &whole, "Message-ID") != NULL, true);
	unit_number("a multipart", mime.kind, MIME_MULTIPART);
	unit_number("a report",
		    strstr(value_of(arena, &whole, "Content-Type"),
			   "multipart/report; report-type=delivery-status") != NULL,
		    true);
	unit_number("three parts",
		    (long long)split(arena, whole.body, mime.boundary, parts), 3);
}

static void
check_groups(const struct subject *subject, const struct part *status)
{
	struct arena *arena = subject->arena;
	struct part message = part_of(arena, status->body);
	struct part first = part_of(arena, message.body);
	struct part second = part_of(arena, first.body);
	const struct {
		const struct part *part;
		const char *field, *want;
	} fields[] = {
		{ &message, "Reporting-MTA", "dns; example.org" },
		{ &message, "Original-Envelope-Id", "id+2B" },
		{ &message, "Final-Recipient", NULL },
		{ &first, "Final-Recipient", "rfc822; b@example.net" },
		{ &first, "Action", "failed" },
		{ &first, "Status", "5.1.1" },
		{ &first, "Diagnostic-Code", "smtp; 550 5.1.1 no such user" },
		{ &second, "Final-Recipient", "utf-8; \xc3\xa4@example.net" },
		{ &second, "Status", "5.0.0" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		unit_same(fields[i].field,
			  value_of(arena, fields[i].part, fields[i].field),
			  fields[i].want);
	unit_number("no third group", (long long)second.body.len, 0);
	unit_number("Arrival-Date", value_of(arena, &message, "Arrival-Date") != NULL,
		    true);
}

static bool
contains(struct span text, const char *word)
{
	return memmem(text.at, text.len, word, strlen(word)) != NULL;
}

static void
structure(void **state)
{
	static const struct mail_options options = { .envid = "id+2B" };
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct subject subject;
	struct part parts[8], whole;
	struct buf text = { 0 };
	struct entry notice;

	(void)state;
	subject_make(&subject, &arena, "structure", &options);
	subject_note(&subject, "rcpt", "0 fail 550 5.1.1 no such user");
	subject_note(&subject, "rcpt", "1 ok 250 fine");
	subject_note(&subject, "rcpt", "2 fail 550 no");
	unit_number("kept", notice_keep(&subject.entry, WEEK, &err), true);
	notice = open_notice(&subject, &text);
	unit_same("from nobody", notice.envelope.sender, "");
	unit_number("to one", (long long)notice.envelope.count, 1);
	unit_same("to the sender", notice.envelope.to[0], "a@example.org");
	unit_same("about", notice.about, subject.entry.name.id);
	unit_same("by the same account", notice.key.name, "work");
	unit_same("its turn", notice.name.tag, subject.entry.name.tag);
	check_whole(&subject, buf_span(&text), parts);
	unit_same("for people", value_of(&arena, &parts[0], "Content-Type"),
		  "text/plain; charset=utf-8");
	unit_number("tells the reply", contains(parts[0].body, "550 5.1.1 no such user"),
		    true);
	unit_number("not about others", contains(parts[0].body, "c@example.net"), false);
	unit_same("for programs", value_of(&arena, &parts[1], "Content-Type"),
		  "message/global-delivery-status");
	/* RFC 2045 6.4: a multipart is as wide as its widest part. */
	whole = part_of(&arena, buf_span(&text));
	unit_same("octets as they are",
		  value_of(&arena, &whole, "Content-Transfer-Encoding"), "8bit");
	for (size_t i = 0; i < 3; i++)
		unit_same("octets of a part",
			  value_of(&arena, &parts[i], "Content-Transfer-Encoding"),
			  i < 2 ? "8bit" : NULL);
	check_groups(&subject, &parts[1]);
	unit_same("the header", value_of(&arena, &parts[2], "Content-Type"),
		  "text/rfc822-headers");
	unit_number("of the message",
		    contains(parts[2].body, "Message-ID: <1@example.org>"), true);
	unit_number("and not the text", contains(buf_span(&text), "secret"), false);
	entry_close(&notice);
	buf_release(&text);
	subject_release(&subject);
	arena_release(&arena);
	unit_done();
}

/* ---- what a reply says (RFC 3463, RFC 3464 2.3.4, 2.3.6) ---- */

static const struct {
	const char *text, *status, *diagnostic;
} replies[] = {
	{ "550 5.1.1 no such user", "5.1.1", "smtp; 550 5.1.1 no such user" },
	{ "550 no such user", "5.0.0", "smtp; 550 no such user" },
	{ "550", "5.0.0", "smtp; 550" },
	{ "554 5.7.139 no", "5.7.139", "smtp; 554 5.7.139 no" },
	{ "", "5.0.0", NULL },
	{ "4.4.7 given up after 5 days: 450 4.2.1 busy", "4.4.7",
	  "X-postrider; 4.4.7 given up after 5 days: 450 4.2.1 busy" },
	{ "the address needs another server", "5.0.0",
	  "X-postrider; the address needs another server" },
	{ "550 5.evil: header", "5.0.0", "smtp; 550 5.evil: header" },
	{ "550 5.1.1.1 no", "5.0.0", "smtp; 550 5.1.1.1 no" },
	{ "550 5.1.1234 no", "5.0.0", "smtp; 550 5.1.1234 no" },
	{ "550 5..1 no", "5.0.0", "smtp; 550 5..1 no" },
	{ "550 2.1.1 no", "5.0.0", "smtp; 550 2.1.1 no" },
	{ "5 hops", "5.0.0", "X-postrider; 5 hops" },
};

static void
what_replies_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct subject subject;
		struct part parts[8], message, group;
		struct buf text = { 0 };
		struct entry notice;

		subject_make(&subject, &arena, arena_printf(&arena, "reply-%zu", i),
			     NULL);
		subject_note(&subject, "rcpt",
			     arena_printf(&arena, "0 fail %s", replies[i].text));
		unit_number("kept", notice_keep(&subject.entry, WEEK, &err), true);
		notice = open_notice(&subject, &text);
		check_whole(&subject, buf_span(&text), parts);
		message = part_of(&arena, parts[1].body);
		group = part_of(&arena, message.body);
		unit_same(replies[i].text, value_of(&arena, &group, "Status"),
			  replies[i].status);
		unit_same(replies[i].text, value_of(&arena, &group, "Diagnostic-Code"),
			  replies[i].diagnostic);
		entry_close(&notice);
		buf_release(&text);
		subject_release(&subject);
		arena_release(&arena);
	}
	unit_done();
}

/* ---- whether ---- */

static void
whether(void **state)
{
	static const struct {
		const char *name, *sender, *about, *notify;
		bool want;
	} cases[] = {
		{ "as usual", "a@example.org", NULL, NULL, true },
		{ "the null sender", "", NULL, NULL, false },
		{ "about a notice", "a@example.org", "0192F0A1B2C3AABBCCDDEEFF", NULL,
		  false },
		{ "never", "a@example.org", NULL, "NEVER", false },
		{ "failure", "a@example.org", NULL, "FAILURE", true },
		{ "failure too", "a@example.org", NULL, "SUCCESS,FAILURE,DELAY", true },
		{ "success only", "a@example.org", NULL, "SUCCESS", false },
		{ "delay only", "a@example.org", NULL, "DELAY", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct entry entry = {
			.about = cases[i].about,
			.envelope = { .sender = cases[i].sender,
				      .options.notify = cases[i].notify },
		};

		unit_number(cases[i].name, notice_is_due(&entry), cases[i].want);
	}
	unit_done();
}

/* ---- once ---- */

/* A crash at any point, and all of it again: there is one notice. */
static void
once(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct subject subject;
	struct entry_name first, second;
	struct entry notice = { .arena = &arena, .fd = -1 };
	bool moved;

	(void)state;
	subject_make(&subject, &arena, "once", NULL);
	subject_note(&subject, "rcpt", "0 fail 550 no");
	unit_number("kept", notice_keep(&subject.entry, WEEK, &err), true);
	unit_number("one", notices(&subject, &first), 1);
	unit_number("kept again", notice_keep(&subject.entry, WEEK, &err), true);
	unit_number("still one", notices(&subject, &second), 1);
	unit_same("the same", second.id, first.id);
	notice.spool = &subject.spool;
	notice.name = first;
	assert_int_equal(entry_open(&notice, ENTRY_LOOK), ENTRY_GOOD);
	unit_number("it waits", notice_must_wait(&notice), true);
	unit_number("ended", finish_entry(&subject.entry, WEEK, &moved, &err), true);
	unit_number("others still wait", moved, false);
	unit_number("one all the same", notices(&subject, NULL), 1);
	unit_number("it may go", notice_must_wait(&notice), false);
	entry_close(&notice);
	/* It went; what comes later is told by another one. */
	assert_true(spool_remove(&subject.spool, PLACE_WAITING, &first, false));
	unit_number("ended again", finish_entry(&subject.entry, WEEK, &moved, &err),
		    true);
	unit_number("nothing new", notices(&subject, NULL), 0);
	subject_note(&subject, "rcpt", "1 fail 550 no");
	unit_number("ended again", finish_entry(&subject.entry, WEEK, &moved, &err),
		    true);
	unit_number("a new one", notices(&subject, &second), 1);
	unit_number("is another", strcmp(first.id, second.id) != 0, true);
	subject_release(&subject);
	arena_release(&arena);
	unit_done();
}

/* ---- the end of a message ---- */

static const struct {
	const char *name, *events[3], *notify;
	const char *place; /* "": it is gone */
	unsigned notices;
} ends[] = {
	{ "all have it", { "0 ok x", "1 ok x", "2 ok x" }, NULL, "", 0 },
	{ "nobody has it", { "0 fail x", "1 fail x", "2 fail x" }, NULL, "failed", 1 },
	{ "one is refused", { "0 ok x", "1 fail x", "2 ok x" }, NULL, "failed", 1 },
	{ "one is refused, never told",
	  { "0 ok x", "1 fail x", "2 ok x" },
	  "NEVER",
	  "failed",
	  0 },
	{ "one waits", { "0 ok x", "1 ok x", NULL }, NULL, "waiting", 0 },
	{ "one waits, one is refused",
	  { "0 fail x", "1 ok x", NULL },
	  NULL,
	  "waiting",
	  1 },
};

static void
the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const struct mail_options options = { .notify = ends[i].notify };
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct subject subject;
		struct entry found;
		bool moved;

		subject_make(&subject, &arena, arena_printf(&arena, "end-%zu", i),
			     &options);
		for (size_t k = 0; k < 3 && ends[i].events[k]; k++)
			subject_note(&subject, "rcpt", ends[i].events[k]);
		unit_number(ends[i].name,
			    finish_entry(&subject.entry, WEEK, &moved, &err), true);
		unit_number(ends[i].name, moved, strcmp(ends[i].place, "waiting") != 0);
		found = (struct entry){ .spool = &subject.spool,
					.name = subject.entry.name,
					.fd = -1 };
		unit_same(ends[i].name, entry_find(&found) ? place_word(found.place) : "",
			  ends[i].place);
		unit_number(ends[i].name, notices(&subject, NULL), ends[i].notices);
		subject_release(&subject);
		arena_release(&arena);
	}
	unit_done();
}

static void
given_up(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct subject subject;
	struct entry *entry = &subject.entry;
	bool moved;

	(void)state;
	subject_make(&subject, &arena, "given-up", NULL);
	subject_note(&subject, "rcpt", "0 ok x");
	subject_note(&subject, "defer", "1 450 busy");
	entry->expires = wall_ms() + WEEK;
	unit_number("not yet", expire_entry(entry, WEEK, false, &err), true);
	unit_number("who waits", entry->recipients[1].state, RECIPIENT_WAITS);
	entry->expires = wall_ms() - 1;
	unit_number("given up", expire_entry(entry, WEEK, false, &err), true);
	unit_number("who has it", entry->recipients[0].state, RECIPIENT_HAS_IT);
	unit_number("who waited", entry->recipients[1].state, RECIPIENT_REFUSED);
	unit_same("why", entry->recipients[1].text,
		  "4.4.7 given up after 0 days: 450 busy");
	unit_same("without a reason", entry->recipients[2].text,
		  "4.4.7 given up after 0 days");
	unit_number("ended", finish_entry(entry, WEEK, &moved, &err), true);
	unit_number("moved", moved, true);
	unit_number("told", notices(&subject, NULL), 1);
	subject_release(&subject);
	arena_release(&arena);
	unit_done();
}

/* Whatever a server says: no line of the notice is too long to be sent. */
static void
long_reply(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct subject subject;
	struct buf text = { 0 };
	struct entry notice;

	(void)state;
	subject_make(&subject, &arena, "long", NULL);
	buf_add_string(&text, "0 fail 550");
	while (text.len < 20000)
		buf_add_string(&text, " 5.7.1 see \xe2\x82\xac/policy");
	subject_note(&subject, "rcpt", text.at);
	unit_number("kept", notice_keep(&subject.entry, WEEK, &err), true);
	text.len = 0;
	notice = open_notice(&subject, &text);
	unit_number("its lines", notice.facts.longest_line <= HEADER_LINE_MAX, true);
	unit_number("cut between characters", is_utf8(buf_span(&text)), true);
	entry_close(&notice);
	buf_release(&text);
	subject_release(&subject);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure),  cmocka_unit_test(what_replies_say),
		cmocka_unit_test(whether),    cmocka_unit_test(once),
		cmocka_unit_test(the_end),    cmocka_unit_test(given_up),
		cmocka_unit_test(long_reply),
	};

	return cmocka_run_group_tests_name("notice", tests, lair_make, lair_remove);
}
