/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions with a client: what is said, what is answered, which mails are handed over
 * (RFC 5321, RFC 3030, RFC 3461, RFC 4954). */
#include "unit.h"

#include "base/file.h"
#include "smtp/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- who takes the mails ---- */

struct taker {
	struct buf mails;  /* " SENDER>TO,TO[options]:TEXT" each, with "/" for CRLF */
	struct buf asked;  /* users and passwords */
	enum fault fault;  /* of every accept */
	const char *reply; /* with it */
	bool counts;	   /* only the size of a body is told */
};

static void
add_text(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\r' && i + 1 < text.len && text.at[i + 1] == '\n') {
			buf_add_char(out, '/');
			i++;
		} else if (is_control(text.at[i])) {
			buf_printf(out, "\\x%02x", (unsigned char)text.at[i]);
		} else {
			buf_add_char(out, text.at[i]);
		}
	}
}

static void
add_body(struct buf *out, const struct message *message)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	char space[4096];
	struct buf room = { space, 0, sizeof(space) };
	struct span piece;

	for (uint64_t at = 0; at < message->body.size; at += piece.len) {
		assert_true(body_read(&message->body, at, &room, &piece, &err));
		assert_true(piece.len > 0);
		add_text(out, piece);
	}
	arena_release(&arena);
}

static void
add_options(struct buf *out, const struct envelope *envelope)
{
	const struct mail_options *options = &envelope->options;

	if (options->ret || options->envid || options->notify)
		buf_printf(out, "[%s %s %s]", options->ret ? options->ret : "-",
			   options->envid ? options->envid : "-",
			   options->notify ? options->notify : "-");
	if (envelope->needs & NEEDS_SMTPUTF8)
		buf_add_string(out, "[utf8]");
}

static bool
take_mail(void *context, const struct envelope *envelope, struct message *message,
	  struct error *err)
{
	struct taker *taker = context;

	if (taker->fault) {
		fail(err, taker->fault, "It was\nnot \xc3\xbc taken");
		err->reply = taker->reply;
		return false;
	}
	buf_printf(&taker->mails, " %s>", envelope->sender);
	for (size_t i = 0; i < envelope->count; i++)
		buf_printf(&taker->mails, "%s%s", i ? "," : "", envelope->to[i]);
	add_options(&taker->mails, envelope);
	buf_add_char(&taker->mails, ':');
	if (taker->counts) {
		buf_printf(&taker->mails, "%llu", (unsigned long long)message->body.size);
		return true;
	}
	add_text(&taker->mails, message->header);
	buf_add_char(&taker->mails, '|');
	add_body(&taker->mails, message);
	return true;
}

static bool
take_recipient(void *context, const char *address, struct error *err)
{
	(void)context;
	if (strcmp(address, "nobody@y.org") == 0)
		return fail(err, FAULT_NO_USER, "Nobody has this name");
	if (strcmp(address, "later@y.org") == 0)
		return fail(err, FAULT_TEMPORARY, "Not now");
	if (strcmp(address, "wrong@y.org") == 0)
		return fail(err, FAULT_DATA, "It is wrong");
	return true;
}

static bool
may_log_in(void *context, struct span user, struct span password)
{
	struct taker *taker = context;

	buf_printf(&taker->asked, " %.*s:%.*s", (int)user.len, user.at, (int)password.len,
		   password.at);
	return span_equal(user, SPAN("joe")) && span_equal(password, SPAN("secret"));
}

/* ---- one session ---- */

/* Codes and enhanced codes of the replies, one word for each reply, and that all lines
 * are well-formed. */
static void
add_codes(struct buf *out, struct span said)
{
	while (said.len) {
		size_t end = span_find(said, '\n');
		struct span line = span_part(said, 0, end), text, word;

		assert_true(end > 4 && end < said.len && end <= 511 &&
			    line.at[end - 1] == '\r');
		line.len--;
		assert_false(has_control(line) || !is_ascii(line));
		text = span_part(line, 4, line.len);
		word = span_word(&text);
		if (line.at[3] == ' ') {
			buf_printf(out, "%s%.3s", out->len ? " " : "", line.at);
			if (word.len == 5 && word.at[1] == '.' && word.at[3] == '.')
				buf_printf(out, "/%.5s", word.at);
		}
		said = span_part(said, end + 1, said.len);
	}
}

struct feeder {
	int fd;
	struct span input;
	size_t piece;
};

static void *
feed(void *argument)
{
	struct feeder *feeder = argument;

	while (feeder->input.len) {
		struct span piece = span_part(feeder->input, 0, feeder->piece);

		if (send(feeder->fd, piece.at, piece.len, 0) != (ssize_t)piece.len)
			break;
		feeder->input = span_part(feeder->input, piece.len, feeder->input.len);
	}
	close(feeder->fd);
	return NULL;
}

