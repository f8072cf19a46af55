/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The master copy of the settings; everything else about them is derived from this
 * table. */
#include "conf/settings.h"

#include <string.h>

/* clang-format off */
/* The offset of a member, which must have that very type: else no association fits, and
 * the row does not compile. */
#define MEMBER(type, member) \
	_Generic(((struct account *)0)->member, type: offsetof(struct account, member))

#define FLAG(member) .kind = &kind_flag, .at = MEMBER(bool, member)
#define CLEARTEXT(member) .kind = &kind_cleartext, .at = MEMBER(bool, member)
#define WORDS(which, member) .kind = &kind_##which, .at = MEMBER(const char *, member)
#define NUMBER(which, member) .kind = &kind_##which, .at = MEMBER(unsigned, member)
#define STARTTLS(member) .kind = &kind_starttls, .at = MEMBER(enum starttls, member)
#define PROTOCOL(member) .kind = &kind_protocol, .at = MEMBER(enum protocol, member)
#define FAMILY(member) .kind = &kind_family, .at = MEMBER(enum ip_family, member)
#define ADD_FIELD(member) .kind = &kind_add_field, .at = MEMBER(enum add_field, member)
#define ADD_MISSING(member) .kind = &kind_add_missing, .at = MEMBER(enum add_field, member)
#define TO_HEADER(member) .kind = &kind_to_header, .at = MEMBER(enum to_header, member)
#define RATE(member) .kind = &kind_rate, .at = MEMBER(struct rate, member)
#define SECRET(member) .kind = &kind_secret, .at = MEMBER(struct secret, member)

const char *const chapter_titles[CHAPTER_COUNT] = {
	[CHAPTER_SERVER]  = N_("The server"),
	[CHAPTER_TLS]     = N_("TLS"),
	[CHAPTER_LOGIN]   = N_("Login"),
	[CHAPTER_MESSAGE] = N_("The message"),
	[CHAPTER_QUEUE]   = N_("The queue"),
	[CHAPTER_LOG]     = N_("Logging"),
};

