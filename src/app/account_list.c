/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists what the configuration has. */
#include "app/account_list.h"

#include "app/explain.h"
#include "app/json.h"
#include "app/screen.h"
#include "base/columns.h"
#include "base/file.h"
#include "oauth/token.h"
#include "secret/outlook.h"
#include "smtp/mechanism.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what is known of one account ---- */

struct view {
	struct arena *arena;
	struct account *account;
	bool usual;    /* the one that is taken without -a and -f */
	bool finished; /* all of its values are there */
	struct outlook outlook;
	struct error problem; /* of the account */
	struct error missing; /* of its secret */
};

static bool
needs_secret(const struct account *account)
{
	const struct mechanism *mechanism = find_mechanism(account->login.auth);

	return strcmp(account->login.auth, "off") != 0 &&
	       !(mechanism && !(mechanism->nature & NEEDS_SECRET));
}

static bool
look_at_token(struct view *view)
{
	const struct account *account = view->account;

	if (!connection_wants_token(view->arena, account))
		return false;
	view->outlook.sources[0] = "token";
	if (!token_exists(view->arena, &account->oauth))
		fail(&view->missing, FAULT_LOGIN, _("there is no token yet: run \"%s\""),
		     arena_printf(view->arena, "postrider login %s", account->name));
	return true;
}

/* What the account is once all of its values are there. */
static void
look_at(struct view *view, const struct config *config)
{
	struct account *account = view->account;
	const char *fallback = account->queue.fallback;
	bool found = !fallback;

	view->problem.arena = view->missing.arena = view->arena;
	view->finished = account_finish(view->arena, account, &view->problem);
	if (!view->finished)
		return;
	if (needs_secret(account) && !look_at_token(view))
		(void)!secret_outlook(&account->secret, &view->outlook, &view->missing);
	for (size_t i = 0; !found && i < config->count; i++)
		found = strcmp(config->accounts[i].name, fallback) == 0;
	if (!found)
		fail(&view->problem, FAULT_CONFIG, _("There is no account \"%s\""),
		     clean_text(view->arena, span_of(fallback)));
}

/* ---- for programs ---- */

static const char *
security_word(const struct account *account, size_t port)
{
	if (!account->tls.on)
		return "none";
	return tls_is_implicit(&account->tls, account->endpoint.ports[port]) ? "tls"
									     : "starttls";
}

static void
print_server(const struct account *account)
{
	json_text(",\"host\":", account->endpoint.host);
	json_text(",\"socket\":", account->endpoint.socket);
	fputs(",\"ports\":[", stdout);
	for (size_t i = 0; i < 2 && account->endpoint.ports[i]; i++) {
		printf("%s{\"port\":%u", i ? "," : "", account->endpoint.ports[i]);
		json_text(",\"security\":", security_word(account, i));
		putchar('}');
	}
	printf("],\"verified\":%s",
	       account->tls.on && account->tls.check ? "true" : "false");
}

static void
print_view(const struct view *view)
{
	const struct account *account = view->account;

	json_text("{\"name\":", account->name);
	printf(",\"default\":%s", view->usual ? "true" : "false");
	json_text(",\"file\":", account->whole.file);
	printf(",\"line\":%u", account->whole.line);
	json_text(",\"from\":", account->from);
	print_server(account);
	json_text(",\"auth\":", account->login.auth);
	json_text(",\"user\":", account->login.user);
	fputs(",\"secret\":[", stdout);
	for (size_t i = 0; view->outlook.sources[i]; i++)
		json_text(i ? "," : "", view->outlook.sources[i]);
	json_text("],\"secret_place\":", view->outlook.place);
	json_text(",\"secret_problem\":", view->missing.what);
	json_text(",\"fallback\":", account->queue.fallback);
	json_text(",\"problem\":", view->problem.what);
	putchar('}');
}

/* ---- for people ---- */

struct row {
	const char *label, *value;
};

static const char *
server_text(struct arena *arena, const struct account *account)
{
	const struct endpoint *endpoint = &account->endpoint;
	unsigned port = endpoint->ports[0];

	if (endpoint->socket)
		return endpoint->socket;
	if (endpoint->ports[1])
		return arena_printf(arena,
				    _("%s, port %u with TLS, else %u with STARTTLS"),
				    endpoint->host, port, endpoint->ports[1]);
	if (!account->tls.on)
		return arena_printf(arena, _("%s, port %u, without TLS"), endpoint->host,
				    port);
	return tls_is_implicit(&account->tls, port)
		       ? arena_printf(arena, _("%s, port %u with TLS"), endpoint->host,
				      port)
		       : arena_printf(arena, _("%s, port %u with STARTTLS"),
				      endpoint->host, port);
}

static const char *
login_text(struct arena *arena, const struct account *account)
{
	const struct login_policy *login = &account->login;

	if (!login->user || strcmp(login->auth, "off") == 0)
		return login->auth;
	/* TRANSLATORS: the mechanism, or "on", and the user. */
	return arena_printf(arena, _("%s, as %s"), login->auth, login->user);
}

