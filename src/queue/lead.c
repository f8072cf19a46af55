/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serves those who wait, one after the other, over a session that is kept. */
#include "queue/lead.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "queue/answer.h"
#include "queue/handover.h"
#include "smtp/conclusion.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

enum {
	LINGER = 50,	 /* ms until there is nobody else */
	GREETING = 1000, /* ms within which somebody who is there says what he wants */
	TELLING = 5000,	 /* ms within which he listens to what became of it */
	EVERY = 1000,	 /* ms between two words that it goes on */
	MOST = 100	 /* messages over one connection */
};

/* One who is served. */
struct guest {
	int fd;
	struct session *session;
	struct handover handover;
	struct delivery delivery;
	struct envelope offered;
	bool *concluded; /* by recipient: he has heard what became of it */
	int64_t told;	 /* now_us() of the last word that it goes on */
	bool completing;
	bool enough; /* the server takes no more over this connection */
};

static bool
say_verdict(int fd, const struct delivery *delivery, const struct session *session,
	    const struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };

	answer_add(&text, delivery, session, err);
	return share_say(fd, buf_span(&text), NULL, TELLING);
}

/* Whether the reason lies in the server or the way to it, and not in what this process has
 * at hand, as a keyring. */
static bool
is_of_server(const struct error *err)
{
	static const enum fault faults[] = { FAULT_NO_HOST,   FAULT_CONNECT,
					     FAULT_TIMEOUT,   FAULT_LOST,
					     FAULT_TEMPORARY, FAULT_TRUST,
					     FAULT_PROTOCOL };

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (err->fault == faults[i])
			return true;
	return err->reply != NULL;
}

/* What this process cannot do another one may. */
static bool
is_local(const struct error *err)
{
	return err->fault == FAULT_IO || err->fault == FAULT_CANNOT_CREATE ||
	       err->fault == FAULT_SYSTEM;
}

void
lead_refuse(struct share *share, const struct session *session, const struct error *err)
{
	while (is_of_server(err)) {
		CLEANUP(close_file) int fd = share_accept(share, 0);

		if (fd < 0)
			break;
		say_verdict(fd, NULL, session, err);
	}
	share_resign(share);
}

bool
lead_is_awaited(struct share *share)
{
	struct pollfd waiting = { .fd = share->listener, .events = POLLIN };

	if (share->listener >= 0 && poll(&waiting, 1, 0) > 0)
		return true;
	share_resign(share);
	return false;
}

/* ---- one message ---- */

/* What comes along with the first words. */
static bool
receive(struct guest *guest)
{
	CLEANUP(release_buf) struct buf heard = { 0 };

	return share_hear(guest->fd, &heard, guest->handover.files, GREETING) &&
	       guest->handover.files[0] >= 0 && handover_unpack(&guest->handover);
}

/* Somebody who has given up, or was ended, gets nothing sent. */
static bool
still_wants_it(struct guest *guest)
{
	CLEANUP(release_buf) struct buf heard = { 0 };
	struct answer answer = { .arena = guest->handover.arena };
	struct span rest;

	if (!share_say_word(guest->fd, WORD_STARTED) ||
	    !share_hear(guest->fd, &heard, NULL, GREETING))
		return false;
	rest = buf_span(&heard);
	return answer_take(&answer, &rest) == ANSWER_GO;
}

static void
completing(void *context)
{
	struct guest *guest = context;

	/* If he is gone, the message goes all the same, as if he had sent it. */
	guest->completing |= share_say_word(guest->fd, WORD_COMPLETING);
}

/* If this process is ended, he knows who has it. */
static void
concluded(void *context, const struct delivery *delivery)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	struct guest *guest = context;

	if (!guest->concluded)
		guest->concluded = arena_array(guest->handover.arena, bool,
					       delivery->envelope->count);
	answer_add_concluded(&text, delivery, guest->concluded);
	share_say(guest->fd, buf_span(&text), NULL, TELLING);
}

/* He waits no longer than the server may. */
static void
working(struct guest *guest)
{
	int64_t now = now_us();

	if (now - guest->told < EVERY * 1000)
		return;
	guest->told = now;
	share_say_word(guest->fd, WORD_WORKING);
}

static void
sending(void *context, uint64_t sent, uint64_t size)
{
	(void)sent;
	(void)size;
	working(context);
}

