/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of mail providers, providers.txt: where their submission servers are, and what
 * people stumble over. */
#ifndef CONF_PROVIDERS_H
#define CONF_PROVIDERS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

enum user_form {
	USER_ADDRESS,
	USER_LOCAL,	   /* what stands before the @ */
	USER_LOCAL_DOMAIN, /* local.domain */
	USER_FIXED,
	USER_ASK /* nobody can guess it */
};

enum secret_form {
	SECRET_PASSWORD = 1 << 0,
	SECRET_APP_PASSWORD = 1 << 1, /* made on the help page */
	SECRET_KEY = 1 << 2,	      /* of an API */
	SECRET_OAUTH = 1 << 3
};

enum { PROVIDER_NOTES_MAX = 4 };

/* A row. The texts are views of the table, which lives as long as the arena. */
struct mail_provider {
	struct span name;
	struct span domains, mx; /* words */
	const char *host;	 /* NULL: there is no server to submit mail to */
	bool host_is_mx;	 /* … is the MX host */
	unsigned port; /* 465: TLS from the start, others STARTTLS; 0: 465, 587 */
	enum user_form user;
	const char *fixed_user;		       /* of USER_FIXED */
	unsigned secrets;		       /* of enum secret_form */
	enum secret_form first;		       /* the simplest of them; 0: none */
	const char *notes[PROVIDER_NOTES_MAX]; /* sentences, N_(); NULL behind the last */
	const char *help;		       /* URL; NULL: none */
};

struct providers {
	struct mail_provider *items;
	size_t count;
};

/* The rows of the system's file, if there is one, then those that are built in.
 * FAULT_CONFIG with file and line for a row of that file that is wrong. */
bool providers_read(struct arena *arena, struct providers *providers,
		    struct error *err) MUST_CHECK;
/* Adds the rows of a text; PATH is for sentences. */
bool providers_add(struct arena *arena, struct span text, const char *path,
		   struct providers *providers, struct error *err) MUST_CHECK;

/* Each NULL when there is none. The domain and the hosts are A-labels in lower case. */
const struct mail_provider *provider_of_domain(const struct providers *providers,
					       const char *domain);
const struct mail_provider *provider_of_mx(const struct providers *providers,
					   const char *mx);
/* On this machine a provider's bridge is known by its port. */
const struct mail_provider *provider_of_host(const struct providers *providers,
					     const char *host, unsigned port);

/* What the user name is for a mail address; NULL when it has to be asked for. */
const char *user_of_form(struct arena *arena, enum user_form form, const char *fixed,
			 const char *address);
/* The built-in table as it is. */
extern const char providers_text[];

#endif
