/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the secret service of the desktop, through libsecret in a child process.
 *
 * Why a child: the *_sync calls of libsecret wait for the service, and a locked keyring
 * waits for a person. A GCancellable ends that only if somebody calls it, which takes a
 * second thread. A child is simply ended when its time is over, wherever it hangs. It
 * also keeps GLib, with its threads and allocations, out of this process. */
#include "config.h"

#include "secret/keyring.h"

enum answer {
	ANSWER_DONE,
	ANSWER_NOTHING, /* it has none */
	ANSWER_LOCKED,	/* it has one, but nobody has unlocked it */
	ANSWER_REFUSED, /* it says why */
	ANSWER_BROKEN,
	ANSWER_LATE,
	ANSWER_NO_BUS,
	ANSWER_NO_LIBRARY,
	ANSWER_NOT_BUILT,
};

static bool
fail_as(enum answer answer, int patience, const char *reason, struct error *err)
{
	switch (answer) {
	case ANSWER_DONE:
		return true;
	case ANSWER_NOTHING:
		return fail(err, FAULT_LOGIN, _("the keyring has no such password"));
	case ANSWER_LOCKED:
		fail(err, FAULT_LOGIN, _("the keyring is locked"));
		break;
	case ANSWER_REFUSED:
		return fail(err, FAULT_LOGIN, _("the keyring failed: %s"), reason);
	case ANSWER_BROKEN:
		return fail(err, FAULT_LOGIN, _("the keyring gave no answer"));
	case ANSWER_LATE:
		fail(err, FAULT_LOGIN,
		     _("the keyring did not answer within %d seconds, perhaps because it "
		       "is locked"),
		     patience);
		break;
	case ANSWER_NO_BUS:
		return fail(
			err, FAULT_UNSUPPORTED,
			_("the keyring cannot be asked: there is no session bus (D-Bus)"));
	case ANSWER_NO_LIBRARY:
		return fail(err, FAULT_UNSUPPORTED,
			    _("the keyring cannot be asked: libsecret is not installed"));
	case ANSWER_NOT_BUILT:
		return fail(
			err, FAULT_UNSUPPORTED,
			_("the keyring cannot be asked: this program was built without "
			  "libsecret"));
	}
	return fail_hint(err,
			 _("Unlock the keyring, or set password_file or passwordeval"));
}

#if HAVE_LIBSECRET

#include "base/clock.h"
#include "base/file.h"
#include "base/lazy.h"
#include "base/process.h"
#include "secret/prompt.h"

#include <fcntl.h>
#include <libsecret/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SONAME "libsecret-1.so.0"

enum { PATIENCE = 60 /* s */, PATIENCE_ALONE = 5, MOST = 64 * 1024 };

/* Long enough for a person to unlock it, who is there when there is a terminal or when
 * something is to be kept; so short that nobody else has to wait for nothing. */
static int
patience_for(bool storing)
{
	return storing || prompt_is_possible() ? PATIENCE : PATIENCE_ALONE;
}

LAZY_NOTE("secret", "Passwords from the keyring of the desktop", "recommended", SONAME);

static struct {
	__typeof__(&secret_password_lookupv_nonpageable_sync) lookup;
	__typeof__(&secret_attributes_build) attributes;
	__typeof__(&secret_service_search_sync) search;
	__typeof__(&secret_item_get_locked) is_locked;
	__typeof__(&secret_value_new) value;
	__typeof__(&secret_service_store_sync) store;
} library;

static const struct lazy_symbol symbols[] = {
	{ "secret_password_lookupv_nonpageable_sync", &library.lookup },
	{ "secret_attributes_build", &library.attributes },
	{ "secret_service_search_sync", &library.search },
	{ "secret_item_get_locked", &library.is_locked },
	{ "secret_value_new", &library.value },
	{ "secret_service_store_sync", &library.store },
};

/* Those of msmtp, and those that the old gnome-keyring used for network passwords. The
 * names of the schemas do not matter: secret-tool writes another one. */
