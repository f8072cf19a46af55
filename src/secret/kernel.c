/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the kernel for a key, by system calls that the C library does not wrap. */
#include "secret/kernel.h"

#include "base/file.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEY_MAX = 64 * 1024 };

/* The user's keyring is a part of the session's only where a login has made it so: not in
 * a service, nor under cron. A key of it can be read while a keyring of ours holds it:
 * that of the process, which ends with it. */
static long
find_key(const char *description)
{
	long key = syscall(SYS_request_key, "user", description, NULL, 0L);

	if (key >= 0 || errno != ENOKEY)
		return key;
	return syscall(SYS_keyctl, (long)KEYCTL_SEARCH, (long)KEY_SPEC_USER_KEYRING,
		       "user", description, (long)KEY_SPEC_PROCESS_KEYRING);
}

static bool
fail_key(const char *description, struct error *err)
{
	char *shown = clean_text(err->arena, span_of(description));
	bool missing = errno == ENOKEY;

	fail_errno(err, FAULT_CONFIG,
		   _("password_key gave nothing: cannot read the key \"%s\""), shown);
	return fail_hint(err,
			 missing ? arena_printf(err->arena,
						_("Store it: keyctl padd user \"%s\" @u"),
						shown)
				 : NULL);
}

bool
kernel_key_take(const char *description, struct secret *secret, struct error *err)
{
	CLEANUP(secret_wipe) struct buf text = { 0 };
	long key = find_key(description), len = -1;

	if (key >= 0)
		len = syscall(SYS_keyctl, (long)KEYCTL_READ, key,
			      buf_reserve(&text, KEY_MAX), (long)KEY_MAX);
	if (len > KEY_MAX) {
		errno = EFBIG;
		len = -1;
	}
	if (len < 0)
		return fail_key(description, err);
	text.len = (size_t)len;
	if (secret_set_line(secret, buf_span(&text)))
		return true;
	return fail(err, FAULT_CONFIG,
		    _("password_key gave nothing: the first line of the key \"%s\" is "
		      "empty or has a NUL byte"),
		    clean_text(err->arena, span_of(description)));
}
