/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Knows the checks and their order. */
#include "app/doctor.h"

#include "app/checks_here.h"
#include "app/checks_login.h"
#include "app/checks_way.h"
#include "app/checkup_show.h"
#include "app/stead.h"

#include <locale.h>

/* The master copy: what is looked at, in which order, and what has to be there for it. */
/* clang-format off */
static const struct {
	const char *word;  /* for programs */
	const char *title; /* for people: one short word */
	unsigned needs;    /* of enum reached */
	void (*check)(struct checkup *checkup);
} checks[] = {
	{ "program", N_("program"), 0,               check_program },
	{ "links",   N_("links"),   0,               check_links },
	{ "files",   N_("files"),   0,               check_files },
	{ "account", N_("account"), 0,               check_account },
	{ "root",    N_("root"),    REACHED_ACCOUNT, check_root },
	{ "name",    N_("name"),    REACHED_ACCOUNT, check_name },
	{ "connect", N_("connect"), REACHED_ADDRESS, check_connect },
	{ "server",  N_("server"),  REACHED_PORT,    check_server },
	{ "auth",    N_("auth"),    REACHED_SERVER,  check_auth },
	{ "secret",  N_("secret"),  REACHED_SERVER,  check_secret },
	{ "login",   N_("login"),   REACHED_SECRET,  check_login },
	{ "sender",  N_("sender"),  REACHED_LOGIN,   check_sender },
	{ "copies",  N_("copies"),  REACHED_LOGIN,   check_copies },
	{ "domain",  N_("domain"),  REACHED_SERVER,  check_domain },
	{ "queue",   N_("queue"),   REACHED_ACCOUNT, check_queue },
	{ "log",     N_("log"),     REACHED_ACCOUNT, check_log },
};
/* clang-format on */

/* The report has told it; only the exit status is left to say. */
static bool
conclude_with(const struct finding *wrong, struct run *run, struct error *err)
{
	if (!wrong)
		return true;
	run->reporter->quiet = true;
	run->delivery = NULL;
	return fail(err, wrong->fault, "%s", wrong->text);
}

bool
examine(struct run *run, struct error *err)
{
	struct checkup checkup = { .run = run };

	if (!take_stead(run->request, err))
		return false;
	/* What programs read is English in every locale. */
	if (run->request->json)
		setlocale(LC_MESSAGES, "C");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if ((checkup.reached & checks[i].needs) != checks[i].needs)
			continue;
		checkup.check = checks[i].word;
		checkup.title = _(checks[i].title);
		checks[i].check(&checkup);
	}
	checkup_show(&checkup);
	return conclude_with(first_wrong(&checkup), run, err);
}
