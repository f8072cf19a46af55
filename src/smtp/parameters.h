/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message as one server can take it, and what MAIL says about it. */
#ifndef SMTP_PARAMETERS_H
#define SMTP_PARAMETERS_H

#include "mail/body.h"
#include "smtp/submit.h"

/* The message made fit. body is empty unless it had to change; fitted_release frees
 * it. */
struct fitted {
	struct composed composed;
	struct body body;
	uint64_t size;		/* octets, before dots are doubled */
	const char *parameters; /* of MAIL, beginning with a blank when there are any */
};

/* Decides about BODY, SMTPUTF8 and SIZE by what the server offers, and downgrades the
 * message where it offers too little. Sets session->utf8. FAULT_DATA when the message
 * cannot be downgraded. */
bool fit_message(struct session *session, const struct delivery *delivery,
		 struct fitted *fitted, struct error *err) MUST_CHECK;
void fitted_release(struct fitted *fitted);

#endif
