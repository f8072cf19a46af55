/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS from the client's side, against servers in a thread that can be as odd as GnuTLS
 * allows. */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST "mail.example.org"
#define PIN "482910"

/* ---- certificates ----------------------------------------------------------------------- */

static char folder[] = "/tmp/test-tls.XXXXXX";

struct pair {
	gnutls_x509_crt_t certificate;
	gnutls_x509_privkey_t key;
};

static struct pair ca, server_pair, client_pair;

static char *
path_of(const char *name)
{
	static char paths[8][64];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, const gnutls_datum_t *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write_all(fd, (const char *)text->data, text->size));
	close(fd);
}

static void
make_pair(struct pair *pair, const char *name, const char *host,
	  const struct pair *issuer)
{
	gnutls_x509_crt_t crt;
	unsigned char serial = (unsigned char)name[0];

	gnutls_x509_privkey_init(&pair->key);
	gnutls_x509_privkey_generate(pair->key, GNUTLS_PK_ECDSA,
				     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&pair->certificate);
	crt = pair->certificate;
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	gnutls_x509_crt_set_key(crt, pair->key);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
				      (unsigned)strlen(name));
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 86400);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400);
	gnutls_x509_crt_set_basic_constraints(crt, issuer == pair, -1);
	if (host)
		gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, host,
						     (unsigned)strlen(host),
						     GNUTLS_FSAN_SET);
	assert_int_equal(gnutls_x509_crt_sign2(crt, issuer->certificate, issuer->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
}

static void
write_pair(const struct pair *pair, const char *crt_name, const char *key_name)
{
	gnutls_datum_t text;

	gnutls_x509_crt_export2(pair->certificate, GNUTLS_X509_FMT_PEM, &text);
	write_file(crt_name, &text);
	gnutls_free(text.data);
	gnutls_x509_privkey_export2(pair->key, GNUTLS_X509_FMT_PEM, &text);
	write_file(key_name, &text);
	gnutls_free(text.data);
}

static int
make_files(void **state)
{
	gnutls_datum_t text;

	(void)state;
	assert_non_null(mkdtemp(folder));
	make_pair(&ca, "Authority", NULL, &ca);
	make_pair(&server_pair, "Server", HOST, &ca);
	make_pair(&client_pair, "Client", NULL, &ca);
	write_pair(&ca, "ca.pem", "ca.key");
	write_pair(&client_pair, "client.pem", "client.key");
	gnutls_x509_privkey_export2_pkcs8(client_pair.key, GNUTLS_X509_FMT_PEM, PIN,
					  GNUTLS_PKCS_PBES2_AES_256, &text);
	write_file("locked.key", &text);
	gnutls_free(text.data);
	return 0;
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

static int
remove_files(void **state)
{
	(void)state;
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	gnutls_x509_crt_deinit(ca.certificate);
	gnutls_x509_crt_deinit(server_pair.certificate);
	gnutls_x509_crt_deinit(client_pair.certificate);
	gnutls_x509_privkey_deinit(ca.key);
	gnutls_x509_privkey_deinit(server_pair.key);
	gnutls_x509_privkey_deinit(client_pair.key);
	return 0;
}

/* ---- a server --------------------------------------------------------------------------- */

struct server {
	int fd;
	const char *priorities; /* NULL: NORMAL */
	void (*before)(
		struct server *server); /* raw bytes instead of, or before, a handshake */
	void (*after)(struct server *server); /* when the handshake is over */
	bool no_handshake;
	bool wants_client;
	const gnutls_datum_t *ticket_key; /* NULL: no tickets */
	bool resumed;
	gnutls_session_t session;
	int result; /* of the handshake */
	struct buf heard;
	char name[300]; /* SNI */
	bool client_shown;
	pthread_t thread;
};

static int
shake(struct server *server)
{
	int result;

	do
		result = gnutls_handshake(server->session);
	while (result < 0 && !gnutls_error_is_fatal(result));
	return result;
}

static void
note_client(struct server *server)
{
	size_t len = sizeof(server->name);
	unsigned type, count = 0;

	server->resumed = gnutls_session_is_resumed(server->session) != 0;
	gnutls_server_name_get(server->session, server->name, &len, &type, 0);
	server->client_shown =
		gnutls_certificate_get_peers(server->session, &count) != NULL;
}

static void
serve_tls(struct server *server)
{
	gnutls_certificate_credentials_t credentials;

	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_certificate_set_x509_key(credentials, &server_pair.certificate, 1,
					server_pair.key);
	gnutls_certificate_set_x509_trust(credentials, &ca.certificate, 1);
	gnutls_init(&server->session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(server->session,
				   server->priorities ? server->priorities : "NORMAL",
				   NULL);
	gnutls_credentials_set(server->session, GNUTLS_CRD_CERTIFICATE, credentials);
	if (server->wants_client) {
		gnutls_certificate_server_set_request(server->session,
						      GNUTLS_CERT_REQUIRE);
		gnutls_session_set_verify_cert(server->session, NULL, 0);
	}
	if (server->ticket_key)
		gnutls_session_ticket_enable_server(server->session, server->ticket_key);
	gnutls_transport_set_int(server->session, server->fd);
	if (server->before)
		server->before(server);
	server->result = shake(server);
	if (server->result == 0) {
		note_client(server);
		if (server->after)
			server->after(server);
	} else {
		gnutls_alert_send_appropriate(server->session, server->result);
	}
	gnutls_deinit(server->session);
	gnutls_certificate_free_credentials(credentials);
}

static void *
serve(void *argument)
{
	struct server *server = argument;
	char rest[256];

	if (server->no_handshake)
		server->before(server);
	else
		serve_tls(server);
	/* Closing with unread bytes would be a reset, which is a case of its own. */
	shutdown(server->fd, SHUT_WR);
	while (recv(server->fd, rest, sizeof(rest), 0) > 0)
		;
	close(server->fd);
	return NULL;
}

/* ---- frame ------------------------------------------------------------------------------ */

struct frame {
	struct arena arena;
	struct error err;
	struct server server;
	struct tls_policy policy;
	struct tls_peer peer;
	struct tls *tls;
	unsigned asked; /* for the PIN */
	const char *pin;
};

static int
set_up(void **state)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	frame->err.arena = &frame->arena;
	frame->peer = (struct tls_peer){ .fd = -1, .host = HOST };
	frame->policy = (struct tls_policy){ .on = true, .check = true };
	frame->policy.trust_file = path_of("ca.pem");
	*state = frame;
	return 0;
}

static int
tear_down(void **state)
{
	struct frame *frame = *state;

	tls_end(&frame->tls);
	close_file(&frame->peer.fd);
	buf_release(&frame->server.heard);
	arena_release(&frame->arena);
	free(frame);
	return 0;
}

static const char *
give_pin(void *context)
{
	struct frame *frame = context;

	frame->asked++;
	return frame->pin;
}

static bool
start(struct frame *frame, unsigned seconds)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	frame->peer.fd = ends[0];
	frame->server.fd = ends[1];
	assert_int_equal(fcntl(frame->peer.fd, F_SETFL, O_NONBLOCK), 0);
	frame->peer.deadline = deadline_in(seconds);
	if (frame->pin) {
		frame->peer.pin = give_pin;
		frame->peer.pin_context = frame;
	}
	assert_int_equal(
		pthread_create(&frame->server.thread, NULL, serve, &frame->server), 0);
	return tls_start(&frame->policy, &frame->peer, &frame->tls, &frame->err);
}

/* Ends the connection and the server, whose notes can be read then. */
static void
finish(struct frame *frame)
{
	tls_end(&frame->tls);
	close_file(&frame->peer.fd);
	pthread_join(frame->server.thread, NULL);
}

static void
assert_started(struct frame *frame)
{
	if (!start(frame, 30))
		fail_msg("got the error: %s", frame->err.what);
	assert_non_null(frame->tls);
	assert_int_equal(frame->err.fault, FAULT_NONE);
}

static void
assert_not_started(struct frame *frame, unsigned seconds, enum fault fault,
		   const char *words)
{
	bool good = start(frame, seconds);

	finish(frame);
	if (good)
		fail_msg("got a connection, want %s", fault_word(fault));
	assert_null(frame->tls);
	if (frame->err.fault != fault || !strstr(frame->err.what, words))
		fail_msg("got %s: %s, want %s: …%s…", fault_word(frame->err.fault),
			 frame->err.what, fault_word(fault), words);
}

static void
await(const struct frame *frame, enum tls_result result)
{
	struct pollfd one = { .fd = frame->peer.fd,
			      .events = result == TLS_WANT_WRITE ? POLLOUT : POLLIN };

	if (poll(&one, 1, 30000) <= 0)
		fail_msg("got nothing in 30 seconds");
}

static enum tls_result
read_some(struct frame *frame, char *at, size_t len, size_t *got)
{
	for (;;) {
		enum tls_result result = tls_read(frame->tls, at, len, got);

		if (result != TLS_WANT_READ && result != TLS_WANT_WRITE)
			return result;
		await(frame, result);
	}
}

static void
assert_read(struct frame *frame, const char *want)
{
	struct buf all = { 0 };
	size_t len = strlen(want);

	while (all.len < len) {
		size_t got;

		assert_int_equal(read_some(frame, buf_reserve(&all, len), len, &got),
				 TLS_DONE);
		all.len += got;
	}
	assert_int_equal(all.len, len);
	assert_memory_equal(all.at, want, len);
	buf_release(&all);
}

/* ---- handshakes that work --------------------------------------------------------------- */

static void
say_hello(struct server *server)
{
	gnutls_record_send(server->session, "220 hello\r\n", 11);
}

/* Hears until the client says goodbye. */
static void
listen_on(struct server *server)
{
	char piece[4096];
	ssize_t got;

	/* Messages that carry no data come as "again", although the socket blocks. */
	do {
		got = gnutls_record_recv(server->session, piece, sizeof(piece));
		if (got > 0)
			buf_add(&server->heard, piece, (size_t)got);
	} while (got > 0 || got == GNUTLS_E_AGAIN);
	server->result = (int)got;
}

static void
hello_and_listen(struct server *server)
{
	say_hello(server);
	listen_on(server);
}

static void
test_versions(void **state)
{
	static const struct {
		const char *priorities, *least, *want;
	} cases[] = {
		{ "NORMAL", NULL, "TLS1.3, " },
		{ "NORMAL", "1.3", "TLS1.3, " },
		{ "NORMAL:-VERS-TLS1.3", NULL, "TLS1.2, " },
		{ "NORMAL:-VERS-TLS1.3", "1.2", "TLS1.2, " },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		frame->server = (struct server){ .priorities = cases[i].priorities,
						 .after = hello_and_listen };
		frame->policy.min_version = cases[i].least;
		assert_started(frame);
		assert_true(tls_is_verified(frame->tls));
		assert_memory_equal(tls_description(frame->tls), cases[i].want, 8);
		assert_null(strpbrk(tls_description(frame->tls), "()"));
		assert_string_equal(tls_problem(frame->tls), "");
		assert_read(frame, "220 hello\r\n");
		finish(frame);
		/* The goodbye was heard, and nothing else. */
		assert_int_equal(frame->server.result, 0);
		assert_int_equal(frame->server.heard.len, 0);
		assert_string_equal(frame->server.name, HOST);
		assert_false(frame->server.client_shown);
	}
}

static void
test_old_versions(void **state)
{
	struct frame *frame = *state;

	frame->server.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1";
	assert_not_started(frame, 30, FAULT_PROTOCOL, "TLS 1.2 or newer");
	error_clear(&frame->err);
	frame->server.priorities = "NORMAL:-VERS-TLS1.3";
	frame->policy.min_version = "1.3";
	assert_not_started(frame, 30, FAULT_PROTOCOL, "TLS 1.3 or newer");
	error_clear(&frame->err);
	frame->policy.priorities = "NORMAL";
	assert_not_started(frame, 30, FAULT_PROTOCOL, "TLS 1.3 or newer");
}

static void
test_names(void **state)
{
	static const struct {
		const char *host, *override, *sni;
		bool good;
	} cases[] = {
		{ HOST ".", NULL, HOST, true },
		{ "MAIL.example.org", NULL, "MAIL.example.org", true },
		{ "10.0.0.1", HOST, HOST, true },
		{ HOST, "other.example", "other.example", false },
		{ "10.0.0.1", NULL, "", false },
		{ "::1", NULL, "", false },
		{ "fe80::1%lo", NULL, "", false },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error_clear(&frame->err);
		frame->peer.host = cases[i].host;
		/* Once to see what is judged, once to see what is said. */
		frame->policy.host_override = cases[i].override;
		frame->policy.check = true;
		if (cases[i].good) {
			assert_started(frame);
			finish(frame);
		} else {
			assert_not_started(frame, 30, FAULT_TRUST, HOST);
			error_clear(&frame->err);
		}
		frame->policy.check = false;
		assert_started(frame);
		assert_false(tls_is_verified(frame->tls));
		finish(frame);
		assert_string_equal(frame->server.name, cases[i].sni);
		frame->server.name[0] = '\0';
	}
}

static void
test_no_name(void **state)
{
	struct frame *frame = *state;
	char name[300];

	frame->peer.host = ".";
	assert_not_started(frame, 30, FAULT_CONFIG, "No server name");
	error_clear(&frame->err);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	frame->peer.host = name;
	assert_not_started(frame, 30, FAULT_CONFIG, "too long");
}

static void
test_fingerprint(void **state)
{
	struct frame *frame = *state;
	struct tls_certificate certificate;

	assert_started(frame);
	assert_true(tls_certificate(frame->tls, &frame->arena, &certificate));
	finish(frame);
	assert_string_equal(certificate.subject, "CN=Server");
	assert_string_equal(certificate.issuer, "CN=Authority");
	assert_int_equal(strlen(certificate.sha256), 95);
	assert_int_equal(strlen(certificate.sha1), 59);
	assert_true(certificate.activation < time(NULL));
	assert_true(certificate.expiration > time(NULL));
	frame->policy.trust_file = NULL;
	frame->policy.fingerprint = certificate.sha256;
	assert_started(frame);
	assert_false(tls_is_verified(frame->tls));
	finish(frame);
	frame->policy.fingerprint = certificate.sha1;
	assert_started(frame);
	finish(frame);
}

static void
warn_first(struct server *server)
{
	gnutls_alert_send(server->session, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME);
}

static void
test_warning_is_ignored(void **state)
{
	struct frame *frame = *state;

	frame->server.before = warn_first;
	frame->server.priorities = "NORMAL:-VERS-TLS1.3";
	assert_started(frame);
	finish(frame);
}

/* ---- handshakes that do not ------------------------------------------------------------- */

static void
say_nothing(struct server *server)
{
	char rest[1024];

	while (recv(server->fd, rest, sizeof(rest), 0) > 0)
		;
}

static void
say_plain(struct server *server)
{
	send(server->fd, "220 mail ESMTP\r\n", 16, MSG_NOSIGNAL);
}

static void
say_garbage(struct server *server)
{
	send(server->fd, "\x16\x03\x03\xff\xff garbage", 13, MSG_NOSIGNAL);
}

static void
say_goodbye(struct server *server)
{
	shutdown(server->fd, SHUT_WR);
}

static void
warn_for_ever(struct server *server)
{
	while (send(server->fd, "\x15\x03\x03\0\2\1\x70", 7, MSG_NOSIGNAL) > 0)
		;
}

/* A record that never ends, byte by byte. */
static void
trickle(struct server *server)
{
	struct pollfd none = { .fd = -1 };

	send(server->fd, "\x16\x03\x03\x40\0", 5, MSG_NOSIGNAL);
	while (send(server->fd, "x", 1, MSG_NOSIGNAL) > 0)
		poll(&none, 1, 1);
}

static void
test_odd_servers(void **state)
{
	static const struct {
		void (*before)(struct server *server);
		enum fault want;
		const char *words, *hint;
	} cases[] = {
		{ say_nothing, FAULT_TIMEOUT, HOST, NULL },
		{ trickle, FAULT_TIMEOUT, HOST, NULL },
		{ say_plain, FAULT_PROTOCOL, "does not answer with TLS", "plain text" },
		{ say_garbage, FAULT_PROTOCOL, HOST, NULL },
		{ say_goodbye, FAULT_LOST, "closed the connection", NULL },
		{ warn_for_ever, FAULT_PROTOCOL, HOST, NULL },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error_clear(&frame->err);
		frame->server = (struct server){ .before = cases[i].before,
						 .no_handshake = true };
		assert_not_started(frame, 1, cases[i].want, cases[i].words);
		if (cases[i].hint)
			assert_non_null(strstr(frame->err.hint, cases[i].hint));
		else
			assert_null(frame->err.hint);
	}
}

static void
test_anonymous_server(void **state)
{
	struct frame *frame = *state;

	frame->policy.priorities = "NORMAL:-VERS-TLS1.3:-KX-ALL:+ANON-ECDH";
	frame->server.priorities = "NORMAL:-VERS-TLS1.3";
	assert_not_started(frame, 30, FAULT_PROTOCOL, HOST);
}

/* ---- client certificates ---------------------------------------------------------------- */

static void
test_client_certificate(void **state)
{
	struct frame *frame = *state;

	frame->server.wants_client = true;
	frame->policy.cert_file = path_of("client.pem");
	frame->policy.key_file = path_of("client.key");
	frame->pin = PIN;
	assert_started(frame);
	finish(frame);
	assert_true(frame->server.client_shown);
	assert_int_equal(frame->asked, 0);
	frame->policy.key_file = path_of("locked.key");
	assert_started(frame);
	finish(frame);
	assert_true(frame->server.client_shown);
	assert_int_equal(frame->asked, 1);
}

static void
test_pin(void **state)
{
	struct frame *frame = *state;

	frame->policy.cert_file = path_of("client.pem");
	frame->policy.key_file = path_of("locked.key");
	frame->pin = "wrong";
	assert_not_started(frame, 30, FAULT_CONFIG, "locked.key");
	assert_int_equal(frame->asked, 1);
	assert_non_null(strstr(frame->err.hint, "may be wrong"));
	error_clear(&frame->err);
	frame->pin = NULL;
	frame->peer.pin = NULL;
	assert_not_started(frame, 30, FAULT_CONFIG, "locked.key");
	assert_non_null(strstr(frame->err.hint, "needs a PIN"));
}

static void
test_late_alert(void **state)
{
	struct frame *frame = *state;
	char piece[64];
	size_t got;

	frame->server.wants_client = true;
	assert_started(frame);
	assert_int_equal(read_some(frame, piece, sizeof(piece), &got), TLS_FAILED);
	assert_non_null(strstr(tls_problem(frame->tls), "client certificate"));
	assert_int_equal(got, 0);
	finish(frame);
}

static void
test_early_alert(void **state)
{
	struct frame *frame = *state;

	frame->server.wants_client = true;
	frame->server.priorities = "NORMAL:-VERS-TLS1.3";
	assert_not_started(frame, 30, FAULT_PROTOCOL, HOST);
	assert_non_null(strstr(frame->err.hint, "tls_cert_file"));
}

/* ---- bytes ------------------------------------------------------------------------------ */

static void
test_pending(void **state)
{
	struct frame *frame = *state;
	char piece[4];
	size_t got;

	frame->server.after = hello_and_listen;
	assert_started(frame);
	assert_int_equal(read_some(frame, piece, sizeof(piece), &got), TLS_DONE);
	assert_int_equal(got, 4);
	assert_true(tls_pending(frame->tls));
	assert_read(frame, "hello\r\n");
	assert_false(tls_pending(frame->tls));
	assert_int_equal(tls_read(frame->tls, piece, sizeof(piece), &got), TLS_WANT_READ);
	assert_int_equal(got, 0);
	finish(frame);
}

/* The server does not listen until it is told to, so that the client's writes get
 * stuck. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void
listen_behind_gate(struct server *server)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	listen_on(server);
}

static void
test_writes_that_wait(void **state)
{
	enum { SIZE = 2 * 1024 * 1024 };
	struct frame *frame = *state;
	char *bytes = malloc(SIZE);
	size_t done = 0, waits = 0;

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 7 >> 3);
	frame->server.after = listen_behind_gate;
	pthread_mutex_lock(&gate);
	assert_started(frame);
	while (done < SIZE) {
		size_t put;
		enum tls_result result =
			tls_write(frame->tls, bytes + done, SIZE - done, &put);

		done += put;
		if (result == TLS_DONE)
			continue;
		assert_int_equal(result, TLS_WANT_WRITE);
		if (waits++ == 0)
			pthread_mutex_unlock(&gate);
		await(frame, result);
	}
	if (waits == 0)
		pthread_mutex_unlock(&gate);
	finish(frame);
	assert_true(waits > 0);
	assert_int_equal(frame->server.heard.len, SIZE);
	assert_memory_equal(frame->server.heard.at, bytes, SIZE);
	free(bytes);
}

static void
ask_for_new_keys(struct server *server)
{
	gnutls_rehandshake(server->session);
	hello_and_listen(server);
}

static void
test_renegotiation_is_refused(void **state)
{
	struct frame *frame = *state;

	frame->server.priorities = "NORMAL:-VERS-TLS1.3";
	frame->server.after = ask_for_new_keys;
	assert_started(frame);
	assert_read(frame, "220 hello\r\n");
	finish(frame);
	assert_int_equal(frame->server.result, GNUTLS_E_WARNING_ALERT_RECEIVED);
}

static void
ask_for_ever(struct server *server)
{
	while (gnutls_rehandshake(server->session) >= 0)
		;
}

static void
test_renegotiation_for_ever(void **state)
{
	struct frame *frame = *state;
	char piece[64];
	size_t got;

	frame->server.priorities = "NORMAL:-VERS-TLS1.3";
	frame->server.after = ask_for_ever;
	assert_started(frame);
	assert_int_equal(read_some(frame, piece, sizeof(piece), &got), TLS_FAILED);
	assert_string_not_equal(tls_problem(frame->tls), "");
	finish(frame);
}

static void
update_keys(struct server *server)
{
	gnutls_session_key_update(server->session, GNUTLS_KU_PEER);
	hello_and_listen(server);
}

static void
send_tickets(struct server *server)
{
	for (unsigned i = 0; i < 100; i++)
		gnutls_session_ticket_send(server->session, 1, 0);
	hello_and_listen(server);
}

static void
test_key_update_and_tickets(void **state)
{
	struct frame *frame = *state;
	size_t put;

	frame->server.after = update_keys;
	assert_started(frame);
	assert_read(frame, "220 hello\r\n");
	assert_int_equal(tls_write(frame->tls, "EHLO", 4, &put), TLS_DONE);
	assert_int_equal(put, 4);
	finish(frame);
	assert_int_equal(frame->server.result, 0);
	assert_memory_equal(frame->server.heard.at, "EHLO", 4);
	frame->server.after = send_tickets;
	assert_started(frame);
	assert_read(frame, "220 hello\r\n");
	finish(frame);
}

static void
close_properly(struct server *server)
{
	gnutls_bye(server->session, GNUTLS_SHUT_WR);
}

static void
break_record(struct server *server)
{
	say_hello(server);
	send(server->fd, "\x17\x03\x03\0\x20 this is not encrypted at all...", 37,
	     MSG_NOSIGNAL);
}

static void
reset(struct server *server)
{
	/* What lies unread makes the kernel tell the other side that it is lost. */
	close(server->fd);
	server->fd = -1;
}

