/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses are read as RFC 5322 and RFC 6532 have them, and written as RFC 5321 wants
 * them. */
#include "mail/address.h"

#include "base/file.h"
#include "config.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
/* Also with a NUL inside. */
/* clang-format off */
#define TEXT(literal) { (literal), sizeof(literal) - 1 }
/* clang-format on */

struct text_case {
	const char *name;
	struct span input;
	const char *want;
};

/* The addresses as LOCAL|DOMAIN, a bare one as LOCAL, then what is wrong. */
static const char *
render(struct arena *arena, const struct address_list *list, const struct error *err)
{
	CLEANUP(release_buf) struct buf out = { 0 };
	const char *problem =
		err->what ? strstr(err->what, "\" is no mail address: ") : NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct address *address = &list->items[i];

		buf_printf(&out, "%s%s%s%s%s", i ? ", " : "",
			   address->backslash ? "\\" : "", address->local,
			   address->domain ? "|" : "",
			   address->domain ? address->domain : "");
	}
	if (err->fault != FAULT_NONE)
		buf_printf(&out, "%s!%s", out.len ? " " : "",
			   err->fault != FAULT_DATA ? "not FAULT_DATA"
			   : problem		    ? strchr(problem, ':') + 2
						    : err->what);
	buf_reserve(&out, 0);
	return span_string(arena, buf_span(&out));
}

#define DEEP8 "(((((((("
#define SHUT8 "))))))))"

/* Why a text is refused. */
#define WORDS                                                                            \
	"!words stand side by side; behind a name, the address needs \"<\" and \">\""
#define NO_NAME "!a name is missing where it should begin"
#define CHARACTER "!it has a character that no address may have"
#define PROGRAM "!programs and files do not receive mail here"
#define LITERAL "!there is no address in its brackets"
#define NO_DOMAIN "!there is no domain behind the \"@\""
#define CONTROL "!it has a control character"
#define LINE_END "!it has a line end"

