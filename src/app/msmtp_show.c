/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what msmtp prints. */
#include "app/msmtp_show.h"

#include "smtp/mechanism.h"

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

/* In the order in which msmtp names them. */
static const char *const methods[] = {
	"PLAIN",
	"SCRAM-SHA-1",
	"SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256",
	"SCRAM-SHA-256-PLUS",
	"EXTERNAL",
	"GSSAPI",
	"CRAM-MD5",
	"DIGEST-MD5",
	"LOGIN",
	"NTLM",
	"OAUTHBEARER",
	"XOAUTH2",
};
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

static const char *
lower(struct arena *arena, const char *word)
{
	char *copy = arena_string(arena, word);

	for (char *c = copy; *c; c++)
		*c = to_lower(*c);
	return copy;
}

static const char *
upper(struct arena *arena, const char *word)
{
	char *copy = arena_string(arena, word);

	for (char *c = copy; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return copy;
}

/* ---- --version ---- */

void
msmtp_show_version(struct arena *arena)
{
	const char *home = secure_getenv("HOME");

	printf("msmtp version %s (postrider)\n", PACKAGE_VERSION);
	puts("TLS/SSL library: GnuTLS");
	printf("Authentication library: %s\n",
	       HAVE_GSASL ? "GNU SASL; oauthbearer and xoauth2: built-in" : "built-in");
	puts("Supported authentication methods:");
	for (size_t i = 0; i < METHODS; i++)
		if (login_knows(methods[i]))
			printf("%s ", lower(arena, methods[i]));
	printf("\nIDN support: %s\n", HAVE_IDN2 ? "enabled" : "disabled");
	printf("NLS: %s\n", HAVE_NLS ? "enabled" : "disabled");
	printf("Keyring support: %s\n", HAVE_LIBSECRET ? "Gnome " : "none");
	printf("System configuration file name: %s\n", SYSCONFDIR "/msmtprc");
	printf("User configuration file name: %s/.msmtprc\n\n", home ? home : "~");
	puts("This is postrider, in place of msmtp. Licence: GPL-3.0-or-later.");
	puts("There is no warranty, to the extent permitted by law.");
}

/* ---- -P ---- */

static const struct {
	const char *label;
	const char *setting;
	const char *unset; /* what msmtp says for nothing, or for the default */
} shown[] = {
	{ "host", "host", NULL },
	{ "port", "port", NULL },
	{ "source ip", "source_ip", NULL },
	{ "proxy host", "proxy_host", NULL },
	{ "proxy port", "proxy_port", "0" },
	{ "socket", "socket", NULL },
	{ "timeout", "timeout", NULL },
	{ "protocol", "protocol", NULL },
	{ "domain", "domain", NULL },
	{ "auth", "auth", NULL },
	{ "user", "user", NULL },
	{ "password", "password", NULL },
	{ "passwordeval", "passwordeval", NULL },
	{ "ntlmdomain", "ntlmdomain", NULL },
	{ "tls", "tls", NULL },
	{ "tls_starttls", "tls_starttls", NULL },
	{ "tls_trust_file", "tls_trust_file", NULL },
	{ "tls_crl_file", "tls_crl_file", NULL },
	{ "tls_fingerprint", "tls_fingerprint", NULL },
	{ "tls_key_file", "tls_key_file", NULL },
	{ "tls_cert_file", "tls_cert_file", NULL },
	{ "tls_certcheck", "tls_certcheck", NULL },
	{ "tls_min_dh_prime_bits", "tls_min_dh_prime_bits", NULL },
	{ "tls_priorities", "tls_priorities", NULL },
	{ "tls_host_override", "tls_host_override", NULL },
	{ "auto_from", NULL, "off" },
	{ "maildomain", NULL, NULL },
	{ "from", "from", NULL },
	{ "allow_from_override", "allow_from_override", NULL },
	{ "set_from_header", "set_from_header", NULL },
	{ "set_date_header", "set_date_header", NULL },
	{ "remove_bcc_headers", "remove_bcc_headers", NULL },
	{ "undisclosed_recipients", "set_to_header", NULL },
	{ "dsn_notify", "dsn_notify", NULL },
	{ "dsn_return", "dsn_return", NULL },
	{ "logfile", "logfile", NULL },
	{ "logfile_time_format", "logfile_time_format", NULL },
	{ "syslog", "syslog", NULL },
	{ "aliases", "aliases", NULL },
};

static const char *
show_auth(struct run *run)
{
	const char *auth = run->account->login.auth;

	if (strcmp(auth, "off") == 0)
		return "none";
	return strcmp(auth, "on") == 0 ? "choose" : upper(run->arena, auth);
}

static const char *
show_from(const struct run *run)
{
	const struct account *account = run->account;

	if (run->request->sender && account->allow_from_override)
		return run->request->sender;
	return account->sender_from_header ? "%F"
	       : account->from		   ? account->from
					   : "(not set)";
}

/* A row that msmtp shows in a way of its own; NULL: it does not. */
static const char *
show_special(struct run *run, const char *label)
{
	const struct account *account = run->account;
	const struct request *request = run->request;

	if (strcmp(label, "auth") == 0)
		return show_auth(run);
	if (strcmp(label, "from") == 0)
		return show_from(run);
	if (strcmp(label, "password") == 0 && account->secret.passwordeval)
		return "*";
	if (strcmp(label, "port") == 0 && !account->port && account->endpoint.ports[0])
		return arena_printf(run->arena, "%u", account->endpoint.ports[0]);
	if (strcmp(label, "timeout") == 0 && account->timeout)
		return arena_printf(run->arena, "%u second%s", account->timeout,
				    account->timeout == 1 ? "" : "s");
	if (strncmp(label, "dsn_", 4) == 0)
		return upper(run->arena,
			     account_show(run->arena, account,
					  (size_t)setting_row(span_of(label))));
	if (strcmp(label, "auto_from") == 0)
		return request->auto_from ? "on" : "off";
	if (strcmp(label, "maildomain") == 0)
		return request->mail_domain;
	if (strcmp(label, "undisclosed_recipients") == 0)
		return account->header.to == TO_UNDISCLOSED ? "on" : "off";
	if (strcmp(label, "syslog") == 0 && account->log.syslog &&
	    strcmp(account->log.syslog, "on") == 0)
		return "LOG_USER";
	return NULL;
}

static void
show_file(const char *kind, const char *read, const char *usual)
{
	struct stat status;

	if (read)
		printf("loaded %s configuration file %s\n", kind, read);
	else
		printf("ignoring %s configuration file %s: %s\n", kind, usual,
		       stat(usual, &status) == 0 ? strerror(EACCES) : strerror(errno));
}

static void
show_account(struct run *run)
{
	const struct config *config = &run->chosen.config;
	const struct account *account = run->account;
	const char *home = secure_getenv("HOME");

	if (run->request->without_file) {
		puts("using account specified on command line");
		return;
	}
	if (!run->request->config_file)
		show_file("system", config->system_file, SYSCONFDIR "/msmtprc");
	show_file("user", config->user_file,
		  arena_printf(run->arena, "%s/.msmtprc", home ? home : ""));
	if (!account->name) {
		puts("using environment variables SMTPSERVER and EMAIL");
		return;
	}
	if (!run->request->wish.name && run->request->sender && account->from &&
	    from_matches(account->from, run->request->sender))
		printf("account chosen by envelope from address %s: %s\n",
		       run->request->sender, account->name);
	else if (!run->request->wish.name)
		puts("falling back to default account");
	printf("using account %s from %s\n", account->name, account->whole.file);
}

void
msmtp_show_pretend(struct run *run)
{
	const struct request *request = run->request;

	show_account(run);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const char *text = show_special(run, shown[i].label);
		const char *name = shown[i].setting;
		int row = name ? setting_row(span_of(name)) : -1;

		if (!text && row >= 0 &&
		    (!shown[i].unset ||
		     run->account->origins[row].kind != ORIGIN_DEFAULT))
			text = account_show(run->arena, run->account, (size_t)row);
		if (!text && shown[i].unset)
			text = shown[i].unset;
		if (!text || (!*text && strcmp(shown[i].label, "from") != 0) ||
		    (strcmp(shown[i].label, "timeout") != 0 &&
		     strcasecmp(text, "off") == 0 &&
		     (strcmp(shown[i].label, "syslog") == 0 ||
		      strncmp(shown[i].label, "dsn_", 4) == 0)))
			text = "(not set)";
		printf("%s = %s\n", shown[i].label, text);
	}
	if (request->mode == MODE_PRETEND || request->mode == MODE_SEND)
		puts(request->recipients_from_header
			     ? "reading recipients from the command line and the mail"
			     : "reading recipients from the command line");
}