static void
test_ends(void **state)
{
	static const struct {
		void (*after)(struct server *server);
		enum tls_result want;
	} cases[] = {
		{ close_properly, TLS_CLOSED },
		{ NULL, TLS_CLOSED },
		{ reset, TLS_CLOSED },
	};
	struct frame *frame = *state;
	char piece[64];
	size_t got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		frame->server = (struct server){ .after = cases[i].after };
		assert_started(frame);
		assert_int_equal(read_some(frame, piece, sizeof(piece), &got),
				 cases[i].want);
		assert_int_equal(got, 0);
		finish(frame);
	}
}

static void
test_broken_record(void **state)
{
	struct frame *frame = *state;
	char piece[64];
	size_t got;

	frame->server.after = break_record;
	assert_started(frame);
	assert_read(frame, "220 hello\r\n");
	assert_int_equal(read_some(frame, piece, sizeof(piece), &got), TLS_FAILED);
	assert_string_not_equal(tls_problem(frame->tls), "");
	finish(frame);
}

static void
test_write_to_nobody(void **state)
{
	struct frame *frame = *state;
	enum tls_result result;
	size_t put;

	frame->server.after = reset;
	assert_started(frame);
	pthread_join(frame->server.thread, NULL);
	do
		result = tls_write(frame->tls, "EHLO", 4, &put);
	while (result == TLS_DONE);
	assert_int_equal(result, TLS_CLOSED);
	tls_end(&frame->tls);
}

