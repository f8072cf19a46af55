/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms, JSON from elsewhere, and the files of tokens. */
#include "unit.h"

#include "base/file.h"
#include "base/object.h"
#include "oauth/flow.h"
#include "oauth/form.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test-oauth.XXXXXX";

/* ---- forms ---- */

static void
test_form_add(void **state)
{
	static const struct {
		const char *name, *value, *want;
	} cases[] = {
		{ "plain", "aZ09-._~", "https://x/?k=aZ09-._~" },
		{ "blanks and signs", "a b+c&d=e%f",
		  "https://x/?k=a%20b%2Bc%26d%3De%25f" },
		{ "URL", "http://127.0.0.1:1/",
		  "https://x/?k=http%3A%2F%2F127.0.0.1%3A1%2F" },
		{ "UTF-8", "\xc3\xa9", "https://x/?k=%C3%A9" },
		{ "empty", "", "https://x/?k=" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(release_buf) struct buf form = { 0 };

		buf_add_string(&form, "https://x/?");
		form_add(&form, "k", span_of(cases[i].value));
		unit_same(cases[i].name, form.at, cases[i].want);
	}
	unit_done();
}

static void
test_form_get(void **state)
{
	static const struct {
		const char *form, *want;
	} cases[] = {
		{ "code=abc&state=s", "abc" },
		{ "state=s&code=a%20b+c%2", "a b c%2" },
		{ "code=", "" },
		{ "code", "" },
		{ "xcode=1&code=2&code=3", "2" },
		{ "codes=1", NULL },
		{ "", NULL },
		{ "%63ode=1", NULL },
		{ "code=%zz", "%zz" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(release_buf) struct buf value = { 0 };
		bool there = form_get(span_of(cases[i].form), "code", &value);

		buf_add_string(&value, "");
		unit_same(cases[i].form, there ? (value.at ? value.at : "") : NULL,
			  cases[i].want);
	}
	unit_done();
}

/* The vector of RFC 7636 B. */
static void
test_base64url(void **state)
{
	static const unsigned char bytes[] = {
		116, 24,  223, 180, 151, 153, 224, 37,	79,  250, 96,
		125, 216, 173, 187, 186, 22,  212, 37,	77,  105, 214,
		191, 240, 91,  88,  5,	 88,  83,  132, 141, 121,
	};
	CLEANUP(release_buf) struct buf out = { 0 };

	(void)state;
	form_base64url(&out, (struct span){ (const char *)bytes, sizeof(bytes) });
	unit_same("verifier", out.at, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	unit_done();
}

/* ---- JSON ---- */

static void
add_many(struct buf *text, const char *what, size_t count)
{
	while (count--)
		buf_add_string(text, what);
}

static void
check_read(const char *name, const char *text, bool want)
{
	struct object *object = object_read(span_of(text));

	unit_number(name, object != NULL, want);
	object_release(&object);
}

static void
test_hostile_json(void **state)
{
	CLEANUP(release_buf) struct buf deep = { 0 };
	CLEANUP(release_buf) struct buf large = { 0 };

	(void)state;
	check_read("empty object", "{}", true);
	check_read("nothing", "", false);
	check_read("array", "[]", false);
	check_read("text", "\"x\"", false);
	check_read("unended", "{\"a\":1", false);
	check_read("more behind it", "{} {}", false);
	check_read("a name twice", "{\"a\":1,\"a\":2}", false);
	check_read("NUL in a text", "{\"a\":\"x\\u0000y\"}", false);
	check_read("no UTF-8", "{\"a\":\"\xff\"}", false);
	check_read("half of a pair", "{\"a\":\"\\ud800\"}", false);
	check_read("brackets in a text", "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}",
		   true);
	buf_add_string(&deep, "{\"a\":");
	add_many(&deep, "[", OBJECT_DEPTH_MAX);
	add_many(&deep, "]", OBJECT_DEPTH_MAX);
	buf_add_string(&deep, "}");
	check_read("too deep", deep.at, false);
	buf_add_string(&large, "{\"a\":\"");
	add_many(&large, "x", OBJECT_SIZE_MAX);
	buf_add_string(&large, "\"}");
	check_read("too large", large.at, false);
	unit_done();
}

static void
test_members(void **state)
{
	struct object *object = object_read(
		span_of("{\"t\":\"x\",\"n\":3,\"big\":12345678901,\"real\":1.5,"
			"\"quoted\":\"60\",\"less\":-1,\"list\":[1,\"a\"],"
			"\"in\":{\"t\":\"y\"},\"null\":null}"));
	int64_t number = 0;

	(void)state;
	unit_same("text", object_text(object, "t"), "x");
	unit_same("number as text", object_text(object, "n"), NULL);
	unit_same("null as text", object_text(object, "null"), NULL);
	unit_same("absent", object_text(object, "other"), NULL);
	unit_number("number", object_number(object, "big", &number) ? number : -1,
		    12345678901);
	unit_number("real as number",
		    object_number(object, "real", &number) ? number : -1, 1);
	unit_number("digits as number",
		    object_number(object, "quoted", &number) ? number : -1, 60);
	unit_number("less than nothing", object_number(object, "less", &number), false);
	unit_number("text as number", object_number(object, "t", &number), false);
	unit_number("in the list", object_lists(object, "list", "a"), true);
	unit_number("not in the list", object_lists(object, "list", "b"), false);
	unit_number("no list", object_lists(object, "t", "x"), false);
	unit_same("inner", object_text(object_inner(object, "in"), "t"), "y");
	unit_number("no inner", object_inner(object, "t") != NULL, false);
	object_release(&object);
	unit_done();
}

/* ---- files ---- */

static void
write_text(const char *path, const char *text, mode_t mode)
{
	CLEANUP(close_file)
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write_all(fd, text, strlen(text)));
	assert_int_equal(fchmod(fd, mode), 0);
}

static void
test_store(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct oauth_policy policy = { .user = "me/../you@x",
				       .host = "mail.example.org" };
	struct token token = { .endpoint = "https://x/token",
			       .client_id = "id",
			       .scope = "a b",
			       .expires = 1234567890123 };
	struct token read = { 0 };
	const char *path;
	struct token_place place;
	struct stat info;
	bool there;

	(void)state;
	setenv("XDG_STATE_HOME", folder, 1);
	path = token_path(&arena, &policy);
	unit_same("path", path + strlen(folder),
		  "/postrider/tokens/me%2f..%2fyou@x@mail.example.org");
	unit_number("not yet", token_exists(&arena, &policy), false);
	assert_true(token_enter(path, 1, &place, &err));
	assert_int_equal(fstat(place.file, &info), 0);
	unit_number("there is room before anybody is asked", info.st_blocks > 0, true);
	secret_set(&token.access, SPAN("access"));
	secret_set(&token.refresh, SPAN("refresh"));
	assert_true(token_save(&place, &token, &err));
	token_leave(&place);
	assert_true(token_load(path, &read, &there, &err));
	unit_number("there", there, true);
	unit_same("access", read.access.at, "access");
	unit_same("refresh", read.refresh.at, "refresh");
	unit_same("no secret", read.client_secret.at, NULL);
	unit_same("scope", read.scope, "a b");
	unit_number("expires", read.expires, token.expires);
	assert_int_equal(stat(path, &info), 0);
	unit_number("mode", info.st_mode & 07777, 0600);
	assert_true(token_enter(path, 1, &place, &err));
	secret_set(&token.client_secret, SPAN("x\nendpoint https://evil"));
	unit_number("a value of two lines", token_save(&place, &token, &err), false);
	token_leave(&place);
	unit_number("what was not saved is gone",
		    access(arena_printf(&arena, "%s.new", path), F_OK) == 0, false);
	token_release(&token);
	token_release(&read);
	arena_release(&arena);
	unit_done();
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
	} cases[] = {
		{ "readable by others", "postrider token 1\nendpoint e\nclient-id c\n",
		  0640 },
		{ "of another kind", "access x\nendpoint e\nclient-id c\n", 0600 },
		{ "of a later version", "postrider token 2\nendpoint e\nclient-id c\n",
		  0600 },
		{ "without a client", "postrider token 1\nendpoint e\n", 0600 },
		{ "empty", "", 0600 },
	};
	struct arena arena = { 0 };
	const char *path = arena_printf(&arena, "%s/bad", folder);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { .arena = &arena };
		struct token token = { 0 };
		bool there;

		write_text(path, cases[i].text, cases[i].mode);
		unit_number(cases[i].name, token_load(path, &token, &there, &err), false);
		unit_number(cases[i].name, err.fault, FAULT_CONFIG);
		token_release(&token);
	}
	for (size_t i = 0; i < 2; i++) {
		struct error err = { .arena = &arena };
		struct token token = { 0 };
		bool there;

		assert_int_equal(unlink(path), 0);
		assert_int_equal(i ? mkdir(path, 0700) : mkfifo(path, 0600), 0);
		unit_number("no file", token_load(path, &token, &there, &err), false);
		unit_same("no file: what is said", err.what,
			  arena_printf(&arena, "%s is not a file of tokens", path));
	}
	arena_release(&arena);
	unit_done();
}

