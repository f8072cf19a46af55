/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aliases: who gets the mail, whom reports go to, and which files are refused where. */
#include "unit.h"

#include "base/file.h"
#include "mail/aliases.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test-aliases.XXXXXX";
static char file[sizeof(folder) + sizeof("/aliases")];

static const char *const names[] = { "localhost", "host.example", "host", NULL };

static const char *
place(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static void
write_file(const char *path, struct span text, mode_t mode)
{
	CLEANUP(close_file) int fd = -1;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(write_all(fd, text.at, text.len));
	assert_int_equal(fchmod(fd, mode), 0);
}

/* The text with the folder instead of every "@F@", and the other way round. */
static const char *
with_folder(struct arena *arena, const char *text, bool back)
{
	struct buf out = { 0 };
	const char *from = back ? folder : "@F@", *to = back ? "@F@" : folder;
	char *copy;

	for (const char *hit; (hit = strstr(text, from)); text = hit + strlen(from)) {
		buf_add(&out, text, (size_t)(hit - text));
		buf_add_string(&out, to);
	}
	buf_add_string(&out, text);
	copy = arena_string(arena, out.at);
	buf_release(&out);
	return copy;
}

static const char *
sentence(struct arena *arena, const struct error *err)
{
	return with_folder(
		arena, arena_printf(arena, "%s: %s", fault_word(err->fault), err->what),
		true);
}

/* The recipients of mail to TO, "nobody", or the sentence of an error. */
static const char *
expand(struct arena *arena, struct local_policy *policy, struct envelope *envelope,
       const char *to)
{
	struct error err = { .arena = arena };
	struct address_list list;
	const char *got = "";

	if (!address_list_parse(arena, span_of(to), &list, &err) ||
	    !aliases_add(arena, policy, &list, envelope, &err))
		return sentence(arena, &err);
	for (size_t i = 0; i < envelope->count; i++)
		got = arena_printf(arena, "%s%s%s", got, *got ? " " : "",
				   envelope->to[i]);
	return *got ? got : "nobody";
}

static struct local_policy
usual_policy(void)
{
	return (struct local_policy){ .aliases_file = file,
				      .local_names = names,
				      .default_domain = "d.example",
				      .expand = true };
}

static const char *
expand_with(struct arena *arena, const char *text, const char *to)
{
	struct local_policy policy = usual_policy();
	struct envelope envelope = { .sender = "me@d.example" };

	write_file(file, span_of(with_folder(arena, text, false)), 0644);
	return expand(arena, &policy, &envelope, to);
}

static const char *
check(struct arena *arena, const char *text)
{
	struct error err = { .arena = arena };

	write_file(file, span_of(with_folder(arena, text, false)), 0644);
	return aliases_check(arena, file, &err) ? "fine" : sentence(arena, &err);
}

/* clang-format off */

/* Included by the cases. */
static const struct {
	const char *name, *text;
	mode_t mode;
} included[] = {
	{ "list", "# people\nann@x.org, bob@x.org\r\n\n  carl@x.org # the third\n", 0644 },
	{ "empty", "", 0644 },
	{ "outer", ":include:@F@/list\ndora\n", 0644 },
	{ "itself", ":include:@F@/itself\nann@x.org\n", 0644 },
	{ "back", "list, ann@x.org\n", 0644 },
	{ "group", "ann@x.org\n", 0664 },
	{ "others", "ann@x.org\n", 0646 },
	{ "bad", "ann@x.org\n\nbob@@x.org\n", 0644 },
	{ "entry", "list: ann@x.org\n", 0644 },
	{ "program", "ann@x.org\n|/bin/true\n", 0644 },
	{ "with blank", "ann@x.org\n", 0644 },
	{ "control", "ann@x.org\nbob\x01@x.org\n", 0644 },
	{ "return", "ann@x.org\rRCPT TO:<eve@x.org>\n", 0644 },
};

static const struct {
	const char *name, *text, *to, *want;
} expansions[] = {
	{ "an address", "joe: joe@x.org\n", "joe", "joe@x.org" },
	{ "no line end", "joe: joe@x.org", "joe", "joe@x.org" },
	{ "CRLF", "joe: joe@x.org\r\nann: a@x.org\r\n", "joe, ann", "joe@x.org a@x.org" },
	{ "a byte order mark", "\xef\xbb\xbfjoe: joe@x.org\n", "joe", "joe@x.org" },
	{ "no blank", "joe:joe@x.org\n", "joe", "joe@x.org" },
	{ "blanks everywhere", "joe \t:\tjoe@x.org \t\n", "joe", "joe@x.org" },
	{ "several on a line", "all: a@x.org, b@x.org,c@x.org ,d@x.org\n", "all",
	  "a@x.org b@x.org c@x.org d@x.org" },
	{ "commas too many", "all: ,a@x.org,, b@x.org,\n", "all", "a@x.org b@x.org" },
	{ "continued by blanks", "all: a@x.org,\n b@x.org\n\t, c@x.org\nbob: d@x.org\n",
	  "all, bob", "a@x.org b@x.org c@x.org d@x.org" },
	{ "continued behind the colon", "all:\n\ta@x.org\n", "all", "a@x.org" },
	{ "comments between", "all: a@x.org,\n# b@x.org\n\n  # c@x.org,\n\td@x.org\n", "all",
	  "a@x.org d@x.org" },
	{ "continued by a backslash", "all: a@x.org, \\\nb@x.org\\\n, c@x.org\njoe: d@x.org\n",
	  "all, joe", "a@x.org b@x.org c@x.org d@x.org" },
	{ "a backslash before an empty line", "all: a@x.org \\\n\njoe: d@x.org\n", "all, joe",
	  "a@x.org d@x.org" },
	{ "a backslash at the end of the file", "all: a@x.org\\", "all", "a@x.org" },
	{ "a line of a backslash", "\\\n\njoe: d@x.org\n", "joe", "d@x.org" },
	{ "a first line with a blank", "  joe: a@x.org\n", "joe", "a@x.org" },
	{ "comment lines", "# joe: a@x.org\n  # joe: b@x.org\njoe: c@x.org\n", "joe",
	  "c@x.org" },
	{ "a comment behind", "joe: a@x.org # b@x.org, \"\nbob: c@x.org\t#d\n", "joe, bob",
	  "a@x.org c@x.org" },
	{ "a # in a name", "joe: a#b@x.org, \"c #d\"@x.org\n", "joe",
	  "a#b@x.org \"c #d\"@x.org" },
	{ "comments in parentheses", "joe (not bob, #1): a@x.org (A, #B \"), (C) b@x.org\n", "joe",
	  "a@x.org b@x.org" },
	{ "display names", "joe: Joe Q. Public <a@x.org>, \"B, C\" <b@x.org>\n", "joe",
	  "a@x.org b@x.org" },
	{ "a route", "joe: <@r.org,@s.org:a@x.org>, b@x.org\n", "joe", "a@x.org b@x.org" },
	{ "a quoted name", "\"joe q: public\": a@x.org\n", "\"joe q: public\"", "a@x.org" },
	{ "a name with escapes", "\"joe\\\"q\": a@x.org\n", "\"joe\\\"q\"", "a@x.org" },
	{ "a name with dots", "joe.q.public: a@x.org\n", "joe.q.public", "a@x.org" },
	{ "a quoted value", "joe: \"a b\"@x.org\n", "joe", "\"a b\"@x.org" },
	{ "case of the name", "Root: a@x.org\nbob: b@x.org\n", "rOOT, BOB", "a@x.org b@x.org" },
	{ "case of others", "joe: JOE@x.org\n", "joe, Ann", "JOE@x.org Ann@d.example" },
	{ "no alias", "joe: a@x.org\n", "bob", "bob@d.example" },
	{ "other hosts", "joe: a@x.org\n", "joe@x.net, bob", "joe@x.net bob@d.example" },
	{ "this host", "joe: a@x.org\nbob: b@x.org\nann: c@x.org\n",
	  "joe@localhost, bob@HOST.example, ann@host, carl@host",
	  "a@x.org b@x.org c@x.org carl@d.example" },
	{ "names in a row", "joe: bob\nbob: ann, carl\nann: a@x.org\n", "joe",
	  "a@x.org carl@d.example" },
	{ "values on this host", "joe: bob@localhost\nbob: a@x.org\n", "joe", "a@x.org" },
	{ "everybody behind an alias", "root: a@x.org\ncron: b@x.org\n", "root, cron, joe@x.net",
	  "a@x.org b@x.org joe@x.net" },
	{ "each only once", "joe: a@x.org, A@x.org, a@X.ORG\nbob: a@x.org, joe\n",
	  "joe, bob, a@x.org", "a@x.org A@x.org" },
	{ "a backslash", "joe: a@x.org\n", "\\joe", "joe@d.example" },
	{ "a backslash in a value", "joe: \\joe, a@x.org\nbob: \\joe\n", "joe, bob",
	  "joe@d.example a@x.org" },
	{ "a backslash on this host", "joe: a@x.org\n", "\\joe@localhost", "joe@d.example" },
	{ "itself", "joe: joe\n", "joe", "joe@d.example" },
	{ "itself and others", "joe: a@x.org, Joe, b@x.org\n", "joe",
	  "a@x.org Joe@d.example b@x.org" },
	{ "itself on this host", "joe: joe@localhost, a@x.org\n", "joe", "joe@d.example a@x.org" },
	{ "itself with detail", "joe: joe+x, a@x.org\n", "joe", "joe+x@d.example a@x.org" },
	{ "a circle", "a: b\nb: a\n", "a", "a@d.example" },
	{ "a circle from the other side", "a: b\nb: a\n", "b", "b@d.example" },
	{ "a circle with a way out", "a: b, x@x.org\nb: c\nc: a, y@x.org\n", "a, b, c",
	  "a@d.example y@x.org x@x.org" },
	{ "detail", "joe: a@x.org\n", "joe+detail", "a@x.org" },
	{ "detail with its own alias", "joe: a@x.org\njoe+spam: b@x.org\n", "joe+SPAM, joe+x",
	  "b@x.org a@x.org" },
	{ "detail without alias", "joe: a@x.org\n", "bob+x", "bob+x@d.example" },
	{ "a plus at the start", "joe: a@x.org\n", "+joe", "+joe@d.example" },
	{ "default", "joe: a@x.org\ndefault: b@x.org\n", "joe, bob, carl, \\dora, e@x.net",
	  "a@x.org b@x.org dora@d.example e@x.net" },
	{ "default behind an alias", "joe: bob\ndefault: b@x.org\n", "joe", "b@x.org" },
	{ "default is a local name", "default: joe\n", "bob, ann", "joe@d.example" },
	{ "default on this host", "default: b@x.org\n", "typo@localhost", "b@x.org" },
	{ "detail before default", "joe: a@x.org\ndefault: b@x.org\n", "joe+x", "a@x.org" },
	{ "nobody", "joe: /dev/null\n", "joe", "nobody" },
	{ "nobody in quotes", "joe: \"/dev/null\"\n", "joe", "nobody" },
	{ "nobody else", "joe: /dev/null, a@x.org (no), \"/dev/null\" (x)\n", "joe", "a@x.org" },
	{ "a slash in an address", "joe: /a=b/c=d@x.org\n", "joe", "/a=b/c=d@x.org" },
	{ "UTF-8", "j\xc3\xb6rg: j\xc3\xb6rg@b\xc3\xbc" "cher.example\n", "j\xc3\xb6rg",
	  "j\xc3\xb6rg@xn--bcher-kva.example" },
	{ "Latin-1 in a comment", "# J\xf6rg\njoe: a@x.org\n", "joe", "a@x.org" },
	{ "included", "list: :include:@F@/list, dora@x.org\n", "list",
	  "ann@x.org bob@x.org carl@x.org dora@x.org" },
	{ "included in quotes", "list: \":include: @F@/with blank\"\n", "list", "ann@x.org" },
	{ "included with quotes", "list: :include: \"@F@/with blank\" (x)\n", "list",
	  "ann@x.org" },
	{ "included empty", "list: :include:@F@/empty\n", "list", "nobody" },
	{ "included in included", "list: :include:@F@/outer\ndora: d@x.org\n", "list",
	  "ann@x.org bob@x.org carl@x.org d@x.org" },
	{ "included in itself", "list: :include:@F@/itself\n", "list", "ann@x.org" },
	{ "included twice", "l: :include:@F@/list\nm: :include:@F@/list, e@x.org\n", "l, m",
	  "ann@x.org bob@x.org carl@x.org e@x.org" },
	{ "included back", "list: :include:@F@/back\n", "list", "list@d.example ann@x.org" },
	{ "twice", "joe: a@x.org\nbob: b@x.org\nJOE: c@x.org,\n d@x.org\n", "joe, bob",
	  "a@x.org b@x.org" },
	{ "others' programs do not matter", "prog: \"|/bin/cat\"\nfile: /var/x\njoe: a@x.org\n",
	  "joe", "a@x.org" },
	{ "others' includes are not read", "list: :include:@F@/missing\njoe: a@x.org\n", "joe",
	  "a@x.org" },
	{ "others' mistakes do not matter",
	  "joe: a@x.org\nspam: :blackhole:\n\n# x\ngone: :fail: gone\nempty:\nq: \"x@x.org\n"
	  "bob: b@x.org\n", "joe, bob", "a@x.org b@x.org" },
	{ "a mistake behind a good one", "joe: a@x.org\njoe: b@@x.org\n", "joe", "a@x.org" },
	{ "a wrong file that nobody needs", "joe\n", "joe@x.org, \\joe",
	  "joe@x.org joe@d.example" },
};

static const struct {
	const char *name, *text, *want;
} mistakes[] = {
	/* Of the syntax: sending and checking say the same. */
	{ "no colon", "# x\njoe a@x.org\n", "2: a \":\" is missing behind the name" },
	{ "no name", ": a@x.org\n", "1: the alias has no name" },
	{ "an empty name", "\"\": a@x.org\n", "1: the alias has no name" },
	{ "a domain", "joe@x.org: a@x.org\n", "1: the name of an alias cannot have a domain" },
	{ "an include as name", "\":include:/x\": a@x.org\n",
	  "1: the alias has a name that no address can have" },
	{ "a name that is no UTF-8", "j\xf6rg: a@x.org\n",
	  "1: the alias has a name that no address can have" },
	{ "a control character", "joe: a@x.org\nbob: b\x01@x.org\n",
	  "2: there is a control character in the line" },
	{ "a DEL in a name", "jo\x7f: a@x.org\n", "1: there is a control character in the line" },
	{ "no value", "joe:\nbob: a@x.org\n",
	  "1: nothing stands for the alias \"joe\"; \"/dev/null\" would be nobody" },
	{ "only commas", "joe: , (x) ,\n",
	  "1: nothing stands for the alias \"joe\"; \"/dev/null\" would be nobody" },
	{ "no comma", "joe: a@x.org b@x.org\n",
	  "1: \"a@x.org b@x.org\" is no mail address: words stand side by side; behind a name, "
	  "the address needs \"<\" and \">\"" },
	{ "an indented entry", "joe: a@x.org\n bob: b@x.org\n",
	  "1: \"a@x.org  bob:\" is no mail address: it has a \":\" where no group begins" },
	{ "the line of a value", "# x\njoe: a@x.org,\n# y\n\tb@x.org,\n\tc@@x.org\n",
	  "5: \"c@@x.org\" is no mail address: there is no domain behind the \"@\"" },
	{ "a quote that nothing ends", "joe: \"a@x.org\nbob: b@x.org\n",
	  "1: a quotation mark is not closed" },
	{ "a parenthesis that nothing ends", "joe: a@x.org (b\n",
	  "1: a parenthesis is not closed" },
	{ "a # without a blank", "joe: a@x.org#me\n", "1: a blank is missing before the comment" },
	{ "something behind a path", "joe: /dev/null bob\n",
	  "1: a comma is missing between two values" },
	{ "an include without path", "joe: :include:\n",
	  "1: \":include:\" needs the full path of a file" },
	{ "a relative include", "joe: :include:list\n",
	  "1: \":include:\" needs the full path of a file" },
	{ "a CR", "joe: a@x.org\rRCPT TO:<eve@x.org>\n",
	  "1: there is a control character in the line" },
	{ "a CR in quotes", "joe: \"a\\\rb\"@x.org\n",
	  "1: there is a control character in the line" },
	{ "a C1 control", "joe: a\xc2\x85@x.org\n",
	  "1: \"a\\xc2\\x85@x.org\" is no mail address: it has a character that no address may "
	  "have" },
	{ "a value that is no UTF-8", "joe: j\xf6rg@x.org\n",
	  "1: \"j\\xf6rg@x.org\" is no mail address: it has a character that no address may "
	  "have" },
	/* Where nobody knows whose mail would go astray: that of joe, who has no alias then. */
	{ "an alias that another one has swallowed", "anna: a@x.org\n joe: b@x.org\n",
	  "1: \"a@x.org  joe:\" is no mail address: it has a \":\" where no group begins" },
	{ "one behind a backslash", "anna: a@x.org\\\njoe: b@x.org\n",
	  "1: \"a@x.org  joe:\" is no mail address: it has a \":\" where no group begins" },
	{ "two names", "anna, joe: a@x.org\n", "1: a \":\" is missing behind the name" },
	{ "lines that end with CR", "anna: a@x.org\rjoe: b@x.org\r",
	  "1: there is a control character in the line" },
	/* Of what it leads to. */
	{ "a program", "joe: a@x.org, \"|/bin/sh -c 'x, y'\"\n",
	  "1: mail cannot go to the program \"|/bin/sh -c 'x, y'\": programs are never run for an "
	  "alias" },
	{ "a program without quotes", "# x\njoe: |/bin/cat -n\n",
	  "2: mail cannot go to the program \"|/bin/cat -n\": programs are never run "
	  "for an alias" },
	{ "a program with quotes inside", "joe: |\"/bin/cat a,b\"\n",
	  "1: mail cannot go to the program \"|\"/bin/cat a,b\"\": programs are never run for an "
	  "alias" },
	{ "a file", "joe: a@x.org,\n\t/var/mail/joe\n",
	  "2: mail cannot go to the file \"/var/mail/joe\": files are never written for an alias" },
	{ "a quoted file", "joe: \"/var/my mail\"\n",
	  "1: mail cannot go to the file \"/var/my mail\": files are never written for an alias" },
	{ "a program behind others", "joe: bob\nbob: |x\n",
	  "2: mail cannot go to the program \"|x\": programs are never run for an alias" },
	{ "an include that its group may write", "joe: :include:@F@/group\n",
	  "1: others may write the included file @F@/group (mode 0664)" },
	{ "an include that others may write", "joe: :include:@F@/others\n",
	  "1: others may write the included file @F@/others (mode 0646)" },
	{ "an include that is a folder", "joe: :include:@F@\n",
	  "1: the included @F@ is not a regular file" },
	{ "an include that is a FIFO", "joe: :include:@F@/fifo\n",
	  "1: the included @F@/fifo is not a regular file" },
};

/* What stands in an included file names that file. */
static const struct {
	const char *name, *text, *want;
} inner_mistakes[] = {
	{ "a bad address", "joe: :include:@F@/bad\n",
	  "@F@/bad:3: \"bob@@x.org\" is no mail address: there is no domain behind the \"@\"" },
	{ "an entry", "joe: :include:@F@/entry\n",
	  "@F@/entry:1: \"list: ann@x.org\" is no mail address: its group does not end with a "
	  "\";\"" },
	{ "a program", "joe: :include:@F@/program\n",
	  "@F@/program:2: mail cannot go to the program \"|/bin/true\": programs are never run for "
	  "an alias" },
	{ "a control character", "joe: :include:@F@/control\n",
	  "@F@/control:2: there is a control character in the line" },
	{ "a CR", "joe: :include:@F@/return\n",
	  "@F@/return:1: there is a control character in the line" },
};

/* What only a check complains of, or not. */
static const struct {
	const char *name, *text, *want;
} checks[] = {
	{ "nothing", "", "fine" },
	{ "a usual file",
	  "# x\nmailer-daemon: postmaster\npostmaster: root\nroot: joe, \\root\njoe: joe, a@x.org\n"
	  "list: :include:@F@/outer\nowner-list: root\nnobody: /dev/null\njoe+x: joe+y\n", "fine" },
	{ "a circle", "x: a\na: b\nb: a\n",
	  "data: @F@/aliases:3: the aliases go round in a circle: a, b, a" },
	{ "a longer circle", "a: x@x.org, b\nb: c\nc: \\b, d\nd: y@x.org,\n A\n",
	  "data: @F@/aliases:5: the aliases go round in a circle: a, b, c, d, a" },
	{ "a circle by detail", "joe: bob\nbob: joe+x\n",
	  "data: @F@/aliases:2: the aliases go round in a circle: joe, bob, joe" },
	{ "a circle by default", "joe: bob\ndefault: joe\n",
	  "data: @F@/aliases:2: the aliases go round in a circle: joe, default, joe" },
	{ "a circle of includes", "list: :include:@F@/itself\n",
	  "data: @F@/itself:1: the aliases go round in a circle: :include:@F@/itself, "
	  ":include:@F@/itself" },
	{ "a circle through an include", "list: :include:@F@/back\n",
	  "data: @F@/back:1: the aliases go round in a circle: list, :include:@F@/back, list" },
	{ "the same twice is none", "a: c, c, b\nb: c\nc: x@x.org\n", "fine" },
	{ "a missing include", "list: a@x.org,\n :include:@F@/missing\n",
	  "data: @F@/aliases:2: cannot read the included file @F@/missing: No such file or "
	  "directory" },
	{ "twice", "joe: a@x.org\n\nbob: b@x.org\nJOE: c@x.org\n",
	  "data: @F@/aliases:4: the alias \"joe\" stands already in line 1" },
	{ "a program", "joe: |x\n",
	  "data: @F@/aliases:1: mail cannot go to the program \"|x\": programs are never run for "
	  "an alias" },
};

/* Who becomes the sender. */
static const struct {
	const char *name, *text, *to, *sender, *want;
} owners[] = {
	{ "no owner", "list: a@x.org\n", "list", "me@d.example", "me@d.example" },
	{ "an owner", "list: a@x.org\nowner-list: o@x.org\n", "list", "me@d.example", "o@x.org" },
	{ "in any case", "List: a@x.org\nOWNER-LIST: o@x.org\n", "liST", "me@d.example",
	  "o@x.org" },
	{ "the null sender stays", "list: a@x.org\nowner-list: o@x.org\n", "list", "", "" },
	{ "not on the way", "list: a@x.org\nowner-list: o@x.org\n", "bob, list@x.org",
	  "me@d.example", "me@d.example" },
	{ "behind another alias", "all: list, b@x.org\nlist: a@x.org\nowner-list: o@x.org\n",
	  "all", "me@d.example", "o@x.org" },
	{ "the first", "all: list\nlist: a@x.org\nowner-list: o@x.org\nowner-all: p@x.org\n",
	  "all", "me@d.example", "p@x.org" },
	{ "of included members", "list: :include:@F@/list\nowner-list: o@x.org\n", "list",
	  "me@d.example", "o@x.org" },
	{ "through an alias", "list: a@x.org\nowner-list: joe\njoe: o@x.org\n", "list",
	  "me@d.example", "o@x.org" },
	{ "that gets the mail, too", "list: joe\nowner-list: joe\njoe: o@x.org\n", "list",
	  "me@d.example", "o@x.org" },
	{ "a local owner", "list: a@x.org\nowner-list: joe\n", "list", "me@d.example",
	  "joe@d.example" },
	{ "several owners", "list: a@x.org\nowner-list: o@x.org, p@x.org\n", "list",
	  "me@d.example", "owner-list@d.example" },
	{ "no owner at all", "list: a@x.org\nowner-list: /dev/null\n", "list", "me@d.example",
	  "owner-list@d.example" },
	{ "default is no owner", "list: a@x.org\ndefault: o@x.org\n", "list", "me@d.example",
	  "me@d.example" },
};
/* clang-format on */

static void
test_expansions(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(expansions) / sizeof(*expansions); i++)
		unit_same(expansions[i].name,
			  expand_with(&arena, expansions[i].text, expansions[i].to),
			  expansions[i].want);
	arena_release(&arena);
	unit_done();
}