static void
serve_from(int in, const struct serve_policy *policy, struct buf *said, bool *ok)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int out = memfd_create("output", MFD_CLOEXEC);

	*ok = serve(in, out, policy, &err);
	assert_int_equal(err.fault, *ok ? FAULT_NONE : FAULT_IO);
	assert_int_equal(lseek(out, 0, SEEK_SET), 0);
	assert_true(read_to_end(out, SIZE_MAX, said));
	close(out);
	arena_release(&arena);
}

/* The codes, the mails behind them, and "dropped" when the session says so. With PIECE,
 * the input comes in packets of so many octets. */
static char *
play(struct span input, size_t piece, const struct serve_policy *policy)
{
	static char result[256 * 1024];
	struct taker *taker = policy->context;
	struct buf said = { 0 }, out = { 0 };
	struct feeder feeder = { -1, input, piece };
	int pair[2];
	pthread_t thread;
	bool ok;

	assert_int_equal(
		socketpair(AF_UNIX, piece ? SOCK_SEQPACKET : SOCK_STREAM, 0, pair), 0);
	feeder.fd = pair[1];
	if (!piece)
		feeder.piece = input.len;
	assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
	serve_from(pair[0], policy, &said, &ok);
	close(pair[0]);
	pthread_join(thread, NULL);
	add_codes(&out, buf_span(&said));
	buf_add_span(&out, buf_span(&taker->mails));
	if (!ok)
		buf_add_string(&out, " dropped");
	snprintf(result, sizeof(result), "%s", out.at);
	buf_release(&said);
	buf_release(&out);
	buf_release(&taker->mails);
	return result;
}

/* ---- tables ---- */

struct session {
	const char *name, *input, *want;
};

#define BEGIN "EHLO me\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n"
#define BEGUN "220 250 250/2.1.0 250/2.1.5"
#define LF_BEGIN "EHLO me\nMAIL FROM:<a@x.org>\nRCPT TO:<b@y.org>\n"
#define QUIT "QUIT\r\n"
#define TAKEN BEGUN " 354 250/2.0.0 221/2.0.0 a@x.org>b@y.org:"

static const struct session whole[] = {
	{ "nothing", "", "220" },
	{ "only QUIT", QUIT, "220 221/2.0.0" },
	{ "QUIT without a line end", "QUIT", "220" },
	{ "nothing behind QUIT", QUIT "NOOP\r\n", "220 221/2.0.0" },
	{ "a mail", BEGIN "DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\n" QUIT,
	  TAKEN "Subject: s/|hello/" },
	{ "a mail, bare LF", LF_BEGIN "DATA\nSubject: s\n\nhello\n.\nQUIT\n",
	  TAKEN "Subject: s/|hello/" },
	{ "lower case",
	  "ehlo me\r\nmail from:<a@x.org>\r\nrcpt to:<b@y.org>\r\ndata\r\n\r\n"
	  "x\r\n.\r\nquit\r\n",
	  TAKEN "|x/" },
	{ "HELO", "HELO me\r\nQUIT\r\n", "220 250 221/2.0.0" },
	{ "two mails",
	  BEGIN "DATA\r\n\r\n1\r\n.\r\nMAIL FROM:<c@x.org>\r\nRCPT TO:<d@y.org>\r\n"
		"DATA\r\n\r\n2\r\n.\r\n" QUIT,
	  BEGUN
	  " 354 250/2.0.0 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|1/"
	  " c@x.org>d@y.org:|2/" },
	{ "an empty mail", BEGIN "DATA\r\n.\r\n" QUIT, TAKEN "|" },
	{ "no EHLO", "MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n.\r\n" QUIT,
	  "220 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|" },
	{ "recipients",
	  "MAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nRCPT TO:<c@y.org>\r\n"
	  "RCPT TO:<b@Y.org>\r\nRCPT TO:<root>\r\nDATA\r\n\r\n\r\n.\r\n" QUIT,
	  "220 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 250/2.1.5 354 250/2.0.0 221/2.0.0"
	  " >b@y.org,c@y.org,root:|/" },
	{ "recipients refused one by one",
	  "MAIL FROM:<a@x.org>\r\nRCPT TO:<nobody@y.org>\r\nRCPT TO:<later@y.org>\r\n"
	  "RCPT TO:<wrong@y.org>\r\nRCPT TO:<c@y.org>\r\nDATA\r\n.\r\n" QUIT,
	  "220 250/2.1.0 550/5.1.1 451/4.0.0 553/5.1.3 250/2.1.5 354 250/2.0.0 221/2.0.0"
	  " a@x.org>c@y.org:|" },
	{ "all recipients refused",
	  "MAIL FROM:<a@x.org>\r\nRCPT TO:<nobody@y.org>\r\nDATA\r\n" QUIT,
	  "220 250/2.1.0 550/5.1.1 554/5.5.1 221/2.0.0" },
	{ "8-bit and UTF-8",
	  "EHLO me\r\nMAIL FROM:<a@x.org> SMTPUTF8 BODY=8BITMIME\r\n"
	  "RCPT TO:<\xc3\xbc@y.org>\r\nDATA\r\n\r\n\xff\r\n.\r\n" QUIT,
	  BEGUN " 354 250/2.0.0 221/2.0.0 a@x.org>\xc3\xbc@y.org[utf8]:|\xff/" },
	{ "small things",
	  "NOOP\r\nNOOP x\r\nRSET\r\nVRFY joe\r\nVRFY\r\nHELP\r\nHELP MAIL\r\n"
	  "ONEX\r\nVERB\r\nVERB on\r\nEXPN list\r\nSTARTTLS\r\nfoo\r\n\r\n" QUIT,
	  "220 250/2.0.0 250/2.0.0 250/2.0.0 252/2.5.2 501/5.5.4 214/2.0.0 214/2.0.0 250/2.0.0"
	  " 250/2.0.0 250/2.0.0 500/5.5.1 500/5.5.1 500/5.5.1 500/5.5.1 221/2.0.0" },
	{ "arguments",
	  "EHLO\r\nHELO \r\nRSET x\r\nQUIT x\r\nDATA x\r\nEHLO  me \r\nNOOP \r\n" QUIT,
	  "220 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 250 250/2.0.0 221/2.0.0" },
	{ "a web browser", "POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@x.org>\r\n",
	  "220 421/4.7.0" },
};

