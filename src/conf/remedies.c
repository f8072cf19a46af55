/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The master copy of what is known about failures: the first row that fits is told. */
#include "conf/remedies.h"

#include "conf/diagnosis.h"

/* clang-format off */
#define FAULT(name) (1u << FAULT_##name)
#define AT(name) (1u << STAGE_##name)
#define AT_ENVELOPE (AT(MAIL) | AT(RCPT) | AT(DATA) | AT(CONTENT))
#define NO_WAY (FAULT(NO_HOST) | FAULT(CONNECT) | FAULT(TIMEOUT))
#define NO_LINE (FAULT(CONNECT) | FAULT(TIMEOUT))
/* Of a password that has not these facts. */
#define PASSWORD_REFUSED(facts) .faults = FAULT(LOGIN), .stages = AT(AUTH), \
	.without = FACT_BY_TOKEN | (facts)

#define GOOGLE "gmail.com googlemail.com"
#define MICROSOFT "office365.com outlook.com"
#define PROTON "proton.me protonmail.com protonmail.ch"
#define TUTA "tuta.com tuta.io tutanota.com tutanota.de tutamail.com"
/* TRANSLATORS: words in braces, as {host}, stay as they are; names of settings and
 * commands, too. */
#define BY_PROXY \
	.cause = N_("The account goes by a proxy, which does not answer, or cannot or may not " \
	"reach {host}."), \
	.remedy = N_("Look whether proxy_host and proxy_port are right, whether the proxy runs, " \
	"and what it says itself.")
#define LOGIN_WANTED \
	.cause = N_("The server takes mail only after a login, and the account has none."), \
	.remedy = N_("Set auth to on, and user and password to those of the mailbox.")
#define NOT_BELIEVED \
	.cause = N_("The receiver does not believe that this server may send for the domain of " \
	"{sender} (SPF, DKIM, DMARC)."), \
	.remedy = N_("Send as an address of the provider's, or have the domain's SPF record " \
	"include the provider's; \"postrider doctor\" shows the records.")
#define QUOTA \
	.cause = N_("The provider allows no more mail for now: a limit for each hour or day is " \
	"reached."), \
	.remedy = N_("Wait until it is over; rate_limit keeps an account within it.")
#define TOO_LARGE \
	.cause = N_("The message is larger than the server takes; attachments grow by a third, " \
	"since they go as base64."), \
	.remedy = N_("Send less at once, or a link.")

