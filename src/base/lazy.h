/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Libraries that most runs do not need, loaded when they are: a table of names and places
 * for their functions, and a note that tells packagers. */
#ifndef BASE_LAZY_H
#define BASE_LAZY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lazy_symbol {
	const char *name;
	void *place; /* the address of a function pointer */
};

/* Opens SONAME once and fills every place. False when the library or one of the functions
 * is missing; then no place is filled. The library stays loaded until the end. */
bool lazy_load(const char *soname, const struct lazy_symbol *symbols, size_t count)
	__attribute__((warn_unused_result));

/* Announces in an ELF note that the program may open SONAME, so that packaging tools can
 * see it: https://uapi-group.org/specifications/specs/elf_dlopen_metadata/. Once per
 * library, outside of functions, each argument a string literal that is right inside
 * JSON; PRIORITY is "required", "recommended" or "suggested". */
#define LAZY_NOTE(feature, description, priority, soname)                                \
	LAZY_NOTE_JSON("[{\"feature\":\"" feature "\",\"description\":\"" description    \
		       "\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]")

/* With red zones around it the note would be none. */
#ifdef __clang__
#define LAZY_UNGUARDED __attribute__((no_sanitize("address")))
#else
#define LAZY_UNGUARDED
#endif

#define LAZY_NOTE_JSON(json)                                                             \
	static const struct {                                                            \
		uint32_t owner_size, text_size, type;                                    \
		char owner[4];                                                           \
		_Alignas(4) char text[sizeof(json)];                                     \
	} lazy_note LAZY_UNGUARDED                                                       \
		__attribute__((used, aligned(4), section(".note.dlopen"))) = {           \
			sizeof("FDO"), sizeof(json), 0x407c0c0aU, "FDO", json            \
		}

#endif