static const struct session order[] = {
	{ "RCPT first", "RCPT TO:<a@x.org>\r\n" QUIT, "220 503/5.5.1 221/2.0.0" },
	{ "DATA first", "DATA\r\n" QUIT, "220 503/5.5.1 221/2.0.0" },
	{ "DATA without recipients", "MAIL FROM:<a@x.org>\r\nDATA\r\n" QUIT,
	  "220 250/2.1.0 554/5.5.1 221/2.0.0" },
	{ "MAIL twice", "MAIL FROM:<a@x.org>\r\nMAIL FROM:<b@x.org>\r\n" QUIT,
	  "220 250/2.1.0 503/5.5.1 221/2.0.0" },
	{ "RSET forgets", BEGIN "RSET\r\nDATA\r\nMAIL FROM:<c@x.org>\r\n" QUIT,
	  BEGUN " 250/2.0.0 503/5.5.1 250/2.1.0 221/2.0.0" },
	{ "EHLO forgets", BEGIN "EHLO me\r\nDATA\r\n" QUIT,
	  BEGUN " 250 503/5.5.1 221/2.0.0" },
	{ "a mail is forgotten when it is done", BEGIN "DATA\r\n.\r\nDATA\r\n" QUIT,
	  BEGUN " 354 250/2.0.0 503/5.5.1 221/2.0.0 a@x.org>b@y.org:|" },
	{ "no AUTH here", "AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n" QUIT,
	  "220 502/5.5.1 221/2.0.0" },
	{ "RCPT behind BDAT",
	  BEGIN "BDAT 1\r\nxRCPT TO:<c@y.org>\r\nBDAT 0 LAST\r\n" QUIT,
	  BEGUN " 250/2.0.0 503/5.5.1 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|x/" },
	{ "DATA behind BDAT", BEGIN "BDAT 1\r\nxDATA\r\nBDAT 0 LAST\r\n" QUIT,
	  BEGUN " 250/2.0.0 503/5.5.1 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|x/" },
	{ "RSET behind BDAT", BEGIN "BDAT 1\r\nxRSET\r\n" QUIT,
	  BEGUN " 250/2.0.0 250/2.0.0 221/2.0.0" },
};

