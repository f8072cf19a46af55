/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks ahead. */
#include "secret/outlook.h"

#include "base/file.h"
#include "secret/keyring.h"
#include "secret/netrc.h"

#include <string.h>

static bool
look_for_any(const struct secret_policy *policy, struct outlook *outlook,
	     struct error *err)
{
	CLEANUP(secret_release) struct secret found = { 0 };
	bool ok = netrc_search(policy->host, policy->user, &found, err);
	size_t count = 0;

	if (keyring_may_be_asked())
		outlook->sources[count++] = "keyring";
	outlook->sources[count] = found.at || !ok ? "netrc" : "prompt";
	return ok;
}

static const char *
place_of(const struct secret_policy *policy, const char *source)
{
	if (strcmp(source, "password_file") == 0)
		return policy->password_file;
	if (strcmp(source, "password_credential") == 0)
		return policy->password_credential;
	return strcmp(source, "password_key") == 0 ? policy->password_key : NULL;
}

bool
secret_outlook(const struct secret_policy *policy, struct outlook *outlook,
	       struct error *err)
{
	const char *source = secret_source(policy);
	struct finder finder = { 0 };
	const struct secret *secret;
	bool ok;

	*outlook = (struct outlook){ .sources = { source } };
	if (!source)
		return look_for_any(policy, outlook, err);
	outlook->place = place_of(policy, source);
	if (!outlook->place)
		return true;
	ok = finder_start(&finder, policy, err) && finder_take(&finder, &secret, err);
	finder_release(&finder);
	return ok;
}