/* ---- channel binding -------------------------------------------------------------------- */

static void
send_bindings(struct server *server)
{
	static const gnutls_channel_binding_t kinds[] = { GNUTLS_CB_TLS_EXPORTER,
							  GNUTLS_CB_TLS_UNIQUE };

	for (size_t i = 0; i < 2; i++) {
		gnutls_datum_t data = { 0 };

		gnutls_session_channel_binding(server->session, kinds[i], &data);
		buf_add(&server->heard, (const char *)data.data, data.size);
		gnutls_free(data.data);
	}
}

static void
test_channel_binding(void **state)
{
	static const struct {
		const char *priorities;
		size_t exporter, unique; /* sizes; 0: there is none */
	} cases[] = {
		{ "NORMAL", 32, 0 },
		{ "NORMAL:-VERS-TLS1.3", 32, 12 },
		{ "NORMAL:-VERS-TLS1.3:%NO_SESSION_HASH", 0, 0 },
	};
	struct frame *frame = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf got = { 0 }, none = { 0 };

		frame->server = (struct server){ .priorities = cases[i].priorities,
						 .after = send_bindings };
		assert_started(frame);
		assert_int_equal(tls_channel_binding(frame->tls, "tls-exporter", &got),
				 cases[i].exporter != 0);
		assert_int_equal(got.len, cases[i].exporter);
		assert_int_equal(tls_channel_binding(frame->tls, "tls-unique", &got),
				 cases[i].unique != 0);
		assert_int_equal(got.len, cases[i].exporter + cases[i].unique);
		assert_false(
			tls_channel_binding(frame->tls, "tls-server-end-point", &none));
		assert_int_equal(none.len, 0);
		finish(frame);
		if (got.len)
			assert_memory_equal(got.at, frame->server.heard.at, got.len);
		buf_release(&got);
		buf_release(&frame->server.heard);
	}
}