const struct remedy remedies[] = {
	/* ---- the name of the server, and the way there ---- */

	{ "proxy", .faults = NO_WAY, .stages = AT(CONNECT), .with = FACT_PROXY, BY_PROXY },
	{ "proxy", .faults = FAULT(TEMPORARY), .with = FACT_PROXY | FACT_NAME, BY_PROXY },
	{ "host-misspelt", .faults = FAULT(NO_HOST), .with = FACT_NEAR,
	  .cause = N_("{host} is one slip away from {near}, the server of a known provider."),
	  .remedy = N_("Set host to {near}.") },
	{ "no-smtp", .faults = NO_WAY, .hosts = TUTA,
	  .cause = N_("Tuta offers no SMTP: no program but its own can send mail there."),
	  .remedy = N_("Use its own program, or an account of another provider.") },
	{ "proton-bridge", .faults = NO_WAY, .hosts = PROTON,
	  .cause = N_("Proton takes mail from programs only through its Bridge on this machine."),
	  .remedy = N_("Start the Proton Mail Bridge; set host to 127.0.0.1, port to 1025, "
		       "tls_starttls to on, and tls_fingerprint to the Bridge's certificate.") },
	{ "proton-bridge", .faults = NO_LINE, .with = FACT_LOOPBACK | FACT_PORT_1025,
	  .cause = N_("Nothing takes connections at port 1025 of this machine, where the Proton "
		      "Mail Bridge would."),
	  .remedy = N_("Start the Bridge, and look up the port in its settings.") },
	{ "no-host", .faults = FAULT(NO_HOST),
	  .cause = N_("The name servers answer, but they know no {host}."),
	  .remedy = N_("Look whether host is spelt as your provider does.") },
	{ "no-name-server", .faults = FAULT(TEMPORARY) | FAULT(TIMEOUT), .with = FACT_NAME,
	  .cause = N_("No name server could tell the address of {host}: there is no network, those "
		      "in /etc/resolv.conf are down, or those of the domain are in trouble."),
	  .remedy = N_("Look at the network of this machine, or wait; the account need not be "
		       "changed.") },
	{ "port-25-blocked", .faults = FAULT(TIMEOUT), .stages = AT(CONNECT), .with = FACT_PORT_25,
	  .cause = N_("Nothing answers at port 25: most providers of homes and clouds block it "
		      "(in Japan: OP25B)."),
	  .remedy = N_("Use port 465, or 587 with STARTTLS.") },
	{ "no-answer", .faults = FAULT(TIMEOUT), .stages = AT(CONNECT),
	  .cause = N_("Nothing answers at {host}, neither yes nor no: a firewall on the way, or "
		      "a server that is gone."),
	  .remedy = N_("Look whether host and port are right; \"postrider doctor\" tries the "
		       "other ports.") },
	{ "not-listening", .faults = FAULT(CONNECT), .with = FACT_LOOPBACK,
	  .cause = N_("No program on this machine takes connections at that port."),
	  .remedy = N_("Start the server, or set host and port to where it is.") },
	{ "not-listening", .faults = FAULT(CONNECT),
	  .cause = N_("{host} takes no connections there: the port is wrong, the server is down, "
		      "or a firewall refuses."),
	  .remedy = N_("Use port 465, or 587 with STARTTLS; \"postrider doctor\" tries them.") },

	/* ---- what answers there ---- */

	{ "web-page", .faults = FAULT(PROTOCOL), .says = "http/1|<html|<!doctype",
	  .cause = N_("A web page answers, and no mail server: a network that wants you to log "
		      "in first, a proxy, or the port of a web server."),
	  .remedy = N_("Open any page in a browser and log in to the network; else look whether "
		       "host and port are right.") },
	{ "reading-server", .faults = FAULT(PROTOCOL), .stages = AT(GREETING), .says = "* ok|+ok",
	  .cause = N_("The server there is one for reading mail (IMAP or POP), not for sending."),
	  .remedy = N_("Use port 465, or 587 with STARTTLS, and the host for SMTP.") },
	{ "no-mail-server", .faults = FAULT(PROTOCOL), .stages = AT(GREETING),
	  .cause = N_("Whatever answers there speaks another protocol than SMTP."),
	  .remedy = N_("Look whether host and port are right, and whether a proxy or VPN stands "
		       "between.") },
	{ "tls-from-the-start", .faults = FAULT(TIMEOUT) | FAULT(LOST), .stages = AT(GREETING),
	  .with = FACT_TLS_FIRST, .without = FACT_TLS,
	  .cause = N_("That port speaks TLS from the first byte, but with STARTTLS the client "
		      "waits for a greeting."),
	  .remedy = N_("Set tls_starttls to off, or port to 587.") },
	{ "not-welcome", .faults = FAULT(REFUSED), .stages = AT(GREETING),
	  .cause = N_("The server takes nothing from the address of this machine."),
	  .remedy = N_("Use your provider's server for submission, at port 465 or 587, with a "
		       "login.") },
	{ "closed-at-once", .faults = FAULT(LOST), .stages = AT(GREETING) | AT(TLS),
	  .cause = N_("The connection was closed before anything was said: a firewall, a limit "
		      "of connections, or a port for something else."),
	  .remedy = N_("Try again in some minutes; then look whether host and port are right.") },

	/* ---- logging in ---- */

	{ "too-many-logins", .codes = "421 4 534 535", .stages = AT(AUTH),
	  .says = "too many login|too many bad auth|too many failed|too many auth|#auth005",
	  .cause = N_("There were too many logins at {host}, which now refuses all of them for a "
		      "while."),
	  .remedy = N_("Wait an hour, and look for a program that still uses an old password.") },
	{ "app-password", .codes = "5.7.9", .stages = AT(AUTH),
	  .says = "application-specific password",
	  .cause = N_("Google takes no password of the account here, only an app password."),
	  .remedy = N_("Make one at https://myaccount.google.com/apppasswords (which needs 2-step "
		       "verification), or use \"postrider login\".") },
	{ "web-login", .codes = "5.7.14", .stages = AT(AUTH),
	  .cause = N_("Google wants {user} to log in with a web browser first."),
	  .remedy = N_("Log in at https://accounts.google.com/ and use an app password, or use "
		       "\"postrider login\".") },
	{ "app-password", PASSWORD_REFUSED(FACT_SIXTEEN), .hosts = GOOGLE,
	  .cause = N_("Google takes no password of the account here, only an app password, which "
		      "has 16 letters; the one from {source} has not."),
	  .remedy = N_("Make one at https://myaccount.google.com/apppasswords (which needs 2-step "
		       "verification), or use \"postrider login\".") },
	{ "app-password-unknown", PASSWORD_REFUSED(0), .hosts = GOOGLE,
	  .cause = N_("The password from {source} looks like an app password, but Google knows "
		      "none such for {user}: it was revoked, or is another account's."),
	  .remedy = N_("Make a new one at https://myaccount.google.com/apppasswords.") },
	{ "smtp-login-disabled",
	  .says = "smtpclientauthentication is disabled",
	  .cause = N_("Logins for sending are switched off for this mailbox, or for the whole "
		      "organisation."),
	  .remedy = N_("Ask the administrator for: Set-CASMailbox {user} "
		       "-SmtpClientAuthenticationDisabled $false.") },
	{ "password-not-taken",
	  .says = "basic authentication is disabled|basic authentication is not supported",
	  .cause = N_("Microsoft takes no passwords for this mailbox any more, only tokens "
		      "(OAuth2)."),
	  .remedy = N_("Run \"postrider login\", and take the password out of the account.") },
	{ "password-not-taken", PASSWORD_REFUSED(0), .hosts = MICROSOFT,
	  .cause = N_("Microsoft refuses the name or the password; for most mailboxes it takes no "
		      "passwords any more, only tokens (OAuth2)."),
	  .remedy = N_("Run \"postrider login\", and take the password out of the account.") },
	{ "token-refused", .faults = FAULT(LOGIN), .stages = AT(AUTH), .with = FACT_BY_TOKEN,
	  .hosts = MICROSOFT,
	  .cause = N_("The token is not for sending mail as {user}, or logins for sending are "
		      "switched off for the mailbox."),
	  .remedy = N_("Run \"postrider login\" as that user, with the scope "
		       "https://outlook.office.com/SMTP.Send; else ask the administrator.") },
	{ "token-refused", .faults = FAULT(LOGIN), .stages = AT(AUTH), .with = FACT_BY_TOKEN,
	  .cause = N_("The server does not take the token: it is for another user than {user}, "
		      "or not for mail."),
	  .remedy = N_("Run \"postrider login\" as that user, and look at oauth_scope.") },
	{ "fixed-user", PASSWORD_REFUSED(0), .with = FACT_OTHER_USER,
	  .cause = N_("The user name at {provider} is always {fixed}, and was {user}."),
	  .remedy = N_("Set user to {fixed}, and the password to the key that is made at "
		       "{help}.") },
	{ "app-password", PASSWORD_REFUSED(0), .with = FACT_APP_PASSWORD,
	  .cause = N_("{provider} wants an app password here, which some call an authorization "
		      "code, and not the password of the account."),
	  .remedy = N_("Make one at {help}, and use it as the password.") },
	{ "wrong-password", PASSWORD_REFUSED(0), .with = FACT_NOTES,
	  .cause = N_("The name or the password is wrong, or not enough for {provider}. The name "
		      "was {user}; the password came from {source}."),
	  .remedy = N_("What is special there: {notes}") },
	{ "wrong-password", PASSWORD_REFUSED(0), .codes = "5",
	  .cause = N_("The name or the password is wrong. The name was {user}; the password came "
		      "from {source}."),
	  .remedy = N_("Correct them where they are; some servers want the whole address as user, "
		       "others the part before the @.") },
	{ "login-for-now", .faults = FAULT(TEMPORARY), .stages = AT(AUTH),
	  .cause = N_("The server cannot look at names and passwords at the moment."),
	  .remedy = N_("Try again later; nothing has to be changed here.") },
	{ "helper-needs-person", .faults = FAULT(CONFIG), .with = FACT_HELPER,
	  .without = FACT_TERMINAL,
	  .cause = N_("The command of passwordeval failed, and nobody could be asked: cron and "
		      "services have no terminal, and no keyring or key that is unlocked."),
	  .remedy = N_("Try \"postrider doctor --as-cron\"; for cron the command must work without "
		       "a question.") },
	{ "helper-failed", .faults = FAULT(CONFIG), .with = FACT_HELPER,
	  .cause = N_("The command of passwordeval failed; what it said itself stands above."),
	  .remedy = N_("Run that command by hand until it prints the password, and nothing "
		       "before it.") },

	/* ---- who may send at all ---- */

	{ "not-believed", .codes = "5.7.26 4.7.26 5.7.23 4.7.23 5.7.25", .stages = AT_ENVELOPE,
	  NOT_BELIEVED },
	{ "not-believed", .codes = "5 4", .stages = AT_ENVELOPE,
	  .says = "spf|dkim|dmarc|unauthenticated email|unauthenticated mail",
	  NOT_BELIEVED },
	{ "login-wanted", .codes = "530 5.7.0", .stages = AT_ENVELOPE, .with = FACT_LOGIN_OFF,
	  LOGIN_WANTED },
	{ "login-wanted", .codes = "5", .stages = AT_ENVELOPE, .with = FACT_LOGIN_OFF,
	  .says = "authenticat|log in first|login required|relay",
	  LOGIN_WANTED },
	{ "tls-wanted", .codes = "530", .stages = AT_ENVELOPE | AT(AUTH), .says = "starttls",
	  .cause = N_("The server takes mail only inside TLS, and the account has tls off."),
	  .remedy = N_("Set tls to on.") },

	/* ---- who gets it ---- */

	{ "local-name", .codes = "5", .stages = AT(RCPT), .with = FACT_BARE,
	  .cause = N_("The recipient was the bare name of a user of this machine, and the server "
		      "does not know {recipient}."),
	  .remedy = N_("Set root_address to your mail address; or give the name an alias, as in "
		       "\"root: you@example.org\", and set aliases to that file.") },
	{ "mailbox-full", .codes = "5.2.2 4.2.2", .stages = AT_ENVELOPE,
	  .cause = N_("The mailbox of the recipient is full."),
	  .remedy = N_("Only the recipient can make room; tell them another way.") },
	{ "unknown-user", .codes = "5.1.1 5.1.10 5.1.2", .stages = AT_ENVELOPE,
	  .cause = N_("There is no mailbox of that name."),
	  .remedy = N_("Look whether the address of the recipient is spelt right.") },

	/* ---- who sends ---- */

	{ "sender-not-yours", .codes = "5", .stages = AT_ENVELOPE,
	  .says = "not owned by|sendasdenied|sender identity|must equal authorized|sender address "
		  "rejected: not|not allowed to send as|not authorized to send on|not permitted to "
		  "send as|permissions to send as|relaying disallowed as",
	  .cause = N_("The provider lets {user} send only as itself, and the sender was {sender}."),
	  .remedy = N_("Set from to the address of the mailbox and allow_from_override to off, or "
		       "have the provider add {sender} as an alias.") },
	{ "no-sender", .codes = "5", .stages = AT(MAIL) | AT(RCPT), .with = FACT_GUESSED,
	  .cause = N_("No sender was given, and {sender}, made from the names of user and machine, "
		      "is no mail address."),
	  .remedy = N_("Set from to your mail address.") },

	/* ---- how much, and from where ---- */

	{ "quota", .codes = "5.4.5 4.7.28 5.7.28 5.2.121 5.5.121", .stages = AT_ENVELOPE,
	  QUOTA },
	{ "quota", .codes = "5 4", .stages = AT_ENVELOPE,
	  .says = "sending limit|sending quota|too many messages|rate limit|message limit|"
		  "daily user",
	  QUOTA },
	{ "listed", .codes = "5 4", .stages = AT_ENVELOPE | AT(EHLO),
	  .says = "spamhaus|blocklist|blacklist|block list|black list|dnsbl|spamcop|barracuda",
	  .cause = N_("The address of this machine is on a list of those from which no mail is "
		      "taken."),
	  .remedy = N_("Use your provider's server for submission, at port 465 or 587, with a "
		       "login.") },
	{ "no-relay", .codes = "5", .stages = AT_ENVELOPE, .says = "relay",
	  .cause = N_("The server takes mail only for its own domains, or only from those who are "
		      "logged in."),
	  .remedy = N_("Look whether host is your provider's server for submission, and user and "
		       "from are of that provider.") },

	/* ---- the message ---- */

	{ "too-large", .faults = FAULT(DATA) | FAULT(REFUSED), .with = FACT_TOO_LARGE,
	  TOO_LARGE },
	{ "too-large", .codes = "5.3.4 5.2.3", .stages = AT_ENVELOPE,
	  TOO_LARGE },
	{ "policy", .codes = "5.7.1 5.7.0", .stages = AT_ENVELOPE,
	  .cause = N_("The server refuses by a rule of its own, not for a mistake in an address."),
	  .remedy = N_("Its words may tell which rule; its postmaster knows it.") },

	/* ---- only for now ---- */

	{ "later", .faults = FAULT(TEMPORARY), .codes = "4", .with = FACT_QUEUE,
	  .cause = N_("The server refuses only for now."),
	  .remedy = N_("What waits in the queue is tried again by itself.") },
	{ "later", .faults = FAULT(TEMPORARY), .codes = "4",
	  .cause = N_("The server refuses only for now."),
	  .remedy = N_("Send it again later; with queue on, that happens by itself.") },
};
/* clang-format on */

const size_t remedies_count = sizeof(remedies) / sizeof(remedies[0]);
