/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells what waits, and for what. */
#include "app/remind.h"

#include "app/explain.h"
#include "queue/standing.h"

#include <unistd.h>

enum { DAY = 24 * 60 * 60 * 1000 /* ms */ };

/* That it may go later is no reason to keep quiet about what may never be right. */
static void
tell_why(const struct run *run, const struct error *err)
{
	struct diagnosis diagnosis;

	if (err->hint) {
		report_line(run->reporter, "%s", err->hint);
	} else if (explain(run, err, 0, &diagnosis)) {
		report_line(run->reporter, "%s", diagnosis.cause);
		report_line(run->reporter, "%s", diagnosis.remedy);
	}
}

void
tell_kept(const struct run *run, const struct mail *mail)
{
	if (!mail->kept[0] || (!run->reporter->verbose && !isatty(STDERR_FILENO)))
		return;
	if (!mail->tried.fault) {
		report_line(run->reporter, _("the message is in the queue as %s"),
			    mail->kept);
		return;
	}
	report_line(run->reporter, _("the message waits in the queue as %s: %s"),
		    mail->kept, mail->tried.what);
	tell_why(run, &mail->tried);
}

struct reminder {
	struct run *run;
	const struct spool *spool;
};

static void
remind_of_one(void *context, const char *tag)
{
	const struct reminder *reminder = context;
	struct arena *arena = reminder->run->arena;
	struct standing standing;
	const char *words;

	if (!standing_read(arena, reminder->spool, tag, &standing) || !standing.held ||
	    standing.told > wall_ms() - DAY)
		return;
	words = standing_words(&standing);
	report_line(reminder->run->reporter,
		    _("mail of the account %s waits until this is mended: %s"),
		    standing.account ? standing.account : "?",
		    words ? clean_text(arena, span_of(words)) : "?");
	if (standing.account)
		report_line(reminder->run->reporter,
			    _("\"postrider doctor %s\" looks at that account"),
			    clean_text(arena, span_of(standing.account)));
	standing.told = wall_ms();
	standing_write(reminder->spool, &standing);
}

void
remind_of_held(struct run *run)
{
	const char *path = run_spool_path(run);
	struct error ignored = { .arena = run->arena };
	struct spool spool;
	struct reminder reminder = { run, &spool };

	if (!isatty(STDERR_FILENO) || !run->account || !run->account->queue.on || !path ||
	    !spool_open(path, &spool, &ignored) || spool.fd < 0)
		return;
	standing_each(&spool, remind_of_one, &reminder);
	spool_close(&spool);
}