static void
test_mistakes(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		const char *want = mistakes[i].want;

		unit_same(mistakes[i].name, expand_with(&arena, mistakes[i].text, "joe"),
			  arena_printf(&arena, "config: @F@/aliases:%s", want));
		unit_same(mistakes[i].name, check(&arena, mistakes[i].text),
			  arena_printf(&arena, "data: @F@/aliases:%s", want));
	}
	for (size_t i = 0; i < sizeof(inner_mistakes) / sizeof(*inner_mistakes); i++) {
		const char *text = inner_mistakes[i].text, *want = inner_mistakes[i].want;

		unit_same(inner_mistakes[i].name, expand_with(&arena, text, "joe"),
			  arena_printf(&arena, "config: %s", want));
		unit_same(inner_mistakes[i].name, check(&arena, text),
			  arena_printf(&arena, "data: %s", want));
	}
	arena_release(&arena);
	unit_done();
}

static void
test_checks(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };

	(void)state;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		unit_same(checks[i].name, check(&arena, checks[i].text), checks[i].want);
	unlink(file);
	unit_same("no file", aliases_check(&arena, file, &err) ? "fine" : err.what,
		  "fine");
	arena_release(&arena);
	unit_done();
}

static void
test_owners(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
		struct local_policy policy = usual_policy();
		struct envelope envelope = { .sender = owners[i].sender };

		write_file(file, span_of(with_folder(&arena, owners[i].text, false)),
			   0644);
		expand(&arena, &policy, &envelope, owners[i].to);
		unit_same(owners[i].name, envelope.sender, owners[i].want);
	}
	arena_release(&arena);
	unit_done();
}

