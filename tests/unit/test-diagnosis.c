/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which row of the table fits which failure. */
#include "unit.h"

#include "conf/diagnosis.h"
#include "conf/remedies.h"

#include <ctype.h>

#define AT(class, place) .fault = FAULT_##class, .stage = STAGE_##place
#define SAID(class, place, words) AT(class, place), .reply = (words)

static const struct {
	const char *name;
	struct circumstances circumstances;
	const char *want; /* word; NULL: nothing is known */
} cases[] = {
	/* clang-format off */
	{ "Google wants an app password",
	  { SAID(LOGIN, AUTH, "534 5.7.9 Application-specific password required"),
	    .host = "smtp.gmail.com" }, "app-password" },
	{ "the same at a domain of its own",
	  { SAID(LOGIN, AUTH, "534 5.7.9 Application-specific password required"),
	    .host = "relay.example.org" }, "app-password" },
	{ "the password of a Google account",
	  { SAID(LOGIN, AUTH, "535 5.7.8 Username and Password not accepted"),
	    .host = "smtp.gmail.com" }, "app-password" },
	{ "an app password that Google does not know",
	  { SAID(LOGIN, AUTH, "535 5.7.8 Username and Password not accepted"),
	    .host = "smtp.gmail.com", .facts = FACT_SIXTEEN }, "app-password-unknown" },
	{ "a browser is wanted",
	  { SAID(LOGIN, AUTH, "534 5.7.14 Please log in via your web browser"),
	    .host = "smtp.gmail.com" }, "web-login" },
	{ "a host that only ends like Google's",
	  { SAID(LOGIN, AUTH, "535 5.7.8 no"), .host = "smtp.notgmail.com" },
	  "wrong-password" },
	{ "Microsoft takes no passwords",
	  { SAID(LOGIN, AUTH,
	    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."),
	    .host = "smtp-mail.outlook.com" }, "password-not-taken" },
	{ "Microsoft's other way to say it",
	  { SAID(REFUSED, MAIL,
	    "550 5.7.30 Basic authentication is not supported for Client Submission."),
	    .host = "smtp.office365.com" }, "password-not-taken" },
	{ "the tenant has switched it off",
	  { SAID(LOGIN, AUTH,
	    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled "
	    "for the Tenant."),
	    .host = "smtp.office365.com" }, "smtp-login-disabled" },
	{ "a token of the wrong scope at Microsoft",
	  { SAID(LOGIN, AUTH, "535 5.7.3 Authentication unsuccessful"),
	    .host = "smtp.office365.com", .facts = FACT_BY_TOKEN }, "token-refused" },
	{ "a token elsewhere",
	  { SAID(LOGIN, AUTH, "535 5.7.8 no"), .facts = FACT_BY_TOKEN }, "token-refused" },
	{ "a provider with app passwords",
	  { SAID(LOGIN, AUTH, "535 Error: authentication failed"), .host = "smtp.163.com",
	    .facts = FACT_APP_PASSWORD | FACT_NOTES }, "app-password" },
	{ "the key of SendGrid",
	  { SAID(LOGIN, AUTH, "535 Authentication failed"), .host = "smtp.sendgrid.net",
	    .facts = FACT_OTHER_USER | FACT_NOTES }, "fixed-user" },
	{ "too many logins, for good",
	  { SAID(LOGIN, AUTH, "535 5.7.0 (#AUTH005) Too many bad auth attempts."),
	    .host = "smtp.mail.yahoo.com" }, "too-many-logins" },
	{ "too many logins, for now",
	  { SAID(TEMPORARY, AUTH, "454 4.7.0 Too many login attempts, please try again later.") },
	  "too-many-logins" },
	{ "a wrong password", { SAID(LOGIN, AUTH, "535 5.7.8 no") }, "wrong-password" },
	{ "no password at all", { AT(LOGIN, EHLO) }, NULL },
	{ "a helper without a terminal", { AT(CONFIG, EHLO), .facts = FACT_HELPER },
	  "helper-needs-person" },
	{ "a helper with one",
	  { AT(CONFIG, EHLO), .facts = FACT_HELPER | FACT_TERMINAL }, "helper-failed" },
	{ "a configuration that is wrong", { AT(CONFIG, CONNECT) }, NULL },
	{ "a login is wanted",
	  { SAID(REFUSED, MAIL, "530 5.7.0 Authentication required"),
	    .facts = FACT_LOGIN_OFF }, "login-wanted" },
	{ "said in other words",
	  { SAID(REFUSED, RCPT, "554 5.7.1 Relay access denied"), .facts = FACT_LOGIN_OFF },
	  "login-wanted" },
	{ "no relaying although logged in",
	  { SAID(REFUSED, RCPT, "554 5.7.1 Relay access denied") }, "no-relay" },
	{ "TLS is wanted",
	  { SAID(REFUSED, MAIL, "530 5.7.0 Must issue a STARTTLS command first") },
	  "tls-wanted" },
	{ "a sender of somebody else, Yandex",
	  { SAID(REFUSED, MAIL,
	    "553 5.7.1 Sender address rejected: not owned by auth user.") }, "sender-not-yours" },
	{ "a sender of somebody else, Microsoft",
	  { SAID(REFUSED, CONTENT, "554 5.2.252 SendAsDenied; a not allowed to send as b") },
	  "sender-not-yours" },
	{ "a sender of somebody else, NetEase",
	  { SAID(REFUSED, MAIL, "501 Mail from must equal authorized user") },
	  "sender-not-yours" },
	{ "a sender of somebody else, SendGrid",
	  { SAID(REFUSED, CONTENT,
	    "550 The from address does not match a verified Sender Identity.") },
	  "sender-not-yours" },
	{ "a sender that was made up",
	  { SAID(REFUSED, MAIL, "550 5.1.8 bad sender"), .facts = FACT_GUESSED },
	  "no-sender" },
	{ "the name of a local user",
	  { SAID(NO_USER, RCPT, "550 5.1.1 no such user"), .facts = FACT_BARE },
	  "local-name" },
	{ "an unknown user", { SAID(NO_USER, RCPT, "550 5.1.1 no") }, "unknown-user" },
	{ "a full mailbox", { SAID(REFUSED, RCPT, "552 5.2.2 full") }, "mailbox-full" },
	{ "full for now", { SAID(TEMPORARY, RCPT, "452 4.2.2 full") }, "mailbox-full" },
	{ "DMARC", { SAID(REFUSED, CONTENT, "550 5.7.26 unauthenticated") },
	  "not-believed" },
	{ "SPF, in words",
	  { SAID(REFUSED, RCPT, "550 5.7.1 rejected by SPF of example.org") },
	  "not-believed" },
	{ "DMARC, where no login was wanted",
	  { SAID(REFUSED, CONTENT, "550 5.7.26 Unauthenticated email is not accepted"),
	    .facts = FACT_LOGIN_OFF }, "not-believed" },
	{ "relaying for a bare name",
	  { SAID(REFUSED, RCPT, "554 5.7.1 Relay access denied"),
	    .facts = FACT_LOGIN_OFF | FACT_BARE }, "login-wanted" },
	{ "an unknown user for a sender that was made up",
	  { SAID(NO_USER, RCPT, "550 5.1.1 no such user"), .facts = FACT_GUESSED },
	  "unknown-user" },
	{ "a sender of somebody else, Exchange",
	  { SAID(REFUSED, CONTENT,
		 "550 5.7.60 SMTP; Client does not have permissions to send as this sender") },
	  "sender-not-yours" },
	{ "the quota of a day",
	  { SAID(REFUSED, CONTENT, "550 5.4.5 Daily user sending limit exceeded") }, "quota" },
	{ "a rate", { SAID(TEMPORARY, MAIL, "450 4.7.1 Rate limit exceeded") }, "quota" },
	{ "on a list",
	  { SAID(REFUSED, RCPT, "554 5.7.1 blocked using zen.spamhaus.org") }, "listed" },
	{ "too large, before it was sent", { AT(DATA, EHLO), .facts = FACT_TOO_LARGE },
	  "too-large" },
	{ "too large, afterwards", { SAID(DATA, MAIL, "552 5.3.4 too big") }, "too-large" },
	{ "a rule", { SAID(REFUSED, CONTENT, "550 5.7.1 no") }, "policy" },
	{ "later, with a queue",
	  { SAID(TEMPORARY, RCPT, "450 4.2.0 greylisted"), .facts = FACT_QUEUE }, "later" },
	{ "Tuta", { .fault = FAULT_NO_HOST, .host = "smtp.tuta.com" }, "no-smtp" },
	{ "Proton", { .fault = FAULT_NO_HOST, .host = "smtp.proton.me" }, "proton-bridge" },
	{ "Proton's Bridge",
	  { .fault = FAULT_CONNECT, .host = "127.0.0.1", .facts = FACT_LOOPBACK | FACT_PORT_1025 },
	  "proton-bridge" },
	{ "a name that is misspelt",
	  { .fault = FAULT_NO_HOST, .host = "smpt.gmail.com", .near_host = "smtp.gmail.com",
	    .facts = FACT_NEAR }, "host-misspelt" },
	{ "a name that is not there", { .fault = FAULT_NO_HOST, .host = "x.example" }, "no-host" },
	{ "no name server", { .fault = FAULT_TEMPORARY, .facts = FACT_NAME }, "no-name-server" },
	{ "a silent one", { .fault = FAULT_TIMEOUT, .facts = FACT_NAME }, "no-name-server" },
	{ "a proxy that is silent", { .fault = FAULT_TIMEOUT, .facts = FACT_PROXY }, "proxy" },
	{ "a proxy that may not", { .fault = FAULT_CONNECT, .facts = FACT_PROXY | FACT_LOOPBACK },
	  "proxy" },
	{ "a proxy without an address",
	  { .fault = FAULT_TEMPORARY, .facts = FACT_PROXY | FACT_NAME }, "proxy" },
	{ "no way tried, with a proxy", { .fault = FAULT_TEMPORARY, .facts = FACT_PROXY }, NULL },
	{ "behind a proxy", { AT(TIMEOUT, GREETING), .facts = FACT_PROXY }, NULL },
	{ "port 25 is silent", { .fault = FAULT_TIMEOUT, .facts = FACT_PORT_25 },
	  "port-25-blocked" },
	{ "another port is silent", { .fault = FAULT_TIMEOUT }, "no-answer" },
	{ "a port that is closed", { .fault = FAULT_CONNECT }, "not-listening" },
	{ "a web page", { SAID(PROTOCOL, GREETING, "HTTP/1.1 400 Bad Request") },
	  "web-page" },
	{ "a server for reading", { SAID(PROTOCOL, GREETING, "* OK IMAP4rev1 ready") },
	  "reading-server" },
	{ "something else", { SAID(PROTOCOL, GREETING, "SSH-2.0-OpenSSH_9.2") },
	  "no-mail-server" },
	{ "STARTTLS at port 465", { AT(TIMEOUT, GREETING), .facts = FACT_TLS_FIRST },
	  "tls-from-the-start" },
	{ "no failure", { SAID(NONE, AUTH, "535 5.7.8 no") }, NULL },
	/* clang-format on */
};

static void
rows(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diagnosis got = { 0 };

		if (!diagnose(&arena, &cases[i].circumstances, &got))
			got.word = NULL;
		unit_same(cases[i].name, got.word, cases[i].want);
	}
	arena_release(&arena);
	unit_done();
}

