/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends what a client hands over. */
#include "app/serve_mail.h"

#include "smtp/serve.h"

#include <string.h>
#include <unistd.h>

/* The texts of an error live as long as their arena: that of the mail ends first. */
static bool
hand_on(struct error *err, const struct error *inner)
{
	if (err->fault == FAULT_NONE) {
		err->fault = inner->fault;
		err->what = inner->what ? arena_string(err->arena, inner->what) : NULL;
		err->reply = inner->reply ? arena_string(err->arena, inner->reply) : NULL;
	}
	return false;
}

/* A run of its own for each mail, so that a long session does not grow. */
static bool
send_one(void *context, const struct envelope *envelope, struct message *message,
	 struct error *err)
{
	const struct server *server = context;
	const struct run *session = server->run;
	struct arena arena = { 0 };
	struct error inner = { .arena = &arena };
	struct run run = {
		.arena = &arena,
		.request = session->request,
		.reporter = session->reporter,
		.as_sendmail = session->as_sendmail,
	};
	bool ok = send_taken(&run, envelope, message, &inner);

	run_disconnect(&run);
	log_refusal(&run, &inner);
	if (!ok)
		hand_on(err, &inner);
	run_release(&run);
	arena_release(&arena);
	return ok;
}

/* As long for a wrong password as for a right one. */
static bool
is_same(struct span given, const struct secret *password)
{
	unsigned char unlike = given.len != password->len;

	for (size_t i = 0; i < given.len && password->len; i++)
		unlike |= (unsigned char)(given.at[i] ^ password->at[i % password->len]);
	return !unlike;
}

static bool
may_log_in(void *context, struct span user, struct span password)
{
	const struct server *server = context;

	return span_equal(user, span_of(server->user)) &&
	       is_same(password, server->password);
}

bool
server_begin(struct server *server, struct error *err)
{
	const char *login = server->run->request->listen_login;
	const char *comma = login ? strchr(login, ',') : NULL;

	if (!login)
		return true;
	server->user = span_string(
		server->run->arena,
		(struct span){ login, comma ? (size_t)(comma - login) : strlen(login) });
	if (!*server->user)
		return fail(err, FAULT_USAGE,
			    _("--listen-login needs the name of a user"));
	server->policy = (struct secret_policy){
		.passwordeval = comma && comma[1] ? comma + 1 : NULL,
		.user = server->user,
		.host = "localhost",
	};
	return finder_start(&server->finder, &server->policy, err) &&
	       finder_take(&server->finder, &server->password, err);
}

void
server_release(struct server *server)
{
	finder_release(&server->finder);
}

void
server_serve(const struct server *server, int in, int out)
{
	struct error err = { .arena = server->run->arena };
	char host[256] = "";
	bool named = gethostname(host, sizeof(host) - 1) == 0 && host[0];
	/* The functions that get it leave it as it is. */
	union {
		const struct server *given;
		void *context;
	} server_context = { server };
	const struct serve_policy policy = {
		.host = named ? host : "localhost",
		.may_log_in = server->user ? may_log_in : NULL,
		.accept = send_one,
		.context = server_context.context,
	};

	/* A mail that was not complete is none, and its client knows that it had no
	 * reply. */
	if (!serve(in, out, &policy, &err))
		error_clear(&err);
}

bool
serve_mail(struct run *run, struct error *err)
{
	struct server server = { .run = run };
	bool ok = server_begin(&server, err);

	if (ok)
		server_serve(&server, STDIN_FILENO, STDOUT_FILENO);
	server_release(&server);
	return ok;
}
