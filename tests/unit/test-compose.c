/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Missing fields are added, those that must not go are left out, all others stay as
 * they are. */
#include "base/file.h"
#include "mail/compose.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const recipients[] = { "b@x.org", "c@x.org" };

/* A new Date shows as <now>, a new Message-ID as <new>. ORIGIN: 0 has a name, 1 has
 * none. */
#define FROM "From: Ann Doe <ann@x.org>\r\n"
#define TO "To: undisclosed-recipients:;\r\n"
#define DATE "Date: <now>\r\n"
#define ID "Message-ID: <new>\r\n"
#define RESENT_FROM "Resent-From: Ann Doe <ann@x.org>\r\n"
#define RESENT_DATE "Resent-Date: <now>\r\n"
#define RESENT_ID "Resent-Message-ID: <new>\r\n"
/* The fields that must be there, which are kept. */
#define KEPT "From: f\r\nDate: d\r\nMessage-ID: m\r\n"

static const struct {
	const char *name;
	const char *header;
	struct header_policy policy;
	const char *want;
} cases[] = {
	/* what every message has */
	{ "complete",
	  KEPT "To: t\r\nX: y\r\n",
	  { .remove_bcc = true },
	  KEPT "To: t\r\nX: y\r\n" },
	{ "no header", "", { .remove_bcc = true }, FROM TO DATE ID },
	{ "new fields are on top, in order",
	  "Subject: s\r\n",
	  { .remove_bcc = true },
	  FROM TO DATE ID "Subject: s\r\n" },
	{ "no From",
	  "To: t\r\nDate: d\r\nMessage-ID: m\r\n",
	  { .remove_bcc = true },
	  FROM "To: t\r\nDate: d\r\nMessage-ID: m\r\n" },
	{ "no Date",
	  "To: t\r\nFrom: f\r\nMessage-ID: m\r\n",
	  { .remove_bcc = true },
	  DATE "To: t\r\nFrom: f\r\nMessage-ID: m\r\n" },
	{ "no Message-ID",
	  "To: t\r\nFrom: f\r\nDate: d\r\n",
	  { .remove_bcc = true },
	  ID "To: t\r\nFrom: f\r\nDate: d\r\n" },
	{ "empty ones are replaced",
	  "From:\r\nTo: t\r\nDate: \r\nX: y\r\nMessage-ID:\r\n \t\r\n",
	  { .remove_bcc = true },
	  FROM DATE ID "To: t\r\nX: y\r\n" },
	{ "an empty one besides a full one stays",
	  "To: t\r\nFrom:\r\n" KEPT,
	  { .remove_bcc = true },
	  "To: t\r\nFrom:\r\n" KEPT },
	{ "any case, blanks before the colon",
	  "TO : t\r\nfrom: f\r\nDATE\t: d\r\nmessage-id: m\r\n",
	  { .remove_bcc = true },
	  "TO : t\r\nfrom: f\r\nDATE\t: d\r\nmessage-id: m\r\n" },
	{ "folds and blanks stay",
	  KEPT "To:  t ,\r\n\tu  \r\nSubject:\r\n  s \r\n",
	  { .remove_bcc = true },
	  KEPT "To:  t ,\r\n\tu  \r\nSubject:\r\n  s \r\n" },
	{ "never",
	  "Subject: s\r\n",
	  { ADD_NEVER, ADD_NEVER, ADD_NEVER, TO_OFF, true, false },
	  "Subject: s\r\n" },
	{ "never, and empty ones stay",
	  "From:\r\nTo:\r\nDate:\r\nMessage-ID:\r\n",
	  { ADD_NEVER, ADD_NEVER, ADD_NEVER, TO_OFF, true, false },
	  "From:\r\nTo:\r\nDate:\r\nMessage-ID:\r\n" },
	{ "From is always replaced",
	  "From: f\r\nTo: t\r\nDate: d\r\nMessage-ID: m\r\nfrom: g\r\n",
	  { .from = ADD_ALWAYS, .remove_bcc = true },
	  FROM "To: t\r\nDate: d\r\nMessage-ID: m\r\n" },

	/* what does not go out */
	{ "Bcc",
	  KEPT "To: t\r\nBcc: b,\r\n c\r\nX: y\r\nBcc : d\r\nBCC:\r\n e\r\n",
	  { .remove_bcc = true },
	  KEPT "To: t\r\nX: y\r\n" },
	{ "Resent-Bcc and Bcc",
	  "Resent-From: r\r\nResent-Date: d\r\nResent-Message-ID: m\r\nResent-To: t\r\n"
	  "Resent-Bcc: b\r\n" KEPT "Bcc: c\r\n",
	  { .remove_bcc = true },
	  "Resent-From: r\r\nResent-Date: d\r\nResent-Message-ID: m\r\nResent-To: t\r\n" KEPT },
	{ "Bcc stays when asked",
	  KEPT "Bcc: b\r\n",
	  { .remove_bcc = false },
	  KEPT "Bcc: b\r\n" },
	{ "Return-Path and others",
	  "Return-Path: <r>\r\n" KEPT "To: t\r\nContent-Length: 5\r\nFull-Name: n\r\n"
	  "Apparently-To: a\r\nStatus: RO\r\n",
	  { .remove_bcc = false },
	  KEPT "To: t\r\nStatus: RO\r\n" },
	{ "names that only begin so stay",
	  KEPT "To: t\r\nBcc-X: b\r\nBc: b\r\n",
	  { .remove_bcc = true },
	  KEPT "To: t\r\nBcc-X: b\r\nBc: b\r\n" },

	/* To */
	{ "To: none visible but Bcc",
	  KEPT "Bcc: b\r\n",
	  { .remove_bcc = true },
	  TO KEPT },
	{ "To: Cc is enough",
	  KEPT "Cc: c\r\n",
	  { .remove_bcc = true },
	  KEPT "Cc: c\r\n" },
	{ "To: empty, with Cc",
	  KEPT "To:\r\nCc: c\r\n",
	  { .remove_bcc = true },
	  KEPT "To:\r\nCc: c\r\n" },
	{ "To: empty, Cc too", KEPT "To:\r\nCc: \r\n", { .remove_bcc = true }, TO KEPT },
	{ "To: an empty group is enough",
	  KEPT "To: x:;\r\n",
	  { .remove_bcc = true },
	  KEPT "To: x:;\r\n" },
	{ "To: off", KEPT, { .to = TO_OFF, .remove_bcc = true }, KEPT },
	{ "To: all recipients",
	  KEPT "To: t\r\nCc: c\r\nBcc: b\r\n",
	  { .to = TO_RECIPIENTS, .remove_bcc = false },
	  "To: b@x.org, c@x.org\r\n" KEPT },
	{ "To: always undisclosed",
	  KEPT "To: t\r\nCc: c\r\nBcc: b\r\n",
	  { .to = TO_UNDISCLOSED, .remove_bcc = true },
	  TO KEPT },

	/* sent again */
	{ "resent: only a recipient",
	  "Resent-To: r\r\n" KEPT "To: t\r\n",
	  { .remove_bcc = true },
	  RESENT_FROM RESENT_DATE RESENT_ID "Resent-To: r\r\n" KEPT "To: t\r\n" },
	{ "resent: only Resent-Bcc",
	  "Resent-Bcc: r\r\n" KEPT "To: t\r\n",
	  { .remove_bcc = true },
	  RESENT_FROM RESENT_DATE RESENT_ID KEPT "To: t\r\n" },
	{ "resent: some are there, one is empty",
	  "Resent-From:\r\nResent-Date: d\r\nResent-To: r\r\n" KEPT,
	  { .remove_bcc = true },
	  RESENT_FROM RESENT_ID "Resent-Date: d\r\nResent-To: r\r\n" KEPT },
	{ "resent: plain ones are added when they are missing",
	  "Resent-From: r\r\nFrom: f\r\nTo: t\r\n",
	  { .remove_bcc = true },
	  RESENT_DATE RESENT_ID DATE ID "Resent-From: r\r\nFrom: f\r\nTo: t\r\n" },
	{ "resent: a date alone says nothing",
	  "Resent-Date: r\r\n" KEPT "To: t\r\n",
	  { .remove_bcc = true },
	  "Resent-Date: r\r\n" KEPT "To: t\r\n" },
	{ "resent: Resent-To is visible",
	  "Resent-To: r\r\nResent-From: a\r\n"
	  "Resent-Date: d\r\nResent-Message-ID: m\r\n" KEPT,
	  { .remove_bcc = true },
	  "Resent-To: r\r\nResent-From: a\r\nResent-Date: d\r\nResent-Message-ID: m\r\n" KEPT },
	{ "resent: always From does not touch the author's",
	  "Resent-From: r\r\nResent-To: r\r\nResent-Date: d\r\nResent-Message-ID: m\r\n" KEPT,
	  { .from = ADD_ALWAYS, .remove_bcc = true },
	  RESENT_FROM "Resent-To: r\r\nResent-Date: d\r\nResent-Message-ID: m\r\n" KEPT },
	{ "resent: never",
	  "Resent-To: r\r\n" KEPT,
	  { ADD_NEVER, ADD_NEVER, ADD_NEVER, TO_AUTO, true, false },
	  "Resent-To: r\r\n" KEPT },
};

