/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints tokens, for a person or for git. */
#include "app/token.h"

#include "base/file.h"
#include "oauth/access.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { QUESTION_MAX = 64 * 1024 /* octets */ };

/* Past stdio, whose buffer would keep a copy. */
static bool
say(const struct buf *text, struct error *err)
{
	return write_all(STDOUT_FILENO, text->at, text->len) ||
	       fail_errno(err, FAULT_IO, _("Standard output cannot be written"));
}

static bool
take(const struct run *run, struct secret *access, int64_t *expires, struct error *err)
{
	struct access_wish wish = { .policy = &run->account->oauth };

	return access_take(&wish, access, expires, err);
}

/* ---- git ---- */

/* The value of a line NAME=VALUE; empty when there is none. */
static struct span
line_of(struct span text, const char *name)
{
	while (text.len) {
		size_t end = span_find(text, '\n');
		struct span line = span_part(text, 0, end);
		size_t equals = span_find(line, '=');

		if (span_equal(span_part(line, 0, equals), span_of(name)))
			return span_part(line, equals + 1, line.len);
		text = span_part(text, end + 1, text.len);
	}
	return (struct span){ 0 };
}

/* A token is for its own server and user only, whoever asks, and for mail. */
static bool
is_for_us(const struct oauth_policy *policy, struct span question)
{
	static const char *const mail[] = { "", "smtp", "smtps", "imap", "imaps" };
	struct span protocol = line_of(question, "protocol");
	bool is_mail = false;
	struct span host = line_of(question, "host");
	struct span user = line_of(question, "username");

	host = span_part(host, 0, span_find(host, ':'));
	for (size_t i = 0; i < sizeof(mail) / sizeof(mail[0]); i++)
		is_mail |= span_equal(protocol, span_of(mail[i]));
	return is_mail && span_same_word(host, span_of(policy->host)) &&
	       (!user.len || span_equal(user, span_of(policy->user)));
}

static bool
answer_git(const struct run *run, struct error *err)
{
	CLEANUP(secret_release) struct secret access = { 0 };
	CLEANUP(secret_wipe) struct buf text = { 0 };
	int64_t expires;

	if (!take(run, &access, &expires, err))
		return false;
	buf_reserve(&text, access.len + QUESTION_MAX);
	buf_printf(&text, "username=%s\npassword=%s\npassword_expiry_utc=%" PRId64 "\n",
		   run->account->oauth.user ? run->account->oauth.user : "", access.at,
		   expires);
	return say(&text, err);
}

static bool
help_git(const struct run *run, struct error *err)
{
	const struct oauth_policy *policy = &run->account->oauth;
	const char *verb = run->request->topic;
	CLEANUP(secret_release) struct secret refused = { 0 };
	CLEANUP(secret_wipe) struct buf question = { 0 };

	buf_reserve(&question, 2 * QUESTION_MAX);
	if (!read_to_end(STDIN_FILENO, QUESTION_MAX, &question))
		return fail_errno(err, FAULT_NO_INPUT,
				  _("Standard input cannot be read"));
	if (!is_for_us(policy, buf_span(&question)) || strcmp(verb, "store") == 0)
		return true;
	if (strcmp(verb, "get") == 0)
		return answer_git(run, err);
	secret_set(&refused, line_of(buf_span(&question), "password"));
	return access_forget(policy, &refused, err);
}

/* ---- a person ---- */

bool
give_token(struct run *run, struct error *err)
{
	CLEANUP(secret_release) struct secret access = { 0 };
	CLEANUP(secret_wipe) struct buf text = { 0 };

	if (run->request->topic)
		return help_git(run, err);
	if (!take(run, &access, NULL, err))
		return false;
	buf_reserve(&text, access.len + 2);
	buf_printf(&text, "%s\n", access.at);
	return say(&text, err);
}