const struct setting settings[] = {
	/* ---- the server ---- */
	{ .name = "host", WORDS(host, endpoint.host), .chapter = CHAPTER_SERVER, .fallback = "",
	  .help = N_("Name or address of the server that takes the mail.") },
	{ .name = "port", NUMBER(port, port), .chapter = CHAPTER_SERVER, .fallback = "",
	  .help = N_("TCP port; without it, 465 (TLS from the start) and 587 (STARTTLS) are tried, "
		     "or 25 without TLS and for an msmtp file.") },
	{ .name = "ip", FAMILY(endpoint.family), .chapter = CHAPTER_SERVER, .fallback = "any",
	  .help = N_("Use only IPv4 or only IPv6.") },
	{ .name = "tcp_fastopen", FLAG(fast_open), .chapter = CHAPTER_SERVER, .fallback = "off",
	  .help = N_("Begin TLS with the first packet, where kernel and server can (TCP Fast "
		     "Open).") },
	{ .name = "source_ip", WORDS(ip_address, endpoint.source_ip), .chapter = CHAPTER_SERVER,
	  .fallback = "", .help = N_("Connect from this address.") },
	{ .name = "socket", WORDS(path, endpoint.socket), .chapter = CHAPTER_SERVER, .fallback = "",
	  .help = N_("Unix socket of the server; it is used in place of host and port.") },
	{ .name = "protocol", PROTOCOL(protocol), .chapter = CHAPTER_SERVER, .fallback = "smtp",
	  .help = N_("SMTP, or LMTP for a server that delivers at once.") },
	{ .name = "domain", WORDS(domain, domain), .chapter = CHAPTER_SERVER,
	  .fallback = "localhost",
	  .help = N_("Name by which this host greets the server; %H, %C and %M are host name, full "
		     "host name and mail name.") },
	{ .name = "timeout", NUMBER(seconds, timeout), .chapter = CHAPTER_SERVER, .fallback = "off",
	  .help = N_("Longest wait for anything; off: each step has its own limit (RFC 5321).") },
	{ .name = "proxy_host", WORDS(host, endpoint.proxy_host), .chapter = CHAPTER_SERVER,
	  .fallback = "", .help = N_("SOCKS5 proxy, which also looks up the server's name.") },
	{ .name = "proxy_port", NUMBER(port, endpoint.proxy_port), .chapter = CHAPTER_SERVER,
	  .fallback = "1080", .help = N_("Port of the proxy.") },
	{ .name = "proxy_user", WORDS(text, endpoint.proxy_user), .chapter = CHAPTER_SERVER,
	  .fallback = "", .help = N_("User name at the proxy.") },
	{ .name = "proxy_password", SECRET(proxy_password),
	  .chapter = CHAPTER_SERVER,
	  .fallback = "", .file_only = true, .help = N_("Password at the proxy.") },

	/* ---- TLS ---- */
	{ .name = "tls", FLAG(tls.on), .chapter = CHAPTER_TLS, .fallback = "on", .msmtp = "off",
	  .help = N_("Encrypt; when on, nothing is sent without TLS.") },
	{ .name = "tls_starttls", STARTTLS(tls.starttls), .chapter = CHAPTER_TLS,
	  .fallback = "auto", .msmtp = "on",
	  .help = N_("Begin TLS with STARTTLS (on) or with the first byte (off); auto: by "
		     "the port, "
		     "465 is TLS from the start.") },
	{ .name = "tls_trust_file", WORDS(path, tls.trust_file), .chapter = CHAPTER_TLS,
	  .fallback = "system", .unset_in_msmtp = true,
	  .help = N_("Trusted certificate authorities in PEM form, or \"system\".") },
	{ .name = "tls_crl_file", WORDS(path, tls.crl_file), .chapter = CHAPTER_TLS, .fallback = "",
	  .help = N_("Revoked certificates in PEM form.") },
	{ .name = "tls_fingerprint", WORDS(fingerprint, tls.fingerprint), .chapter = CHAPTER_TLS,
	  .fallback = "",
	  .help = N_("The one certificate to trust (SHA-256); authorities, name and dates are not "
		     "looked at then.") },
	{ .name = "tls_key_file", WORDS(path, tls.key_file), .chapter = CHAPTER_TLS, .fallback = "",
	  .help = N_("Private key of this client: PEM file or PKCS#11 URI.") },
	{ .name = "tls_cert_file", WORDS(path, tls.cert_file), .chapter = CHAPTER_TLS,
	  .fallback = "",
	  .help = N_("Certificate of this client: PEM file or PKCS#11 URI.") },
	{ .name = "tls_certcheck", FLAG(tls.check), .chapter = CHAPTER_TLS, .fallback = "on",
	  .help = N_("Verify the server's certificate; off is for tests only.") },
	{ .name = "tls_priorities", WORDS(text, tls.priorities), .chapter = CHAPTER_TLS,
	  .fallback = "", .help = N_("Algorithms, as a GnuTLS priority string.") },
	{ .name = "tls_host_override", WORDS(host, tls.host_override), .chapter = CHAPTER_TLS,
	  .fallback = "", .help = N_("Name that the certificate must have, when it is not host.") },
	{ .name = "tls_min_version", WORDS(tls_version, tls.min_version), .chapter = CHAPTER_TLS,
	  .fallback = "1.2", .help = N_("Oldest version of TLS that is good enough.") },
	{ .name = "tls_min_dh_prime_bits", NUMBER(number, tls.min_dh_prime_bits),
	  .chapter = CHAPTER_TLS, .fallback = "",
	  .help = N_("Smallest Diffie-Hellman prime, in bits.") },

	{ .name = "tls_resume", FLAG(tls.resume), .chapter = CHAPTER_TLS, .fallback = "on",
	  .msmtp = "off",
	  .help = N_("Keep the ticket of a session in a file, so that the next one begins "
		     "faster.") },

	/* ---- login ---- */
	{ .name = "auth", WORDS(auth, login.auth), .chapter = CHAPTER_LOGIN,
	  .fallback = "auto", .msmtp = "off",
	  .help = N_("Log in with the best mechanism that the server offers (on), with one "
		     "mechanism, or not at all (off); auto: when a user or a password is given.") },
	{ .name = "user", WORDS(text, login.user), .chapter = CHAPTER_LOGIN, .fallback = "",
	  .help = N_("User name; without it the address in from.") },
	{ .name = "password", SECRET(secret.password), .chapter = CHAPTER_LOGIN, .fallback = "",
	  .file_only = true,
	  .help = N_("Password, or token for oauthbearer and xoauth2; the file must be readable by "
		     "nobody else.") },
	{ .name = "password_file", WORDS(path, secret.password_file), .chapter = CHAPTER_LOGIN,
	  .fallback = "",
	  .help = N_("File whose first line is the password, readable by nobody else.") },
	{ .name = "password_credential", WORDS(file_name, secret.password_credential),
	  .chapter = CHAPTER_LOGIN, .fallback = "",
	  .help = N_("Credential of systemd whose first line is the password.") },
	{ .name = "passwordeval", WORDS(command, secret.passwordeval), .chapter = CHAPTER_LOGIN,
	  .fallback = "", .help = N_("Shell command that prints the password.") },
	{ .name = "password_key", WORDS(text, secret.password_key), .chapter = CHAPTER_LOGIN,
	  .fallback = "",
	  .help = N_("Key in the kernel's keyrings, of type user, that is the password.") },
	{ .name = "password_git", FLAG(secret.password_git), .chapter = CHAPTER_LOGIN,
	  .fallback = "off",
	  .help = N_("Ask git's credential helpers for the password, as git send-email does.") },
	{ .name = "ntlmdomain", WORDS(text, login.ntlm_domain), .chapter = CHAPTER_LOGIN,
	  .fallback = "", .help = N_("Domain for NTLM.") },
	{ .name = "cleartext_auth", CLEARTEXT(login.cleartext), .chapter = CHAPTER_LOGIN,
	  .fallback = "never",
	  .help = N_("Allow passwords without TLS: never, or to this very host (loopback).") },

	{ .name = "oauth_issuer", WORDS(text, oauth.issuer), .chapter = CHAPTER_LOGIN,
	  .fallback = "",
	  .help = N_("Who gives the tokens for \"postrider login\": google, microsoft, yahoo, "
		     "fastmail, yandex, or an https address; else by the host.") },
	{ .name = "oauth_client_id", WORDS(text, oauth.client_id), .chapter = CHAPTER_LOGIN,
	  .fallback = "", .help = N_("ID by which the provider knows this program.") },
	{ .name = "oauth_client_secret", SECRET(oauth.client_secret), .chapter = CHAPTER_LOGIN,
	  .fallback = "", .file_only = true,
	  .help = N_("Secret of that client, if it has one.") },
	{ .name = "oauth_tenant", WORDS(text, oauth.tenant), .chapter = CHAPTER_LOGIN,
	  .fallback = "", .help = N_("Microsoft's tenant: an ID or a domain; else any.") },
	{ .name = "oauth_scope", WORDS(text, oauth.scope), .chapter = CHAPTER_LOGIN,
	  .fallback = "", .help = N_("What the token is to be good for; else by the provider.") },
	{ .name = "oauth_flow", WORDS(oauth_flow, oauth.flow), .chapter = CHAPTER_LOGIN,
	  .fallback = "auto",
	  .help = N_("How to log in: with a browser, with a code for another device, as the "
		     "client itself (client), or what suits (auto).") },

	/* ---- the message ---- */
	{ .name = "from", WORDS(sender, from), .chapter = CHAPTER_MESSAGE, .fallback = NULL,
	  .help = N_("Envelope sender; with wildcards (*@example.org), the senders for whom this "
		     "account is chosen.") },
	{ .name = "from_full_name", WORDS(text, from_full_name), .chapter = CHAPTER_MESSAGE,
	  .fallback = "", .help = N_("Name for a From field that has to be added.") },
	{ .name = "allow_from_override", FLAG(allow_from_override), .chapter = CHAPTER_MESSAGE,
	  .fallback = "on", .help = N_("Let -f replace the sender that from says.") },
	{ .name = "set_from_header", ADD_FIELD(header.from), .chapter = CHAPTER_MESSAGE,
	  .fallback = "auto",
	  .help = N_("Add a From field when there is none (auto), replace it (on), or leave it.") },
	{ .name = "set_date_header", ADD_MISSING(header.date), .chapter = CHAPTER_MESSAGE,
	  .fallback = "auto", .help = N_("Add a Date field when there is none.") },
	{ .name = "set_msgid_header", ADD_MISSING(header.message_id), .chapter = CHAPTER_MESSAGE,
	  .fallback = "auto", .help = N_("Add a Message-ID field when there is none.") },
	{ .name = "set_to_header", TO_HEADER(header.to), .chapter = CHAPTER_MESSAGE,
	  .fallback = "auto", .msmtp = "off",
	  .help = N_("Add \"To: undisclosed-recipients:;\" when no recipient is shown "
		     "(auto), always "
		     "(undisclosed_recipients), or show all recipients (on).") },
	{ .name = "remove_bcc_headers", FLAG(header.remove_bcc), .chapter = CHAPTER_MESSAGE,
	  .fallback = "on", .help = N_("Remove Bcc fields.") },
	{ .name = "trace_header", FLAG(header.trace), .chapter = CHAPTER_MESSAGE,
	  .fallback = "off",
	  .help = N_("Add a Received field that names this host and the user's number.") },
	{ .name = "qualify_domain", WORDS(domain, qualify_domain), .chapter = CHAPTER_MESSAGE,
	  .fallback = "",
	  .help = N_("Domain for addresses without one; else the mail name, the domain of from, or "
		     "the host name.") },
	{ .name = "aliases", WORDS(path, local.aliases), .chapter = CHAPTER_MESSAGE,
	  .fallback = "/etc/aliases", .msmtp = "",
	  .help = N_("File that says who gets mail to local names; it need not exist.") },
	{ .name = "local_names", WORDS(text, local.names), .chapter = CHAPTER_MESSAGE,
	  .fallback = "",
	  .help = N_("Domains that count as this host, separated by commas; else its names, the "
		     "mail name, localhost and localhost.localdomain.") },
	{ .name = "root_address", WORDS(text, local.root_address), .chapter = CHAPTER_MESSAGE,
	  .fallback = "",
	  .help = N_("Address for mail to root of this host when no alias says so.") },
	{ .name = "partial_delivery", FLAG(partial_delivery), .chapter = CHAPTER_MESSAGE,
	  .fallback = "on", .msmtp = "off",
	  .help = N_("Send to the accepted recipients although others are refused.") },
	{ .name = "dsn_notify", WORDS(notify, dsn_notify), .chapter = CHAPTER_MESSAGE,
	  .fallback = "",
	  .help = N_("When to report to the sender: never, or a list of success, failure, "
		     "delay.") },
	{ .name = "dsn_return", WORDS(return, dsn_return), .chapter = CHAPTER_MESSAGE,
	  .fallback = "", .help = N_("How much of the message a report returns.") },

	/* ---- the queue ---- */
	{ .name = "queue", FLAG(queue.on), .chapter = CHAPTER_QUEUE, .fallback = "on",
	  .msmtp = "off",
	  .help = N_("Keep mail that cannot go now, and send it later.") },
	{ .name = "queue_dir", WORDS(path, queue.dir), .chapter = CHAPTER_QUEUE, .fallback = "",
	  .help = N_("Folder for it; else /var/spool/postrider for root, and "
		     "~/.local/state/postrider/queue for others.") },
	{ .name = "queue_lifetime", NUMBER(number, queue.lifetime), .chapter = CHAPTER_QUEUE,
	  .fallback = "5", .help = N_("Days after which it is given up and the sender is told.") },
	{ .name = "patience", NUMBER(seconds, queue.patience), .chapter = CHAPTER_QUEUE,
	  .fallback = "10",
	  .help = N_("Seconds for which a caller waits for the server before the queue takes "
		     "over.") },
	{ .name = "fallback", WORDS(text, queue.fallback), .chapter = CHAPTER_QUEUE,
	  .fallback = "",
	  .help = N_("Account to use when this one's server cannot be reached or refuses for "
		     "now.") },
	{ .name = "rate_limit", RATE(queue.rate), .chapter = CHAPTER_QUEUE, .fallback = "",
	  .help = N_("How many messages the provider allows in how many seconds, as 100/3600.") },
	{ .name = "max_connections", NUMBER(number, queue.max_connections),
	  .chapter = CHAPTER_QUEUE, .fallback = "",
	  .help = N_("How many connections to the server there may be at once; unset: one for "
		     "the queue, and any number for callers.") },

	{ .name = "share_connection", FLAG(share), .chapter = CHAPTER_QUEUE,
	  .fallback = "on", .msmtp = "off",
	  .help = N_("Have callers that send at the same time use one connection and one "
		     "login.") },

	/* ---- logging ---- */
	{ .name = "logfile", WORDS(path, log.file), .chapter = CHAPTER_LOG, .fallback = "",
	  .help = N_("Write a line for each message to this file (\"-\": standard output).") },
	{ .name = "logfile_time_format", WORDS(text, log.time_format), .chapter = CHAPTER_LOG,
	  .fallback = "", .help = N_("Time in that line, as for strftime(3), or \"none\".") },
	{ .name = "syslog", WORDS(syslog, log.syslog), .chapter = CHAPTER_LOG,
	  .fallback = "auto", .msmtp = "off",
	  .help = N_("Write that line to the system's log; auto: when called as sendmail.") },
};
/* clang-format on */

