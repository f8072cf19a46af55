/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes delivery status notifications. */
#include "queue/notice.h"

#include "base/file.h"
#include "net/digest.h"
#include "queue/keep.h"
#include "smtp/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER_SHOWN = 64 * 1024, /* octets of the header that are returned */
	REASON_SHOWN = 900	  /* octets of a reply: a line has 998 at most */
};

bool
notice_is_due(const struct entry *entry)
{
	const char *notify = entry->envelope.options.notify;

	return *entry->envelope.sender && !entry->about &&
	       (!notify || strstr(notify, "FAILURE"));
}

/* ---- which ---- */

static bool
is_subject(const struct entry *entry, size_t i)
{
	const struct recipient *recipient = &entry->recipients[i];

	return !recipient->noticed &&
	       recipient->state == (entry->held ? RECIPIENT_WAITS : RECIPIENT_REFUSED);
}

static const char *
event_name(const struct entry *entry)
{
	size_t first = 0;

	if (entry->held)
		return arena_printf(entry->arena, "%s held %u", entry->name.id,
				    entry->attempts);
	while (first < entry->envelope.count && !is_subject(entry, first))
		first++;
	return arena_printf(entry->arena, "%s refused %zu", entry->name.id, first);
}

/* The time of the message, and twelve digits that depend on it and on the event. */
static void
notice_id(const struct entry *entry, char id[ID_DIGITS + 1])
{
	char hex[DIGEST_HEX + 1];

	digest_hex(span_of(event_name(entry)), hex);
	memcpy(id, entry->name.id, ID_DIGITS / 2);
	for (size_t i = ID_DIGITS / 2; i < ID_DIGITS; i++)
		id[i] = hex[i] >= 'a' ? (char)(hex[i] - 'a' + 'A') : hex[i];
	id[ID_DIGITS] = '\0';
}

bool
notice_must_wait(const struct entry *entry)
{
	struct entry subject = {
		.arena = entry->arena,
		.spool = entry->spool,
		.place = PLACE_WAITING,
		.fd = -1,
	};
	bool wait;

	if (!entry->about)
		return false;
	while (subject.place < PLACE_FAILED &&
	       !spool_find(entry->spool, subject.place, entry->about, &subject.name))
		subject.place++;
	if (subject.place == PLACE_FAILED)
		return false;
	wait = entry_open(&subject, ENTRY_LOOK) == ENTRY_GOOD &&
	       entry_count(&subject, RECIPIENT_REFUSED, true) > 0;
	entry_close(&subject);
	return wait;
}

/* ---- its text ---- */

