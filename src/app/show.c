/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers questions about the configuration and the server. */
#include "app/show.h"

#include "app/msmtp.h"
#include "app/msmtp_show.h"
#include "app/screen.h"
#include "smtp/mechanism.h"

#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
show_version(void)
{
	const char *separator = " ";

	printf("postrider %s\n", PACKAGE_VERSION);
	printf(_("Built with: GnuTLS%s%s%s%s%s%s\n"), HAVE_GSASL ? ", libgsasl" : "",
	       HAVE_IDN2 ? ", libidn2" : "", HAVE_LIBSECRET ? ", libsecret" : "",
	       HAVE_CURL && HAVE_JANSSON ? ", libcurl, jansson" : "",
	       HAVE_EXPAT ? ", expat" : "", HAVE_NLS ? ", gettext" : "");
	printf("%s", _("Logins:"));
	for (size_t i = 0; i < mechanisms_count; i++) {
		if (!login_knows(mechanisms[i].name))
			continue;
		printf("%s%s", separator, mechanisms[i].name);
		separator = ", ";
	}
	putchar('\n');
	printf(_("Configuration of the system: %s\n"), SYSCONFDIR "/postrider/config");
	puts(_("Licence: GPL-3.0-or-later. There is no warranty, to the extent permitted by law."));
}

void
show_pretend(struct run *run)
{
	const struct account *account = run->account;

	if (account->name)
		printf(_("account %s (%s)\n"), account->name,
		       origin_show(run->arena, &account->whole));
	else
		puts(_("an account from the command line"));
	for (size_t row = 0; row < settings_count; row++) {
		const char *value = account_show(run->arena, account, row);
		const char *origin = origin_show(run->arena, &account->origins[row]);

		value = arena_printf(run->arena, "%-22s %-30s (%s)", settings[row].name,
				     value && *value ? value : "-", origin);
		screen_put(stdout, span_of(value), 23);
	}
}

void
show_dry_run(const struct run *run, const struct envelope *envelope,
	     const struct composed *composed)
{
	const struct account *account = run->account;
	const struct endpoint *endpoint = &account->endpoint;

	if (endpoint->socket)
		printf(_("server: %s\n"), endpoint->socket);
	else
		printf(_("server: %s, port %u, TLS %s, login %s\n"), endpoint->host,
		       endpoint->ports[0], account->tls.on ? "on" : "off",
		       account->login.auth);
	printf("MAIL FROM:<%s>\n", envelope->sender);
	for (size_t i = 0; i < envelope->count; i++)
		printf("RCPT TO:<%s>\n", envelope->to[i]);
	for (size_t i = 0; i < composed->count; i++)
		for (size_t k = 0; k < composed->pieces[i].len; k++)
			if (composed->pieces[i].at[k] != '\r')
				putchar(composed->pieces[i].at[k]);
	printf(NUMBER_("(and %" PRIu64 " octet of body)\n",
		       "(and %" PRIu64 " octets of body)\n",
		       (unsigned long)composed->body->size),
	       composed->body->size);
}

/* ---- the server ---- */

static void
show_time(const char *title, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm parts;
	char text[64] = "";

	if (gmtime_r(&when, &parts))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
	printf("        %s: %s\n", title, text);
}

static void
show_tls(struct run *run)
{
	const struct tls *tls = run->connection.session.wire.tls;
	struct tls_certificate certificate;

	if (!tls)
		return;
	printf("%s\n    %s\n", _("TLS session parameters:"), tls_description(tls));
	if (!tls_certificate(tls, run->arena, &certificate))
		return;
	puts(_("TLS certificate information:"));
	printf("    %s:\n        %s\n", _("Subject"), certificate.subject);
	printf("    %s:\n        %s\n", _("Issuer"), certificate.issuer);
	printf("    %s:\n", _("Validity"));
	show_time(_("Activation time"), certificate.activation);
	show_time(_("Expiration time"), certificate.expiration);
	printf("    %s:\n        SHA256: %s\n        %s: %s\n", _("Fingerprints"),
	       certificate.sha256, _("SHA1 (deprecated)"), certificate.sha1);
}