static const char *
secret_text(const struct view *view)
{
	const struct outlook *outlook = &view->outlook;
	const char *first = outlook->sources[0];

	if (!first)
		return NULL;
	if (outlook->place)
		return arena_printf(view->arena, "%s %s", first, outlook->place);
	return outlook->sources[1]
		       /* TRANSLATORS: two places of a password, asked in this order. */
		       ? arena_printf(view->arena, _("%s, then %s"), source_text(first),
				      source_text(outlook->sources[1]))
		       : source_text(first);
}

static void
show_row(struct arena *arena, const struct row *row, struct frame frame)
{
	CLEANUP(release_buf) struct buf out = { 0 };
	enum { INDENT = 4 };
	size_t at = INDENT + columns_of(span_of(row->label));

	if (!row->value || !*row->value)
		return;
	printf("%*s%s%*s", INDENT, "", row->label, (int)(INDENT + frame.indent - at), "");
	frame.indent += INDENT;
	columns_wrap(&out, span_of(clean_text(arena, span_of(row->value))), frame.indent,
		     frame);
	fputs(out.at, stdout);
}

static void
show_view(const struct view *view)
{
	const struct account *account = view->account;
	bool checked = !account->tls.on || account->tls.check;
	const struct row rows[] = {
		{ _("from"), account->from },
		{ _("server"), view->finished ? server_text(view->arena, account)
					      : account->endpoint.host },
		{ "", checked ? NULL : _("whose certificate is not checked") },
		{ _("login"), view->finished ? login_text(view->arena, account) : NULL },
		{ _("password"), secret_text(view) },
		{ "", view->missing.what },
		{ "", view->missing.hint },
		{ _("fallback"), account->queue.fallback },
		{ _("problem"), view->problem.what },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	struct frame frame = { .width = screen_width(stdout) };

	printf("%c %s (%s)\n", view->usual ? '*' : ' ', account->name,
	       origin_show(view->arena, &account->whole));
	for (size_t i = 0; i < count; i++)
		if (columns_of(span_of(rows[i].label)) > frame.indent)
			frame.indent = columns_of(span_of(rows[i].label));
	frame.indent += 2;
	for (size_t i = 0; i < count; i++)
		show_row(view->arena, &rows[i], frame);
}

/* ---- the whole ---- */

static void
show_place(const struct config *config, const char *path, bool json, size_t number)
{
	bool exists = access(path, F_OK) == 0;
	bool read = (config->user_file && strcmp(path, config->user_file) == 0) ||
		    (config->system_file && strcmp(path, config->system_file) == 0);

	if (json) {
		json_text(number ? ",{\"path\":" : "{\"path\":", path);
		printf(",\"exists\":%s,\"read\":%s}", exists ? "true" : "false",
		       read ? "true" : "false");
	} else if (read) {
		printf(_("%s is read\n"), path);
	} else if (exists) {
		printf(_("%s is not read\n"), path);
	}
}

static void
show_places(const struct run *run, const struct config *config)
{
	struct config_place places[2][CONFIG_PLACES] = { 0 };
	size_t number = 0;

	if (run->request->config_file)
		places[0][0].path = run->request->config_file;
	else
		config_places(run->arena, places[0], places[1]);
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < CONFIG_PLACES && places[i][k].path; k++)
			show_place(config,
				   clean_text(run->arena, span_of(places[i][k].path)),
				   run->request->json, number++);
	if (config->warning && !run->request->json)
		puts(config->warning);
}

static void
show_account(struct run *run, size_t number, const struct account *usual)
{
	struct config *config = &run->chosen.config;
	struct view view = {
		.arena = run->arena,
		.account = &config->accounts[number],
		.usual = usual && usual == &config->accounts[number],
	};

	look_at(&view, config);
	if (run->request->json) {
		fputs(number ? ",\n" : "\n", stdout);
		print_view(&view);
	} else {
		putchar('\n');
		show_view(&view);
	}
}

bool
list_accounts(struct run *run, struct error *err)
{
	const struct request *request = run->request;
	struct config *config = &run->chosen.config;
	const struct account_wish no_wish = { 0 };
	struct error unclear = { .arena = run->arena };
	struct account *usual = NULL;

	if (request->without_file)
		return fail(err, FAULT_USAGE,
			    _("With --host no account of a file is looked at"));
	/* What programs read is English in every locale. */
	if (request->json)
		setlocale(LC_MESSAGES, "C");
	if (!config_read(run->arena, request->config_file, request->dialect, config, err))
		return false;
	fputs(request->json ? "{\"files\":[" : "", stdout);
	show_places(run, config);
	fputs(request->json ? "],\"accounts\":[" : "", stdout);
	if (!config_choose(config, &no_wish, &usual, config->count ? &unclear : err))
		usual = NULL;
	for (size_t i = 0; i < config->count; i++)
		show_account(run, i, usual);
	fputs(request->json ? "]}\n" : "", stdout);
	return err->fault == FAULT_NONE;
}
