/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follows aliases to the addresses behind them. */
#include "mail/aliases.h"

#include "base/file.h"
#include "mail/alias_file.h"

#include <string.h>

enum {
	DEPTH_MAX = 32, /* aliases in a row */
	ADDED_MAX = 10000
};

/* What is known of the files, and which envelope got what. */
struct alias_memory {
	struct alias_reader reader;
	bool read; /* the aliases were */
	struct alias_table aliases, includes;
	unsigned walk;	       /* number of the last one */
	const char *const *to; /* the envelope's list after that walk */
	size_t added;	       /* recipients that it has from aliases */
	const char *owner;     /* the sender that was put in */
};

/* A walk through the aliases: every one is entered once, since whatever it stands for is
 * in the envelope then. */
struct walk {
	struct arena *arena;
	const struct local_policy *policy;
	struct alias_memory *memory;
	struct envelope *envelope; /* NULL: the files are only checked */
	struct alias *path[DEPTH_MAX];
	size_t depth;
	const struct target *at;   /* what is being followed; NULL at first */
	const struct alias *owner; /* of the first that has one */
	bool for_root;		   /* on the way to root_address */
};

static bool expand(struct walk *walk, const struct address *address, struct error *err);

/* ---- names ---- */

bool
is_local(const struct local_policy *policy, const struct address *address)
{
	if (!address->domain)
		return true;
	for (const char *const *name = policy->local_names; name && *name; name++)
		if (span_same_word(span_of(*name), span_of(address->domain)))
			return true;
	return false;
}

/* The name before the detail of `user+detail`; the name itself when there is none. */
static struct span
without_detail(struct span name)
{
	size_t plus = span_find(name, '+');

	return plus ? span_part(name, 0, plus) : name;
}

static struct alias *
find(const struct alias_table *aliases, struct span name)
{
	struct alias *alias = alias_find(aliases, name);

	if (!alias)
		alias = alias_find(aliases, without_detail(name));
	return alias ? alias : alias_find(aliases, SPAN("default"));
}

static bool
is_root(const char *local)
{
	return span_same_word(without_detail(span_of(local)), SPAN("root"));
}

/* ---- complaints ---- */

static bool
wrong(const struct walk *walk, const char *reason, struct error *err)
{
	return fail(err, walk->memory->reader.fault, "%s:%u: %s", walk->at->file,
		    walk->at->line, reason);
}

static const char *
shown(struct error *err, const char *word)
{
	enum { SHOWN = 60 };

	return clean_text(err->arena, span_part(span_of(word), 0, SHOWN));
}

/* "a, b, " for the names on the way from START on. */
static void
add_path(struct buf *out, const struct walk *walk, size_t start, struct error *err)
{
	for (size_t i = start; i < walk->depth; i++)
		buf_printf(out, "%s, ", shown(err, walk->path[i]->name));
}

static bool
too_deep(const struct walk *walk, const struct alias *alias, struct error *err)
{
	return wrong(walk,
		     arena_printf(err->arena,
				  _("the alias \"%s\" makes a row of more than %d "
				    "aliases, which begins with \"%s\""),
				  shown(err, alias->name), (int)DEPTH_MAX,
				  shown(err, walk->path[0]->name)),
		     err);
}

static bool
circle(const struct walk *walk, const struct alias *alias, struct error *err)
{
	CLEANUP(release_buf) struct buf names = { 0 };
	size_t start = 0;

	while (start < walk->depth && walk->path[start] != alias)
		start++;
	add_path(&names, walk, start, err);
	buf_add_string(&names, shown(err, alias->name));
	return wrong(walk,
		     arena_printf(err->arena, _("the aliases go round in a circle: %s"),
				  names.at),
		     err);
}

static bool
refuse(const struct walk *walk, const struct target *target, struct error *err)
{
	const char *text = shown(err, target->text);

	wrong(walk,
	      arena_printf(err->arena,
			   target->kind == TARGET_PROGRAM
				   ? _("mail cannot go to the program \"%s\": programs "
				       "are never run for an alias")
				   : _("mail cannot go to the file \"%s\": files are "
				       "never written for an alias"),
			   text),
	      err);
	return fail_hint(err, _("Let the alias stand for a mail address."));
}

/* ---- the ends of the way ---- */

