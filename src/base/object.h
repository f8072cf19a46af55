/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON objects from elsewhere (RFC 8259), read by jansson, which is loaded only then. */
#ifndef BASE_OBJECT_H
#define BASE_OBJECT_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

enum {
	OBJECT_SIZE_MAX = 64 * 1024, /* octets */
	OBJECT_DEPTH_MAX = 16	     /* of objects and arrays inside each other */
};

struct object;

/* Loads the library. FAULT_UNSUPPORTED when it is not there, or was not built in. */
bool object_load(struct error *err) MUST_CHECK;
/* An object; NULL when the text is none, is larger or deeper than allowed, or names a
 * member twice. The library must be loaded. All of its memory is overwritten when it is
 * released: it may hold secrets. */
struct object *object_read(struct span text);
/* A text without NUL, which lives as long as the object; NULL when there is none of that
 * name. */
const char *object_text(const struct object *object, const char *name);
/* False when there is no number of that name from 0 to 2^53. A part behind the point is left
 * out; digits in quotes are a number, too: some providers put them around it. */
bool object_number(const struct object *object, const char *name,
		   int64_t *number) MUST_CHECK;
/* An object in the object; it is not released by itself. NULL when there is none. */
const struct object *object_inner(const struct object *object, const char *name);
/* Whether there is an array of that name that has this text in it. */
bool object_lists(const struct object *object, const char *name, const char *text);
/* NULL is allowed. */
void object_release(struct object **object);

#endif
