/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws the waterfall of a session from its history. */
#include "app/timeline.h"

#include "app/screen.h"
#include "base/columns.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

enum part {
	PART_NAME,
	PART_CONNECT,
	PART_TLS,
	PART_GREETING,
	PART_AUTH,
	PART_ENVELOPE,
	PART_CONTENT,
	PART_QUIT,
	PART_COUNT
};

/* Columns. With the numbers and the widest bar, a row has 79. */
enum { NAME = 20, NUMBER = 12, BEFORE_BAR = NAME + 27, BAR_MOST = 32, BAR_LEAST = 4 };

/* One row: neighbours in the history that belong to the same part. */
struct row {
	enum part part;
	int64_t from, to; /* us */
};

enum { ROWS_MAX = 16 };

struct chart {
	struct row rows[ROWS_MAX];
	int count;
};

static enum part
part_of(enum stage stage)
{
	switch (stage) {
	case STAGE_CONNECT:
		return PART_CONNECT;
	case STAGE_TLS:
	case STAGE_STARTTLS:
		return PART_TLS;
	case STAGE_GREETING:
	case STAGE_EHLO:
		return PART_GREETING;
	case STAGE_AUTH:
		return PART_AUTH;
	case STAGE_MAIL:
	case STAGE_RCPT:
	case STAGE_DATA:
	case STAGE_RSET:
	case STAGE_VRFY:
	case STAGE_ETRN:
		return PART_ENVELOPE;
	case STAGE_CONTENT:
		return PART_CONTENT;
	case STAGE_QUIT:
	case STAGE_COUNT:
		break;
	}
	return PART_QUIT;
}

static const char *
part_name(enum part part)
{
	switch (part) {
	case PART_NAME:
		return _("name");
	case PART_CONNECT:
		return _("connection");
	case PART_TLS:
		return "TLS";
	case PART_GREETING:
		return _("greeting, EHLO");
	case PART_AUTH:
		return _("login");
	case PART_ENVELOPE:
		return _("envelope");
	case PART_CONTENT:
		return _("message");
	case PART_QUIT:
	case PART_COUNT:
		break;
	}
	return "QUIT";
}

static void
add(struct chart *chart, enum part part, int64_t from, int64_t to)
{
	struct row *last = chart->count ? &chart->rows[chart->count - 1] : NULL;

	if (last && (last->part == part || chart->count == ROWS_MAX))
		last->to = to;
	else
		chart->rows[chart->count++] = (struct row){ part, from, to };
}

static void
collect(const struct session *session, struct chart *chart)
{
	const struct line *line = &session->wire.line;

	if (line->resolved) {
		add(chart, PART_NAME, line->started, line->resolved);
		add(chart, PART_CONNECT, line->resolved, line->connected);
	}
	for (const struct exchange *x = session->first; x; x = x->next)
		if (x->ended && !(x->stage == STAGE_CONNECT && line->resolved))
			add(chart, part_of(x->stage), x->started, x->ended);
}

/* Where the terminals of a language may give a block two columns (it is ambiguous in East
 * Asian fonts), the bars would not fit. */
static const char *
block(void)
{
	const char *language = setlocale(LC_CTYPE, NULL);
	bool east_asian = language && (strncmp(language, "ja", 2) == 0 ||
				       strncmp(language, "ko", 2) == 0 ||
				       strncmp(language, "zh", 2) == 0);

	return !east_asian && strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "█" : "#";
}

/* A translated word, and blanks up to WIDTH columns. */
static void
put_name(const char *name, size_t width, FILE *out)
{
	size_t columns = columns_of(span_of(name));

	fprintf(out, "%s%*s", name, (int)(columns < width ? width - columns : 0), "");
}

static int
bar_width(FILE *out)
{
	int room = (int)screen_width(out) - BEFORE_BAR - 1;

	return room > BAR_MOST ? BAR_MOST : room < BAR_LEAST ? BAR_LEAST : room;
}

/* As wide as the numbers of a row with their unit. */
static void
put_heading(const char *name, FILE *out)
{
	size_t columns = columns_of(span_of(name));

	fprintf(out, "%*s%s", (int)(columns < NUMBER ? NUMBER - columns : 0), "", name);
}

static void
put_headings(FILE *out)
{
	put_name("", NAME, out);
	/* TRANSLATORS: headings of columns of at most 12: when a step begins, ... */
	put_heading(_("begins"), out);
	fputc(' ', out);
	/* TRANSLATORS: ... and how long it lasts. */
	put_heading(_("lasts"), out);
	fputc('\n', out);
}

static void
draw_row(const struct row *row, const struct row *whole, int bar, FILE *out)
{
	int64_t span = whole->to > whole->from ? whole->to - whole->from : 1;
	int begin = (int)((row->from - whole->from) * (bar - 1) / span);
	int end = (int)((row->to - whole->from) * bar / span);

	if (end <= begin)
		end = begin + 1;
	put_name(part_name(row->part), NAME, out);
	fprintf(out, "%9.1f ms %9.1f ms  ", (double)(row->from - whole->from) / 1000,
		(double)(row->to - row->from) / 1000);
	for (int i = 0; i < end; i++)
		fputs(i < begin ? " " : block(), out);
	fputc('\n', out);
}

void
timeline_draw(const struct session *session, FILE *out)
{
	struct row whole = { .part = PART_COUNT };
	struct chart chart = { .count = 0 };
	int bar = bar_width(out);

	collect(session, &chart);
	if (!chart.count)
		return;
	whole.from = chart.rows[0].from;
	for (int i = 0; i < chart.count; i++)
		if (chart.rows[i].to > whole.to)
			whole.to = chart.rows[i].to;
	put_headings(out);
	for (int i = 0; i < chart.count; i++)
		draw_row(&chart.rows[i], &whole, bar, out);
	put_name(_("all"), NAME + 13, out);
	fprintf(out, "%9.1f ms\n", (double)(whole.to - whole.from) / 1000);
}
