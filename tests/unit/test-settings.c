/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: names, values of every kind, defaults of both dialects, and what
 * account_finish makes of them. */
#include "unit.h"

#include "conf/settings.h"

#include <stdlib.h>

static char *
known_as(struct arena *arena, const char *name)
{
	int row = setting_row(span_of(name));

	return arena_string(arena, row < 0 ? "none" : settings[row].name);
}

static void
names(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "host", "host" },
		{ "tls", "tls" },
		{ "tls_trust_file", "tls_trust_file" },
		{ "tls-trust-file", "tls_trust_file" },
		{ "tls-trust_file", "tls_trust_file" },
		{ "TLS", "none" },
		{ "Host", "none" },
		{ "hos", "none" },
		{ "hostt", "none" },
		{ "", "none" },
		{ "account", "none" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_same(cases[i].name, known_as(&arena, cases[i].name), cases[i].want);
	arena_release(&arena);
	unit_done();
}

static void
suggestions(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "acount", "account" },
		{ "accoutn", "account" },
		{ "default", "defaults" },
		{ "hst", "host" },
		{ "prot", "port" },
		{ "tls-startls", "tls_starttls" },
		{ "passwordeva", "passwordeval" },
		{ "pasword", "password" },
		{ "tls_trustfile", "tls_trust_file" },
		{ "logfiles", "logfile" },
		{ "x", NULL },
		{ "ab", NULL },
		{ "fallbacks", "fallback" },
		{ "alias", "aliases" },
		{ "queu", "queue" },
		{ "averyveryverylongwordthatisnosettingatallandneverwillbeoneinanycase",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_same(cases[i].name, setting_suggestion(span_of(cases[i].name)),
			  cases[i].want);
	unit_done();
}

/* Every row is complete, and its name can be a word of the file and an option. */
static void
table(void **state)
{
	(void)state;
	for (size_t row = 0; row < settings_count; row++) {
		const struct setting *setting = &settings[row];
		const char *help = setting->help;
		size_t end = help ? strlen(help) : 0;

		unit_number(setting->name, setting_row(span_of(setting->name)),
			    (long long)row);
		unit_number(
			setting->name,
			(long long)strspn(setting->name, "abcdefghijklmnopqrstuvwxyz_"),
			(long long)strlen(setting->name));
		unit_same(setting->name,
			  end && help[end - 1] == '.' ? "a sentence" : help,
			  "a sentence");
		unit_same(setting->name, setting->kind->placeholder ? "yes" : NULL,
			  "yes");
		unit_number(setting->name,
			    setting->at + setting->kind->size <= sizeof(struct account),
			    true);
		unit_number(setting->name,
			    setting->at >= offsetof(struct account, endpoint), true);
	}
	unit_done();
}

/* What a value becomes: its shown form, or the reason why it is wrong. */
static const char *
result(struct arena *arena, const char *name, struct span text, enum origin_kind kind)
{
	struct error err = { .arena = arena };
	struct account account = { 0 };
	struct assignment assignment = {
		.row = (size_t)setting_row(span_of(name)),
		.text = text,
		.origin = { kind, "f", 7 },
	};
	const char *shown;

	if (!account_defaults(arena, DIALECT_POSTRIDER, &account, &err) ||
	    !setting_apply(arena, &account, &assignment, &err))
		return arena_printf(arena, "%s: %s", fault_word(err.fault), err.what);
	shown = account_show(arena, &account, assignment.row);
	unit_same(name, origin_show(arena, &account.origins[assignment.row]),
		  kind == ORIGIN_FILE ? "f:7" : "option");
	account_release(&account);
	return shown;
}