static const struct session content[] = {
	{ "dots", BEGIN "DATA\r\n\r\n..\r\n...x\r\n.y\r\na.\r\n.\r\n" QUIT,
	  TAKEN "|./..x/y/a./" },
	{ "dots, bare LF", LF_BEGIN "DATA\n\n..\n...x\n.y\na.\n.\nQUIT\n",
	  TAKEN "|./..x/y/a./" },
	{ "a dot in the header", BEGIN "DATA\r\nA: b\r\n..c\r\n.\r\n" QUIT,
	  TAKEN "A: b/|.c/" },
	/* What ends the content for one server and not for another: smuggling. */
	{ "LF.CRLF", BEGIN "DATA\r\n\r\nx\n.\r\nNOOP\r\n.\r\n" QUIT, TAKEN "|x/./NOOP/" },
	{ "LF.LF", BEGIN "DATA\r\n\r\nx\n.\nNOOP\r\n.\r\n" QUIT, TAKEN "|x/./NOOP/" },
	{ "CRLF.LF", BEGIN "DATA\r\n\r\nx\r\n.\nNOOP\r\n.\r\n" QUIT, TAKEN "|x//NOOP/" },
	{ "CR.CR", BEGIN "DATA\r\n\r\nx\r.\rNOOP\r\n.\r\n" QUIT, TAKEN "|x/./NOOP/" },
	{ "CR.CRLF", BEGIN "DATA\r\n\r\nx\r.\r\nNOOP\r\n.\r\n" QUIT, TAKEN "|x/./NOOP/" },
	{ "CR.LF", BEGIN "DATA\r\n\r\nx\r.\nNOOP\r\n.\r\n" QUIT, TAKEN "|x/./NOOP/" },
	{ "CRLF.CR", BEGIN "DATA\r\n\r\nx\r\n.\rNOOP\r\n.\r\n" QUIT, TAKEN "|x//NOOP/" },
	{ "CRLF.CRCRLF", BEGIN "DATA\r\n\r\nx\r\n.\r\r\nNOOP\r\n.\r\n" QUIT,
	  TAKEN "|x//NOOP/" },
	{ "CRCRLF.CRLF", BEGIN "DATA\r\n\r\nx\r\r\n.\r\n" QUIT, TAKEN "|x/" },
	{ "LF session: LF.CRLF", LF_BEGIN "DATA\n\nx\n.\r\nNOOP\n.\nQUIT\n",
	  TAKEN "|x//NOOP/" },
	{ "LF session: CRLF.LF", LF_BEGIN "DATA\n\nx\r\n.\nQUIT\n", TAKEN "|x/" },
	{ "LF session: CRLF.CRLF", LF_BEGIN "DATA\n\nx\r\n.\r\nQUIT\n", TAKEN "|x/" },
	{ "LF session: CR.CR", LF_BEGIN "DATA\n\nx\r.\rNOOP\n.\nQUIT\n",
	  TAKEN "|x/./NOOP/" },
	{ "one CRLF in an LF session",
	  "NOOP\r\n" LF_BEGIN "DATA\n\nx\n.\nNOOP\r\n.\r\nQUIT\n",
	  "220 250/2.0.0 250 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0"
	  " a@x.org>b@y.org:|x/./NOOP/" },
	{ "DATA with a bare LF in a CRLF session",
	  BEGIN "DATA\n\nx\n.\nNOOP\r\n.\r\n" QUIT, TAKEN "|x/./NOOP/" },
	{ "an LF session becomes a CRLF session",
	  LF_BEGIN "DATA\n\n1\n.\nMAIL FROM:<c@x.org>\r\nRCPT TO:<d@y.org>\n"
		   "DATA\n\nx\n.\n\r\n.\r\nQUIT\n",
	  BEGUN
	  " 354 250/2.0.0 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|1/"
	  " c@x.org>d@y.org:|x/.//" },
	/* The end of the input is no end of a mail. */
	{ "gone in the content", BEGIN "DATA\r\n\r\nhello\r\n", BEGUN " 354 dropped" },
	{ "gone in the final dot", BEGIN "DATA\r\n\r\nhello\r\n.\r",
	  BEGUN " 354 dropped" },
	{ "gone behind the final dot", BEGIN "DATA\r\n\r\nhello\r\n.\r\n",
	  BEGUN " 354 250/2.0.0 a@x.org>b@y.org:|hello/" },
	{ "gone before the content", BEGIN, BEGUN },
	{ "QUIT in the content", BEGIN "DATA\r\n" QUIT, BEGUN " 354 dropped" },
	/* BDAT */
	{ "a chunk", BEGIN "BDAT 7 LAST\r\n\r\n.\r\nx\n" QUIT,
	  BEGUN " 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|./x/" },
	{ "chunks", BEGIN "BDAT 4\r\nA: bBDAT 4\r\n\r\n\r\nbdat 1 last\r\nc" QUIT,
	  BEGUN " 250/2.0.0 250/2.0.0 250/2.0.0 221/2.0.0 a@x.org>b@y.org:A: b/|c/" },
	{ "empty chunks", BEGIN "BDAT 0\r\nBDAT 0 LAST\r\n" QUIT,
	  BEGUN " 250/2.0.0 250/2.0.0 221/2.0.0 a@x.org>b@y.org:|" },
	{ "a chunk that is not wanted", "BDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nNOOP\r\n" QUIT,
	  "220 503/5.5.1 503/5.5.1 221/2.0.0" },
	{ "a chunk without recipients",
	  "MAIL FROM:<a@x.org>\r\nBDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nNOOP\r\nMAIL FROM:<c@x.org>\r\n",
	  "220 250/2.1.0 554/5.5.1 503/5.5.1 250/2.1.0" },
	{ "a chunk without a number", BEGIN "BDAT x LAST\r\nNOOP\r\n",
	  BEGUN " 421/4.5.4" },
	{ "a chunk of -1", BEGIN "BDAT -1 LAST\r\nNOOP\r\n", BEGUN " 421/4.5.4" },
	{ "a chunk of 2^64", BEGIN "BDAT 18446744073709551616\r\n", BEGUN " 421/4.5.4" },
	{ "a chunk with more words", BEGIN "BDAT 4 LAST x\r\n", BEGUN " 421/4.5.4" },
	{ "gone in a chunk", BEGIN "BDAT 10 LAST\r\nx", BEGUN " dropped" },
	{ "gone between chunks", BEGIN "BDAT 1\r\nx", BEGUN " 250/2.0.0" },
};

