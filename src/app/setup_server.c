/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the server of an address and tries it. */
#include "app/setup_server.h"

#include "app/ask.h"
#include "app/screen.h"
#include "base/file.h"

#include <string.h>

/* ---- the account to try with ---- */

static bool
assign(const struct setup *setup, struct account *account, const char *word,
       const char *value, struct error *err)
{
	struct assignment assignment = {
		.row = (size_t)setting_row(span_of(word)),
		.text = span_of(value),
		.origin = { .kind = ORIGIN_OPTION },
	};

	return setting_apply(setup->arena, account, &assignment, err);
}

static bool
assign_options(const struct setup *setup, struct account *account, struct error *err)
{
	const struct request *request = setup->run->request;

	for (size_t i = 0; i < request->assignment_count; i++)
		if (!setting_apply(setup->arena, account, &request->assignments[i], err))
			return false;
	return true;
}

/* What the file says of every account, and a server may depend on. */
static void
inherit(const struct setup *setup, struct account *account)
{
	static const char *const words[] = {
		"ip",
		"source_ip",
		"domain",
		"tls_trust_file",
		"tls_crl_file",
		"tls_key_file",
		"tls_cert_file",
		"tls_priorities",
		"tls_min_version",
		"tls_min_dh_prime_bits",
		"tls_host_override",
	};

	for (size_t i = 0; setup->given && i < sizeof(words) / sizeof(words[0]); i++)
		setting_copy(account, setup->given,
			     (size_t)setting_row(span_of(words[i])));
}

static bool
assign_port(const struct setup *setup, unsigned port, struct account *account,
	    struct error *err)
{
	return !port || assign(setup, account, "port",
			       arena_printf(setup->arena, "%u", port), err);
}

static bool
assign_starttls(const struct setup *setup, enum starttls starttls,
		struct account *account, struct error *err)
{
	return starttls == STARTTLS_AUTO ||
	       assign(setup, account, "tls_starttls",
		      starttls == STARTTLS_ON ? "on" : "off", err);
}

bool
setup_account(const struct setup *setup, const struct candidate *candidate, unsigned port,
	      struct account *account, struct error *err)
{
	const char *user = setup->user ? setup->user : setup->address;

	if (!account_defaults(setup->arena, DIALECT_POSTRIDER, account, err))
		return false;
	inherit(setup, account);
	return assign(setup, account, "host", candidate->host, err) &&
	       assign_port(setup, port ? port : candidate->port, account, err) &&
	       assign_starttls(setup, candidate->starttls, account, err) &&
	       assign(setup, account, "user", user, err) &&
	       /* Nothing is kept of servers that are only tried. */
	       assign(setup, account, "tls_resume", "off", err) &&
	       assign_options(setup, account, err) &&
	       account_finish(setup->arena, account, err);
}

bool
setup_is_told_secret(const struct setup *setup)
{
	const struct request *request = setup->run->request;

	for (size_t i = 0; i < request->assignment_count; i++)
		if (setting_is_about_password(request->assignments[i].row))
			return true;
	return false;
}

/* ---- what is known before anybody is asked ---- */

static bool
take_address(struct setup *setup, struct error *err)
{
	const char *given = setup->run->request->topic;
	struct error inner = { .arena = setup->arena };
	struct address_list list;

	if (!given && setup->asks &&
	    !ask_line(_("Your mail address:"), NULL, &given, err))
		return false;
	if (!given)
		return fail(err, FAULT_USAGE, _("No mail address is given to set up"));
	if (address_list_parse(setup->arena, span_of(given), &list, &inner) &&
	    list.count == 1 && list.items[0].domain && *list.items[0].domain != '[' &&
	    address_envelope(setup->arena, &list.items[0], NULL, &setup->address, &inner))
		return true;
	return fail(err, FAULT_DATA, _("\"%s\" is no mail address"),
		    clean_text(setup->arena, span_of(given)));
}

/* What the options say goes before everything. */
static bool
take_options(struct setup *setup, struct error *err)
{
	struct discovery *discovery = &setup->discovery;
	struct account told;
	bool ok;

	if (!account_defaults(setup->arena, DIALECT_POSTRIDER, &told, err))
		return false;
	ok = assign_options(setup, &told, err);
	setup->user = told.login.user;
	*discovery = (struct discovery){
		.arena = setup->arena,
		.address = setup->address,
		.trust_file = told.tls.trust_file,
	};
	ok = ok && discovery_begin(discovery, err);
	if (ok && told.endpoint.host)
		discover_named(discovery, told.endpoint.host, told.port);
	account_release(&told);
	return ok;
}

bool
setup_begin(struct setup *setup, struct error *err)
{
	return take_address(setup, err) && take_options(setup, err);
}

void
setup_tell_notes(const struct setup *setup, const struct candidate *candidate)
{
	const struct mail_provider *provider = candidate->provider;

	for (size_t i = 0; provider && provider->notes[i]; i++)
		screen_say(setup->out, "- %s\n", _(provider->notes[i]));
}

/* ---- finding ---- */

static bool
without_server(const struct mail_provider *provider, struct error *err)
{
	fail(err, FAULT_UNSUPPORTED, _("%s takes no mail from other programs"),
	     span_string(err->arena, provider->name));
	return provider->notes[0] ? fail_hint(err, _(provider->notes[0])) : false;
}

