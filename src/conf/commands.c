/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows the commands. */
#include "conf/commands.h"

#include <string.h>

static const struct {
	const char *word;
	enum mode mode;
} commands[] = {
	{ "info", MODE_INFO },	       { "queue", MODE_QUEUE }, { "setup", MODE_SETUP },
	{ "login", MODE_LOGIN },       { "token", MODE_TOKEN }, { "doctor", MODE_DOCTOR },
	{ "accounts", MODE_ACCOUNTS }, { "help", MODE_HELP },
};

bool
commands_find(const char *word, enum mode *mode)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(word, commands[i].word) == 0) {
			*mode = commands[i].mode;
			return true;
		}
	return false;
}

const char *
commands_near(const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (is_near_word(span_of(word), commands[i].word))
			return commands[i].word;
	return NULL;
}

const char *
commands_word(size_t index)
{
	return index < sizeof(commands) / sizeof(commands[0]) ? commands[index].word
							      : NULL;
}

/* What `login` and `token` may be told besides the account. */
static bool
is_topic(const struct request *request, const char *word)
{
	size_t len = strlen(word);

	if (request->mode == MODE_LOGIN)
		return len > 5 && strcmp(word + len - 5, ".json") == 0;
	return request->mode == MODE_TOKEN &&
	       (strcmp(word, "get") == 0 || strcmp(word, "store") == 0 ||
		strcmp(word, "erase") == 0);
}

static void
take_topic(struct request *request)
{
	size_t last = request->operand_count;

	if (last && is_topic(request, request->operands[last - 1])) {
		request->topic = request->operands[last - 1];
		request->operand_count--;
	}
}

static bool
fail_beyond(const struct request *request, size_t most, struct error *err)
{
	return fail(err, FAULT_USAGE,
		    _("There are more arguments than this needs: \"%s\""),
		    clean_text(err->arena, span_of(request->operands[most])));
}

static bool
take_address(struct request *request, struct error *err)
{
	if (request->operand_count > 1)
		return fail_beyond(request, 1, err);
	if (request->operand_count)
		request->topic = request->operands[0];
	request->operand_count = 0;
	return true;
}

bool
commands_use_operands(struct request *request, bool command, struct error *err)
{
	bool takes_account =
		command && request->mode != MODE_RMQS && request->mode != MODE_ACCOUNTS;
	size_t most = takes_account ? 1 : 0;

	switch (request->mode) {
	case MODE_SEND:
	case MODE_PRETEND:
	case MODE_VERSION:
	case MODE_HELP:
	case MODE_SERVE:
	case MODE_ALIASES:
	case MODE_ADDRESSES:
	case MODE_CHECK:
	case MODE_QUEUE_LIST:
	case MODE_QUEUE_RUN:
	case MODE_QUEUE:
	case MODE_NOTHING:
		return true;
	case MODE_SETUP:
		return take_address(request, err);
	case MODE_LOGIN:
	case MODE_TOKEN:
		take_topic(request);
		break;
	case MODE_ACCOUNTS:
	case MODE_DOCTOR:
	case MODE_INFO:
	case MODE_RMQS:
	case MODE_CONFIGURE:
	case MODE_LISTEN:
		break;
	}
	if (request->operand_count > most)
		return fail_beyond(request, most, err);
	if (request->operand_count && request->wish.name)
		return fail(err, FAULT_USAGE, _("The account is named twice"));
	if (request->operand_count)
		request->wish.name = request->operands[0];
	request->operand_count = 0;
	return true;
}
