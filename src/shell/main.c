/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs when postrider is built: writes the file for the shell or editor that is named. */
#include "shell/bash.h"
#include "shell/fish.h"
#include "shell/vim.h"
#include "shell/zsh.h"

#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(FILE *out);
	} files[] = {
		{ "bash", write_bash },
		{ "zsh", write_zsh },
		{ "fish", write_fish },
		{ "vim", write_vim },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(argv[1], files[i].name) == 0) {
			files[i].write(stdout);
			return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	return EXIT_FAILURE;
}
