/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message in the queue: what is kept comes back, in whole or not at all. */
#include "lair.h"

#include "queue/entry.h"
#include "queue/journal.h"
#include "queue/record.h"

#include <sys/file.h>

#define LETTER "From: a@example.org\nSubject: x\n\nHello\n"

static struct entry
entry_of(struct arena *arena, const struct spool *spool, const struct entry_name *name)
{
	return (struct entry){ .arena = arena, .spool = spool, .name = *name, .fd = -1 };
}

static const char *
result_word(enum entry_result result)
{
	static const char *const words[] = { "good", "gone", "busy", "damaged",
					     "trouble" };

	return words[result];
}

/* ---- what it says, as one text ---- */

static void
add_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "%s=%s\n", name, text ? text : "(null)");
}

static void
add_options(struct buf *out, const struct mail_options *options)
{
	add_text(out, "ret", options->ret);
	add_text(out, "envid", options->envid);
	add_text(out, "notify", options->notify);
	add_text(out, "by", options->by);
	add_text(out, "hold-for", options->hold_for);
	add_text(out, "hold-until", options->hold_until);
	add_text(out, "mt-priority", options->mt_priority);
	buf_printf(out, "require-tls=%d\n", options->require_tls);
}

/* What the caller of keep_message gave. */
static const char *
describe(struct arena *arena, const struct account_key *key,
	 const struct envelope *envelope, const struct facts *facts)
{
	struct buf out = { 0 };
	const char *text;

	add_text(&out, "account", key->name);
	add_text(&out, "config", key->config_file);
	buf_printf(&out, "without-file=%d\n", key->without_file);
	for (size_t i = 0; i < key->assignment_count; i++)
		add_text(&out, "set", assignment_print(arena, &key->assignments[i]));
	add_text(&out, "sender", envelope->sender);
	for (size_t i = 0; i < envelope->count; i++)
		add_text(&out, "to", envelope->to[i]);
	add_options(&out, &envelope->options);
	buf_printf(&out, "needs=%u facts=%d %d %d %llu %llu\n", envelope->needs,
		   facts->eight_bit, facts->header_eight_bit, facts->utf8_header,
		   (unsigned long long)facts->nul,
		   (unsigned long long)facts->longest_line);
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

/* What the journal has made of it. */
static const char *
describe_journal(const struct entry *entry)
{
	static const char states[] = { 'w', 'h', 'r' };
	struct buf out = { 0 };
	const char *text;

	for (size_t i = 0; i < entry->envelope.count; i++) {
		const struct recipient *recipient = &entry->recipients[i];

		buf_printf(&out, "%c%s(%s) ", states[recipient->state],
			   recipient->noticed ? "!" : "",
			   recipient->text ? recipient->text : "");
	}
	buf_printf(&out, "%u+%u%s%s%s", entry->attempts, entry->unfinished,
		   entry->in_doubt ? " doubt" : "", entry->dot_sent ? " dot" : "",
		   entry->done ? " done" : "");
	if (entry->due != entry->arrival)
		buf_printf(&out, " due %lld", (long long)entry->due);
	if (entry->why)
		buf_printf(&out, " because %s", entry->why);
	text = span_string(entry->arena, buf_span(&out));
	buf_release(&out);
	return text;
}

/* Header and body as they are sent; buf_release it. */
static struct buf
content_of(const struct entry *entry)
{
	struct buf all = { 0 }, room = { 0 };
	struct error err = { .arena = entry->arena };
	struct composed composed;
	struct message message;
	struct span piece = { 0 };
	uint64_t offset = 0;

	assert_true(entry_message(entry, &message, &composed, &err));
	buf_add_span(&all, composed.pieces[0]);
	buf_release(&message.text);
	buf_reserve(&room, 64 * 1024);
	do {
		assert_true(body_read(&message.body, offset, &room, &piece, &err));
		buf_add_span(&all, piece);
		offset += piece.len;
	} while (piece.len);
	buf_release(&room);
	return all;
}

/* ---- every field ---- */

static void
fill_key(struct account_key *key, struct assignment *given)
{
	assert_true(assignment_parse(SPAN("host=mail.example.org"), &given[0]));
	assert_true(assignment_parse(SPAN("from_full_name=A \xc3\xa4=B"), &given[1]));
	assert_true(assignment_parse(SPAN("user="), &given[2]));
	*key = (struct account_key){
		.name = "work",
		.config_file = "/x/y z",
		.without_file = true,
		.assignments = given,
		.assignment_count = 3,
	};
}

static void
every_field(void **state)
{
	static const char *to[] = { "b@example.net", "\xc3\xa4@example.net",
				    "\"a b\"@example.net", "c@[IPv6:::1]" };
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "fields");
	struct assignment given[3];
	struct letter letter;
	struct facts facts = { true, true, true, true, true, 7, 8, 9, 0 };
	struct entry entry;
	struct entry_name name;
	const char *want;

	(void)state;
	letter_write(&arena, SPAN(LETTER), &letter);
	fill_key(&letter.key, given);
	letter.envelope = (struct envelope){
		.sender = "\xc3\xb6@example.org",
		.to = to,
		.count = 4,
		.options = { "FULL", "id+2B", "SUCCESS,FAILURE", "120;R", "60",
			     "2030-01-01T00:00:00Z", "-3", true },
		.needs = NEEDS_SMTPUTF8 | NEEDS_DSN | NEEDS_REQUIRETLS,
	};
	letter.parcel.facts = &facts;
	letter.parcel.about = "0192F0A1B2C3AABBCCDDEEFF";
	letter.parcel.lifetime = 5000;
	want = describe(&arena, &letter.key, &letter.envelope, &facts);
	name = letter_keep(&arena, &spool, &letter);
	for (enum entry_use use = ENTRY_LOOK; use <= ENTRY_CLAIM; use++) {
		entry = entry_of(&arena, &spool, &name);
		unit_same("opened", result_word(entry_open(&entry, use)), "good");
		unit_same("what was given",
			  describe(&arena, &entry.key, &entry.envelope, &entry.facts),
			  want);
		unit_same("about", entry.about, letter.parcel.about);
		unit_number("uid", entry.uid, getuid());
		unit_number("expires", entry.expires - entry.arrival, 5000);
		unit_number("arrival", entry.arrival <= wall_ms(), true);
		unit_number("arrival", entry.arrival >= id_time(name.id), true);
		unit_same("nothing has happened", describe_journal(&entry),
			  "w() w() w() w() 0+0");
		entry_close(&entry);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* What is not given does not come back as something else. */
static void
no_field(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "fields");
	struct letter letter;
	struct facts facts = { 0 };
	struct entry entry;
	struct entry_name name;
	const char *want;

	(void)state;
	letter_write(&arena, SPAN(""), &letter);
	letter.key = (struct account_key){ 0 };
	letter.envelope.sender = "";
	letter.parcel.facts = &facts;
	want = describe(&arena, &letter.key, &letter.envelope, &facts);
	name = letter_keep(&arena, &spool, &letter);
	entry = entry_of(&arena, &spool, &name);
	unit_same("opened", result_word(entry_open(&entry, ENTRY_CLAIM)), "good");
	unit_same("nothing", describe(&arena, &entry.key, &entry.envelope, &entry.facts),
		  want);
	unit_same("about", entry.about, NULL);
	entry_close(&entry);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* What had happened before it was kept. */
static void
history(void **state)
{
	static const char *to[] = { "b@example.net", "c@example.net" };
	static const char *both[] = { "450 busy", "451 later" };
	static const char *second[] = { NULL, "451 later" };
	static const struct {
		const char *name, *why, **texts;
		bool in_doubt;
		int64_t due;
		const char *want;
	} cases[] = {
		{ "nothing", NULL, NULL, false, 0, "w() w() 0+0" },
		{ "a reason", "no way", NULL, false, 0,
		  "w(no way) w(no way) 1+0 because no way" },
		{ "in doubt", "lost", NULL, true, 0,
		  "w(lost) w(lost) 1+0 doubt because lost" },
		{ "one text", "no way", second, false, 0,
		  "w(no way) w(451 later) 1+0 because 451 later" },
		{ "two texts", "no way", both, false, 0,
		  "w(450 busy) w(451 later) 1+0 because 451 later" },
		{ "later", "no way", NULL, false, 9000000000000,
		  "w(no way) w(no way) 1+0 due 9000000000000 because no way" },
	};
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "fields");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct letter letter;
		struct entry entry;
		struct entry_name name;

		letter_write(&arena, SPAN(LETTER), &letter);
		letter.envelope.to = to;
		letter.envelope.count = 2;
		letter.parcel.why = cases[i].why;
		letter.parcel.texts = cases[i].texts;
		letter.parcel.in_doubt = cases[i].in_doubt;
		letter.parcel.due = cases[i].due;
		name = letter_keep(&arena, &spool, &letter);
		entry = entry_of(&arena, &spool, &name);
		unit_same(cases[i].name, result_word(entry_open(&entry, ENTRY_CLAIM)),
			  "good");
		unit_same(cases[i].name, describe_journal(&entry), cases[i].want);
		entry_close(&entry);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- large ones ---- */

static void
add_lines(struct buf *out, size_t len)
{
	for (size_t i = 0; out->len < len; i++)
		buf_printf(out, "Line %zu of the text\r\n", i);
}

/* One octet less, and one more, than what the blocks are. */
static void
content(void **state)
{
	static const size_t lengths[] = { 0,	  1,	  65535,   65536,
					  100000, 131072, 1000000, 3000000 };
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "content");

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct buf text = { 0 }, got;
		struct letter letter;
		struct entry entry;
		struct entry_name name;

		buf_add_string(&text, "Subject: x\r\n\r\n");
		add_lines(&text, lengths[i]);
		letter_write(&arena, buf_span(&text), &letter);
		unit_number("in a file", letter.message.body.fd >= 0,
			    lengths[i] > BODY_MEMORY_MAX);
		name = letter_keep(&arena, &spool, &letter);
		entry = entry_of(&arena, &spool, &name);
		unit_same("opened", result_word(entry_open(&entry, ENTRY_CLAIM)), "good");
		got = content_of(&entry);
		unit_number("its size", (long long)name.size, (long long)text.len);
		unit_number("every octet", span_equal(buf_span(&got), buf_span(&text)),
			    true);
		buf_release(&got);
		buf_release(&text);
		entry_close(&entry);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

static void
many_recipients(void **state)
{
	enum { COUNT = 10000 };
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "many");
	struct letter letter;
	struct entry entry;
	struct entry_name name;
	size_t wrong = 0;

	(void)state;
	letter_write(&arena, SPAN(LETTER), &letter);
	letter.envelope.to = arena_array(&arena, const char *, COUNT);
	letter.envelope.count = COUNT;
	for (size_t i = 0; i < COUNT; i++)
		letter.envelope.to[i] = arena_printf(&arena, "r%zu@example.net", i);
	name = letter_keep(&arena, &spool, &letter);
	entry = entry_of(&arena, &spool, &name);
	unit_same("opened", result_word(entry_open(&entry, ENTRY_CLAIM)), "good");
	unit_number("all of them", (long long)entry.envelope.count, COUNT);
	for (size_t i = 0; i < entry.envelope.count; i++)
		wrong += strcmp(entry.envelope.to[i], letter.envelope.to[i]) != 0;
	unit_number("in their order", (long long)wrong, 0);
	unit_number("all wait", (long long)entry_count(&entry, RECIPIENT_WAITS, false),
		    COUNT);
	entry_close(&entry);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* The largest header that is let in, with each address completed. */
static void
large_header(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "many");
	struct letter letter;
	struct span pieces[2];
	struct buf text = { 0 };
	struct entry entry;
	struct entry_name name;

	(void)state;
	while (text.len < 5 * (size_t)MESSAGE_HEADER_MAX)
		buf_add_string(&text, "To: a@a-rather-long-name.example.org\r\n");
	letter_write(&arena, SPAN(LETTER), &letter);
	pieces[0] = buf_span(&text);
	pieces[1] = SPAN("\r\n");
	letter.composed.pieces = pieces;
	letter.composed.count = 2;
	letter.composed.size = text.len + 2;
	name = letter_keep(&arena, &spool, &letter);
	entry = entry_of(&arena, &spool, &name);
	unit_same("opened", result_word(entry_open(&entry, ENTRY_CLAIM)), "good");
	entry_close(&entry);
	buf_release(&text);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- the journal ---- */

struct event {
	const char *type, *text;
};

static const struct {
	const char *name;
	struct event events[8];
	const char *want;
} journals[] = {
	{ "nothing", { { NULL, NULL } }, "w() w() w() 0+0" },
	{ "started", { { "start", "" } }, "w() w() w() 0+1" },
	{ "started twice", { { "start", "" }, { "start", "" } }, "w() w() w() 0+2" },
	{ "dot sent, and nothing more",
	  { { "start", "" }, { "dot-sent", "" } },
	  "w() w() w() 0+1 doubt dot" },
	{ "dot sent, and done",
	  { { "start", "" }, { "dot-sent", "" }, { "done", "" } },
	  "h() h() h() 0+0 done" },
	{ "in doubt",
	  { { "start", "" }, { "doubt", "" }, { "defer", "* lost" }, { "due", "5" } },
	  "w(lost) w(lost) w(lost) 1+0 doubt due 5 because lost" },
	{ "one has it",
	  { { "start", "" }, { "rcpt", "1 ok 250 fine" } },
	  "w() h(250 fine) w() 0+0" },
	{ "one is refused", { { "rcpt", "2 fail 550 no" } }, "w() w() r(550 no) 0+0" },
	{ "one is refused, and told",
	  { { "rcpt", "2 fail 550 no" }, { "noticed", "2" } },
	  "w() w() r!(550 no) 0+0" },
	{ "refused again, and not yet told",
	  { { "rcpt", "0 fail a" }, { "noticed", "0" }, { "rcpt", "0 fail b" } },
	  "r(b) w() w() 0+0" },
	{ "an attempt counts once",
	  { { "start", "" },
	    { "defer", "0 450 a" },
	    { "defer", "1 451 b" },
	    { "defer", "2 452 c" } },
	  "w(450 a) w(451 b) w(452 c) 1+0 because 452 c" },
	{ "two attempts",
	  { { "start", "" }, { "defer", "* a" }, { "start", "" }, { "defer", "* b" } },
	  "w(b) w(b) w(b) 2+0 because b" },
	{ "who has it is not deferred",
	  { { "rcpt", "0 ok x" }, { "rcpt", "1 fail y" }, { "defer", "* z" } },
	  "h(x) r(y) w(z) 1+0 because z" },
	{ "released",
	  { { "start", "" },
	    { "defer", "* a" },
	    { "due", "5" },
	    { "start", "" },
	    { "released", "" } },
	  "w(a) w(a) w(a) 0+0 due 0 because a" },
	{ "retried",
	  { { "rcpt", "0 ok x" },
	    { "rcpt", "1 fail y" },
	    { "noticed", "1" },
	    { "retry", "" } },
	  "h(x) w() w() 0+0 due 0" },
	{ "retried when it was done",
	  { { "done", "" }, { "retry", "" } },
	  "h() h() h() 0+0 due 0" },
	{ "an empty text", { { "rcpt", "0 fail" } }, "r() w() w() 0+0" },
};

static struct entry_name
keep_three(struct arena *arena, const struct spool *spool)
{
	static const char *to[] = { "a@example.net", "b@example.net", "c@example.net" };
	struct letter letter;

	letter_write(arena, SPAN(LETTER), &letter);
	letter.envelope.to = to;
	letter.envelope.count = 3;
	return letter_keep(arena, spool, &letter);
}

/* What is noted stands in the entry at once, and the same when it is read again. */
static void
journal(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "journal");

	(void)state;
	for (size_t i = 0; i < sizeof(journals) / sizeof(journals[0]); i++) {
		struct entry_name name = keep_three(&arena, &spool);
		struct entry entry = entry_of(&arena, &spool, &name);
		const struct event *event = journals[i].events;

		unit_same(journals[i].name, result_word(entry_open(&entry, ENTRY_CLAIM)),
			  "good");
		for (; event->type; event++) {
			struct notes notes = { .entry = &entry };

			note(&notes, event->type, "%s", event->text);
			unit_number(journals[i].name, notes_write(&notes, true), true);
		}
		/* Only who reads it from the beginning knows that a crash came. */
		entry.in_doubt |= entry.dot_sent;
		unit_same(journals[i].name, describe_journal(&entry), journals[i].want);
		entry_close(&entry);
		entry = entry_of(&arena, &spool, &name);
		unit_same(journals[i].name, result_word(entry_open(&entry, ENTRY_LOOK)),
			  "good");
		unit_same(journals[i].name, describe_journal(&entry), journals[i].want);
		entry_close(&entry);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

static void
account_and_lifetime(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "journal");
	struct entry_name name = keep_three(&arena, &spool);
	struct entry entry = entry_of(&arena, &spool, &name);
	struct notes notes = { .entry = &entry };

	(void)state;
	assert_int_equal(entry_open(&entry, ENTRY_CLAIM), ENTRY_GOOD);
	note(&notes, "account", "%s", "at home");
	note(&notes, "expires", "%d", 12345);
	unit_number("written", notes_write(&notes, false), true);
	entry_close(&entry);
	entry = entry_of(&arena, &spool, &name);
	assert_int_equal(entry_open(&entry, ENTRY_LOOK), ENTRY_GOOD);
	unit_same("account", entry.key.name, "at home");
	unit_number("expires", entry.expires, 12345);
	entry_close(&entry);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* The file without the room behind its last record. */
static struct buf
read_records(const char *file)
{
	struct buf text = lair_read(file);

	while (text.len > 1 && text.at[text.len - 1] == JOURNAL_FREE &&
	       text.at[text.len - 2] == JOURNAL_FREE)
		text.len--;
	return text;
}

/* Whole records that nobody can have written here. */
static void
journal_of_others(void **state)
{
	static const struct {
		const char *name, *type, *value, *want;
	} cases[] = {
		{ "as it should be", "rcpt", "1 1700000000000 0 ok x", "good" },
		{ "an event of a later version", "thawed", "1 1700000000000", "damaged" },
		{ "no number", "start", "", "damaged" },
		{ "no time", "start", "1", "damaged" },
		{ "no recipient", "rcpt", "1 1700000000000", "damaged" },
		{ "a recipient too many", "rcpt", "1 1700000000000 3 ok", "damaged" },
		{ "everybody at once", "rcpt", "1 1700000000000 * ok", "damaged" },
		{ "a time beyond all", "due", "1 1 18446744073709551615", "damaged" },
		{ "a time below zero", "due", "1 1 -1", "damaged" },
		{ "an end beyond all", "expires", "1 1 18446744073709551615", "damaged" },
		{ "another end", "end", "1 2", "damaged" },
	};
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "journal");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct entry_name name = keep_three(&arena, &spool);
		const char *file = lair_file(&arena, &spool, PLACE_WAITING, &name);
		struct entry entry = entry_of(&arena, &spool, &name);
		struct buf text = read_records(file);

		record_add(&text, cases[i].type, span_of(cases[i].value));
		lair_write(file, buf_span(&text));
		unit_same(cases[i].name, result_word(entry_open(&entry, ENTRY_CLAIM)),
			  cases[i].want);
		entry_close(&entry);
		buf_release(&text);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- torn ---- */

static void
check_torn(const struct spool *spool, const struct entry_name *name, size_t whole)
{
	struct arena arena = { 0 };
	const char *file = lair_file(&arena, spool, PLACE_WAITING, name);
	struct entry entry = entry_of(&arena, spool, name);
	struct buf before = lair_read(file), after;

	unit_same("a look", result_word(entry_open(&entry, ENTRY_LOOK)), "good");
	unit_same("what a look finds", describe_journal(&entry),
		  "w(a) w(a) w(a) 1+0 because a");
	entry_close(&entry);
	after = lair_read(file);
	unit_number("a look leaves it", span_equal(buf_span(&before), buf_span(&after)),
		    true);
	buf_release(&after);
	entry = entry_of(&arena, spool, name);
	unit_same("a claim", result_word(entry_open(&entry, ENTRY_CLAIM)), "good");
	unit_same("what a claim finds", describe_journal(&entry),
		  "w(a) w(a) w(a) 1+0 because a");
	entry_close(&entry);
	after = lair_read(file);
	memset(before.at + whole, JOURNAL_FREE, before.len - whole);
	unit_number("a claim makes room of it",
		    span_equal(buf_span(&before), buf_span(&after)), true);
	buf_release(&after);
	buf_release(&before);
	arena_release(&arena);
}

static void
torn(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "torn");
	struct entry_name name = keep_three(&arena, &spool);
	const char *file = lair_file(&arena, &spool, PLACE_WAITING, &name);
	struct buf text = read_records(file);
	size_t whole, end;

	(void)state;
	record_add(&text, "start", SPAN("1 1700000000000"));
	record_add(&text, "defer", SPAN("2 1700000000000 * a"));
	whole = text.len;
	record_add(&text, "done", SPAN("3 1700000000000"));
	end = text.len;
	for (size_t left = whole + 1; left < end; left++) {
		lair_write(file, span_part(buf_span(&text), 0, left));
		check_torn(&spool, &name, whole);
	}
	/* The same where it had room. */
	memset(buf_reserve(&text, 100), JOURNAL_FREE, 100);
	text.len += 100;
	for (size_t left = end - 2; left >= whole; left--) {
		text.at[left] = JOURNAL_FREE;
		lair_write(file, buf_span(&text));
		check_torn(&spool, &name, whole);
	}
	/* A file that had grown before its octets were there. */
	memset(text.at + whole, 0, text.len - whole);
	lair_write(file, buf_span(&text));
	check_torn(&spool, &name, whole);
	buf_release(&text);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- room ---- */

/* What becomes of a message that leaves at the first attempt fits into its file, so that
 * neither a full disk nor the file's length has to do with it. */
static void
room_for_one_attempt(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "room");
	struct entry_name name = keep_three(&arena, &spool);
	struct entry entry = entry_of(&arena, &spool, &name);
	struct notes notes = { .entry = &entry };
	struct error err = { .arena = &arena };
	char reply[257];
	uint64_t size;

	(void)state;
	memset(reply, 'x', sizeof(reply) - 1);
	reply[sizeof(reply) - 1] = '\0';
	assert_int_equal(entry_open(&entry, ENTRY_CLAIM), ENTRY_GOOD);
	size = entry.size;
	unit_number("whole pages", (long long)size % 4096, 0);
	unit_number("reserved", journal_reserve(&entry, &err), true);
	note(&notes, "start", "%s", "");
	note(&notes, "dot-sent", "%s", "");
	for (int i = 0; i < 3; i++)
		note(&notes, "rcpt", "%d ok %s", i, reply);
	unit_number("written", notes_write(&notes, true), true);
	unit_number("as long as before", (long long)entry.size, (long long)size);
	entry_close(&entry);
	entry = entry_of(&arena, &spool, &name);
	assert_int_equal(entry_open(&entry, ENTRY_CLAIM), ENTRY_GOOD);
	unit_number("the file, too", (long long)entry.size, (long long)size);
	unit_number("records", entry.records, 5);
	entry_close(&entry);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- damaged ---- */

/* Opens the changed file; when that is called good, it has to say what the whole one
 * said. */
static void
check_changed(const struct spool *spool, const struct entry_name *name, const char *want,
	      size_t at)
{
	struct arena arena = { 0 };
	const char *what = arena_printf(&arena, "octet %zu", at);
	struct entry look = entry_of(&arena, spool, name);
	struct entry claim = entry_of(&arena, spool, name);

	/* A look need not read the content, and must not break down. */
	if (entry_open(&look, ENTRY_LOOK) == ENTRY_GOOD)
		unit_same(what, describe(&arena, &look.key, &look.envelope, &look.facts),
			  want);
	entry_close(&look);
	unit_same(what, result_word(entry_open(&claim, ENTRY_CLAIM)), "damaged");
	entry_close(&claim);
	arena_release(&arena);
}

static void
damaged_anywhere(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x02, 0x10, 0x20, 0x80, 0xff };
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "damaged");
	struct letter letter;
	struct entry_name name;
	const char *file, *want;
	struct buf text;

	(void)state;
	letter_write(&arena, SPAN(LETTER), &letter);
	want = describe(&arena, &letter.key, &letter.envelope, &letter.message.facts);
	name = letter_keep(&arena, &spool, &letter);
	file = lair_file(&arena, &spool, PLACE_WAITING, &name);
	text = read_records(file);
	for (size_t i = 0; i < text.len; i++)
		for (size_t k = 0; k < sizeof(flips); k++) {
			text.at[i] = (char)(text.at[i] ^ flips[k]);
			lair_write(file, buf_span(&text));
			check_changed(&spool, &name, want, i);
			text.at[i] = (char)(text.at[i] ^ flips[k]);
		}
	for (size_t i = 0; i < text.len; i++) {
		lair_write(file, span_part(buf_span(&text), 0, i));
		check_changed(&spool, &name, want, i);
	}
	buf_release(&text);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* A change inside the journal is never taken for an event; only what is one line with the
 * end may be lost, as if it had been torn. */
static void
damaged_journal(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "damaged");
	struct entry_name name = keep_three(&arena, &spool);
	const char *file = lair_file(&arena, &spool, PLACE_WAITING, &name);
	struct buf text = read_records(file);
	size_t start = text.len, last;

	(void)state;
	record_add(&text, "rcpt", SPAN("1 1700000000000 0 ok x"));
	last = text.len;
	record_add(&text, "rcpt", SPAN("2 1700000000000 1 ok y"));
	for (size_t i = start; i < text.len; i++) {
		struct arena own = { 0 };
		struct entry entry = entry_of(&own, &spool, &name);
		const char *what = arena_printf(&own, "octet %zu", i - start), *got;

		text.at[i] = (char)(text.at[i] ^ 1);
		lair_write(file, buf_span(&text));
		text.at[i] = (char)(text.at[i] ^ 1);
		got = result_word(entry_open(&entry, ENTRY_CLAIM));
		unit_same(what, got, "good");
		/* Without the line end of the first, both are a torn end. */
		unit_same(what, describe_journal(&entry),
			  i < last - 1	  ? "w() h(y) w() 0+0 doubt"
			  : i == last - 1 ? "w() w() w() 0+0"
					  : "h(x) w() w() 0+0");
		entry_close(&entry);
		arena_release(&own);
	}
	buf_release(&text);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* The name is a part of it. */
static void
another_name(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "damaged");
	struct entry_name name = keep_three(&arena, &spool), other = name;
	struct entry entry;

	(void)state;
	other.size++;
	assert_true(spool_rename(&spool, PLACE_WAITING, &name, &other));
	entry = entry_of(&arena, &spool, &other);
	unit_same("another size", result_word(entry_open(&entry, ENTRY_LOOK)), "damaged");
	entry_close(&entry);
	name = other;
	other.size--;
	other.id[0] = other.id[0] == 'A' ? 'B' : 'A';
	assert_true(spool_rename(&spool, PLACE_WAITING, &name, &other));
	entry = entry_of(&arena, &spool, &other);
	unit_same("another ID", result_word(entry_open(&entry, ENTRY_LOOK)), "damaged");
	entry_close(&entry);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- no file, or none of ours ---- */

static void
make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
make_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void
make_link(const char *path)
{
	assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void
make_empty(const char *path)
{
	lair_write(path, SPAN(""));
}

static void
make_foreign(const char *path)
{
	make_empty(path);
	if (getuid() == 0)
		assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
}

static void
make_nothing(const char *path)
{
	(void)path;
}

static void
strange_files(void **state)
{
	static const struct {
		const char *name;
		void (*make)(const char *path);
		const char *want;
	} cases[] = {
		{ "a folder", make_folder, "damaged" },
		{ "a FIFO", make_fifo, "damaged" },
		{ "a link", make_link, "damaged" },
		{ "an empty file", make_empty, "damaged" },
		{ "somebody else's", make_foreign, "damaged" },
		{ "nothing", make_nothing, "gone" },
	};
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "strange");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct entry_name name = { .tag = "01234567", .size = 5 };
		struct entry entry;

		id_make(name.id);
		cases[i].make(lair_file(&arena, &spool, PLACE_WAITING, &name));
		entry = entry_of(&arena, &spool, &name);
		unit_same(cases[i].name, result_word(entry_open(&entry, ENTRY_LOOK)),
			  cases[i].want);
		entry_close(&entry);
		entry = entry_of(&arena, &spool, &name);
		unit_same(cases[i].name, result_word(entry_open(&entry, ENTRY_CLAIM)),
			  cases[i].want);
		entry_close(&entry);
	}
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

static void
busy_and_gone(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool = lair_spool(&arena, "busy");
	struct entry_name name = keep_three(&arena, &spool);
	struct entry first = entry_of(&arena, &spool, &name), second = first;

	(void)state;
	unit_same("claimed", result_word(entry_open(&first, ENTRY_CLAIM)), "good");
	unit_same("by one only", result_word(entry_open(&second, ENTRY_CLAIM)), "busy");
	entry_close(&second);
	second = entry_of(&arena, &spool, &name);
	unit_same("a look", result_word(entry_open(&second, ENTRY_LOOK)), "good");
	entry_close(&second);
	assert_true(spool_move(&spool, &name, PLACE_WAITING, PLACE_HELD, &err));
	second = entry_of(&arena, &spool, &name);
	unit_same("moved", result_word(entry_open(&second, ENTRY_CLAIM)), "gone");
	entry_close(&second);
	second = (struct entry){ .arena = &arena, .spool = &spool, .fd = -1 };
	memcpy(second.name.id, name.id, sizeof(name.id));
	unit_number("found", entry_find(&second), true);
	unit_number("where", second.place, PLACE_HELD);
	entry_close(&first);
	unit_same("given back", result_word(entry_open(&second, ENTRY_CLAIM)), "good");
	assert_true(spool_remove(&spool, PLACE_HELD, &name, false));
	entry_close(&second);
	unit_number("removed", entry_find(&second), false);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* Somebody has removed the whole queue. */
static void
folder_is_gone(void **state)
{
	struct arena arena = { 0 };
	struct spool spool = lair_spool(&arena, "folder");
	struct entry_name name = keep_three(&arena, &spool);
	const char *file = lair_file(&arena, &spool, PLACE_WAITING, &name);
	struct entry entry = entry_of(&arena, &spool, &name);

	(void)state;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(arena_printf(&arena, "%s/msg/%s", spool.path,
					    name.id + ID_DIGITS - 2)),
			 0);
	unit_same("gone", result_word(entry_open(&entry, ENTRY_CLAIM)), "gone");
	entry_close(&entry);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

/* ---- not kept ---- */

/* What could not be kept leaves nothing. */
static void
nothing_is_left(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct spool spool = lair_spool(&arena, "left");
	struct letter letter;
	struct entry_name found;
	char id[ID_DIGITS + 1] = "";

	(void)state;
	letter_write(&arena, SPAN(LETTER), &letter);
	letter.parcel.id = "0192F0A1B2C3AABBCCDDEEFF";
	assert_int_equal(unlinkat(spool.fd, "msg/FF", AT_REMOVEDIR), 0);
	lair_write(arena_printf(&arena, "%s/msg/FF", spool.path), SPAN("no folder"));
	unit_number("not kept", keep_message(&spool, &letter.parcel, id, &err), false);
	unit_same("why", fault_word(err.fault), "cannot-create");
	unit_same("no name", id, "");
	unit_number("nothing in tmp/",
		    faccessat(spool.fd, "tmp/0192F0A1B2C3AABBCCDDEEFF", F_OK, 0), -1);
	/* A folder that is missing is made. */
	assert_int_equal(unlinkat(spool.fd, "msg/FF", 0), 0);
	/* What an ended process has left under that name is in nobody's way. */
	lair_write(arena_printf(&arena, "%s/tmp/%s", spool.path, letter.parcel.id),
		   SPAN("half a mess"));
	error_clear(&err);
	unit_number("kept", keep_message(&spool, &letter.parcel, id, &err), true);
	unit_same("its name", id, letter.parcel.id);
	unit_number("not twice", keep_message(&spool, &letter.parcel, id, &err), false);
	unit_number("it is still there", spool_find(&spool, PLACE_WAITING, id, &found),
		    true);
	message_release(&letter.message);
	spool_close(&spool);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field),
		cmocka_unit_test(no_field),
		cmocka_unit_test(history),
		cmocka_unit_test(content),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(large_header),
		cmocka_unit_test(journal),
		cmocka_unit_test(account_and_lifetime),
		cmocka_unit_test(journal_of_others),
		cmocka_unit_test(torn),
		cmocka_unit_test(room_for_one_attempt),
		cmocka_unit_test(damaged_anywhere),
		cmocka_unit_test(damaged_journal),
		cmocka_unit_test(another_name),
		cmocka_unit_test(strange_files),
		cmocka_unit_test(busy_and_gone),
		cmocka_unit_test(folder_is_gone),
		cmocka_unit_test(nothing_is_left),
	};

	return cmocka_run_group_tests_name("entry", tests, lair_make, lair_remove);
}
