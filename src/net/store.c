/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the authorities that are trusted, and lets the library read few of them. */
#include "net/store.h"

#include "base/file.h"
#include "net/anchors.h"

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum {
	BUNDLE_MAX = 8 << 20, /* a larger one is left to the library */
	CHAIN_MAX = 16
};

static bool
is_system(const char *path)
{
	return strcmp(path, "system") == 0;
}

/* The library says only "error while reading file", so errno is asked for first. */
bool
store_can_read(const char *path, const char *sentence, struct error *err)
{
	CLEANUP(close_file) int fd = -1;

	if (gnutls.url_is_supported(path))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		return true;
		/* The format is one of ours, and the translation's is checked by
		 * msgfmt. */
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
static bool
read_bundle(const char *path, struct buf *out)
{
	CLEANUP(close_file)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    status.st_size > BUNDLE_MAX)
		return false;
	buf_reserve(out, (size_t)status.st_size + 1);
	return read_to_end(fd, BUNDLE_MAX, out) &&
	       memmem(out->at, out->len, SPAN("-----BEGIN ").at, 11);
}

bool
store_open(struct store *store, gnutls_certificate_credentials_t credentials,
	   const char *path, struct error *err)
{
	const char *file = store_file(path);

	*store = (struct store){ .credentials = credentials, .path = path };
	if (file && read_bundle(file, &store->bundle))
		return true;
	return store_give_all(store, err);
}

bool
store_give(struct store *store, const gnutls_datum_t *chain, unsigned count,
	   struct error *err)
{
	CLEANUP(release_buf) struct buf picked = { 0 };
	struct span certificates[CHAIN_MAX];
	gnutls_datum_t pem;

	if (!store_has_more(store))
		return true;
	for (unsigned i = 0; i < count && i < CHAIN_MAX; i++)
		certificates[i] =
			(struct span){ (const char *)chain[i].data, chain[i].size };
	if (count > CHAIN_MAX ||
	    !anchors_pick(buf_span(&store->bundle), certificates, count, &picked))
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
	return store->bundle.len > 0;
}

bool
store_give_all(struct store *store, struct error *err)
{
	buf_release(&store->bundle);
	return store_load(store->credentials, store->path, err);
}

void
store_close(struct store *store)
{
	buf_release(&store->bundle);
}