/* clang-format off */
static const struct {
	const char *name, *text, *want;		/* with "!": it is refused, and this is why */
} values[] = {
	{ "host", "mail.example.org", "mail.example.org" },
	{ "host", "[::1]", "[::1]" },
	{ "host", "", "" },
	{ "host", "a b", "!has a blank" },
	{ "host", "a\rb", "!control character" },
	{ "host", "a\x7f", "!control character" },
	{ "port", "587", "587" },
	{ "port", "0587", "587" },
	{ "port", "1", "1" },
	{ "port", "65535", "65535" },
	{ "port", "", "" },
	{ "port", "0", "!1 to 65535" },
	{ "port", "65536", "!1 to 65535" },
	{ "port", "4294967297", "!1 to 65535" },
	{ "port", "18446744073709551617", "!1 to 65535" },
	{ "port", "0x19", "!1 to 65535" },
	{ "port", "-1", "!1 to 65535" },
	{ "port", "25 ", "!1 to 65535" },
	{ "ip", "4", "4" },
	{ "ip", "6", "6" },
	{ "ip", "any", "any" },
	{ "ip", "", "any" },
	{ "ip", "5", "!\"5\" is none of: any, 4, 6" },
	{ "source_ip", "192.0.2.1", "192.0.2.1" },
	{ "source_ip", "2001:db8::1", "2001:db8::1" },
	{ "source_ip", "", "" },
	{ "source_ip", "eth0", "!no IPv4 or IPv6" },
	{ "source_ip", "1.2.3", "!no IPv4 or IPv6" },
	{ "protocol", "lmtp", "lmtp" },
	{ "protocol", "SMTP", "smtp" },
	{ "protocol", "", "smtp" },
	{ "protocol", "esmtp", "!none of: smtp, lmtp" },
	{ "domain", "", "localhost" },
	{ "proxy_port", "", "1080" },
	{ "timeout", "", "off" },
	{ "timeout", "off", "off" },
	{ "timeout", "0", "off" },
	{ "timeout", "30", "30" },
	{ "timeout", "1000000", "1000000" },
	{ "timeout", "1000001", "!neither" },
	{ "timeout", "3m", "!neither" },
	{ "tls", "on", "on" },
	{ "tls", "", "on" },
	{ "tls", "off", "off" },
	{ "tls", "OFF", "off" },
	{ "tls", "yes", "!none of: off, on" },
	{ "tls", "on # comment", "!none of" },
	{ "tls_starttls", "", "on" },
	{ "tls_starttls", "auto", "auto" },
	{ "tls_starttls", "off", "off" },
	{ "tls_trust_file", "system", "system" },
	{ "tls_trust_file", "~/ca.pem", "/home/somebody/ca.pem" },
	{ "tls_trust_file", "~other/ca.pem", "~other/ca.pem" },
	{ "tls_trust_file", "", "system" },
	{ "tls_key_file", "pkcs11:token=x;object=y", "pkcs11:token=x;object=y" },
	{ "tls_min_version", "1.3", "1.3" },
	{ "tls_min_version", "1.1", "!none of: 1.2, 1.3" },
	{ "tls_min_version", "", "1.2" },
	{ "tls_min_dh_prime_bits", "2048", "2048" },
	{ "tls_min_dh_prime_bits", "", "" },
	{ "tls_min_dh_prime_bits", "many", "!no number" },
	{ "tls_fingerprint", "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
	  "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff" },
	{ "tls_fingerprint", "00112233445566778899AABBCCDDEEFF00112233",
	  "00112233445566778899AABBCCDDEEFF00112233" },
	{ "tls_fingerprint", "00 11 22", "!has 6 hexadecimal digits" },
	{ "tls_fingerprint", "zz", "!no hexadecimal digit" },
	{ "auth", "", "on" },
	{ "auth", "on", "on" },
	{ "auth", "off", "off" },
	{ "auth", "auto", "auto" },
	{ "auth", "SCRAM-SHA-256-PLUS", "scram-sha-256-plus" },
	{ "auth", "xoauth2", "xoauth2" },
	{ "auth", "scram", "!none of: auto, on, off, plain" },
	{ "user", "me", "me" },
	{ "user", "", "" },
	{ "user", "a\tb", "a\\x09b" },
	{ "user", "a\nRCPT TO:<x>", "!control character" },
	{ "password", "hunter2", "*" },
	{ "password", "", "" },
	{ "password", "a#\"b \xff", "*" },
	{ "proxy_password", "hunter2", "*" },
	{ "passwordeval", "gpg -d ~/.pw", "gpg -d ~/.pw" },
	{ "cleartext_auth", "loopback", "loopback" },
	{ "cleartext_auth", "never", "never" },
	{ "cleartext_auth", "on", "!none of: never, loopback" },
	{ "oauth_issuer", "google", "google" },
	{ "oauth_client_secret", "hunter2", "*" },
	{ "oauth_flow", "device", "device" },
	{ "oauth_flow", "", "auto" },
	{ "oauth_flow", "code", "!none of: auto, browser, device, client" },
	{ "from", "me@example.org", "me@example.org" },
	{ "from", "", "<>" },
	{ "from", "<>", "<>" },
	{ "from", "*@example.org", "*@example.org" },
	{ "set_from_header", "", "auto" },
	{ "set_from_header", "on", "on" },
	{ "set_from_header", "off", "off" },
	{ "set_date_header", "", "auto" },
	{ "set_date_header", "off", "off" },
	{ "set_date_header", "on", "!none of: auto, off" },
	{ "set_msgid_header", "off", "off" },
	{ "set_to_header", "", "on" },
	{ "set_to_header", "undisclosed_recipients", "undisclosed_recipients" },
	{ "set_to_header", "auto", "auto" },
	{ "set_to_header", "all", "!none of: auto, off, on" },
	{ "remove_bcc_headers", "off", "off" },
	{ "dsn_notify", "never", "never" },
	{ "dsn_notify", "SUCCESS,failure", "success,failure" },
	{ "dsn_notify", "off", "off" },
	{ "dsn_notify", "sometimes", "!sometimes" },
	{ "dsn_notify", "never,failure", "!never,failure" },
	{ "dsn_return", "full", "full" },
	{ "dsn_return", "headers", "headers" },
	{ "dsn_return", "hdrs", "headers" },
	{ "dsn_return", "half", "!half" },
	{ "aliases", "", "/etc/aliases" },
	{ "queue_lifetime", "", "5" },
	{ "patience", "", "10" },
	{ "logfile", "~/mail.log", "/home/somebody/mail.log" },
	{ "logfile", "-", "-" },
	{ "syslog", "", "on" },
	{ "syslog", "LOG_MAIL", "LOG_MAIL" },
	{ "syslog", "log_local3", "LOG_LOCAL3" },
	{ "syslog", "LOG_KERN", "!none of: auto, off, on, LOG_USER" },
};
/* clang-format on */

