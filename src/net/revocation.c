/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads lists of revoked certificates that are current. */
#include "net/revocation.h"

#include "base/file.h"
#include "base/text.h"
#include "net/store.h"
#include "net/verdict.h"

#include <time.h>

struct lists {
	gnutls_x509_crl_t *items;
	unsigned count;
};

static void
release_lists(struct lists *lists)
{
	for (unsigned i = 0; i < lists->count; i++)
		gnutls.x509_crl_deinit(lists->items[i]);
	(*gnutls.free)(lists->items);
}

static bool
read_lists(const char *path, struct lists *lists, struct error *err)
{
	gnutls_datum_t text = { 0 };
	int problem = gnutls.load_file(path, &text);

	if (problem >= 0)
		problem = gnutls.x509_crl_list_import2(&lists->items, &lists->count,
						       &text, GNUTLS_X509_FMT_PEM, 0);
	(*gnutls.free)(text.data);
	if (problem >= 0 && lists->count)
		return true;
	return fail(err, FAULT_CONFIG, _("There is no usable revocation list in %s: %s"),
		    path, problem < 0 ? gnutls.strerror(problem) : _("it is empty"));
}

static bool
check_time(gnutls_x509_crl_t list, const char *path, struct error *err)
{
	time_t end = gnutls.x509_crl_get_next_update(list);
	gnutls_datum_t issuer = { 0 };

	if (end == (time_t)-1 || end >= time(NULL))
		return true;
	gnutls.x509_crl_get_issuer_dn3(list, &issuer, 0);
	fail(err, FAULT_CONFIG, _("The revocation list of %s in %s expired on %s"),
	     clean_text(err->arena,
			(struct span){ (const char *)issuer.data, issuer.size }),
	     path, verdict_date(err->arena, end));
	(*gnutls.free)(issuer.data);
	return fail_hint(err, _("Get the authority's newest list: nobody knows what was "
				"revoked since"));
}

bool
revocation_load(gnutls_certificate_credentials_t credentials, const char *path,
		struct error *err)
{
	CLEANUP(release_lists) struct lists lists = { 0 };

	if (!path)
		return true;
	if (!store_can_read(path, _("Cannot read the revocation list %s"), err) ||
	    !read_lists(path, &lists, err))
		return false;
	for (unsigned i = 0; i < lists.count; i++)
		if (!check_time(lists.items[i], path, err))
			return false;
	if (gnutls.certificate_set_x509_crl(credentials, lists.items, (int)lists.count) <
	    0)
		out_of_memory();
	return true;
}