/* An address of a file that cannot be completed is the file's mistake. */
static bool
add_one(struct walk *walk, const struct address *address, struct error *err)
{
	struct address copy = *address;
	struct address_list list = { .items = &copy, .count = 1 };
	struct error inner = { .arena = err->arena };

	if (!walk->depth)
		return envelope_add(walk->arena, walk->envelope, &list,
				    walk->policy->default_domain, err);
	return envelope_add(walk->arena, walk->envelope, &list,
			    walk->policy->default_domain, &inner) ||
	       wrong(walk, inner.what, err);
}

static bool
add(struct walk *walk, const struct address *address, struct error *err)
{
	struct envelope *envelope = walk->envelope;
	size_t before;

	if (!envelope)
		return true;
	before = envelope->count;
	if (!add_one(walk, address, err))
		return false;
	if (!walk->depth)
		return true;
	walk->memory->added += envelope->count - before;
	if (walk->memory->added <= ADDED_MAX)
		return true;
	return wrong(walk,
		     arena_printf(err->arena,
				  _("the aliases make more than %d recipients"),
				  (int)ADDED_MAX),
		     err);
}

static bool
add_local(struct walk *walk, const struct address *address, struct error *err)
{
	struct address copy = *address;

	if (walk->policy->default_domain)
		copy.domain = NULL;
	return add(walk, &copy, err);
}

static bool
expand_root(struct walk *walk, struct error *err)
{
	struct address_list list;
	struct error inner = { .arena = err->arena };

	if (!address_list_parse(walk->arena, span_of(walk->policy->root_address), &list,
				&inner))
		return fail(err, FAULT_CONFIG,
			    _("Mail to root cannot go to its root_address: %s"),
			    inner.what);
	walk->for_root = true;
	for (size_t i = 0; i < list.count; i++)
		if (!expand(walk, &list.items[i], err))
			return false;
	walk->for_root = false;
	return true;
}

/* What becomes of a local name that no alias takes any further. */
static bool
settle(struct walk *walk, const struct address *address, struct error *err)
{
	if (walk->envelope && walk->policy->root_address && is_root(address->local) &&
	    !walk->for_root)
		return expand_root(walk, err);
	return add_local(walk, address, err);
}

/* ---- the way ---- */

static bool
is_begun(const struct walk *walk, const struct alias *alias)
{
	return alias->walk == walk->memory->walk;
}

static void
look_for_owner(struct walk *walk, const struct alias *alias)
{
	CLEANUP(release_buf) struct buf name = { 0 };

	if (walk->owner || !walk->envelope)
		return;
	buf_printf(&name, "owner-%s", alias->name);
	walk->owner = alias_find(&walk->memory->aliases, buf_span(&name));
}

static bool follow(struct walk *walk, const struct target *target, struct error *err);

/* Goes into an alias that was not yet begun, or has been left again. */
static bool
enter(struct walk *walk, struct alias *alias, struct error *err)
{
	struct alias *from = walk->depth ? walk->path[walk->depth - 1] : NULL;

	if (alias->problem)
		return fail(err, walk->memory->reader.fault, "%s", alias->problem);
	if (!is_begun(walk, alias)) {
		if (walk->depth == DEPTH_MAX)
			return too_deep(walk, alias, err);
		alias->walk = walk->memory->walk;
		alias->done = false;
		alias->height = 1;
		look_for_owner(walk, alias);
		walk->path[walk->depth++] = alias;
		for (const struct target *to = alias->targets; to; to = to->next)
			if (!follow(walk, to, err))
				return false;
		walk->depth--;
		alias->done = true;
	}
	/* Only a check must find the longest way, whichever came first. */
	if (!walk->envelope && walk->depth + alias->height > DEPTH_MAX)
		return too_deep(walk, alias, err);
	if (from && from->height <= alias->height)
		from->height = alias->height + 1;
	return true;
}

/* The aliases are read when the first local name asks for them. */
static bool
remember(struct walk *walk, struct error *err)
{
	struct alias_memory *memory = walk->memory;

	if (memory->read || !walk->policy->aliases_file)
		return true;
	memory->aliases = (struct alias_table){ 0 };
	memory->read = alias_file_read(&memory->reader, walk->policy->aliases_file,
				       &memory->aliases, err);
	return memory->read;
}

