/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published settings, good and hostile. */
#include "unit.h"

#include "conf/autoconfig.h"

#define OPEN "<clientConfig version=\"1.1\"><emailProvider id=\"x\">"
#define CLOSE "</emailProvider></clientConfig>"
#define SERVER(words) "<outgoingServer type=\"smtp\">" words "</outgoingServer>"
#define HOST "<hostname>smtp.x.example</hostname>"
#define TLS HOST "<port>465</port><socketType>SSL</socketType>"
#define BROKEN "!The published settings are not of the form that they should have"
#define NONE "!The published settings name no server with TLS for sending"
#define EIGHT(x) x x x x x x x x

static const struct {
	const char *name, *xml, *want; /* "host port s|t user;" for each; "!" an error */
} cases[] = {
	{ "TLS", OPEN SERVER(TLS "<username>%EMAILADDRESS%</username>") CLOSE,
	  "smtp.x.example 465 t me.too@x.example;" },
	{ "the local part",
	  OPEN SERVER(TLS "<username>%EMAILLOCALPART%.%EMAILDOMAIN%</username>") CLOSE,
	  "smtp.x.example 465 t me.too.x.example;" },
	{ "a domain in the host",
	  OPEN SERVER("<hostname>mail.%EMAILDOMAIN%</hostname><port>587</port>"
		      "<socketType>STARTTLS</socketType>") CLOSE,
	  "mail.x.example 587 s me.too@x.example;" },
	{ "in their order, without those in clear",
	  OPEN SERVER(HOST "<port>25</port><socketType>plain</socketType>") SERVER(TLS)
		  SERVER(HOST "<port>587</port><socketType>STARTTLS</socketType>") CLOSE,
	  "smtp.x.example 465 t me.too@x.example;smtp.x.example 587 s me.too@x.example;" },
	{ "blanks, comments, CDATA, a declaration, what comes in",
	  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->" OPEN
	  "<domain>x.example</domain><incomingServer type=\"imap\">" TLS
	  "</incomingServer>" SERVER(
		  "\n <hostname>\n smtp.<![CDATA[x.example]]> </hostname> <port> 465\n</port>"
		  "<socketType> ssl </socketType><authentication>OAuth2</authentication>"
		  "<username>m&#x65;&amp;you</username>") CLOSE,
	  "smtp.x.example 465 t me&you;" },
	{ "the first of two names counts",
	  OPEN SERVER(TLS "<hostname>other.example</hostname>") CLOSE,
	  "smtp.x.example 465 t me.too@x.example;" },
	{ "four at most", OPEN EIGHT(SERVER(TLS)) CLOSE,
	  "smtp.x.example 465 t me.too@x.example;smtp.x.example 465 t me.too@x.example;"
	  "smtp.x.example 465 t me.too@x.example;smtp.x.example 465 t me.too@x.example;" },
	{ "another type",
	  OPEN "<outgoingServer type=\"http\">" TLS "</outgoingServer>" CLOSE, NONE },
	{ "no type", OPEN "<outgoingServer>" TLS "</outgoingServer>" CLOSE, NONE },
	{ "in clear only",
	  OPEN SERVER(HOST "<port>25</port><socketType>plain</socketType>") CLOSE, NONE },
	{ "no socketType", OPEN SERVER(HOST "<port>465</port>") CLOSE, NONE },
	{ "no port", OPEN SERVER(HOST "<socketType>SSL</socketType>") CLOSE, NONE },
	{ "a port beyond the last",
	  OPEN SERVER(HOST "<port>65536</port><socketType>SSL</socketType>") CLOSE,
	  NONE },
	{ "a host that is none",
	  OPEN SERVER("<hostname>smtp.x.example\npassword x</hostname><port>465</port>"
		      "<socketType>SSL</socketType>") CLOSE,
	  NONE },
	{ "a host without a domain",
	  OPEN SERVER("<hostname>localhost</hostname><port>465</port>"
		      "<socketType>SSL</socketType>") CLOSE,
	  NONE },
	{ "a user of two lines",
	  OPEN SERVER(TLS "<username>a&#10;passwordeval x</username>") CLOSE,
	  "smtp.x.example 465 t me.too@x.example;" },
	{ "a user that would be shown backwards",
	  OPEN SERVER(TLS "<username>a&#x202e;b</username>") CLOSE,
	  "smtp.x.example 465 t me.too@x.example;" },
	{ "a name that nobody knows",
	  OPEN SERVER(TLS "<username>%REALNAME%</username>") CLOSE,
	  "smtp.x.example 465 t me.too@x.example;" },
	{ "deeper than a server stands", OPEN "<x>" SERVER(TLS) "</x>" CLOSE, NONE },
	{ "another root",
	  "<config><emailProvider>" SERVER(TLS) "</emailProvider></config>", BROKEN },
	{ "no XML", "{\"host\": \"smtp.x.example\"}", BROKEN },
	{ "a page", "<html><body><p>Not found</body></html>", BROKEN },
	{ "nothing", "", BROKEN },
	{ "cut off", OPEN SERVER(TLS), BROKEN },
	{ "an entity",
	  "<!DOCTYPE c [<!ENTITY h \"smtp.x.example\">]>" OPEN SERVER(
		  "<hostname>&h;</hostname><port>465</port><socketType>SSL</socketType>")
		  CLOSE,
	  BROKEN },
	{ "entities of entities",
	  "<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
	  "<!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]><clientConfig>&c;</clientConfig>",
	  BROKEN },
	{ "a file of this host",
	  "<!DOCTYPE c SYSTEM \"file:///etc/passwd\"><clientConfig/>", BROKEN },
	{ "an entity that nobody declared", OPEN SERVER("<hostname>&h;</hostname>") CLOSE,
	  BROKEN },
	{ "too deep", "<clientConfig>" EIGHT("<a>") EIGHT("<b>"), BROKEN },
	{ "too long a word",
	  OPEN SERVER("<hostname>" EIGHT(EIGHT("aaaaaaaa")) "</hostname>") CLOSE,
	  BROKEN },
};

static const char *
describe(struct span xml, struct arena *arena)
{
	struct error err = { .arena = arena };
	struct autoconfig found;
	const char *said = "";

	if (!autoconfig_read(xml, "me.too@x.example", &found, &err)) {
		assert_int_equal(found.count, 0);
		return arena_printf(arena, "!%s", err.what);
	}
	for (size_t i = 0; i < found.count; i++)
		said = arena_printf(arena, "%s%s %u %s %s;", said, found.items[i].host,
				    found.items[i].port,
				    found.items[i].starttls == STARTTLS_ON ? "s" : "t",
				    found.items[i].user);
	return said;
}

static void
documents(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_same(cases[i].name, describe(span_of(cases[i].xml), &arena),
			  cases[i].want);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(documents) };

	return cmocka_run_group_tests_name("autoconfig", tests, NULL, NULL);
}
