/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packs messages for another process, and unpacks them with distrust. */
#include "queue/handover.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
	LABEL_MAX = 64 * 1024 * 1024, /* 100,000 recipients and more */
	SIZE_MOST = LABEL_MAX + MESSAGE_HEADER_MAX + 2 * BODY_MEMORY_MAX
};

/* ---- packed ---- */

/* Records up to the content, which is the header and a body that is in memory. */
static void
add_head(struct buf *out, const struct delivery *delivery, bool waives_reports)
{
	const struct body *body = delivery->composed->body;
	const struct label label = {
		.envelope = *delivery->envelope,
		.facts = delivery->message->facts,
		.header_size = delivery->composed->size,
	};
	uint64_t size = label.header_size + (body->fd < 0 ? body->size : 0);

	record_add(out, "postrider-handover", SPAN("1"));
	label_add(out, &label);
	if (delivery->partial)
		record_add(out, "partial", SPAN(""));
	if (waives_reports)
		record_add(out, "waives-reports", SPAN(""));
	if (body->fd >= 0)
		record_printf(out, "body", "%" PRIu64 " %" PRIu64, body->start,
			      body->size);
	buf_printf(out, "content %" PRIu64 ":", size);
}

static bool
write_handover(int fd, const struct buf *head, const struct composed *composed)
{
	const struct body *body = composed->body;
	bool ok = write_all(fd, head->at, head->len);

	for (size_t i = 0; ok && i < composed->count; i++)
		ok = write_all(fd, composed->pieces[i].at, composed->pieces[i].len);
	if (ok && body->fd < 0)
		ok = write_all(fd, body->memory.at, body->memory.len);
	return ok && fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0;
}

int
handover_pack(const struct delivery *delivery, bool waives_reports)
{
	CLEANUP(release_buf) struct buf head = { 0 };
	int fd = -1;

	/* What reads somebody else's file has to look whether that was changed. */
	if (!delivery->composed->body->source)
		fd = memfd_create("postrider", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	add_head(&head, delivery, waives_reports);
	if (!write_handover(fd, &head, delivery->composed))
		close_file(&fd);
	return fd;
}

/* ---- unpacked ---- */

/* What is being read. */
struct head {
	struct handover *handover;
	uint64_t body_start, body_size; /* of a body in a file of its own */
	bool versioned, apart;
};

static bool
take_body(struct head *head, struct span text)
{
	if (!span_number(span_word(&text), &head->body_start) ||
	    !span_number(span_word(&text), &head->body_size))
		return false;
	return head->apart = true;
}

static bool
take_record(struct head *head, const struct record_view *record)
{
	struct handover *handover = head->handover;

	switch (label_take(&handover->label, record)) {
	case LABEL_TAKEN:
		return true;
	case LABEL_WRONG:
		return false;
	case LABEL_OTHER:
		break;
	}
	if (record_is(record, "partial"))
		return handover->partial = true;
	if (record_is(record, "waives-reports"))
		return handover->waives_reports = true;
	return record_is(record, "body") && take_body(head, record->value);
}

/* Reads records; CONTENT is what is behind the last one, all of it. */
static bool
read_head(struct head *head, struct span text, struct span *content)
{
	struct record_view record;
	struct span type;
	uint64_t len;
	size_t used;

	for (;;) {
		if (record_head(text, &type, &len, &used) != RECORD_WHOLE)
			return false;
		if (span_equal(type, SPAN("content")))
			break;
		if (record_next(&text, &record) != RECORD_WHOLE)
			return false;
		if (head->versioned && !take_record(head, &record))
			return false;
		if (!head->versioned && !(record_is(&record, "postrider-handover") &&
					  span_equal(record.value, SPAN("1"))))
			return false;
		head->versioned = true;
	}
	*content = span_part(text, used, SIZE_MAX);
	return head->versioned && label_is_whole(&head->handover->label) &&
	       content->len == len && head->handover->label.header_size <= len;
}

/* Lines that end with CRLF, and no other CR or LF. */
static bool
is_canonical(struct span text)
{
	while (text.len) {
		size_t end = span_find(text, '\n');

		if (end == text.len || !end || span_find(text, '\r') != end - 1)
			return false;
		text = span_part(text, end + 1, SIZE_MAX);
	}
	return true;
}

static bool
place_body(const struct head *head, uint64_t at, uint64_t size)
{
	struct handover *handover = head->handover;
	struct body *body = &handover->message.body;
	struct stat info;

	*body = (struct body){ .fd = handover->files[0], .start = at, .size = size };
	if (!head->apart)
		return handover->files[1] < 0;
	*body = (struct body){
		.fd = handover->files[1],
		.start = head->body_start,
		.size = head->body_size,
	};
	return size == 0 && fstat(body->fd, &info) == 0 && S_ISREG(info.st_mode) &&
	       body->start <= (uint64_t)info.st_size &&
	       body->size <= (uint64_t)info.st_size - body->start;
}

static bool
place_parts(const struct head *head, struct span content)
{
	struct handover *handover = head->handover;
	struct message *message = &handover->message;
	size_t size = (size_t)handover->label.header_size;
	struct span header = span_part(content, 0, size);
	uint64_t at = (uint64_t)(content.at - message->text.at) + size;

	/* The empty line ends it. */
	if (!is_canonical(content) || header.len < 2 ||
	    header.at[header.len - 1] != '\n' ||
	    !place_body(head, at, content.len - size))
		return false;
	message->facts = handover->label.facts;
	message->header = span_part(header, 0, header.len - 2);
	message->fields = header_split(handover->arena, message->header, &message->count);
	handover->composed = (struct composed){
		.pieces = arena_array(handover->arena, struct span, 1),
		.count = 1,
		.size = header.len,
		.body = &message->body,
	};
	handover->composed.pieces[0] = header;
	return true;
}

bool
handover_unpack(struct handover *handover)
{
	struct head head = { .handover = handover };
	struct buf *text = &handover->message.text;
	struct span content;
	struct stat info;
	int seals = fcntl(handover->files[0], F_GET_SEALS);

	handover->message.body.fd = -1;
	handover->label.arena = handover->arena;
	if (seals < 0 || (seals & SEALS) != SEALS ||
	    fstat(handover->files[0], &info) != 0 || info.st_size > SIZE_MOST)
		return false;
	buf_reserve(text, (size_t)info.st_size);
	text->len = (size_t)info.st_size;
	return read_part(handover->files[0], 0, text->at, text->len) &&
	       read_head(&head, buf_span(text), &content) && place_parts(&head, content);
}

void
handover_release(struct handover *handover)
{
	/* The body is in one of the files. */
	buf_release(&handover->message.text);
	close_file(&handover->files[0]);
	close_file(&handover->files[1]);
}
