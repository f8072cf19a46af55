/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the secret service of the desktop, through libsecret in a child process.
 *
 * Why a child: the *_sync calls of libsecret wait for the service, and a locked keyring
 * waits for a person. A GCancellable ends that only if somebody calls it, which takes a
 * second thread. A child is simply ended when its time is over, wherever it hangs. It
 * also keeps GLib, with its threads and allocations, out of this process. */
#include "config.h"

#include "secret/keyring.h"

#if HAVE_LIBSECRET

#include "base/clock.h"
#include "base/file.h"
#include "base/lazy.h"
#include "base/process.h"

#include <fcntl.h>
#include <libsecret/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SONAME "libsecret-1.so.0"

enum { PATIENCE = 5 /* s */, STORE_PATIENCE = 60, MOST = 64 * 1024 };

LAZY_NOTE("secret", "Passwords from the keyring of the desktop", "recommended", SONAME);

static struct {
	__typeof__(&secret_password_lookup_nonpageable_sync) lookup;
	__typeof__(&secret_attributes_build) attributes;
	__typeof__(&secret_value_new) value;
	__typeof__(&secret_service_store_sync) store;
	__typeof__(&secret_password_free) free;
} library;

static const struct lazy_symbol symbols[] = {
	{ "secret_password_lookup_nonpageable_sync", &library.lookup },
	{ "secret_attributes_build", &library.attributes },
	{ "secret_value_new", &library.value },
	{ "secret_service_store_sync", &library.store },
	{ "secret_password_free", &library.free },
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
static bool
has_session_bus(void)
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

enum answer { ANSWER_DONE, ANSWER_BROKEN, ANSWER_NO_LIBRARY, ANSWER_REFUSED };

/* ---- in the child ---- */

/* The service's own trouble is no different from finding nothing: there are other
 * sources. */
static enum answer
look_up(const struct errand *errand, int to_parent)
{
	const char *user = errand->user;
	bool sent = true;
	char *password =
		library.lookup(&msmtp_schema, NULL, NULL, "host", errand->host, "service",
			       "smtp", user ? "user" : NULL, user, NULL);

	if (!password)
		password = library.lookup(&network_schema, NULL, NULL, "server",
					  errand->host, "protocol", "smtp",
					  user ? "user" : NULL, user, NULL);
	if (password) {
		sent = write_all(to_parent, password, strlen(password));
		library.free(password);
	}
	return sent ? ANSWER_DONE : ANSWER_BROKEN;
}

/* Without a schema, as secret-tool does, which msmtp's manual recommends: the service
 * takes passwords of different schemas for different ones, and would keep both. Tells the
 * reason on TO_PARENT when the service refuses. */
static enum answer
store(const struct errand *errand, int to_parent)
{
	GHashTable *attributes =
		library.attributes(&msmtp_schema, "host", errand->host, "service", "smtp",
				   "user", errand->user, NULL);
	SecretValue *value = library.value(errand->stored->at,
					   (gssize)errand->stored->len, "text/plain");
	GError *trouble = NULL;

	if (library.store(NULL, NULL, attributes, SECRET_COLLECTION_DEFAULT,
			  errand->label, value, NULL, &trouble))
		return ANSWER_DONE;
	if (trouble && trouble->message)
		(void)!write_all(to_parent, trouble->message, strlen(trouble->message));
	return ANSWER_REFUSED;
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
 * leave copies behind. *LATE: it was ended, and nothing is known. */
static bool
send_child(const struct errand *errand, struct buf *heard, enum answer *answer,
	   bool *late, struct error *err)
{
	CLEANUP(close_file) int from_child = -1;
	CLEANUP(close_file) int to_parent = -1;
	unsigned patience = errand->stored ? STORE_PATIENCE : PATIENCE;
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
	result = process_hear(child, from_child, deadline_in(patience), heard, &status);
	*late = result == PROCESS_LATE;
	*answer = result == PROCESS_ENDED && WIFEXITED(status)
			  ? (enum answer)WEXITSTATUS(status)
			  : ANSWER_BROKEN;
	return true;
}

static bool
fail_late(const char *host, const char *user, struct error *err)
{
	fail(err, FAULT_LOGIN,
	     _("cannot get the password for %s at %s from the keyring: it did "
	       "not answer within %d seconds, perhaps because it is locked"),
	     user ? clean_text(err->arena, span_of(user)) : "?",
	     clean_text(err->arena, span_of(host)), PATIENCE);
	return fail_hint(err, _("Unlock the keyring, or name another source of the "
				"password, such as passwordeval"));
}

bool
keyring_find(const char *host, const char *user, struct secret *secret, struct error *err)
{
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	const struct errand errand = { .host = host, .user = user };
	enum answer answer;
	bool late;

	/* D-Bus knows UTF-8 only. */
	if (!has_session_bus() || !is_utf8(span_of(host)) || !is_utf8(span_of(user)))
		return true;
	if (!send_child(&errand, &heard, &answer, &late, err))
		return false;
	if (late)
		return fail_late(host, user, err);
	if (answer == ANSWER_DONE && heard.len)
		secret_set(secret, buf_span(&heard));
	return true;
}

/* Every reason why nothing was stored, in one sentence each. */
static bool
fail_store(enum answer answer, bool late, const struct buf *heard, struct error *err)
{
	if (late)
		fail(err, FAULT_LOGIN,
		     _("cannot keep the password in the keyring: it did not answer within "
		       "%d seconds, perhaps because it is locked"),
		     STORE_PATIENCE);
	else if (answer == ANSWER_NO_LIBRARY)
		fail(err, FAULT_UNSUPPORTED,
		     _("cannot keep the password in the keyring: the library %s is not "
		       "installed"),
		     SONAME);
	else if (answer == ANSWER_REFUSED && heard->len)
		fail(err, FAULT_LOGIN, _("cannot keep the password in the keyring: %s"),
		     clean_text(err->arena, buf_span(heard)));
	else
		fail(err, FAULT_LOGIN,
		     _("cannot keep the password in the keyring: it gave no answer"));
	return false;
}

bool
keyring_store(const char *host, const char *user, const struct secret *secret,
	      struct error *err)
{
	CLEANUP(release_buf) struct buf heard = { 0 };
	struct errand errand = { .host = host, .user = user, .stored = secret };
	enum answer answer;
	bool late;

	if (!has_session_bus())
		return fail(err, FAULT_UNSUPPORTED,
			    _("cannot keep the password in the keyring: there is no "
			      "session bus (D-Bus)"));
	if (!is_utf8(span_of(host)) || !is_utf8(span_of(user)) ||
	    !is_utf8((struct span){ secret->at, secret->len }))
		return fail(err, FAULT_UNSUPPORTED,
			    _("cannot keep the password in the keyring: it takes nothing "
			      "but UTF-8"));
	/* TRANSLATORS: the name that the keyring's window shows for a password. */
	errand.label = arena_printf(err->arena, _("mail of %s by %s"), user, host);
	return send_child(&errand, &heard, &answer, &late, err) &&
	       ((!late && answer == ANSWER_DONE) ||
		fail_store(answer, late, &heard, err));
}

#else

bool
keyring_find(const char *host, const char *user, struct secret *secret, struct error *err)
{
	(void)host;
	(void)user;
	(void)secret;
	(void)err;
	return true;
}

bool
keyring_store(const char *host, const char *user, const struct secret *secret,
	      struct error *err)
{
	(void)host;
	(void)user;
	(void)secret;
	return fail(err, FAULT_UNSUPPORTED,
		    _("cannot keep the password in the keyring: this program was built "
		      "without libsecret"));
}

#endif
