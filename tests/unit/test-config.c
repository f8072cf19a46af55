/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files: the grammar, inheritance, files that include files, the search,
 * permissions, and the choice of an account. */
#include "unit.h"

#include "conf/file.h"
#include "conf/grammar.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the grammar ---- */

/* "name host=h user=u | other …": what was set, in the order of the table; or "!" and the
 * error. */
static const char *
describe(struct arena *arena, const struct account *accounts, size_t count)
{
	struct buf out = { 0 };
	const char *text;

	for (size_t i = 0; i < count; i++) {
		buf_printf(&out, "%s%s", i ? " | " : "", accounts[i].name);
		for (size_t row = 0; row < settings_count; row++)
			if (accounts[i].origins[row].kind != ORIGIN_DEFAULT)
				buf_printf(&out, " %s=%s", settings[row].name,
					   account_show(arena, &accounts[i], row));
	}
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

static const char *
read_text(struct arena *arena, enum dialect dialect, struct span text, bool inert)
{
	struct error err = { .arena = arena };
	struct grammar grammar = { .arena = arena, .dialect = dialect, .inert = inert };
	struct account *accounts = NULL;
	size_t count;
	const char *got;

	if (grammar_begin(&grammar, &err) && grammar_text(&grammar, "f", text, &err)) {
		count = grammar.drafts.count;
		accounts = arena_array(arena, struct account, count + 1);
		if (drafts_end(&grammar.drafts, accounts, &err)) {
			got = describe(arena, accounts, count);
			for (size_t i = 0; i < count; i++)
				account_release(&accounts[i]);
			drafts_release(&grammar.drafts);
			return got;
		}
	}
	drafts_release(&grammar.drafts);
	return arena_printf(arena, "!%s",
			    err.fault == FAULT_CONFIG ? err.what : "no config error");
}

/* clang-format off */
static const struct {
	const char *text, *want;
} texts[] = {
	/* Lines. */
	{ "", "" },
	{ "\n\n  \t\n", "" },
	{ "# host x\n  # host y\n", "" },
	{ "host h", "default host=h" },
	{ "host h\r\nport 25\r\n", "default host=h port=25" },
	{ "host h\r", "default host=h" },
	{ "\xef\xbb\xbfhost h\n", "default host=h" },
	{ "  host\t \th  \t\n", "default host=h" },
	{ "host \"h\"\n", "default host=h" },
	{ "user \"a b\"\n", "default user=a b" },
	{ "user \" a \"\n", "default user= a " },
	{ "user \"a\"b\"\n", "default user=a\"b" },
	{ "user a\"b\n", "default user=a\"b" },
	{ "user \"\n", "default user=\"" },
	{ "user \"\"\n", "default user=" },
	{ "user 'a'\n", "default user='a'" },
	{ "user a\\\"b\n", "default user=a\\\"b" },
	{ "from a@b # not a comment\n", "default from=a@b # not a comment" },
	{ "user #x\n", "default user=#x" },
	{ "tls-trust-file x\n", "default tls_trust_file=x" },
	{ "user a\rb\n", "!f:1: there is a control character in the line" },
	{ "\n\nuser a\x1b[2J\n", "!f:3: there is a control character in the line" },
	{ "# a\x1b comment\nhost h", "default host=h" },
	{ "HOST h\n", "!f:1: unknown setting \"HOST\"; did you mean \"host\"?" },
	{ "acount x\n", "!f:1: unknown setting \"acount\"; did you mean \"account\"?" },
	{ "host h\ntls_cerfile x\n",
	  "!f:2: unknown setting \"tls_cerfile\"; did you mean \"tls_cert_file\"?" },
	{ "fall_back other\n", "!f:1: unknown setting \"fall_back\"; did you mean \"fallback\"?" },
	{ "host h\nfallback other\nqueue on\n", "default host=h queue=on fallback=other" },
	{ "host h\nrate_limit 100/3600\n", "default host=h rate_limit=100/3600" },
	{ "rate_limit 100\n", "!f:1: the value of \"rate_limit\" is wrong: \"100\" is no rate "
				"like 100/3600 (messages/seconds), with at most 100000 messages" },
	{ "pasword hunter2\n", "!f:1: unknown setting \"pasword\"; did you mean \"password\"?" },
	{ "host=h\n", "!f:1: unknown setting \"host=\"; did you mean \"host\"?" },
	{ "password=hunter2\n",
	  "!f:1: unknown setting \"password=\"; did you mean \"password\"?" },
	{ "b\xff\xfe x\n", "!f:1: unknown setting \"b\\xff\\xfe\"" },
	{ "port x\n", "!f:1: the value of \"port\" is wrong: \"x\" is no number from 1 to 65535" },
	{ "\ntls maybe\n", "!f:2: the value of \"tls\" is wrong: \"maybe\" is none of: off, on" },
	{ "port 25\nport 26\n", "default port=26" },
	{ "password secret\n", "default password=*" },
	{ "password secret\npassword\n", "default password=" },
	/* Accounts. */
	{ "account a\nhost h\naccount b\nhost i\n", "a host=h | b host=i" },
	{ "host d\naccount a\nhost h\n", "default host=d | a host=h" },
	{ "account two words\nhost h\n", "two words host=h" },
	{ "account \"q\"\nhost h\n", "q host=h" },
	{ "account\n", "!f:1: the account has no name" },
	{ "account : a\n", "!f:1: the account has no name" },
	{ "account a,b\n", "!f:1: the name of an account cannot have a comma" },
	{ "account a\naccount a\n", "!f:2: the account \"a\" stands already in f:1" },
	{ "host h\naccount default\n", "!f:2: the account \"default\" stands already in f:1" },
	{ "account a\naccount A\n", "a | A" },
	/* Inheritance. */
	{ "account a\nhost h\nport 1\naccount b : a\nport 2\n",
	  "a host=h port=1 | b host=h port=2" },
	{ "account a\nhost h\naccount b:a\n", "a host=h | b host=h" },
	{ "account a\nhost h\naccount b\nuser u\nport 1\naccount c : a, b\n",
	  "a host=h | b port=1 user=u | c host=h port=1 user=u" },
	{ "account a\nport 1\naccount b\nport 2\naccount c : a,b\naccount d : b , a\n",
	  "a port=1 | b port=2 | c port=2 | d port=1" },
	{ "account a\nhost h\naccount b : a\nport 1\naccount c : b\n",
	  "a host=h | b host=h port=1 | c host=h port=1" },
	{ "account a\npassword s\naccount b : a\n", "a password=* | b password=*" },
	{ "account a\nuser u\naccount b : a\nuser\n", "a user=u | b user=" },
	{ "account a : b\naccount b\n", "!f:1: there is no account \"b\" before this line" },
	{ "account a : a\n", "!f:1: there is no account \"a\" before this line" },
	{ "account work\naccount b : wrok\n",
	  "!f:2: there is no account \"wrok\" before this line; did you mean \"work\"?" },
	{ "account a\naccount b :\n", "!f:2: the name of a parent account is missing" },
	{ "account a\naccount b : a,\n", "!f:2: the name of a parent account is missing" },
	{ "account a\nhost h\naccount default : a\n", "a host=h | default host=h" },
	/* defaults: for accounts that begin behind it. */
	{ "defaults\nport 1\naccount a\nhost h\n", "a host=h port=1" },
	{ "account a\ndefaults\nport 1\naccount b\n", "a | b port=1" },
	{ "defaults\nport 1\naccount a\ndefaults\nport 2\naccount b\n", "a port=1 | b port=2" },
	{ "defaults\nport 1\naccount a\nhost h\ndefaults\nport 2\naccount b : a\n",
	  "a host=h port=1 | b host=h port=2" },
	{ "defaults\nport 1\naccount a\nport 1\ndefaults\nport 2\naccount b : a\n",
	  "a port=1 | b port=1" },
	{ "defaults\ndomain x\naccount a\naccount b : a\ndomain y\n", "a domain=x | b domain=y" },
	{ "defaults\npassword s\naccount a\naccount b\n", "a password=* | b password=*" },
	{ "defaults x\n", "!f:1: \"defaults\" takes no argument" },
	{ "defaults\nhost h\n", "" },
	/* msmtp's former words. */
	{ "connect_timeout 9\n", "default timeout=9" },
	{ "undisclosed_recipients on\n", "default set_to_header=undisclosed_recipients" },
	{ "undisclosed_recipients off\n", "default set_to_header=off" },
	{ "add_missing_from_header off\n", "default set_from_header=off" },
	{ "add_missing_from_header\n", "default set_from_header=auto" },
	{ "add_missing_date_header on\n", "default set_date_header=auto" },
	{ "keepbcc on\n", "default remove_bcc_headers=off" },
	{ "keepbcc off\n", "default remove_bcc_headers=on" },
	{ "keepbcc maybe\n", "!f:1: the value of \"keepbcc\" is neither on nor off" },
	{ "tls_nocertcheck\n", "default tls_certcheck=off" },
	{ "tls_nostarttls\n", "default tls_starttls=off" },
	{ "tls_nostarttls on\n", "!f:1: \"tls_nostarttls\" takes no argument" },
	{ "tls_force_sslv3 on\n", "default" },
	{ "tls_force_sslv3 3\n", "!f:1: the value of \"tls_force_sslv3\" is neither on nor off" },
	{ "auto_from on\nmaildomain x\n", "default from=%U@x" },
	{ "maildomain x\nauto_from\nfrom a@b\n", "default from=%U@x" },
	{ "auto_from\n", "default from=%U" },
	{ "auto_from off\nfrom a@b\nmaildomain x\n", "default from=a@b" },
	{ "auto_from 1\n", "!f:1: the value of \"auto_from\" is neither on nor off" },
	{ "defaults\nauto_from on\nmaildomain x\naccount a\naccount b\nmaildomain y\n",
	  "a from=%U@x | b from=%U@y" },
	{ "account a\nauto_from on\nmaildomain x\naccount b : a\n", "a from=%U@x | b from=%U@x" },
	/* eval */
	{ "eval echo host h\n", "default host=h" },
	{ "eval echo host h; echo port x\n", "default host=h" },
	{ "eval printf 'host h\\r\\n'\n", "default host=h" },
	{ "eval printf 'host h'\n", "default host=h" },
	{ "account a\neval echo account b : a\nhost h\n", "a | b host=h" },
	{ "eval echo password secret\n", "default password=*" },
	{ "eval echo '# nothing'\n", "" },
	{ "eval cat; echo user \"$?\"\n", "default user=0" },
	{ "eval\n", "!f:1: eval needs a command" },
	{ "eval true\n", "!f:1: eval gave nothing: its command printed nothing" },
	{ "eval exit 3\n", "!f:1: eval gave nothing: its command ended with exit status 3" },
	{ "eval echo host h; exit 3\n",
	  "!f:1: eval gave nothing: its command ended with exit status 3" },
	{ "eval kill -9 $$\n",
	  "!f:1: eval gave nothing: its command was ended by signal 9 (Killed)" },
	{ "eval printf 'host h\\0'\n",
	  "!f:1: eval gave nothing: the first line that its command printed is empty or has a NUL "
	  "byte" },
	{ "eval printf 'user a\\033b\\n'\n", "!f:1: there is a control character in the line" },
	{ "\neval echo eval echo host h\n", "!f:2: eval cannot print another eval" },
	{ "\neval echo hots h\n", "!f:2: unknown setting \"hots\"; did you mean \"host\"?" },
	{ "include\n", "!f:1: include needs the name of a file" },
};
/* clang-format on */

static void
grammar_cases(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		unit_same(texts[i].text,
			  read_text(&arena, DIALECT_POSTRIDER, span_of(texts[i].text),
				    false),
			  texts[i].want);
	arena_release(&arena);
	unit_done();
}

static void
hostile_lines(void **state)
{
	struct arena arena = { 0 };
	struct buf text = { 0 };

	(void)state;
	unit_same(
		"NUL",
		read_text(&arena, DIALECT_POSTRIDER, SPAN("host h\nuser a\0b\n"), false),
		"!f:2: there is a NUL in the line");
	unit_same("NUL in a comment",
		  read_text(&arena, DIALECT_POSTRIDER, SPAN("# a\0b\nhost h"), false),
		  "!f:1: there is a NUL in the line");
	buf_add_string(&text, "user ");
	for (size_t i = 0; i < 1000000; i++)
		buf_add_char(&text, 'x');
	unit_number("a long line",
		    (long long)strlen(
			    read_text(&arena, DIALECT_POSTRIDER, buf_span(&text), false)),
		    (long long)strlen("default user=") + 1000000);
	for (size_t i = 0; i < 100000; i++)
		buf_add_char(&text, 'x');
	unit_same("too long a line",
		  read_text(&arena, DIALECT_POSTRIDER, buf_span(&text), false),
		  "!f:1: the line is too long");
	unit_same("inert eval",
		  read_text(&arena, DIALECT_POSTRIDER, SPAN("eval echo host h"), true),
		  "!f:1: eval is not possible here");
	unit_same("inert include",
		  read_text(&arena, DIALECT_POSTRIDER, SPAN("include /dev/zero"), true),
		  "!f:1: include is not possible here");
	buf_release(&text);
	arena_release(&arena);
	unit_done();
}

static void
origins(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct grammar grammar = { .arena = &arena };
	struct account accounts[2];
	struct span text =
		SPAN("defaults\nport 1\n\naccount a\nhost h\n# c\naccount b : a\n"
		     "eval echo user u\n");
	size_t host = (size_t)setting_row(SPAN("host")),
	       port = (size_t)setting_row(SPAN("port"));
	size_t user = (size_t)setting_row(SPAN("user"));

	(void)state;
	unit_number("begin", grammar_begin(&grammar, &err), true);
	unit_number("text", grammar_text(&grammar, "f", text, &err), true);
	unit_number("end", drafts_end(&grammar.drafts, accounts, &err), true);
	unit_same("account", origin_show(&arena, &accounts[1].whole), "f:7");
	unit_same("own", origin_show(&arena, &accounts[0].origins[host]), "f:5");
	unit_same("inherited", origin_show(&arena, &accounts[1].origins[host]), "f:5");
	unit_same("defaults", origin_show(&arena, &accounts[1].origins[port]), "f:2");
	unit_same("eval", origin_show(&arena, &accounts[1].origins[user]), "f:8");
	unit_same("default", origin_show(&arena, &accounts[0].origins[user]), "default");
	drafts_release(&grammar.drafts);
	arena_release(&arena);
	unit_done();
}

/* ---- files ---- */

static char folder[] = "/tmp/test-config.XXXXXX";

static void
put(const char *name, mode_t mode, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *
in_folder(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

/* The same as describe; the folder's name is left out of errors. */
static const char *
read_file(struct arena *arena, const char *name)
{
	struct error err = { .arena = arena };
	struct config config;
	const char *text;
	struct buf out = { 0 };

	if (config_read(arena, name ? in_folder(arena, name) : NULL, DIALECT_POSTRIDER,
			&config, &err)) {
		text = describe(arena, config.accounts, config.count);
		config_release(&config);
		return text;
	}
	buf_printf(&out, "!%s ", fault_word(err.fault));
	for (const char *c = err.what; *c; c++) {
		if (strncmp(c, folder, strlen(folder)) == 0)
			c += strlen(folder) + 1;
		buf_add_char(&out, *c);
	}
	text = span_string(arena, buf_span(&out));
	buf_release(&out);
	return text;
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
includes(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "plain", "default host=h port=25" },
		{ "nested/outer", "a host=h user=u port=1" },
		{ "nested/home", "default host=home" },
		{ "circle1",
		  "!config circle3:2: include goes round in a circle: circle1, circle2, "
		  "circle3, circle1" },
		{ "self", "!config self:1: include goes round in a circle: self, self" },
		{ "deep1", "default host=deep" },
		{ "missing",
		  "!config missing:1: cannot read the included file nowhere: No such file or "
		  "directory" },
		{ "broken",
		  "!config inner-broken:2: unknown setting \"hots\"; did you mean \"host\"?" },
		{ "folder",
		  "!config Cannot read the configuration file nested: Is a directory" },
		{ "nothing",
		  "!config Cannot read the configuration file nothing: No such file or "
		  "directory" },
		{ "twice", "default host=h port=25" },
	};
	struct arena arena = { 0 };

	(void)state;
	setenv("HOME", folder, 1);
	put("plain", 0644, "include part\nport 25\n");
	put("part", 0644, "host h\n");
	put("twice", 0644, "include part\ninclude part\nport 25\n");
	put("nested/outer", 0644, "include ../nested/mid\nport 1\n");
	put("nested/mid", 0644, "account a\nhost h\ninclude in/ner\n");
	put("nested/in/ner", 0644, "user u\n");
	put("nested/home", 0644, "include ~/homely\n");
	put("homely", 0644, "host home\n");
	put("circle1", 0644, "include circle2\n");
	put("circle2", 0644, "include circle3\n");
	put("circle3", 0644, "\ninclude circle1\n");
	put("self", 0644, "include self\n");
	put("missing", 0644, "include nowhere\n");
	put("broken", 0644, "include inner-broken\n");
	put("inner-broken", 0644, "port 1\nhots h\n");
	put("folder", 0644, "include nested\n");
	for (int i = 1; i <= 11; i++)
		put(arena_printf(&arena, "deep%d", i), 0644,
		    i == 11 ? "host deep\n"
			    : arena_printf(&arena, "include deep%d\n", i + 1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = read_file(&arena, cases[i].name), *want = cases[i].want;

		/* The order in the table of settings is not the point here. */
		if (strcmp(cases[i].name, "nested/outer") == 0 &&
		    strcmp(got, "a host=h port=1 user=u") == 0)
			got = want;
		unit_same(cases[i].name, got, want);
	}
	put("deep11", 0644, "include deep12\n");
	put("deep12", 0644, "host deeper\n");
	unit_number("too deep",
		    strncmp(read_file(&arena, "deep1"),
			    "!config deep11:1: include goes too deep: deep1, ", 48),
		    0);
	arena_release(&arena);
	unit_done();
}

static void
permissions(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
		bool refused; /* for an ordinary user */
		bool refused_for_root;
	} cases[] = {
		{ "p1", "password x\n", 0600, false, false },
		{ "p2", "password x\n", 0400, false, false },
		{ "p3", "password x\n", 0640, true, true },
		{ "p4", "password x\n", 0604, true, true },
		{ "p5", "password x\n", 0700, false, false },
		{ "p6", "host h\n", 0644, false, false },
		{ "p7", "eval echo password x\n", 0644, false, false },
		{ "p8", "passwordeval cat\n", 0644, false, false },
		{ "p16", "eval echo host h\n", 0646, true, true },
		{ "p18", "passwordeval cat\n", 0646, true, true },
		{ "p19", "passwordeval\n", 0646, false, false },
		{ "p17", "password x\neval echo host h\n", 0666, true, true },
		{ "p9", "password\n", 0644, false, false },
		{ "p10", "proxy_password x\n", 0644, true, true },
		{ "p11", "include p1\n", 0644, false, false },
		{ "p12", "include p3\n", 0600, true, true },
		{ "msmtprc", "password x\n", 0644, true, false },
		{ ".msmtprc", "password x\n", 0620, true, false },
		{ "msmtp/config", "password x\n", 0600, false, false },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool refused =
			geteuid() == 0 ? cases[i].refused_for_root : cases[i].refused;
		const char *got;

		put(cases[i].name, cases[i].mode, cases[i].text);
		got = read_file(&arena, cases[i].name);
		unit_same(cases[i].name, *got == '!' ? "refused" : "read",
			  refused ? "refused" : "read");
		if (*got == '!')
			unit_number("sentence",
				    strstr(got, "has a password, but others may use") ||
					    strstr(got, "others may write the file"),
				    true);
	}
	arena_release(&arena);
	unit_done();
}

/* Which file is found, by what exists; and which defaults hold in it. */
static void
search(void **state)
{
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct config config;
	const char *first = "home/.config/postrider/config", *second = "home/.msmtprc";
	const char *third = "home/.config/msmtp/config";

	(void)state;
	setenv("HOME", in_folder(&arena, "home"), 1);
	unsetenv("XDG_CONFIG_HOME");
	put(third, 0644, "host third\n");
	unit_same("third", read_file(&arena, NULL), "default host=third");
	put(second, 0644, "host second\n");
	unit_same("second", read_file(&arena, NULL), "default host=second");
	put(first, 0644, "host first\n");
	unit_same("first", read_file(&arena, NULL), "default host=first");

	if (geteuid() == 0) {
		assert_int_equal(chown(in_folder(&arena, first), 1, 1), 0);
		unit_same("somebody else's", read_file(&arena, NULL),
			  "default host=second");
		assert_int_equal(chown(in_folder(&arena, first), 0, 0), 0);
	}
	put("xdg/postrider/config", 0644, "host xdg\n");
	setenv("XDG_CONFIG_HOME", in_folder(&arena, "xdg"), 1);
	unit_same("XDG_CONFIG_HOME", read_file(&arena, NULL), "default host=xdg");
	setenv("XDG_CONFIG_HOME", "xdg", 1);
	unit_same("a relative one does not count", read_file(&arena, NULL),
		  "default host=first");
	setenv("XDG_CONFIG_HOME", "", 1);
	unit_same("an empty one does not count", read_file(&arena, NULL),
		  "default host=first");
	unsetenv("XDG_CONFIG_HOME");

	put(first, 0644, "hots first\n");
	unit_same(
		"a broken file is an error", read_file(&arena, NULL),
		"!config home/.config/postrider/config:1: unknown setting \"hots\"; did you mean "
		"\"host\"?");
	setenv("HOME", in_folder(&arena, "nowhere"), 1);
	unit_same("no file", read_file(&arena, NULL), "");
	setenv("HOME", "/dev/null", 1);
	unit_same("HOME is no folder", read_file(&arena, NULL), "");

	unit_number("msmtp",
		    config_read(&arena, in_folder(&arena, second), DIALECT_POSTRIDER,
				&config, &err),
		    true);
	unit_number("its dialect", config.accounts[0].dialect, DIALECT_MSMTP);
	config_release(&config);
	unit_number("msmtp",
		    config_read(&arena, in_folder(&arena, third), DIALECT_POSTRIDER,
				&config, &err),
		    true);
	unit_number("its dialect", config.accounts[0].dialect, DIALECT_MSMTP);
	config_release(&config);
	put("my-msmtprc", 0644, "host h\n");
	unit_number("other",
		    config_read(&arena, in_folder(&arena, "my-msmtprc"),
				DIALECT_POSTRIDER, &config, &err),
		    true);
	unit_number("its dialect", config.accounts[0].dialect, DIALECT_POSTRIDER);
	config_release(&config);
	arena_release(&arena);
	unit_done();
}

/* ---- the choice ---- */

static void
from_cases(void **state)
{
	static const struct {
		const char *from, *address;
		bool want;
	} cases[] = {
		{ "me@example.org", "me@example.org", true },
		{ "me@example.org", "ME@Example.ORG", true },
		{ "me@example.org", "you@example.org", false },
		{ "me@example.org", "me@example.organic", false },
		{ "me@example.org", "me+list@example.org", true },
		{ "me@example.org", "me+a+b@example.org", true },
		{ "me+list@example.org", "me+list@example.org", true },
		{ "me+list@example.org", "me+other@example.org", false },
		{ "me+list@example.org", "me@example.org", false },
		{ "me@example.org", "me@sub+x@example.org", false },
		{ "\"a@b\"@example.org", "\"a@b\"@example.org", true },
		{ "*@example.org", "anyone@example.org", true },
		{ "*@example.org", "anyone+x@example.org", true },
		{ "*@example.org", "anyone@example.com", false },
		{ "m?@example.org", "me@example.org", true },
		{ "m?@example.org", "me+x@example.org", true },
		{ "m?@example.org", "mee@example.org", false },
		{ "[mn]e@example.org", "ne@example.org", true },
		{ "[mn]e@example.org", "oe@example.org", false },
		{ "*@EXAMPLE.org", "me@example.org", false },
		{ "me@[192.0.2.1]", "me@[192.0.2.1]", true },
		{ "me", "me", true },
		{ "", "", false },
		{ "me@example.org", "", false },
		{ "", "me@example.org", false },
		{ "*", "", false },
		{ "me@example.org", "+", false },
		{ "me@example.org", "me+", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s %s", cases[i].from, cases[i].address);
		unit_number(name, from_matches(cases[i].from, cases[i].address),
			    cases[i].want);
	}
	unit_done();
}

/* clang-format off */
static const struct {
	const char *file, *text, *name, *sender, *want;
} choices[] = {
	{ "conf", "account a\nfrom a@x\naccount b\nfrom b@x\n", "b", NULL, "b" },
	{ "conf", "account a\nfrom a@x\naccount b\nfrom b@x\n", NULL, "b@x", "b" },
	{ "conf", "account a\nfrom a@x\naccount b\nfrom *@x\n", NULL, "a@x", "a" },
	{ "conf", "account a\nfrom *@x\naccount b\nfrom b@x\n", NULL, "b@x", "a" },
	{ "conf", "account a\nfrom a@x\naccount b\nfrom b@x\n", "a", "b@x", "a" },
	{ "conf", "account a\nfrom a@x\naccount b\nfrom a+b@x\n", NULL, "a+b@x", "b" },
	{ "conf", "account a\nfrom a@x\naccount b\nfrom a+b@x\n", NULL, "a+c@x", "a" },
	{ "conf", "account a\nfrom a@x\naccount default\nfrom b@x\n", NULL, NULL, "default" },
	{ "conf", "account a\nfrom a@x\naccount default\nfrom b@x\n", NULL, "c@x", "default" },
	{ "conf", "host h\n", NULL, NULL, "default" },
	{ "conf", "account only\nhost h\n", NULL, NULL, "only" },
	{ "conf", "account only\nhost h\n", NULL, "c@x", "only" },
	{ "conf", "account only\nfrom a@x\n", NULL, "", "only" },
	{ "conf", "account a\naccount b\n", NULL, NULL,
	  "!No account is called \"default\"; there are: a, b" },
	{ "conf", "account a\naccount b\n", NULL, "c@x",
	  "!No account is called \"default\"; there are: a, b" },
	{ "conf", "account work\naccount home\n", "wrok", NULL,
	  "!There is no account \"wrok\"; did you mean \"work\"?" },
	{ "conf", "account work\naccount home\n", "xyz", NULL,
	  "!There is no account \"xyz\", but these: work, home" },
	{ "conf", "account only\n", "other", NULL,
	  "!There is no account \"other\", but these: only" },
	{ "msmtprc", "account only\nhost h\n", NULL, NULL,
	  "!No account is called \"default\"; there are: only" },
	{ "msmtprc", "host h\n", NULL, NULL, "default" },
	{ "msmtprc", "account only\nfrom a@x\n", NULL, "a+b@x", "only" },
};
/* clang-format on */

static void
choice_cases(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct error err = { .arena = &arena };
		struct account_wish wish = { .name = choices[i].name,
					     .sender = choices[i].sender };
		struct account *account = NULL;
		struct config config;
		const char *got;

		put(choices[i].file, 0600, choices[i].text);
		if (config_read(&arena, in_folder(&arena, choices[i].file),
				DIALECT_POSTRIDER, &config, &err) &&
		    config_choose(&config, &wish, &account, &err))
			got = account->name;
		else
			got = arena_printf(&arena, "!%s", err.what);
		unit_same(choices[i].text, got, choices[i].want);
		config_release(&config);
	}
	arena_release(&arena);
	unit_done();
}

/* Two files: the user's accounts go first, and replace those of the system whole. */
static void
merged_choice(void **state)
{
	struct account accounts[] = {
		{ .name = "a", .from = "a@x" },
		{ .name = "b" },
		{ .name = "default", .from = "d@x" },
		{ .name = "s", .from = "*@x" },
	};
	struct config config = { .accounts = accounts, .count = 4, .own = 2 };
	struct account_wish nobody = { 0 }, somebody = { .sender = "c@x" };
	struct arena arena = { 0 };
	struct error err = { .arena = &arena };
	struct account *account;

	(void)state;
	unit_number("the system's default",
		    config_choose(&config, &nobody, &account, &err), true);
	unit_same("the system's default", account->name, "default");
	unit_number("the system's sender",
		    config_choose(&config, &somebody, &account, &err), true);
	unit_same("the system's sender", account->name, "s");
	config.own = 1;
	unit_number("the user's only", config_choose(&config, &nobody, &account, &err),
		    true);
	unit_same("the user's only", account->name, "a");
	accounts[0].dialect = DIALECT_MSMTP;
	unit_number("an msmtp file", config_choose(&config, &nobody, &account, &err),
		    true);
	unit_same("an msmtp file", account->name, "default");
	config = (struct config){ 0 };
	unit_number("nothing", config_choose(&config, &nobody, &account, &err), false);
	unit_number("nothing: whose account",
		    strncmp(err.what, "No account is set up for the user ", 34), 0);
	unit_number("nothing: where it was looked for",
		    strstr(err.what, "/postrider/config") && strstr(err.what, "/msmtprc"),
		    true);
	arena_release(&arena);
	unit_done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar_cases), cmocka_unit_test(hostile_lines),
		cmocka_unit_test(origins),	 cmocka_unit_test(includes),
		cmocka_unit_test(permissions),	 cmocka_unit_test(search),
		cmocka_unit_test(from_cases),	 cmocka_unit_test(choice_cases),
		cmocka_unit_test(merged_choice),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
