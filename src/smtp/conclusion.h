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

#endif
