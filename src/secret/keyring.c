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

enum { PATIENCE = 5 /* s */, MOST = 64 * 1024 };

LAZY_NOTE("secret", "Passwords from the keyring of the desktop", "recommended", SONAME);

static struct {
	__typeof__(&secret_password_lookup_nonpageable_sync) lookup;
	__typeof__(&secret_password_free) free;
} library;

static const struct lazy_symbol symbols[] = {
	{ "secret_password_lookup_nonpageable_sync", &library.lookup },
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

/* ---- in the child ---- */

/* The service's own trouble is no different from finding nothing: there are other
 * sources. */
static char *
look_up(const char *host, const char *user)
{
	char *password =
		library.lookup(&msmtp_schema, NULL, NULL, "host", host, "service", "smtp",
			       user ? "user" : NULL, user, NULL);

	if (password)
		return password;
	return library.lookup(&network_schema, NULL, NULL, "server", host, "protocol",
			      "smtp", user ? "user" : NULL, user, NULL);
}

/* Answers on TO_PARENT: nothing, or the password. */
static _Noreturn void
answer(const char *host, const char *user, int to_parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char *password;

	/* GLib's warnings are none of ours, and the message is none of its business. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(EXIT_FAILURE);
	prctl(PR_SET_DUMPABLE, 0);
	if (!lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0])))
		_exit(EXIT_SUCCESS);
	password = look_up(host, user);
	if (password && !write_all(to_parent, password, strlen(password)))
		_exit(EXIT_FAILURE);
	if (password)
		library.free(password);
	_exit(EXIT_SUCCESS);
}

/* ---- in the parent ---- */

static bool
hear(pid_t child, int from_child, struct secret *secret)
{
	CLEANUP(secret_wipe) struct buf heard = { 0 };
	enum process_result result;
	int status = 0;

	/* At once in full, since growing would leave copies behind. */
	buf_reserve(&heard, MOST);
	result = process_hear(child, from_child, deadline_in(PATIENCE), &heard, &status);
	if (result == PROCESS_LATE)
		return false;
	if (result == PROCESS_ENDED && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EXIT_SUCCESS && heard.len)
		secret_set(secret, buf_span(&heard));
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
	CLEANUP(close_file) int from_child = -1;
	CLEANUP(close_file) int to_parent = -1;
	int ends[2];
	pid_t child;

	/* D-Bus knows UTF-8 only. */
	if (!has_session_bus() || !is_utf8(span_of(host)) || !is_utf8(span_of(user)))
		return true;
	if (!process_pipe(ends))
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot make a pipe to ask the keyring"));
	from_child = ends[0];
	to_parent = ends[1];
	child = process_fork();
	if (child < 0)
		return fail_errno(err, FAULT_SYSTEM,
				  _("cannot start a process to ask the keyring"));
	if (child == 0)
		answer(host, user, to_parent);
	close_file(&to_parent);
	return hear(child, from_child, secret) || fail_late(host, user, err);
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

#endif
