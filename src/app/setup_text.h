/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account of a setup as lines of a configuration. */
#ifndef APP_SETUP_TEXT_H
#define APP_SETUP_TEXT_H

#include "app/setup_server.h"
#include "conf/rewrite.h"

struct setup_page {
	struct config_line lines[SETTINGS_MAX]; /* no word twice */
	struct config_entry entry;
};

/* The command of msmtp that reads the password from FILE. */
const char *setup_password_command(struct arena *arena, const char *file);
/* The lines for the file of the setup, in the words of its dialect, without what says where
 * the password is unless that is KEPT_IN, a file. The page may not move afterwards. */
void setup_page(const struct setup *setup, const char *kept_in, struct setup_page *page);
/* The same as text. */
const char *setup_text(const struct setup *setup, const char *kept_in);

#endif
