/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message of the queue: a file that never changes up to its `end` record, and behind
 * it a journal that only grows, first into the room that it was given. */
#ifndef QUEUE_ENTRY_H
#define QUEUE_ENTRY_H

#include "conf/choose.h"
#include "mail/compose.h"
#include "queue/spool.h"

enum recipient_state { RECIPIENT_WAITS, RECIPIENT_HAS_IT, RECIPIENT_REFUSED };

struct recipient {
	enum recipient_state state;
	bool own;	  /* the text was said of it alone */
	bool noticed;	  /* the sender was told, or must not be */
	const char *text; /* the last reply or reason; NULL: none */
};

struct entry {
	/* Set by the caller; name.id is enough for entry_find. */
	struct arena *arena;
	const struct spool *spool;
	enum place place;
	struct entry_name name;

	int fd;	   /* locked when it was claimed; -1: closed */
	bool held; /* it is about to be: see hold_entry */

	/* What never changes. */
	struct account_key key; /* but when it is retried with another account */
	struct envelope envelope;
	struct facts facts;
	const char *about; /* a notice: the ID that it tells about; NULL: it is none */
	unsigned uid;
	int64_t arrival, expires; /* ms since 1970 */
	uint64_t content_at, content_size, header_size;

	/* What the journal says. */
	struct recipient *recipients; /* as envelope.to */
	unsigned attempts;	      /* that came to an end without success, in a row */
	unsigned unfinished;	      /* in a row: nobody wrote what became of them */
	bool counted;		      /* among them is the one that began last */
	bool in_doubt;		      /* it may have been delivered */
	bool dot_sent; /* all of it went out, and what came of that is not written */
	bool done;
	bool prolonged;		    /* it had another day, see expire_entry */
	int64_t last;		    /* ms since 1970: its arrival, or the last record */
	int64_t due;		    /* ms since 1970 */
	const char *why;	    /* of the last attempt; NULL */
	uint64_t journal_end, size; /* of the file; between them is room */
	unsigned records;
};

enum entry_result {
	ENTRY_GOOD,
	ENTRY_GONE,    /* somebody has finished it */
	ENTRY_BUSY,    /* another process has it */
	ENTRY_DAMAGED, /* it is not what was written, or of a later version */
	ENTRY_TROUBLE  /* it cannot be read now; errno */
};

enum entry_use {
	ENTRY_LOOK, /* as it is, without a lock */
	ENTRY_CLAIM /* locked, checked to the last octet, a torn end wiped out */
};

/* Opens the file and reads it. Texts are in the arena; entry_close closes the descriptor
 * and gives the claim back, in any case. */
enum entry_result entry_open(struct entry *entry, enum entry_use use);
void entry_close(struct entry *entry);
/* Whether an entry that was only looked at is being sent at this moment. A lock is tried,
 * and held until entry_close, only where an attempt has begun and not ended, so that
 * looking gets into nobody's way. */
bool entry_is_busy(const struct entry *entry);
/* Finds the ID in one of the places and fills in place and name. */
bool entry_find(struct entry *entry);

/* The message as submit wants it; its body stays in the file, so that message_release is
 * not for it: free its text. FAULT_IO. */
bool entry_message(const struct entry *entry, struct message *message,
		   struct composed *composed, struct error *err) MUST_CHECK;

/* How many recipients are in a state; with UNNOTICED only those of whom the sender was not
 * told. */
size_t entry_count(const struct entry *entry, enum recipient_state state, bool unnoticed);

/* ---- the journal of a claimed entry ---- */

/* Records that are written together. Each is noted in the entry, too. */
struct notes {
	struct entry *entry;
	struct buf text;
};

/* "TYPE LEN:SEQUENCE TIME …". TYPE is start, dot-sent, doubt, rcpt, defer, due, noticed,
 * account, expires, retry, or done; see journal.c for what follows. */
void note(struct notes *notes, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Has the disk keep room for what becomes of the recipients who wait: what was sent and
 * cannot be noted would be sent again. FAULT_IO. */
bool journal_reserve(const struct entry *entry, struct error *err) MUST_CHECK;
/* Has the file's time say when it is due, so that nobody opens it before. */
void journal_hint(const struct entry *entry);
/* Writes them at once, and frees them. DURABLE: waits for the disk. False with errno
 * set. */
bool notes_write(struct notes *notes, bool durable) MUST_CHECK;

#endif