/* clang-format off */
static const struct text_case lists[] = {
	/* RFC 5322 appendix A */
	{ "A.1.1 From", TEXT("John Doe <jdoe@machine.example>"), "jdoe|machine.example" },
	{ "A.1.1 To", TEXT("Mary Smith <mary@example.net>"), "mary|example.net" },
	{ "A.1.1 Sender", TEXT("Michael Jones <mjones@machine.example>"),
	  "mjones|machine.example" },
	{ "A.1.2 From", TEXT("\"Joe Q. Public\" <john.q.public@example.com>"),
	  "john.q.public|example.com" },
	{ "A.1.2 To", TEXT("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
	  "mary|x.test, jdoe|example.org, one|y.test" },
	{ "A.1.2 Cc", TEXT("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
	  "boss|nil.test, sysservices|example.net" },
	{ "A.1.3 To", TEXT("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
	  "c|a.test, joe|where.test, jdoe|one.test" },
	{ "A.1.3 Cc", TEXT("Undisclosed recipients:;"), "" },
	{ "A.2 From", TEXT("\"Joe Q. Public\" <john.q.public@example.com>"),
	  "john.q.public|example.com" },
	{ "A.5 From", TEXT("Pete(A nice \\) chap) "
			   "<pete(his account)@silly.test(his host)>"),
	  "pete|silly.test" },
	/* clang-format off */
	{ "A.5 To", TEXT("A Group(Some people)\r\n     "
			 ":Chris Jones <c@(Chris's host.)public.example>,\r\n"
			 "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); "
			 "(the end of the group)"),
	  "c|public.example, joe|example.org, jdoe|one.test" },
	/* clang-format on */
	{ "A.5 Cc",
	  TEXT("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), "" },
	{ "A.6.1 From", TEXT("Joe Q. Public <john.q.public@example.com>"),
	  "john.q.public|example.com" },
	{ "A.6.1 To",
	  TEXT("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
	  "mary|example.net, jdoe|test.example" },
	{ "A.6.3 From", TEXT("John Doe <jdoe@machine(comment).  example>"),
	  "jdoe|machine.example" },
	{ "A.6.3 To", TEXT("Mary Smith\r\n          \r\n          <mary@example.net>"),
	  "mary|example.net" },

	/* plain */
	{ "nothing", TEXT(""), "" },
	{ "blanks", TEXT(" \t "), "" },
	{ "a comment alone", TEXT("(nobody)"), "" },
	{ "one address", TEXT("a@x.org"), "a|x.org" },
	{ "two addresses", TEXT("a@x.org,b@x.org"), "a|x.org, b|x.org" },
	{ "a bare word", TEXT("root"), "root" },
	{ "a bare word and an address", TEXT("a,b@x.org"), "a, b|x.org" },
	{ "a bare word in brackets", TEXT("<root>"), "root" },
	{ "a name and a bare word in brackets", TEXT("Anacron <root>"), "root" },
	{ "a bare word and a comment, as cron writes it", TEXT("root (Cron Daemon)"),
	  "root" },
	{ "a comment before", TEXT("(Cron Daemon) root"), "root" },
	{ "a comment behind, as in old mail", TEXT("bob@x.org (Bob Foo, Jr.)"),
	  "bob|x.org" },
	{ "upper case stays", TEXT("John.DOE@Example.ORG"), "John.DOE|Example.ORG" },
	{ "every character of an atom", TEXT("!#$%&'*+-/=?^_`{|}~09azAZ@x.org"),
	  "!#$%&'*+-/=?^_`{|}~09azAZ|x.org" },
	{ "percent hack", TEXT("user%host@gw"), "user%host|gw" },
	{ "bang path", TEXT("host!user"), "host!user" },
	{ "bang path with a domain", TEXT("a!b!user@gw.org"), "a!b!user|gw.org" },
	{ "plus", TEXT("bob+tag@x.org"), "bob+tag|x.org" },
	{ "X.400 by a gateway", TEXT("/G=Owen/S=Smith/O=X/@relay.ac.uk"),
	  "/G=Owen/S=Smith/O=X/|relay.ac.uk" },
	{ "a leading dash", TEXT("-f@x.org"), "-f|x.org" },
	{ "a leading backslash", TEXT("\\root"), "\\root" },
	{ "a leading backslash with a domain", TEXT("\\root@x.org"), "\\root|x.org" },
	{ "a leading backslash in brackets", TEXT("<\\root>"), "\\root" },
	{ "a leading backslash before a quote", TEXT("\\\"root\""), "\\root" },

	/* domains */
	{ "a trailing dot goes", TEXT("user@domain."), "user|domain" },
	{ "a trailing dot goes, in brackets", TEXT("<user@domain.org.>"),
	  "user|domain.org" },
	{ "underscore", TEXT("a@a_b.example"), "a|a_b.example" },
	{ "IPv4 literal", TEXT("user@[192.0.2.1]"), "user|[192.0.2.1]" },
	{ "IPv6 literal", TEXT("user@[IPv6:2001:db8::1]"), "user|[IPv6:2001:db8::1]" },
	{ "IPv6 literal in brackets", TEXT("U <user@[IPv6:::1]>, b@x"),
	  "user|[IPv6:::1], b|x" },
	{ "a literal with blanks and folds", TEXT("user@[ 192.0.2.1\r\n ]"),
	  "user|[192.0.2.1]" },
	{ "a comment before a literal", TEXT("user@ (here) [192.0.2.1]"),
	  "user|[192.0.2.1]" },
	{ "UTF-8 domain", TEXT("a@例え.テスト"), "a|例え.テスト" },
	{ "dots with blanks around them", TEXT("a@x . org , b@y\t.org"),
	  "a|x.org, b|y.org" },
	{ "no domain", TEXT("user@"), NO_DOMAIN },
	{ "no domain before a comma", TEXT("a@x,user@,b@y"), "a|x " NO_DOMAIN },
	{ "only a dot", TEXT("user@."), NO_DOMAIN },
	{ "a leading dot", TEXT("user@.x.org"), "!its domain has a dot too many" },
	{ "two dots", TEXT("user@x..org"), "!its domain has a dot too many" },
	{ "two trailing dots", TEXT("user@x.org.."), "!its domain has a dot too many" },
	{ "two at signs", TEXT("foo@@bar"), NO_DOMAIN },
	{ "two domains", TEXT("a@b@c"), "!it has more than one \"@\"" },
	{ "two domains in brackets", TEXT("<a@b@c>"), "!it has more than one \"@\"" },
	{ "a quoted domain", TEXT("a@\"x.org\""), NO_DOMAIN },
	{ "an empty literal", TEXT("a@[]"), LITERAL },
	{ "an open literal", TEXT("a@[192.0.2.1"), "!a bracket is not closed" },
	{ "an open literal and a second address", TEXT("a@[192.0.2.1, b@x"),
	  "!a bracket is not closed" },
	{ "text behind a literal", TEXT("a@[192.0.2.1]x"), WORDS },
	{ "a literal in a literal", TEXT("a@[[1]"), LITERAL },
	{ "a literal with an angle bracket", TEXT("a@[1>2]"), LITERAL },
	{ "a literal with a backslash", TEXT("a@[1\\2]"), LITERAL },
	{ "a literal with UTF-8", TEXT("a@[é]"), LITERAL },
	{ "a literal without an at sign", TEXT("[192.0.2.1]"), NO_NAME },

	/* local parts */
	{ "quoted, with a blank", TEXT("\"john doe\"@x.org"), "john doe|x.org" },
	{ "quoted, in brackets", TEXT("J <\"john doe\"@x.org>"), "john doe|x.org" },
	{ "quoted, bare", TEXT("\"john doe\""), "john doe" },
	{ "quoted without need", TEXT("\"john\"@x.org"), "john|x.org" },
	{ "quoted specials", TEXT("\"a,b;c:d<e>f(g)@h\"@x.org"),
	  "a,b;c:d<e>f(g)@h|x.org" },
	{ "quoted pairs", TEXT("\"a\\\"b\\\\c\\d\"@x.org"), "a\"b\\cd|x.org" },
	{ "quoted fold", TEXT("\"john\r\n doe\"@x.org"), "john doe|x.org" },
	{ "quoted and empty", TEXT("\"\"@x.org"), "|x.org" },
	{ "quoted, empty and bare", TEXT("\"\""), "!it is empty" },
	{ "a quoted word among others", TEXT("a.\"b c\".d@x.org"), "a.b c.d|x.org" },
	{ "blanks around the dots", TEXT("john . q\t.\r\n public@x.org"),
	  "john.q.public|x.org" },
	{ "comments around the dots", TEXT("john (J) . (Q.) q . public (P) @ (at) x.org"),
	  "john.q.public|x.org" },
	{ "a comment right behind", TEXT("john(J)@x.org"), "john|x.org" },
	{ "a leading dot in a local part", TEXT(".john@x.org"), ".john|x.org" },
	{ "a trailing dot in a local part", TEXT("john.@x.org"), "john.|x.org" },
	{ "two dots in a local part", TEXT("jo..hn@x.org"), "jo..hn|x.org" },
	{ "dots only", TEXT("..@x.org"), NO_NAME },
	{ "no local part", TEXT("@x.org"), NO_NAME },
	{ "no local part in brackets", TEXT("<@x.org>"),
	  "!its route does not end with a \":\"" },
	{ "a backslash inside", TEXT("a\\b@x.org"),
	  "!it has a backslash outside of quotation marks" },
	{ "a backslash alone", TEXT("\\"), NO_NAME },
	{ "a backslash and a blank", TEXT("\\ root"), NO_NAME },
	{ "two words", TEXT("john doe@x.org"), WORDS },
	{ "two bare words", TEXT("john doe"), WORDS },
	{ "a quote behind an atom", TEXT("john\"doe\"@x.org"), WORDS },
	{ "two addresses without a comma", TEXT("a@x.org b@x.org"), WORDS },
	{ "a tab in quotes", TEXT("\"john\tdoe\"@x.org"), CHARACTER },
	{ "an escaped line end in quotes", TEXT("\"john\\\r\n doe\"@x.org"), CHARACTER },
	{ "UTF-8", TEXT("太郎@x.jp"), "太郎|x.jp" },
	{ "UTF-8 behind a backslash", TEXT("\"\\太 郎\"@x.jp"), "太 郎|x.jp" },
	{ "Latin-1", TEXT("j\xf6rg@x.org"), CHARACTER },
	{ "overlong UTF-8", TEXT("a\xc0\xafz@x.org"), CHARACTER },
	{ "half a character", TEXT("a\xe5\xa4@x.org"), CHARACTER },
	{ "a C1 control",
	  TEXT("a\xc2\x9b"
	       "31m@x.org"),
	  CHARACTER },
	{ "Latin-1 in a domain",
	  TEXT("a@b\xfc"
	       "cher.de"),
	  CHARACTER },
	{ "a program", TEXT("|/bin/sh"), PROGRAM },
	{ "a quoted program", TEXT("\"|/bin/sh -c x\""), PROGRAM },
	{ "a file", TEXT("a@x, /etc/passwd"), "a|x " PROGRAM },
	{ "an included file", TEXT(":include:/etc/list"),
	  "!it has a \":\" where no group begins" },

	/* display names */
	{ "a quoted name with a comma", TEXT("\"Doe, John\" <j@x.org>"), "j|x.org" },
	{ "a name with a comma and no quotes", TEXT("Doe, John <j@x.org>"),
	  "Doe, j|x.org" },
	{ "a name with dots", TEXT("J. R. R. Tolkien <jrr@x.org>"), "jrr|x.org" },
	{ "a name with a dot at the end", TEXT("Joe Q. <joe@x.org>"), "joe|x.org" },
	{ "a name with UTF-8", TEXT("Jürgen Groß <jg@x.de>"), "jg|x.de" },
	{ "a name with Latin-1", TEXT("J\xfcrgen <jg@x.de>"), "jg|x.de" },
	{ "a name with an encoded word", TEXT("=?UTF-8?Q?J=C3=BCrgen?= <jg@x.de>"),
	  "jg|x.de" },
	{ "a name that is an address", TEXT("joe@x.org <joe@y.org>"), "joe|y.org" },
	{ "a name with an at sign", TEXT("Joe @ Work <joe@y.org>"), "joe|y.org" },
	{ "a name with an apostrophe", TEXT("Miles O'Brien <mob@x.org>"), "mob|x.org" },
	{ "a name with an open bracket", TEXT("Joe [work, b@x <joe@y.org>"), WORDS },
	{ "a name in brackets", TEXT("[work] Joe <joe@y.org>"), "joe|y.org" },
	{ "a name with a backslash", TEXT("DOMAIN\\joe <joe@y.org>"), "joe|y.org" },
	{ "a name with a comment with a comma",
	  TEXT("Joe (home, not work) <joe@y.org> (x, y)"), "joe|y.org" },
	{ "an empty name", TEXT("\"\" <joe@y.org>"), "joe|y.org" },
	{ "no blank before the bracket", TEXT("Joe<joe@y.org>"), "joe|y.org" },
	{ "blanks inside the brackets", TEXT("< joe@y.org\t>"), "joe|y.org" },
	{ "a quoted bracket in the name", TEXT("\"<x@y>\" <joe@y.org>"), "joe|y.org" },
	{ "a commented bracket in the name", TEXT("Joe (<x@y>) <joe@y.org>"),
	  "joe|y.org" },
	{ "folded", TEXT("Joe\r\n\tPublic\r\n <joe@y.org>,\n b@x"), "joe|y.org, b|x" },
	{ "empty brackets", TEXT("<>"), NO_NAME },
	{ "a name and empty brackets", TEXT("Joe < >"), NO_NAME },
	{ "an open bracket", TEXT("Joe <joe@y.org"), "!a \"<\" is not closed" },
	{ "an open bracket and a second address", TEXT("Joe <joe@y.org, b@x"),
	  "!a \"<\" is not closed" },
	{ "a list in brackets", TEXT("<a@x, b@x>"), WORDS },
	{ "a bracket that nothing opened", TEXT("joe@y.org>"),
	  "!it has a \">\" without a \"<\" before it" },
	{ "two brackets", TEXT("<<joe@y.org>>"), "!it has more than one \"<\"" },
	{ "two addresses in brackets", TEXT("<a@x> <b@x>"),
	  "!it has more than one \"<\"" },
	{ "a name behind", TEXT("<a@x> Joe"), "!something stands behind its \">\"" },
	{ "an address behind", TEXT("Joe <a@x> b@x"),
	  "!something stands behind its \">\"" },
	{ "two words in brackets", TEXT("<joe doe>"), WORDS },
	{ "a scheme in brackets", TEXT("<mailto:a@x>"), WORDS },

	/* routes */
	{ "a route", TEXT("<@relay.org:t@x.org>"), "t|x.org" },
	{ "a route of two", TEXT("T <@relay.org,@other.org:t@x.org>"), "t|x.org" },
	{ "a route with empty places", TEXT("<,@a.org, ,@b.org,:t@x.org>"), "t|x.org" },
	{ "a route with a comment and a fold", TEXT("<@a.org (x:y)\r\n : t@x.org>"),
	  "t|x.org" },
	{ "a route with a literal", TEXT("<@[192.0.2.1]:t@x.org>"), "t|x.org" },
	{ "a route to nowhere", TEXT("<@a.org:>"), NO_NAME },
	{ "a route without brackets", TEXT("@a.org:t@x.org"),
	  "!it has a \":\" where no group begins" },
	{ "a route without an at sign", TEXT("<@a.org,b.org:t@x.org>"),
	  "!its route does not end with a \":\"" },

	/* groups */
	{ "an empty group", TEXT("undisclosed-recipients:;"), "" },
	{ "an empty group with a blank", TEXT("undisclosed-recipients: ;"), "" },
	{ "an empty group without its end", TEXT("undisclosed-recipients:"), "" },
	{ "a group", TEXT("Friends: \"Q, R\" <q@x.org>, s@x.org;"), "q|x.org, s|x.org" },
	{ "a quoted group name", TEXT("\"My: friends\": a@x;"), "a|x" },
	{ "a group with empty members", TEXT("Friends:,,a@x,,;"), "a|x" },
	{ "a group among others", TEXT("a@x, F: b@x, c@x;, d@x"), "a|x, b|x, c|x, d|x" },
	{ "an address right behind a group", TEXT("F: b@x; d@x"), "b|x, d|x" },
	{ "two groups", TEXT("F: b@x; G: d@x;"), "b|x, d|x" },
	{ "a group with a literal", TEXT("F: b@[IPv6:::1];"), "b|[IPv6:::1]" },
	{ "an open group", TEXT("a@x, F: b@x, c@x"),
	  "a|x, b|x, c|x !its group does not end with a \";\"" },
	{ "a scheme", TEXT("mailto:a@x"), "a|x !its group does not end with a \";\"" },
	{ "a group in a group", TEXT("F: G: b@x;;"), "!a group cannot be in a group" },
	{ "a DECnet address", TEXT("host::user"), "!a group cannot be in a group" },
	{ "a group without a name", TEXT(": a@x;"),
	  "!it has a \":\" where no group begins" },
	{ "a port", TEXT("a@x:25"), "!it has a \":\" where no group begins" },

	/* separators */
	{ "empty members", TEXT("a@x,,b@x"), "a|x, b|x" },
	{ "empty members at both ends", TEXT(", ,a@x, (none),"), "a|x" },
	{ "commas only", TEXT(",,,"), "" },
	{ "semicolons", TEXT("a@x; b@x;"), "a|x, b|x" },
	{ "semicolons and commas", TEXT("\"A; B\" <a@x>;b@x,c@x"), "a|x, b|x, c|x" },

	/* comments */
	{ "nested comments", TEXT("a@x (one (two (three)) \\) \\( )"), "a|x" },
	{ "a quotation mark in a comment", TEXT("a@x (5\" disk), b@x"), "a|x, b|x" },
	{ "a parenthesis in quotes", TEXT("\"a (\" <a@x>"), "a|x" },
	{ "32 deep", TEXT("a@x " DEEP8 DEEP8 DEEP8 DEEP8 SHUT8 SHUT8 SHUT8 SHUT8),
	  "a|x" },
	{ "33 deep", TEXT("a@x (" DEEP8 DEEP8 DEEP8 DEEP8 SHUT8 SHUT8 SHUT8 SHUT8 ")"),
	  "!its comments are nested too deeply" },
	{ "an open comment", TEXT("a@x (Joe"), "!a parenthesis is not closed" },
	{ "an open comment in a comment", TEXT("a@x (Joe (x), b@x"),
	  "!a parenthesis is not closed" },
	{ "a backslash at the end of a comment", TEXT("a@x (\\"),
	  "!a parenthesis is not closed" },
	{ "a parenthesis that nothing opened", TEXT("a@x Joe)"),
	  "!a parenthesis is closed that was not opened" },
	{ "an open quote", TEXT("\"Joe <a@x>, b@x"), "!a quotation mark is not closed" },
	{ "an open quote behind an address", TEXT("b@x, \"Joe"),
	  "b|x !a quotation mark is not closed" },
	{ "a backslash at the end of a quote", TEXT("\"Joe\\"),
	  "!a quotation mark is not closed" },
	{ "a lone quotation mark", TEXT("\""), "!a quotation mark is not closed" },

	/* what is never let in */
	{ "a NUL", TEXT("a@x\0,b@x"), CONTROL },
	{ "a NUL in a comment", TEXT("a@x (\0)"), CONTROL },
	{ "a NUL in quotes", TEXT("\"a\\\0b\"@x"), CONTROL },
	{ "an escape in a name", TEXT("\033[31mJoe <a@x>"), CONTROL },
	{ "a DEL", TEXT("a\177@x"), CONTROL },
	{ "a bell in a domain", TEXT("a@x\a.org"), CONTROL },
	{ "a form feed", TEXT("a@x,\fb@x"), CONTROL },
	{ "a line end", TEXT("a@x\r\nBcc: b@x"), LINE_END },
	{ "a bare LF", TEXT("a@x\nb@x"), LINE_END },
	{ "a bare CR", TEXT("a@x\r b@x"), LINE_END },
	{ "a CR before a fold", TEXT("a@x\r\r\n ,b@x"), LINE_END },
	{ "a line end at the end", TEXT("a@x\r\n"), LINE_END },
	{ "a command in quotes", TEXT("\"a>\r\nDATA\r\n\"@x"), LINE_END },
	{ "a command in a literal", TEXT("a@[x]\r\nDATA"), LINE_END },
};

/* Which part of the text is the address. */
static const struct text_case sources[] = {
	{ "source: alone", TEXT("a@x.org"), "a@x.org" },
	{ "source: blanks around", TEXT("  a@x.org "), "a@x.org" },
	{ "source: name and comments", TEXT("Joe (x) <a@x.org (y)> (z)"), "a@x.org" },
	{ "source: comments inside", TEXT("a (x) @ (y) x.org (z)"), "a (x) @ (y) x.org" },
	{ "source: quoted", TEXT("<\"a b\"@x.org>"), "\"a b\"@x.org" },
	{ "source: route", TEXT("<@r.org,@s.org: a@x.org>"), "a@x.org" },
	{ "source: bare", TEXT("root (Cron), b"), "root" },
	{ "source: backslash", TEXT("<\\root>"), "\\root" },
	{ "source: group", TEXT("F: joe ;"), "joe" },
	{ "source: literal", TEXT("a@[ 192.0.2.1 ] "), "a@[ 192.0.2.1 ]" },
	{ "source: trailing dot", TEXT("a@x.org. , b"), "a@x.org." },
};

/* The first address as it goes into the envelope; the default domain is mail.example. */
static const struct text_case envelopes[] = {
	{ "envelope: plain", TEXT("a@x.org"), "a@x.org" },
	{ "envelope: default domain", TEXT("root"), "root@mail.example" },
	{ "envelope: domain in lower case", TEXT("John@X.Org"), "John@x.org" },
	{ "envelope: quoted", TEXT("\"john doe\"@x.org"), "\"john doe\"@x.org" },
	{ "envelope: quoted without need", TEXT("\"john.doe\"@x.org"), "john.doe@x.org" },
	{ "envelope: empty", TEXT("\"\"@x.org"), "\"\"@x.org" },
	{ "envelope: quotes and backslashes", TEXT("\"a\\\"b\\\\c\"@x.org"),
	  "\"a\\\"b\\\\c\"@x.org" },
	{ "envelope: quoted at sign", TEXT("\"a@b\"@x.org"), "\"a@b\"@x.org" },
	{ "envelope: quoted bracket", TEXT("\"a>b\"@x.org"), "\"a>b\"@x.org" },
	{ "envelope: trailing dot in the local part", TEXT("joe.@x.org"),
	  "\"joe.\"@x.org" },
	{ "envelope: leading dot in the local part", TEXT(".joe@x.org"),
	  "\".joe\"@x.org" },
	{ "envelope: double dot", TEXT("j..e@x.org"), "\"j..e\"@x.org" },
	{ "envelope: partly quoted", TEXT("a.\"b c\"@x.org"), "\"a.b c\"@x.org" },
	{ "envelope: obsolete blanks", TEXT("j . d @ x . org"), "j.d@x.org" },
	{ "envelope: UTF-8 local part", TEXT("太郎@x.org"), "太郎@x.org" },
	{ "envelope: UTF-8 local part with a blank", TEXT("\"太 郎\"@x.org"),
	  "\"太 郎\"@x.org" },
	{ "envelope: literal", TEXT("a@[IPv6:2001:DB8::1]"), "a@[IPv6:2001:DB8::1]" },
	{ "envelope: percent hack", TEXT("user%host@gw"), "user%host@gw" },
	{ "envelope: bang path", TEXT("host!user"), "host!user@mail.example" },
	{ "envelope: a program with a domain", TEXT("\"|x y\"@x.org"), "\"|x y\"@x.org" },
	{ "envelope: backslash", TEXT("\\root"), "root@mail.example" },
	{ "envelope: quoted backslash", TEXT("\"\\\\root\""),
	  "\"\\\\root\"@mail.example" },
	{ "envelope: 1000 octets", TEXT("<1000>"), "(1000)" },
	{ "envelope: 1001 octets", TEXT("<1001>"), "!has more than 1000 octets" },
#if HAVE_IDN2
	{ "envelope: UTF-8 domain", TEXT("a@例え.テスト"), "a@xn--r8jz45g.xn--zckzah" },
	{ "envelope: bad UTF-8 domain", TEXT("a@☕.example"), "!is no domain name" },
#endif
};

static const struct text_case operands[] = {
	{ "operand: one", TEXT("a@x.org"), "a|x.org" },
	{ "operand: bare", TEXT("root"), "root" },
	{ "operand: backslash", TEXT("\\root"), "\\root" },
	{ "operand: empty", TEXT(""), "" },
	{ "operand: list", TEXT("a,b@x.org"), "a, b|x.org" },
	{ "operand: name", TEXT("Bob Foo <bob@x.org>"), "bob|x.org" },
	{ "operand: quoted name", TEXT("\"Doe, John\" <j@x>"), "j|x" },
	{ "operand: brackets", TEXT("<f@x.org>"), "f|x.org" },
	{ "operand: quoted local part", TEXT("\"john doe\"@x.org"), "john doe|x.org" },
	{ "operand: comment", TEXT("bob@x.org (comment)"), "bob|x.org" },
	{ "operand: comment with an at sign", TEXT("bob@x.org (bob@work)"), "bob|x.org" },
	{ "operand: two by a blank", TEXT("d@x.org e@x.org"), "d|x.org, e|x.org" },
	{ "operand: three by blanks and tabs", TEXT(" d@x.org\te@x.org   root "),
	  "d|x.org, e|x.org, root" },
	{ "operand: bare words", TEXT("root joe.doe \\bob"), "root, joe.doe, \\bob" },
	{ "operand: blank and comma", TEXT("d@x.org e@x.org, f@x.org"), WORDS },
	{ "operand: blanks around the at sign", TEXT("a @ b"), "a|b" },
	{ "operand: blanks around the dot", TEXT("john . doe@x.org"), "john.doe|x.org" },
	{ "operand: two with a literal", TEXT("a@[IPv6:::1] b@x"), "a|[IPv6:::1], b|x" },
	{ "operand: second is wrong", TEXT("a@x foo@@bar"), "a|x " NO_DOMAIN },
	{ "operand: two at signs", TEXT("foo@@bar"), NO_DOMAIN },
	{ "operand: group", TEXT("Friends: a@x, b@x;"), "a|x, b|x" },
	{ "operand: empty group", TEXT("undisclosed-recipients:;"), "" },
	{ "operand: trailing dot", TEXT("a@x.org."), "a|x.org" },
	{ "operand: begins with a dash", TEXT("-a@x.org"), "-a|x.org" },
	{ "operand: program", TEXT("|/bin/sh"), PROGRAM },
	{ "operand: program with arguments", TEXT("|mail a@x"), PROGRAM },
	{ "operand: program behind blanks", TEXT("  |/bin/sh"), PROGRAM },
	{ "operand: quoted program", TEXT("\"|/bin/sh -c id\""), PROGRAM },
	{ "operand: program as second word", TEXT("a@x |b@x"), "a|x " PROGRAM },
	{ "operand: file", TEXT("/var/mail/root"), PROGRAM },
	{ "operand: include", TEXT(":include:/etc/list"), PROGRAM },
	{ "operand: include in upper case", TEXT(":INCLUDE:/etc/list"), PROGRAM },
	{ "operand: CRLF", TEXT("a@x\r\nRCPT TO:<b@x>"), LINE_END },
	{ "operand: LF at the end", TEXT("a@x\n"), LINE_END },
	{ "operand: a fold", TEXT("a@x,\r\n b@x"), LINE_END },
	{ "operand: CR", TEXT("a\r@x"), LINE_END },
	{ "operand: escape", TEXT("a\033@x"), CONTROL },
	{ "operand: parameters", TEXT("a@x> NOTIFY=NEVER"),
	  "!it has a \">\" without a \"<\" before it" },
	{ "operand: Latin-1", TEXT("j\xf6rg@x"), CHARACTER },
	{ "operand: UTF-8", TEXT("太郎@x.jp 花子@x.jp"), "太郎|x.jp, 花子|x.jp" },
};

/* In a field of a header, addresses need no commas. */
static const struct text_case fields[] = {
	{ "field: two", TEXT("a@x.org b@x.org"), "a|x.org, b|x.org" },
	{ "field: three by tabs and folds", TEXT(" a@x.org\tb@x.org\r\n \r\n c@x.org "),
	  "a|x.org, b|x.org, c|x.org" },
	{ "field: rows and commas", TEXT("a@x, b@x c@x; d@x e@x,f@x"),
	  "a|x, b|x, c|x, d|x, e|x, f|x" },
	{ "field: in brackets", TEXT("<a@x.org> <b@x.org>"), "a|x.org, b|x.org" },
	{ "field: in brackets without a blank", TEXT("<a@x><b@x>\r\n < c@x >"),
	  "a|x, b|x, c|x" },
	{ "field: in a group", TEXT("F: a@x b@x, <c@x> <d@x>; e@x f@x"),
	  "a|x, b|x, c|x, d|x, e|x, f|x" },
	{ "field: with a literal", TEXT("a@[IPv6:::1] b@x"), "a|[IPv6:::1], b|x" },
	{ "field: UTF-8", TEXT("太郎@x.jp 花子@x.jp"), "太郎|x.jp, 花子|x.jp" },
	{ "field: trailing dots", TEXT("a@x. b@x."), "a|x, b|x" },
	{ "field: a name that is addresses", TEXT("a@x b@x <c@x>"), "c|x" },
	{ "field: one in brackets", TEXT("<a@x>"), "a|x" },
	{ "field: blanks around the at sign", TEXT("a @ x"), "a|x" },
	{ "field: a name before", TEXT("Bob b@x.org"), WORDS },
	{ "field: names before", TEXT("a@x, A B a@x.org"), "a|x " WORDS },
	{ "field: a name between", TEXT("a@x Bob b@x"), WORDS },
	{ "field: a name behind", TEXT("a@x b@x Bob"), WORDS },
	{ "field: names and brackets", TEXT("Bob <b@x> Carol <c@x>"),
	  "!it has more than one \"<\"" },
	{ "field: an address and brackets", TEXT("a@x <b@x> <c@x>"),
	  "!it has more than one \"<\"" },
	{ "field: brackets and an address", TEXT("<a@x> b@x"),
	  "!something stands behind its \">\"" },
	{ "field: a bare word in brackets", TEXT("<a@x> <root>"),
	  "!it has more than one \"<\"" },
	{ "field: nothing in brackets", TEXT("<a@x> <>"), "!it has more than one \"<\"" },
	{ "field: a route in a row", TEXT("<@r:a@x> <b@x>"),
	  "!it has more than one \"<\"" },
	{ "field: an open bracket in a row", TEXT("<a@x> <b@x"),
	  "!it has more than one \"<\"" },
	{ "field: a comment in a row", TEXT("a@x b@x (B)"), WORDS },
	{ "field: a comment before a row", TEXT("(A) a@x b@x"), WORDS },
	{ "field: a comment in brackets", TEXT("<a@x> <b@x (B)>"),
	  "!it has more than one \"<\"" },
	{ "field: quotes in a row", TEXT("a@x \"b\"@x"), WORDS },
	{ "field: a quoted comma", TEXT("\"a@x b@x, c@x\" d@x"), WORDS },
	{ "field: a backslash in a row", TEXT("a@x \\b@x"),
	  "!it has a backslash outside of quotation marks" },
	{ "field: no domain in a row", TEXT("a@x b@"), WORDS },
	{ "field: no local part in a row", TEXT("a@x @y"),
	  "!it has more than one \"@\"" },
	{ "field: two at signs in a row", TEXT("a@x b@@x"), WORDS },
	{ "field: a scheme", TEXT("mailto:a@x b@x"),
	  "a|x, b|x !its group does not end with a \";\"" },
	{ "field: Latin-1 in a row", TEXT("a@x j\xf6rg@x"), WORDS },
	{ "field: a control in a row", TEXT("a@x b@x\033"), CONTROL },
	{ "field: a line end in a row", TEXT("a@x\r\nb@x"), LINE_END },
};

static const struct text_case domains[] = {
	{ "domain: plain", TEXT("mail.example.org"), "mail.example.org" },
	{ "domain: upper case", TEXT("Mail.EXAMPLE.org"), "mail.example.org" },
	{ "domain: one label", TEXT("localhost"), "localhost" },
	{ "domain: trailing dot", TEXT("x.org."), "x.org" },
	{ "domain: two trailing dots", TEXT("x.org.."), "!is no domain name" },
	{ "domain: dot", TEXT("."), "!is no domain name" },
	{ "domain: empty", TEXT(""), "!is no domain name" },
	{ "domain: empty label", TEXT("x..org"), "!is no domain name" },
	{ "domain: leading dot", TEXT(".x.org"), "!is no domain name" },
	{ "domain: underscore", TEXT("a_b.example"), "a_b.example" },
	{ "domain: underscores of a service", TEXT("_submission._tcp.x"),
	  "_submission._tcp.x" },
	{ "domain: hyphens that IDNA forbids", TEXT("r3---sn.example"),
	  "r3---sn.example" },
	{ "domain: A-label", TEXT("XN--R8JZ45G.xn--zckzah"), "xn--r8jz45g.xn--zckzah" },
	{ "domain: bad A-label in ASCII", TEXT("xn--zzzz.example"), "xn--zzzz.example" },
	{ "domain: blank", TEXT("ex ample.com"), "!is no domain name" },
	{ "domain: tab", TEXT("ex\tample.com"), "!is no domain name" },
	{ "domain: line end", TEXT("x.org\r\nDATA"), "!is no domain name" },
	{ "domain: escape", TEXT("x\033.org"), "!is no domain name" },
	{ "domain: angle bracket", TEXT("x.org>"), "!is no domain name" },
	{ "domain: at sign", TEXT("a@x.org"), "!is no domain name" },
	{ "domain: invalid UTF-8",
	  TEXT("b\xfc"
	       "cher.de"),
	  "!is no domain name" },
	{ "domain: IPv4 address", TEXT("192.0.2.1"), "192.0.2.1" },
	{ "domain: IPv6 address", TEXT("2001:DB8::1"), "2001:db8::1" },
	{ "domain: literal", TEXT("[192.0.2.1]"), "[192.0.2.1]" },
	{ "domain: IPv6 literal", TEXT("[IPv6:2001:DB8::1]"), "[IPv6:2001:DB8::1]" },
	{ "domain: open literal", TEXT("[192.0.2.1"), "!is no domain name" },
	{ "domain: literal with a blank", TEXT("[192.0.2.1 ]"), "!is no domain name" },
	{ "domain: literal with more", TEXT("[192.0.2.1].org"), "!is no domain name" },
	{ "domain: literal in a literal", TEXT("[[1]]"), "!is no domain name" },
#if HAVE_IDN2
	{ "domain: Japanese", TEXT("例え.テスト"), "xn--r8jz45g.xn--zckzah" },
	{ "domain: Japanese with a host", TEXT("mail.例え.テスト"),
	  "mail.xn--r8jz45g.xn--zckzah" },
	{ "domain: ideographic dot", TEXT("例え。テスト"), "xn--r8jz45g.xn--zckzah" },
	{ "domain: ideographic dot at the end", TEXT("例え.テスト。"),
	  "xn--r8jz45g.xn--zckzah" },
	{ "domain: umlaut", TEXT("BÜCHER.Example"), "xn--bcher-kva.example" },
	{ "domain: decomposed umlaut",
	  TEXT("bu\xcc\x88"
	       "cher.example"),
	  "xn--bcher-kva.example" },
	{ "domain: sharp s is not ss", TEXT("faß.de"), "xn--fa-hia.de" },
	{ "domain: underscore beside an umlaut", TEXT("_dmarc.bücher.example"),
	  "_dmarc.xn--bcher-kva.example" },
	{ "domain: coffee", TEXT("☕.example"), "!is no domain name" },
	{ "domain: empty label in UTF-8", TEXT("例え..テスト"), "!is no domain name" },
	{ "domain: no-break space", TEXT("bücher\xc2\xa0.de"), "!is no domain name" },
	{ "domain: ideographic space", TEXT("例え\xe3\x80\x80.テスト"),
	  "!is no domain name" },
	{ "domain: fullwidth bracket", TEXT("bücher＞.de"), "!is no domain name" },
	{ "domain: bad A-label beside an umlaut", TEXT("xn--zzzz.bücher.example"),
	  "!is no domain name" },
#else
	{ "domain: without libidn2", TEXT("例え.テスト"),
	  "!cannot be used, because this build" },
#endif
};

static const struct {
	const char *name, *display, *envelope, *want;
} headers[] = {
	{ "header: no name", NULL, "a@x.org", "a@x.org" },
	{ "header: empty name", "", "a@x.org", "a@x.org" },
	{ "header: blank name", " \t", "a@x.org", "a@x.org" },
	{ "header: name of controls", "\r\n\033", "a@x.org", "a@x.org" },
	{ "header: atoms", "John Doe", "a@x.org", "John Doe <a@x.org>" },
	{ "header: all of an atom", "a!#$%&'*+-/=?^_`{|}~", "a@x.org",
	  "a!#$%&'*+-/=?^_`{|}~ <a@x.org>" },
	{ "header: comma", "Doe, John", "a@x.org", "\"Doe, John\" <a@x.org>" },
	{ "header: dot", "John Q. Public", "a@x.org", "\"John Q. Public\" <a@x.org>" },
	{ "header: quotation marks", "John \"Q\" Public", "a@x.org",
	  "\"John \\\"Q\\\" Public\" <a@x.org>" },
	{ "header: backslash", "DOMAIN\\joe", "a@x.org", "\"DOMAIN\\\\joe\" <a@x.org>" },
	{ "header: at sign", "joe@work", "a@x.org", "\"joe@work\" <a@x.org>" },
	{ "header: brackets", "<b@x.org>, c", "a@x.org", "\"<b@x.org>, c\" <a@x.org>" },
	{ "header: parentheses", "Joe (work)", "a@x.org", "\"Joe (work)\" <a@x.org>" },
	{ "header: colon and semicolon", "a: b;", "a@x.org", "\"a: b;\" <a@x.org>" },
	{ "header: line end", "Joe\r\nBcc: b@x.org", "a@x.org",
	  "\"JoeBcc: b@x.org\" <a@x.org>" },
	{ "header: tab", "Joe\tDoe", "a@x.org", "Joe Doe <a@x.org>" },
	{ "header: blanks at the ends", "  Joe  ", "a@x.org", "Joe <a@x.org>" },
	{ "header: an encoded word stays", "=?UTF-8?Q?J=C3=BC?=", "a@x.org",
	  "=?UTF-8?Q?J=C3=BC?= <a@x.org>" },
	{ "header: umlaut", "Jürgen", "a@x.org", "=?UTF-8?Q?J=C3=BCrgen?= <a@x.org>" },
	{ "header: Latin-1", "J\xfcrgen", "a@x.org",
	  "=?unknown-8bit?Q?J=FCrgen?= <a@x.org>" },
	{ "header: null address", "Joe", "", "Joe <>" },
	{ "header: quoted local part", "Joe", "\"a b\"@x.org", "Joe <\"a b\"@x.org>" },
};

static const struct {
	const char *name, *display, *envelope;
} round_trips[] = {
	{ "round trip: bare", NULL, "root" },
	{ "round trip: bare and quoted", NULL, "\"john doe\"" },
	{ "round trip: plain", NULL, "a@x.org" },
	{ "round trip: no name, quoted", NULL, "\"a,b;c\"@x.org" },
	{ "round trip: atoms", "John Doe", "a@x.org" },
	{ "round trip: specials", "()<>[]:;@\\,.\"", "a@x.org" },
	{ "round trip: backslash at the end", "Joe\\", "a@x.org" },
	{ "round trip: open comment", "Joe (", "a@x.org" },
	{ "round trip: controls", "Joe\r\n <b@x.org>,\033\177", "a@x.org" },
	{ "round trip: looks encoded", "=?utf-8?q?,_?= <", "a@x.org" },
	{ "round trip: UTF-8", "太郎, 花子 <b@x.org>", "a@x.org" },
	{ "round trip: UTF-8 and specials", "太郎 \"(,;:<>@", "\"x>y\"@x.org" },
	{ "round trip: Latin-1", "J\xfcrgen, Dr. \"x\"", "a@x.org" },
	{ "round trip: long UTF-8",
	  "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処",
	  "a@x.org" },
	{ "round trip: UTF-8 local part", "T", "太郎@x.org" },
	{ "round trip: quotes and backslashes", "Q", "\"a\\\"b\\\\c\"@x.org" },
	{ "round trip: dots", "D", "\".a..b.\"@x.org" },
	{ "round trip: empty local part", "E", "\"\"@x.org" },
	{ "round trip: literal", "L", "a@[IPv6:2001:db8::1]" },
	{ "round trip: percent and bang", "P", "a!b%c@x.org" },
};
/* clang-format on */

/* What failed, as "!SENTENCE"; or just WANT when that is "!" and a part of the
 * sentence. */
static const char *
failure(struct arena *arena, const struct error *err, const char *want)
{
	if (err->fault != FAULT_DATA)
		return "!not FAULT_DATA";
	if (want[0] == '!' && strstr(err->what, want + 1))
		return want;
	return arena_printf(arena, "!%s", err->what);
}

static void
test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct address_list list;
		bool done = address_list_parse(&arena, lists[i].input, &list, &err);

		unit_same(lists[i].name, render(&arena, &list, &err), lists[i].want);
		unit_number(lists[i].name, done, err.fault == FAULT_NONE);
		if (err.what)
			unit_number(lists[i].name, has_control(span_of(err.what)), false);
		arena_release(&arena);
	}
	unit_done();
}

static void
test_sources(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		struct span input = sources[i].input;
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct address_list list;
		const char *got = "nothing";

		if (address_list_parse(&arena, input, &list, &err) && list.count) {
			struct span source = list.items[0].source;

			got = span_string(&arena, source);
			unit_number(sources[i].name,
				    source.at >= input.at && source.at + source.len <=
								     input.at + input.len,
				    true);
		}
		unit_same(sources[i].name, got, sources[i].want);
		arena_release(&arena);
	}
	unit_done();
}

/* "<N>" stands for an address whose envelope form has N octets; a long result is
 * "(N)". */
static struct span
long_input(struct arena *arena, struct span input)
{
	size_t len;
	char *text;

	if (sscanf(input.at, "<%zu>", &len) != 1)
		return input;
	text = arena_take(arena, len);
	memset(text, 'x', len);
	text[1] = '@';
	return (struct span){ text, len };
}

static void
test_envelopes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(envelopes); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct address_list list;
		struct span input = long_input(&arena, envelopes[i].input);
		const char *got = "nothing";

		if (!address_list_parse(&arena, input, &list, &err) || list.count != 1 ||
		    !address_envelope(&arena, &list.items[0], "Mail.Example.", &got,
				      &err))
			got = failure(&arena, &err, envelopes[i].want);
		else if (strlen(got) > 200)
			got = arena_printf(&arena, "(%zu)", strlen(got));
		unit_same(envelopes[i].name, got, envelopes[i].want);
		arena_release(&arena);
	}
	unit_done();
}

/* What a caller may fill in by itself is checked, too. */
static void
test_envelope_by_hand(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct address bare = { .local = "root" }, evil = { .local = "a>\r\nDATA" };
	const char *got = NULL;

	(void)state;
	unit_number("no domain at all", address_envelope(&arena, &bare, NULL, &got, &err),
		    true);
	unit_same("no domain at all", got, "root");
	unit_number("a bad default domain",
		    address_envelope(&arena, &bare, "x y", &got, &err), false);
	unit_number("a bad default domain", err.fault, FAULT_DATA);
	error_clear(&err);
	unit_number("a line end", address_envelope(&arena, &evil, "x", &got, &err),
		    false);
	unit_number("a line end", err.fault, FAULT_DATA);
	arena_release(&arena);
	unit_done();
}

static void
test_operands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(operands); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct address_list list;
		bool done =
			address_operand_parse(&arena, operands[i].input.at, &list, &err);

		unit_same(operands[i].name, render(&arena, &list, &err),
			  operands[i].want);
		unit_number(operands[i].name, done, err.fault == FAULT_NONE);
		arena_release(&arena);
	}
	unit_done();
}

