/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes for the person at the terminal. */
#include "app/report.h"

#include "app/screen.h"
#include "base/clock.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INDENT = 2 /* before what does not fit into the first line */ };

static void
end_progress(struct reporter *reporter)
{
	if (reporter->progress_shown)
		fputs("\r\033[K", stderr);
	reporter->progress_shown = false;
}

void
report_line(struct reporter *reporter, const char *format, ...)
{
	struct arena arena = { 0 };
	va_list arguments;
	char *text;

	if (reporter->quiet)
		return;
	end_progress(reporter);
	va_start(arguments, format);
	text = arena_vprintf(&arena, format, arguments);
	va_end(arguments);
	text = arena_printf(&arena, "%s: %s", reporter->program, text);
	screen_put(stderr, span_of(text), INDENT);
	arena_release(&arena);
}

void
report_error(struct reporter *reporter, const struct error *err)
{
	report_line(reporter, "%s", err->what);
	if (err->reply && *err->reply)
		report_line(reporter, _("The server said: \"%s\""), err->reply);
	if (err->hint)
		report_line(reporter, "%s", err->hint);
}

static const char *
outcome_words(struct arena *arena, enum outcome outcome, const char *to)
{
	switch (outcome) {
	case DELIVERED:
		/* TRANSLATORS: %s is a recipient; a reason may follow behind ": ". */
		return arena_printf(arena, _("%s has it"), to);
	case REFUSED:
		return arena_printf(arena, _("%s has not got it: refused"), to);
	case DEFERRED:
		return arena_printf(arena, _("%s has not got it: refused for now"), to);
	case IN_DOUBT:
		return arena_printf(arena, _("%s may have got it"), to);
	case WAITING:
		return arena_printf(arena, _("%s waits in the queue"), to);
	case PENDING:
		break;
	}
	return arena_printf(arena, _("%s has not got it"), to);
}

void
report_verdicts(struct reporter *reporter, const struct delivery *delivery)
{
	const struct envelope *envelope = delivery->envelope;
	struct arena arena = { 0 };

	if (envelope->count < 2 || !delivery->verdicts ||
	    delivery->delivered == envelope->count)
		return;
	for (size_t i = 0; i < envelope->count; i++) {
		const struct verdict *verdict = &delivery->verdicts[i];
		const char *to = clean_text(&arena, span_of(envelope->to[i]));
		const char *words = outcome_words(&arena, verdict->outcome, to);

		if (verdict->why)
			report_line(reporter, "%s: %s", words, verdict->why);
		else if (verdict->by && verdict->outcome != DELIVERED)
			report_line(reporter, "%s: \"%s\"", words,
				    reply_show(&arena, &verdict->by->reply));
		else
			report_line(reporter, "%s", words);
	}
	arena_release(&arena);
}

/* ---- while it happens ---- */

static void
debug_said(const struct reporter *reporter, const char *said)
{
	if (!reporter->quiet)
		fprintf(reporter->dialogue, "--> %s\n", said);
}

static void
debug_heard(const struct reporter *reporter, const struct reply *reply)
{
	struct span rest = reply->text, line;

	if (reporter->quiet)
		return;
	while (reply_line(&rest, &line))
		fprintf(reporter->dialogue, "<-- %03d%c%.*s%s%.*s\n", reply->code,
			rest.at ? '-' : ' ', (int)reply->enhanced.len,
			reply->enhanced.len ? reply->enhanced.at : "",
			reply->enhanced.len && line.len ? " " : "", (int)line.len,
			line.len ? line.at : "");
}

static void
said(void *context, const struct exchange *exchange)
{
	const struct reporter *reporter = context;

	if (reporter->debug && exchange->stage != STAGE_CONNECT)
		debug_said(reporter, exchange->said);
}

/* -v: one line for each step and what came of it. */
static void
narrate(struct reporter *reporter, const struct exchange *exchange)
{
	struct arena arena = { 0 };
	const char *reply =
		exchange->reply.code ? reply_show(&arena, &exchange->reply) : NULL;
	const char *what = exchange->said ? exchange->said : stage_name(exchange->stage);

	if (!reply)
		report_line(reporter, "%s", what);
	else if (exchange->stage == STAGE_CONTENT && exchange->octets)
		report_line(reporter, _("the message, %" PRIu64 " octets: %s"),
			    exchange->octets, reply);
	else
		report_line(reporter, "%s: %s", what, reply);
	arena_release(&arena);
}

static void
heard(void *context, const struct exchange *exchange)
{
	struct reporter *reporter = context;

	end_progress(reporter);
	if (reporter->debug && exchange->reply.code)
		debug_heard(reporter, &exchange->reply);
	else if (reporter->verbose || (reporter->debug && reporter->dialogue == stderr))
		narrate(reporter, exchange);
}

/* After a second, ten times a second, on a terminal: how much, and how fast. */
static void
progress(void *context, uint64_t sent, uint64_t size)
{
	struct reporter *reporter = context;
	int64_t now = now_us();

	if (reporter->quiet)
		return;
	if (!reporter->started)
		reporter->started = reporter->last = now;
	if (now - reporter->started < 1000000 || now - reporter->last < 100000 ||
	    !isatty(STDERR_FILENO))
		return;
	if (!reporter->progress_shown)
		setlocale(LC_NUMERIC, "");
	reporter->last = now;
	reporter->progress_shown = true;
	fputc('\r', stderr);
	fprintf(stderr, _("%.1f of %.1f MB, %.1f MB/s"), (double)sent / 1e6,
		(double)size / 1e6, (double)sent / (double)(now - reporter->started));
	fputs("\033[K", stderr);
	fflush(stderr);
}

struct watcher
report_watcher(struct reporter *reporter)
{
	return (struct watcher){
		.said = said,
		.heard = heard,
		.progress = progress,
		.context = reporter,
	};
}