/* The domain is told to somebody else: only when a person agrees. */
static bool
ask_others(struct setup *setup, struct error *err)
{
	bool agreed = false;

	if (!setup->asks)
		return true;
	screen_say(
		setup->out,
		_("%s does not say which server takes mail from you.\n"
		  "The Thunderbird project has a list of providers. It would learn the "
		  "domain %s, but not your address.\n"),
		setup->discovery.domain, setup->discovery.domain);
	return ask_yes(_("Ask there?"), false, &agreed, err) &&
	       (!agreed || discover_ispdb(&setup->discovery, err));
}

static bool
collect(struct setup *setup, struct error *err)
{
	struct discovery *discovery = &setup->discovery;

	if (discovery->count)
		return true;
	if (!discovery->provider)
		screen_say(setup->out, _("Looking for the mail server of %s.\n"),
			   discovery->domain);
	fflush(setup->out);
	if (!discover(discovery, err))
		return false;
	if (discovery->provider && !discovery->provider->host)
		return without_server(discovery->provider, err);
	if (discovery->provider)
		return true;
	if (!discovery->count && !ask_others(setup, err))
		return false;
	discover_guess(discovery);
	return true;
}

/* ---- trying ---- */

static bool
try_all(struct setup *setup, struct error *err)
{
	const struct discovery *discovery = &setup->discovery;

	for (size_t i = 0; i < discovery->count; i++)
		if (!setup_account(setup, &discovery->items[i], 0,
				   &setup->probes[i].account, err))
			return false;
	probe_all(setup->arena, setup->probes, discovery->count);
	return true;
}

static void
tell_failure(const struct setup *setup, const struct error *why)
{
	screen_say(setup->out, "- %s\n", why->what);
	if (why->reply)
		screen_say(setup->out, "  %s\n",
			   arena_printf(setup->arena, _("The server said: \"%s\""),
					why->reply));
	if (why->hint)
		screen_say(setup->out, "  %s\n", why->hint);
}

/* Whether the server may have the password. */
static bool
is_accepted(const struct setup *setup, const struct candidate *candidate, bool *accepted,
	    struct error *err)
{
	*accepted = candidate->vouched || setup->run->request->print;
	if (candidate->vouched)
		return true;
	screen_say(setup->out,
		   _("%s answers, but nothing shows that it belongs to %s: a name server "
		     "could have been made to lie.\n"),
		   candidate->host, setup->discovery.domain);
	return !setup->asks ||
	       ask_yes(_("Is it a server of your provider?"), false, accepted, err);
}

static void
take_server(struct setup *setup, size_t which)
{
	const struct candidate *candidate = &setup->discovery.items[which];

	setup->server = candidate;
	setup->port = setup->probes[which].port;
	if (!setup->user)
		setup->user = candidate->user;
	screen_say(setup->out, _("Found %s, port %u: %s.\n"), candidate->host,
		   setup->port, found_by_words(candidate->found_by));
}

/* A failure that is all there is to tell is told at the end. No failure of a guess is
 * worth a word: most of them must fail. */
static bool
choose(struct setup *setup, const struct candidate **doubtful, struct error *err)
{
	for (size_t i = 0; i < setup->discovery.count && !setup->server; i++) {
		const struct candidate *candidate = &setup->discovery.items[i];
		bool accepted;

		if (!setup->probes[i].works) {
			if (candidate->found_by != FOUND_GUESSING &&
			    setup->discovery.count > 1)
				tell_failure(setup, &setup->probes[i].why);
			continue;
		}
		if (!is_accepted(setup, candidate, &accepted, err))
			return false;
		if (accepted)
			take_server(setup, i);
		else if (!*doubtful)
			*doubtful = candidate;
	}
	return true;
}

static bool
is_doubtful(const struct setup *setup, const struct candidate *doubtful,
	    struct error *err)
{
	fail(err, FAULT_TRUST, _("Nothing shows that %s belongs to %s"), doubtful->host,
	     setup->discovery.domain);
	return fail_hint(err, arena_printf(setup->arena,
					   _("If it is a server of your provider, give "
					     "--host %s"),
					   doubtful->host));
}

/* Without a network nothing is found, and that says nothing. */
static const struct error *
find_temporary(const struct setup *setup)
{
	for (size_t i = 0; i < setup->discovery.count; i++)
		if (fault_is_temporary(setup->probes[i].why.fault))
			return &setup->probes[i].why;
	return NULL;
}

static bool
nothing_works(const struct setup *setup, struct error *err)
{
	const struct discovery *discovery = &setup->discovery;
	const struct error *temporary = find_temporary(setup);

	if (discovery->count == 1) {
		setup_tell_notes(setup, &discovery->items[0]);
		*err = setup->probes[0].why;
		return false;
	}
	if (discovery->items[0].found_by != FOUND_GUESSING)
		return fail(err, setup->probes[0].why.fault, _("No server for %s works"),
			    setup->address);
	if (temporary) {
		*err = *temporary;
		return false;
	}
	fail(err, FAULT_NO_HOST, _("No server that takes mail from %s was found"),
	     setup->address);
	return fail_hint(err,
			 _("Ask your provider for the name of its server for sending "
			   "mail (SMTP), and give it with --host"));
}

bool
setup_find_server(struct setup *setup, struct error *err)
{
	const struct candidate *doubtful = NULL;

	return collect(setup, err) && try_all(setup, err) &&
	       choose(setup, &doubtful, err) &&
	       (setup->server || (doubtful ? is_doubtful(setup, doubtful, err)
					   : nothing_works(setup, err)));
}

void
setup_release(struct setup *setup)
{
	for (size_t i = 0; i < CANDIDATES_MAX; i++)
		account_release(&setup->probes[i].account);
	account_release(&setup->account);
	secret_release(&setup->password);
	config_release(&setup->config);
	config_release(&setup->rest);
}
