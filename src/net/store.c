/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the authorities that are trusted, and lets the library read few of them. */
#include "net/store.h"

#include "base/file.h"
#include "net/anchors.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEN_AT_ONCE = 32 * 1024 }; /* more than a certificate and the comment before it */

static bool
is_system(const char *path)
{
	return strcmp(path, "system") == 0;
}

/* The library says only "error while reading file", so errno is asked for first. The
 * sentence is one of ours, and its translations are checked by msgfmt. */
bool
store_can_read(const char *path, const char *sentence, struct error *err)
{
	CLEANUP(close_file) int fd = -1;

	if (gnutls.url_is_supported(path))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		return true;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return fail_errno(err, FAULT_NO_INPUT, sentence, path);
#pragma GCC diagnostic pop
}

bool
store_load(gnutls_certificate_credentials_t credentials, const char *path,
	   struct error *err)
{
	int count;

	if (is_system(path)) {
		count = gnutls.certificate_set_x509_system_trust(credentials);
		if (count > 0)
			return true;
		fail(err, FAULT_CONFIG,
		     _("This system has no list of trusted certificates"));
		return fail_hint(
			err,
			_("Install the package ca-certificates, or set tls_trust_file"));
	}
	if (!store_can_read(path, _("Cannot read the trusted certificates in %s"), err))
		return false;
	count = gnutls.certificate_set_x509_trust_file(credentials, path,
						       GNUTLS_X509_FMT_PEM);
	if (count > 0)
		return true;
	return fail(err, FAULT_CONFIG,
		    _("There are no usable certificates in the trust file %s: %s"), path,
		    count ? gnutls.strerror(count) : _("it is empty"));
}

/* ---- little by little ---- */

const char *
store_file(const char *path)
{
	if (!path || gnutls.url_is_supported(path))
		return NULL;
	if (!is_system(path))
		return path;
	return *SYSTEM_TRUST_FILE ? SYSTEM_TRUST_FILE : NULL;
}

/* A pipe could not be read once more by the library, and a folder not at all. */
static int
open_bundle(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd >= 0 &&
	    (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0))
		close_file(&fd);
	return fd;
}

bool
store_open(struct store *store, gnutls_certificate_credentials_t credentials,
	   const char *path, struct error *err)
{
	const char *file = store_file(path);

	*store = (struct store){ .credentials = credentials, .path = path };
	store->fd = file ? open_bundle(file) : -1;
	return store_has_more(store) || store_give_all(store, err);
}

/* Looks through the bundle, of which little is in memory at a time. */
static bool
pick(const struct store *store, const struct anchors *anchors, struct buf *picked)
{
	CLEANUP(release_buf) struct buf seen = { 0 };

	while (seen.len < SEEN_AT_ONCE) {
		char *room = buf_reserve(&seen, SEEN_AT_ONCE - seen.len);
		ssize_t got = read(store->fd, room, SEEN_AT_ONCE - seen.len);
		struct span rest;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		seen.len += (size_t)got;
		seen.at[seen.len] = '\0';
		rest = buf_span(&seen);
		if (!anchors_pick(anchors, &rest, got > 0, picked))
			return false;
		if (got == 0)
			return picked->len > 0;
		buf_drop(&seen, seen.len - rest.len);
	}
	return false;
}

bool
store_give(struct store *store, const gnutls_datum_t *chain, unsigned count,
	   struct error *err)
{
	CLEANUP(release_buf) struct buf picked = { 0 };
	struct span certificates[ANCHORS_CHAIN_MAX];
	struct anchors anchors;
	gnutls_datum_t pem;

	if (!store_has_more(store))
		return true;
	for (unsigned i = 0; i < count && i < ANCHORS_CHAIN_MAX; i++)
		certificates[i] =
			(struct span){ (const char *)chain[i].data, chain[i].size };
	if (!anchors_of(&anchors, certificates, count) || !pick(store, &anchors, &picked))
		return store_give_all(store, err);
	pem.data = (unsigned char *)picked.at;
	pem.size = (unsigned)picked.len;
	return gnutls.certificate_set_x509_trust_mem(store->credentials, &pem,
						     GNUTLS_X509_FMT_PEM) > 0 ||
	       store_give_all(store, err);
}

bool
store_has_more(const struct store *store)
{
	return store->fd >= 0;
}

bool
store_give_all(struct store *store, struct error *err)
{
	store_close(store);
	return store_load(store->credentials, store->path, err);
}

void
store_close(struct store *store)
{
	close_file(&store->fd);
}