/* What the settings change. */
static void
test_policy(void **state)
{
	struct arena arena = { 0 };
	struct local_policy policy = usual_policy();
	struct envelope a = { .sender = "" }, b = a, c = a, d = a, e = a, f = a, g = a,
			h = a;

	(void)state;
	write_file(file, SPAN("joe: a@x.org\nann: root, b@x.org\n"), 0644);
	policy.root_address = "boss@x.org";
	unit_same("root_address", expand(&arena, &policy, &a, "ROOT, root+x@localhost"),
		  "boss@x.org");
	unit_same("root behind an alias", expand(&arena, &policy, &b, "ann"),
		  "boss@x.org b@x.org");
	unit_same("root of others", expand(&arena, &policy, &c, "root@x.org, \\root"),
		  "root@x.org root@d.example");
	policy.root_address = "joe";
	unit_same("a local root_address", expand(&arena, &policy, &d, "root"), "a@x.org");
	policy.expand = false;
	unit_same("no aliases", expand(&arena, &policy, &e, "joe, root"),
		  "joe@d.example");
	policy.default_domain = policy.root_address = NULL;
	policy.aliases_file = NULL;
	policy.expand = true;
	policy.memory = NULL;
	unit_same("no domain", expand(&arena, &policy, &f, "joe, bob@localhost"),
		  "joe bob@localhost");
	policy = usual_policy();
	policy.local_names = NULL;
	unit_same("no names", expand(&arena, &policy, &g, "joe@localhost, joe"),
		  "joe@localhost a@x.org");
	policy = usual_policy();
	policy.root_address = "no address";
	unit_same(
		"a wrong root_address",
		strncmp(expand(&arena, &policy, &h, "root"), "config: Mail to root ", 21)
			? "taken"
			: "refused",
		"refused");
	arena_release(&arena);
	unit_done();
}