const size_t settings_count = sizeof(settings) / sizeof(settings[0]);
_Static_assert(sizeof(settings) / sizeof(settings[0]) <= SETTINGS_MAX,
	       "origins have room for all");

/* ---- names ---- */

static char
name_letter(char c)
{
	return c == '-' ? '_' : c;
}

int
setting_row(struct span name)
{
	for (size_t row = 0; row < settings_count; row++) {
		const char *known = settings[row].name;
		size_t i = 0;

		while (i < name.len && known[i] && name_letter(name.at[i]) == known[i])
			i++;
		if (i == name.len && !known[i])
			return (int)row;
	}
	return -1;
}

bool
setting_is_about_password(size_t row)
{
	return strncmp(settings[row].name, "password", strlen("password")) == 0;
}

enum { FAR = 2 };

/* How far apart two words are; FAR + 1 when nobody can have meant the other one. */
static unsigned
distance_of(struct span word, const char *other)
{
	enum { LONGEST = 63 };
	char copy[LONGEST + 1] = "";
	unsigned distance;

	if (word.len > LONGEST)
		return FAR + 1;
	for (size_t i = 0; i < word.len; i++)
		copy[i] = name_letter(word.at[i]);
	distance = edit_distance(copy, other, FAR);
	/* Of a short word too little would be left. */
	return distance * 2 < word.len ? distance : FAR + 1;
}

