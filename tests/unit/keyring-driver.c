/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keyring-driver HOST USER: stores the password that comes on standard input. Says "yes",
 * or "no", a word for the fault and the sentence. */
#include "base/file.h"
#include "secret/keyring.h"

#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	CLEANUP(secret_wipe) struct buf typed = { 0 };
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct secret password = { 0 };

	if (argc != 3 || !read_to_end(STDIN_FILENO, 65536, &typed))
		return 64;
	secret_set(&password, buf_span(&typed));
	if (keyring_store(argv[1], argv[2], &password, &err))
		puts("yes");
	else
		printf("no %s %s\n", fault_word(err.fault), err.what);
	secret_release(&password);
	arena_release(&arena);
	return 0;
}
