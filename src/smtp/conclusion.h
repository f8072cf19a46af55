/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verdicts about the recipients mean for the whole: class, sentence, exit
 * status. */
#ifndef SMTP_CONCLUSION_H
#define SMTP_CONCLUSION_H

#include "smtp/submit.h"

/* True when every recipient has the message. Else ERR is filled, unless it is already:
 * temporary only when all refusals are; FAULT_NO_USER only when no recipient is known. */
bool conclude(const struct session *session, const struct delivery *delivery,
	      struct error *err) MUST_CHECK;

/* Whether a reply is, or may be, about the session and not about the message, of which the
 * server has nothing: behind other messages, 421 or a refusal of MAIL ("too many messages in
 * this session"). Over a fresh connection it may go. */
bool is_of_session(const struct session *session, const struct delivery *delivery);

#endif