static void
test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct address_list list;
		bool done = address_field_parse(&arena, fields[i].input, &list, &err);

		unit_same(fields[i].name, render(&arena, &list, &err), fields[i].want);
		unit_number(fields[i].name, done, err.fault == FAULT_NONE);
		arena_release(&arena);
	}
	unit_done();
}

static void
test_domains(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(domains); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		const char *got = NULL;

		if (!domain_to_ascii(&arena, domains[i].input.at, &got, &err))
			got = failure(&arena, &err, domains[i].want);
		unit_same(domains[i].name, got, domains[i].want);
		arena_release(&arena);
	}
	unit_done();
}

static void
test_headers(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++)
		unit_same(headers[i].name,
			  address_for_header(&arena, headers[i].display,
					     headers[i].envelope),
			  headers[i].want);
	arena_release(&arena);
	unit_done();
}

static void
test_round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(round_trips); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct address_list list;
		const char *field = address_for_header(&arena, round_trips[i].display,
						       round_trips[i].envelope);
		const char *got = "nothing";

		unit_number(round_trips[i].name, has_control(span_of(field)), false);
		if (!address_list_parse(&arena, span_of(field), &list, &err))
			got = err.what;
		else if (list.count != 1)
			got = "several";
		else if (!address_envelope(&arena, &list.items[0], NULL, &got, &err))
			got = err.what;
		unit_same(round_trips[i].name, got, round_trips[i].envelope);
		arena_release(&arena);
	}
	unit_done();
}

