/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes a password from the first line of a file. */
#include "secret/file.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_KIB = 64 };

mode_t
private_mode(const struct stat *info)
{
	return info->st_uid == 0 && info->st_gid != 0 ? 0740 : 0700;
}

bool
file_is_private(const struct stat *info, const char *path, struct error *err)
{
	unsigned mode = (unsigned)info->st_mode & 07777U;
	char *shown = clean_text(err->arena, span_of(path));

	if (info->st_uid != 0 && info->st_uid != getuid() && getuid() != 0)
		return fail(err, FAULT_CONFIG,
			    _("cannot take the password from %s: the file belongs "
			      "to user %u"),
			    shown, (unsigned)info->st_uid);
	if (!(info->st_mode & 077 & ~private_mode(info)))
		return true;
	fail(err, FAULT_CONFIG,
	     _("cannot take the password from %s: its mode %04o lets others "
	       "read it or write to it"),
	     shown, mode);
	return fail_hint(err, arena_printf(err->arena, _("Run: chmod 600 %s"), shown));
}

/* What is read, by which setting. */
struct source {
	const char *setting, *path, *shown;
	bool may_be_open; /* to others */
};

static bool
take(const struct source *source, struct secret *secret, struct error *err)
{
	/* Without O_NONBLOCK a FIFO of that name would hold us up. */
	CLEANUP(close_file)
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	CLEANUP(secret_wipe) struct buf file = { 0 };
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0)
		return fail_errno(err, FAULT_CONFIG, _("%s gave nothing: cannot read %s"),
				  source->setting, source->shown);
	if (!S_ISREG(info.st_mode))
		return fail(err, FAULT_CONFIG,
			    _("%s gave nothing: %s is no regular file"), source->setting,
			    source->shown);
	if (!source->may_be_open && !file_is_private(&info, source->path, err))
		return false;
	/* At once in full, with room for a last look, since growing would leave copies
	 * behind. */
	buf_reserve(&file, (size_t)MOST_KIB * 1024 + READ_PIECE);
	if (!read_to_end(fd, (size_t)MOST_KIB * 1024, &file))
		return fail_errno(err, FAULT_CONFIG, _("%s gave nothing: cannot read %s"),
				  source->setting, source->shown);
	if (secret_set_line(secret, buf_span(&file)))
		return true;
	return fail(err, FAULT_CONFIG,
		    _("%s gave nothing: the first line of %s is empty or has a NUL byte"),
		    source->setting, source->shown);
}

bool
file_take(const char *path, struct secret *secret, struct error *err)
{
	const struct source source = {
		.setting = "password_file",
		.path = path,
		.shown = clean_text(err->arena, span_of(path)),
	};

	return take(&source, secret, err);
}

bool
credential_take(const char *name, struct secret *secret, struct error *err)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	struct source source = { .setting = "password_credential", .may_be_open = true };

	if (!folder || !*folder) {
		fail(err, FAULT_CONFIG,
		     _("password_credential gave nothing: there are no credentials "
		       "here, since CREDENTIALS_DIRECTORY is not set"));
		return fail_hint(err,
				 _("Set LoadCredential or LoadCredentialEncrypted in "
				   "the unit that runs this; see systemd.exec(5)"));
	}
	source.path = arena_printf(err->arena, "%s/%s", folder, name);
	source.shown = clean_text(err->arena, span_of(source.path));
	return take(&source, secret, err);
}