static void
hearing(void *context, const struct exchange *exchange)
{
	(void)exchange;
	working(context);
}

/* The server has nothing of this message, and the reason may be this connection, which has
 * carried others, or this process: he goes by another one. */
static bool
must_go_again(const struct guest *guest, const struct error *err)
{
	const struct session *session = guest->session;

	if (guest->delivery.delivered)
		return false;
	if (guest->enough || (is_local(err) && !guest->completing))
		return true;
	return session->failed.fault &&
	       (!session->last ||
		(!guest->completing && session->failed.fault == FAULT_LOST));
}

/* The history of the session lasts as long as the message, its end is noted in LASTING. */
static void
send_it(struct guest *guest, struct arena *lasting)
{
	struct handover *handover = &guest->handover;
	struct session *session = guest->session;
	struct error err = { .arena = handover->arena };

	guest->offered = handover->label.envelope;
	if (handover->waives_reports && !session->caps.dsn)
		envelope_waive_reports(&guest->offered);
	guest->delivery = (struct delivery){
		.envelope = &guest->offered,
		.message = &handover->message,
		.composed = &handover->composed,
		.partial = handover->partial,
	};
	session->watcher = (struct watcher){
		.heard = hearing,
		.progress = sending,
		.completing = completing,
		.concluded = concluded,
		.context = guest,
	};
	guest->told = now_us();
	session_forget(session, handover->arena);
	if (submit(session, &guest->delivery, &err))
		error_clear(&err);
	guest->enough = is_of_session(session, &guest->delivery);
	if (must_go_again(guest, &err))
		share_say_word(guest->fd, WORD_AGAIN);
	else
		say_verdict(guest->fd, &guest->delivery, session, &err);
	session->watcher = (struct watcher){ 0 };
	session_forget(session, lasting);
}

/* Everything about one message is in an arena of its own, so that memory stays flat. True
 * when something was sent. */
static bool
serve(int fd, struct session *session, struct arena *lasting, bool *enough)
{
	struct arena arena = { 0 };
	struct guest guest = {
		.fd = fd,
		.session = session,
		.handover = { .arena = &arena, .files = { -1, -1 } },
	};
	bool wanted = receive(&guest) && still_wants_it(&guest);

	/* The server may have closed meanwhile. */
	if (wanted && !connection_may_go_on(session))
		share_say_word(fd, WORD_AGAIN);
	else if (wanted)
		send_it(&guest, lasting);
	*enough = guest.enough;
	handover_release(&guest.handover);
	arena_release(&arena);
	return wanted;
}

/* ---- all of them ---- */

static bool
is_asked_to_end(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

/* What the other process is there for. */
struct duty {
	struct share *share;
	struct connection *connection;
};

static void
serve_all(void *context)
{
	const struct duty *duty = context;
	struct connection *connection = duty->connection;
	struct session *session = &connection->session;
	unsigned sent = 1;
	bool enough = false;

	/* Nobody has to log in again. */
	connection_release(connection);
	while (!enough && sent < MOST && session_takes_mail(session) &&
	       !is_asked_to_end()) {
		CLEANUP(close_file) int fd = share_accept(duty->share, LINGER);

		if (fd < 0 || !connection_may_go_on(session))
			break;
		sent += serve(fd, session, connection->arena, &enough);
	}
	/* Before QUIT, for which the server may take its time. */
	share_close(duty->share);
	connection_close(connection);
}

/* ---- the other process ---- */

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void
lead_go_on(struct share *share, struct connection *connection, int slot)
{
	struct session *session = &connection->session;
	struct duty duty = { share, connection };
	int kept[] = { share->folder, share->lock, share->listener, session->wire.line.fd,
		       slot };
	size_t count = sizeof(kept) / sizeof(kept[0]), closed = slot < 0;

	if (share->listener < 0 || !connection_may_go_on(session)) {
		share_resign(share);
		return;
	}
	qsort(kept, count, sizeof(kept[0]), by_number);
	if (process_part(kept + closed, count - closed, serve_all, &duty)) {
		/* They are the other one's now: nothing is removed. */
		close_file(&share->listener);
		close_file(&share->lock);
		wire_leave(&session->wire);
	}
	share_resign(share);
}