static void
test_envelope_parts(void **state)
{
	(void)state;
	unit_same("domain: plain", address_domain("a@x.org"), "x.org");
	unit_same("domain: quoted at sign", address_domain("\"a@b\"@x.org"), "x.org");
	unit_same("domain: quoted at sign only", address_domain("\"a@b\""), NULL);
	unit_same("domain: none", address_domain("root"), NULL);
	unit_same("domain: null sender", address_domain(""), NULL);
	unit_same("domain: literal", address_domain("a@[192.0.2.1]"), "[192.0.2.1]");
	unit_same("domain: nothing behind the at sign", address_domain("a@"), NULL);
	unit_number("UTF-8: ASCII", address_needs_utf8("a@x.org"), false);
	unit_number("UTF-8: null sender", address_needs_utf8(""), false);
	unit_number("UTF-8: local part", address_needs_utf8("\xc3\xa9@x.org"), true);
	unit_number("UTF-8: bare", address_needs_utf8("\xc3\xa9"), true);
	unit_number("UTF-8: quoted", address_needs_utf8("\"a@\xc3\xa9\"@x.org"), true);
	unit_number("UTF-8: domain only", address_needs_utf8("a@\xc3\xa9.org"), false);
	unit_number("same: same", address_same("a@x.org", "a@x.org"), true);
	unit_number("same: case of the domain", address_same("a@x.org", "a@X.ORG"), true);
	unit_number("same: case of the local part", address_same("a@x.org", "A@x.org"),
		    false);
	unit_number("same: other domain", address_same("a@x.org", "a@x.com"), false);
	unit_number("same: longer domain", address_same("a@x.or", "a@x.org"), false);
	unit_number("same: longer local part", address_same("a@x.org", "ab@x.org"),
		    false);
	unit_number("same: bare", address_same("root", "root"), true);
	unit_number("same: bare and domain", address_same("root", "root@x.org"), false);
	unit_number("same: bare, case", address_same("root", "Root"), false);
	unit_number("same: null senders", address_same("", ""), true);
	unit_number("same: quoted at sign", address_same("\"a@B\"", "\"a@b\""), false);
	unit_done();
}

