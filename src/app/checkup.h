/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks of the doctor share: how far they came, and what they found. */
#ifndef APP_CHECKUP_H
#define APP_CHECKUP_H

#include "app/explain.h"

enum mark { MARK_OK, MARK_NOTE, MARK_WRONG };

/* One line of the report. Texts are in the run's arena. */
struct finding {
	const char *check; /* stable, English */
	const char *title; /* for people */
	enum mark mark;
	const char *text; /* without a full stop */
	/* Of what is wrong; NULL: nothing is known. */
	enum fault fault;
	const char *word, *reply, *cause, *remedy;
	struct finding *next;
};

/* What later checks need, as bits. */
enum reached {
	REACHED_ACCOUNT = 1 << 0,
	REACHED_ADDRESS = 1 << 1, /* the server's name has one */
	REACHED_PORT = 1 << 2,	  /* which takes connections */
	REACHED_SERVER = 1 << 3,  /* run->connection is open and secured */
	REACHED_SECRET = 1 << 4,
	REACHED_LOGIN = 1 << 5
};

struct checkup {
	struct run *run;
	unsigned reached;
	const char *check, *title; /* of the findings to come */
	struct finding *first, *last;
};

void found(struct checkup *checkup, enum mark mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Something is wrong, for the reason in ERR. FACTS as for explain(). The finding, to
 * which the caller may add. */
struct finding *found_error(struct checkup *checkup, const struct error *err,
			    unsigned facts);
/* The first that is wrong; NULL: nothing is. */
const struct finding *first_wrong(const struct checkup *checkup);

#endif
