/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: puts the process in order, reads the command line, and does what it
 * says. */
#include "app/account_list.h"
#include "app/configure.h"
#include "app/doctor.h"
#include "app/explain.h"
#include "app/listen.h"
#include "app/local.h"
#include "app/login.h"
#include "app/queue_command.h"
#include "app/queue_list.h"
#include "app/queue_run.h"
#include "app/msmtp.h"
#include "app/msmtp_show.h"
#include "app/screen.h"
#include "app/send.h"
#include "app/serve_mail.h"
#include "app/setup.h"
#include "app/show.h"
#include "app/timeline.h"
#include "app/token.h"

#include "conf/personality.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define MAY_BE_TRACED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAY_BE_TRACED 1
#endif
#endif
#ifndef MAY_BE_TRACED
#define MAY_BE_TRACED 0
#endif

/* Descriptors 0 to 2 must be ours before anything else is opened. Whether 0 was open. */
static bool
open_standard_files(void)
{
	bool had_input = fcntl(STDIN_FILENO, F_GETFD) >= 0;

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(fault_status(FAULT_SYSTEM));
	return had_input;
}

/* What a caller may have left behind: blocked and ignored signals, a timer, a generous
 * umask. */
static void
reset_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGALRM };
	static const int ordinary[] = { SIGCHLD, SIGTERM, SIGINT, SIGQUIT };
	const struct itimerval never = { 0 };
	sigset_t none;

	setitimer(ITIMER_REAL, &never, NULL);
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		signal(ordinary[i], SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No core dump and no other process of this user may see the secrets, and GnuTLS is not to
 * write the keys of its sessions into a file because of a variable. */
static void
protect_memory(void)
{
	const struct rlimit none = { 0, 0 };

	unsetenv("SSLKEYLOGFILE");
	setrlimit(RLIMIT_CORE, &none);
	if (!MAY_BE_TRACED)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool
pretend(struct run *run, struct error *err)
{
	if (!run_choose_account(run, run->request->sender, err))
		return false;
	if (as_msmtp(run))
		msmtp_show_pretend(run);
	else
		show_pretend(run);
	return !run->account->tls.on || tls_policy_check(&run->account->tls, err);
}

static bool
run_mode(struct run *run, struct error *err)
{
	const struct request *request = run->request;

	switch (request->mode) {
	case MODE_SEND:
		return send_message(run, err);
	case MODE_PRETEND:
		return pretend(run, err);
	case MODE_INFO:
		return run_choose_account(run, request->sender, err) &&
		       show_info(run, err);
	case MODE_RMQS:
		return run_choose_account(run, request->sender, err) &&
		       start_remote_queue(run, err);
	case MODE_VERSION:
		if (as_msmtp(run))
			msmtp_show_version(run->arena);
		else
			show_version();
		return true;
	case MODE_CONFIGURE:
		return show_configuration(run, err);
	case MODE_LISTEN:
		return listen_for_mail(run, err);
	case MODE_CHECK:
		return run_choose_account(run, request->sender, err);
	case MODE_QUEUE_LIST:
		return list_queue(run, err);
	case MODE_QUEUE_RUN:
		return run_queue(run, err);
	case MODE_QUEUE:
		return queue_command(run, err);
	case MODE_LOGIN:
		return run_choose_account(run, request->sender, err) && log_in(run, err);
	case MODE_SETUP:
		return set_up(run, err);
	case MODE_TOKEN:
		return run_choose_account(run, request->sender, err) &&
		       give_token(run, err);
	case MODE_ACCOUNTS:
		return list_accounts(run, err);
	case MODE_DOCTOR:
		return examine(run, err);
	case MODE_NOTHING:
		return true;
	case MODE_SERVE:
		return serve_mail(run, err);
	case MODE_ALIASES:
		return check_aliases(run, err);
	case MODE_ADDRESSES:
		return show_addresses(run, err);
	case MODE_HELP:
		break;
	}
	return options_help(request->topic,
			    &(struct help_page){ stdout, screen_width(stdout) }, err);
}

static const char *
program_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;

	return name && *name ? name : "postrider";
}

/* With nothing to read and nothing asked, a person is at the terminal and wants to
 * know. */
static void
help_person(int argc, struct request *request)
{
	if (argc > 1 || request->mode != MODE_SEND || !isatty(STDIN_FILENO))
		return;
	options_help_briefly(&(struct help_page){ stdout, screen_width(stdout) });
	request->mode = MODE_NOTHING;
}

/* "mailq | head -1": that somebody has read enough is no failure to be told. It ends as other
 * programs do. */
static void
end_for_closed_pipe(enum mode mode)
{
	static const enum mode printing[] = { MODE_QUEUE_LIST, MODE_QUEUE,
					      MODE_ADDRESSES,  MODE_ACCOUNTS,
					      MODE_PRETEND,    MODE_VERSION,
					      MODE_HELP };
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	for (size_t i = 0; i < sizeof(printing) / sizeof(printing[0]); i++)
		if (mode == printing[i] && poll(&out, 1, 0) > 0 &&
		    (out.revents & POLLERR)) {
			signal(SIGPIPE, SIG_DFL);
			raise(SIGPIPE);
		}
}

/* Everything between the command line and the exit status. */
static bool
carry_out(struct run *run, struct request *request, bool had_input, struct error *err)
{
	if (request->mode == MODE_SEND && !had_input)
		return fail(err, FAULT_NO_INPUT,
			    _("Standard input is not open: there is no message"));
	if (!run_mode(run, err))
		return false;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	fail_errno(err, FAULT_IO, _("Standard output cannot be written"));
	end_for_closed_pipe(request->mode);
	return false;
}

/* The failure first, then who has the message, then where the time went. Of a success
 * only a person hears: many programs take any output for a failure. */
static void
tell(const struct run *run, const struct error *err, const struct diagnosis *diagnosis)
{
	if (err->fault)
		report_error(run->reporter, err);
	if (diagnosis->word) {
		report_line(run->reporter, "%s", diagnosis->cause);
		report_line(run->reporter, "%s", diagnosis->remedy);
	}
	if (run->delivery &&
	    (err->fault || run->reporter->verbose || isatty(STDERR_FILENO)))
		report_verdicts(run->reporter, run->delivery);
	if (run->request->timeline && run->connection.session.first)
		timeline_draw(&run->connection.session, stderr);
}

/* Numbers and dates have categories of their own, set where one is shown: each may be a
 * file to open. */
static void
set_language(void)
{
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
#if HAVE_NLS
	bindtextdomain("postrider", LOCALEDIR);
	textdomain("postrider");
#endif
}

int
main(int argc, char **argv)
{
	bool had_input = open_standard_files();
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct request request = { 0 };
	struct reporter reporter = { .program = program_name(argc ? argv[0] : NULL) };
	struct run run = { .arena = &arena, .request = &request, .reporter = &reporter };
	struct diagnosis diagnosis = { 0 };
	int status;

	run.as_sendmail = personality_of(argc ? argv[0] : NULL)->sendmail;
	reset_signals();
	protect_memory();
	umask(077);
	set_language();
	if (options_read(&arena, argc, argv, &request, &err)) {
		help_person(argc, &request);
		reporter.verbose = request.verbose;
		reporter.debug = request.debug;
		reporter.quiet = request.quiet;
		reporter.dialogue = as_msmtp(&run) ? stdout : stderr;
		if (!carry_out(&run, &request, had_input, &err) &&
		    request.mode == MODE_SEND)
			drain_input();
	} else if (request.mode == MODE_SEND) {
		drain_input();
	}
	/* Who failed knows best what to do; else the table may. */
	if (!err.hint && !explain(&run, &err, 0, &diagnosis))
		diagnosis.word = NULL;
	run_disconnect(&run);
	/* In msmtp's log there are attempts, and nothing else. */
	if (request.mode == MODE_SEND && !as_msmtp(&run))
		log_refusal(&run, &err);
	tell(&run, &err, &diagnosis);
	status = run_status(&run, &err);
	run_release(&run);
	arena_release(&arena);
	return status;
}
