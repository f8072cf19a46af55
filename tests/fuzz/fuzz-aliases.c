/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of aliases from arbitrary octets, with an included file in them: up to the
 * envelope, and the check of the whole. */
#include "base/file.h"
#include "mail/aliases.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind this, the octets are the included file's. */
#define INCLUDED "\n====\n"
#define OWN_PATH "/proc/self/fd/"

static void
check(bool claim)
{
	if (!claim)
		abort();
}

/* A file that nobody else may write. */
static int
file_of(struct span text)
{
	int fd = memfd_create("aliases", MFD_CLOEXEC);

	check(fd >= 0 && write_all(fd, text.at, text.len) && fchmod(fd, 0600) == 0);
	return fd;
}

/* Only what this harness made is opened: no other path can be included. */
static void
tame(struct buf *text, int included)
{
	static const char word[] = ":include:";
	struct buf out = { 0 };
	size_t len = sizeof(word) - 1;

	for (size_t i = 0; i < text->len;) {
		struct span rest = span_part(buf_span(text), i, text->len);

		if (!span_starts_with_word(rest, span_of(word))) {
			buf_add_char(&out, text->at[i++]);
			continue;
		}
		buf_printf(&out, "%s" OWN_PATH "%d ", word, included);
		i += len;
	}
	buf_release(text);
	*text = out;
}

static void
check_error(const struct error *err)
{
	check(err->what && *err->what && !has_control(span_of(err->what)));
	check(is_utf8(span_of(err->what)));
}

static void
check_address(const char *address)
{
	check(address && strlen(address) <= 1000);
	check(!has_control(span_of(address)) && is_utf8(span_of(address)));
}

static void
check_envelope(const struct envelope *envelope)
{
	check(envelope->count <= 10000 + 1);
	check_address(envelope->sender);
	for (size_t i = 0; i < envelope->count; i++) {
		check_address(envelope->to[i]);
		check(*envelope->to[i] && address_domain(envelope->to[i]));
		for (size_t j = 0; j < i && i < 64; j++)
			check(!address_same(envelope->to[i], envelope->to[j]));
	}
}

/* Names that inputs are likely to have, and one that they have not. */
static void
expand(struct arena *arena, const char *path)
{
	static const char *const own[] = { "localhost", NULL };
	static const char *const names[] = { "a", "b+x", "list, root", "nobody@localhost",
					     "\\a" };
	struct local_policy policy = { .aliases_file = path,
				       .local_names = own,
				       .default_domain = "d.example",
				       .root_address = "r@x.org",
				       .expand = true };
	struct envelope all = { .sender = "s@x.org" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct error err = { .arena = arena };
		struct envelope one = { .sender = "s@x.org" };
		struct address_list list;
		bool done;

		check(address_list_parse(arena, span_of(names[i]), &list, &err));
		done = aliases_add(arena, &policy, &list, &one, &err);
		check(done == (err.fault == FAULT_NONE));
		check(done || err.fault == FAULT_CONFIG);
		if (!done)
			check_error(&err);
		check_envelope(&one);
		error_clear(&err);
		if (aliases_add(arena, &policy, &list, &all, &err))
			check(done);
		check_envelope(&all);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct buf main_text = { 0 }, list_text = { 0 };
	const char *text = (const char *)data;
	const char *mark = memmem(data, size, INCLUDED, strlen(INCLUDED));
	size_t len = mark ? (size_t)(mark - text) : size;
	CLEANUP(close_file) int list = file_of((struct span){ NULL, 0 });
	CLEANUP(close_file) int file = -1;
	const char *path;
	bool fine;

	buf_add(&main_text, text, len);
	tame(&main_text, list);
	if (mark)
		buf_add(&list_text, mark + strlen(INCLUDED),
			size - len - strlen(INCLUDED));
	tame(&list_text, list);
	check(write_all(list, list_text.at, list_text.len));
	file = file_of(buf_span(&main_text));
	path = arena_printf(&arena, OWN_PATH "%d", file);
	fine = aliases_check(&arena, path, &err);
	check(fine == (err.fault == FAULT_NONE));
	if (!fine) {
		check(err.fault == FAULT_DATA);
		check_error(&err);
	}
	expand(&arena, path);
	buf_release(&main_text);
	buf_release(&list_text);
	arena_release(&arena);
	return 0;
}
