/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the report. */
#include "app/checkup_show.h"

#include "app/json.h"
#include "app/screen.h"
#include "base/columns.h"
#include "base/file.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MARK_WIDTH = 5 };

/* ---- masks ---- */

/* What is replaced by what, wherever it stands as a whole word. */
struct mask {
	const char *text, *by;
};

struct masks {
	struct mask items[8];
	size_t count;
};

static void
add_mask(struct masks *masks, const char *text, const char *by)
{
	if (text && strlen(text) > 1 &&
	    masks->count < sizeof(masks->items) / sizeof(masks->items[0]))
		masks->items[masks->count++] = (struct mask){ text, by };
}

static bool
is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '-' || (c & 0x80);
}

/* The mask that begins at AT, whose neighbours are no letters; NULL: none does. */
static const struct mask *
mask_at(const struct masks *masks, const char *text, const char *at)
{
	for (size_t i = 0; i < masks->count; i++) {
		size_t len = strlen(masks->items[i].text);

		if (strncmp(at, masks->items[i].text, len) == 0 && !is_word(at[len]) &&
		    (at == text || !is_word(at[-1])))
			return &masks->items[i];
	}
	return NULL;
}

/* How many of the last bytes are the local part of an address. */
static size_t
local_part(const struct buf *out)
{
	size_t len = 0;

	while (len < out->len && (is_word(out->at[out->len - 1 - len]) ||
				  strchr(".+=/%", out->at[out->len - 1 - len])))
		len++;
	return len;
}

static const char *
masked(struct arena *arena, const struct masks *masks, const char *text)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	if (!text || !masks)
		return text;
	for (const char *at = text; *at;) {
		const struct mask *mask = mask_at(masks, text, at);

		if (mask) {
			buf_add_string(&out, mask->by);
			at += strlen(mask->text);
			continue;
		}
		if (*at == '@' && local_part(&out)) {
			out.len -= local_part(&out);
			buf_add_string(&out, "***");
		}
		buf_add_char(&out, *at++);
	}
	return span_string(arena, buf_span(&out));
}

static void
name_masks(const struct run *run, struct masks *masks)
{
	static char host[256];
	const struct passwd *user = getpwuid(geteuid());

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	/* That of our own sentences names nobody. */
	add_mask(masks, "you@example.org", "you@example.org");
	add_mask(masks, home_folder(run->arena), "~");
	if (user) {
		add_mask(masks, arena_string(run->arena, user->pw_dir), "~");
		if (user->pw_uid)
			add_mask(masks, arena_string(run->arena, user->pw_name), "USER");
	}
	add_mask(masks, host, "MACHINE");
	if (run->account)
		add_mask(masks, run->account->login.user, "***");
}

/* ---- for programs ---- */

static const char *const mark_words[] = {
	[MARK_OK] = "ok",
	[MARK_NOTE] = "note",
	[MARK_WRONG] = "wrong",
};

static void
show_json(const struct checkup *checkup, const struct masks *masks)
{
	struct arena *arena = checkup->run->arena;
	const struct finding *wrong = first_wrong(checkup);

	json_text("{\"account\":",
		  checkup->run->account ? checkup->run->account->name : NULL);
	fputs(",\"findings\":[", stdout);
	for (const struct finding *f = checkup->first; f; f = f->next) {
		json_text(f == checkup->first ? "\n{\"check\":" : ",\n{\"check\":",
			  f->check);
		json_text(",\"mark\":", mark_words[f->mark]);
		json_text(",\"word\":", f->word);
		json_text(",\"text\":", masked(arena, masks, f->text));
		json_text(",\"reply\":", masked(arena, masks, f->reply));
		json_text(",\"cause\":", masked(arena, masks, f->cause));
		json_text(",\"remedy\":", masked(arena, masks, f->remedy));
		putchar('}');
	}
	json_text("],\n\"verdict\":", wrong ? "wrong" : "ok");
	json_text(",\"word\":", wrong ? wrong->word : NULL);
	json_text(",\"next\":", wrong ? masked(arena, masks, wrong->remedy) : NULL);
	printf(",\"status\":%d}\n", wrong ? fault_status(wrong->fault) : 0);
}

/* ---- for people ---- */

/* https://no-color.org */
static bool
has_color(void)
{
	const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return !(none && *none) && terminal && strcmp(terminal, "dumb") != 0 &&
	       isatty(STDOUT_FILENO);
}

static void
show_mark(enum mark mark)
{
	static const char *const colors[] = {
		[MARK_OK] = "\033[32m",
		[MARK_NOTE] = "\033[33m",
		[MARK_WRONG] = "\033[31m",
	};
	bool color = has_color();

	printf("%s%-*s%s ", color ? colors[mark] : "", MARK_WIDTH, mark_words[mark],
	       color ? "\033[0m" : "");
}

static void
show_text(const char *text, struct frame frame, size_t at)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	if (!text)
		return;
	printf("%*s", (int)(frame.indent - at), "");
	columns_wrap(&out, span_of(text), frame.indent, frame);
	fputs(out.at, stdout);
}

/* A title that stands there already is not said again. */
static void
show_finding(struct arena *arena, const struct masks *masks, const struct finding *f,
	     const struct finding *before, struct frame frame)
{
	const char *title = before && before->check == f->check ? "" : f->title;

	show_mark(f->mark);
	fputs(title, stdout);
	show_text(masked(arena, masks, f->text), frame,
		  MARK_WIDTH + 1 + columns_of(span_of(title)));
	if (f->reply && *f->reply)
		show_text(arena_printf(arena, _("The server said: \"%s\""),
				       masked(arena, masks, f->reply)),
			  frame, 0);
	show_text(masked(arena, masks, f->cause), frame, 0);
	show_text(masked(arena, masks, f->remedy), frame, 0);
}

static void
show_verdict(struct arena *arena, const struct masks *masks, const struct finding *wrong,
	     struct frame frame)
{
	frame.indent = 0;
	putchar('\n');
	if (!wrong) {
		show_text(_("Nothing is wrong: mail can be sent."), frame, 0);
		return;
	}
	show_text(arena_printf(arena, _("What is wrong: %s."),
			       masked(arena, masks, wrong->text)),
		  frame, 0);
	if (wrong->remedy)
		show_text(arena_printf(arena, _("What to do next: %s"),
				       masked(arena, masks, wrong->remedy)),
			  frame, 0);
}

static void
show_lines(const struct checkup *checkup, const struct masks *masks)
{
	struct arena *arena = checkup->run->arena;
	const struct finding *before = NULL;
	struct frame frame = { 0, screen_width(stdout) };

	for (const struct finding *f = checkup->first; f; f = f->next)
		if (columns_of(span_of(f->title)) > frame.indent)
			frame.indent = columns_of(span_of(f->title));
	frame.indent += MARK_WIDTH + 1 + 2;
	for (const struct finding *f = checkup->first; f; before = f, f = f->next)
		show_finding(arena, masks, f, before, frame);
	show_verdict(arena, masks, first_wrong(checkup), frame);
}

void
checkup_show(const struct checkup *checkup)
{
	const struct request *request = checkup->run->request;
	struct masks masks = { .count = 0 };

	if (request->mask)
		name_masks(checkup->run, &masks);
	if (request->json)
		show_json(checkup, request->mask ? &masks : NULL);
	else
		show_lines(checkup, request->mask ? &masks : NULL);
}
