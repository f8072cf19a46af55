/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the table of mail providers, and finds rows in it. */
#include "conf/providers.h"

#include "base/file.h"
#include "conf/lines.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FILE_NAME SYSCONFDIR "/postrider/providers"

enum { COLUMNS = 8 };
enum column {
	COLUMN_NAME,
	COLUMN_DOMAINS,
	COLUMN_MX,
	COLUMN_SERVER,
	COLUMN_USER,
	COLUMN_SECRET,
	COLUMN_NOTES,
	COLUMN_HELP
};

const char providers_text[] =
#include "providers.inc"
	;

/* ---- words and what they mean ---- */

static const struct {
	const char *word;
	enum user_form form;
} user_forms[] = {
	{ "address", USER_ADDRESS },
	{ "local", USER_LOCAL },
	{ "local.domain", USER_LOCAL_DOMAIN },
	{ "ask", USER_ASK },
};

static const struct {
	const char *word;
	enum secret_form form;
} secret_forms[] = {
	{ "password", SECRET_PASSWORD },
	{ "app-password", SECRET_APP_PASSWORD },
	{ "key", SECRET_KEY },
	{ "oauth", SECRET_OAUTH },
};

static const struct {
	const char *word, *sentence;
} notes[] = {
	{ "abroad", N_("It may refuse logins from abroad until you allow them.") },
	{ "admin", N_("An administrator may have to allow mail programs (SMTP AUTH).") },
	{ "bridge",
	  N_("Proton Mail Bridge must run on this machine; it shows a password of "
	     "its own. Give its certificate with --tls-fingerprint.") },
	{ "docomo",
	  N_("The user is your d ACCOUNT, and the password is the one for IMAP, "
	     "which is issued on the phone's line.") },
	{ "enable",
	  N_("First allow mail programs (POP, IMAP, SMTP) in the settings of its "
	     "web site.") },
	{ "from", N_("It sends mail from your own addresses only.") },
	{ "icloud", N_("With a domain of your own the user is still the iCloud address: "
		       "name it with --user.") },
	{ "none", N_("It has no server for mail programs: mail can be sent with its own "
		     "programs only. Use an address of another provider.") },
	{ "paid", N_("Mail programs are for paying customers only.") },
	{ "panel",
	  N_("The name of your server stands in its control panel; another one has "
	     "no certificate for it.") },
	{ "region", N_("The server must be that of your account's region: if the login "
		       "fails, name it with --host.") },
	{ "separate", N_("The password for mail is not the one of its web site.") },
	{ "token", N_("The server token is both user name and password.") },
	{ "verified",
	  N_("It takes mail only from senders that you have verified there.") },
};

/* ---- a row ---- */

/* "HOST PORT", or "HOST 465 587" in either order. */
static bool
take_server(struct arena *arena, struct span text, struct mail_provider *provider)
{
	struct span host = span_word(&text), first = span_word(&text);
	struct span second = span_word(&text);
	uint64_t port, other;

	if (!span_number(first, &port) || !port || port > UINT16_MAX || text.len)
		return false;
	provider->host = span_string(arena, host);
	provider->host_is_mx = span_equal(host, SPAN("%MX"));
	provider->port = second.len ? 0 : (unsigned)port;
	return !second.len || (span_number(second, &other) && port + other == 465 + 587 &&
			       (port == 465 || port == 587));
}

static bool
take_user(struct arena *arena, struct span text, struct mail_provider *provider)
{
	if (text.len > 1 && text.at[0] == '=') {
		provider->user = USER_FIXED;
		provider->fixed_user = span_string(arena, span_part(text, 1, text.len));
		return true;
	}
	for (size_t i = 0; i < sizeof(user_forms) / sizeof(user_forms[0]); i++)
		if (span_equal(text, span_of(user_forms[i].word))) {
			provider->user = user_forms[i].form;
			return true;
		}
	return false;
}

static bool
take_secret(struct span word, struct mail_provider *provider)
{
	for (size_t i = 0; i < sizeof(secret_forms) / sizeof(secret_forms[0]); i++)
		if (span_equal(word, span_of(secret_forms[i].word))) {
			if (!provider->secrets)
				provider->first = secret_forms[i].form;
			provider->secrets |= secret_forms[i].form;
			return true;
		}
	return false;
}

static bool
take_secrets(struct span text, struct mail_provider *provider)
{
	struct span word;

	while ((word = span_word(&text)).len)
		if (!take_secret(word, provider))
			return false;
	return provider->secrets != 0;
}

static const char *
note_of(struct span word)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (span_equal(word, span_of(notes[i].word)))
			return notes[i].sentence;
	return NULL;
}

/* The last place stays NULL. */
static bool
take_notes(struct span text, struct mail_provider *provider)
{
	struct span word;

	for (size_t i = 0; (word = span_word(&text)).len; i++) {
		const char *note = note_of(word);

		if (!note || i + 1 == PROVIDER_NOTES_MAX)
			return false;
		provider->notes[i] = note;
	}
	return true;
}