/* A row that no case above reaches may be hidden behind another one. */
static bool
is_reached(const char *word)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cases[i].want && strcmp(cases[i].want, word) == 0)
			return true;
	return false;
}

static void
sentence(const struct remedy *row, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	unit_number(row->word, len > 10, true);
	unit_number(row->word, text[0] == '{' || isupper((unsigned char)text[0]), true);
	/* What a placeholder stands for ends as a sentence does. */
	unit_number(row->word, text[len - 1] == '.' || text[len - 1] == '}', true);
}

static void
table(void **state)
{
	static const char *const untried[] = { "not-welcome", "closed-at-once",
					       "login-for-now" };

	(void)state;
	for (size_t i = 0; i < remedies_count; i++) {
		const struct remedy *row = &remedies[i];
		bool reached = is_reached(row->word);

		for (size_t k = 0; k < sizeof(untried) / sizeof(untried[0]); k++)
			reached |= strcmp(untried[k], row->word) == 0;
		unit_number(row->word, reached, true);
		/* Without a class or a reply anything would fit. */
		unit_number(row->word, row->faults || row->codes || row->says, true);
		for (const char *c = row->says; c && *c; c++)
			unit_number(row->word, tolower((unsigned char)*c), *c);
		sentence(row, row->cause);
		sentence(row, row->remedy);
	}
	unit_done();
}