/* ---- tickets ---------------------------------------------------------------------------- */

static void
bind_and_listen(struct server *server)
{
	send_bindings(server);
	hello_and_listen(server);
}

/* What is told of a session that was taken up again is what was told of the first. */
static void
assert_resumed(struct frame *frame, bool resumed, const struct tls_certificate *first)
{
	struct tls_certificate certificate;
	struct buf got = { 0 };

	assert_started(frame);
	assert_int_equal(tls_is_verified(frame->tls), !frame->policy.fingerprint);
	assert_int_equal(!!strstr(tls_description(frame->tls), ", resumed"), resumed);
	assert_null(strstr(tls_description(frame->tls), ", , "));
	assert_true(tls_certificate(frame->tls, &frame->arena, &certificate));
	assert_string_equal(certificate.sha256, first->sha256);
	assert_int_equal(certificate.expiration, first->expiration);
	assert_true(tls_channel_binding(frame->tls, "tls-exporter", &got));
	tls_channel_binding(frame->tls, "tls-unique", &got);
	assert_read(frame, "220 hello\r\n");
	finish(frame);
	assert_int_equal(frame->server.resumed, resumed);
	assert_string_equal(frame->server.name, HOST);
	assert_memory_equal(got.at, frame->server.heard.at, got.len);
	buf_release(&got);
	buf_release(&frame->server.heard);
}

