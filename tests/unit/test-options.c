/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: sendmail's flags in all their spellings, long options, commands, and
 * the help. */
#include "unit.h"

#include "conf/flags.h"
#include "conf/options.h"

#include <locale.h>
#include <stdlib.h>

enum { WORDS_MAX = 32 };

/* Cuts "a|b||c" into words. */
static int
cut(struct arena *arena, const char *line, char **words)
{
	char *rest = arena_string(arena, line);
	int count = 0;

	for (char *word = strsep(&rest, "|"); word && count < WORDS_MAX;
	     word = strsep(&rest, "|"))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

static void
add_text(struct buf *out, const char *name, const char *text)
{
	if (text)
		buf_printf(out, " %s=%s", name, text);
}

static void
add_flag(struct buf *out, const char *name, bool set)
{
	if (set)
		buf_printf(out, " %s", name);
}

/* Everything in the request that is not as it was. */
static const char *
describe(struct arena *arena, const struct request *r)
{
	static const char *const modes[] = {
		[MODE_SEND] = "send",		[MODE_PRETEND] = "pretend",
		[MODE_INFO] = "info",		[MODE_RMQS] = "rmqs",
		[MODE_SERVE] = "serve",		[MODE_ALIASES] = "aliases",
		[MODE_ADDRESSES] = "addresses", [MODE_QUEUE_LIST] = "list",
		[MODE_QUEUE_RUN] = "run",	[MODE_NOTHING] = "nothing",
		[MODE_VERSION] = "version",	[MODE_HELP] = "help",
	};
	struct buf out = { 0 };
	const char *text;

	buf_add_string(&out, modes[r->mode]);
	add_text(&out, "topic", r->topic);
	add_text(&out, "file", r->config_file);
	add_text(&out, "account", r->wish.name);
	add_text(&out, "sender", r->sender);
	add_text(&out, "name", r->full_name);
	add_flag(&out, "sender-from-header", r->sender_from_header);
	add_flag(&out, "t", r->recipients_from_header);
	add_flag(&out, "i", !r->dot_ends);
	add_flag(&out, "no-file", r->without_file);
	add_flag(&out, "quiet", r->quiet);
	add_flag(&out, "no-aliases", r->no_aliases);
	add_flag(&out, "gateway", r->gateway);
	add_text(&out, "tag", r->log_tag);
	add_flag(&out, "dry-run", r->dry_run);
	add_flag(&out, "verbose", r->verbose);
	add_flag(&out, "debug", r->debug);
	add_flag(&out, "timeline", r->timeline);
	add_text(&out, "notify", r->options.notify);
	add_text(&out, "ret", r->options.ret);
	add_text(&out, "envid", r->options.envid);
	add_text(&out, "by", r->options.by);
	add_text(&out, "hold-for", r->options.hold_for);
	add_text(&out, "hold-until", r->options.hold_until);
	add_text(&out, "priority", r->options.mt_priority);
	add_flag(&out, "require-tls", r->options.require_tls);
	add_text(&out, "vrfy", r->verify);
	add_text(&out, "expn", r->expand);
	for (size_t i = 0; i < r->assignment_count; i++)
		buf_printf(&out, " {%s=%.*s}", settings[r->assignments[i].row].name,
			   (int)r->assignments[i].text.len,
			   r->assignments[i].text.at ? r->assignments[i].text.at : "");
	for (size_t i = 0; i < r->operand_count; i++)
		buf_printf(&out, " <%s>", r->operands[i]);
	add_flag(&out, "remark", r->remark != NULL);
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

static const char *
read_line(struct arena *arena, const char *line, struct request *request)
{
	char *words[WORDS_MAX + 1];
	struct error err = { .arena = arena };
	int count = cut(arena, line, words);

	if (options_read(arena, count, words, request, &err))
		return describe(arena, request);
	return arena_printf(arena, "!%s: %s", fault_word(err.fault), err.what);
}

/* WANT may end in "…": then only its beginning counts. */
static void
same_beginning(const char *name, const char *got, const char *want)
{
	const char *dots = strstr(want, "…");

	if (dots && !dots[strlen("…")] && strncmp(got, want, (size_t)(dots - want)) == 0)
		got = want;
	unit_same(name, got, want);
}

/* clang-format off */
static const struct {
	const char *line, *want;
} lines[] = {
	/* Operands. */
	{ "postrider", "send" },
	{ "postrider|a@b", "send <a@b>" },
	{ "postrider|a@b|c@d", "send <a@b> <c@d>" },
	{ "postrider||a@b|", "send <a@b>" },
	{ "postrider|--|a@b", "send <a@b>" },
	{ "postrider|--|-a@b", "send <-a@b>" },
	{ "postrider|--|--|x", "send <--> <x>" },
	{ "postrider|--|info", "send <info>" },
	{ "postrider|a@b|--|-c@d", "send <a@b> <-c@d>" },
	{ "postrider|a@b|-v",
	  "!usage: \"-v\" begins like an option, but stands behind a recipient" },
	{ "postrider|a@b|--tls", "!usage: \"--tls\" begins like an option…" },
	{ "postrider|-C|/x|queue|run",
	  "!usage: \"queue\" is a command, but stands behind an option" },
	{ "postrider|-v|info", "!usage: \"info\" is a command…" },
	{ "postrider|-", "!usage: \"-\" begins like an option…" },
	{ "postrider|-t|-", "!usage: \"-\" begins like an option…" },
	{ "postrider|root|setup", "send <root> <setup>" },
	/* Clusters, attached and detached values. */
	{ "postrider|-t", "send t" },
	{ "postrider|-ti", "send t i" },
	{ "postrider|-it", "send t i" },
	{ "postrider|-oi|-t", "send t i" },
	{ "postrider|-tifme@x.org", "send sender=me@x.org t i" },
	{ "postrider|-tif|me@x.org", "send sender=me@x.org t i" },
	{ "postrider|-fme@x.org|a@b", "send sender=me@x.org <a@b>" },
	{ "postrider|-f|me@x.org|a@b", "send sender=me@x.org <a@b>" },
	{ "postrider|-r|me@x.org|a@b", "send sender=me@x.org <a@b>" },
	{ "postrider|-f|a@x|-f|b@x", "send sender=b@x" },
	{ "postrider|-f|Joe <joe@x.org>", "send sender=joe@x.org" },
	{ "postrider|-f|<joe@x.org>", "send sender=joe@x.org" },
	{ "postrider|-f|joe", "send sender=joe" },
	{ "postrider|-f||a@b", "send sender= <a@b>" },
	{ "postrider|-f|<>|a@b", "send sender= <a@b>" },
	{ "postrider|-f<>|a@b", "send sender= <a@b>" },
	{ "postrider|-f|< >|a@b", "send sender= <a@b>" },
	{ "postrider|-f|MAILER-DAEMON", "send sender=" },
	{ "postrider|-f|-x@y", "send sender=-x@y" },
	{ "postrider|-f|a@@b", "!data: …" },
	{ "postrider|-f|a@x, b@x", "!data: The sender \"a@x, b@x\" is not one address" },
	{ "postrider|root|-f", "!usage: \"-f\" begins like an option…" },
	{ "postrider|-f", "!usage: -f needs a value" },
	{ "postrider|-tF", "!usage: -F needs a value" },
	{ "postrider|-FCronDaemon|-i", "send name=CronDaemon i" },
	{ "postrider|-F|Full Name|a", "send name=Full Name <a>" },
	{ "postrider|-F||a", "send name= <a>" },
	{ "postrider|-v|-a|work|x", "send account=work verbose <x>" },
	{ "postrider|-C/etc/x|x", "send file=/etc/x <x>" },
	{ "postrider|-X/tmp/log|x", "send {logfile=/tmp/log} <x>" },
	{ "postrider|-4|x", "send {ip=4} <x>" },
	{ "postrider|-6v|x", "send verbose {ip=6} <x>" },
	{ "postrider|-d|x", "send debug <x>" },
	{ "postrider|-d5|x", "send debug <x>" },
	{ "postrider|-d0.1", "version" },
	{ "postrider|-Z", "!usage: Unknown option \"-Z\"" },
	{ "postrider|-t\xc3", "!usage: Unknown option \"-\\xc3\"" },
	/* What a sendmail accepts. */
	{ "sendmail|-FCronDaemon|-i|-B8BITMIME|-oem|root", "send name=CronDaemon i <root>" },
	{ "sendmail|-B|7bit|-odi|-odb|-om|root", "send <root>" },
	{ "sendmail|-B|9BIT|root", "send <root> remark" },
	{ "sendmail|-bm|-ba|root", "send <root>" },
	{ "sendmail|-b|m|root", "send <root>" },
	{ "sendmail|-oitrue|root", "send i <root>" },
	{ "sendmail|-oiTrue|root", "send i <root>" },
	{ "sendmail|-i|-oifalse|root", "send <root>" },
	{ "sendmail|-o|i|root", "send i <root>" },
	{ "sendmail|-oA/etc/aliases|-oQ/tmp|-or0s|-o7|-o8|root", "send <root>" },
	{ "sendmail|-O|IgnoreDots=True|root", "send i <root>" },
	{ "sendmail|-Oignoredots|root", "send i <root>" },
	{ "sendmail|-O|IgnoreDots=false|root", "send <root>" },
	{ "sendmail|-ODeliveryMode=b|-O|ErrorMode=m|root", "send <root>" },
	{ "sendmail|-O|REQUIRETLS=yes|root", "send require-tls <root>" },
	{ "sendmail|-Ac|-Am|-em|-e|q|-h|5|-L|tag|-pNNTP:host|-p|x|root",
	  "send quiet tag=tag <root>" },
	{ "sendmail|-Mxvalue|-M|x|-D|/dev/null|root", "send <root>" },
	{ "sendmail|-GmnsUxc|root", "send no-aliases gateway <root>" },
	{ "sendmail|-E|-J|-T|-Tx|-Jx|root", "send <root>" },
	{ "sendmail|-t|-oi|-f|www@x", "send sender=www@x t i" },
	{ "sendmail|info", "send <info>" },
	{ "/usr/sbin/sendmail|help", "send <help>" },
	{ "msmtp|info", "send i tag=msmtp <info>" },
	{ "postrider|-bp", "list" },
	{ "postrider|-bs", "serve" },
	{ "postrider|-bi", "aliases" },
	{ "postrider|-bv|root", "addresses <root>" },
	{ "postrider|-bP", "list" },
	{ "postrider|-bh", "nothing" },
	{ "postrider|-bH", "nothing" },
	{ "mailq", "list" },
	{ "/usr/bin/mailq|-v|-Ac", "list verbose" },
	{ "newaliases", "aliases" },
	{ "newaliases|-bp", "list" },
	{ "runq", "run" },
	{ "hoststat", "nothing" },
	{ "purgestat", "nothing" },
	{ "send-mail|info", "send <info>" },
	{ "postrider|-b|d", "!usage: postrider is no daemon: -bd waits for mail from the "
			    "network" },
	{ "postrider|-bl", "!usage: postrider is no daemon: -bl waits for mail from the "
			   "network" },
	{ "postrider|-bp|-bs", "!usage: -b cannot be combined with what was asked before it" },
	{ "postrider|-bmx", "!usage: postrider has no mode \"-bmx\"" },
	{ "postrider|-q", "run" },
	{ "postrider|-q30m", "run" },
	{ "postrider|-qf|-v", "run verbose" },
	{ "postrider|-qIabc", "run" },
	{ "postrider|-I", "aliases" },
	{ "postrider|-Qreason", "!usage: postrider has no mode \"-Qreason\"" },
	/* Reports. */
	{ "postrider|-N|never|x", "send notify=NEVER {dsn_notify=never} <x>" },
	{ "postrider|-Nfailure,delay|x",
	  "send notify=FAILURE,DELAY {dsn_notify=failure,delay} <x>" },
	{ "postrider|-N|foo|x", "send <x> remark" },
	{ "postrider|-R|hdrs|x", "send ret=HDRS {dsn_return=hdrs} <x>" },
	{ "postrider|-R|foo|x", "send <x> remark" },
	{ "postrider|-V|abc|x", "send envid=abc <x>" },
	{ "postrider|-V|a+b|x", "send envid=a+2Bb <x>" },
	{ "postrider|-N|foo|-R|foo|-B|foo|x", "send <x> remark" },
	{ "postrider|--dsn-notify=never|x", "send {dsn_notify=never} <x>" },
	{ "postrider|-N|delay|--dsn-notify|never|x",
	  "send {dsn_notify=delay} {dsn_notify=never} <x>" },
	{ "postrider|--dsn-notify=foo|x", "!usage: The value of --dsn-notify is wrong: …" },
	{ "postrider|--dsn-return=foo|x", "!usage: The value of --dsn-return is wrong: …" },
	{ "postrider|--dsn-notify=off|x", "send {dsn_notify=off} <x>" },
	/* Extensions. */
	{ "postrider|--deliver-by=120|x", "send by=120;R <x>" },
	{ "postrider|--deliver-by|x|x", "!usage: The value of --deliver-by is wrong: …" },
	{ "postrider|--hold-for=60|x", "send hold-for=60 <x>" },
	{ "postrider|--hold-for=soon|x", "!usage: The value of --hold-for is wrong: …" },
	{ "postrider|--hold-until=2027-01-31T08:00:00Z|x",
	  "send hold-until=2027-01-31T08:00:00Z <x>" },
	{ "postrider|--hold-until=tomorrow|x", "!usage: The value of --hold-until is wrong: …" },
	{ "postrider|--mt-priority=-3|x", "send priority=-3 <x>" },
	{ "postrider|--mt-priority=10|x", "!usage: The value of --mt-priority is wrong: …" },
	{ "postrider|--require-tls|x", "send require-tls <x>" },
	/* Long options. */
	{ "postrider|--host=h|x", "send no-file {host=h} <x>" },
	{ "postrider|--host|h|x", "send no-file {host=h} <x>" },
	{ "postrider|--host=h|--from=a@b|x", "send sender=a@b no-file {host=h} {from=a@b} <x>" },
	{ "postrider|-fa@b|--host=h|x", "send sender=a@b no-file {host=h} {from=a@b} <x>" },
	{ "postrider|-fa%H@b|--host=h|x", "send sender=a%H@b no-file {host=h} <x>" },
	{ "postrider|-f<>|--host=h|x", "send sender= no-file {host=h} <x>" },
	{ "postrider|--from=a@b|x", "send sender=a@b <x>" },
	{ "postrider|--tls|x", "send {tls=} <x>" },
	{ "postrider|--tls=off|x", "send {tls=off} <x>" },
	{ "postrider|--tls|off", "send {tls=} <off>" },
	{ "postrider|--tls-starttls=off|--auth|--auth=plain|x",
	  "send {tls_starttls=off} {auth=} {auth=plain} <x>" },
	{ "postrider|--tls_trust_file=x|x", "send {tls_trust_file=x} <x>" },
	{ "postrider|--tls-trust_file|x|x", "send {tls_trust_file=x} <x>" },
	{ "postrider|--user=|x", "send {user=} <x>" },
	{ "postrider|--user|-x|y", "send {user=-x} <y>" },
	{ "postrider|--passwordeval=echo a=b|x", "send {passwordeval=echo a=b} <x>" },
	{ "postrider|--read-recipients|--read-envelope-from", "send sender-from-header t" },
	{ "postrider|--account=work|x", "send account=work <x>" },
	{ "postrider|--file|f|x", "send file=f <x>" },
	{ "postrider|--verbose|--debug|--debug=3|--timeline|--dry-run|x",
	  "send dry-run verbose debug timeline <x>" },
	{ "postrider|--read-r", "send t" },
	{ "postrider|--tls-tr=f|x", "send {tls_trust_file=f} <x>" },
	{ "postrider|--tls_tr=f|x", "send {tls_trust_file=f} <x>" },
	{ "postrider|--passwordev=x|x", "send {passwordeval=x} <x>" },
	{ "postrider|--tls-c=f",
	  "!usage: The option \"--tls-c\" may be one of: --tls-crl-file, --tls-cert-file, "
	  "--tls-certcheck" },
	{ "postrider|--pass=x", "!usage: The option \"--pass\" may be one of: --password, "
				"--password-file, --password-credential, "
				"--passwordeval, --password-key, --password-git" },
	{ "postrider|--password=hunter2",
	  "!usage: \"password\" is only for the configuration file…" },
	{ "postrider|--proxy-password|hunter2",
	  "!usage: \"proxy_password\" is only for the configuration file…" },
	{ "postrider|--hots=x", "!usage: Unknown option \"--hots\"; did you mean \"--host\"?" },
	{ "postrider|--tls-trustfile=x",
	  "!usage: Unknown option \"--tls-trustfile\"; did you mean \"--tls-trust-file\"?" },
	{ "postrider|--dryrun",
	  "!usage: Unknown option \"--dryrun\"; did you mean \"--dry-run\"?" },
	{ "postrider|--frobnicate", "!usage: Unknown option \"--frobnicate\"" },
	{ "postrider|--=x", "!usage: …" },
	{ "postrider|--host", "!usage: --host needs a value" },
	{ "postrider|--timeline=x", "!usage: --timeline takes no value" },
	{ "postrider|--port=x", "!usage: The value of --port is wrong: \"x\" is no number…" },
	{ "postrider|--tls=maybe", "!usage: The value of --tls is wrong: …" },
	{ "postrider|--from-full-name=N|x", "send {from_full_name=N} <x>" },
	/* msmtp's former ones. */
	{ "postrider|--connect-timeout=5|x", "send {timeout=5} <x>" },
	{ "postrider|--connect-timeout|5|x", "send {timeout=5} <x>" },
	{ "postrider|--keepbcc|x", "send {remove_bcc_headers=off} <x>" },
	{ "postrider|--keepbcc=maybe|x", "!usage: The value of --keepbcc is neither on nor off" },
	{ "postrider|--undisclosed-recipients|x",
	  "send {set_to_header=undisclosed_recipients} <x>" },
	{ "postrider|--add-missing-date-header=off|x", "send {set_date_header=off} <x>" },
	{ "postrider|--tls-force-sslv3|x", "send <x>" },
	/* Modes. */
	{ "postrider|-P", "pretend" },
	{ "postrider|--pretend|x", "pretend <x>" },
	{ "postrider|-S", "info" },
	{ "postrider|-S|x", "!usage: There are more arguments than this needs: \"x\"" },
	{ "postrider|-aS|-S", "info account=S" },
	{ "postrider|--serverinfo|--host=h", "info no-file {host=h}" },
	{ "postrider|--rmqs=example.org", "rmqs topic=example.org" },
	{ "postrider|--rmqs=", "!usage: --rmqs needs a host, @domain or #queue, without blanks" },
	{ "postrider|--rmqs=a b",
	  "!usage: --rmqs needs a host, @domain or #queue, without blanks" },
	{ "postrider|--rmqs=a|b", "!usage: There are more arguments than this needs: \"b\"" },
	{ "postrider|--rmqs=a|-S", "!usage: -S cannot be combined with what was asked before it" },
	{ "postrider|-P|--serverinfo",
	  "!usage: --serverinfo cannot be combined with what was asked before it" },
	{ "postrider|info", "info" },
	{ "postrider|info|work", "info account=work" },
	{ "postrider|info|work|-v", "info account=work verbose" },
	{ "postrider|info|--vrfy|a@b|work", "info account=work vrfy=a@b" },
	{ "postrider|info|--expn=list", "info expn=list" },
	{ "postrider|--vrfy=a@b", "info vrfy=a@b" },
	{ "postrider|info|a|b", "!usage: There are more arguments than this needs: \"b\"" },
	{ "postrider|info|-a|work|home", "!usage: The account is named twice" },
	{ "postrider|info|-bp", "!usage: -b cannot be combined with what was asked before it" },
	{ "postrider|help", "help" },
	{ "postrider|help|75", "help topic=75" },
	{ "postrider|help|--tls", "help topic=--tls" },
	{ "postrider|--help", "help" },
	{ "postrider|--help|-Z", "help" },
	{ "postrider|--version|x", "version" },
	{ "postrider|-P|--help", "help" },
	{ "postrider|-v|--|info", "send verbose <info>" },
	{ "sendmail|-v|info", "send verbose <info>" },
	/* What excludes each other. */
	{ "postrider|--host=h|-a|work", "!usage: --host and an account exclude each other…" },
	{ "postrider|info|work|--host=h", "!usage: --host and an account exclude each other…" },
	{ "postrider|-f|a@b|--read-envelope-from",
	  "!usage: -f and --read-envelope-from exclude each other" },
	{ "postrider|--read-envelope-from|-f|a@b",
	  "!usage: -f and --read-envelope-from exclude each other" },
	{ "postrider|--hold-for=5|--hold-until=2030-01-01T00:00:00Z",
	  "!usage: --hold-for and --hold-until exclude each other" },
	/* Strangers may add options to those of a sendmail. */
	{ "sendmail|--listen=127.0.0.1:2525", "!usage: --listen and --listen-login…" },
	{ "sendmail|-bs|--listen-login=u,touch x", "!usage: --listen and --listen-login…" },
	{ "mailq|--listen-login=u", "!usage: --listen and --listen-login…" },
	/* Control characters. */
	{ "postrider|-F|a\nBcc: x", "send name=aBcc: x" },
	{ "postrider|-F|a\tb", "send name=ab" },
	{ "postrider|-f|a@b\r\nRCPT TO:<x>", "!usage: The value of -f has a control character" },
	{ "postrider|-V|a\rb", "!usage: The value of -V has a control character" },
	{ "postrider|-N|never\n", "!usage: The value of -N has a control character" },
	{ "postrider|-a|\x1b[2J", "!usage: The value of -a has a control character" },
	{ "postrider|--host=h\r\nQUIT", "!usage: The value of --host has a control character" },
	{ "postrider|--domain=h\nQUIT", "!usage: The value of --domain has a control character" },
	{ "postrider|--user\x7f=x",
	  "!usage: Unknown option \"--user\\x7f\"; did you mean \"--user\"?" },
	{ "postrider|--rmqs=a\rb", "!usage: The value of --rmqs has a control character" },
	{ "postrider|info|--vrfy=a\nb", "!usage: The value of --vrfy has a control character" },
	{ "postrider|-oi\n", "!usage: The value of -o has a control character" },
};
/* clang-format on */

static void
command_lines(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct request request;

		same_beginning(lines[i].line, read_line(&arena, lines[i].line, &request),
			       lines[i].want);
	}
	arena_release(&arena);
	unit_done();
}

/* Every row of both tables can be given. */
static void
every_option(void **state)
{
	struct arena arena = { 0 };
	struct request request;

	(void)state;
	for (size_t row = 0; row < settings_count; row++) {
		const char *name = settings[row].name;
		const char *got = read_line(
			&arena, arena_printf(&arena, "postrider|--%s", name), &request);

		if (settings[row].file_only)
			unit_number(name,
				    strstr(got, "only for the configuration file") !=
					    NULL,
				    true);
		else if (settings[row].kind->empty)
			unit_same(name, got, arena_printf(&arena, "send {%s=}", name));
		else
			unit_number(name, strstr(got, "needs a value") != NULL, true);
	}
	for (size_t i = 0; i < flags_count; i++) {
		const struct flag *flag = &flags[i];

		unit_number("a name", flag->letter || flag->name, true);
		unit_number("help", flag->chapter == FLAGS_SILENT || flag->help, true);
		unit_number("placeholder",
			    flag->chapter == FLAGS_SILENT ||
				    (flag->takes == TAKES_VALUE) ==
					    (flag->placeholder != NULL),
			    true);
		for (size_t k = 0; k < i; k++)
			unit_number("a letter has one meaning",
				    flag->letter && flag->letter == flags[k].letter,
				    false);
	}
	arena_release(&arena);
	unit_done();
}

static void
no_arguments(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct request request;
	char *words[] = { NULL };

	(void)state;
	unit_number("argc 0", options_read(&arena, 0, words, &request, &err), true);
	unit_same("argc 0", describe(&arena, &request), "send");
	arena_release(&arena);
	unit_done();
}

/* ---- help ---- */

static const char *
help(struct arena *arena, const char *topic)
{
	struct error err = { .arena = arena };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const char *got;

	assert_non_null(out);
	if (options_help(topic, &(struct help_page){ out, 80 }, &err)) {
		fclose(out);
		got = arena_copy(arena, text, len);
	} else {
		fclose(out);
		got = arena_printf(arena, "!%s: %s", fault_word(err.fault), err.what);
	}
	free(text);
	return got;
}

static void
help_cases(void **state)
{
	static const struct {
		const char *topic, *want;
	} cases[] = {
		{ "0", "Success…" },
		{ "64", "The command line is wrong…" },
		{ "75", "Not now…" },
		{ "77", "The server refuses user name or password…" },
		{ "1", "!usage: There is no help on \"1\"" },
		{ "76x", "!usage: There is no help on \"76x\"" },
		{ "tls",
		  "tls on|off\nEncrypt; when on, nothing is sent without TLS.\nOne of: off, on\n"
		  "Default: on (off in an msmtp file)\nOption: --tls[=on|off]\n" },
		{ "--tls", "tls on|off\n…" },
		{ "tls-trust-file", "tls_trust_file FILE\n…" },
		{ "password", "password TEXT\n…" },
		{ "-N", "  -N WHEN …" },
		{ "N", "  -N WHEN …" },
		{ "require-tls", "      --require-tls …" },
		{ "account", "account NAME [: PARENT…" },
		{ "include", "include FILE\n…" },
		{ "hots",
		  "!usage: There is no help on \"hots\"; did you mean \"host\"?" },
		{ "-Q", "!usage: There is no help on \"-Q\"" },
		{ "", "!usage: There is no help on \"\"" },
		{ "\x1b", "!usage: There is no help on \"\\x1b\"" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same_beginning(cases[i].topic, help(&arena, cases[i].topic),
			       cases[i].want);
	for (size_t row = 0; row < settings_count; row++)
		unit_number(settings[row].name,
			    help(&arena, settings[row].name)[0] == '!', false);
	arena_release(&arena);
	unit_done();
}

/* The general help names every option that it may, examples first, and no line is too
 * long. */
static void
whole_help(void **state)
{
	struct arena arena = { 0 };
	const char *text = help(&arena, NULL), *line = text;

	(void)state;
	unit_number("examples first", strstr(text, "Examples:") < strstr(text, "--tls"),
		    true);
	for (size_t row = 0; row < settings_count; row++) {
		char *option = arena_printf(&arena, "--%s", settings[row].name);

		for (char *c = option; *c; c++)
			*c = *c == '_' ? '-' : *c;
		/* --passwordeval is no mention of --password. */
		unit_number(option,
			    strstr(text, arena_printf(&arena, "%s=", option)) ||
				    strstr(text, arena_printf(&arena, "%s[=", option)),
			    !settings[row].file_only);
	}
	while (*line) {
		size_t len = strcspn(line, "\n");

		if (len > 80)
			unit_same("a line of at most 80", arena_copy(&arena, line, len),
				  "shorter");
		line += len + (line[len] != '\0');
	}
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines), cmocka_unit_test(every_option),
		cmocka_unit_test(no_arguments),	 cmocka_unit_test(help_cases),
		cmocka_unit_test(whole_help),
	};

	setlocale(LC_ALL, "C");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
