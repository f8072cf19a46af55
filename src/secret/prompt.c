/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks for a password at the terminal. */
#include "secret/prompt.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A terminal gives no more of a line, and loses the rest (N_TTY_BUF_SIZE - 1). */
enum { LONGEST = 4095 };

enum answer { ANSWER_GIVEN, ANSWER_FAILED, ANSWER_INTERRUPTED, ANSWER_TOO_LONG };

/* Each of these would leave the terminal without echo, for good or until we go on. */
static const int caught[] = {
	SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU,
};
enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };

static volatile sig_atomic_t came[CAUGHT];

static void
note_signal(int number)
{
	for (size_t i = 0; i < CAUGHT; i++)
		if (caught[i] == number)
			came[i] = 1;
}

static void
catch_signals(struct sigaction before[CAUGHT])
{
	/* No SA_RESTART: the read must end. */
	struct sigaction action = { .sa_handler = note_signal };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < CAUGHT; i++) {
		came[i] = 0;
		sigaction(caught[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	}
}

static void
let_signals_go(const struct sigaction before[CAUGHT])
{
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &before[i], NULL);
}

static bool
has_come(int number)
{
	for (size_t i = 0; i < CAUGHT; i++)
		if (came[i] && caught[i] == number)
			return true;
	return false;
}

static bool
any_came(void)
{
	for (size_t i = 0; i < CAUGHT; i++)
		if (came[i])
			return true;
	return false;
}

/* Does now, with the terminal in order, what the signals would have done. True when the
 * question should be asked again: the job was stopped and goes on. */
static bool
raise_what_came(void)
{
	bool only_stops = true;

	for (size_t i = 0; i < CAUGHT; i++) {
		if (!came[i])
			continue;
		kill(getpid(), caught[i]);
		if (caught[i] != SIGTSTP && caught[i] != SIGTTIN && caught[i] != SIGTTOU)
			only_stops = false;
	}
	return only_stops;
}

/* Whether the terminal's settings were changed; false with EINTR in errno for a
 * background job. */
static bool
hide_typing(int terminal, struct termios *before)
{
	struct termios hidden;

	if (tcgetattr(terminal, before) != 0)
		return false;
	hidden = *before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	hidden.c_lflag |= ICANON | ISIG;
	return tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
}

/* What was typed of a password must not reach whoever reads the terminal next. */
static void
show_typing(int terminal, const struct termios *before)
{
	while (tcsetattr(terminal, TCSAFLUSH, before) != 0 && errno == EINTR &&
	       !has_come(SIGTTOU))
		;
}

/* One byte or no signal: signals are blocked but while we wait, since one that came
 * between a look at `came` and the read would wait for the next key. */
static enum answer
read_byte(int terminal, const sigset_t *open_mask, char *byte)
{
	struct pollfd watch = { .fd = terminal, .events = POLLIN };

	for (;;) {
		ssize_t got;

		if (any_came())
			return ANSWER_INTERRUPTED;
		if (ppoll(&watch, 1, NULL, open_mask) < 0) {
			if (errno == EINTR)
				continue;
			return ANSWER_FAILED;
		}
		got = read(terminal, byte, 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got == 0)
			*byte = '\n';
		return got < 0 ? ANSWER_FAILED : ANSWER_GIVEN;
	}
}

/* One line without its end, which the end of the file is, too. */
static enum answer
read_line(int terminal, char line[LONGEST], size_t *len)
{
	enum answer answer = ANSWER_GIVEN;
	sigset_t most, before;

	sigemptyset(&most);
	for (size_t i = 0; i < CAUGHT; i++)
		/* The read itself causes SIGTTIN, and fails if that cannot come. */
		if (caught[i] != SIGTTIN)
			sigaddset(&most, caught[i]);
	sigprocmask(SIG_BLOCK, &most, &before);
	for (*len = 0; answer == ANSWER_GIVEN && *len < LONGEST; ++*len) {
		answer = read_byte(terminal, &before, line + *len);
		if (answer != ANSWER_GIVEN || line[*len] == '\n')
			break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (*len < LONGEST)
		return answer;
	return ANSWER_TOO_LONG;
}

static enum answer
ask(int terminal, const char *question, char line[LONGEST], size_t *len)
{
	struct termios before;
	enum answer answer;

	/* Never ask where the answer would be seen. */
	if (!hide_typing(terminal, &before))
		return any_came() ? ANSWER_INTERRUPTED : ANSWER_FAILED;
	answer = write_all(terminal, question, strlen(question))
			 ? read_line(terminal, line, len)
			 : ANSWER_FAILED;
	if (!write_all(terminal, "\n", 1) && answer == ANSWER_GIVEN)
		answer = ANSWER_FAILED;
	show_typing(terminal, &before);
	return answer;
}

static enum answer
ask_until_answered(int terminal, const char *question, char line[LONGEST], size_t *len)
{
	struct sigaction before[CAUGHT];
	enum answer answer;
	int saved;

	do {
		catch_signals(before);
		answer = ask(terminal, question, line, len);
		saved = errno;
		let_signals_go(before);
	} while (any_came() && raise_what_came() && answer == ANSWER_INTERRUPTED);
	errno = saved;
	return answer;
}

bool
prompt_is_possible(void)
{
	CLEANUP(close_file)
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	return terminal >= 0;
}

bool
prompt_secret(const char *question, struct secret *secret, struct error *err)
{
	CLEANUP(close_file)
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char line[LONGEST];
	enum answer answer;
	size_t len = 0;
	int saved;

	if (terminal < 0)
		return true;
	answer = ask_until_answered(terminal, question, line, &len);
	saved = errno;
	if (answer == ANSWER_GIVEN && len)
		secret_set(secret, (struct span){ line, len });
	explicit_bzero(line, sizeof(line));
	errno = saved;
	switch (answer) {
	case ANSWER_GIVEN:
		return true;
	case ANSWER_INTERRUPTED:
		return fail(err, FAULT_LOGIN,
			    _("cannot take the password from the terminal: the "
			      "question was interrupted"));
	case ANSWER_TOO_LONG:
		return fail(err, FAULT_LOGIN,
			    _("cannot take the password from the terminal: it gives no "
			      "more than %d octets"),
			    LONGEST - 1);
	case ANSWER_FAILED:
		return fail_errno(err, FAULT_LOGIN,
				  _("cannot take the password from the terminal"));
	}
	return false;
}
