/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts into words what a setup has found out. */
#include "app/setup_text.h"

#include "base/file.h"

#include <string.h>

enum { PORT_SUBMISSIONS = 465 };

static void
add_line(struct setup_page *page, const char *word, const char *value)
{
	if (page->entry.count < SETTINGS_MAX)
		page->lines[page->entry.count++] = (struct config_line){ word, value };
}

/* In `from` a percent sign stands for something. */
static const char *
with_double_percents(struct arena *arena, const char *text)
{
	CLEANUP(release_buf) struct buf out = { 0 };

	for (; *text; text++) {
		if (*text == '%')
			buf_add_char(&out, '%');
		buf_add_char(&out, *text);
	}
	return span_string(arena, buf_span(&out));
}

/* Where the words of the dialect mean something else than the account needs. */
static void
add_tls(const struct setup *setup, struct setup_page *page)
{
	bool msmtp = setup->dialect == DIALECT_MSMTP;
	enum starttls starttls = setup->server->starttls;
	bool on = starttls == STARTTLS_AUTO ? setup->port != PORT_SUBMISSIONS
					    : starttls == STARTTLS_ON;

	if (msmtp)
		add_line(page, "tls", "on");
	if (msmtp ? !on : on == (setup->port == PORT_SUBMISSIONS))
		add_line(page, "tls_starttls", on ? "on" : "off");
}

/* What the command line says besides; it is in the account that was tried. */
static void
add_options(const struct setup *setup, struct setup_page *page)
{
	const struct request *request = setup->run->request;

	for (size_t i = 0; i < request->assignment_count; i++) {
		const struct assignment *option = &request->assignments[i];
		const char *word = settings[option->row].name;
		const char *value = span_string(setup->arena, option->text);
		size_t at = 0;

		while (at < page->entry.count && strcmp(page->lines[at].word, word) != 0)
			at++;
		if (at == page->entry.count)
			add_line(page, word, value);
		else if (strcmp(word, "from") != 0)
			page->lines[at].value = value;
	}
}

static void
add_secret(const struct setup *setup, struct setup_page *page, const char *kept_in)
{
	CLEANUP(release_buf) struct buf command = { 0 };

	page->entry.keeps_secret = !setup->password.len && !setup->by_token;
	if (!kept_in)
		return;
	/* msmtp, which may read its file, too, knows no password_file. */
	if (setup->dialect != DIALECT_MSMTP) {
		add_line(page, "password_file", kept_in);
		return;
	}
	buf_add_string(&command, "cat '");
	for (; *kept_in; kept_in++)
		buf_printf(&command, *kept_in == '\'' ? "'\\''" : "%c", *kept_in);
	buf_add_char(&command, '\'');
	add_line(page, "passwordeval", span_string(setup->arena, buf_span(&command)));
}

void
setup_page(const struct setup *setup, const char *kept_in, struct setup_page *page)
{
	struct arena *arena = setup->arena;
	bool login = strcmp(setup->account.login.auth, "off") != 0;

	*page = (struct setup_page){ .entry = { .name = setup->name,
						.lines = page->lines } };
	add_line(page, "from", with_double_percents(arena, setup->address));
	add_line(page, "host", setup->server->host);
	add_line(page, "port", arena_printf(arena, "%u", setup->port));
	add_tls(setup, page);
	if (login && setup->dialect == DIALECT_MSMTP)
		add_line(page, "auth", "on");
	if (login && setup->user)
		add_line(page, "user", setup->user);
	add_options(setup, page);
	add_secret(setup, page, kept_in);
}

const char *
setup_text(const struct setup *setup, const char *kept_in)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	struct setup_page page;

	setup_page(setup, kept_in, &page);
	config_entry_print(&page.entry, &text);
	return span_string(setup->arena, buf_span(&text));
}
