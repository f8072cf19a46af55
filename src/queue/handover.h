/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message on its way from one process of a user to another one, which is to send it: in
 * a sealed file in memory, but that a large body stays in the file where it is. */
#ifndef QUEUE_HANDOVER_H
#define QUEUE_HANDOVER_H

#include "queue/label.h"
#include "smtp/submit.h"

/* Set by the caller: arena, which outlives it, and files, of which [0] is the handover and
 * [1] the body's file or -1; they belong to the handover. */
struct handover {
	struct arena *arena;
	int files[2];

	struct label label;
	struct message message;
	struct composed composed;
	bool partial;	     /* see struct delivery */
	bool waives_reports; /* a server that cannot report gets the message all the same */
};

/* What DELIVERY is to offer, as a descriptor that is the caller's; the file of a large
 * body, delivery->composed->body->fd, goes along with it. -1 when that cannot be,
 * as for a body in somebody else's file. */
int handover_pack(const struct delivery *delivery, bool waives_reports);
/* Reads what may be from a stranger: false when it is not what handover_pack makes. Then,
 * too, handover_release closes and frees. */
bool handover_unpack(struct handover *handover) MUST_CHECK;
void handover_release(struct handover *handover);

#endif