static const SecretSchema msmtp_schema = {
	.name = "de.marlam.msmtp.password",
	.flags = SECRET_SCHEMA_DONT_MATCH_NAME,
	.attributes = {
		{ "host", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "service", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "user", SECRET_SCHEMA_ATTRIBUTE_STRING },
	},
};
static const SecretSchema network_schema = {
	.name = "org.gnome.keyring.NetworkPassword",
	.flags = SECRET_SCHEMA_DONT_MATCH_NAME,
	.attributes = {
		{ "server", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "protocol", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "user", SECRET_SCHEMA_ATTRIBUTE_STRING },
	},
};

/* Without a bus there is no service, and looking for one would start X programs. */
bool
keyring_may_be_asked(void)
{
	const char *address = secure_getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char path[4096];

	if (address && *address)
		return strncmp(address, "autolaunch:", strlen("autolaunch:")) != 0 &&
		       strncmp(address, "disabled:", strlen("disabled:")) != 0;
	if (!runtime || *runtime != '/')
		return false;
	snprintf(path, sizeof(path), "%s/bus", runtime);
	return access(path, F_OK) == 0;
}

/* What a child does: looks the password up when it has none to store. */
struct errand {
	const char *host, *user, *label;
	const struct secret *stored;
};

/* ---- in the child ---- */

/* Nothing is released here: it all goes with the child. */
static GHashTable *
attributes_of(const struct errand *errand, const SecretSchema *schema)
{
	const char *user = errand->user;

	if (schema == &msmtp_schema)
		return library.attributes(schema, "host", errand->host, "service", "smtp",
					  user ? "user" : NULL, user, NULL);
	return library.attributes(schema, "server", errand->host, "protocol", "smtp",
				  user ? "user" : NULL, user, NULL);
}

static enum answer
refuse(const GError *trouble, int to_parent)
{
	if (trouble && trouble->message)
		(void)!write_all(to_parent, trouble->message, strlen(trouble->message));
	return ANSWER_REFUSED;
}

/* Whether there is one behind a lock that nobody has opened when they were asked to. */
static bool
is_locked(const struct errand *errand, const SecretSchema *schema)
{
	GHashTable *attributes = attributes_of(errand, schema);
	const GList *item =
		library.search(NULL, schema, attributes, SECRET_SEARCH_ALL, NULL, NULL);

	for (; item; item = item->next)
		if (library.is_locked(item->data))
			return true;
	return false;
}

static enum answer
look_up(const struct errand *errand, int to_parent)
{
	static const SecretSchema *const schemas[] = { &msmtp_schema, &network_schema };
	enum answer answer = ANSWER_NOTHING;
	GError *trouble = NULL;

	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		char *password = library.lookup(
			schemas[i], attributes_of(errand, schemas[i]), NULL, &trouble);

		if (password)
			return write_all(to_parent, password, strlen(password))
				       ? ANSWER_DONE
				       : ANSWER_BROKEN;
		if (trouble)
			return refuse(trouble, to_parent);
		if (is_locked(errand, schemas[i]))
			answer = ANSWER_LOCKED;
	}
	return answer;
}

/* Without a schema, as secret-tool does, which msmtp's manual recommends: the service
 * takes passwords of different schemas for different ones, and would keep both. Tells the
 * reason on TO_PARENT when the service refuses. */
static enum answer
store(const struct errand *errand, int to_parent)
{
	GHashTable *attributes = attributes_of(errand, &msmtp_schema);
	SecretValue *value = library.value(errand->stored->at,
					   (gssize)errand->stored->len, "text/plain");
	GError *trouble = NULL;

	if (library.store(NULL, NULL, attributes, SECRET_COLLECTION_DEFAULT,
			  errand->label, value, NULL, &trouble))
		return ANSWER_DONE;
	return refuse(trouble, to_parent);
}

