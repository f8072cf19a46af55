/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aliases: who really gets mail to a local name. The system's aliases(5) syntax, and
 * msmtp's, which is a part of it but for `default`. */
#ifndef MAIL_ALIASES_H
#define MAIL_ALIASES_H

#include "base/error.h"
#include "mail/address.h"
#include "mail/envelope.h"

#include <stdbool.h>
#include <stddef.h>

struct alias_memory;

/* What makes an address local, and what becomes of local names that have no alias. */
struct local_policy {
	const char *aliases_file;	/* NULL: none; a missing file has no aliases */
	const char *const *local_names; /* domains that are this host, NULL-terminated;
					  * NULL: none */
	const char *root_address;    /* where mail to local root goes when no alias says
					  * so; NULL: as any other name */
	const char *default_domain;  /* completes local names; NULL: they stay as they
					  * are */
	bool expand;		     /* false with -n: aliases are not looked at */
	struct alias_memory *memory; /* of aliases_add: files that were read; NULL at
					  * first; lives in the arena */
};

/* Whether the address has no domain, or one of this host's (any case). */
bool is_local(const struct local_policy *policy, const struct address *address);

/* Adds the list to the envelope. Local names go through the aliases to the end: names in
 * any case, `user+detail` as `user` when it has no alias of its own, other names as
 * `default`; a name that comes up in its own expansion stands for itself. What has no
 * alias goes to root_address when it is root, and is completed with default_domain. A
 * leading backslash leads to that domain at once; other addresses stay as they are.
 * /dev/null is nobody: nothing may be left to add.
 *
 * The file is read when the first local name comes up, `:include:` files when they are
 * reached. What is wrong in them is FAULT_CONFIG with file and line: so is an include
 * that its group or others may write, more than 32 aliases in a row, more than 10000
 * recipients by aliases, and mail to `|command` or `/file`, which are never run and never
 * written. FAULT_CONFIG is, too, a file that others may write. An include that cannot be
 * read is FAULT_TEMPORARY.
 *
 * When the first alias on the way that has an `owner-NAME` is met, that becomes the
 * envelope's sender (RFC 5321 3.9.2), unless it is null: what the owner expands to if
 * that is one address, else `owner-NAME` itself. */
bool aliases_add(struct arena *arena, struct local_policy *policy,
		 const struct address_list *list, struct envelope *envelope,
		 struct error *err) MUST_CHECK;

/* `newaliases`: reads the file and every include. FAULT_DATA with file and line when
 * something is wrong, that is: what aliases_add would say of any of them, includes that
 * cannot be read, and names that lead in a circle (a: b, b: a). */
bool aliases_check(struct arena *arena, const char *path, struct error *err) MUST_CHECK;

#endif
