/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A submission server for tests whose logins are libgsasl's, -PLUS ones included,
 * inside GnuTLS. */

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gsasl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 *   scram-server CERTIFICATE KEY MECHANISMS [PRIORITIES [OCSP-RESPONSE]]
 *
 * Listens on a free port of 127.0.0.1, TLS from the start, and says on standard output `port N`,
 * then for each connection `tls VERSION`, each line that it hears as `C: LINE` (a message's content
 * is one line `content N`), and each SASL step of a client, decoded, as `sasl STEP`. MECHANISMS is
 * what EHLO offers. One user: alice@test.example, password secret. Serves until it is killed. */
#define USER "alice@test.example"
#define PASSWORD "secret"
#define LINE_LIMIT 16384

struct session {
	gnutls_session_t tls;
	char line[LINE_LIMIT];
	char buffer[LINE_LIMIT];
	size_t at, end;
	bool logged_in;
};

static gnutls_certificate_credentials_t credentials;
static const char *mechanisms;
static const char *priorities = "NORMAL";

__attribute__((format(printf, 1, 2))) static void
tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

__attribute__((format(printf, 2, 3))) static bool
say(struct session *session, const char *format, ...)
{
	char text[LINE_LIMIT];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text) - 2, format, args);
	va_end(args);
	if (size < 0 || (size_t)size > sizeof(text) - 3)
		return false;
	text[size] = '\r';
	text[size + 1] = '\n';
	return gnutls_record_send(session->tls, text, (size_t)size + 2) == size + 2;
}

static int
next_byte(struct session *session)
{
	if (session->at == session->end) {
		ssize_t got;

		do
			got = gnutls_record_recv(session->tls, session->buffer,
						 LINE_LIMIT);
		while (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN);
		if (got <= 0)
			return EOF;
		session->at = 0;
		session->end = (size_t)got;
	}
	return (unsigned char)session->buffer[session->at++];
}

/* Reads one line, without its CRLF; false at the end of the connection. */
static bool
hear(struct session *session)
{
	size_t size = 0;
	int byte;

	while ((byte = next_byte(session)) != '\n') {
		if (byte == EOF)
			return false;
		if (size < LINE_LIMIT - 1)
			session->line[size++] = (char)byte;
	}
	session->line[size] = '\0';
	session->line[strcspn(session->line, "\r")] = '\0';
	return true;
}

static bool
hear_command(struct session *session)
{
	if (!hear(session))
		return false;
	tell("C: %s", session->line);
	return true;
}

/* libgsasl wants the binding in base64; the property stays unset when this TLS has
 * none. */
static int
give_binding(Gsasl_session *sasl, Gsasl_property property)
{
	const struct session *session = gsasl_session_hook_get(sasl);
	gnutls_datum_t binding;
	char *text;
	size_t size;
	int rc;

	if (gnutls_session_channel_binding(session->tls,
					   property == GSASL_CB_TLS_EXPORTER
						   ? GNUTLS_CB_TLS_EXPORTER
						   : GNUTLS_CB_TLS_UNIQUE,
					   &binding) < 0)
		return GSASL_NO_CALLBACK;
	rc = gsasl_base64_to((const char *)binding.data, binding.size, &text, &size);
	gnutls_free(binding.data);
	if (rc != GSASL_OK)
		return rc;
	rc = gsasl_property_set(sasl, property, text);
	gsasl_free(text);
	return rc;
}

static int
check_simple(Gsasl_session *sasl)
{
	const char *user = gsasl_property_fast(sasl, GSASL_AUTHID);
	const char *password = gsasl_property_fast(sasl, GSASL_PASSWORD);

	return user != NULL && password != NULL && strcmp(user, USER) == 0 &&
			       strcmp(password, PASSWORD) == 0
		       ? GSASL_OK
		       : GSASL_AUTHENTICATION_ERROR;
}

