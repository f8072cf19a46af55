/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Speaks to the syslog daemon without waiting for it. */
#include "base/syslog.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 200 /* ms */ };

static int
connect_syslog(int type)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
					     .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)&address,
			       sizeof(address)) != 0)
		close_file(&fd);
	return fd;
}

/* Who has not read in time once is not waited for again. */
static bool
send_line(int fd, struct span line)
{
	static int patience = PATIENCE;
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	ssize_t sent = send(fd, line.at, line.len, MSG_NOSIGNAL);

	if (sent < 0 && errno == EAGAIN && poll(&ready, 1, patience) > 0)
		sent = send(fd, line.at, line.len, MSG_NOSIGNAL);
	else if (sent < 0 && errno == EAGAIN)
		patience = 0;
	return sent == (ssize_t)line.len;
}

void
syslog_tell(int priority, const char *tag, const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static int fd = -1;
	static bool stream;   /* there a NUL ends a line */
	static time_t missed; /* when there was no daemon */
	CLEANUP(release_buf) struct buf line = { 0 };
	time_t now = time(NULL);
	struct tm local = { 0 };

	if (now == missed || !localtime_r(&now, &local))
		return;
	buf_printf(&line, "<%d>%.3s %2d %02d:%02d:%02d %s[%ld]: %s", priority,
		   months + 3 * (local.tm_mon % 12), local.tm_mday, local.tm_hour,
		   local.tm_min, local.tm_sec, tag, (long)getpid(), text);
	/* It may have been started anew since the last line. */
	if (fd >= 0 && send_line(fd, (struct span){ line.at, line.len + stream }))
		return;
	close_file(&fd);
	fd = connect_syslog(SOCK_DGRAM);
	stream = fd < 0;
	if (stream)
		fd = connect_syslog(SOCK_STREAM);
	if (fd < 0)
		missed = now;
	else if (!send_line(fd, (struct span){ line.at, line.len + stream }))
		close_file(&fd);
}