/* Root's alias is stronger than root_address. */
static void
test_root(void **state)
{
	struct arena arena = { 0 };
	struct local_policy policy = usual_policy();
	struct envelope a = { .sender = "" }, b = a, c = a;

	(void)state;
	policy.root_address = "boss@x.org";
	write_file(file, SPAN("root: a@x.org\n"), 0644);
	unit_same("an alias", expand(&arena, &policy, &a, "root"), "a@x.org");
	policy.memory = NULL;
	write_file(file, SPAN("root: root, a@x.org\n"), 0644);
	unit_same("itself", expand(&arena, &policy, &b, "root"), "boss@x.org a@x.org");
	policy.memory = NULL;
	policy.root_address = "joe";
	write_file(file, SPAN("joe: root\n"), 0644);
	unit_same("a circle", expand(&arena, &policy, &c, "root"), "root@d.example");
	arena_release(&arena);
	unit_done();
}

/* Several lists into one envelope, and several envelopes. */
static void
test_memory(void **state)
{
	struct arena arena = { 0 };
	struct local_policy policy = usual_policy();
	struct envelope one = { .sender = "me@d.example" }, two = one, three = one;

	(void)state;
	write_file(file,
		   SPAN("joe: a@x.org, b@x.org\nl: c@x.org\nm: d@x.org\n"
			"owner-l: o@x.org\nowner-m: p@x.org\n"),
		   0644);
	unit_same("the first list", expand(&arena, &policy, &one, "joe"),
		  "a@x.org b@x.org");
	unlink(file);
	unit_same("the second list", expand(&arena, &policy, &one, "joe, l"),
		  "a@x.org b@x.org c@x.org");
	unit_same("its owner", one.sender, "o@x.org");
	unit_same("the third list", expand(&arena, &policy, &one, "m, joe"),
		  "a@x.org b@x.org c@x.org d@x.org");
	unit_same("the owner stays", one.sender, "o@x.org");
	unit_same("another envelope", expand(&arena, &policy, &two, "m, joe"),
		  "d@x.org a@x.org b@x.org");
	unit_same("another owner", two.sender, "p@x.org");
	policy.memory = NULL;
	unit_same("without a file", expand(&arena, &policy, &three, "joe"),
		  "joe@d.example");
	arena_release(&arena);
	unit_done();
}