/* ---- -S ---- */

/* The name that belongs to an address, or NULL. */
static const char *
name_of_address(struct arena *arena, const char *address)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *found = NULL;
	char name[NI_MAXHOST] = "";

	if (getaddrinfo(address, NULL, &hints, &found) != 0)
		return NULL;
	if (getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof(name), NULL, 0,
			NI_NAMEREQD) != 0)
		name[0] = '\0';
	freeaddrinfo(found);
	return name[0] ? arena_string(arena, name) : NULL;
}

static void
show_greeting(struct run *run)
{
	const struct session *session = &run->connection.session;
	struct span rest = session->greeting.text, line;

	printf("%s server at %s", session->lmtp ? "LMTP" : "SMTP", session->host);
	if (session->wire.line.port) {
		const char *address = session->wire.line.address;
		const char *name = name_of_address(run->arena, address);

		if (name)
			printf(" (%s [%s])", name, address);
		else
			printf(" (%s)", address);
		printf(", port %u", session->wire.line.port);
	}
	puts(":");
	while (reply_line(&rest, &line))
		printf("    %.*s\n", (int)line.len, line.at ? line.at : "");
}

/* "TLS1.3, A, B" as "(TLS1.3)-(A)-(B)", which is how GnuTLS itself describes it. */
static void
show_parameters(const char *text)
{
	printf("TLS session parameters:\n    (");
	for (; *text; text++) {
		if (text[0] == ',' && text[1] == ' ') {
			fputs(")-(", stdout);
			text++;
		} else {
			putchar(*text);
		}
	}
	puts(")");
}