/* ---- one composition ---- */

struct setting {
	const char *full_name, *from;
	const char *const *to;
	size_t to_count;
};

static const struct setting usual = { "Ann Doe", "ann@x.org", recipients,
				      COUNT(recipients) };

/* The new fields, in a shape that does not change from run to run. */
static const char *
steady(struct arena *arena, const char *header)
{
	static const struct {
		const char *pattern, *shown;
	} changing[] = {
		{ "Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2} "
		  "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20[0-9]{2} "
		  "[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}\r",
		  "Date: <now>\r" },
		{ "Message-ID: <[0-9a-f]{8,}\\.[0-9a-f]{5}\\.[0-9a-f]{16}@mail\\.x\\.org>\r",
		  "Message-ID: <new>\r" },
	};

	for (size_t i = 0; i < COUNT(changing); i++) {
		regmatch_t found;
		regex_t regex;

		assert_int_equal(regcomp(&regex, changing[i].pattern, REG_EXTENDED), 0);
		while (regexec(&regex, header, 1, &found, 0) == 0)
			header = arena_printf(arena, "%.*s%s%s", (int)found.rm_so, header,
					      changing[i].shown, header + found.rm_eo);
		regfree(&regex);
	}
	return header;
}

static struct message
message_of(struct arena *arena, const char *header)
{
	struct error err = { .arena = arena };
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct message message;

	assert_true(write_all(fd, header, strlen(header)));
	assert_true(write_all(fd, "\nbody\n", 6));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(message_read(arena, fd, false, &message, &err));
	close(fd);
	return message;
}

