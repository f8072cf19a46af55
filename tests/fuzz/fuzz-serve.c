/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a client says, the session ends, each line that it hears is a reply, what is
 * handed over is clean, and content ends where a simpler reading of the rules says.
 * Whatever does not hold ends the program. */
#include "base/file.h"
#include "smtp/intake.h"
#include "smtp/serve.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

/* ---- who takes the mails ---- */

static void
demand_clean(const char *address)
{
	demand(strlen(address) <= 1000);
	demand(!has_control(span_of(address)) && is_utf8(span_of(address)));
}

/* What cannot break out of MAIL FROM:<…>. */
static void
demand_closed(const char *address)
{
	bool quoted = false;

	for (const char *c = address; *c; c++) {
		if (quoted && *c == '\\')
			demand(*++c != '\0');
		else if (*c == '"')
			quoted = !quoted;
		else
			demand(quoted || !strchr("<> ,;()", *c));
	}
	demand(!quoted);
}

static bool
take_recipient(void *context, const char *address, struct error *err)
{
	(void)context;
	demand_clean(address);
	demand_closed(address);
	return address[0] != 'x' || fail(err, FAULT_TEMPORARY, "Not\r\nnow: %s", address);
}

static bool
take_mail(void *context, const struct envelope *envelope, struct message *message,
	  struct error *err)
{
	struct buf *mails = context;

	demand(envelope->count > 0);
	demand_clean(envelope->sender);
	demand_closed(envelope->sender);
	buf_printf(mails, "<%s>", envelope->sender);
	for (size_t i = 0; i < envelope->count; i++) {
		demand_clean(envelope->to[i]);
		demand_closed(envelope->to[i]);
		demand(envelope->to[i][0] != '\0');
		buf_printf(mails, "<%s>", envelope->to[i]);
	}
	if (envelope->options.envid)
		demand_clean(envelope->options.envid);
	demand(message->body.fd < 0);
	buf_add_span(mails, message->header);
	buf_add_string(mails, "\r\n");
	buf_add_span(mails, buf_span(&message->body.memory));
	return message->count != 1 || fail(err, FAULT_REFUSED, "No");
}

/* ---- one session ---- */

static void
demand_replies(struct span said)
{
	bool more = false;
	char code[3] = "";

	while (said.len) {
		size_t end = span_find(said, '\n');
		struct span line = span_part(said, 0, end);

		demand(end < said.len && end >= 5 && end <= 511 &&
		       line.at[end - 1] == '\r');
		line.len--;
		demand(!has_control(line) && is_ascii(line));
		demand(line.at[0] >= '2' && line.at[0] <= '5' && is_digit(line.at[1]) &&
		       is_digit(line.at[2]) && (line.at[3] == ' ' || line.at[3] == '-'));
		demand(!more || memcmp(code, line.at, 3) == 0);
		more = line.at[3] == '-';
		memcpy(code, line.at, 3);
		said = span_part(said, end + 1, said.len);
	}
	demand(!more);
}

/* What was said, and behind it the mails. */
static void
play(int in, struct buf *all)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct buf mails = { 0 };
	const struct serve_policy policy = {
		.host = "here.example.org",
		.size_limit = 4000,
		.timeout = 5,
		.recipient = take_recipient,
		.accept = take_mail,
		.context = &mails,
	};
	int out = memfd_create("output", MFD_CLOEXEC);

	demand(serve(in, out, &policy, &err) == (err.fault == FAULT_NONE));
	demand(lseek(out, 0, SEEK_SET) == 0 && read_to_end(out, SIZE_MAX, all));
	demand_replies(buf_span(all));
	buf_add_span(all, buf_span(&mails));
	buf_release(&mails);
	close(out);
	close(in);
	arena_release(&arena);
}

static int
whole(struct span input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	demand(fd >= 0 && write_all(fd, input.at, input.len));
	demand(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Packets keep their borders, so that each is one read. */
static int
in_packets(struct span input, size_t len)
{
	int pair[2];

	demand(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	while (input.len) {
		struct span packet = span_part(input, 0, len);

		demand(send(pair[1], packet.at, packet.len, MSG_DONTWAIT) ==
		       (ssize_t)packet.len);
		input = span_part(input, packet.len, input.len);
	}
	close(pair[1]);
	return pair[0];
}

static void
check_packets(struct span input, struct span want)
{
	static const size_t lengths[] = { 1, 2, 3, 7, 64 };
	enum { PACKETS_MAX = 100 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct buf got = { 0 };

		if (input.len > lengths[i] * PACKETS_MAX)
			continue;
		play(in_packets(input, lengths[i]), &got);
		demand(span_equal(buf_span(&got), want));
		buf_release(&got);
	}
}

/* ---- the end of the content ---- */

/* Where the line ends that begins at FROM; data.len when it does not. */
static size_t
line_end(struct span data, size_t from, bool lf_lines)
{
	for (size_t i = from; i < data.len; i++)
		if (data.at[i] == '\n' && (lf_lines || (i > 0 && data.at[i - 1] == '\r')))
			return i + 1;
	return data.len;
}

/* What a reader line by line makes of it. *USED is 0 when there is no final dot. */
static void
model(struct span data, bool lf_lines, struct buf *out, size_t *used)
{
	bool crlf = true;

	*used = 0;
	for (size_t at = 0, end; at < data.len; at = end) {
		struct span line;

		end = line_end(data, at, lf_lines);
		line = span_part(data, at, end - at);
		if ((lf_lines && span_equal(line, SPAN(".\n"))) ||
		    (crlf && span_equal(line, SPAN(".\r\n")))) {
			*used = end;
			return;
		}
		/* Not yet told from the final dot. */
		if (end == data.len && span_equal(line, SPAN(".\r")))
			return;
		crlf = line.len > 1 && line.at[line.len - 2] == '\r' &&
		       line.at[line.len - 1] == '\n';
		buf_add_span(out, span_part(line, line.at[0] == '.', line.len));
	}
}

static void
check_intake(struct span data, bool lf_lines)
{
	struct intake intake;
	struct buf want = { 0 };
	size_t want_used, used;
	bool ended;

	model(data, lf_lines, &want, &want_used);
	demand(intake_begin(&intake, 0, lf_lines));
	ended = intake_data(&intake, data, &used);
	demand(ended == (want_used > 0));
	demand(used == (ended ? want_used : data.len));
	demand(span_equal(buf_span(&intake.waiting), buf_span(&want)));
	intake_release(&intake);
	buf_release(&want);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { (const char *)data, size };
	struct buf all = { 0 };

	signal(SIGPIPE, SIG_IGN);
	play(whole(input), &all);
	check_packets(input, buf_span(&all));
	check_intake(input, false);
	check_intake(input, true);
	buf_release(&all);
	return 0;
}
