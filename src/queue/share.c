/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the meeting place, decides who leads, and carries what they say. */
#include "queue/share.h"

#include "base/clock.h"
#include "base/file.h"
#include "conf/settings.h"
#include "net/digest.h"
#include "queue/keep.h"
#include "queue/record.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PIECE = 16 * 1024,
	SAYING = 1000 /* ms for a few octets */
};

/* ---- the place ---- */

/* Only those meet whose every setting is the same, which may say how the server is spoken
 * to, and whose language is, as the server's replies come with sentences of ours. Secrets
 * show as "*": names of sockets can be read by everybody. */
static void
make_name(struct share *share, const struct account_key *key,
	  const struct account *account)
{
	CLEANUP(release_buf) struct buf text = { 0 };
	const char *locale = setlocale(LC_MESSAGES, NULL);
	const char *language = getenv("LANGUAGE");
	char tag[TAG_DIGITS + 1], hex[DIGEST_HEX + 1];

	buf_printf(&text, "%s\n%s\n%s\n", PACKAGE_VERSION, locale ? locale : "",
		   language ? language : "");
	for (size_t row = 0; row < settings_count; row++) {
		const struct kind *kind = settings[row].kind;

		kind->print(kind, (const char *)account + settings[row].at, &text);
		buf_add_char(&text, '\n');
	}
	account_tag(key, tag);
	digest_hex(buf_span(&text), hex);
	snprintf(share->name, sizeof(share->name), "%s-%.*s", tag, (int)SHARE_DIGITS,
		 hex);
}

static bool
is_ours(int folder)
{
	struct stat info;

	return fstat(folder, &info) == 0 && S_ISDIR(info.st_mode) &&
	       info.st_uid == geteuid() && (info.st_mode & 077) == 0;
}

/* The folder in RUNTIME, which has to be ours if there is anything to be made. */
static int
open_folder(const char *runtime)
{
	char path[256];
	struct stat info;
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, folder;
	int len = snprintf(path, sizeof(path), "%s/postrider", runtime);

	if (len < 0 || (size_t)len >= sizeof(path))
		return -1;
	folder = open(path, flags);
	if (folder < 0 && errno == ENOENT && stat(runtime, &info) == 0 &&
	    info.st_uid == geteuid() && mkdir(path, 0700) == 0)
		folder = open(path, flags);
	if (folder >= 0 && !is_ours(folder))
		close_file(&folder);
	return folder;
}

bool
share_open(struct share *share, const struct account_key *key,
	   const struct account *account)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char usual[64] = "/run";

	*share = SHARE_NOWHERE;
	if (geteuid() != 0)
		snprintf(usual, sizeof(usual), "/run/user/%lu", (unsigned long)geteuid());
	if (runtime && *runtime == '/')
		share->folder = open_folder(runtime);
	if (share->folder < 0)
		share->folder = open_folder(usual);
	if (share->folder < 0)
		return false;
	make_name(share, key, account);
	return true;
}

/* ---- who leads ---- */

/* A path through the folder's descriptor: it is short, and nobody can lead it elsewhere. */
static struct sockaddr_un
address_of(const struct share *share)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s.sock",
		 share->folder, share->name);
	return address;
}

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void
remove_socket(const struct share *share)
{
	char file[SHARE_NAME + sizeof(".sock")];

	snprintf(file, sizeof(file), "%s.sock", share->name);
	unlinkat(share->folder, file, 0);
}

static bool
listen_there(struct share *share)
{
	struct sockaddr_un address = address_of(share);
	const struct sockaddr *name = (const struct sockaddr *)(const void *)&address;
	int bound;

	share->listener = new_socket();
	if (share->listener < 0)
		return false;
	bound = bind(share->listener, name, sizeof(address));
	if (bound != 0 && errno == EADDRINUSE) {
		/* Of somebody who was ended. */
		remove_socket(share);
		bound = bind(share->listener, name, sizeof(address));
	}
	if (bound == 0 && listen(share->listener, SOMAXCONN) == 0)
		return true;
	close_file(&share->listener);
	return false;
}

