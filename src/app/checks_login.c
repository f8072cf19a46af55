/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs in and asks the server about the sender, and the DNS about its domain. */
#include "app/checks_login.h"

#include "app/local.h"
#include "mail/address.h"
#include "net/records.h"
#include "net/spf.h"
#include "oauth/access.h"
#include "smtp/mechanism.h"

#include <fnmatch.h>
#include <string.h>

/* ---- login ---- */

static bool
wants_no_login(const struct run *run)
{
	return strcmp(run->account->login.auth, "off") == 0;
}

void
check_auth(struct checkup *checkup)
{
	const struct run *run = checkup->run;
	struct span offered = run->connection.session.caps.mechanisms;

	if (!offered.len)
		found(checkup, wants_no_login(run) ? MARK_OK : MARK_NOTE,
		      _("The server offers no login"));
	else
		found(checkup, MARK_OK,
		      _("The server offers %.*s; the account has auth %s"),
		      (int)offered.len, offered.at, run->account->login.auth);
}

/* The mechanism knows who we are by itself. */
static bool
needs_no_secret(const struct run *run)
{
	const struct mechanism *mechanism = find_mechanism(run->account->login.auth);

	return mechanism && !(mechanism->nature & NEEDS_SECRET);
}

void
check_secret(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	const struct secret *secret;

	if (wants_no_login(run) || needs_no_secret(run)) {
		checkup->reached |= REACHED_SECRET;
		found(checkup, MARK_OK, _("None is needed"));
		return;
	}
	if (run->connection.by_token) {
		checkup->reached |= REACHED_SECRET;
		found(checkup, MARK_OK, _("A token of \"postrider login\", kept in %s"),
		      token_path(run->arena, &run->account->oauth));
		return;
	}
	if (!finder_take(&run->connection.finder, &secret, &err)) {
		found_error(checkup, &err, 0);
		return;
	}
	checkup->reached |= REACHED_SECRET;
	found(checkup, MARK_OK,
	      _("The password of %s is from %s, and has %zu characters"),
	      run->account->login.user ? run->account->login.user : "?",
	      secret_origin(run), secret->len);
}

/* The names of the mechanisms that were tried, the last one last; how many. */
static size_t
tried(const struct session *session, struct span *last)
{
	size_t count = 0;

	for (const struct exchange *e = session->first; e; e = e->next) {
		struct span said = span_of(e->said);

		if (e->stage != STAGE_AUTH || !span_starts_with_word(said, SPAN("AUTH ")))
			continue;
		said = span_part(said, 5, said.len);
		*last = span_word(&said);
		count++;
	}
	return count;
}

void
check_login(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	struct span mechanism = { 0 };

	if (wants_no_login(run)) {
		checkup->reached |= REACHED_LOGIN;
		found(checkup,
		      run->connection.session.caps.mechanisms.len ? MARK_NOTE : MARK_OK,
		      _("There is none, since the account has auth off"));
		return;
	}
	if (!connection_login(&run->connection, &err)) {
		found_error(checkup, &err, 0);
		return;
	}
	checkup->reached |= REACHED_LOGIN;
	if (tried(&run->connection.session, &mechanism) > 1)
		found(checkup, MARK_NOTE,
		      _("%s worked, after another login was refused: \"auth %.*s\" would save a "
			"try"),
		      span_string(run->arena, mechanism), (int)mechanism.len,
		      mechanism.at ? mechanism.at : "");
	else
		found(checkup, MARK_OK, _("The server lets %s in, by %s"),
		      run->account->login.user ? run->account->login.user : "?",
		      span_string(run->arena, mechanism));
}

/* ---- sender ---- */

/* The address that an account without other wishes sends as; NULL when each message
 * decides. */
static bool
find_sender(struct run *run, const char **sender, struct error *err)
{
	const struct account *account = run->account;
	const char *from = run->request->sender ? run->request->sender : account->from;
	struct address_list list;

	*sender = NULL;
	if (account->sender_from_header || (from && (!*from || strpbrk(from, "*?["))))
		return true;
	from = from ? from : user_address(run);
	if (!address_list_parse(run->arena, span_of(from), &list, err))
		return false;
	return list.count != 1 || address_envelope(run->arena, &list.items[0],
						   default_domain(run), sender, err);
}

static bool
ask_about(struct run *run, const char *sender, struct error *err)
{
	struct session *session = &run->connection.session;
	bool utf8 = address_needs_utf8(sender);
	struct exchange *mail, *rcpt;

	if (utf8 && !session->caps.smtputf8)
		return fail(
			err, FAULT_DATA,
			_("The sender address %s needs a server for internationalised "
			  "mail (SMTPUTF8); %s is none"),
			sender, session->host);
	session->utf8 = utf8;
	mail = ask(session, STAGE_MAIL, "MAIL FROM:<%s>%s", sender,
		   utf8 ? " SMTPUTF8" : "");
	if (!settle(session, err))
		return false;
	if (reply_class(&mail->reply) != 2)
		return refused(err, mail,
			       arena_printf(run->arena, _("%s refused the sender %s"),
					    session->host, sender));
	rcpt = ask(session, STAGE_RCPT, "RCPT TO:<%s>", sender);
	if (!settle(session, err))
		return false;
	return reply_class(&rcpt->reply) == 2 ||
	       refused(err, rcpt,
		       arena_printf(run->arena, _("%s refused the recipient %s"),
				    session->host, sender));
}

/* What is not said at once is said to nobody. */
static void
take_back(struct session *session, struct arena *arena)
{
	struct error ignored = { .arena = arena };

	ask(session, STAGE_RSET, "RSET");
	if (!settle(session, &ignored))
		error_clear(&ignored);
}

