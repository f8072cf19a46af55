/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leads a person from an address to the first message that was sent. */
#include "app/setup.h"

#include "app/screen.h"
#include "app/ask.h"
#include "app/json.h"
#include "app/login.h"
#include "app/setup_file.h"
#include "app/setup_login.h"
#include "app/setup_server.h"
#include "app/setup_text.h"
#include "base/file.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is done with the account that was written ---- */

typedef bool job(struct run *run, const struct setup *setup, struct error *err);

/* As if the program were called anew. */
static bool
with_account(const struct setup *setup, job *work, struct error *err)
{
	const struct request *given = setup->run->request;
	const struct request request = {
		.mode = MODE_SEND,
		.config_file = given->config_file,
		.dialect = given->dialect,
		.wish = { .name = setup->name },
		.verbose = given->verbose,
		.debug = given->debug,
	};
	struct run run = {
		.arena = setup->arena,
		.request = &request,
		.reporter = setup->run->reporter,
	};
	bool ok = work(&run, setup, err);

	run_disconnect(&run);
	run_release(&run);
	return ok;
}

static bool
get_token(struct run *run, const struct setup *setup, struct error *err)
{
	(void)setup;
	return run_choose_account(run, NULL, err) && log_in(run, err);
}

static bool
make_message(struct arena *arena, const char *address, struct message *message,
	     struct error *err)
{
	CLEANUP(close_file) int fd = open_unlinked();
	CLEANUP(release_buf) struct buf text = { 0 };
	const char *charset = nl_langinfo(CODESET);

	if (strcmp(charset, "ANSI_X3.4-1968") == 0)
		charset = "us-ascii";
	buf_printf(
		&text,
		"From: <%s>\nTo: <%s>\nSubject: postrider works\nMIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=%s\n"
		"Content-Transfer-Encoding: 8bit\n\n%s",
		address, address, charset,
		_("This message has come from you to you, by the account that you have "
		  "just set up.\n"));
	if (fd < 0 || !write_all(fd, text.at, text.len) || lseek(fd, 0, SEEK_SET) != 0)
		return fail_errno(err, FAULT_CANNOT_CREATE,
				  _("A temporary file cannot be made"));
	return message_read(arena, fd, false, message, err);
}

static bool
send_test(struct run *run, const struct setup *setup, struct error *err)
{
	const char *to[] = { setup->address };
	struct envelope envelope = { .sender = setup->address, .to = to, .count = 1 };
	struct message message;
	bool ok;

	if (!make_message(run->arena, setup->address, &message, err))
		return false;
	ok = send_taken(run, &envelope, &message, err);
	message_release(&message);
	if (ok && run->delivery && run->delivery->delivered)
		screen_say(setup->out, "%s",
			   _("Sent. Look into your mailbox, and among the junk.\n"));
	else if (ok)
		screen_say(
			setup->out, "%s",
			_("The server does not take it now. It waits in the queue: see "
			  "\"postrider queue\".\n"));
	return ok;
}

static bool
offer_test(struct setup *setup, struct error *err)
{
	const char *question = arena_printf(setup->arena, _("Send a test message to %s?"),
					    setup->address);
	bool wanted = false;

	if (!setup->asks || (!setup->logged_in && setup->by_token))
		return true;
	if (!ask_yes(question, true, &wanted, err) || !wanted)
		return !err->fault;
	return with_account(setup, send_test, err);
}

static bool
offer_token(struct setup *setup, struct error *err)
{
	bool wanted = false;

	if (!setup->by_token)
		return true;
	if (setup->asks && !ask_yes(_("Log in now?"), true, &wanted, err))
		return false;
	if (!wanted) {
		screen_say(setup->out, _("Now log in: postrider login %s\n"),
			   setup->name);
		return true;
	}
	setup->logged_in = with_account(setup, get_token, err);
	return setup->logged_in;
}

/* ---- for programs ---- */

