/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line. */
#ifndef CONF_OPTIONS_H
#define CONF_OPTIONS_H

#include "conf/help.h"
#include "conf/settings.h"
#include "conf/wanted.h"
#include "mail/envelope.h"

enum mode {
	MODE_SEND,    /* a message from standard input */
	MODE_PRETEND, /* -P: show what would be used */
	MODE_INFO,    /* info, -S, --serverinfo */
	MODE_CONFIGURE, /* --configure: an account for an address, by its domain's SRV records */
	MODE_LISTEN,	 /* --listen: SMTP on a port of this host */
	MODE_RMQS,	 /* --rmqs: ask the server to start its queue (ETRN, RFC 1985) */
	MODE_SERVE,	 /* -bs: SMTP on standard input and output */
	MODE_ALIASES,	 /* -bi, newaliases: check the aliases */
	MODE_ADDRESSES,	 /* -bv: show where mail to the operands would go */
	MODE_CHECK,	 /* -bC: whether there is an account that can be used */
	MODE_QUEUE_LIST, /* -bp, mailq */
	MODE_QUEUE_RUN,	 /* -q, runq */
	MODE_QUEUE,	 /* queue: look at it and change it */
	MODE_LOGIN,	 /* login: get tokens from an identity provider */
	MODE_TOKEN,	 /* token: print one */
	MODE_ACCOUNTS,	 /* accounts: list them */
	MODE_DOCTOR,	 /* doctor: look at everything that sending needs */
	MODE_SETUP,	 /* setup: an account for an address, tried and written */
	MODE_NOTHING,	 /* -bh, hoststat, purgestat: there is nothing to tell */
	MODE_VERSION,
	MODE_HELP
};

/* When a message goes: -od. */
enum delivery_mode {
	DELIVER_AUTO,	    /* one attempt now, else later */
	DELIVER_NOW,	    /* the same, and somebody wants to know what comes of it */
	DELIVER_BACKGROUND, /* into the queue, and from there at once */
	DELIVER_LATER	    /* into the queue, for the next run */
};

/* Which messages a run of the queue is about, and how it is done. */
struct queue_run {
	bool foreground;		     /* -qf, and the others but -qp */
	bool stay;			     /* -qp: as long as something waits */
	struct wanted id, recipient, sender; /* -qI -qR -qS; with ! absent */
};

struct request {
	enum mode mode;
	enum delivery_mode delivery;
	struct queue_run queue_run;
	bool json, all;	     /* --json, --all: how a list is shown */
	bool yes, print;     /* --yes, --print: of setup */
	bool as_cron, mask;  /* --as-cron, --mask: of doctor */
	const char *as_user; /* --as-user; NULL: not given */
	/* Of help; the argument of --rmqs, --configure, --listen, setup; FILE.json of login;
	 * what git asks of token. */
	const char *topic;
	const char *config_file;  /* -C */
	struct account_wish wish; /* -a, and the sender */
	/* -f, -r: one address as it was written, without display name; "" is the null
	 * sender; NULL: not given. */
	const char *sender;
	bool sender_from_header;     /* --read-envelope-from */
	bool auto_from;		     /* msmtp's: the user's name is the sender */
	const char *mail_domain;     /* behind it; NULL: none */
	const char *full_name;	     /* -F */
	bool recipients_from_header; /* -t */
	bool dot_ends;		     /* no -i, no -oi */
	enum dialect dialect;	     /* DIALECT_MSMTP: the program is called msmtp */
	bool without_file;	     /* --host was given: no configuration file is read */
	bool dry_run, verbose, debug, timeline;
	bool quiet;		     /* -oeq: only the exit status tells */
	bool no_aliases;	     /* -n */
	bool gateway;		     /* -G: the header is left as it is */
	const char *log_tag;	     /* -L; NULL: the usual one */
	struct mail_options options; /* -N -R -V --deliver-by … */
	const char *verify, *expand; /* info --vrfy, --expn */
	const char *listen_login;    /* --listen-login */
	const char **operands;	     /* recipients, or the arguments of a command */
	size_t operand_count;
	struct assignment *assignments; /* settings given as long options, in order */
	size_t assignment_count;
	const char *remark; /* a sentence for the log: a bad -N value was ignored … */
};

/* Reads the command line: sendmail's flags (clustered, attached, detached; every flag
 * that a sendmail ever had is accepted), and long options from the settings table, which
 * may be shortened. When the first argument is a command, such as `info` or `queue`, that
 * command runs, unless the program is called by the name of a sendmail. Options stop
 * at the first operand that is none, or at `--`; behind a command, and for msmtp, they do
 * not.
 *
 * FAULT_USAGE with the nearest option when one is unknown, when a value is missing, wrong
 * or has a control character, when options exclude each other, and for an operand that
 * begins with "-"; FAULT_DATA when the sender is no address. The request points into ARGV
 * and the arena. */
bool options_read(struct arena *arena, int argc, char **argv, struct request *request,
		  struct error *err) MUST_CHECK;

#endif