static void
test_resumption(void **state)
{
	static const char *const priorities[] = { "NORMAL", "NORMAL:-VERS-TLS1.3" };
	struct frame *frame = *state;
	struct tls_certificate first;
	gnutls_datum_t key;

	assert_int_equal(setenv("XDG_STATE_HOME", folder, 1), 0);
	gnutls_session_ticket_key_generate(&key);
	frame->server.ticket_key = &key;
	frame->server.after = bind_and_listen;
	frame->policy.resume = true;
	assert_started(frame);
	assert_true(tls_certificate(frame->tls, &frame->arena, &first));
	finish(frame);
	buf_release(&frame->server.heard);
	for (size_t i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++) {
		frame->server.priorities = priorities[i];
		frame->peer.account = priorities[i];
		assert_resumed(frame, false, &first);
		assert_resumed(frame, true, &first);
		assert_resumed(frame, true, &first);
		/* What is pinned is looked at again. */
		frame->policy.fingerprint = first.sha256;
		assert_resumed(frame, false, &first);
		assert_resumed(frame, true, &first);
		frame->policy.fingerprint = NULL;
		frame->peer.account = NULL;
		assert_resumed(frame, false, &first);
	}
	gnutls_free(key.data);
	unsetenv("XDG_STATE_HOME");
}

