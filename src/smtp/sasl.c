/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows libgsasl, which few logins need: it is loaded for these. */
#include "smtp/sasl.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_GSASL

#include "base/base64.h"
#include "base/lazy.h"

#include <gsasl.h>

#define SONAME "libgsasl.so.18"

LAZY_NOTE("gsasl", "Logins by SCRAM, CRAM-MD5, DIGEST-MD5, GSSAPI and NTLM",
	  "recommended", SONAME);

static struct {
	__typeof__(&gsasl_init) init;
	__typeof__(&gsasl_done) done;
	__typeof__(&gsasl_client_support_p) client_support_p;
	__typeof__(&gsasl_client_start) client_start;
	__typeof__(&gsasl_finish) finish;
	__typeof__(&gsasl_property_set) property_set;
	__typeof__(&gsasl_property_set_raw) property_set_raw;
	__typeof__(&gsasl_step64) step64;
	__typeof__(&gsasl_free) free;
	__typeof__(&gsasl_strerror) strerror;
} gsasl;

static const struct lazy_symbol symbols[] = {
	{ "gsasl_init", &gsasl.init },
	{ "gsasl_done", &gsasl.done },
	{ "gsasl_client_support_p", &gsasl.client_support_p },
	{ "gsasl_client_start", &gsasl.client_start },
	{ "gsasl_finish", &gsasl.finish },
	{ "gsasl_property_set", &gsasl.property_set },
	{ "gsasl_property_set_raw", &gsasl.property_set_raw },
	{ "gsasl_step64", &gsasl.step64 },
	{ "gsasl_free", &gsasl.free },
	{ "gsasl_strerror", &gsasl.strerror },
};

static bool
load(void)
{
	return gsasl.init ||
	       lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0]));
}

struct sasl {
	Gsasl *library;
	Gsasl_session *session;
};

static void
upper_case(const char *word, char *out, size_t room)
{
	size_t i = 0;

	for (; word[i] && i + 1 < room; i++)
		out[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A')
							  : word[i];
	out[i] = '\0';
}

bool
sasl_knows(const char *mechanism)
{
	char name[32];
	Gsasl *library;
	bool knows;

	upper_case(mechanism, name, sizeof(name));
	if (!load() || gsasl.init(&library) != GSASL_OK)
		return false;
	knows = gsasl.client_support_p(library, name) != 0;
	gsasl.done(library);
	return knows;
}

static bool
failed(struct error *err, enum fault fault, int code)
{
	return fail(err, fault, _("The login failed on this side: %s"),
		    gsasl.strerror(code));
}

static void
bind_channel(struct sasl *sasl, const struct tls *tls)
{
	static const struct {
		const char *type;
		Gsasl_property property;
	} types[] = {
		{ "tls-exporter", GSASL_CB_TLS_EXPORTER },
		{ "tls-unique", GSASL_CB_TLS_UNIQUE },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct buf data = { 0 }, text = { 0 };

		if (tls && tls_channel_binding(tls, types[i].type, &data)) {
			base64_encode(&text, buf_span(&data));
			gsasl.property_set(sasl->session, types[i].property, text.at);
		}
		buf_wipe(&data);
		buf_wipe(&text);
	}
}

static void
introduce(struct sasl *sasl, const char *mechanism, const struct sasl_identity *identity)
{
	size_t len = span_of(mechanism).len;
	struct span end = span_part(span_of(mechanism), len > 5 ? len - 5 : 0, 5);

	if (identity->user)
		gsasl.property_set(sasl->session, GSASL_AUTHID, identity->user);
	if (identity->password)
		gsasl.property_set_raw(sasl->session, GSASL_PASSWORD,
				       identity->password->at, identity->password->len);
	gsasl.property_set(sasl->session, GSASL_SERVICE, "smtp");
	gsasl.property_set(sasl->session, GSASL_HOSTNAME, identity->host);
	if (identity->realm)
		gsasl.property_set(sasl->session, GSASL_REALM, identity->realm);
	if (span_same_word(end, SPAN("-PLUS")))
		bind_channel(sasl, identity->tls);
}

bool
sasl_start(const char *mechanism, const struct sasl_identity *identity,
	   struct sasl **sasl, struct error *err)
{
	char name[32];
	int code;

	*sasl = NULL;
	if (!load())
		return fail(
			err, FAULT_UNSUPPORTED,
			_("The library libgsasl, which the mechanism %s needs, is not "
			  "there"),
			mechanism);
	*sasl = calloc(1, sizeof(**sasl));
	if (!*sasl)
		out_of_memory();
	upper_case(mechanism, name, sizeof(name));
	code = gsasl.init(&(*sasl)->library);
	if (code != GSASL_OK)
		return failed(err, FAULT_BUG, code);
	code = gsasl.client_start((*sasl)->library, name, &(*sasl)->session);
	if (code != GSASL_OK)
		return failed(err, FAULT_UNSUPPORTED, code);
	introduce(*sasl, name, identity);
	return true;
}

bool
sasl_step(struct sasl *sasl, struct span challenge, struct buf *response, bool *done,
	  struct error *err)
{
	struct buf in = { 0 };
	char *out = NULL;
	int code;

	buf_add_span(&in, challenge);
	code = gsasl.step64(sasl->session, in.at, &out);
	buf_release(&in);
	if (code != GSASL_OK && code != GSASL_NEEDS_MORE) {
		gsasl.free(out);
		/* A server signature that is wrong comes out as an authentication
		 * error. */
		if (code == GSASL_AUTHENTICATION_ERROR)
			return fail(
				err, FAULT_TRUST,
				_("The server could not prove that it knows the password"));
		return failed(err, FAULT_LOGIN, code);
	}
	*done = code == GSASL_OK;
	if (out) {
		buf_add_string(response, out);
		explicit_bzero(out, response->len);
	}
	gsasl.free(out);
	return true;
}

void
sasl_end(struct sasl **sasl)
{
	if (!*sasl)
		return;
	if ((*sasl)->session)
		gsasl.finish((*sasl)->session);
	if ((*sasl)->library)
		gsasl.done((*sasl)->library);
	free(*sasl);
	*sasl = NULL;
}

#else

bool
sasl_knows(const char *mechanism)
{
	(void)mechanism;
	return false;
}

bool
sasl_start(const char *mechanism, const struct sasl_identity *identity,
	   struct sasl **sasl, struct error *err)
{
	(void)identity;
	*sasl = NULL;
	return fail(err, FAULT_UNSUPPORTED,
		    _("This build has no libgsasl, which the mechanism %s needs"),
		    mechanism);
}

bool
sasl_step(struct sasl *sasl, struct span challenge, struct buf *response, bool *done,
	  struct error *err)
{
	(void)sasl, (void)challenge, (void)response, (void)done;
	return fail(err, FAULT_BUG, _("A login goes on that never began"));
}

void
sasl_end(struct sasl **sasl)
{
	(void)sasl;
}

#endif
