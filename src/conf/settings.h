/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of settings: the configuration's words, the long options, their help and
 * their defaults all come from it. */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include "base/text.h"
#include "conf/account.h"
#include "conf/kinds.h"

enum chapter {
	CHAPTER_SERVER,
	CHAPTER_TLS,
	CHAPTER_LOGIN,
	CHAPTER_MESSAGE,
	CHAPTER_QUEUE,
	CHAPTER_LOG,
	CHAPTER_COUNT
};

struct setting {
	const char *name; /* "tls_trust_file": the word; --tls-trust-file: the option */
	const struct kind *kind;
	size_t at; /* offset in struct account */
	/* Default as text, read by the same kind; NULL: unset, where an empty text
	 * would mean something. */
	const char *fallback;
	const char *msmtp; /* default in an msmtp file when it differs; else NULL */
	const char *help;  /* one sentence, N_() */
	enum chapter chapter;
	bool file_only;	     /* not an option: it would show in the process list */
	bool unset_in_msmtp; /* there an empty text means no value, not the default */
};

extern const struct setting settings[];
extern const size_t settings_count;
extern const char *const chapter_titles[CHAPTER_COUNT]; /* N_() */

/* The row of a word; "-" and "_" are alike, case counts. -1 when there is none. */
int setting_row(struct span name);
/* Whether it says what the password is, or where. */
bool setting_is_about_password(size_t row);
/* The nearest word that a configuration file may have, at an edit distance of at most 2,
 * or NULL. */
const char *setting_suggestion(struct span name);
/* Whether a word is so near to another one that it may have been meant. */
bool is_near_word(struct span word, const char *other);
/* A value for a row, and where it was written. */
struct assignment {
	size_t row;
	struct span text;
	struct origin origin;
};

/* Reads the value into the account and notes its origin. The error names setting and
 * origin: FAULT_CONFIG from a file, FAULT_USAGE from an option. A control character in
 * it, but TAB, is such an error. */
bool setting_apply(struct arena *arena, struct account *account,
		   const struct assignment *assignment, struct error *err) MUST_CHECK;
/* A new account with every default of the dialect. */
bool account_defaults(struct arena *arena, enum dialect dialect, struct account *account,
		      struct error *err) MUST_CHECK;
/* Takes over one value with its origin. Both accounts own their secrets. */
void setting_copy(struct account *to, const struct account *from, size_t row);
/* The same for all values, into an account that owns nothing yet. */
void account_copy(struct account *to, const struct account *from);

#endif
