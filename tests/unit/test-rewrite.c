/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An account put into files of all kinds: what is not meant stays byte for byte. */
#include "unit.h"

#include "conf/rewrite.h"

static const struct config_line lines[] = {
	{ "from", "me@x.example" },
	{ "host", "smtp.x.example" },
	{ "tls_trust_file", "/ca" },
};

#define LINES "from me@x.example\nhost smtp.x.example\ntls_trust_file /ca\n"
#define MARK "\xef\xbb\xbf"
#define BLOCK(name) "account " name "\n" LINES

static const struct {
	const char *name, *old, *want;
} cases[] = {
	{ "default", "", BLOCK("default") },
	{ "me", "# mine\n", "# mine\n\n" BLOCK("me") },
	{ "me", "account other\nhost h", "account other\nhost h\n\n" BLOCK("me") },
	{ "me", "account me\nhost old\nport 25\nlogfile /x\n# why\n",
	  BLOCK("me") "logfile /x\n# why\n" },
	{ "me", "account me", BLOCK("me") },
	{ "me", "account a\nhost a\naccount me\nhost b\naccount c\nhost c\n",
	  "account a\nhost a\n" BLOCK("me") "account c\nhost c\n" },
	{ "me", "account \"me : a\"\n\thost b\n  user u\n",
	  "account \"me : a\"\n" LINES },
	{ "me", "account me:a, b\nauth on\n", "account me:a, b\n" LINES },
	{ "me", "account mee\nhost b\n", "account mee\nhost b\n\n" BLOCK("me") },
	{ "me", "account me\nhost b\ndefaults\nhost c\n",
	  BLOCK("me") "defaults\nhost c\n" },
	{ "me",
	  "account me\ntls-trust-file /b\ntls_fingerprint f\npassword p\n"
	  "passwordeval q\npassword-file r\npassword_other z\n",
	  BLOCK("me") "tls_fingerprint f\npassword_other z\n" },
	{ "me", "account me\r\nhost b\r\nqueue off\r\n",
	  "account me\r\n" LINES "queue off\r\n" },
	{ "default", "# three\nfrom a@b\nhost h\npassword p\nqueue off\n",
	  "# three\n" LINES "queue off\n" },
	{ "default", "from a@b\n\naccount other\nhost h\n",
	  LINES "\naccount other\nhost h\n" },
	{ "default", "account other\nhost h\n",
	  "account other\nhost h\n\n" BLOCK("default") },
	{ "default", "defaults\nport 25\n", "defaults\nport 25\n\n" BLOCK("default") },
	/* The mark that some editors put before the first line. */
	{ "me", MARK "account me\nhost b\nqueue off\n", MARK BLOCK("me") "queue off\n" },
	{ "default", MARK "host b\nqueue off\n", MARK LINES "queue off\n" },
	{ "me", MARK "host b\n", MARK "host b\n\n" BLOCK("me") },
	{ "default", MARK, MARK BLOCK("default") },
	/* msmtp's former words for the same. */
	{ "me",
	  "account me\ntls on\ntls_nostarttls\nauto_from on\nmaildomain d\nkeepbcc\n",
	  BLOCK("me") "keepbcc\n" },
	{ "me", "account me\ntls-nostarttls \"\"\nconnect_timeout 5\ntls_force_sslv3\n",
	  BLOCK("me") "connect_timeout 5\ntls_force_sslv3\n" },
	{ "default", "tls_nostarttls\nhost b\n", LINES },
	{ "default", "keepbcc\nhost b\n", LINES "keepbcc\n" },
	{ "default", "auto_from\nhost b\n", LINES },
	{ "default", "eval echo host h\naccount default\nhost b\n",
	  "eval echo host h\n" BLOCK("default") },
};

static void
files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_entry entry = { .name = cases[i].name,
						    .lines = lines,
						    .count = 3 };
		struct buf once = { 0 }, twice = { 0 };

		config_rewrite(span_of(cases[i].old), &entry, &once);
		unit_same(cases[i].old, once.at, cases[i].want);
		config_rewrite(buf_span(&once), &entry, &twice);
		unit_same("the same again", twice.at, cases[i].want);
		buf_release(&once);
		buf_release(&twice);
	}
	unit_done();
}

static void
particular(void **state)
{
	static const struct config_line odd[] = { { "from", "\"a b\"@x" } };
	static const struct config_line checked[] = { { "tls_certcheck", "on" },
						      { "timeout", "5" } };
	struct config_entry entry = { .name = "me", .lines = odd, .count = 1 };
	struct buf out = { 0 };

	(void)state;
	entry.keeps_secret = true;
	config_rewrite(SPAN("account me\npasswordeval q\nhost b\n"), &entry, &out);
	unit_same("a secret that is kept, and quotes", out.at,
		  "account me\nfrom \"\"a b\"@x\"\npasswordeval q\n");
	buf_release(&out);

	entry = (struct config_entry){ .name = "me", .lines = checked, .count = 2 };
	config_rewrite(SPAN("account me\ntls_nocertcheck\nconnect_timeout 9\n"), &entry,
		       &out);
	unit_same("what is given, and its former words", out.at,
		  "account me\ntls_certcheck on\ntimeout 5\n");
	buf_release(&out);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(particular),
	};

	return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