static void
show_error(const struct error *why)
{
	json_text(",\"fault\":", fault_word(why->fault));
	json_text(",\"error\":", why->what);
	json_text(",\"reply\":", why->reply);
	json_text(",\"hint\":", why->hint);
}

/* As the server was tried, with what the options say; NULL when it was not. */
static const char *
security_word(const struct account *tried, unsigned port)
{
	if (!tried->endpoint.host)
		return NULL;
	if (!tried->tls.on)
		return "none";
	return tls_is_implicit(&tried->tls, port) ? "implicit" : "starttls";
}

static void
show_candidate(const struct setup *setup, size_t which)
{
	const struct candidate *candidate = &setup->discovery.items[which];
	const struct probe *probe = &setup->probes[which];
	unsigned port = probe->works ? probe->port : candidate->port;

	json_text(which ? ",{\"host\":" : "{\"host\":", candidate->host);
	if (port) {
		printf(",\"port\":%u", port);
		json_text(",\"tls\":", security_word(&probe->account, port));
	}
	json_text(",\"user\":", candidate->user);
	json_text(",\"found_by\":", found_by_word(candidate->found_by));
	printf(",\"vouched\":%s,\"works\":%s", candidate->vouched ? "true" : "false",
	       probe->works ? "true" : "false");
	if (probe->works)
		json_text(",\"logins\":", probe->logins);
	else if (probe->why.fault)
		show_error(&probe->why);
	putchar('}');
}

static void
show_json(const struct setup *setup, const struct error *err)
{
	const struct mail_provider *provider = setup->discovery.provider;

	json_text("{\"address\":", setup->address);
	json_text(",\"provider\":",
		  provider ? span_string(setup->arena, provider->name) : NULL);
	fputs(",\"servers\":[", stdout);
	for (size_t i = 0; i < setup->discovery.count; i++)
		show_candidate(setup, i);
	fputs("]", stdout);
	json_text(",\"name\":", setup->name);
	json_text(",\"file\":", setup->file);
	json_text(",\"account\":",
		  setup->account.login.auth ? setup_text(setup, NULL) : NULL);
	printf(",\"logged_in\":%s,\"written\":%s", setup->logged_in ? "true" : "false",
	       setup->written ? "true" : "false");
	json_text(",\"password\":", setup->kept);
	show_error(err);
	puts("}");
}

/* ---- the whole ---- */

static bool
write_it(struct setup *setup, struct error *err)
{
	if (setup->run->request->print) {
		if (!setup->run->request->json)
			fputs(setup_text(setup, NULL), stdout);
		return true;
	}
	if (!setup_write(setup, err) || !setup->written)
		return !err->fault;
	screen_say(setup->out, _("Written to %s.\n"), setup->file);
	return offer_token(setup, err) && offer_test(setup, err);
}

static bool
carry_on(struct setup *setup, struct error *err)
{
	return setup_begin(setup, err) && setup_place(setup, err) &&
	       setup_find_server(setup, err) && setup_log_in(setup, err) &&
	       write_it(setup, err);
}

bool
set_up(struct run *run, struct error *err)
{
	const struct request *request = run->request;
	struct setup *setup = arena_take(run->arena, sizeof(*setup));
	bool ok;

	*setup = (struct setup){
		.run = run,
		.arena = run->arena,
		.out = request->json || request->print ? stderr : stdout,
		.asks = !request->yes && !request->print,
	};
	if (setup->asks && request->json)
		return fail(err, FAULT_USAGE, _("--json needs --yes or --print here"));
	if (setup->asks && !ask_can()) {
		fail(err, FAULT_USAGE, _("There is no terminal to ask questions on"));
		return fail_hint(err,
				 _("Give --yes, with the password on standard input; "
				   "or --print"));
	}
	ok = carry_on(setup, err);
	if (request->json)
		show_json(setup, err);
	setup_release(setup);
	return ok;
}