/* Says the same of a file and of an option, but for the class and the place. */
static void
value_cases(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	setenv("HOME", "/home/somebody", 1);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *want = values[i].want, *got;
		const char *label =
			arena_printf(&arena, "%s %s", values[i].name, values[i].text);

		got = result(&arena, values[i].name, span_of(values[i].text),
			     ORIGIN_FILE);
		if (*want == '!')
			unit_same(label,
				  strncmp(got, "config: f:7: ", 13) == 0 &&
						  strstr(got, want + 1)
					  ? want
					  : got,
				  want);
		else
			unit_same(label, got, want);
		got = result(&arena, values[i].name, span_of(values[i].text),
			     ORIGIN_OPTION);
		if (*want == '!')
			unit_same(label,
				  strncmp(got, "usage: ", 7) == 0 && strstr(got, want + 1)
					  ? want
					  : got,
				  want);
		else
			unit_same(label, got, want);
	}
	arena_release(&arena);
	unit_done();
}

/* A value is never longer in an error than a line, and a secret is never in it. */
static void
errors_keep_secrets(void **state)
{
	struct arena arena = { 0 };
	char *endless = arena_take(&arena, 100001);
	const char *got;

	(void)state;
	memset(endless, 'x', 100000);
	got = result(&arena, "port", span_of(endless), ORIGIN_FILE);
	unit_number("a long value is cut", strlen(got) < 200, true);
	got = result(&arena, "password", SPAN("hunter2\n"), ORIGIN_FILE);
	unit_number("refused", strncmp(got, "config: ", 8), 0);
	unit_number("secret in error", strstr(got, "hunter2") == NULL, true);
	got = result(&arena, "user", SPAN("a\0b"), ORIGIN_OPTION);
	unit_number("NUL in option", strncmp(got, "usage: ", 7), 0);
	arena_release(&arena);
	unit_done();
}

