/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints an account for an address. */
#include "app/configure.h"

#include "mail/address.h"
#include "mail/domain.h"
#include "net/records.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
find_service(const char *service, const char *domain, struct dns_record *server,
	     struct error *err)
{
	const char *name = arena_printf(err->arena, "%s.%s", service, domain);
	struct records records;

	if (!records_find(RECORD_SRV, name, &records, err))
		return false;
	*server = records.items[0];
	return true;
}

static bool
find_server(const char *domain, struct dns_record *server, bool *implicit,
	    struct error *err)
{
	struct error first = { .arena = err->arena };

	*implicit = find_service("_submissions._tcp", domain, server, &first);
	if (*implicit)
		return true;
	if (first.fault != FAULT_NO_HOST) {
		*err = first;
		return false;
	}
	if (find_service("_submission._tcp", domain, server, err))
		return true;
	return fail_hint(err, _("Ask your provider for the name of the server, and set "
				"host to it."));
}

static const char *
file_name(struct run *run)
{
	const char *home = secure_getenv("HOME");

	return arena_printf(run->arena, "%s/%s", home ? home : "~",
			    run->request->dialect == DIALECT_MSMTP
				    ? ".msmtprc"
				    : ".config/postrider/config");
}

bool
show_configuration(struct run *run, struct error *err)
{
	const char *address = run->request->topic, *at = strrchr(address, '@');
	const char *domain = NULL;
	struct dns_record server = { .host = "" };
	struct address_list list;
	bool implicit;

	if (!at || at == address || !at[1] ||
	    !address_list_parse(run->arena, span_of(address), &list, err) ||
	    list.count != 1 || !domain_to_ascii(run->arena, at + 1, &domain, err)) {
		error_clear(err);
		return fail(err, FAULT_DATA, _("\"%s\" is no mail address"),
			    clean_text(run->arena, span_of(address)));
	}
	if (!find_server(domain, &server, &implicit, err))
		return false;
	printf(_("# - copy this to your configuration file %s\n"), file_name(run));
	/* "mail.example.org" for "example.org": then nobody can have bent the answer to
	 * a server of another owner, whose certificate would be as good (RFC 6186 6). */
	if (!host_is_below(server.host, domain))
		puts(_("# - warning: the host does not match the mail domain; please check"));
	puts(_("# - add your password to the key ring:"));
	printf("#   secret-tool store --label=msmtp host %s service smtp user %s\n",
	       server.host, address);
	/* Nearly all providers want the whole address for a user name. */
	printf("account %s\nhost %s\nport %u\ntls on\ntls_starttls %s\nauth on\nuser %s\n"
	       "from %s\n",
	       address, server.host, server.port, implicit ? "off" : "on", address,
	       address);
	return true;
}
