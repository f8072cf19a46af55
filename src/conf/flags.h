/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of flags: what sendmail's letters and the long options that are no setting
 * do. */
#ifndef CONF_FLAGS_H
#define CONF_FLAGS_H

#include "conf/options.h"

/* A command line that is being read. */
struct reading {
	struct arena *arena;
	struct request *request;
	const char *option; /* as it was written: "-N", "--dsn-notify"; for sentences */
	size_t room;	    /* for assignments */
	bool sendmail;	    /* the program is called by the name of a sendmail */
	bool over;	    /* nothing that follows matters: --help, --version */
};

/* Does what a flag says; false when it cannot. */
typedef bool action(struct reading *reading, const char *value, struct error *err);

enum takes {
	TAKES_NOTHING,
	TAKES_VALUE,   /* attached, or the next word */
	TAKES_ATTACHED /* a value only when it is attached: -dX, --debug=X */
};

enum flag_chapter {
	FLAGS_MESSAGE,
	FLAGS_DELIVERY,
	FLAGS_TELL,
	FLAGS_ASK,
	FLAGS_SILENT,
	FLAGS_COUNT
};

/* What a flag does is one of the members behind `takes`; none of them: it is accepted,
 * and that is all. */
struct flag {
	char letter;	  /* NUL: only long */
	const char *name; /* "read-recipients"; NULL: only a letter */
	enum takes takes;
	size_t claim; /* offset of a bool in struct request that becomes true */
	size_t text;  /* offset of a const char * there that gets the value */
	enum mode mode;
	const char *setting; /* that it gives a value to; NULL: none */
	const char *value;   /* this one; NULL: its own */
	bool cleans; /* its value loses control characters; else they are refused */
	action *act;
	enum flag_chapter chapter;
	const char *placeholder; /* of the value */
	const char *help;	 /* one sentence, N_(); NULL for FLAGS_SILENT */
};

extern const struct flag flags[];
extern const size_t flags_count;
extern const char *const flag_chapter_titles[FLAGS_COUNT]; /* N_() */

/* Does what the flag says. VALUE is NULL when there is none. */
bool flag_act(struct reading *reading, const struct flag *flag, const char *value,
	      struct error *err) MUST_CHECK;
/* Notes a setting that was given as an option; its value is checked here. */
bool reading_assign(struct reading *reading, size_t row, struct span value,
		    struct error *err) MUST_CHECK;

#endif