/* After an error nothing of what was read is taken for the whole. */
static void
test_again(void **state)
{
	struct arena arena = { 0 };
	struct local_policy policy = usual_policy();
	struct envelope one = { .sender = "" }, two = one;
	const char *list = place(&arena, "again");

	(void)state;
	write_file(list, SPAN("ann@x.org\nbob@@x.org\n"), 0644);
	write_file(file, span_of(with_folder(&arena, "joe: :include:@F@/again\n", false)),
		   0644);
	unit_same("a wrong include",
		  strstr(expand(&arena, &policy, &one, "joe"), "again:2: ") ? "refused"
									    : "taken",
		  "refused");
	write_file(list, SPAN("ann@x.org\nbob@x.org\n"), 0644);
	unit_same("mended", expand(&arena, &policy, &two, "joe"), "ann@x.org bob@x.org");
	unlink(list);
	arena_release(&arena);
	unit_done();
}

/* COUNT entries "PREFIXn: PREFIXn+1" and a last one. */
static const char *
row(struct arena *arena, unsigned count, bool upward)
{
	const char *text = "";

	for (unsigned i = 1; i < count; i++)
		text = arena_printf(arena, "%sn%u: n%u\n", text, upward ? i : count - i,
				    upward ? i + 1 : count - i + 1);
	return arena_printf(arena, "%sn%u: a@x.org\n", text, count);
}