/* What is shown can be written again and gives the same. */
static void
round_trip(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	setenv("HOME", "/home/somebody", 1);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct setting *setting =
			&settings[setting_row(span_of(values[i].name))];

		if (values[i].want[0] == '!' || setting->kind->hidden ||
		    strchr(values[i].want, '\\'))
			continue;
		unit_same(values[i].name,
			  result(&arena, values[i].name, span_of(values[i].want),
				 ORIGIN_FILE),
			  setting->kind->empty && !*values[i].want ? setting->kind->empty
								   : values[i].want);
	}
	arena_release(&arena);
	unit_done();
}

/* Every default that is not "unset", in both dialects. */
static void
defaults(void **state)
{
	static const struct {
		const char *name, *postrider, *msmtp;
	} cases[] = {
		{ "ip", "any", "any" },
		{ "tcp_fastopen", "off", "off" },
		{ "oauth_flow", "auto", "auto" },
		{ "protocol", "smtp", "smtp" },
		{ "domain", "localhost", "localhost" },
		{ "timeout", "off", "off" },
		{ "proxy_port", "1080", "1080" },
		{ "tls", "on", "off" },
		{ "tls_starttls", "auto", "on" },
		{ "tls_trust_file", "system", "system" },
		{ "tls_certcheck", "on", "on" },
		{ "tls_min_version", "1.2", "1.2" },
		{ "tls_resume", "on", "off" },
		{ "password_git", "off", "off" },
		{ "auth", "auto", "off" },
		{ "cleartext_auth", "never", "never" },
		{ "allow_from_override", "on", "on" },
		{ "set_from_header", "auto", "auto" },
		{ "set_date_header", "auto", "auto" },
		{ "set_msgid_header", "auto", "auto" },
		{ "set_to_header", "auto", "off" },
		{ "remove_bcc_headers", "on", "on" },
		{ "trace_header", "off", "off" },
		{ "partial_delivery", "on", "off" },
		{ "queue", "on", "off" },
		{ "queue_lifetime", "5", "5" },
		{ "patience", "10", "10" },
		{ "share_connection", "on", "off" },
		{ "aliases", "/etc/aliases", "" },
		{ "dsn_notify", "off", "off" },
		{ "dsn_return", "off", "off" },
		{ "syslog", "auto", "off" },
	};
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct account postrider, msmtp;

	(void)state;
	unit_number("ok", account_defaults(&arena, DIALECT_POSTRIDER, &postrider, &err),
		    true);
	unit_number("ok", account_defaults(&arena, DIALECT_MSMTP, &msmtp, &err), true);
	for (size_t row = 0; row < settings_count; row++) {
		const char *name = settings[row].name;
		const char *want = "", *want_msmtp = "";

		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			if (strcmp(cases[i].name, name) == 0) {
				want = cases[i].postrider;
				want_msmtp = cases[i].msmtp;
			}
		unit_same(name, account_show(&arena, &postrider, row), want);
		unit_same(name, account_show(&arena, &msmtp, row), want_msmtp);
		unit_same(name, origin_show(&arena, &postrider.origins[row]), "default");
	}
	arena_release(&arena);
	unit_done();
}

/* An empty value is the default of the dialect, but where one may say: nobody. */
static void
empty_in_msmtp(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "ip", "any" },      { "proxy_port", "1080" }, { "protocol", "smtp" },
		{ "patience", "10" }, { "aliases", "" },	{ "tls_trust_file", "" },
		{ "tls", "on" },      { "auth", "on" },		{ "from", "<>" },
	};
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t row = (size_t)setting_row(span_of(cases[i].name));
		struct assignment assignment = { .row = row };
		struct account account;

		unit_number("defaults",
			    account_defaults(&arena, DIALECT_MSMTP, &account, &err),
			    true);
		unit_number(cases[i].name,
			    setting_apply(&arena, &account, &assignment, &err), true);
		unit_same(cases[i].name, account_show(&arena, &account, row),
			  cases[i].want);
		account_release(&account);
	}
	arena_release(&arena);
	unit_done();
}

/* ---- account_finish ---- */