bool
is_near_word(struct span word, const char *other)
{
	return distance_of(word, other) <= FAR;
}

const char *
setting_suggestion(struct span name)
{
	static const char *const others[] = { "account", "defaults", "include", "eval" };
	const char *nearest = NULL;
	unsigned least = FAR + 1;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (distance_of(name, others[i]) < least) {
			nearest = others[i];
			least = distance_of(name, nearest);
		}
	for (size_t row = 0; row < settings_count; row++)
		if (distance_of(name, settings[row].name) < least) {
			nearest = settings[row].name;
			least = distance_of(name, nearest);
		}
	return nearest;
}

/* ---- values ---- */

static bool
holds_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_control(text.at[i]) && text.at[i] != '\t')
			return true;
	return false;
}

/* Says about which setting, and where, REASON complains. */
static bool
refuse(const struct assignment *assignment, const char *reason, struct error *err)
{
	const struct origin *origin = &assignment->origin;
	const char *name = settings[assignment->row].name;

	switch (origin->kind) {
	case ORIGIN_FILE:
		return fail(err, FAULT_CONFIG,
			    _("%s:%u: the value of \"%s\" is wrong: %s"), origin->file,
			    origin->line, name, reason);
	case ORIGIN_OPTION: {
		char *option = arena_string(err->arena, name);

		for (char *c = option; *c; c++)
			*c = *c == '_' ? '-' : *c;
		return fail(err, FAULT_USAGE, _("The value of --%s is wrong: %s"), option,
			    reason);
	}
	case ORIGIN_DEFAULT:
		break;
	}
	return fail(err, FAULT_BUG, _("The default of \"%s\" is wrong: %s"), name,
		    reason);
}