static const struct session parameters[] = {
	{ "all of MAIL",
	  "MAIL FROM:<a@x.org> size=10 BODY=7bit RET=hdrs ENVID=a+2Bb SMTPUTF8\r\n"
	  "RCPT TO:<b@y.org> NOTIFY=success,DELAY ORCPT=rfc822;b+40y.org\r\nDATA\r\n.\r\n",
	  "220 250/2.1.0 250/2.1.5 354 250/2.0.0"
	  " a@x.org>b@y.org[HDRS a+2Bb SUCCESS,DELAY]:|" },
	{ "RET=FULL, NEVER",
	  "MAIL FROM:<a@x.org> RET=full\r\nRCPT TO:<b@y.org> NOTIFY=never\r\nDATA\r\n.\r\n",
	  "220 250/2.1.0 250/2.1.5 354 250/2.0.0 a@x.org>b@y.org[FULL - NEVER]:|" },
	{ "recipients that differ",
	  "MAIL FROM:<>\r\nRCPT TO:<b@y.org> NOTIFY=SUCCESS\r\nRCPT TO:<c@y.org> NOTIFY=NEVER\r\n"
	  "RCPT TO:<d@y.org>\r\nDATA\r\n.\r\n",
	  "220 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 354 250/2.0.0"
	  " >b@y.org,c@y.org,d@y.org[- - SUCCESS,FAILURE]:|" },
	{ "unknown ones of MAIL",
	  "MAIL FROM:<a@x.org> FOO\r\nMAIL FROM:<a@x.org> FOO=1\r\nMAIL FROM:<a@x.org> AUTH=<>\r\n"
	  "MAIL FROM:<a@x.org> NOTIFY=NEVER\r\nMAIL FROM:<a@x.org> =\r\n",
	  "220 555/5.5.4 555/5.5.4 555/5.5.4 555/5.5.4 555/5.5.4" },
	{ "unknown ones of RCPT",
	  "MAIL FROM:<>\r\nRCPT TO:<b@y.org> FOO\r\nRCPT TO:<b@y.org> SIZE=1\r\nDATA\r\n",
	  "220 250/2.1.0 555/5.5.4 555/5.5.4 554/5.5.1" },
	{ "wrong SIZE",
	  "MAIL FROM:<> SIZE\r\nMAIL FROM:<> SIZE=\r\nMAIL FROM:<> SIZE=x\r\n"
	  "MAIL FROM:<> SIZE=-1\r\n"
	  "MAIL FROM:<> SIZE=99999999999999999999\r\nMAIL FROM:<> SIZE=1 SIZE=1\r\n",
	  "220 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4" },
	{ "wrong BODY, RET, SMTPUTF8",
	  "MAIL FROM:<> BODY\r\nMAIL FROM:<> BODY=BINARYMIME\r\nMAIL FROM:<> RET=\r\n"
	  "MAIL FROM:<> RET=off\r\nMAIL FROM:<> SMTPUTF8=1\r\n",
	  "220 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4" },
	{ "wrong ENVID",
	  "MAIL FROM:<> ENVID=\r\nMAIL FROM:<> ENVID=a+2\r\nMAIL FROM:<> ENVID=a=b\r\n"
	  "MAIL FROM:<> ENVID=\xc3\xbc\r\n",
	  "220 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4" },
	{ "wrong NOTIFY, ORCPT",
	  "MAIL FROM:<>\r\nRCPT TO:<b@y.org> NOTIFY=\r\nRCPT TO:<b@y.org> NOTIFY=NEVER,DELAY\r\n"
	  "RCPT TO:<b@y.org> NOTIFY=SUCCESS,\r\nRCPT TO:<b@y.org> NOTIFY=off\r\n"
	  "RCPT TO:<b@y.org> NOTIFY=DELAY NOTIFY=DELAY\r\nRCPT TO:<b@y.org> ORCPT\r\n"
	  "RCPT TO:<b@y.org> ORCPT=b@y.org\r\nRCPT TO:<b@y.org> ORCPT=rfc822;\r\n",
	  "220 250/2.1.0 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4"
	  " 501/5.5.4" },
};