/* Applies "name=value" pairs separated by "|"; "name:value" comes from line 3 of a
 * file. */
static bool
apply_all(struct arena *arena, struct account *account, const char *pairs,
	  struct error *err)
{
	struct span rest = span_of(pairs);

	while (rest.len) {
		struct span pair = span_part(rest, 0, span_find(rest, '|'));
		size_t equals = span_find(pair, '='), colon = span_find(pair, ':');
		size_t end = equals < colon ? equals : colon;
		struct assignment assignment = {
			.row = (size_t)setting_row(span_part(pair, 0, end)),
			.text = span_part(pair, end + 1, pair.len),
			.origin = equals < colon
					  ? (struct origin){ .kind = ORIGIN_OPTION }
					  : (struct origin){ ORIGIN_FILE, "f", 3 },
		};

		if (!setting_apply(arena, account, &assignment, err))
			return false;
		rest = span_part(rest, pair.len + 1, rest.len);
	}
	return true;
}

static const char *
text_or(const char *text, const char *other)
{
	return text ? text : other;
}

static const char *
finished(struct arena *arena, enum dialect dialect, const char *pairs)
{
	struct error err = { .arena = arena };
	struct account a;
	const char *text;

	if (!account_defaults(arena, dialect, &a, &err))
		return err.what;
	a.name = "work";
	a.whole = (struct origin){ ORIGIN_FILE, "f", 1 };
	if (apply_all(arena, &a, pairs, &err) && account_finish(arena, &a, &err))
		text = arena_printf(
			arena, "%s %u,%u tls=%d auth=%s user=%s from=%s key=%s@%s",
			text_or(a.endpoint.host, "-"), a.endpoint.ports[0],
			a.endpoint.ports[1], a.tls.on, a.login.auth,
			text_or(a.login.user, "-"),
			a.sender_from_header ? "%F" : text_or(a.from, "-"),
			text_or(a.secret.user, "-"), text_or(a.secret.host, "-"));
	else
		text = arena_printf(arena, "!%s: %s", fault_word(err.fault), err.what);
	account_release(&a);
	return text;
}