static void
show_time(const char *title, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm parts;
	char text[128] = "";

	if (localtime_r(&when, &parts))
		strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &parts);
	printf("        %s: %s\n", title, text);
}

static void
show_tls(struct run *run)
{
	const struct tls *tls = run->connection.session.wire.tls;
	struct tls_certificate certificate;

	if (!tls)
		return;
	show_parameters(tls_description(tls));
	if (!tls_certificate(tls, run->arena, &certificate))
		return;
	printf("TLS certificate information:\n    Subject:\n        %s\n"
	       "    Issuer:\n        %s\n    Validity:\n",
	       certificate.subject, certificate.issuer);
	show_time("Activation time", certificate.activation);
	show_time("Expiration time", certificate.expiration);
	printf("    Fingerprints:\n        SHA256: %s\n        SHA1 (deprecated): %s\n",
	       certificate.sha256, certificate.sha1);
}

static void
show_methods(const struct caps *caps)
{
	puts("    AUTH:\n        Supported authentication methods:");
	fputs("        ", stdout);
	for (size_t i = 0; i < METHODS; i++)
		if (caps_offers(caps, methods[i]))
			printf("%s ", methods[i]);
	putchar('\n');
}

static void
show_capabilities(const struct run *run)
{
	const struct caps *caps = &run->connection.session.caps;
	const struct {
		bool there;
		const char *name, *meaning;
	} known[] = {
		{ caps->pipelining, "PIPELINING",
		  "Support for command grouping for faster transmission" },
		{ caps->smtputf8, "SMTPUTF8", "Support for internationalized mail" },
		{ caps->etrn, "ETRN",
		  "Support for RMQS (Remote Message Queue Starting)" },
		{ caps->dsn, "DSN", "Support for Delivery Status Notifications" },
		{ caps->starttls, "STARTTLS",
		  "Support for TLS encryption via the STARTTLS command" },
	};
	bool any = caps->size || caps->mechanisms.len;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		any = any || known[i].there;
	puts(any ? "Capabilities:" : "No special capabilities.");
	if (caps->size)
		printf("    SIZE %" PRIu64 ":\n", caps->size_limit);
	if (caps->size && caps->size_limit)
		printf("        Maximum message size is %" PRIu64 " bytes = %.2f MiB\n",
		       caps->size_limit, (double)caps->size_limit / (1024 * 1024));
	else if (caps->size)
		puts("        Maximum message size is unlimited");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].there)
			printf("    %s:\n        %s\n", known[i].name, known[i].meaning);
	if (caps->mechanisms.len)
		show_methods(caps);
	if (!run->connection.session.wire.tls && caps->starttls)
		puts("This server might advertise more or other capabilities when TLS is "
		     "active.");
}

void
msmtp_show_server(struct run *run)
{
	show_greeting(run);
	show_tls(run);
	show_capabilities(run);
}
