/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The master copy of the flags. */
#include "conf/flags.h"

#include "conf/actions.h"

#include <string.h>

/* ---- the table ---- */

/* clang-format off */
#define CLAIM(member) \
	.claim = _Generic(((struct request *)0)->member, bool: offsetof(struct request, member))
#define VALUE(member) .takes = TAKES_VALUE, \
	.text = _Generic(((struct request *)0)->member, \
			 const char *: offsetof(struct request, member))
#define ACTS(what, function) .takes = TAKES_##what, .act = act_##function

const char *const flag_chapter_titles[FLAGS_COUNT] = {
	[FLAGS_MESSAGE]  = N_("Sender and recipients"),
	[FLAGS_DELIVERY] = N_("Delivery"),
	[FLAGS_TELL]     = N_("What is told"),
	[FLAGS_ASK]      = N_("Other things to do"),
	[FLAGS_SILENT]   = N_("Accepted for sendmail's sake"),
};

const struct flag flags[] = {
	{ .letter = 't', .name = "read-recipients", CLAIM(recipients_from_header),
	  .chapter = FLAGS_MESSAGE,
	  .help = N_("Take recipients from To, Cc and Bcc, besides those of the command line.") },
	{ .letter = 'f', .name = "from", ACTS(VALUE, sender), .chapter = FLAGS_MESSAGE,
	  .placeholder = "ADDRESS", .help = N_("Envelope sender; '<>' is the null sender.") },
	{ .letter = 'r', ACTS(VALUE, sender), .chapter = FLAGS_MESSAGE,
	  .placeholder = "ADDRESS", .help = N_("The same as -f.") },
	{ .name = "read-envelope-from", CLAIM(sender_from_header), .chapter = FLAGS_MESSAGE,
	  .help = N_("Take the envelope sender from the From field.") },
	{ .letter = 'F', ACTS(VALUE, full_name), .cleans = true, .chapter = FLAGS_MESSAGE,
	  .placeholder = "NAME",
	  .help = N_("Name for a From field that has to be added.") },
	{ .letter = 'i', ACTS(NOTHING, dots), .chapter = FLAGS_MESSAGE,
	  .help = N_("A line with a single dot does not end the message.") },
	{ .letter = 'o', ACTS(VALUE, short_option), .chapter = FLAGS_MESSAGE, .placeholder = "i",
	  .help = N_("-oi is the same as -i. -odb: keep the message and send it in the background; "
		     "-odq: keep it for the next run of the queue; -odi: try it here. sendmail's "
		     "other options are accepted.") },
	{ .letter = 'O', ACTS(VALUE, long_option), .chapter = FLAGS_MESSAGE,
	  .placeholder = "OPTION=VALUE",
	  .help = N_("IgnoreDots, DeliveryMode and REQUIRETLS; sendmail's other options are "
		     "accepted.") },
	{ .letter = 'n', CLAIM(no_aliases), .chapter = FLAGS_MESSAGE,
	  .help = N_("Do not look at the aliases.") },
	{ .letter = 'G', CLAIM(gateway), .chapter = FLAGS_MESSAGE,
	  .help = N_("Add nothing to the header and complete nothing in it.") },
	{ .letter = 'a', .name = "account", VALUE(wish.name), .chapter = FLAGS_MESSAGE,
	  .placeholder = "ACCOUNT", .help = N_("Use this account of the configuration.") },
	{ .letter = 'C', .name = "file", VALUE(config_file), .chapter = FLAGS_MESSAGE,
	  .placeholder = "FILE", .help = N_("Read this configuration file and no other.") },

	{ .letter = 'N', ACTS(VALUE, notify), .chapter = FLAGS_DELIVERY, .placeholder = "WHEN",
	  .help = N_("Report to the sender: never, or a list of success, failure, delay.") },
	{ .letter = 'R', ACTS(VALUE, return), .chapter = FLAGS_DELIVERY, .placeholder = "hdrs|full",
	  .help = N_("How much of the message a report returns.") },
	{ .letter = 'V', ACTS(VALUE, envelope_id), .chapter = FLAGS_DELIVERY, .placeholder = "ID",
	  .help = N_("Identifier that a report repeats.") },
	{ .name = "deliver-by", ACTS(VALUE, deliver_by), .chapter = FLAGS_DELIVERY,
	  .placeholder = "SECONDS[;R|N]",
	  .help = N_("Return the message (R), or notify (N), when it takes longer.") },
	{ .name = "hold-for", ACTS(VALUE, hold_for), .chapter = FLAGS_DELIVERY,
	  .placeholder = "SECONDS", .help = N_("Let the server keep the message so long.") },
	{ .name = "hold-until", ACTS(VALUE, hold_until), .chapter = FLAGS_DELIVERY,
	  .placeholder = "TIME",
	  .help = N_("Let the server keep it until then, as in 2027-01-31T08:00:00Z.") },
	{ .name = "mt-priority", ACTS(VALUE, priority), .chapter = FLAGS_DELIVERY,
	  .placeholder = "NUMBER", .help = N_("Priority from -9 to 9.") },
	{ .name = "require-tls", CLAIM(options.require_tls), .chapter = FLAGS_DELIVERY,
	  .help = N_("Have every server on the way use verified TLS (RFC 8689).") },
	{ .letter = '4', .setting = "ip", .value = "4", .chapter = FLAGS_DELIVERY,
	  .help = N_("Use only IPv4.") },
	{ .letter = '6', .setting = "ip", .value = "6", .chapter = FLAGS_DELIVERY,
	  .help = N_("Use only IPv6.") },

	{ .letter = 'v', .name = "verbose", CLAIM(verbose), .chapter = FLAGS_TELL,
	  .help = N_("Tell each step.") },
	{ .letter = 'd', .name = "debug", ACTS(ATTACHED, debug), .chapter = FLAGS_TELL,
	  .help = N_("Show the whole dialogue, without secrets.") },
	{ .name = "timeline", CLAIM(timeline), .chapter = FLAGS_TELL,
	  .help = N_("Draw where the time went.") },
	{ .letter = 'X', ACTS(VALUE, log_file), .chapter = FLAGS_TELL,
	  .placeholder = "FILE", .help = N_("The same as --logfile.") },
	{ .letter = 'e', ACTS(VALUE, errors), .chapter = FLAGS_TELL, .placeholder = "q",
	  .help = N_("-eq: say nothing, only the exit status tells; -ee: tell failures by mail; "
		     "sendmail's other ways are accepted.") },
	{ .letter = 'L', ACTS(VALUE, log_tag), .cleans = true, .chapter = FLAGS_TELL,
	  .placeholder = "TAG",
	  .help = N_("Name in the system's log.") },
	{ .name = "dry-run", CLAIM(dry_run), .chapter = FLAGS_TELL,
	  .help = N_("Show what would be sent, without connecting.") },

	{ .letter = 'P', .name = "pretend", .mode = MODE_PRETEND, .chapter = FLAGS_ASK,
	  .help = N_("Show the account with every setting and where it comes from.") },
	{ .letter = 'S', .name = "serverinfo", ACTS(NOTHING, server_info), .chapter = FLAGS_ASK,
	  .help = N_("Show what the server can do.") },
	{ .name = "vrfy", ACTS(VALUE, verify), .chapter = FLAGS_ASK, .placeholder = "ADDRESS",
	  .help = N_("Ask the server about an address (VRFY).") },
	{ .name = "expn", ACTS(VALUE, expand), .chapter = FLAGS_ASK, .placeholder = "LIST",
	  .help = N_("Ask the server who is on a list (EXPN).") },
	{ .name = "rmqs", ACTS(VALUE, remote_queue), .chapter = FLAGS_ASK,
	  .placeholder = "HOST|@DOMAIN|#QUEUE",
	  .help = N_("Ask the server to send what it has for a host (ETRN).") },
	{ .letter = 'b', ACTS(VALUE, operation), .chapter = FLAGS_ASK, .placeholder = "m|s|p|i|v",
	  .help = N_("As sendmail: take a message (m), or mail by SMTP on standard input (s); show "
		     "the queue (p); check the aliases (i); show where mail to an address would "
		     "go (v).") },
	{ .letter = 'I', .mode = MODE_ALIASES, .chapter = FLAGS_ASK,
	  .help = N_("The same as -bi.") },
	{ .letter = 'q', ACTS(ATTACHED, queue_run), .chapter = FLAGS_ASK,
	  .help = N_("Have the queue sent: in the background; here and now (-qf); for as long as "
		     "something waits (-qp); only messages with a text in the ID (-qIabc), a "
		     "recipient (-qRabc), the sender (-qSabc).") },
	{ .name = "as-cron", CLAIM(as_cron), .chapter = FLAGS_ASK,
	  .help = N_("With doctor: see what cron sees, without its environment and a terminal.") },
	{ .name = "as-user", VALUE(as_user), .chapter = FLAGS_ASK, .placeholder = "USER",
	  .help = N_("With doctor: see what that user sees; only root may.") },
	{ .name = "mask", CLAIM(mask), .chapter = FLAGS_ASK,
	  .help = N_("With doctor: leave out who and where you are, so that the report can be "
		     "shown to others.") },
	{ .name = "json", CLAIM(json), .chapter = FLAGS_ASK,
	  .help = N_("Show a list in a form for programs.") },
	{ .name = "all", CLAIM(all), .chapter = FLAGS_ASK,
	  .help = N_("Show a list to its end, however long it is.") },
	{ .name = "yes", CLAIM(yes), .chapter = FLAGS_ASK,
	  .help = N_("Let setup ask nothing; it reads the password from standard input.") },
	{ .name = "print", CLAIM(print), .chapter = FLAGS_ASK,
	  .help = N_("Let setup show what it would write, and write nothing.") },
	{ .name = "version", .mode = MODE_VERSION, .chapter = FLAGS_ASK,
	  .help = N_("Show version and build.") },
	{ .name = "help", .mode = MODE_HELP, .chapter = FLAGS_ASK, .help = N_("Show this help.") },

	{ .name = "configure", ACTS(VALUE, configure), .chapter = FLAGS_ASK,
	  .placeholder = "ADDRESS",
	  .help = N_("Print an account for an address, as its domain publishes it (RFC 6186).") },
	{ .name = "listen", ACTS(VALUE, listen), .chapter = FLAGS_ASK,
	  .placeholder = "ADDRESS:PORT",
	  .help = N_("Take mail by SMTP from the programs of this host, until ended.") },
	{ .name = "listen-login", VALUE(listen_login), .chapter = FLAGS_ASK,
	  .placeholder = "USER[,COMMAND]",
	  .help = N_("With --listen: clients must log in as USER, with the password that the "
		     "command prints.") },

	{ .name = "auto-from", ACTS(ATTACHED, auto_from), .chapter = FLAGS_SILENT },
	{ .name = "maildomain", VALUE(mail_domain), .chapter = FLAGS_SILENT },
	{ .letter = 'B', ACTS(VALUE, body), .chapter = FLAGS_SILENT },
	{ .letter = 'Q', ACTS(ATTACHED, absent), .chapter = FLAGS_SILENT },
	{ .letter = 'A', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'D', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'h', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'M', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'p', .takes = TAKES_VALUE, .chapter = FLAGS_SILENT },
	{ .letter = 'E', .takes = TAKES_ATTACHED, .chapter = FLAGS_SILENT },
	{ .letter = 'J', .takes = TAKES_ATTACHED, .chapter = FLAGS_SILENT },
	{ .letter = 'T', .takes = TAKES_ATTACHED, .chapter = FLAGS_SILENT },
	{ .letter = 'c', .chapter = FLAGS_SILENT },
	{ .letter = 'm', .chapter = FLAGS_SILENT },
	{ .letter = 's', .chapter = FLAGS_SILENT },
	{ .letter = 'U', .chapter = FLAGS_SILENT },
	{ .letter = 'x', .chapter = FLAGS_SILENT },
};
/* clang-format on */

const size_t flags_count = sizeof(flags) / sizeof(flags[0]);

bool
flag_act(struct reading *reading, const struct flag *flag, const char *value,
	 struct error *err)
{
	char *request = (char *)reading->request;

	if (flag->act)
		return flag->act(reading, value, err);
	if (flag->claim)
		*(bool *)(void *)(request + flag->claim) = true;
	if (flag->text)
		*(const char **)(void *)(request + flag->text) = value;
	if (flag->setting)
		return reading_assign(reading,
				      (size_t)setting_row(span_of(flag->setting)),
				      span_of(flag->value ? flag->value : value), err);
	return flag->mode == MODE_SEND || reading_set_mode(reading, flag->mode, err);
}