static void
add_time(struct buf *out, const char *field, int64_t ms)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t when = (time_t)(ms / 1000);
	struct tm utc;

	if (!gmtime_r(&when, &utc))
		return;
	buf_printf(out, "%s: %s, %d %s %d %02d:%02d:%02d +0000\r\n", field,
		   days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
		   utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* As much of what a server says as fits into a line; "queue show" has all of it. */
static struct span
reason(const struct recipient *recipient)
{
	struct span text = span_part(span_of(recipient->text), 0, REASON_SHOWN);

	/* Not within a character. */
	while (!is_utf8(text))
		text.len--;
	return text;
}

static bool
read_reply(struct arena *arena, struct span text, const char *code, struct reply *reply)
{
	const char *line = arena_printf(arena, "%s%.*s\n", code, (int)text.len, text.at);
	size_t used;

	*reply = (struct reply){ 0 };
	return reply_parse(arena, span_of(line), reply, &used) == REPLY_COMPLETE;
}

static void
add_recipient(const struct entry *entry, size_t i, struct buf *out)
{
	struct span text = reason(&entry->recipients[i]);
	const char *to = entry->envelope.to[i];
	struct reply reply;
	bool said = read_reply(entry->arena, text, "", &reply);

	/* Of those who decide here, expire_entry has a status for it. */
	if (!said && !read_reply(entry->arena, text, "400 ", &reply))
		reply = (struct reply){ 0 };
	buf_printf(out, "\r\nFinal-Recipient: %s; %s\r\nAction: failed\r\nStatus: ",
		   is_ascii(span_of(to)) ? "rfc822" : "utf-8", to);
	buf_add_span(out, reply.enhanced.len ? reply.enhanced : SPAN("5.0.0"));
	buf_add_string(out, "\r\n");
	if (text.len)
		buf_printf(out, "Diagnostic-Code: %s; %.*s\r\n",
			   said ? "smtp" : "X-postrider", (int)text.len, text.at);
}

static void
add_people(const struct entry *entry, struct buf *out)
{
	for (size_t i = 0; i < entry->envelope.count; i++) {
		if (!is_subject(entry, i))
			continue;
		buf_printf(out, "  %s\r\n      ", entry->envelope.to[i]);
		buf_add_span(out, reason(&entry->recipients[i]));
		buf_add_string(out, "\r\n");
	}
}

static const char *
sender_domain(const struct entry *entry)
{
	const char *domain = address_domain(entry->envelope.sender);

	return domain ? domain : "localhost.localdomain";
}

static void
add_status(const struct entry *entry, struct buf *out)
{
	buf_printf(out, "Reporting-MTA: dns; %s\r\n", sender_domain(entry));
	if (entry->envelope.options.envid)
		buf_printf(out, "Original-Envelope-Id: %s\r\n",
			   entry->envelope.options.envid);
	add_time(out, "Arrival-Date", entry->arrival);
	for (size_t i = 0; i < entry->envelope.count; i++)
		if (is_subject(entry, i))
			add_recipient(entry, i, out);
}

/* One part, and the type that it has with octets beyond ASCII (RFC 6533). */
struct part {
	struct buf text;
	const char *type, *global_type;
};

enum { PARTS = 3 };

static bool
is_plain(const struct part *part)
{
	return is_ascii(buf_span(&part->text));
}

/* RFC 2045 6.4: what is said of a multipart holds for all of its parts. */
static const char *
encoding(bool plain)
{
	return plain ? "" : "Content-Transfer-Encoding: 8bit\r\n";
}

static void
add_for_people(const struct entry *entry, struct buf *out)
{
	buf_add_string(
		out,
		"This is postrider, the mail program of your host.\r\n\r\nYour message "
		"could not be delivered to:\r\n\r\n");
	add_people(entry, out);
	buf_printf(out,
		   "\r\nIt is %s. \"postrider queue show %s\" shows it, and\r\n"
		   "\"postrider queue %s %s\" sends it again.\r\n",
		   entry->held ? "held" : "kept for 14 days", entry->name.id,
		   entry->held ? "release" : "retry", entry->name.id);
}

static void
add_parts(const struct part parts[PARTS], const char *boundary, struct buf *out)
{
	for (size_t i = 0; i < PARTS; i++) {
		bool plain = is_plain(&parts[i]);

		buf_printf(out, "\r\n--%s\r\nContent-Type: %s\r\n%s\r\n", boundary,
			   plain ? parts[i].type : parts[i].global_type, encoding(plain));
		buf_add_span(out, buf_span(&parts[i].text));
	}
	buf_printf(out, "\r\n--%s--\r\n", boundary);
}

static void
write_text(const struct entry *entry, struct span header, struct buf *out)
{
	const char *boundary = arena_printf(entry->arena, "=_%s", entry->name.id);
	struct part parts[PARTS] = {
		{ .type = "text/plain; charset=utf-8",
		  .global_type = "text/plain; charset=utf-8" },
		{ .type = "message/delivery-status",
		  .global_type = "message/global-delivery-status" },
		{ .type = "text/rfc822-headers",
		  .global_type = "message/global-headers" },
	};
	bool plain = true;

	add_for_people(entry, &parts[0].text);
	add_status(entry, &parts[1].text);
	buf_add_span(&parts[2].text, span_part(header, 0, HEADER_SHOWN));
	for (size_t i = 0; i < PARTS; i++)
		plain = plain && is_plain(&parts[i]);
	buf_printf(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\r\n",
		   sender_domain(entry));
	buf_printf(out, "To: %s\r\n", entry->envelope.sender);
	buf_add_string(out, "Subject: Undelivered mail returned to sender\r\n"
			    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n");
	buf_printf(out,
		   "Content-Type: multipart/report; report-type=delivery-status;\r\n"
		   " boundary=\"%s\"\r\n%s\r\nThis is a MIME message.\r\n",
		   boundary, encoding(plain));
	add_parts(parts, boundary, out);
	for (size_t i = 0; i < PARTS; i++)
		buf_release(&parts[i].text);
}

/* ---- kept ---- */

/* The text as a message like any other. */
static bool
read_text(struct arena *arena, const struct buf *text, struct message *message,
	  struct error *err)
{
	CLEANUP(close_file) int fd = memfd_create("notice", MFD_CLOEXEC);

	if (fd < 0 || !write_all(fd, text->at, text->len) || lseek(fd, 0, SEEK_SET) != 0)
		return fail_errno(err, FAULT_SYSTEM, _("A notice cannot be written"));
	return message_read(arena, fd, false, message, err);
}

static bool
keep_text(const struct entry *entry, const struct message *message, int64_t lifetime,
	  struct error *err)
{
	const struct header_policy policy = { .from = ADD_NEVER, .to = TO_OFF };
	const struct origin_facts origin = {
		.from = entry->envelope.sender,
		.id_domain = sender_domain(entry),
	};
	const char *to = entry->envelope.sender;
	struct envelope envelope = { .sender = "", .to = &to, .count = 1 };
	char id[ID_DIGITS + 1], made[ID_DIGITS + 1];
	struct entry_name there;
	struct composed composed;
	struct parcel parcel;

	envelope_decide_needs(&envelope, message);
	composed = compose(entry->arena, message, &policy, &origin, &envelope);
	notice_id(entry, id);
	parcel = (struct parcel){
		.id = id,
		.key = &entry->key,
		.envelope = &envelope,
		.composed = &composed,
		.facts = &message->facts,
		.about = entry->name.id,
		.lifetime = lifetime,
	};
	for (enum place place = PLACE_WAITING; place < PLACE_CORRUPT; place++)
		if (spool_find(entry->spool, place, id, &there))
			return true;
	return keep_message(entry->spool, &parcel, made, err);
}

bool
notice_keep(const struct entry *entry, int64_t lifetime, struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	struct message original = { .body.fd = -1 }, message = { .body.fd = -1 };
	struct composed composed;
	bool ok = entry_message(entry, &original, &composed, err);

	if (ok)
		write_text(entry, original.header, &text);
	buf_release(&original.text);
	ok = ok && read_text(entry->arena, &text, &message, err) &&
	     keep_text(entry, &message, lifetime, err);
	message_release(&message);
	return ok;
}