/* ---- policy ----------------------------------------------------------------------------- */

static void
test_policy(void **state)
{
	struct frame *frame = *state;
	const char *trust = path_of("ca.pem"), *crt = path_of("client.pem");
	const char *locked = path_of("locked.key"), *missing = path_of("missing");
	const struct {
		struct tls_policy policy;
		enum fault want;
	} cases[] = {
		{ { .check = true, .trust_file = trust }, FAULT_NONE },
		{ { .check = true,
		    .trust_file = trust,
		    .cert_file = crt,
		    .key_file = locked },
		  FAULT_NONE },
		{ { .check = true,
		    .trust_file = trust,
		    .cert_file = "pkcs11:object=x",
		    .key_file = "pkcs11:object=x" },
		  FAULT_NONE },
		{ { .check = false }, FAULT_NONE },
		{ { .check = true }, FAULT_CONFIG },
		{ { .check = true, .trust_file = "" }, FAULT_CONFIG },
		{ { .check = true, .trust_file = missing }, FAULT_NO_INPUT },
		{ { .check = true, .trust_file = locked }, FAULT_CONFIG },
		{ { .check = true, .trust_file = trust, .crl_file = missing },
		  FAULT_NO_INPUT },
		{ { .check = true, .trust_file = trust, .crl_file = trust },
		  FAULT_CONFIG },
		{ { .check = true,
		    .trust_file = trust,
		    .cert_file = missing,
		    .key_file = locked },
		  FAULT_NO_INPUT },
		{ { .check = true,
		    .trust_file = trust,
		    .cert_file = crt,
		    .key_file = missing },
		  FAULT_NO_INPUT },
		{ { .check = true, .trust_file = trust, .cert_file = crt },
		  FAULT_CONFIG },
		{ { .check = true,
		    .trust_file = trust,
		    .cert_file = crt,
		    .key_file = path_of("ca.key") },
		  FAULT_CONFIG },
		{ { .check = true, .fingerprint = "00" }, FAULT_CONFIG },
		{ { .check = true, .trust_file = trust, .priorities = "NONSENSE" },
		  FAULT_CONFIG },
		{ { .check = true, .trust_file = trust, .min_version = "1.1" },
		  FAULT_CONFIG },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good;

		error_clear(&frame->err);
		good = tls_policy_check(&cases[i].policy, &frame->err);
		if (good != (cases[i].want == FAULT_NONE) ||
		    frame->err.fault != cases[i].want)
			fail_msg("policy %zu: got %s (%s), want %s", i,
				 fault_word(frame->err.fault),
				 frame->err.what ? frame->err.what : "",
				 fault_word(cases[i].want));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(versions),
		TEST(old_versions),
		TEST(names),
		TEST(no_name),
		TEST(fingerprint),
		TEST(warning_is_ignored),
		TEST(odd_servers),
		TEST(anonymous_server),
		TEST(client_certificate),
		TEST(pin),
		TEST(late_alert),
		TEST(early_alert),
		TEST(pending),
		TEST(writes_that_wait),
		TEST(renegotiation_is_refused),
		TEST(renegotiation_for_ever),
		TEST(key_update_and_tickets),
		TEST(ends),
		TEST(broken_record),
		TEST(write_to_nobody),
		TEST(channel_binding),
		TEST(resumption),
		TEST(policy),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