/* A PIECE, COUNT times, with START before it and END behind it. Work that grows with
 * the square of the length would not end before somebody loses patience. */
static const struct {
	const char *name, *start, *piece, *end;
	size_t count;
	const char *want; /* "N", or "!" and a part of the problem */
} long_inputs[] = {
	{ "long: local part", "", "a", "@x", 1000000, "1" },
	{ "long: dots in the local part", "a", ".", "@x", 1000000, "1" },
	{ "long: dotted words", "", "a . ", "b@x", 250000, "1" },
	{ "long: domain", "a@", "x.", "x", 500000, "1" },
	{ "long: display name", "", "word ", "<a@x>", 200000, "1" },
	{ "long: at signs in a display name", "", "@", "<a@x>", 1000000, "1" },
	{ "long: quoted local part", "\"", "\\\"", "\"@x", 500000, "1" },
	{ "long: comment", "a@x (", "\\)(x)", ")", 200000, "1" },
	{ "long: comments", "", "(x)", "a@x", 333333, "1" },
	{ "long: blanks", "", " \t", "a@x", 500000, "1" },
	{ "long: folds", "a@x", "\r\n ", ",b@x", 333333, "2" },
	{ "long: route", "<@a", ",@a", ":t@x>", 333333, "1" },
	{ "long: commas", "", ",", "a@x", 1000000, "1" },
	{ "long: groups", "", "a:;", "", 333333, "0" },
	{ "long: list", "", "a@x,", "", 250000, "250000" },
	{ "long: names", "", "N <a@x>,", "", 125000, "125000" },
	{ "long: bare words", "", "a,", "", 500000, "500000" },
	{ "long: group members", "g:", "a@x,", ";", 250000, "250000" },
	{ "long: open comments", "", "(", "", 1000000, "!nested too deeply" },
	{ "long: open brackets", "", "<", "", 1000000, "!more than one \"<\"" },
	{ "long: open literals", "", "@[", "", 500000, "!a bracket is not closed" },
	{ "long: open literal", "a@[", "1", "", 1000000, "!a bracket is not closed" },
	{ "long: quotes", "", "\"\"", "", 500000, "!it is empty" },
	{ "long: quotation marks", "", "\"", "\"", 1000000,
	  "!a quotation mark is not closed" },
	{ "long: at signs", "", "@", "", 1000000, "!a name is missing" },
	{ "long: colons", "a", ":", "", 1000000, "!a group cannot be in a group" },
	{ "long: backslashes", "", "\\", "", 1000000, "!a name is missing" },
	{ "long: words", "", "a ", "", 500000, "!words stand side by side" },
	{ "long: control at the end", "", "a,", "\001", 500000, "!control character" },
	{ "long field: row", "", "a@x ", "", 250000, "250000" },
	{ "long field: row in brackets", "", "<a@x>", "", 200000, "200000" },
	{ "long field: rows", "", "a@x a@x;", "", 125000, "250000" },
	{ "long field: row with a name", "", "a@x ", "a", 250000,
	  "!words stand side by side" },
};