static struct span
default_text(const struct setting *setting, enum dialect dialect)
{
	const char *text = dialect == DIALECT_MSMTP && setting->msmtp ? setting->msmtp
								      : setting->fallback;

	return span_of(text ? text : "");
}

/* What an empty text stands for. */
static struct span
meant_by_nothing(const struct setting *setting, enum dialect dialect)
{
	if (setting->kind->empty)
		return span_of(setting->kind->empty);
	/* That of msmtp says so that nobody is trusted, and its default is somebody. */
	if (dialect == DIALECT_MSMTP && setting->unset_in_msmtp)
		return SPAN("");
	return default_text(setting, dialect);
}

bool
setting_apply(struct arena *arena, struct account *account,
	      const struct assignment *assignment, struct error *err)
{
	const struct setting *setting = &settings[assignment->row];
	const struct kind *kind = setting->kind;
	void *place = (char *)account + setting->at;
	struct span text = assignment->text;
	struct error inner = { .arena = err->arena };

	if (!text.len)
		text = meant_by_nothing(setting, account->dialect);
	if (holds_control(text))
		return refuse(assignment, _("it has a control character"), err);
	if (!kind->parse(kind, arena, text, place, &inner))
		return refuse(assignment, inner.what, err);
	account->origins[assignment->row] = assignment->origin;
	return true;
}

bool
account_defaults(struct arena *arena, enum dialect dialect, struct account *account,
		 struct error *err)
{
	*account = (struct account){ .dialect = dialect };
	for (size_t row = 0; row < settings_count; row++) {
		const struct setting *setting = &settings[row];
		struct assignment assignment = { .row = row,
						 .text = default_text(setting, dialect) };

		if (setting->fallback && !setting_apply(arena, account, &assignment, err))
			return false;
	}
	return true;
}

void
setting_copy(struct account *to, const struct account *from, size_t row)
{
	const struct setting *setting = &settings[row];
	char *place = (char *)to + setting->at;
	const char *source = (const char *)from + setting->at;

	if (setting->kind == &kind_secret)
		secret_copy((struct secret *)(void *)place,
			    (const struct secret *)(const void *)source);
	else
		memcpy(place, source, setting->kind->size);
	to->origins[row] = from->origins[row];
}

void
account_copy(struct account *to, const struct account *from)
{
	*to = *from;
	for (size_t row = 0; row < settings_count; row++)
		if (settings[row].kind == &kind_secret) {
			memset((char *)to + settings[row].at, 0, sizeof(struct secret));
			setting_copy(to, from, row);
		}
}