/* The pieces together, without the empty line, which must be there. */
static const char *
joined(struct arena *arena, const struct composed *composed)
{
	struct buf out = { 0 };
	const char *text;

	for (size_t i = 0; i < composed->count; i++)
		buf_add_span(&out, composed->pieces[i]);
	assert_int_equal(out.len, composed->size);
	assert_true(out.len >= 2);
	assert_string_equal(out.at + out.len - 2, "\r\n");
	text = arena_copy(arena, out.at, out.len - 2);
	buf_release(&out);
	return text;
}

/* What the system says, and how often it was asked. */
static const char *known;
static unsigned asked;

static const char *
system_name(struct arena *arena)
{
	(void)arena;
	asked++;
	return known;
}

static const char *
composed_text(struct arena *arena, const char *header, const struct header_policy *policy,
	      const struct setting *setting)
{
	struct message message = message_of(arena, header);
	const char **to = arena_array(arena, const char *, setting->to_count);
	struct envelope envelope = { .sender = "ann@x.org",
				     .to = to,
				     .count = setting->to_count };
	const struct origin_facts origin = { .full_name = setting->full_name,
					     .real_name = system_name,
					     .from = setting->from,
					     .id_domain = "mail.x.org" };
	struct composed composed;
	const char *text;

	for (size_t i = 0; i < setting->to_count; i++)
		to[i] = setting->to[i];
	composed = compose(arena, &message, policy, &origin, &envelope);
	assert_ptr_equal(composed.body, &message.body);
	text = joined(arena, &composed);
	message_release(&message);
	return text;
}

