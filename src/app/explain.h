/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gathers the circumstances of a failure of this run, for the table of remedies. */
#ifndef APP_EXPLAIN_H
#define APP_EXPLAIN_H

#include "app/send.h"
#include "conf/diagnosis.h"

/* What is known about the failure ERR; false when there is nothing but the error. FACTS
 * are what the caller knows besides, of enum fact. */
bool explain(const struct run *run, const struct error *err, unsigned facts,
	     struct diagnosis *diagnosis);
/* In which stage the run's session failed, if it did. */
enum stage failed_stage(const struct run *run);
/* A source of secrets, for people; the name of a setting as it is. */
const char *source_text(const char *source);
/* Where the secret is from, for people: "password (FILE:LINE)"; NULL: it is not known
 * yet. */
const char *secret_origin(const struct run *run);

#endif
