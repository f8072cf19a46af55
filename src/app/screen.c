/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures the terminal. */
#include "app/screen.h"

#include "base/text.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80, LEAST_WIDTH = 40 };

size_t
screen_width(void)
{
	const char *told = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (told && span_number(span_of(told), &number) && number >= LEAST_WIDTH &&
	    number < 1000)
		return (size_t)number;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= LEAST_WIDTH)
		return size.ws_col;
	return USUAL_WIDTH;
}
