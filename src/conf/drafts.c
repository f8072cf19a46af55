/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the accounts of a configuration file that is being read. */
#include "conf/drafts.h"

#include "conf/settings.h"

#include <string.h>

bool
drafts_begin(struct drafts *drafts, struct arena *arena, enum dialect dialect,
	     struct error *err)
{
	*drafts = (struct drafts){ .arena = arena };
	return account_defaults(arena, dialect, &drafts->defaults.account, err);
}

struct draft *
drafts_find(const struct drafts *drafts, struct span name)
{
	for (size_t i = 0; i < drafts->count; i++)
		if (span_equal(name, span_of(drafts->all[i]->account.name)))
			return drafts->all[i];
	return NULL;
}

static void
make_room(struct drafts *drafts)
{
	size_t room = drafts->room ? drafts->room * 2 : 8;
	struct draft **all = arena_array(drafts->arena, struct draft *, room);

	if (drafts->count)
		memcpy(all, drafts->all, drafts->count * sizeof(struct draft *));
	drafts->all = all;
	drafts->room = room;
}

struct draft *
drafts_add(struct drafts *drafts, struct span name, const struct origin *origin)
{
	struct draft *draft = arena_take(drafts->arena, sizeof(*draft));

	account_copy(&draft->account, &drafts->defaults.account);
	draft->auto_from = drafts->defaults.auto_from;
	draft->auto_from_origin = drafts->defaults.auto_from_origin;
	draft->mail_domain = drafts->defaults.mail_domain;
	draft->account.name = span_string(drafts->arena, name);
	draft->account.whole = *origin;
	if (drafts->count == drafts->room)
		make_room(drafts);
	drafts->all[drafts->count++] = draft;
	return draft;
}

void
draft_inherit(struct draft *draft, const struct draft *parent)
{
	for (size_t row = 0; row < settings_count; row++) {
		if (!parent->own[row])
			continue;
		setting_copy(&draft->account, &parent->account, row);
		draft->own[row] = true;
	}
	if (parent->auto_from) {
		draft->auto_from = true;
		draft->auto_from_origin = parent->auto_from_origin;
	}
	if (parent->mail_domain)
		draft->mail_domain = parent->mail_domain;
}

/* The sender that auto_from makes wins over `from`, as it always did. */
static bool
finish_auto_from(struct arena *arena, struct draft *draft, struct error *err)
{
	const char *at = draft->mail_domain ? "@" : "";
	const char *domain = draft->mail_domain ? draft->mail_domain : "";
	struct assignment assignment = {
		.row = (size_t)setting_row(SPAN("from")),
		.text = span_of(arena_printf(arena, "%%U%s%s", at, domain)),
		.origin = draft->auto_from_origin,
	};

	return !draft->auto_from ||
	       setting_apply(arena, &draft->account, &assignment, err);
}

bool
drafts_end(struct drafts *drafts, struct account *accounts, struct error *err)
{
	for (size_t i = 0; i < drafts->count; i++)
		if (!finish_auto_from(drafts->arena, drafts->all[i], err))
			return false;
	for (size_t i = 0; i < drafts->count; i++)
		accounts[i] = drafts->all[i]->account;
	drafts->count = 0;
	return true;
}

void
drafts_release(struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->count; i++)
		account_release(&drafts->all[i]->account);
	account_release(&drafts->defaults.account);
	drafts->count = 0;
}