/* clang-format off */
static const struct {
	enum dialect dialect;
	const char *pairs, *want;
} finishes[] = {
	/* Ports. */
	{ DIALECT_POSTRIDER, "host:h", "h 465,587 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|tls_starttls:on",
	  "h 587,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|tls_starttls:off",
	  "h 465,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|tls:off", "h 25,0 tls=0 auth=off user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|port:2525", "h 2525,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h", "h 25,0 tls=0 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h|tls:on", "h 25,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h|tls:on|tls_starttls:off",
	  "h 465,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h|tls_starttls:off", "h 25,0 tls=0 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h|port=587", "h 587,0 tls=0 auth=off user=- from=- key=-@h" },
	/* Unix sockets and LMTP. */
	{ DIALECT_POSTRIDER, "socket:/run/x", "- 0,0 tls=0 auth=off user=- from=- key=-@/run/x" },
	{ DIALECT_POSTRIDER, "socket:/run/x|tls:on",
	  "!config: f:3: TLS on a unix socket needs host or tls_host_override, the name in the "
	  "certificate" },
	{ DIALECT_POSTRIDER, "socket:/run/x|tls:on|tls_host_override:H",
	  "- 0,0 tls=1 auth=off user=- from=- key=-@/run/x" },
	{ DIALECT_POSTRIDER, "socket:/run/x|host:h|port:24|protocol:lmtp",
	  "h 0,0 tls=0 auth=off user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|protocol:lmtp",
	  "!config: f:3: LMTP has no usual port: port or socket must be set" },
	{ DIALECT_MSMTP, "host:h|protocol:lmtp|port:24",
	  "h 24,0 tls=0 auth=off user=- from=- key=-@h" },
	/* Names. */
	{ DIALECT_POSTRIDER, "host:Mail.Example.ORG.",
	  "mail.example.org 465,587 tls=1 auth=off user=- from=- key=-@Mail.Example.ORG." },
	{ DIALECT_POSTRIDER, "host:[::1]", "::1 465,587 tls=1 auth=off user=- from=- key=-@[::1]" },
	{ DIALECT_POSTRIDER, "host:[IPv6:2001:db8::1]",
	  "2001:db8::1 465,587 tls=1 auth=off user=- from=- key=-@[IPv6:2001:db8::1]" },
	{ DIALECT_POSTRIDER, "host:[192.0.2.1]",
	  "192.0.2.1 465,587 tls=1 auth=off user=- from=- key=-@[192.0.2.1]" },
	{ DIALECT_POSTRIDER, "host:fe80::1%eth0",
	  "fe80::1%eth0 465,587 tls=1 auth=off user=- from=- key=-@fe80::1%eth0" },
	{ DIALECT_POSTRIDER, "host:b\xc3\xbc" "cher.example",
	  "xn--bcher-kva.example 465,587 tls=1 auth=off user=- from=- "
	  "key=-@b\xc3\xbc" "cher.example" },
	{ DIALECT_POSTRIDER, "host:a..b", "!config: f:3: the value of \"host\" is wrong: " },
	{ DIALECT_POSTRIDER, "host=a..b", "!usage: The value of \"host\" is wrong: " },
	{ DIALECT_POSTRIDER, "host:h|proxy_host:a..b",
	  "!config: f:3: the value of \"proxy_host\" is wrong: " },
	{ DIALECT_POSTRIDER, "host:h|qualify_domain:a..b",
	  "!config: f:3: the value of \"qualify_domain\" is wrong: " },
	{ DIALECT_POSTRIDER, "host:h|domain:a..b",
	  "!config: f:3: the value of \"domain\" is wrong: " },
	{ DIALECT_POSTRIDER, "from:a@b", "!config: f:1: the account \"work\" has no host" },
	/* Login. */
	{ DIALECT_POSTRIDER, "host:h|from:me@x|password:p",
	  "h 465,587 tls=1 auth=on user=me@x from=me@x key=me@x@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@x|passwordeval:p",
	  "h 465,587 tls=1 auth=on user=me@x from=me@x key=me@x@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@x|user:u",
	  "h 465,587 tls=1 auth=on user=u from=me@x key=u@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@x",
	  "h 465,587 tls=1 auth=off user=- from=me@x key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@x|auth:on",
	  "h 465,587 tls=1 auth=on user=me@x from=me@x key=me@x@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@x|password:p|auth:off",
	  "h 465,587 tls=1 auth=off user=- from=me@x key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|password:p",
	  "!config: f:1: a login needs a user name, but user is not set" },
	{ DIALECT_POSTRIDER, "host:h|from:*@x|password:p",
	  "!config: f:1: a login needs a user name, but user is not set" },
	{ DIALECT_POSTRIDER, "host:h|auth=on",
	  "!usage: A login needs a user name, but user is not set" },
	{ DIALECT_POSTRIDER, "host:h|auth:external",
	  "h 465,587 tls=1 auth=external user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@x|auth:gssapi",
	  "h 465,587 tls=1 auth=gssapi user=- from=me@x key=-@h" },
	{ DIALECT_MSMTP, "host:h|from:me@x|password:p",
	  "h 25,0 tls=0 auth=off user=- from=me@x key=-@h" },
	{ DIALECT_MSMTP, "host:h|from:me@x|auth:on",
	  "!config: f:3: a login needs a user name, but user is not set" },
	{ DIALECT_MSMTP, "host:h|auth:plain|user:u",
	  "h 25,0 tls=0 auth=plain user=u from=- key=u@h" },
	/* TLS. */
	{ DIALECT_POSTRIDER, "host:h|tls_key_file:k",
	  "!config: f:3: the settings tls_key_file and tls_cert_file need each other" },
	{ DIALECT_POSTRIDER, "host:h|tls_cert_file=c",
	  "!usage: The settings tls_key_file and tls_cert_file need each other" },
	{ DIALECT_POSTRIDER, "host:h|tls_cert_file:c|tls_key_file:k",
	  "h 465,587 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|tls_trust_file:",
	  "h 465,587 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h|tls:on|tls_trust_file:",
	  "!config: f:3: nobody is trusted: tls_trust_file or tls_fingerprint must be set" },
	{ DIALECT_MSMTP, "host:h|tls:on|tls_trust_file:|tls_certcheck:off",
	  "h 25,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP, "host:h|tls_trust_file:|tls:off",
	  "h 25,0 tls=0 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP,
	  "host:h|tls:on|tls_trust_file:|tls_fingerprint:00112233445566778899aabbccddeeff",
	  "h 25,0 tls=1 auth=off user=- from=- key=-@h" },
	{ DIALECT_MSMTP,
	  "host:h|tls:on|tls_crl_file:x|tls_trust_file:|"
	  "tls_fingerprint:00112233445566778899aabbccddeeff",
	  "!config: f:3: the setting tls_crl_file needs tls_trust_file" },
	/* Senders and patterns. */
	{ DIALECT_POSTRIDER, "host:h|from:", "h 465,587 tls=1 auth=off user=- from= key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me@%H",
	  "h 465,587 tls=1 auth=off user=- from=me@vm.x key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:me%%H@%H",
	  "h 465,587 tls=1 auth=off user=- from=me%H@vm.x key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:u%x@gw%",
	  "h 465,587 tls=1 auth=off user=- from=u%x@gw% key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:%F", "h 465,587 tls=1 auth=off user=- from=%F key=-@h" },
	{ DIALECT_POSTRIDER, "host:h|from:%F@x",
	  "!config: f:3: the value of \"from\" is wrong: %F can only stand alone" },
	{ DIALECT_POSTRIDER, "host:h|domain:%U",
	  "!config: f:3: the value of \"domain\" is wrong: %U has no meaning there" },
	{ DIALECT_POSTRIDER, "host:h|domain:%F",
	  "!config: f:3: the value of \"domain\" is wrong: %F has no meaning there" },
};
/* clang-format on */

