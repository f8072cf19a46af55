/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ends as msmtp ends. */
#include "app/msmtp.h"

#include <sysexits.h>

bool
as_msmtp(const struct run *run)
{
	return run->request->dialect == DIALECT_MSMTP;
}

/* The first thing that the server refused, HELO for EHLO apart; NULL: nothing. */
static const struct exchange *
refusal(const struct run *run)
{
	const struct exchange *found = NULL;

	for (const struct exchange *one = run->connection.session.first; one;
	     one = one->next) {
		bool odd = (one->stage == STAGE_DATA && one->reply.code / 100 == 2) ||
			   (one->stage == STAGE_GREETING && one->reply.code / 10 != 22);

		if (one->stage == STAGE_QUIT || (one->reply.code < 400 && !odd))
			continue;
		if (!found || found->stage == STAGE_EHLO)
			found = one;
	}
	return found;
}

const char *
run_log_reply(const struct run *run, const struct error *err)
{
	const struct exchange *exchange = refusal(run);
	struct span rest, line;
	struct buf out = { 0 };
	const char *text;

	if (!as_msmtp(run) && run->account->dialect != DIALECT_MSMTP)
		return NULL;
	if (!err->fault && run->delivery)
		exchange = run->delivery->accepted;
	if (!exchange ||
	    (run->connection.session.lmtp && exchange->stage == STAGE_CONTENT))
		return "";
	rest = exchange->reply.text;
	while (reply_line(&rest, &line)) {
		const struct span *code = &exchange->reply.enhanced;

		buf_printf(&out, "%s%03d%c", out.len ? "\\n" : "", exchange->reply.code,
			   rest.len ? '-' : ' ');
		buf_add_span(&out, *code);
		if (code->len && line.len)
			buf_add_char(&out, ' ');
		buf_add_span(&out, line);
	}
	for (size_t i = 0; i < out.len; i++)
		if (is_control(out.at[i]))
			out.at[i] = '?';
	text = span_string(run->arena, buf_span(&out));
	buf_release(&out);
	return text;
}

/* What msmtp ends with where the class of the fault alone does not tell. */
static int
status_of_stage(const struct run *run, const struct error *err)
{
	const struct exchange *exchange = refusal(run);
	enum stage stage = exchange ? exchange->stage : STAGE_CONNECT;
	bool content = stage == STAGE_CONTENT;

	if (!exchange)
		return fault_status(err->fault);
	if (stage <= STAGE_STARTTLS)
		return EX_PROTOCOL;
	if (content && run->delivery && run->delivery->accepted)
		return EX_UNAVAILABLE;
	if (stage == STAGE_ETRN)
		return exchange->reply.code <= 501 ? EX_DATAERR : EX_UNAVAILABLE;
	return content ? EX_UNAVAILABLE : EX_DATAERR;
}

static int
status_of_login(const struct run *run)
{
	const struct exchange *exchange = refusal(run);

	if (!exchange || exchange->stage < STAGE_AUTH)
		return EX_UNAVAILABLE;
	return exchange->stage == STAGE_AUTH ? EX_NOPERM : EX_DATAERR;
}

int
run_status(const struct run *run, const struct error *err)
{
	if (!as_msmtp(run) || fault_status(err->fault) == EX_TEMPFAIL)
		return fault_status(err->fault);
	switch (err->fault) {
	case FAULT_REFUSED:
	case FAULT_NO_USER:
	case FAULT_DATA:
	case FAULT_PROTOCOL:
		return status_of_stage(run, err);
	case FAULT_TRUST:
	case FAULT_LOGIN:
		return status_of_login(run);
	case FAULT_NONE:
	case FAULT_USAGE:
	case FAULT_NO_INPUT:
	case FAULT_NO_HOST:
	case FAULT_UNSUPPORTED:
	case FAULT_BUG:
	case FAULT_SYSTEM:
	case FAULT_CANNOT_CREATE:
	case FAULT_IO:
	case FAULT_TEMPORARY:
	case FAULT_CONNECT:
	case FAULT_TIMEOUT:
	case FAULT_LOST:
	case FAULT_UNCERTAIN:
	case FAULT_CONFIG:
	case FAULT_COUNT:
		break;
	}
	return fault_status(err->fault);
}

const char *
run_status_name(const struct run *run, const struct error *err)
{
	switch (run_status(run, err)) {
	case EX_DATAERR:
		return "EX_DATAERR";
	case EX_UNAVAILABLE:
		return "EX_UNAVAILABLE";
	case EX_PROTOCOL:
		return "EX_PROTOCOL";
	case EX_NOPERM:
		return "EX_NOPERM";
	}
	return fault_status_name(err->fault);
}