/* Without a server there is nothing to log in with. */
static bool
take_columns(struct arena *arena, const struct span *columns,
	     struct mail_provider *provider)
{
	*provider = (struct mail_provider){
		.name = columns[COLUMN_NAME],
		.domains = columns[COLUMN_DOMAINS],
		.mx = columns[COLUMN_MX],
	};
	if (columns[COLUMN_HELP].len)
		provider->help = span_string(arena, columns[COLUMN_HELP]);
	if (!provider->name.len || !take_notes(columns[COLUMN_NOTES], provider))
		return false;
	if (!columns[COLUMN_SERVER].len)
		return !columns[COLUMN_USER].len && !columns[COLUMN_SECRET].len;
	return take_server(arena, columns[COLUMN_SERVER], provider) &&
	       take_user(arena, columns[COLUMN_USER], provider) &&
	       take_secrets(columns[COLUMN_SECRET], provider);
}

static bool
take_row(struct arena *arena, struct span line, struct mail_provider *provider)
{
	struct span columns[COLUMNS] = { 0 };

	for (size_t i = 0; i < COLUMNS; i++) {
		size_t end = span_find(line, '|');

		if ((end == line.len) != (i + 1 == COLUMNS))
			return false;
		columns[i] = span_trim(span_part(line, 0, end));
		if (span_equal(columns[i], SPAN("-")))
			columns[i].len = 0;
		line = span_part(line, end + 1, line.len);
	}
	return take_columns(arena, columns, provider);
}

/* ---- the table ---- */

static size_t
count_lines(struct span text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

static void
make_room(struct arena *arena, struct providers *providers, size_t more)
{
	struct mail_provider *items =
		arena_array(arena, struct mail_provider, providers->count + more);

	if (providers->count)
		memcpy(items, providers->items, providers->count * sizeof(*items));
	providers->items = items;
}

bool
providers_add(struct arena *arena, struct span text, const char *path,
	      struct providers *providers, struct error *err)
{
	make_room(arena, providers, count_lines(text));
	for (unsigned number = 1; text.len; number++) {
		size_t end = span_find(text, '\n');
		struct span line = span_trim(span_part(text, 0, end));

		text = span_part(text, end + 1, text.len);
		if (!line.len || line.at[0] == '#')
			continue;
		if (has_control(line) ||
		    !take_row(arena, line, &providers->items[providers->count]))
			return fail(err, FAULT_CONFIG,
				    _("%s:%u: this line has not the form of the table "
				      "of providers"),
				    path, number);
		providers->count++;
	}
	return true;
}

/* Whoever wrote the system's file meant it to be used. */
static bool
add_file(struct arena *arena, struct providers *providers, struct error *err)
{
	CLEANUP(close_file) int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP(release_buf) struct buf text = { 0 };
	const char *copy;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return true;
	if (fd < 0 || !read_to_end(fd, LINES_FILE_MAX, &text))
		return fail_errno(err, FAULT_CONFIG, _("Cannot read %s"), FILE_NAME);
	copy = arena_copy(arena, text.at ? text.at : "", text.len);
	return providers_add(arena, (struct span){ copy, text.len }, FILE_NAME, providers,
			     err);
}

bool
providers_read(struct arena *arena, struct providers *providers, struct error *err)
{
	*providers = (struct providers){ 0 };
	return add_file(arena, providers, err) &&
	       providers_add(arena, span_of(providers_text), "providers.txt", providers,
			     err);
}

/* ---- finding ---- */

static bool
has_word(struct span words, struct span wanted)
{
	struct span word;

	while ((word = span_word(&words)).len)
		if (span_same_word(word, wanted))
			return true;
	return false;
}

const struct mail_provider *
provider_of_domain(const struct providers *providers, const char *domain)
{
	for (size_t i = 0; i < providers->count; i++)
		if (has_word(providers->items[i].domains, span_of(domain)))
			return &providers->items[i];
	return NULL;
}

/* The longest end is tried first, so that "olc.example" may differ from "example". */
const struct mail_provider *
provider_of_mx(const struct providers *providers, const char *mx)
{
	for (const char *end = mx; end; end = strchr(end, '.')) {
		end += *end == '.';
		for (size_t i = 0; *end && i < providers->count; i++)
			if (has_word(providers->items[i].mx, span_of(end)))
				return &providers->items[i];
	}
	return NULL;
}

const struct mail_provider *
provider_of_host(const struct providers *providers, const char *host, unsigned port)
{
	bool here = strncmp(host, "127.", 4) == 0;

	for (size_t i = 0; i < providers->count; i++) {
		const struct mail_provider *provider = &providers->items[i];

		if (provider->host && strcasecmp(provider->host, host) == 0 &&
		    (!here || provider->port == port))
			return provider;
	}
	return NULL;
}

const char *
user_of_form(struct arena *arena, enum user_form form, const char *fixed,
	     const char *address)
{
	const char *at = strrchr(address, '@');
	int local = (int)(at - address);

	switch (form) {
	case USER_ADDRESS:
		return address;
	case USER_LOCAL:
		return arena_printf(arena, "%.*s", local, address);
	case USER_LOCAL_DOMAIN:
		return arena_printf(arena, "%.*s.%s", local, address, at + 1);
	case USER_FIXED:
		return fixed;
	case USER_ASK:
		break;
	}
	return NULL;
}
