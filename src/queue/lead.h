/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one that has the connection: it sends for others of its user what they hand over. */
#ifndef QUEUE_LEAD_H
#define QUEUE_LEAD_H

#include "queue/connection.h"
#include "queue/share.h"

/* None of these does anything for a process that does not lead. */

/* There is no connection, or no login, for the reason in ERR. If that lies in the server, it
 * is true for all who wait by now, and they are told. Leads no longer. */
void lead_refuse(struct share *share, const struct session *session,
		 const struct error *err);
/* Whether somebody waits by now. If not, it leads no longer. */
bool lead_is_awaited(struct share *share);
/* The message of this process is dealt with. When its session can be used, a process that
 * is forked goes on with it, for those who wait and those who come soon; SLOT, or -1, is
 * what counts the connection. Here the session is over, and the line closed without a
 * word. */
void lead_go_on(struct share *share, struct connection *connection, int slot);

#endif
