/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of values that settings have: how each is read, shown, and called in the
 * manual. */
#ifndef CONF_KINDS_H
#define CONF_KINDS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

struct kind {
	const char *placeholder; /* "FILE", as --help shows it */
	/* What an empty argument means ("on"); NULL: the default of the setting. */
	const char *empty;
	/* Words that may be given, NULL-terminated; or NULL. */
	const char *const *choices;
	size_t size; /* of the value in struct account */
	bool hidden; /* the value is never shown and never quoted */
	/* Reads TEXT into PLACE; TEXT holds no control character but TAB. The error says
	 * what is wrong with the value, the caller adds name and line. */
	bool (*parse)(const struct kind *kind, struct arena *arena, struct span text,
		      void *place, struct error *err);
	/* As the configuration file would say it; nothing when it is unset. */
	void (*print)(const struct kind *kind, const void *place, struct buf *out);
};

/* ---- texts: const char *, NULL when unset ---- */

extern const struct kind kind_text;	  /* any text */
extern const struct kind kind_command;	  /* the same, for sh -c */
extern const struct kind kind_path;	  /* "~/" is expanded */
extern const struct kind kind_file_name;  /* without a folder */
extern const struct kind kind_host;	  /* name or address literal: no blanks */
extern const struct kind kind_domain;	  /* the same, %-patterns are allowed */
extern const struct kind kind_ip_address; /* IPv4 or IPv6 in digits */
/* Address, wildcards, or with %-patterns; an empty argument or "<>" is "", the null
 * sender. */
extern const struct kind kind_sender;
extern const struct kind kind_fingerprint; /* SHA-256, SHA-1 or MD5 in hexadecimal */
extern const struct kind kind_notify;	   /* as DSN has it: "NEVER", "SUCCESS,FAILURE" */
extern const struct kind kind_return;	   /* "FULL", "HDRS" */
extern const struct kind kind_auth; /* off, on, auto, or a mechanism in lower case */
extern const struct kind kind_oauth_flow;  /* auto, browser, device, client */
extern const struct kind kind_tls_version; /* 1.2, 1.3 */
extern const struct kind kind_syslog;	   /* off, on, LOG_MAIL, … */

/* ---- numbers: unsigned, decimal, a leading 0 means nothing ---- */

extern const struct kind kind_port;    /* 1 … 65535; unset is 0 */
extern const struct kind kind_seconds; /* 0 is `off` */
extern const struct kind kind_number;  /* unset is 0 */

/* ---- a type of their own ---- */

extern const struct kind kind_flag;	   /* bool: on, off */
extern const struct kind kind_cleartext;   /* bool: loopback, never */
extern const struct kind kind_starttls;	   /* enum starttls */
extern const struct kind kind_protocol;	   /* enum protocol */
extern const struct kind kind_family;	   /* enum ip_family */
extern const struct kind kind_add_field;   /* enum add_field */
extern const struct kind kind_add_missing; /* enum add_field, without `on` */
extern const struct kind kind_to_header;   /* enum to_header */
extern const struct kind kind_rate;	   /* struct rate: COUNT/SECONDS */
extern const struct kind kind_secret;	   /* struct secret */

#endif
