/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses an account and finishes it. */
#include "conf/choose.h"

static bool
without_file(struct arena *arena, enum dialect dialect, struct chosen *chosen,
	     struct error *err)
{
	chosen->account = chosen->own = arena_take(arena, sizeof(*chosen->own));
	if (!account_defaults(arena, dialect, chosen->own, err))
		return false;
	/* Nobody has set up a queue, or anything to share, who only gives a host. */
	chosen->own->queue.on = chosen->own->share = false;
	return true;
}

bool
account_assign(struct arena *arena, struct account *account, const struct assignment *all,
	       size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!setting_apply(arena, account, &all[i], err))
			return false;
	return true;
}

/* Of a configuration that was read, with the assignments. */
static bool
take_wished(struct arena *arena, const struct account_key *key, const char *sender,
	    struct chosen *chosen, struct error *err)
{
	const struct account_wish wish = {
		.name = key->name,
		.sender = sender,
		.arena = key->dialect == DIALECT_MSMTP ? arena : NULL,
	};

	return (key->without_file ||
		config_choose(&chosen->config, &wish, &chosen->account, err)) &&
	       account_assign(arena, chosen->account, key->assignments,
			      key->assignment_count, err);
}

bool
account_choose(struct arena *arena, const struct account_key *key, const char *sender,
	       struct chosen *chosen, struct error *err)
{
	bool ok = key->without_file ? without_file(arena, key->dialect, chosen, err)
				    : config_read(arena, key->config_file, key->dialect,
						  &chosen->config, err);

	return ok && take_wished(arena, key, sender, chosen, err) &&
	       account_finish(arena, chosen->account, err);
}

bool
account_salvage(struct arena *arena, const struct account_key *key, const char *sender,
		struct chosen *chosen)
{
	struct error ignored = { .arena = arena };

	return !key->without_file &&
	       config_salvage(arena, key->config_file, key->dialect, &chosen->config) &&
	       take_wished(arena, key, sender, chosen, &ignored) &&
	       account_finish_names(arena, chosen->account, &ignored);
}

void
chosen_release(struct chosen *chosen)
{
	if (chosen->own)
		account_release(chosen->own);
	config_release(&chosen->config);
	*chosen = (struct chosen){ 0 };
}

char *
assignment_print(struct arena *arena, const struct assignment *assignment)
{
	return arena_printf(arena, "%s=%s", settings[assignment->row].name,
			    span_string(arena, assignment->text));
}

bool
assignment_parse(struct span text, struct assignment *assignment)
{
	size_t equals = span_find(text, '=');
	int row = setting_row(span_part(text, 0, equals));

	if (equals == text.len || row < 0)
		return false;
	*assignment = (struct assignment){
		.row = (size_t)row,
		.text = span_part(text, equals + 1, SIZE_MAX),
		.origin = { .kind = ORIGIN_OPTION },
	};
	return true;
}