static void
test_depth(void **state)
{
	static const char want[] = "the alias \"n33\" makes a row of more than 32 "
				   "aliases, which begins with \"n1\"";
	struct arena arena = { 0 };

	(void)state;
	unit_same("32 in a row", expand_with(&arena, row(&arena, 32, true), "n1"),
		  "a@x.org");
	unit_same("33 in a row", expand_with(&arena, row(&arena, 33, true), "n1"),
		  arena_printf(&arena, "config: @F@/aliases:32: %s", want));
	unit_same("32, checked", check(&arena, row(&arena, 32, true)), "fine");
	unit_same("33, checked", check(&arena, row(&arena, 33, true)),
		  arena_printf(&arena, "data: @F@/aliases:32: %s", want));
	unit_same("32 from the end, checked", check(&arena, row(&arena, 32, false)),
		  "fine");
	unit_same("33 from the end, checked",
		  strstr(check(&arena, row(&arena, 33, false)), "a row of more than 32")
			  ? "refused"
			  : "taken",
		  "refused");
	arena_release(&arena);
	unit_done();
}

static void
write_list(struct arena *arena, const char *prefix, unsigned count)
{
	struct buf text = { 0 };

	for (unsigned i = 0; i < count; i++)
		buf_printf(&text, "%s%u@x.org\n", prefix, i);
	write_file(place(arena, "large"), buf_span(&text), 0644);
	buf_release(&text);
}

