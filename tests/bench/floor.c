/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The least that a client on GnuTLS can do to submit a message: what a machine needs for it is
 * what all others are to be compared with, on a fast machine and on a slow one.
 *
 *     floor ADDRESS PORT NAME AUTHORITY TICKET TIMES USER PASSWORD RECIPIENT... < MESSAGE
 *
 * TICKET is a file, or "-". The message has LF and is not looked at: no header is read, and
 * whether the server knows CHUNKING is not asked. A small one is sent so many TIMES over one
 * connection. Without arguments it does nothing. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 65536, SMALL = 1 << 20 };

static gnutls_session_t session;
static int line;
static char *said;
static size_t said_len, said_room;

static void
stop(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

/* ---- out ---- */

static void
put(const char *at, size_t len)
{
	while (len) {
		ssize_t sent = gnutls_record_send(session, at, len);

		if (sent <= 0)
			stop("cannot send");
		at += sent;
		len -= (size_t)sent;
	}
}

static char *
room(size_t len)
{
	if (said_room - said_len < len) {
		said_room = 2 * (said_len + len);
		said = realloc(said, said_room);
		if (!said)
			stop("no memory");
	}
	return said + said_len;
}

static void
say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	said_len += (size_t)vsnprintf(room(1024), 1024, format, arguments);
	va_end(arguments);
}

static void
flush(void)
{
	put(said, said_len);
	said_len = 0;
}

/* ---- in ---- */

static int
byte(void)
{
	static char heard[BLOCK];
	static ssize_t at, len;
	const int on = 1;

	if (at == len) {
		setsockopt(line, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
		/* A ticket is no bytes. */
		do
			len = gnutls_record_recv(session, heard, sizeof(heard));
		while (len == GNUTLS_E_AGAIN);
		if (len <= 0)
			stop("the server is gone");
		at = 0;
	}
	return heard[at++];
}

/* Until its last line; it has to be a good one. */
static void
hear(void)
{
	char start[4];

	do {
		for (size_t i = 0; i < sizeof(start); i++)
			start[i] = (char)byte();
		while (byte() != '\n')
			;
	} while (start[3] == '-');
	if (start[0] != '2' && start[0] != '3')
		stop("a refusal");
}

/* ---- the session ---- */

static void
take_ticket(const char *path)
{
	char kept[16384];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = file < 0 ? 0 : read(file, kept, sizeof(kept));

	if (len > 0)
		gnutls_session_set_data(session, kept, (size_t)len);
	if (file >= 0)
		close(file);
}

static void
keep_ticket(const char *path)
{
	gnutls_datum_t data;
	int file;

	/* A server need not give one for the one that was used. */
	if (gnutls_session_get_data2(session, &data) < 0)
		return;
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (write(file, data.data, data.size) != (ssize_t)data.size)
		stop("the ticket cannot be kept");
	close(file);
}

static void
reach(char **given)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	gnutls_certificate_credentials_t trust;
	const int on = 1;

	to.sin_port = htons((in_port_t)atoi(given[2]));
	inet_pton(AF_INET, given[1], &to.sin_addr);
	line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(line, (const struct sockaddr *)&to, sizeof(to)) != 0)
		stop("cannot connect");
	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(session);
	gnutls_certificate_allocate_credentials(&trust);
	gnutls_certificate_set_x509_trust_file(trust, given[4], GNUTLS_X509_FMT_PEM);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust);
	gnutls_server_name_set(session, GNUTLS_NAME_DNS, given[3], strlen(given[3]));
	gnutls_session_set_verify_cert(session, given[3], 0);
	if (strcmp(given[5], "-") != 0)
		take_ticket(given[5]);
	gnutls_transport_set_int(session, line);
	if (gnutls_handshake(session) < 0)
		stop("no handshake");
}

static void
log_in(const char *user, const char *password)
{
	char plain[512];
	int len = snprintf(plain, sizeof(plain), "%c%s%c%s", 0, user, 0, password);
	gnutls_datum_t in = { (unsigned char *)plain, (unsigned)len }, out;

	hear();
	say("EHLO client.example\r\n");
	flush();
	hear();
	gnutls_base64_encode2(&in, &out);
	say("AUTH PLAIN %.*s\r\n", (int)out.size, (char *)out.data);
	flush();
	hear();
}

/* ---- the message ---- */

/* With CRLF, and the dots at line starts doubled when BOL is not NULL. */
static char *
convert(char *to, const char *at, size_t len, int *bol)
{
	const char *end = at + len, *lf;

	while (at < end) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (bol && *bol && *at == '.')
			*to++ = '.';
		memcpy(to, at, (size_t)((lf ? lf : end) - at));
		to += (lf ? lf : end) - at;
		if (bol)
			*bol = lf != NULL;
		if (!lf)
			break;
		*to++ = '\r';
		*to++ = '\n';
		at = lf + 1;
	}
	return to;
}

static void
address(char **given)
{
	say("MAIL FROM:<%s>\r\n", given[7]);
	for (given += 9; *given; given++)
		say("RCPT TO:<%s>\r\n", *given);
}

/* Each in one flight. */
static void
send_small(size_t size, int replies, char **given)
{
	static char raw[SMALL], ready[2 * SMALL];
	ssize_t len = read(STDIN_FILENO, raw, size);
	size_t all =
		len > 0 ? (size_t)(convert(ready, raw, (size_t)len, NULL) - ready) : 0;

	for (int left = atoi(given[6]); left > 0; left--) {
		address(given);
		say("BDAT %zu LAST\r\n", all);
		memcpy(room(all), ready, all);
		said_len += all;
		if (left == 1)
			say("QUIT\r\n");
		flush();
		for (int i = 0; i < replies; i++)
			hear();
	}
}

static void
send_large(int replies, char **given)
{
	static char raw[BLOCK], ready[2 * BLOCK];
	ssize_t len;
	int bol = 1;

	address(given);
	say("DATA\r\n");
	flush();
	for (int i = 0; i < replies; i++)
		hear();
	while ((len = read(STDIN_FILENO, raw, sizeof(raw))) > 0)
		put(ready, (size_t)(convert(ready, raw, (size_t)len, &bol) - ready));
	say(".\r\nQUIT\r\n");
	flush();
	hear();
}

int
main(int count, char **given)
{
	struct stat info;
	int recipients = count - 9;

	if (count == 1)
		return 0;
	if (recipients < 1 || fstat(STDIN_FILENO, &info) != 0)
		stop("what, and to whom?");
	reach(given);
	log_in(given[7], given[8]);
	/* MAIL, and BDAT or DATA. */
	if (info.st_size < SMALL)
		send_small((size_t)info.st_size, recipients + 2, given);
	else
		send_large(recipients + 2, given);
	if (strcmp(given[5], "-") != 0)
		keep_ticket(given[5]);
	return 0;
}
