/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the log line. */
#include "app/journal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/syslog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { TIME_MAX = 127, LOCK_SECONDS = 10 };

/* Text between quotes must not end them, and a record is one line. */
static void
add_quoted(struct arena *arena, struct buf *out, const char *name, const char *text)
{
	char *clean = clean_text(arena, span_of(english_of(arena, text)));

	for (char *c = clean; *c; c++)
		if (*c == '\'')
			*c = '?';
	buf_printf(out, " %s='%s'", name, clean);
}

static void
add_recipients(struct buf *out, const struct envelope *envelope)
{
	buf_add_string(out, " recipients=");
	for (size_t i = 0; i < envelope->count; i++) {
		if (i)
			buf_add_char(out, ',');
		buf_add_clean(out, span_of(envelope->to[i]));
	}
}

static void
add_verdict(struct arena *arena, struct buf *out, const struct record *record)
{
	const struct exchange *accepted =
		record->delivery ? record->delivery->accepted : NULL;
	const char *reply = record->err->reply;

	if (record->reply)
		reply = record->reply;
	else if (accepted && !record->err->fault)
		reply = reply_show(arena, &accepted->reply);
	if (reply && is_digit(reply[0])) {
		buf_printf(out, " smtpstatus=%.3s", reply);
		add_quoted(arena, out, "smtpmsg", reply);
	}
	if (record->err->fault)
		add_quoted(arena, out, "errormsg", record->err->what);
	buf_printf(out, " exitcode=%s",
		   record->status && !record->kept
			   ? record->status
			   : fault_status_name(record->kept ? FAULT_NONE
							    : record->err->fault));
}

static void
format_account(struct arena *arena, struct buf *out, const struct account *account)
{
	if (account->endpoint.socket &&
	    !(account->endpoint.host && account->dialect == DIALECT_MSMTP))
		buf_printf(out, "socket=%s", account->endpoint.socket);
	else
		buf_printf(out, "host=%s",
			   account->endpoint.host ? account->endpoint.host : "-");
	buf_printf(out, " tls=%s auth=%s", account->tls.on ? "on" : "off",
		   strcmp(account->login.auth, "off") == 0 ? "off" : "on");
	if (account->login.user && strcmp(account->login.auth, "off") != 0)
		buf_printf(out, " user=%s",
			   clean_text(arena, span_of(account->login.user)));
}

/* For msmtp a line end is one octet. */
static uint64_t
mail_size(const struct record *record)
{
	const struct delivery *delivery = record->delivery;
	const struct composed *composed = delivery->composed;
	uint64_t lines = delivery->message->facts.body_lines;

	if (!record->account || record->account->dialect != DIALECT_MSMTP)
		return delivery->size;
	for (size_t i = 0; i < composed->count; i++)
		for (size_t k = 0; k < composed->pieces[i].len; k++)
			lines += composed->pieces[i].at[k] == '\n';
	return lines < delivery->size ? delivery->size - lines : delivery->size;
}

/* msmtp's fields in msmtp's order; what is ours comes behind them. */
static void
format_record(struct arena *arena, struct buf *out, const struct record *record)
{
	const struct account *account = record->account;

	if (!account)
		buf_add_string(out, "host=- tls=- auth=-");
	else
		format_account(arena, out, account);
	if (record->envelope) {
		buf_printf(out, " from=%s",
			   clean_text(arena, span_of(record->envelope->sender)));
		add_recipients(out, record->envelope);
	}
	if (record->delivery && !record->err->fault)
		buf_printf(out, " mailsize=%" PRIu64, mail_size(record));
	add_verdict(arena, out, record);
	if (record->queue)
		buf_printf(out, " queue=%s", record->queue);
	if (record->remark)
		add_quoted(arena, out, "remark", record->remark);
}

static bool
lock_for_a_while(int fd)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	const struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int64_t deadline = deadline_in(LOCK_SECONDS);

	/* The kind of lock that msmtp takes on the same file. */
	while (fcntl(fd, F_SETLK, &whole) < 0) {
		if ((errno != EACCES && errno != EAGAIN && errno != EINTR) ||
		    now_us() > deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool
append(const char *path, const struct buf *line)
{
	CLEANUP(close_file) int fd = -1;

	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, line->at, line->len);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		  0600);
	return fd >= 0 && lock_for_a_while(fd) && write_all(fd, line->at, line->len);
}

/* The format is a setting, so the compiler cannot check it; its result is bounded. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t
format_now(char *out, size_t room, const char *format)
{
	time_t now = time(NULL);
	struct tm local;

	setlocale(LC_TIME, "");
	return localtime_r(&now, &local) ? strftime(out, room, format, &local) : 0;
}
#pragma GCC diagnostic pop

static void
write_file(struct arena *arena, const struct log_policy *policy, const struct buf *record,
	   const char **problem)
{
	const char *format = policy->time_format ? policy->time_format : "%b %d %H:%M:%S";
	char when[TIME_MAX + 1] = "";
	struct buf line = { 0 };

	if (strcmp(format, "none") != 0 && format_now(when, sizeof(when), format) > 0)
		buf_printf(&line, "%s ", when);
	buf_add_span(&line, buf_span(record));
	buf_add_char(&line, '\n');
	if (!append(policy->file, &line))
		*problem = arena_printf(arena, _("The log file %s cannot be written: %s"),
					policy->file, strerror(errno));
	buf_release(&line);
}

static int
facility(const char *word)
{
	static const struct {
		const char *word;
		int facility;
	} facilities[] = {
		{ "on", LOG_MAIL },	      { "LOG_USER", LOG_USER },
		{ "LOG_MAIL", LOG_MAIL },     { "LOG_LOCAL0", LOG_LOCAL0 },
		{ "LOG_LOCAL1", LOG_LOCAL1 }, { "LOG_LOCAL2", LOG_LOCAL2 },
		{ "LOG_LOCAL3", LOG_LOCAL3 }, { "LOG_LOCAL4", LOG_LOCAL4 },
		{ "LOG_LOCAL5", LOG_LOCAL5 }, { "LOG_LOCAL6", LOG_LOCAL6 },
		{ "LOG_LOCAL7", LOG_LOCAL7 },
	};

	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (strcmp(word, facilities[i].word) == 0)
			return facilities[i].facility;
	return -1;
}

/* Where in syslog the record goes; -1: nowhere. */
static int
syslog_facility(const struct record *record)
{
	const char *word = record->account ? record->account->log.syslog : "auto";
	bool msmtp = record->account && record->account->dialect == DIALECT_MSMTP;

	if (word && strcmp(word, "auto") == 0)
		word = record->as_sendmail ? "on" : "off";
	if (word && msmtp && strcmp(word, "on") == 0)
		word = "LOG_USER";
	return word ? facility(word) : -1;
}

void
journal_write(struct arena *arena, const struct record *record, const char **problem)
{
	const struct log_policy *policy = record->account ? &record->account->log : NULL;
	bool to_file = policy && policy->file;
	int where = syslog_facility(record);
	struct buf line = { 0 };

	*problem = NULL;
	if (!to_file && where < 0)
		return;
	format_record(arena, &line, record);
	if (to_file)
		write_file(arena, policy, &line, problem);
	if (where >= 0) {
		buf_printf(&line, " uid=%lu argv0=%s", (unsigned long)getuid(),
			   record->program);
		syslog_tell(where | (record->err->fault && !record->kept ? LOG_ERR
									 : LOG_INFO),
			    record->tag ? record->tag : "postrider", line.at);
	}
	buf_release(&line);
}