static _Noreturn void
run(const struct errand *errand, int to_parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* GLib's warnings are none of ours, and the message is none of its business. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(ANSWER_BROKEN);
	prctl(PR_SET_DUMPABLE, 0);
	if (!lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0])))
		_exit(ANSWER_NO_LIBRARY);
	_exit((int)(errand->stored ? store(errand, to_parent)
				   : look_up(errand, to_parent)));
}

/* ---- in the parent ---- */

/* What the child wrote is in HEARD, which has its full room at once, since growing would
 * leave copies behind. */
static bool
send_child(const struct errand *errand, int patience, struct buf *heard,
	   enum answer *answer, struct error *err)
{
	CLEANUP(close_file) int from_child = -1;
	CLEANUP(close_file) int to_parent = -1;
	enum process_result result;
	int ends[2], status = 0;
	pid_t child;

	if (!process_pipe(ends))
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot make a pipe to ask the keyring"));
	from_child = ends[0];
	to_parent = ends[1];
	buf_reserve(heard, MOST);
	child = process_fork();
	if (child < 0)
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot start a process to ask the keyring"));
	if (child == 0)
		run(errand, to_parent);
	close_file(&to_parent);
	result = process_hear(child, from_child, deadline_in((unsigned)patience), heard,
			      &status);
	if (result == PROCESS_ENDED && WIFEXITED(status))
		*answer = (enum answer)WEXITSTATUS(status);
	else
		*answer = result == PROCESS_LATE ? ANSWER_LATE : ANSWER_BROKEN;
	return true;
}

static bool
run_errand(const struct errand *errand, struct buf *heard, struct error *err)
{
	enum answer answer = ANSWER_NO_BUS;
	int patience = patience_for(errand->stored != NULL);

	if (keyring_may_be_asked() && !send_child(errand, patience, heard, &answer, err))
		return false;
	if (answer == ANSWER_REFUSED && !heard->len)
		answer = ANSWER_BROKEN;
	if (answer == ANSWER_DONE && !errand->stored && !heard->len)
		answer = ANSWER_NOTHING;
	/* Else it may be the secret, which is nowhere else. */
	return fail_as(answer, patience,
		       answer == ANSWER_REFUSED ? clean_text(err->arena, buf_span(heard))
						: NULL,
		       err);
}

bool
keyring_find(const char *host, const char *user, struct secret *secret, struct error *err)
{
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	const struct errand errand = { .host = host, .user = user };

	/* D-Bus knows UTF-8 only. */
	if (!is_utf8(span_of(host)) || !is_utf8(span_of(user)))
		return fail_as(ANSWER_NOTHING, 0, NULL, err);
	if (!run_errand(&errand, &heard, err))
		return false;
	/* secret-tool keeps the line end of what is piped into it. */
	return secret_set_line(secret, buf_span(&heard)) ||
	       fail_as(ANSWER_NOTHING, 0, NULL, err);
}

bool
keyring_store(const char *host, const char *user, const struct secret *secret,
	      struct error *err)
{
	CLEANUP(release_buf) struct buf heard = { 0 };
	struct errand errand = { .host = host, .user = user, .stored = secret };

	if (!is_utf8(span_of(host)) || !is_utf8(span_of(user)) ||
	    !is_utf8((struct span){ secret->at, secret->len }))
		return fail(err, FAULT_UNSUPPORTED,
			    _("the keyring takes nothing but UTF-8"));
	/* TRANSLATORS: the name that the keyring's window shows for a password. */
	errand.label = arena_printf(err->arena, _("mail of %s by %s"), user, host);
	return run_errand(&errand, &heard, err);
}

#else

bool
keyring_may_be_asked(void)
{
	return false;
}

bool
keyring_find(const char *host, const char *user, struct secret *secret, struct error *err)
{
	(void)host;
	(void)user;
	(void)secret;
	return fail_as(ANSWER_NOT_BUILT, 0, NULL, err);
}

bool
keyring_store(const char *host, const char *user, const struct secret *secret,
	      struct error *err)
{
	(void)host;
	(void)user;
	(void)secret;
	return fail_as(ANSWER_NOT_BUILT, 0, NULL, err);
}

#endif