static unsigned
check(struct arena *arena, const char *name, const char *got, const char *want)
{
	if (strcmp(got, want) == 0) {
		printf("ok - %s\n", name);
		return 0;
	}
	printf("not ok - %s: got \"%s\", want \"%s\"\n", name,
	       clean_text(arena, span_of(got)), clean_text(arena, span_of(want)));
	return 1;
}

static void
test_cases(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena = { 0 };
		const char *got =
			composed_text(&arena, cases[i].header, &cases[i].policy, &usual);

		failed +=
			check(&arena, cases[i].name, steady(&arena, got), cases[i].want);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* ---- From and To ---- */

static const struct {
	const char *name, *header;
	struct setting setting;
	const char *want; /* of From or To, with the name */
} senders[] = {
	{ "sender: no name", "", { NULL, "a@x.org", NULL, 0 }, "From: a@x.org\r\n" },
	{ "sender: empty name", "", { "", "a@x.org", NULL, 0 }, "From: a@x.org\r\n" },
	{ "sender: name with specials",
	  "",
	  { "Doe, \"J\" \\", "a@x.org", NULL, 0 },
	  "From: \"Doe, \\\"J\\\" \\\\\" <a@x.org>\r\n" },
	{ "sender: name beyond ASCII",
	  "",
	  { "J\303\266rg M", "a@x.org", NULL, 0 },
	  "From: =?UTF-8?Q?J=C3=B6rg?= M <a@x.org>\r\n" },
	{ "sender: no line end gets in",
	  "",
	  { "a\r\nBcc: b", "a@x.org", NULL, 0 },
	  "From: \"aBcc: b\" <a@x.org>\r\n" },
	{ "sender: Full-Name",
	  "Full-Name:\r\n Ann\r\n Doe\r\n",
	  { NULL, "a@x.org", NULL, 0 },
	  "From: Ann Doe <a@x.org>\r\n" },
	{ "sender: the caller's name goes first",
	  "Full-Name: Ann\r\n",
	  { "Bob", "a@x.org", NULL, 0 },
	  "From: Bob <a@x.org>\r\n" },
	{ "sender: a long name of atoms is folded",
	  "",
	  { "Aaaaaaaaaaaaaaaaaaaa Bbbbbbbbbbbbbbbbbbbb Cccccccccccccccccccc "
	    "Dddddddddddddddddddd",
	    "a@x.org", NULL, 0 },
	  "From: Aaaaaaaaaaaaaaaaaaaa Bbbbbbbbbbbbbbbbbbbb Cccccccccccccccccccc\r\n"
	  " Dddddddddddddddddddd <a@x.org>\r\n" },
	{ "sender: a long quoted name is folded",
	  "",
	  { "Aaaaaaaaaaaaaaaaaaaa, Bbbbbbbbbbbbbbbbbbbb, Cccccccccccccccccccc, "
	    "Dddddddddddddddddddd, Eeeee",
	    "a@x.org", NULL, 0 },
	  "From: \"Aaaaaaaaaaaaaaaaaaaa, Bbbbbbbbbbbbbbbbbbbb, Cccccccccccccccccccc,\r\n"
	  " Dddddddddddddddddddd, Eeeee\" <a@x.org>\r\n" },
	{ "sender: a short quoted name is not folded inside",
	  "",
	  { "Aaaaaaaaaaaaaaaaaaaa, Bbbbbbbbbbbbbbbbbbbb",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaa@x.org", NULL, 0 },
	  "From: \"Aaaaaaaaaaaaaaaaaaaa, Bbbbbbbbbbbbbbbbbbbb\"\r\n"
	  " <aaaaaaaaaaaaaaaaaaaaaaaaaaa@x.org>\r\n" },
	{ "sender: a long name beyond ASCII is folded",
	  "",
	  { "\344\273\266\345\220\215\344\273\266\345\220\215\344\273\266\345\220\215"
	    "\344\273\266\345\220\215\344\273\266\345\220\215\344\273\266\345\220\215",
	    "aaaaaaaaaaaaaaaa@x.org", NULL, 0 },
	  "From: =?UTF-8?B?5Lu25ZCN5Lu25ZCN5Lu25ZCN5Lu25ZCN5Lu25ZCN5Lu25ZCN?=\r\n"
	  " <aaaaaaaaaaaaaaaa@x.org>\r\n" },
};

static void
test_senders(void **state)
{
	const struct header_policy policy = { ADD_AUTO, ADD_NEVER, ADD_NEVER,
					      TO_OFF,	true,	   false };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(senders); i++) {
		struct arena arena = { 0 };
		const char *got = composed_text(&arena, senders[i].header, &policy,
						&senders[i].setting);

		failed += check(&arena, senders[i].name, got, senders[i].want);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* No line of To passes 78 octets, and nobody is lost. */
static void
test_many_recipients(void **state)
{
	enum { MANY = 3000 };
	const struct header_policy policy = { ADD_NEVER,     ADD_NEVER, ADD_NEVER,
					      TO_RECIPIENTS, true,	false };
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	const char **to = arena_array(&arena, const char *, MANY);
	struct setting setting = { NULL, "a@x.org", to, MANY };
	struct address_list list;
	struct span rest;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		to[i] = arena_printf(&arena, i % 7 ? "user%zu@x.org" : "\"u, %zu\"@x.org",
				     i);
	rest = span_of(composed_text(&arena, "", &policy, &setting));
	assert_true(address_list_parse(&arena, span_trim(span_part(rest, 3, rest.len)),
				       &list, &err));
	assert_int_equal(list.count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		const char *address;

		assert_true(
			address_envelope(&arena, &list.items[i], NULL, &address, &err));
		assert_string_equal(address, to[i]);
	}
	while (rest.len) {
		size_t lf = span_find(rest, '\n'), quotes = 0;

		for (size_t i = 0; i < lf; i++)
			quotes += rest.at[i] == '"';
		assert_true(lf < 80);
		assert_int_equal(quotes % 2, 0);
		rest = span_part(rest, lf + 1, rest.len);
	}
	setting.to_count = 0;
	assert_string_equal(composed_text(&arena, "", &policy, &setting), TO);
	arena_release(&arena);
}

/* ---- Date and Message-ID ---- */

static const struct {
	const char *name, *zone, *want;
} zones[] = {
	{ "zone: UTC", "UTC0", "+0000" },
	{ "zone: east", "ABC-05:45", "+0545" },
	{ "zone: west", "ABC+03:30", "-0330" },
	{ "zone: just west", "ABC+00:30", "-0030" },
	{ "zone: far east", "ABC-14", "+1400" },
	{ "zone: far west", "ABC+12", "-1200" },
};

static void
test_zones(void **state)
{
	const struct header_policy policy = { ADD_NEVER, ADD_AUTO, ADD_NEVER,
					      TO_OFF,	 true,	   false };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		struct arena arena = { 0 };
		time_t before = time(NULL), told;
		struct tm tm = { 0 };
		const char *got, *end;

		setenv("TZ", zones[i].zone, 1);
		tzset();
		got = composed_text(&arena, "", &policy, &usual);
		/* The program runs in the C locale here, so that strptime knows the
		 * names. */
		end = strptime(got, "Date: %a, %d %b %Y %H:%M:%S ", &tm);
		assert_non_null(end);
		tm.tm_isdst = -1;
		told = mktime(&tm);
		assert_true(told >= before && told <= time(NULL));
		failed += check(&arena, zones[i].name, arena_copy(&arena, end, 5),
				zones[i].want);
		arena_release(&arena);
	}
	unsetenv("TZ");
	tzset();
	assert_int_equal(failed, 0);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
test_unique(void **state)
{
	enum { MANY = 2000 };
	const struct header_policy policy = { ADD_NEVER, ADD_NEVER, ADD_AUTO,
					      TO_OFF,	 true,	    false };
	struct arena arena = { 0 };
	const char **ids = arena_array(&arena, const char *, MANY);

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		ids[i] = composed_text(&arena, "", &policy, &usual);
	qsort(ids, MANY, sizeof(*ids), by_text);
	for (size_t i = 1; i < MANY; i++)
		assert_string_not_equal(ids[i - 1], ids[i]);
	arena_release(&arena);
}

/* ---- pieces ---- */

static const struct {
	const char *name, *header;
	const char *want; /* N new, H from the header, E the empty line */
} shapes[] = {
	{ "pieces: untouched", KEPT "To: t\r\n", "HE" },
	{ "pieces: new on top", "To: t\r\nFrom: f\r\n", "NHE" },
	{ "pieces: one left out", KEPT "Bcc: b\r\nTo: t\r\n", "HHE" },
	{ "pieces: neighbours left out", KEPT "Bcc: b\r\nBcc: c\r\nTo: t\r\nX: y\r\n",
	  "HHE" },
	{ "pieces: first and last left out", "Bcc: b\r\n" KEPT "To: t\r\nBcc: b\r\n",
	  "HE" },
	{ "pieces: all left out", "Bcc: b\r\n", "NE" },
	{ "pieces: none", "", "NE" },
};

static void
test_pieces(void **state)
{
	const struct header_policy policy = { .remove_bcc = true };
	const struct origin_facts origin = { .from = "a@x.org", .id_domain = "x.org" };
	const struct envelope envelope = { .sender = "" };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct arena arena = { 0 };
		struct message message = message_of(&arena, shapes[i].header);
		struct composed composed =
			compose(&arena, &message, &policy, &origin, &envelope);
		struct span header = message.header;
		char *got = arena_take(&arena, composed.count + 1);

		for (size_t k = 0; k < composed.count; k++) {
			struct span piece = composed.pieces[k];

			if (header.len && piece.at >= header.at &&
			    piece.at < header.at + header.len)
				got[k] = 'H';
			else
				got[k] = span_equal(piece, SPAN("\r\n")) ? 'E' : 'N';
		}
		failed += check(&arena, shapes[i].name, got, shapes[i].want);
		message_release(&message);
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

/* ---- whom nobody names ---- */

/* The system knows the user's name, but perhaps from a directory that is far away. */
static void
test_real_name(void **state)
{
	static const struct {
		const char *name, *full_name, *header, *want;
		unsigned asked;
	} names[] = {
		{ "the message has a From", NULL, KEPT, "", 0 },
		{ "it has none", NULL, "Subject: s\r\n", "From: Sam <ann@x.org>\r\n", 1 },
		{ "the caller knows", "Ann", "Subject: s\r\n",
		  "From: Ann <ann@x.org>\r\n", 0 },
		{ "the caller wants none", "", "Subject: s\r\n", "From: ann@x.org\r\n",
		  0 },
		{ "the message says", NULL, "Full-Name: Eve\r\n",
		  "From: Eve <ann@x.org>\r\n", 0 },
	};
	const struct header_policy policy = { .date = ADD_NEVER,
					      .message_id = ADD_NEVER,
					      .to = TO_OFF };
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct setting setting = { names[i].full_name, "ann@x.org", NULL,
						 0 };
		struct arena arena = { 0 };
		const char *got;

		known = "Sam";
		asked = 0;
		got = composed_text(&arena, names[i].header, &policy, &setting);
		if (*names[i].want)
			got = arena_copy(&arena, got, strcspn(got, "\n") + 1);
		failed += check(&arena, names[i].name, got,
				*names[i].want ? names[i].want : names[i].header);
		known = NULL;
		failed += check(&arena, "how often it is asked",
				arena_printf(&arena, "%u", asked),
				arena_printf(&arena, "%u", names[i].asked));
		arena_release(&arena);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_many_recipients), cmocka_unit_test(test_zones),
		cmocka_unit_test(test_unique),		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_real_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