static void
show_capabilities(const struct run *run)
{
	const struct caps *caps = &run->connection.session.caps;
	struct span rest = caps->text, line;

	if (!caps->esmtp || !reply_line(&rest, &line)) {
		puts(_("No special capabilities."));
		return;
	}
	puts(_("Capabilities:"));
	while (reply_line(&rest, &line))
		printf("    %.*s\n", (int)line.len, line.at ? line.at : "");
	setlocale(LC_NUMERIC, "");
	if (caps->size_limit)
		screen_say(stdout,
			   _("The server takes messages of up to %" PRIu64
			     " octets (%.2f MiB).\n"),
			   caps->size_limit, (double)caps->size_limit / (1024 * 1024));
	if (!run->connection.session.wire.tls && caps->starttls)
		screen_say(
			stdout, "%s",
			_("This server might advertise more or other capabilities when "
			  "TLS is active."));
}

static void
show_server(const struct run *run)
{
	const struct session *session = &run->connection.session;
	struct span rest = session->greeting.text, line;

	if (session->wire.line.port)
		/* TRANSLATORS: SMTP or LMTP, the host's name, its IP address, the port. */
		printf(_("%s server at %s (%s), port %u:\n"),
		       session->lmtp ? "LMTP" : "SMTP", session->host,
		       session->wire.line.address, session->wire.line.port);
	else
		printf(_("%s server at %s:\n"), session->lmtp ? "LMTP" : "SMTP",
		       session->host);
	while (reply_line(&rest, &line))
		printf("    %.*s\n", (int)line.len, line.at ? line.at : "");
}

/* VRFY and EXPN (RFC 5321 3.5): the reply is the answer. */
static bool
ask_server(struct run *run, const char *command, const char *argument, struct error *err)
{
	struct session *session = &run->connection.session;
	struct exchange *exchange;
	struct span rest, line;

	session->utf8 = session->caps.smtputf8;
	exchange = ask(session, STAGE_VRFY, "%s %s", command, argument);
	if (!settle(session, err))
		return false;
	if (reply_class(&exchange->reply) != 2)
		return refused(err, exchange,
			       arena_printf(run->arena, _("%s does not answer %s"),
					    session->host, command));
	rest = exchange->reply.text;
	while (reply_line(&rest, &line))
		printf("%.*s\n", (int)line.len, line.at ? line.at : "");
	return true;
}

bool
show_info(struct run *run, struct error *err)
{
	const struct request *request = run->request;
	bool questions = request->verify || request->expand;

	if (!run_start_secret(run, err))
		return false;
	/* Who asks about the server wants to see its certificate, not a memory of it. */
	run->connection.afresh = true;
	if (!run_connect(run, err))
		return false;
	if (!questions && as_msmtp(run)) {
		msmtp_show_server(run);
		return true;
	}
	if (!questions) {
		show_server(run);
		show_tls(run);
		show_capabilities(run);
		return true;
	}
	return connection_login(&run->connection, err) &&
	       (!request->verify || ask_server(run, "VRFY", request->verify, err)) &&
	       (!request->expand || ask_server(run, "EXPN", request->expand, err));
}

bool
start_remote_queue(struct run *run, struct error *err)
{
	struct session *session = &run->connection.session;
	struct exchange *etrn;

	if (!run_start_secret(run, err) || !run_connect(run, err))
		return false;
	if (!session->caps.etrn)
		return fail(err, FAULT_UNSUPPORTED,
			    _("%s does not offer remote queue starting (ETRN)"),
			    session->host);
	if (!connection_login(&run->connection, err))
		return false;
	etrn = ask(session, STAGE_ETRN, "ETRN %s", run->request->topic);
	if (!settle(session, err))
		return false;
	if (etrn->reply.code >= 250 && etrn->reply.code <= 253)
		return true;
	return refused(err, etrn,
		       arena_printf(run->arena, _("%s does not start its queue for %s"),
				    session->host, run->request->topic));
}
