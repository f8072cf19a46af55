/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collects what the checks find. */
#include "app/checkup.h"

static struct finding *
append(struct checkup *checkup, enum mark mark, const char *text)
{
	struct finding *finding = arena_take(checkup->run->arena, sizeof(*finding));

	*finding = (struct finding){ .check = checkup->check,
				     .title = checkup->title,
				     .mark = mark,
				     .text = text };
	if (checkup->last)
		checkup->last->next = finding;
	else
		checkup->first = finding;
	checkup->last = finding;
	return finding;
}

void
found(struct checkup *checkup, enum mark mark, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(checkup, mark, arena_vprintf(checkup->run->arena, format, arguments));
	va_end(arguments);
}

struct finding *
found_error(struct checkup *checkup, const struct error *err, unsigned facts)
{
	struct finding *finding = append(checkup, MARK_WRONG, err->what);
	struct diagnosis diagnosis;

	finding->fault = err->fault;
	finding->word = fault_word(err->fault);
	finding->reply = err->reply;
	finding->remedy = err->hint;
	if (err->hint || !explain(checkup->run, err, facts, &diagnosis))
		return finding;
	finding->word = diagnosis.word;
	finding->cause = diagnosis.cause;
	finding->remedy = diagnosis.remedy;
	return finding;
}

const struct finding *
first_wrong(const struct checkup *checkup)
{
	const struct finding *finding = checkup->first;

	while (finding && finding->mark != MARK_WRONG)
		finding = finding->next;
	return finding;
}