static size_t
count_recipients(struct arena *arena, const char *to)
{
	struct local_policy policy = usual_policy();
	struct envelope envelope = { .sender = "" };

	write_file(file, span_of(with_folder(arena, "l: :include:@F@/large\n", false)),
		   0644);
	expand(arena, &policy, &envelope, to);
	return envelope.count;
}

static void
test_bounds(void **state)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };

	(void)state;
	write_list(&arena, "p", 10000);
	unit_number("10000", (long long)count_recipients(&arena, "l, a@x.org"), 10001);
	write_list(&arena, "p", 10001);
	unit_same("10001", expand_with(&arena, "l: :include:@F@/large\n", "l"),
		  "config: @F@/large:10001: the aliases make more than 10000 recipients");
	write_file(place(&arena, "large"), SPAN(""), 0644);
	assert_int_equal(truncate(place(&arena, "large"), 17 * 1024 * 1024), 0);
	unit_same(
		"a large include", expand_with(&arena, "l: :include:@F@/large\n", "l"),
		"refused-for-now: @F@/aliases:1: cannot read the included file @F@/large: File "
		"too large");
	unlink(place(&arena, "large"));
	/* All names on each level of eight: 2^60 ways, if they were all gone. */
	for (unsigned i = 0; i < 20; i++)
		for (unsigned j = 0; j < 8; j++) {
			buf_printf(&text, "a%ux%u: ", i, j);
			for (unsigned k = 0; k < 8; k++)
				buf_printf(&text, i < 19 ? "a%ux%u," : "a%ux%u@x.org,",
					   i + 1, k);
			buf_add_char(&text, '\n');
		}
	unit_same("many ways", expand_with(&arena, text.at, "a18x0"),
		  "a20x0@x.org a20x1@x.org a20x2@x.org a20x3@x.org a20x4@x.org "
		  "a20x5@x.org a20x6@x.org a20x7@x.org");
	unit_same("many ways from the start", expand_with(&arena, text.at, "a0x0"),
		  expand_with(&arena, text.at, "a18x7"));
	unit_same("many ways, checked", check(&arena, text.at), "fine");
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

/* As large as such files may get: done at once, or never. */
static void
test_size(void **state)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&text, "name%u: user%u@x.org,\n\tname%u@y.org\n", i, i, i);
	unit_same("many aliases", expand_with(&arena, text.at, "name99999, name7"),
		  "user99999@x.org name99999@y.org user7@x.org name7@y.org");
	unit_same("many aliases, checked", check(&arena, text.at), "fine");
	text.len = 0;
	buf_add_string(&text, "joe: ");
	for (unsigned i = 0; i < 300000; i++)
		buf_add_string(&text, "\n ,(((,\"");
	unit_same("many comments",
		  strstr(expand_with(&arena, text.at, "joe"), "nested too deeply")
			  ? "refused"
			  : "taken",
		  "refused");
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

static void
test_nul(void **state)
{
	static const char *const texts[] = { "joe: a@x.org%cb\n",
					     "# x%cy\njoe: a@x.org\n",
					     "joe: a@x.org,\n%c\n", "j%coe: a@x.org\n" };
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct local_policy policy = usual_policy();
		struct envelope envelope = { .sender = "" };
		char text[64] = "";
		const char *mark = strchr(texts[i], '%');
		size_t len = strlen(texts[i]) - 1, at = (size_t)(mark - texts[i]);

		memcpy(text, texts[i], at);
		memcpy(text + at + 1, mark + 2, len - at - 1);
		write_file(file, (struct span){ text, len }, 0644);
		unit_same(texts[i],
			  strstr(expand(&arena, &policy, &envelope, "joe"),
				 ": there is a NUL in the line")
				  ? "refused"
				  : "taken",
			  "refused");
		unit_number(texts[i], (long long)envelope.count, 0);
	}
	arena_release(&arena);
	unit_done();
}

