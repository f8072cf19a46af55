/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of what is known about failures; conf/diagnosis.h looks into it. */
#ifndef CONF_REMEDIES_H
#define CONF_REMEDIES_H

#include <stddef.h>

/* A row fits when everything that it names does; a member that is 0 or NULL names
 * nothing. */
struct remedy {
	const char *word;
	unsigned faults; /* 1 << FAULT_… */
	unsigned stages; /* 1 << STAGE_… */
	/* How the reply may begin, separated by blanks: "5" is any 5yz, "535" that code;
	 * "5.7.8" looks at the enhanced code. */
	const char *codes;
	/* One of these, separated by "|", in lower case, is in the reply. */
	const char *says;
	const char *hosts;	/* see host_is_below */
	unsigned with, without; /* facts */
	/* N_(). {host}, {port}, {user}, {source}, {sender}, {recipient}, {near}, {provider},
	 * {help}, {fixed} and {notes} stand for what is known. */
	const char *cause, *remedy;
};
extern const struct remedy remedies[];
extern const size_t remedies_count;

#endif
