/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of aliases: `name: value, value…` as in aliases(5), and the lists that they
 * include. Continuation lines, a backslash at the end of a line, comments (`#` first in
 * a line or behind a blank, and in parentheses), quoted names and values. */
#ifndef MAIL_ALIAS_FILE_H
#define MAIL_ALIAS_FILE_H

#include "base/error.h"
#include "base/text.h"
#include "mail/address.h"

enum target_kind {
	TARGET_ADDRESS, /* an address or a local name */
	TARGET_INCLUDE, /* :include:/path */
	TARGET_NOBODY,	/* /dev/null */
	TARGET_PROGRAM, /* |command */
	TARGET_FILE	/* /path */
};

/* One value. */
struct target {
	enum target_kind kind;
	struct address address; /* only of TARGET_ADDRESS: address_envelope takes it */
	const char *text;	/* of the others: path or command, without quotes */
	const char *file;	/* where it stands, to be shown */
	unsigned line;
	struct target *next;
};

/* A name, or an included file, and what stands for it, in the order of the file. */
struct alias {
	const char *name; /* as written; of an included file: :include:/path */
	unsigned line;
	struct target *targets;
	const char *problem; /* why nobody knows whom it stands for; NULL: it is well */
	struct alias *next;  /* in the order of the file */
	/* For those who walk through: in which walk it was begun and whether that is
	 * over, and how many aliases follow one another at most from here on. */
	unsigned walk;
	bool done;
	unsigned height;
};

/* All zero is the empty table. Everything in it lives in an arena. */
struct alias_table {
	struct alias **places; /* open addressing: a power of two, at most half taken */
	size_t room, count;
	struct alias *first, *last;
};

enum { ALIAS_BYTES_MAX = 16 * 1024 * 1024 };

/* Set the first four; the rest is the reader's own. */
struct alias_reader {
	struct arena *arena;
	bool strict;	       /* every mistake is an error, and a name twice is one */
	enum fault fault;      /* the class of what is wrong in a file */
	enum fault unreadable; /* the class of an included file that cannot be read */
	size_t bytes;	       /* read so far; ALIAS_BYTES_MAX in all */
	const char *file;      /* that is read, to be shown */
	struct span rest;      /* what was not yet taken from it */
	unsigned line;	       /* of the line that was taken last */
	struct buf entry;      /* lines that belong together, joined by "\n " */
	unsigned entry_line;   /* of its first line */
	bool quoted;	       /* the entry ends inside of a quoted string */
	size_t comments;       /* … inside of that many comments */
};

/* Adds the aliases of the file. A file that does not exist has none; one that others may
 * write is an error. A name without values, what is no address, NULs and control
 * characters are errors, with file and line, and so is, when STRICT, a name that stands
 * there twice (in any case): else the first one counts. What is wrong with the values of an
 * entry of one line is the `problem` of its alias, unless STRICT, so that others are not
 * stopped by it. Programs and files are read, but nobody should follow them. */
bool alias_file_read(struct alias_reader *reader, const char *path,
		     struct alias_table *table, struct error *err) MUST_CHECK;

/* Reads the file that a TARGET_INCLUDE names into the alias: values, separated by commas
 * or line ends. It must be a regular file that neither its group nor others may write. */
bool alias_include_read(struct alias_reader *reader, const struct target *include,
			struct alias *alias, struct error *err) MUST_CHECK;

/* FAULT of the reader, with its file and this line before the reason. Always false. */
bool alias_wrong(const struct alias_reader *reader, unsigned line, const char *reason,
		 struct error *err);

/* Names are looked up without regard to the case of ASCII letters unless they begin
 * with ":include:". NULL when there is none. */
struct alias *alias_find(const struct alias_table *table, struct span name);
/* A new alias without targets; the name must not be there yet. */
struct alias *alias_insert(struct arena *arena, struct alias_table *table,
			   struct span name);

#endif