/* ---- the answer of a browser ---- */

static void
test_answers(void **state)
{
	static const struct {
		const char *query;
		enum fault fault;
	} cases[] = {
		{ "code=x&state=other", FAULT_TRUST },
		{ "code=x", FAULT_TRUST },
		{ "code=x&state=ours&iss=https%3A%2F%2Fevil.example", FAULT_TRUST },
		{ "error=access_denied&state=ours", FAULT_LOGIN },
		{ "state=ours&iss=https%3A%2F%2Fgood.example", FAULT_PROTOCOL },
	};
	static const struct provider provider = { .name = "x",
						  .issuer = "https://good.example" };
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { .arena = &arena };
		struct flow flow = { .provider = &provider, .state = "ours" };

		unit_number(cases[i].query,
			    flow_end_browser(&flow, span_of(cases[i].query), &err),
			    false);
		unit_number(cases[i].query, err.fault, cases[i].fault);
	}
	arena_release(&arena);
	unit_done();
}

static int
set_up(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };

	(void)state;
	return mkdtemp(folder) && object_load(&err) ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_add),  cmocka_unit_test(test_form_get),
		cmocka_unit_test(test_base64url), cmocka_unit_test(test_hostile_json),
		cmocka_unit_test(test_members),	  cmocka_unit_test(test_store),
		cmocka_unit_test(test_bad_files), cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