static struct span
repeated(struct arena *arena, size_t i)
{
	CLEANUP(release_buf) struct buf text = { 0 };

	buf_add_string(&text, long_inputs[i].start);
	for (size_t n = 0; n < long_inputs[i].count; n++)
		buf_add_string(&text, long_inputs[i].piece);
	buf_add_string(&text, long_inputs[i].end);
	return (struct span){ span_string(arena, buf_span(&text)), text.len };
}

static void
test_long_inputs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(long_inputs); i++) {
		struct arena arena = { 0 };
		struct error err = { .arena = &arena };
		struct span input = repeated(&arena, i);
		struct address_list list;
		const char *got;

		if (strstr(long_inputs[i].name, "field:")
			    ? address_field_parse(&arena, input, &list, &err)
			    : address_list_parse(&arena, input, &list, &err))
			got = arena_printf(&arena, "%zu", list.count);
		else
			got = failure(&arena, &err, long_inputs[i].want);
		unit_same(long_inputs[i].name, got, long_inputs[i].want);
		unit_number(long_inputs[i].name, err.what && strlen(err.what) > 400,
			    false);
		arena_release(&arena);
	}
	unit_done();
}

/* Errors show the text, but not all of it, and never half a character. */
static void
test_sentences(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct address_list list;

	(void)state;
	unit_number("sentence: short",
		    address_list_parse(&arena, SPAN("b@x, foo@@bar , c@x"), &list, &err),
		    false);
	unit_same("sentence: short", err.what,
		  "\"foo@@bar\" is no mail address: there is no domain behind the \"@\"");
	error_clear(&err);
	unit_number("sentence: long",
		    address_list_parse(
			    &arena, SPAN("<太郎太郎太郎太郎太郎太郎太郎太郎太郎太郎太郎"),
			    &list, &err),
		    false);
	unit_same("sentence: long", err.what,
		  "\"<太郎太郎太郎太郎太郎太郎太郎太郎太郎太...\" is no mail address: "
		  "a \"<\" is not closed");
	error_clear(&err);
	unit_number("sentence: escape",
		    address_list_parse(&arena, SPAN("a\033[31m@x"), &list, &err), false);
	unit_same("sentence: escape", err.what,
		  "\"a\\x1b[31m@x\" is no mail address: it has a control character");
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_envelopes),
		cmocka_unit_test(test_envelope_by_hand),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_envelope_parts),
		cmocka_unit_test(test_long_inputs),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