/* What the aliases' own domain makes too long. */
static void
test_long(void **state)
{
	struct arena arena = { 0 };
	char name[996] = "";

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	unit_same("in a file",
		  strstr(expand_with(&arena, arena_printf(&arena, "joe: %s\n", name),
				     "joe"),
			 "config: @F@/aliases:1: The address \"xxx")
			  ? "refused"
			  : "taken",
		  "refused");
	unit_same("on the command line",
		  strstr(expand_with(&arena, "joe: a@x.org\n", name),
			 "data: The address \"xxx")
			  ? "refused"
			  : "taken",
		  "refused");
	arena_release(&arena);
	unit_done();
}

static void
test_unreadable(void **state)
{
	struct arena arena = { 0 };
	struct local_policy policy = usual_policy();
	struct envelope envelope = { .sender = "" };

	(void)state;
	unit_same(
		"an include that is missing",
		expand_with(&arena, "joe: a@x.org, :include:@F@/missing\n", "joe"),
		"refused-for-now: @F@/aliases:1: cannot read the included file @F@/missing: No "
		"such file or directory");
	policy.aliases_file = folder;
	unit_same("a folder", expand(&arena, &policy, &envelope, "joe"),
		  "config: Cannot read the file of aliases @F@: Is a directory");
	policy = usual_policy();
	policy.aliases_file = "/dev/null/aliases";
	unit_same("below a file", expand(&arena, &policy, &envelope, "joe"),
		  "joe@d.example");
	if (getuid() == 0) {
		assert_int_equal(setresuid(65533, 65533, 0), 0);
		unit_same("a file that may not be read",
			  expand(&arena,
				 &(struct local_policy){ .aliases_file =
								 place(&arena, "secret"),
							 .expand = true },
				 &envelope, "joe"),
			  "config: Cannot read the file of aliases @F@/secret: "
			  "Permission denied");
		assert_int_equal(setresuid(0, 0, 0), 0);
	} else {
		print_message("skip - a file that may not be read: needs root\n");
	}
	arena_release(&arena);
	unit_done();
}

/* To whom joe's mail goes by a file of that mode and of those owners; -1: our own. */
static const char *
expand_owned(struct arena *arena, mode_t mode, int user, int group)
{
	struct local_policy policy = usual_policy();
	struct envelope envelope = { .sender = "" };

	write_file(file, SPAN("joe: a@x.org\n"), mode);
	assert_int_equal(chown(file, (uid_t)user, (gid_t)group), 0);
	return expand(arena, &policy, &envelope, "joe");
}

/* Whoever may write the file says who gets the mail of others. */
static void
test_others(void **state)
{
	struct arena arena = { 0 };
	struct local_policy policy = { .aliases_file = "/dev/null", .expand = true };
	struct envelope envelope = { .sender = "" };
	struct error err = { .arena = &arena };

	(void)state;
	unit_same("others may write it", expand_owned(&arena, 0646, -1, -1),
		  "config: Others may write the file of aliases @F@/aliases (mode 0646)");
	unit_number("checked", aliases_check(&arena, file, &err), false);
	unit_same("checked", sentence(&arena, &err),
		  "data: Others may write the file of aliases @F@/aliases (mode 0646)");
	unit_same("what to do", err.hint ? with_folder(&arena, err.hint, true) : NULL,
		  "Run: chmod go-w @F@/aliases");
	unit_same("his own group may write it", expand_owned(&arena, 0664, -1, -1),
		  "a@x.org");
	unit_same("no file", expand(&arena, &policy, &envelope, "joe"), "joe");
	if (getuid() == 0) {
		unit_same(
			"another group may write it",
			expand_owned(&arena, 0664, 0, 65533),
			"config: Others may write the file of aliases @F@/aliases (mode "
			"0664)");
		unit_same("it is somebody else's, as in a container",
			  expand_owned(&arena, 0644, 65533, 65533), "a@x.org");
	} else {
		print_message("skip - files of somebody else: needs root\n");
	}
	arena_release(&arena);
	unit_done();
}

static int
enter(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(included) / sizeof(*included); i++)
		write_file(place(&arena, included[i].name),
			   span_of(with_folder(&arena, included[i].text, false)),
			   included[i].mode);
	write_file(place(&arena, "secret"), SPAN("joe: a@x.org\n"), 0600);
	assert_int_equal(mkfifo(place(&arena, "fifo"), 0600), 0);
	arena_release(&arena);
	return 0;
}

static int
leave(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(included) / sizeof(*included); i++)
		unlink(place(&arena, included[i].name));
	unlink(place(&arena, "secret"));
	unlink(place(&arena, "fifo"));
	unlink(place(&arena, "large"));
	unlink(place(&arena, "again"));
	unlink(file);
	rmdir(folder);
	arena_release(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expansions), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_checks),	   cmocka_unit_test(test_owners),
		cmocka_unit_test(test_policy),	   cmocka_unit_test(test_root),
		cmocka_unit_test(test_memory),	   cmocka_unit_test(test_again),
		cmocka_unit_test(test_depth),	   cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_size),	   cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long),	   cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_others),
	};

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	/* For the case of another user. */
	chmod(folder, 0755);
	snprintf(file, sizeof(file), "%s/aliases", folder);
	return cmocka_run_group_tests_name("aliases", tests, enter, leave);
}