static void
finish_cases(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	setenv("HOSTNAME", "vm.x", 1);
	for (size_t i = 0; i < sizeof(finishes) / sizeof(finishes[0]); i++) {
		const char *want = finishes[i].want;
		const char *got =
			finished(&arena, finishes[i].dialect, finishes[i].pairs);

		/* Where a name is wrong, mail/address says how. */
		if (want[strlen(want) - 1] == ' ' &&
		    strncmp(got, want, strlen(want)) == 0)
			got = want;
		unit_same(finishes[i].pairs, got, want);
	}
	arena_release(&arena);
	unit_done();
}

static void
finish_values(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct account a;

	(void)state;
	setenv("HOSTNAME", "Vm.Example", 1);
	unit_number("defaults", account_defaults(&arena, DIALECT_POSTRIDER, &a, &err),
		    true);
	unit_number(
		"apply",
		apply_all(
			&arena, &a,
			"host:h|domain:%H|timeout:5|proxy_host:[::1]|tls_host_override:N.x|"
			"auth:plain|user:u|password:p",
			&err),
		true);
	unit_number("finish", account_finish(&arena, &a, &err), true);
	unit_same("domain", a.domain, "vm.example");
	unit_number("timeout", a.timeout, 5);
	unit_number("connect timeout", a.endpoint.timeout, 5);
	unit_same("proxy", a.endpoint.proxy_host, "::1");
	unit_number("proxy port", a.endpoint.proxy_port, 1080);
	unit_same("override", a.tls.host_override, "n.x");
	unit_same("login host", a.login.host, "h");
	unit_same("password", a.secret.password.at, "p");
	account_release(&a);
	unit_same("wiped", a.secret.password.at, NULL);

	unit_number("defaults", account_defaults(&arena, DIALECT_MSMTP, &a, &err), true);
	unit_number("apply", apply_all(&arena, &a, "host:h|domain:", &err), true);
	unit_number("finish", account_finish(&arena, &a, &err), true);
	unit_same("empty domain", a.domain, "localhost");
	unit_number("no timeout", a.timeout, 0);
	unit_number("connect timeout", a.endpoint.timeout, 30);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(table),
		cmocka_unit_test(value_cases),
		cmocka_unit_test(errors_keep_secrets),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(defaults),
		cmocka_unit_test(empty_in_msmtp),
		cmocka_unit_test(finish_cases),
		cmocka_unit_test(finish_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
