/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The structure of a MIME message (RFC 2045, RFC 2046): what the fields of an entity say,
 * and where the lines of its body are. */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include "mail/message.h"

enum mime_kind {
	MIME_LEAF,
	MIME_TEXT, /* a leaf that has a charset */
	MIME_MULTIPART,
	MIME_SIGNED, /* multipart/signed (RFC 1847) */
	MIME_MESSAGE /* message/rfc822 */
};

enum mime_encoding {
	MIME_IDENTITY, /* 7bit, 8bit, binary, or a word that nobody knows */
	MIME_QP,
	MIME_BASE64,
	MIME_OTHER /* x-uuencode and such */
};

/* What the header of an entity says about its body. */
struct mime {
	enum mime_kind kind;
	enum mime_encoding encoding;
	struct span boundary;	  /* of a multipart, not empty */
	bool digest;		  /* its parts are messages unless they say otherwise */
	bool is_binary;		  /* it has an encoding: "binary" */
	bool is_eight_bit;	  /* the same: "8bit", or "binary" */
	bool claims_ascii;	  /* text whose charset is US-ASCII, or not told */
	const struct field *type; /* Content-Type; NULL: none */
	const struct field *encoding_field; /* Content-Transfer-Encoding; NULL: none */
	const struct field *version;	    /* MIME-Version; NULL: none */
};

/* IN_DIGEST: what has no type is a message (RFC 2046 5.1.5). */
struct mime mime_read(struct arena *arena, const struct field *fields, size_t count,
		      bool in_digest);

/* One parameter of a structured field. */
struct mime_parameter {
	struct span name, value; /* the value as written; empty when there is no "=" */
	struct span whole;	 /* both, with what is between */
};

/* The next parameter of VALUE behind *AT, which moves on; false when there is none. */
bool mime_next_parameter(struct span value, size_t *at, struct mime_parameter *parameter);
/* The value without quotes, backslashes and line ends. */
struct span mime_unquote(struct arena *arena, struct span value);
/* The lines of a Content-Type field, with its charset replaced or added. */
struct span mime_with_charset(struct arena *arena, const struct field *type,
			      const char *charset);

/* The lines of a body. Set body and left, and let the rest be zero. */
struct body_lines {
	const struct body *body;
	struct range left; /* what comes behind the piece */
	struct span piece; /* a line with its CRLF; what is longer than 64 KiB comes
					* in several pieces, cut between characters */
	uint64_t at;	   /* where it is */
	bool starts_line, ends_line;
	bool begun;
	struct span window;
	struct buf room;
};

/* The next piece; it is empty at the end. FAULT_IO when it cannot be read. */
bool body_lines_next(struct body_lines *lines, struct error *err) MUST_CHECK;
void body_lines_release(struct body_lines *lines);

enum delimiter { DELIMITER_NONE, DELIMITER_PART, DELIMITER_END };
/* What LINE is: only the whole boundary counts (RFC 2046 5.1.1), so that one that begins
 * like another is none. */
enum delimiter delimiter_of(struct span line, struct span boundary);
/* Reads the header of the entity in *RANGE, canonical but for what is too long or beyond
 * ASCII, without NULs, and without the mbox line that may stand before a message; *RANGE
 * becomes that of its content. FAULT_DATA when it is longer than MESSAGE_HEADER_MAX. */
bool mime_header(const struct body *body, struct range *range, bool is_message,
		 struct buf *header, struct error *err) MUST_CHECK;
/* Whether a line of RANGE begins a part. */
bool find_delimiter(const struct body *body, struct range range, struct span boundary,
		    bool *found, struct error *err) MUST_CHECK;

/* What a pass over a range found out. */
struct survey {
	bool eight_bit, nul;
	bool long_line;		/* over HEADER_LINE_MAX */
	bool utf8;		/* all of it is UTF-8 */
	uint64_t line;		/* octets of the line so far */
	uint64_t quoted, plain; /* octets as quoted-printable, and as they are */
};

bool survey_range(const struct body *body, struct range range, struct survey *survey,
		  struct error *err) MUST_CHECK;

#endif