void
check_sender(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	struct envelope *envelope = arena_take(run->arena, sizeof(*envelope));
	struct delivery *delivery = arena_take(run->arena, sizeof(*delivery));
	const char *sender;

	if (!find_sender(run, &sender, &err)) {
		found_error(checkup, &err, 0);
		return;
	}
	if (!sender) {
		found(checkup, MARK_OK, _("Each message says who sends it"));
		return;
	}
	*envelope = (struct envelope){ .sender = sender };
	*delivery = (struct delivery){ .envelope = envelope };
	run->delivery = delivery;
	if (ask_about(run, sender, &err)) {
		found(checkup, MARK_OK,
		      _("The server takes mail from %s (nothing was sent)"), sender);
		take_back(&run->connection.session, run->arena);
		return;
	}
	found_error(checkup, &err, 0);
	if (!run->connection.session.failed.fault)
		take_back(&run->connection.session, run->arena);
}

void
check_copies(struct checkup *checkup)
{
	found(checkup, MARK_OK,
	      _("Sending puts no copy into the folder Sent, unless the provider does so by "
		"itself, as Gmail and Outlook do"));
}

/* ---- what the domain says ---- */

/* The server's own address; NULL when mail goes out from another one. */
static const char *
public_address(const struct run *run)
{
	const struct line *line = &run->connection.session.wire.line;
	/* RFC 6890; for fnmatch(3). */
	static const char *const inside[] = {
		"10.*",		 "100.6[4-9].*", "100.[7-9]?.*", "100.1[01]?.*",
		"100.12[0-7].*", "127.*",	 "169.254.*",	 "172.1[6-9].*",
		"172.2?.*",	 "172.3[01].*",	 "192.168.*",	 "::1",
		"fe80:*",	 "f[cd]??:*",
	};

	if (!line->address[0] || line->proxied)
		return NULL;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (fnmatch(inside[i], line->address, 0) == 0)
			return NULL;
	return line->address;
}

static void
tell_spf(struct checkup *checkup, const char *domain)
{
	struct arena *arena = checkup->run->arena;
	const char *address = public_address(checkup->run), *record;

	switch (spf_check(arena, domain, address ? address : "192.0.2.1", &record)) {
	case SPF_NONE:
		found(checkup, MARK_NOTE,
		      _("%s has no SPF record: receivers may take its mail for forged"),
		      domain);
		return;
	case SPF_BROKEN:
		found(checkup, MARK_NOTE, _("The SPF record of %s is broken: %s"), domain,
		      record ? record : "?");
		return;
	case SPF_UNCLEAR:
		found(checkup, MARK_NOTE, _("What SPF says of %s cannot be known now"),
		      domain);
		return;
	case SPF_PASS:
		if (address) {
			found(checkup, MARK_OK, _("SPF lets %s send for %s: %s"), address,
			      domain, record);
			return;
		}
		break;
	case SPF_NEUTRAL:
	case SPF_SOFTFAIL:
	case SPF_FAIL:
		break;
	}
	if (address)
		found(checkup, MARK_NOTE,
		      _("SPF does not name %s, the address of this server; if it sends from "
			"there, %s needs the provider's include: %s"),
		      address, domain, record);
	else
		found(checkup, MARK_OK,
		      _("The SPF record of %s (the server is on an inner network, so where its "
			"mail comes from is not known): %s"),
		      domain, record);
}

static bool
has_key(struct arena *arena, const char *selector, const char *domain)
{
	struct error ignored = { .arena = arena };
	const char *name = arena_printf(arena, "%s._domainkey.%s", selector, domain);
	struct records records;

	return records_find(RECORD_TXT, name, &records, &ignored);
}

/* Selectors are not published; these are those of well-known senders. */
static void
tell_dkim(struct checkup *checkup, const char *domain)
{
	static const char *const selectors[] = { "google",     "selector1", "selector2",
						 "fm1",	       "s1",	    "k1",
						 "default",    "mail",	    "dkim",
						 "protonmail", "sig1",	    "zoho" };

	for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++)
		if (has_key(checkup->run->arena, selectors[i], domain)) {
			found(checkup, MARK_OK, _("%s has a DKIM key, selector %s"),
			      domain, selectors[i]);
			return;
		}
	found(checkup, MARK_NOTE,
	      _("%s has no DKIM key under a usual name; the provider may use another one"),
	      domain);
}

static void
tell_dmarc(struct checkup *checkup, const char *domain)
{
	struct arena *arena = checkup->run->arena;
	struct error ignored = { .arena = arena };
	struct records records;

	if (records_find(RECORD_TXT, arena_printf(arena, "_dmarc.%s", domain), &records,
			 &ignored))
		found(checkup, MARK_OK, _("DMARC of %s: %s"), domain,
		      clean_text(arena, records.items[0].text));
	else
		found(checkup, MARK_NOTE,
		      _("%s has no DMARC record, which large receivers ask for"), domain);
}

void
check_domain(struct checkup *checkup)
{
	struct run *run = checkup->run;
	struct error err = { .arena = run->arena };
	struct records records;
	const char *sender, *domain = NULL;

	/* What is wrong with the address was told by check_sender. */
	if (find_sender(run, &sender, &err) && sender)
		domain = address_domain(sender);
	if (!domain || *domain == '[' || !strchr(domain, '.')) {
		found(checkup, MARK_OK, _("No domain of a sender is known"));
		return;
	}
	/* A dead resolver is asked once, not twenty times. */
	if (!records_find(RECORD_TXT, domain, &records, &err) &&
	    err.fault != FAULT_NO_HOST) {
		found(checkup, MARK_NOTE, "%s", err.what);
		return;
	}
	tell_spf(checkup, domain);
	tell_dkim(checkup, domain);
	tell_dmarc(checkup, domain);
}
