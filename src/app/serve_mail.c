/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sends what a client on standard input hands over. */
#include "app/serve_mail.h"

#include "smtp/serve.h"

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
	const struct run *session = context;
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

bool
serve_mail(struct run *run, struct error *err)
{
	char host[256] = "";
	bool named = gethostname(host, sizeof(host) - 1) == 0 && host[0];
	const struct serve_policy policy = {
		.host = named ? host : "localhost",
		.accept = send_one,
		.context = run,
	};

	/* A mail that was not complete is none, and its client knows that it had no
	 * reply. */
	if (!serve(STDIN_FILENO, STDOUT_FILENO, &policy, err))
		error_clear(err);
	return true;
}