static const struct {
	const char *name, *cause_has;
	struct circumstances circumstances;
} sentences[] = {
	{ "who, and from where",
	  "The name was me@example.org; the password came from netrc.",
	  { SAID(LOGIN, AUTH, "535 no"), .user = "me@example.org", .source = "netrc" } },
	{ "what is not known",
	  "The name was ?; the password came from ?.",
	  { SAID(LOGIN, AUTH, "535 no") } },
	{ "bytes from elsewhere",
	  "The name was \\x1b[2J; ",
	  { SAID(LOGIN, AUTH, "535 no"), .user = "\033[2J" } },
	{ "the near name",
	  "smpt.gmail.com is one slip away from smtp.gmail.com,",
	  { .fault = FAULT_NO_HOST,
	    .host = "smpt.gmail.com",
	    .near_host = "smtp.gmail.com",
	    .facts = FACT_NEAR } },
};

static void
values(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		struct diagnosis got = { .cause = "" };

		unit_number(sentences[i].name,
			    diagnose(&arena, &sentences[i].circumstances, &got), true);
		if (!strstr(got.cause, sentences[i].cause_has))
			unit_same(sentences[i].name, got.cause, sentences[i].cause_has);
		unit_number(sentences[i].name, strchr(got.cause, '{') != NULL, false);
	}
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(table),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests_name("diagnosis", tests, NULL, NULL);
}
