/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads msmtpq's folder. */
#include "app/import.h"

#include "base/file.h"
#include "queue/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64 * 1024 /* octets */ };

/* One pair of files. */
struct pair {
	struct run *run; /* of the command */
	int folder;
	const char *mail, *arguments; /* names of the files */
};

/* The words of the file, behind ours: kept, not sent, whatever the account says. */
static bool
read_arguments(const struct pair *pair, struct arena *arena, char ***argv, int *argc,
	       struct error *err)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	CLEANUP(close_file)
	int fd = openat(pair->folder, pair->arguments, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct span rest, word;

	if (fd < 0 || !read_to_end(fd, ARGUMENTS_MAX, &text))
		return fail_errno(err, FAULT_NO_INPUT, _("%s cannot be read"),
				  pair->arguments);
	*argv = arena_array(arena, char *, text.len + 5);
	(*argv)[0] = arena_string(arena, "msmtp");
	(*argv)[1] = arena_string(arena, "--queue=on");
	(*argv)[2] = arena_string(arena, "-odq");
	*argc = 3;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\n' || !text.at[i])
			text.at[i] = ' ';
	rest = span_trim(buf_span(&text));
	while (rest.len) {
		word = span_word(&rest);
		if (word.len)
			(*argv)[(*argc)++] = span_string(arena, word);
	}
	return true;
}

/* The message is standard input, as it was for msmtpq. */
static bool
open_mail(const struct pair *pair, struct error *err)
{
	CLEANUP(close_file)
	int fd = openat(pair->folder, pair->mail, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return (fd >= 0 && dup2(fd, STDIN_FILENO) >= 0) ||
	       fail_errno(err, FAULT_NO_INPUT, _("%s cannot be read"), pair->mail);
}

/* The queue has it; msmtpq must not send it as well. */
static bool
remove_pair(const struct pair *pair, struct error *err)
{
	return (unlinkat(pair->folder, pair->mail, 0) == 0 &&
		unlinkat(pair->folder, pair->arguments, 0) == 0 &&
		sync_folder(pair->folder)) ||
	       fail_errno(
		       err, FAULT_IO,
		       _("%s was taken over, but it cannot be removed, and msmtpq will "
			 "send it as well"),
		       pair->mail);
}

static bool
import_pair(const struct pair *pair, struct error *err)
{
	struct arena arena = { 0 };
	struct error inner = { .arena = &arena };
	struct request request = { 0 };
	struct run run = {
		.arena = &arena,
		.request = &request,
		.reporter = pair->run->reporter,
	};
	char **argv = NULL;
	int argc = 0;
	bool ok = read_arguments(pair, &arena, &argv, &argc, &inner) &&
		  options_read(&arena, argc, argv, &request, &inner) &&
		  open_mail(pair, &inner);

	if (ok && !request.config_file)
		request.config_file = pair->run->request->config_file;
	ok = ok && send_message(&run, &inner);
	run_disconnect(&run);
	run_release(&run);
	if (!ok) {
		report_line(pair->run->reporter, "%s: %s", pair->mail, inner.what);
		fail(err, inner.fault, _("%s stays where it is"), pair->mail);
	}
	arena_release(&arena);
	return ok && remove_pair(pair, err);
}

bool
import_folder(struct run *run, const char *path, struct error *err)
{
	static const char ending[] = ".mail";
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = folder >= 0 ? fdopendir(folder) : NULL;
	const struct dirent *file;
	bool ok = true;

	if (!all) {
		close_file(&folder);
		return fail_errno(err, FAULT_NO_INPUT, _("%s cannot be read"), path);
	}
	/* Another import of the same folder is waited for, and leaves nothing. */
	while (flock(folder, LOCK_EX) != 0 && errno == EINTR)
		;
	while ((file = readdir(all))) {
		struct pair pair = { run, folder, file->d_name, NULL };
		size_t len = strlen(file->d_name), stem = len - (sizeof(ending) - 1);

		if (len < sizeof(ending) || strcmp(file->d_name + stem, ending) != 0)
			continue;
		pair.arguments =
			arena_printf(run->arena, "%.*s.msmtp", (int)stem, file->d_name);
		ok = import_pair(&pair, err) && ok;
	}
	closedir(all);
	return ok;
}
