/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies in an alphabet that every server takes (RFC 2045 6.7, 6.8), written piece by
 * piece. */
#ifndef MAIL_ENCODE_H
#define MAIL_ENCODE_H

#include "base/text.h"

enum encode_how {
	ENCODE_QP,     /* line ends stay line ends; no line begins with "-" or "." */
	ENCODE_BASE64, /* line ends are bytes like others */
	REPAIR_QP, /* it is quoted-printable, with bytes or lines that it must not have */
	REPAIR_BASE64 /* the same for base64: what is not of its alphabet goes */
};

/* Set out and how, and let the rest be zero. */
struct encoder {
	struct buf *out;
	enum encode_how how;
	size_t column;	 /* of the line that is being written */
	size_t together; /* characters that belong to the "=" before them */
	char blank;	 /* held back: what follows decides how it is written */
	char group[57];	 /* base64: what makes a line, or less */
	size_t grouped;
};

/* TEXT has no CR and no LF but in CRLF; it may be cut anywhere. */
void encode_add(struct encoder *encoder, struct span text);
/* Writes what was held back. No line end comes behind it. */
void encode_end(struct encoder *encoder);

/* Octets of LINE, without a line end, as quoted-printable. */
size_t encode_qp_length(struct span line);

#endif