static const struct session addresses[] = {
	{ "forms",
	  "MAIL FROM: <\"a b\"@x.org>  SIZE=1\r\nRCPT TO:b@y.org\r\n"
	  "RCPT TO: <@one.org,@two.org:c@y.org>\r\nRCPT TO:<\"a>b\"@y.org> \r\n"
	  "RCPT TO:<d@[192.0.2.1]>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n.\r\n",
	  "220 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 250/2.1.5 250/2.1.5 354 250/2.0.0"
	  " \"a b\"@x.org>b@y.org,c@y.org,\"a>b\"@y.org,d@[192.0.2.1],Postmaster:|" },
	{ "no paths",
	  "MAIL\r\nMAIL FROM\r\nMAIL <a@x.org>\r\nMAIL FROM:\r\nMAIL FROM:<a@x.org\r\n"
	  "MAIL FROM:<a@x.org>SIZE=1\r\nMAIL TO:<a@x.org>\r\n",
	  "220 501/5.5.4 501/5.5.4 501/5.5.4 501/5.1.7 501/5.1.7 501/5.1.7 501/5.5.4" },
	{ "no senders",
	  "MAIL FROM:<a@>\r\nMAIL FROM:<a@@x>\r\nMAIL FROM:<a b@x.org>\r\n"
	  "MAIL FROM:<a@x.org,b@x.org>\r\nMAIL FROM:a@x.org,b@x.org\r\n"
	  "MAIL FROM:<<a@x.org>>\r\nMAIL FROM:<\"a@x.org>\r\n",
	  "220 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7" },
	{ "no recipients",
	  "MAIL FROM:<>\r\nRCPT TO:<>\r\nRCPT TO:\r\nRCPT TO:<|cat>\r\n"
	  "RCPT TO:</tmp/x>\r\nRCPT TO:<\xff@y.org>\r\n",
	  "220 250/2.1.0 501/5.1.3 501/5.1.3 501/5.1.3 501/5.1.3 501/5.1.3" },
	{ "UTF-8 without SMTPUTF8",
	  "MAIL FROM:<\xc3\xbc@x.org>\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<\xc3\xbc@y.org>\r\n",
	  "220 553/5.6.7 250/2.1.0 553/5.6.7" },
	{ "control characters",
	  "MAIL FROM:<a\r@x.org>\r\nMAIL FROM:<a\x1b@x.org>\r\nMAIL FROM:<\"a\\\x7f\"@x.org>\r\n"
	  "MAIL FROM:<\"a\t\"@x.org>\r\nMAIL FROM:<a@x.org>\rRCPT TO:<b@y.org>\r\nNOOP\r\r\n"
	  "MAIL FROM:<> ENVID=a\x01\r\n",
	  "220 500/5.5.2 500/5.5.2 500/5.5.2 501/5.1.7 500/5.5.2 500/5.5.2 500/5.5.2" },
	{ "an LF in an address", "MAIL FROM:<a\n@x.org>\r\n", "220 501/5.1.7 500/5.5.1" },
};

/* AGpvZQBzZWNyZXQ= is NUL joe NUL secret; AGpvZQB3cm9uZw== has "wrong". */
static const struct session logins[] = {
	{ "PLAIN",
	  "AUTH PLAIN AGpvZQBzZWNyZXQ=\r\nMAIL FROM:<> AUTH=<>\r\nRSET\r\nAUTH LOGIN\r\n" QUIT,
	  "220 235/2.7.0 250/2.1.0 250/2.0.0 503/5.5.1 221/2.0.0 joe:secret" },
	{ "PLAIN, asked for", "auth plain\r\nAGpvZQBzZWNyZXQ=\r\nMAIL FROM:<>\r\n",
	  "220 334 235/2.7.0 250/2.1.0 joe:secret" },
	{ "PLAIN as oneself", "AUTH PLAIN am9lAGpvZQBzZWNyZXQ=\r\n",
	  "220 235/2.7.0 joe:secret" },
	{ "LOGIN", "AUTH LOGIN\r\nam9l\r\nc2VjcmV0\r\n",
	  "220 334 334 235/2.7.0 joe:secret" },
	{ "LOGIN with the user", "AUTH LOGIN am9l\r\nc2VjcmV0\r\n",
	  "220 334 235/2.7.0 joe:secret" },
	{ "no login", "EHLO me\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n",
	  "220 250 530/5.7.0 503/5.5.1" },
	{ "cancelled", "AUTH PLAIN\r\n*\r\nAUTH LOGIN\r\nam9l\r\n*\r\nMAIL FROM:<>\r\n",
	  "220 334 501/5.7.0 334 334 501/5.7.0 530/5.7.0" },
	{ "no base64", "AUTH PLAIN !\r\nAUTH LOGIN\r\nam9\r\n",
	  "220 501/5.5.2 334 501/5.5.2" },
	{ "mechanisms", "AUTH\r\nAUTH CRAM-MD5\r\nAUTH PLAINER x\r\n",
	  "220 501/5.5.4 504/5.5.4 504/5.5.4" },
	{ "gone in a login", "AUTH LOGIN\r\nam9l\r\n", "220 334 334" },
	{ "wrong password", "AUTH PLAIN AGpvZQB3cm9uZw==\r\nMAIL FROM:<>\r\n",
	  "220 535/5.7.8 530/5.7.0 joe:wrong" },
	{ "as somebody else, no user, no NUL",
	  "AUTH PLAIN YW5uAGpvZQBzZWNyZXQ=\r\nAUTH PLAIN =\r\nAUTH PLAIN am9l\r\nNOOP\r\n",
	  "220 535/5.7.8 535/5.7.8 421/4.7.0" },
};

static const struct serve_policy ordinary = {
	.host = "here.example.org",
	.recipient = take_recipient,
	.accept = take_mail,
};

/* In one piece, byte by byte, and in threes. */
static void
check_table(const struct session *sessions, size_t count)
{
	static const size_t pieces[] = { 0, 1, 3 };

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
			struct taker taker = { 0 };
			struct serve_policy policy = ordinary;

			policy.context = &taker;
			unit_same(sessions[i].name,
				  play(span_of(sessions[i].input), pieces[k], &policy),
				  sessions[i].want);
		}
	unit_done();
}

