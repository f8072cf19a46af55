/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads JSON by jansson. */
#include "config.h"

#include "base/object.h"

#if HAVE_JANSSON

#include "base/lazy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SONAME "libjansson.so.4"
#define EXACT_MAX 0x1p53 /* a double has each whole number up to it */

LAZY_NOTE("oauth", "Reading what an identity provider says", "recommended", SONAME);

static struct {
	__typeof__(&json_loadb) load;
	__typeof__(&json_delete) release;
	__typeof__(&json_object_get) get;
	__typeof__(&json_string_value) text;
	__typeof__(&json_number_value) number;
	__typeof__(&json_array_size) size;
	__typeof__(&json_array_get) item;
	__typeof__(&json_set_alloc_funcs) use_memory;
} library;

static const struct lazy_symbol symbols[] = {
	{ "json_loadb", &library.load },
	{ "json_delete", &library.release },
	{ "json_object_get", &library.get },
	{ "json_string_value", &library.text },
	{ "json_number_value", &library.number },
	{ "json_array_size", &library.size },
	{ "json_array_get", &library.item },
	{ "json_set_alloc_funcs", &library.use_memory },
};

/* ---- memory that is wiped ---- */

/* In front of each piece, which has to stay aligned for any type. */
union piece {
	size_t size;
	max_align_t alignment;
};

static void *
take(size_t size)
{
	union piece *piece;

	if (size > SIZE_MAX - sizeof(*piece))
		return NULL;
	piece = malloc(sizeof(*piece) + size);
	if (!piece)
		return NULL;
	piece->size = size;
	return piece + 1;
}

static void
wipe(void *at)
{
	union piece *piece = at;

	if (!piece)
		return;
	piece--;
	explicit_bzero(piece + 1, piece->size);
	free(piece);
}

/* ---- objects ---- */

bool
object_load(struct error *err)
{
	if (library.load)
		return true;
	if (!lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0]))) {
		fail(err, FAULT_UNSUPPORTED,
		     _("A login with tokens needs the library %s, which is not here"),
		     SONAME);
		return fail_hint(err, _("Install the package that has it"));
	}
	library.use_memory(take, wipe);
	return true;
}

/* jansson would go 2048 deep. */
static bool
is_too_deep(struct span text)
{
	bool in_text = false;
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (in_text && c == '\\')
			i++;
		else if (c == '"')
			in_text = !in_text;
		else if (!in_text && (c == '{' || c == '['))
			depth++;
		else if (!in_text && (c == '}' || c == ']') && depth)
			depth--;
		if (depth > OBJECT_DEPTH_MAX)
			return true;
	}
	return false;
}

struct object *
object_read(struct span text)
{
	json_t *json;

	if (!text.len || text.len > OBJECT_SIZE_MAX || is_too_deep(text))
		return NULL;
	json = library.load(text.at, text.len,
			    JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
	if (json && !json_is_object(json)) {
		library.release(json);
		json = NULL;
	}
	return (struct object *)(void *)json;
}

static const json_t *
json_of(const struct object *object)
{
	return (const json_t *)(const void *)object;
}

static const json_t *
member(const struct object *object, const char *name)
{
	return library.get(json_of(object), name);
}

const char *
object_text(const struct object *object, const char *name)
{
	/* Without JSON_ALLOW_NUL none has a NUL inside. */
	return library.text(member(object, name));
}

bool
object_number(const struct object *object, const char *name, int64_t *number)
{
	const json_t *found = member(object, name);
	double value = json_is_number(found) ? library.number(found) : -1;
	uint64_t digits;

	if (json_is_string(found) && span_number(span_of(library.text(found)), &digits))
		value = (double)digits;
	if (value < 0 || value > EXACT_MAX)
		return false;
	*number = (int64_t)value;
	return true;
}

const struct object *
object_inner(const struct object *object, const char *name)
{
	const json_t *found = member(object, name);

	return json_is_object(found) ? (const struct object *)(const void *)found : NULL;
}

bool
object_lists(const struct object *object, const char *name, const char *text)
{
	const json_t *array = member(object, name);
	size_t count = json_is_array(array) ? library.size(array) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *item = library.text(library.item(array, i));

		if (item && strcmp(item, text) == 0)
			return true;
	}
	return false;
}

void
object_release(struct object **object)
{
	if (*object)
		library.release((json_t *)(void *)*object);
	*object = NULL;
}

#else

bool
object_load(struct error *err)
{
	return fail(err, FAULT_UNSUPPORTED,
		    _("This build cannot get tokens: it was made without jansson"));
}

struct object *
object_read(struct span text)
{
	(void)text;
	return NULL;
}

const char *
object_text(const struct object *object, const char *name)
{
	(void)object;
	(void)name;
	return NULL;
}

bool
object_number(const struct object *object, const char *name, int64_t *number)
{
	(void)object;
	(void)name;
	(void)number;
	return false;
}

const struct object *
object_inner(const struct object *object, const char *name)
{
	(void)object;
	(void)name;
	return NULL;
}

bool
object_lists(const struct object *object, const char *name, const char *text)
{
	(void)object;
	(void)name;
	(void)text;
	return false;
}

void
object_release(struct object **object)
{
	*object = NULL;
}

#endif