enum share_role
share_lead(struct share *share)
{
	char file[SHARE_NAME + sizeof(".lock")];

	snprintf(file, sizeof(file), "%s.lock", share->name);
	share->lock = openat(share->folder, file,
			     O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (share->lock < 0)
		return SHARE_ALONE;
	if (flock(share->lock, LOCK_EX | LOCK_NB) != 0) {
		bool taken = errno == EWOULDBLOCK;

		close_file(&share->lock);
		return taken ? SHARE_FOLLOWS : SHARE_ALONE;
	}
	if (listen_there(share))
		return SHARE_LEADS;
	close_file(&share->lock);
	return SHARE_ALONE;
}

static bool
is_same_user(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       peer.uid == geteuid();
}

int
share_connect(const struct share *share)
{
	struct sockaddr_un address = address_of(share);
	int fd = new_socket();

	if (fd >= 0 && (connect(fd, (const struct sockaddr *)(const void *)&address,
				sizeof(address)) != 0 ||
			!is_same_user(fd)))
		close_file(&fd);
	return fd;
}

int
share_accept(const struct share *share, int wait)
{
	struct pollfd ready = { .fd = share->listener, .events = POLLIN };

	while (share->listener >= 0) {
		struct sockaddr_un nameless;
		socklen_t len = sizeof(nameless);
		int fd = accept4(share->listener, (struct sockaddr *)(void *)&nameless,
				 &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0 && is_same_user(fd))
			return fd;
		if (fd >= 0)
			close(fd);
		else if (errno != EAGAIN || poll(&ready, 1, wait) <= 0)
			break;
	}
	return -1;
}

/* Those who wait hear of it when the listener is closed, and find the lock free soon after.
 * A process that was forked may hold both still: nothing is unlocked, only closed. */
void
share_resign(struct share *share)
{
	if (share->listener >= 0)
		remove_socket(share);
	close_file(&share->listener);
	close_file(&share->lock);
}

void
share_close(struct share *share)
{
	share_resign(share);
	close_file(&share->folder);
}

/* ---- what is said ---- */

static bool
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd wanted = { .fd = fd, .events = events };
	int ready;

	do
		ready = poll(&wanted, 1, deadline_left(deadline));
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

static int64_t
deadline_of(int wait)
{
	return wait < 0 ? DEADLINE_NEVER : now_us() + (int64_t)wait * 1000;
}

/* Room for two descriptors. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(2 * sizeof(int))];
};

static size_t
pack_files(struct msghdr *message, const int files[2])
{
	size_t count = files && files[0] >= 0 ? (files[1] >= 0 ? 2 : 1) : 0;
	struct cmsghdr *head = message->msg_control;

	message->msg_controllen = count ? CMSG_SPACE(count * sizeof(int)) : 0;
	if (!count)
		return 0;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(head), files, count * sizeof(int));
	return count;
}

bool
share_say(int fd, struct span text, const int files[2], int wait)
{
	int64_t deadline = deadline_of(wait);
	union control control = { 0 };

	while (text.len) {
		struct iovec bytes = { (void *)(uintptr_t)text.at, text.len };
		struct msghdr message = {
			.msg_iov = &bytes,
			.msg_iovlen = 1,
			.msg_control = &control,
		};
		ssize_t sent;

		pack_files(&message, files);
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!wait_for(fd, POLLOUT, deadline))
				return false;
			continue;
		}
		if (sent < 0)
			return false;
		files = NULL;
		text = span_part(text, (size_t)sent, text.len);
	}
	return true;
}

bool
share_say_word(int fd, const char *word)
{
	CLEANUP(release_buf) struct buf text = { 0 };

	record_add(&text, word, SPAN(""));
	return share_say(fd, buf_span(&text), NULL, SAYING);
}

/* What was not asked for is closed. */
static void
unpack_files(struct msghdr *message, int files[2])
{
	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head;
	     head = CMSG_NXTHDR(message, head)) {
		size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int one;

			memcpy(&one, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
			if (files && i < 2 && files[i] < 0)
				files[i] = one;
			else
				close(one);
		}
	}
}

bool
share_hear(int fd, struct buf *heard, int files[2], int wait)
{
	int64_t deadline = deadline_of(wait);
	union control control = { 0 };
	struct iovec bytes = { buf_reserve(heard, PIECE), PIECE };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	ssize_t got;

	do {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 &&
		 (errno == EINTR || (errno == EAGAIN && wait_for(fd, POLLIN, deadline))));
	if (got < 0)
		return false;
	unpack_files(&message, files);
	heard->len += (size_t)got;
	heard->at[heard->len] = '\0';
	return got > 0;
}
