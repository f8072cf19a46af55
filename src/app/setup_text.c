/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts into words what a setup has found out. */
#include "app/setup_text.h"

#include "base/file.h"

#include <string.h>

static void
set_line(struct setup_page *page, const char *word, const char *value)
{
	size_t at = 0;

	while (at < page->entry.count && strcmp(page->lines[at].word, word) != 0)
		at++;
	page->lines[at] = (struct config_line){ word, value };
	if (at == page->entry.count)
		page->entry.count++;
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

/* Where the file gives another TLS than was tried. */
static void
add_tls(const struct setup *setup, struct setup_page *page)
{
	const struct tls_policy *given = &setup->given->tls, *tried = &setup->account.tls;
	bool implicit = tls_is_implicit(tried, setup->port);

	if (given->on != tried->on)
		set_line(page, "tls", tried->on ? "on" : "off");
	if (tried->on && tls_is_implicit(given, setup->port) != implicit)
		set_line(page, "tls_starttls", implicit ? "off" : "on");
}

/* `auto` is a login, since there is a user. */
static void
add_login(const struct setup *setup, struct setup_page *page)
{
	const char *given = setup->given->login.auth;

	if (strcmp(setup->account.login.auth, "off") == 0)
		return;
	if (strcmp(given, "on") != 0 && strcmp(given, "auto") != 0)
		set_line(page, "auth", "on");
	if (setup->user)
		set_line(page, "user", setup->user);
}

/* Where the file gives another way to the server than was tried. A proxy or a pinned
 * certificate is nothing that should go without a word. */
static void
add_way(const struct setup *setup, struct setup_page *page)
{
	static const char *const words[] = { "socket", "protocol", "tls_certcheck" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t row = (size_t)setting_row(span_of(words[i]));
		const char *tried = account_show(setup->arena, &setup->account, row);

		if (strcmp(account_show(setup->arena, setup->given, row), tried) != 0)
			set_line(page, words[i], tried);
	}
}

/* The password of another account, which the file would hand on. */
static void
forget_secrets(const struct setup *setup, struct setup_page *page)
{
	for (size_t row = 0; row < settings_count; row++) {
		const char *none = settings[row].kind == &kind_flag ? "off" : "";

		if (setting_is_about_password(row) &&
		    strcmp(account_show(setup->arena, setup->given, row), none) != 0)
			set_line(page, settings[row].name, none);
	}
}

/* What the command line says besides; it is in the account that was tried. */
static void
add_options(const struct setup *setup, struct setup_page *page)
{
	const struct request *request = setup->run->request;

	for (size_t i = 0; i < request->assignment_count; i++) {
		const struct assignment *option = &request->assignments[i];
		const char *word = settings[option->row].name;

		if (strcmp(word, "from") != 0)
			set_line(page, word, span_string(setup->arena, option->text));
	}
}

const char *
setup_password_command(struct arena *arena, const char *file)
{
	CLEANUP(release_buf) struct buf command = { 0 };

	buf_add_string(&command, "cat '");
	for (; *file; file++)
		buf_printf(&command, *file == '\'' ? "'\\''" : "%c", *file);
	buf_add_char(&command, '\'');
	return span_string(arena, buf_span(&command));
}

static void
add_secret(const struct setup *setup, struct setup_page *page, const char *kept_in)
{
	/* msmtp, which may read its file, too, knows no password_file. */
	if (setup->dialect == DIALECT_MSMTP)
		set_line(page, "passwordeval",
			 setup_password_command(setup->arena, kept_in));
	else
		set_line(page, "password_file", kept_in);
}

void
setup_page(const struct setup *setup, const char *kept_in, struct setup_page *page)
{
	struct arena *arena = setup->arena;

	*page = (struct setup_page){ .entry = { .name = setup->name,
						.lines = page->lines } };
	page->entry.keeps_secret =
		!setup->password.len && !setup->by_token && !setup_is_told_secret(setup);
	set_line(page, "from", with_double_percents(arena, setup->address));
	set_line(page, "host", setup->server->host);
	set_line(page, "port", arena_printf(arena, "%u", setup->port));
	add_tls(setup, page);
	add_way(setup, page);
	add_login(setup, page);
	if (!page->entry.keeps_secret)
		forget_secrets(setup, page);
	add_options(setup, page);
	if (kept_in)
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