/* The certificate is the identity; who asks for another one by name is refused. */
static int
check_external(Gsasl_session *sasl)
{
	const struct session *session = gsasl_session_hook_get(sasl);
	const char *wanted = gsasl_property_fast(sasl, GSASL_AUTHZID);
	unsigned int count = 0;

	if (gnutls_certificate_get_peers(session->tls, &count) == NULL || count == 0)
		return GSASL_AUTHENTICATION_ERROR;
	return wanted == NULL || *wanted == '\0' ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

static bool
is_plus(const char *mechanism)
{
	size_t size = strlen(mechanism);

	return size > 5 && strcmp(mechanism + size - 5, "-PLUS") == 0;
}

static bool
is_offered(const char *mechanism)
{
	char offered[1024], wanted[1024];

	snprintf(offered, sizeof(offered), " %s ", mechanisms);
	snprintf(wanted, sizeof(wanted), " %s ", mechanism);
	return strstr(offered, wanted) != NULL;
}

static int
answer(Gsasl *context, Gsasl_session *sasl, Gsasl_property property)
{
	(void)context;
	switch ((int)property) {
	case GSASL_PASSWORD:
		return gsasl_property_set(sasl, property, PASSWORD);
	case GSASL_SCRAM_ITER:
		return gsasl_property_set(sasl, property, "4096");
	case GSASL_CB_TLS_EXPORTER:
	case GSASL_CB_TLS_UNIQUE:
		return is_plus(gsasl_mechanism_name(sasl)) ? give_binding(sasl, property)
							   : GSASL_NO_CALLBACK;
	case GSASL_VALIDATE_SIMPLE:
		return check_simple(sasl);
	case GSASL_VALIDATE_EXTERNAL:
		return check_external(sasl);
	default:
		return GSASL_NO_CALLBACK;
	}
}

static void
tell_step(const char *text)
{
	char *raw;
	size_t size;

	if (gsasl_base64_from(text, strlen(text), &raw, &size) != GSASL_OK)
		return;
	for (size_t i = 0; i < size; i++)
		if (raw[i] == '\0')
			raw[i] = '|';
	tell("sasl %.*s", (int)size, raw);
	gsasl_free(raw);
}

/*
 * Steps until libgsasl is content or not. `initial` is the initial response or NULL; RFC 4954 has
 * an empty one sent as "=". Returns GSASL_OK, an error, or -1 when the connection ended. */
static int
exchange(struct session *session, Gsasl_session *sasl, const char *initial)
{
	const char *input = initial != NULL && strcmp(initial, "=") == 0 ? "" : initial;
	char *output = NULL;
	int rc = GSASL_NEEDS_MORE;

	if (input == NULL) {
		if (!say(session, "334 ") || !hear_command(session))
			return -1;
		input = session->line;
	}
	do {
		bool more;

		tell_step(input);
		rc = gsasl_step64(sasl, input, &output);
		if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
			return rc;
		more = rc == GSASL_NEEDS_MORE || (output != NULL && *output != '\0');
		if (more && (!say(session, "334 %s", output) || !hear_command(session)))
			rc = -1;
		gsasl_free(output);
		output = NULL;
		input = session->line;
	} while (rc == GSASL_NEEDS_MORE);
	return rc;
}

static bool
login(struct session *session, Gsasl *context, char *arguments)
{
	char *initial = strchr(arguments, ' ');
	Gsasl_session *sasl;
	int rc;

	if (initial != NULL)
		*initial++ = '\0';
	if (!is_offered(arguments) ||
	    gsasl_server_start(context, arguments, &sasl) != GSASL_OK)
		return say(session, "504 5.5.4 %s is not offered", arguments);
	gsasl_session_hook_set(sasl, session);
	rc = exchange(session, sasl, initial);
	gsasl_finish(sasl);
	if (rc == GSASL_OK) {
		session->logged_in = true;
		return say(session, "235 2.7.0 welcome");
	}
	return rc != -1 && say(session, "535 5.7.8 %s", gsasl_strerror(rc));
}

static bool
take_content(struct session *session)
{
	size_t size = 0;

	if (!say(session, "354 go on"))
		return false;
	while (hear(session) && strcmp(session->line, ".") != 0)
		size += strlen(session->line) + 2;
	tell("content %zu", size);
	return say(session, "250 2.0.0 kept");
}

static bool
obey(struct session *session, Gsasl *context)
{
	char *line = session->line;

	if (strncasecmp(line, "EHLO ", 5) == 0)
		return say(session,
			   "250-scram.test.example\r\n250-8BITMIME\r\n250 AUTH %s",
			   mechanisms);
	if (strncasecmp(line, "AUTH ", 5) == 0)
		return login(session, context, line + 5);
	if (strncasecmp(line, "QUIT", 4) == 0)
		return say(session, "221 2.0.0 bye") && false;
	if (strncasecmp(line, "RSET", 4) == 0)
		return say(session, "250 2.0.0 ok");
	if (!session->logged_in)
		return say(session, "530 5.7.0 log in first");
	if (strncasecmp(line, "DATA", 4) == 0)
		return take_content(session);
	return say(session, "250 2.0.0 ok");
}

/* By hand, as GnuTLS would refuse to load a response that says "revoked". */
static int
staple(gnutls_session_t session, void *path, gnutls_datum_t *response)
{
	(void)session;
	return gnutls_load_file(path, response);
}

static void
serve(int socket, Gsasl *context)
{
	struct session session = { 0 };
	int rc;

	gnutls_init(&session.tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(session.tls, priorities, NULL);
	gnutls_credentials_set(session.tls, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_certificate_server_set_request(session.tls, GNUTLS_CERT_REQUEST);
	gnutls_transport_set_int(session.tls, socket);
	do
		rc = gnutls_handshake(session.tls);
	while (rc < 0 && gnutls_error_is_fatal(rc) == 0);
	if (rc < 0) {
		tell("handshake failed");
	} else {
		tell("tls %s",
		     gnutls_protocol_get_name(gnutls_protocol_get_version(session.tls)));
		if (say(&session, "220 scram.test.example ESMTP"))
			while (hear_command(&session) && obey(&session, context))
				;
		gnutls_bye(session.tls, GNUTLS_SHUT_WR);
	}
	gnutls_deinit(session.tls);
	tell("end");
}

static int
listen_somewhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener == -1 || bind(listener, (struct sockaddr *)&address, size) == -1 ||
	    listen(listener, 16) == -1 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) == -1) {
		perror("scram-server: cannot listen on 127.0.0.1");
		exit(71);
	}
	tell("port %d", ntohs(address.sin_port));
	return listener;
}

int
main(int argc, char **argv)
{
	Gsasl *context;
	int listener, connection;

	if (argc < 4 || argc > 6) {
		fputs("usage: scram-server CERTIFICATE KEY MECHANISMS"
		      " [PRIORITIES [OCSP-RESPONSE]]\n",
		      stderr);
		return 64;
	}
	mechanisms = argv[3];
	if (argc > 4)
		priorities = argv[4];
	gnutls_certificate_allocate_credentials(&credentials);
	if (gnutls_certificate_set_x509_key_file(credentials, argv[1], argv[2],
						 GNUTLS_X509_FMT_PEM) < 0 ||
	    gsasl_init(&context) != GSASL_OK) {
		fputs("scram-server: cannot set up TLS and SASL\n", stderr);
		return 78;
	}
	if (argc > 5)
		gnutls_certificate_set_ocsp_status_request_function(credentials, staple,
								    argv[5]);
	gsasl_callback_set(context, answer);
	listener = listen_somewhere();
	while ((connection = accept(listener, NULL, NULL)) != -1) {
		serve(connection, context);
		close(connection);
	}
	return 0;
}