#define TABLE(name)                                                                      \
	static void test_##name(void **state)                                            \
	{                                                                                \
		(void)state;                                                             \
		check_table(name, sizeof(name) / sizeof(name[0]));                       \
	}

TABLE(whole)
TABLE(order)
TABLE(content)
TABLE(parameters)
TABLE(addresses)

static void
test_logins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		struct taker taker = { 0 };
		struct serve_policy policy = ordinary;
		struct buf got = { 0 };

		policy.context = &taker;
		policy.may_log_in = may_log_in;
		buf_add_string(&got, play(span_of(logins[i].input), 0, &policy));
		buf_add_span(&got, buf_span(&taker.asked));
		unit_same(logins[i].name, got.at, logins[i].want);
		buf_release(&got);
		buf_release(&taker.asked);
	}
	unit_done();
}

static void
test_faults(void **state)
{
	static const struct {
		enum fault fault;
		const char *reply, *want;
	} cases[] = {
		{ FAULT_TEMPORARY, "451 4.7.1 greylisted", "451/4.7.1" },
		{ FAULT_TEMPORARY, NULL, "451/4.0.0" },
		{ FAULT_REFUSED, "550 5.1.8 \x1b no", "554/5.1.8" },
		{ FAULT_REFUSED, "550 no", "554/5.0.0" },
		{ FAULT_TEMPORARY, "550 5.1.1 no", "451/4.0.0" },
		{ FAULT_NO_USER, NULL, "554/5.1.1" },
		{ FAULT_CONNECT, NULL, "451/4.4.1" },
		{ FAULT_TIMEOUT, NULL, "451/4.4.2" },
		{ FAULT_UNCERTAIN, NULL, "451/4.4.2" },
		{ FAULT_LOGIN, NULL, "554/5.7.0" },
		{ FAULT_CONFIG, NULL, "554/5.3.5" },
		{ FAULT_SYSTEM, NULL, "451/4.3.0" },
		{ FAULT_DATA, NULL, "554/5.6.0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct taker taker = { .fault = cases[i].fault, .reply = cases[i].reply };
		struct serve_policy policy = ordinary;
		char want[64];

		policy.context = &taker;
		snprintf(want, sizeof(want), BEGUN " 354 %s 503/5.5.1 221/2.0.0",
			 cases[i].want);
		unit_same(fault_word(cases[i].fault),
			  play(SPAN(BEGIN "DATA\r\n.\r\nDATA\r\n" QUIT), 0, &policy),
			  want);
	}
	unit_done();
}

/* ---- limits ---- */

static void
add_many(struct buf *out, const char *unit, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_string(out, unit);
}

static void
check_one(const char *name, struct buf *input, struct serve_policy policy,
	  const char *want)
{
	struct taker taker = { .counts = true };

	policy.context = &taker;
	unit_same(name, play(buf_span(input), 0, &policy), want);
	input->len = 0;
}

static long
memory_used(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
test_long_lines(void **state)
{
	struct buf input = { 0 };
	long before;

	(void)state;
	buf_add_string(&input, "NOOP ");
	add_many(&input, "a", 12288 - 5);
	add_many(&input, "\r\n" QUIT, 1);
	check_one("as long as may be", &input, ordinary, "220 250/2.0.0 221/2.0.0");
	buf_add_string(&input, "NOOP ");
	add_many(&input, "a", 12288 - 4);
	add_many(&input, "\r\n" QUIT, 1);
	check_one("one more", &input, ordinary, "220 500/5.5.2 221/2.0.0");
	add_many(&input, "0123456789abcdef", 2 * 1024 * 1024);
	buf_add_string(&input, "\r\n" QUIT);
	before = memory_used();
	check_one("32 MB", &input, ordinary, "220 500/5.5.2 221/2.0.0");
	assert_true(memory_used() - before < 16 * 1024);
	add_many(&input, "0123456789abcdef", 100 * 1024);
	check_one("without an end", &input, ordinary, "220");
	buf_release(&input);
	unit_done();
}

static void
test_many_recipients(void **state)
{
	struct buf input = { 0 }, want = { 0 };

	(void)state;
	buf_add_string(&input, "MAIL FROM:<>\r\n");
	buf_add_string(&want, "220 250/2.1.0");
	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&input, "RCPT TO:<u%u@y.org>\r\n", i % 9000);
	add_many(&want, " 250/2.1.5", 10000);
	buf_add_string(&input, "RCPT TO:<u0@y.org>\r\nRCPT TO:<u9999@y.org>\r\n" QUIT);
	buf_add_string(&want, " 452/4.5.3 452/4.5.3 221/2.0.0");
	check_one("too many", &input, ordinary, want.at);
	buf_release(&input);
	buf_release(&want);
	unit_done();
}

static void
test_size_limit(void **state)
{
	struct serve_policy limited = ordinary;
	struct buf input = { 0 };

	(void)state;
	limited.size_limit = 1000;
	buf_add_string(&input,
		       "MAIL FROM:<> SIZE=1000\r\nRSET\r\nMAIL FROM:<> SIZE=1001\r\n");
	check_one("declared", &input, limited, "220 250/2.1.0 250/2.0.0 552/5.3.4");
	buf_add_string(&input, BEGIN "DATA\r\n\r\n");
	add_many(&input, "0123456\r\n", 110);
	buf_add_string(&input, "1234\r\n\r\n.\r\n");
	check_one("just fits", &input, limited,
		  BEGUN " 354 250/2.0.0 a@x.org>b@y.org:998");
	buf_add_string(&input, BEGIN "DATA\r\n\r\n");
	add_many(&input, "0123456\r\n", 1000000);
	buf_add_string(&input, ".\r\nNOOP\r\n");
	check_one("too large", &input, limited, BEGUN " 354 552/5.3.4 250/2.0.0");
	buf_add_string(&input, BEGIN "BDAT 1000\r\n");
	add_many(&input, "x", 1000);
	buf_add_string(&input, "BDAT 1\r\nxBDAT 1\r\nxBDAT 1 LAST\r\nxMAIL FROM:<>\r\n");
	check_one("chunks too large", &input, limited,
		  BEGUN " 250/2.0.0 552/5.3.4 503/5.5.1 503/5.5.1 250/2.1.0");
	buf_release(&input);
	unit_done();
}

/* What no memory may hold goes through. */
static void
test_large_mail(void **state)
{
	struct buf input = { 0 };
	long before;

	(void)state;
	buf_add_string(&input, BEGIN "DATA\r\n\r\n");
	add_many(&input, "..0123456789abcdefghijklmnopqrstuvwxyz\r\n", 2 * 1024 * 1024);
	buf_add_string(&input, ".\r\n" QUIT);
	before = memory_used();
	check_one("80 MB", &input, ordinary, TAKEN "81788928");
	assert_true(memory_used() - before < 32 * 1024);
	buf_release(&input);
	unit_done();
}

/* A NUL can stand in no C string. */
static void
test_nuls(void **state)
{
	struct buf input = { 0 };
	struct taker taker = { 0 };
	struct serve_policy policy = ordinary;

	(void)state;
	policy.context = &taker;
	buf_add_span(
		&input,
		SPAN("MAIL FROM:<a\0@x.org>\r\nNOOP\0\r\n\0\r\nMAIL FROM:<a@x.org>\r\n"
		     "RCPT TO:<b@y.org>\r\nDATA\r\n\r\nx\0y\r\n\0.\r\n.\0\r\n.\r\n"));
	unit_same("NULs", play(buf_span(&input), 1, &policy),
		  "220 500/5.5.2 500/5.5.2 500/5.5.2 250/2.1.0 250/2.1.5 354 250/2.0.0"
		  " a@x.org>b@y.org:|x\\x00y/\\x00./\\x00/");
	buf_release(&input);
	unit_done();
}

/* ---- silence, and a client that does not listen ---- */

static void
check_silence(const char *name, const char *input, const char *want)
{
	struct taker taker = { 0 };
	struct serve_policy policy = ordinary;
	struct buf said = { 0 }, codes = { 0 };
	int ends[2];
	bool ok;

	policy.context = &taker;
	policy.timeout = 1;
	assert_int_equal(pipe(ends), 0);
	assert_true(write_all(ends[1], input, strlen(input)));
	serve_from(ends[0], &policy, &said, &ok);
	add_codes(&codes, buf_span(&said));
	buf_add_string(&codes, ok ? "" : " dropped");
	unit_same(name, codes.at, want);
	close(ends[0]);
	close(ends[1]);
	buf_release(&said);
	buf_release(&codes);
	buf_release(&taker.mails);
}

static void
test_silence(void **state)
{
	(void)state;
	check_silence("silence at once", "", "220 421/4.4.2");
	check_silence("silence in a command", "NOOP\r\nNOO", "220 250/2.0.0 421/4.4.2");
	check_silence("silence in the content", BEGIN "DATA\r\n\r\nx",
		      BEGUN " 354 421/4.4.2 dropped");
	check_silence("silence in a chunk", BEGIN "BDAT 2 LAST\r\nx",
		      BEGUN " 421/4.4.2 dropped");
	unit_done();
}

static void
test_deaf_client(void **state)
{
	struct taker taker = { 0 };
	struct serve_policy policy = ordinary;
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	int in[2], out[2];

	(void)state;
	policy.context = &taker;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	close(out[0]);
	assert_true(
		write_all(in[1], SPAN(BEGIN "DATA\r\n").at, strlen(BEGIN "DATA\r\n")));
	assert_true(serve(in[0], out[1], &policy, &err));
	assert_int_equal(taker.mails.len, 0);
	close(in[0]);
	close(in[1]);
	close(out[1]);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_large_mail),
		cmocka_unit_test(test_nuls),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_deaf_client),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
