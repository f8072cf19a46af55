/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows this host, its users and its aliases. */
#include "app/local.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names of this host ---- */

static const char *
first_line(struct arena *arena, const char *path)
{
	char line[256] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return NULL;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, " \t\r\n#")] = '\0';
	return line[0] ? arena_string(arena, line) : NULL;
}

enum { NAMES_MAX = 16 };

/* What the files of this host say, which are read once and only when they are needed. */
struct host_names {
	const char *mailname;	      /* NULL: it has none */
	const char *own;	      /* "": unknown */
	bool listed;		      /* what is below is known */
	const char *full;	      /* the own one with a domain; NULL: there is none */
	const char *canonical;	      /* first in a line with the own one; NULL: none */
	const char *names[NAMES_MAX]; /* that it goes by */
	size_t count;
};

static struct host_names *
this_host(struct run *run)
{
	char own[256] = "";

	if (run->host)
		return run->host;
	if (gethostname(own, sizeof(own) - 1) != 0)
		own[0] = '\0';
	run->host = arena_take(run->arena, sizeof(*run->host));
	*run->host = (struct host_names){
		.mailname = first_line(run->arena, "/etc/mailname"),
		.own = arena_string(run->arena, own),
	};
	return run->host;
}

static void
add_name(struct arena *arena, struct host_names *host, struct span name)
{
	name = span_trim(name);
	if (name.len && host->count < NAMES_MAX)
		host->names[host->count++] = span_string(arena, name);
}

/* Whether NAME is HOST with a domain. */
static bool
is_below(struct span name, struct span host)
{
	return name.len > host.len + 1 && name.at[host.len] == '.' &&
	       span_starts_with_word(name, host);
}

/* NAME if others can know a host by it; else NULL. */
static const char *
as_full_name(struct arena *arena, struct span name)
{
	struct error ignored = { .arena = arena };
	const char *domain;

	/* localhost6.localdomain6 is the name of every host. */
	if (span_starts_with_word(name, SPAN("localhost")))
		return NULL;
	if (!domain_to_ascii(arena, span_string(arena, name), &domain, &ignored)) {
		error_clear(&ignored);
		return NULL;
	}
	return strchr(domain, '.') ? domain : NULL;
}

/* Those of one line, behind the address. */
static void
add_host(struct arena *arena, struct host_names *host, struct span names)
{
	bool first = true, ours = false;

	for (struct span rest = names; rest.len && !ours;)
		ours = span_same_word(span_word(&rest), span_of(host->own));
	for (; ours && names.len; first = false) {
		struct span name = span_word(&names);
		const char **full = first ? &host->canonical : NULL;

		if (is_below(name, span_of(host->own)))
			full = &host->full;
		add_name(arena, host, name);
		if (full && !*full)
			*full = as_full_name(arena, name);
	}
}

/* The names that /etc/hosts has beside the host's own, such as the full one. A look-up
 * could wait for a name server; this does not. */
static void
add_from_hosts(struct arena *arena, struct host_names *host)
{
	FILE *file = fopen("/etc/hosts", "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) >= 0) {
		struct span rest =
			span_trim(span_part(span_of(line), 0, strcspn(line, "#")));

		span_word(&rest);
		add_host(arena, host, rest);
	}
	free(line);
	if (file)
		fclose(file);
}

/* The names that this host goes by. */
static void
list_names(struct arena *arena, struct host_names *host)
{
	host->listed = true;
	if (*host->own) {
		struct span own = span_of(host->own);

		add_name(arena, host, own);
		add_name(arena, host, span_part(own, 0, span_find(own, '.')));
		add_from_hosts(arena, host);
	}
	add_name(arena, host, span_of(host->mailname));
	add_name(arena, host, SPAN("localhost"));
	add_name(arena, host, SPAN("localhost.localdomain"));
}

/* What others may know this host by. Beside the own name with a domain, an alias in a line
 * of /etc/hosts may be anything; its first name is the full one by custom. */
static const char *
full_name(struct arena *arena, struct host_names *host)
{
	if (!*host->own)
		return NULL;
	if (strchr(host->own, '.'))
		return host->own;
	if (!host->listed)
		list_names(arena, host);
	if (host->full)
		return host->full;
	return host->canonical ? host->canonical : host->own;
}