static bool
expand(struct walk *walk, const struct address *address, struct error *err)
{
	struct alias *alias = NULL;

	if (!is_local(walk->policy, address))
		return add(walk, address, err);
	if (address->backslash)
		return add_local(walk, address, err);
	if (walk->policy->expand) {
		if (!remember(walk, err))
			return false;
		alias = find(&walk->memory->aliases, span_of(address->local));
	}
	if (!alias)
		return settle(walk, address, err);
	if (!is_begun(walk, alias) || alias->done)
		return enter(walk, alias, err);
	if (!walk->envelope && alias != walk->path[walk->depth - 1])
		return circle(walk, alias, err);
	return settle(walk, address, err);
}

static bool
include(struct walk *walk, const struct target *target, struct error *err)
{
	struct alias_memory *memory = walk->memory;
	const char *name = arena_printf(walk->arena, ":include:%s", target->text);
	struct alias *alias = alias_find(&memory->includes, span_of(name));

	if (!alias) {
		struct alias read = { 0 };

		if (!alias_include_read(&memory->reader, target, &read, err))
			return false;
		alias = alias_insert(walk->arena, &memory->includes, span_of(name));
		alias->targets = read.targets;
	}
	if (!is_begun(walk, alias) || alias->done)
		return enter(walk, alias, err);
	return walk->envelope || circle(walk, alias, err);
}

static bool
follow(struct walk *walk, const struct target *target, struct error *err)
{
	walk->at = target;
	switch (target->kind) {
	case TARGET_ADDRESS:
		return expand(walk, &target->address, err);
	case TARGET_INCLUDE:
		return include(walk, target, err);
	case TARGET_NOBODY:
		return true;
	case TARGET_PROGRAM:
	case TARGET_FILE:
		break;
	}
	return refuse(walk, target, err);
}

/* ---- the doors ---- */

static struct alias_memory *
new_memory(struct arena *arena, bool check)
{
	struct alias_memory *memory = arena_take(arena, sizeof(*memory));

	memory->reader.arena = arena;
	memory->reader.strict = check;
	memory->reader.fault = check ? FAULT_DATA : FAULT_CONFIG;
	memory->reader.unreadable = check ? FAULT_DATA : FAULT_TEMPORARY;
	return memory;
}

/* The owner is where reports go. That it leads to a single address of the world is
 * usual; its own name can be answered by nobody but this host. */
static bool
put_owner(struct walk *walk, struct error *err)
{
	struct envelope owners = { .sender = "" };
	struct address address = { .local = walk->owner->name };
	struct walk inner = { .arena = walk->arena,
			      .policy = walk->policy,
			      .memory = walk->memory,
			      .envelope = &owners };
	size_t added = walk->memory->added;

	walk->memory->walk++;
	if (!expand(&inner, &address, err))
		return false;
	walk->memory->added = added;
	if (owners.count == 1)
		walk->envelope->sender = owners.to[0];
	else if (!address_envelope(walk->arena, &address, walk->policy->default_domain,
				   &walk->envelope->sender, err))
		return false;
	walk->memory->owner = walk->envelope->sender;
	return true;
}

bool
aliases_add(struct arena *arena, struct local_policy *policy,
	    const struct address_list *list, struct envelope *envelope, struct error *err)
{
	struct walk walk = { .arena = arena, .policy = policy, .envelope = envelope };
	const char *sender = envelope->sender;
	struct alias_memory *memory;

	if (!policy->memory)
		policy->memory = new_memory(arena, false);
	walk.memory = memory = policy->memory;
	/* Another envelope than before has nothing of what was found for that one. */
	if (!envelope->to || envelope->to != memory->to) {
		memory->added = 0;
		memory->walk++;
	}
	memory->to = NULL;
	for (size_t i = 0; i < list->count; i++)
		if (!expand(&walk, &list->items[i], err))
			return false;
	memory->to = envelope->to;
	if (!walk.owner || !sender || !*sender || sender == memory->owner)
		return true;
	memory->to = NULL;
	return put_owner(&walk, err);
}

bool
aliases_check(struct arena *arena, const char *path, struct error *err)
{
	struct local_policy policy = { .aliases_file = path, .expand = true };
	struct walk walk = { .arena = arena,
			     .policy = &policy,
			     .memory = new_memory(arena, true) };

	walk.memory->walk = 1;
	if (!remember(&walk, err))
		return false;
	for (struct alias *alias = walk.memory->aliases.first; alias; alias = alias->next)
		if (!is_begun(&walk, alias) && !enter(&walk, alias, err))
			return false;
	return true;
}
