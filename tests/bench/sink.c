/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A submission server that takes everything at once and keeps nothing, so that what is
 * measured is the client.
 *
 *     sink CERTIFICATE KEY LOG ADDRESS PLAIN-PORT TLS-PORT
 *
 * The plain port has STARTTLS. One thread for each connection. At its end a line goes to
 * LOG: tls, resumed, messages, recipients, octets, flights, steps. A flight is an answer
 * after which the client was waited for: together with the TCP and TLS handshakes these
 * are the round trips. A step is a handshake, or the first command behind a flight, and
 * when it had come, in µs since the connection. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, LINE = 8192, STACK = 262144, STEPS = 1024 };

struct client {
	int fd;
	bool secure, fresh;
	SSL *tls;
	long began;
	char steps[STEPS];
	size_t at, end, said;
	long messages, recipients, octets, flights;
	char in[ROOM], out[ROOM];
};

static SSL_CTX *context;
static int journal;

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
step(struct client *c, const char *what)
{
	size_t length = strlen(c->steps);

	if (length < STEPS - 64)
		snprintf(c->steps + length, STEPS - length, "%s%.*s@%ld",
			 length ? "," : "", (int)strcspn(what, " :=,"), what,
			 now() - c->began);
	c->fresh = false;
}

static bool
flush(struct client *c)
{
	size_t done = 0;

	while (done < c->said) {
		ssize_t n =
			c->tls ? SSL_write(c->tls, c->out + done, (int)(c->said - done))
			       : send(c->fd, c->out + done, c->said - done, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	c->said = 0;
	return true;
}

static void
say(struct client *c, const char *text)
{
	size_t length = strlen(text);

	if (c->said + length > ROOM && !flush(c))
		return;
	memcpy(c->out + c->said, text, length);
	c->said += length;
}

static bool
more_has_come(struct client *c)
{
	struct pollfd one = { .fd = c->fd, .events = POLLIN };

	return (c->tls && SSL_has_pending(c->tls)) || poll(&one, 1, 0) > 0;
}

/* Answers leave when nothing more is there to be read, as in any server that pipelines. */
static bool
fill(struct client *c)
{
	ssize_t n;

	if (c->said && !more_has_come(c)) {
		c->flights++;
		c->fresh = true;
		if (!flush(c))
			return false;
	}
	n = c->tls ? SSL_read(c->tls, c->in, ROOM) : recv(c->fd, c->in, ROOM, 0);
	c->at = 0;
	c->end = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* The next line without its end, cut to LINE - 1 octets. */
static bool
line(struct client *c, char *to)
{
	size_t length = 0;
	char *end = NULL;

	while (!end) {
		size_t span, kept;

		if (c->at == c->end && !fill(c))
			return false;
		end = memchr(c->in + c->at, '\n', c->end - c->at);
		span = end ? (size_t)(end - c->in) + 1 - c->at : c->end - c->at;
		kept = span < LINE - 1 - length ? span : LINE - 1 - length;
		memcpy(to + length, c->in + c->at, kept);
		length += kept;
		c->at += span;
	}
	while (length && (to[length - 1] == '\n' || to[length - 1] == '\r'))
		length--;
	to[length] = '\0';
	return true;
}

/* Up to and with the line that is a dot. */
static bool
take_data(struct client *c)
{
	static const char end[] = "\r\n.\r\n";
	size_t matched = 2;

	while (matched < sizeof(end) - 1) {
		char *found;

		if (c->at == c->end && !fill(c))
			return false;
		if (matched == 0) {
			found = memchr(c->in + c->at, '\r', c->end - c->at);
			c->octets +=
				found ? found - (c->in + c->at) : (long)(c->end - c->at);
			c->at = found ? (size_t)(found - c->in) : c->end;
			if (!found)
				continue;
		}
		if (c->in[c->at] == end[matched])
			matched++;
		else
			matched = c->in[c->at] == '\r';
		c->octets++;
		c->at++;
	}
	c->octets -= 3;
	return true;
}

static bool
take_chunk(struct client *c, long wanted)
{
	while (wanted > 0) {
		long here;

		if (c->at == c->end && !fill(c))
			return false;
		here = (long)(c->end - c->at) < wanted ? (long)(c->end - c->at) : wanted;
		c->at += (size_t)here;
		c->octets += here;
		wanted -= here;
	}
	return true;
}

static bool
take_content(struct client *c, const char *command)
{
	bool last = true;

	if (strncasecmp(command, "BDAT ", 5) == 0) {
		last = strcasestr(command, "LAST") != NULL;
		if (!take_chunk(c, strtol(command + 5, NULL, 10)))
			return false;
	} else {
		say(c, "354 go on\r\n");
		if (!take_data(c))
			return false;
	}
	if (c->fresh)
		step(c, "content");
	c->messages += last;
	say(c, last ? "250 2.0.0 taken\r\n" : "250 2.0.0 next chunk\r\n");
	return true;
}

/* Any login will do; LOGIN asks twice. */
static bool
take_login(struct client *c, const char *command)
{
	char answer[LINE];

	if (strncasecmp(command + 5, "LOGIN", 5) == 0) {
		say(c, "334 VXNlcm5hbWU6\r\n");
		if (!line(c, answer))
			return false;
		say(c, "334 UGFzc3dvcmQ6\r\n");
		if (!line(c, answer))
			return false;
	} else if (strchr(command + 5, ' ') == NULL) {
		say(c, "334 \r\n");
		if (!line(c, answer))
			return false;
	}
	say(c, "235 2.7.0 welcome\r\n");
	return true;
}

static bool
handshake(struct client *c)
{
	c->tls = SSL_new(context);
	c->at = c->end = 0;
	if (!c->tls || SSL_set_fd(c->tls, c->fd) != 1 || SSL_accept(c->tls) != 1)
		return false;
	step(c, "TLS");
	return true;
}

static bool
start_tls(struct client *c)
{
	say(c, "220 2.0.0 go on\r\n");
	c->flights++;
	c->fresh = true;
	return flush(c) && handshake(c);
}

static bool
obey(struct client *c, const char *command)
{
	if (strncasecmp(command, "EHLO", 4) == 0) {
		say(c, c->tls ? "250-sink\r\n" : "250-sink\r\n250-STARTTLS\r\n");
		say(c,
		    "250-PIPELINING\r\n250-SIZE 4294967296\r\n"
		    "250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n"
		    "250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n");
	} else if (strcasecmp(command, "STARTTLS") == 0 && !c->tls) {
		return start_tls(c);
	} else if (strncasecmp(command, "AUTH ", 5) == 0) {
		return take_login(c, command);
	} else if (strncasecmp(command, "RCPT", 4) == 0) {
		c->recipients++;
		say(c, "250 2.1.5 ok\r\n");
	} else if (strncasecmp(command, "BDAT ", 5) == 0 ||
		   strcasecmp(command, "DATA") == 0) {
		return take_content(c, command);
	} else if (strcasecmp(command, "QUIT") == 0) {
		say(c, "221 2.0.0 bye\r\n");
		c->flights++;
		flush(c);
		return false;
	} else {
		say(c, "250 2.0.0 ok\r\n");
	}
	return true;
}

static void
note(const struct client *c)
{
	dprintf(journal,
		"connection tls=%s resumed=%d messages=%ld recipients=%ld octets=%ld "
		"flights=%ld steps=%s\n",
		c->tls ? SSL_get_version(c->tls) : "none",
		c->tls ? SSL_session_reused(c->tls) : 0, c->messages, c->recipients,
		c->octets, c->flights, c->steps);
}

static void *
serve(void *argument)
{
	struct client *c = argument;
	char command[LINE];

	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	c->began = now();
	if (!c->secure || handshake(c)) {
		say(c, "220 sink ESMTP\r\n");
		while (line(c, command)) {
			if (c->fresh)
				step(c, command);
			if (!obey(c, command))
				break;
		}
	}
	step(c, "end");
	note(c);
	SSL_free(c->tls);
	close(c->fd);
	free(c);
	return NULL;
}

static int
listen_on(const char *address, const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_port = htons((unsigned short)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (inet_pton(AF_INET, address, &here.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(fd, 1024) != 0) {
		perror(port);
		exit(1);
	}
	return fd;
}

static void
welcome(int listening, bool secure, const pthread_attr_t *kind)
{
	struct client *c = calloc(1, sizeof(*c));
	pthread_t thread;

	if (!c)
		exit(1);
	c->fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	c->secure = secure;
	if (c->fd < 0 || pthread_create(&thread, kind, serve, c) != 0) {
		close(c->fd);
		free(c);
	}
}

int
main(int argc, char **argv)
{
	pthread_attr_t kind;
	struct pollfd doors[2];

	if (argc != 7)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	context = SSL_CTX_new(TLS_server_method());
	journal = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (!context || journal < 0 ||
	    SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1)
		return 1;
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"sink", 4);
	for (int i = 0; i < 2; i++)
		doors[i] = (struct pollfd){ .fd = listen_on(argv[4], argv[5 + i]),
					    .events = POLLIN };
	pthread_attr_init(&kind);
	pthread_attr_setdetachstate(&kind, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&kind, STACK);
	for (;;) {
		poll(doors, 2, -1);
		for (int i = 0; i < 2; i++)
			if (doors[i].revents & POLLIN)
				welcome(doors[i].fd, i == 1, &kind);
	}
}