const char *
default_domain(struct run *run)
{
	const struct account *account = run->account;
	bool may_ask = account->dialect == DIALECT_POSTRIDER;

	if (account->qualify_domain)
		return account->qualify_domain;
	if (may_ask && this_host(run)->mailname)
		return run->host->mailname;
	if (account->from && *account->from && address_domain(account->from))
		return address_domain(account->from);
	return may_ask ? full_name(run->arena, run->host) : NULL;
}

/* ---- the user ---- */

static const struct passwd *
submitting_user(void)
{
	return getpwuid(getuid());
}

const char *
user_address(struct run *run)
{
	const struct passwd *user = submitting_user();
	const char *domain = default_domain(run);
	const char *name =
		user ? user->pw_name
		     : arena_printf(run->arena, "uid-%lu", (unsigned long)getuid());

	return domain ? arena_printf(run->arena, "%s@%s", name, domain) : name;
}

/* "&" in it is the capitalised login name. */
const char *
real_name(struct arena *arena)
{
	const struct passwd *user = submitting_user();
	struct buf name = { 0 };
	const char *text;

	if (!user || !user->pw_gecos || !*user->pw_gecos)
		return NULL;
	for (const char *c = user->pw_gecos; *c && *c != ','; c++) {
		size_t start = name.len;

		if (*c != '&') {
			buf_add_char(&name, *c);
			continue;
		}
		buf_add_string(&name, user->pw_name);
		if (name.at[start] >= 'a' && name.at[start] <= 'z')
			name.at[start] = (char)(name.at[start] - 'a' + 'A');
	}
	text = name.len ? arena_string(arena, name.at) : NULL;
	buf_release(&name);
	return text;
}

/* ---- mail to local names ---- */

/* The names that were set, else those of this host. */
static const char *const *
local_names(struct run *run)
{
	const char **names = arena_array(run->arena, const char *, NAMES_MAX + 1);
	struct span rest = span_of(run->account->local.names);
	struct host_names set = { .count = 0 }, *from = &set;

	if (!run->account->local.names) {
		from = this_host(run);
		if (!from->listed)
			list_names(run->arena, from);
	}
	while (rest.len) {
		size_t comma = span_find(rest, ',');

		add_name(run->arena, &set, span_part(rest, 0, comma));
		rest = span_part(rest, comma + 1, rest.len);
	}
	memcpy(names, from->names, from->count * sizeof(*names));
	return names;
}

struct local_policy
local_policy(struct run *run)
{
	const struct account *account = run->account;
	const char *const *none = arena_array(run->arena, const char *, 1);
	bool msmtp = account->dialect == DIALECT_MSMTP;

	return (struct local_policy){
		.aliases_file = account->local.aliases,
		.local_names = msmtp && !account->local.names ? none : local_names(run),
		.root_address = account->local.root_address,
		.default_domain = default_domain(run),
		.expand = !run->request->no_aliases,
	};
}

bool
check_aliases(struct run *run, struct error *err)
{
	struct error ignored = { .arena = run->arena };
	const char *path = "/etc/aliases";

	/* A package's installation calls this before there is an account. */
	if (run_choose_account(run, NULL, &ignored))
		path = run->account->local.aliases;
	return !path || aliases_check(run->arena, path, err);
}

static bool
show_address(struct run *run, struct local_policy *policy, const char *operand,
	     struct error *err)
{
	struct address_list list;
	struct envelope envelope = { .sender = "" };

	if (!address_operand_parse(run->arena, operand, &list, err) ||
	    !aliases_add(run->arena, policy, &list, &envelope, err))
		return false;
	/* Programs read it, in English. */
	for (size_t i = 0; i < envelope.count; i++)
		printf("%s... deliverable: mailer relay, host %s, user %s\n", operand,
		       run->account->endpoint.host ? run->account->endpoint.host
						   : run->account->endpoint.socket,
		       envelope.to[i]);
	if (!envelope.count)
		printf("%s... deliverable: to nobody\n", operand);
	return true;
}

bool
show_addresses(struct run *run, struct error *err)
{
	struct local_policy policy;

	if (!run_choose_account(run, run->request->sender, err))
		return false;
	policy = local_policy(run);
	for (size_t i = 0; i < run->request->operand_count; i++)
		if (!show_address(run, &policy, run->request->operands[i], err))
			return false;
	return true;
}
