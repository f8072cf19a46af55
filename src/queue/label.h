/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on a message beside its octets, as records: envelope, options, facts. */
#ifndef QUEUE_LABEL_H
#define QUEUE_LABEL_H

#include "mail/envelope.h"
#include "mail/message.h"
#include "queue/record.h"

struct label {
	struct arena *arena; /* set by the caller before records are taken */
	struct envelope envelope;
	struct facts facts;
	uint64_t header_size; /* octets at the beginning of the content */
};

void label_add(struct buf *out, const struct label *label);

enum label_part {
	LABEL_TAKEN,
	LABEL_WRONG, /* it is of a label, and cannot be right */
	LABEL_OTHER  /* it is something else */
};

/* Reads one record into the label. Nothing in it has a control character: it would end a
 * command. */
enum label_part label_take(struct label *label, const struct record_view *record);
/* Whether there is a sender and a recipient. */
bool label_is_whole(const struct label *label);

#endif
