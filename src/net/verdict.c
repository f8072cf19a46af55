/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says in words why a server's certificate is not believed. */
#include "net/verdict.h"

#include "base/file.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	CHAIN_MAX = 16,
	NAMES_SHOWN = 6 /* of a certificate; some have hundreds */
};

/* What the server sent, its own certificate first. */
struct chain {
	gnutls_x509_crt_t items[CHAIN_MAX];
	unsigned count;
	struct arena *arena;
};

static void
release_chain(struct chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++)
		gnutls.x509_crt_deinit(chain->items[i]);
	chain->count = 0;
}

static void
read_chain(gnutls_session_t session, struct chain *chain)
{
	unsigned count = 0;
	const gnutls_datum_t *der = gnutls.certificate_get_peers(session, &count);

	for (unsigned i = 0; der && i < count && i < CHAIN_MAX; i++) {
		gnutls_x509_crt_t certificate;

		if (gnutls.x509_crt_init(&certificate) < 0)
			out_of_memory();
		if (gnutls.x509_crt_import(certificate, &der[i], GNUTLS_X509_FMT_DER) <
		    0) {
			gnutls.x509_crt_deinit(certificate);
			return;
		}
		chain->items[chain->count++] = certificate;
	}
}

/* ---- dates ---- */

const char *
verdict_date(struct arena *arena, time_t when)
{
	char text[64];
	struct tm parts;

	if (!gmtime_r(&when, &parts) ||
	    !strftime(text, sizeof(text), "%F %R UTC", &parts))
		return "?";
	return arena_string(arena, text);
}

static const char *
say_expired(const struct chain *chain)
{
	time_t now = time(NULL);

	for (unsigned i = 0; i < chain->count; i++) {
		time_t end = gnutls.x509_crt_get_expiration_time(chain->items[i]);

		if (end < now)
			return arena_printf(chain->arena,
					    i ? _("a certificate above it expired on %s")
					      : _("it expired on %s"),
					    verdict_date(chain->arena, end));
	}
	return _("a certificate above it has expired");
}

static const char *
say_not_yet(const struct chain *chain)
{
	time_t now = time(NULL);

	for (unsigned i = 0; i < chain->count; i++) {
		time_t start = gnutls.x509_crt_get_activation_time(chain->items[i]);

		if (start > now)
			return arena_printf(
				chain->arena,
				i ? _("a certificate above it is not valid before %s")
				  : _("it is not valid before %s"),
				verdict_date(chain->arena, start));
	}
	return _("a certificate above it is not valid yet");
}

/* ---- names ---- */

static const char *
clean_datum(const struct chain *chain, const gnutls_datum_t *text)
{
	return clean_text(chain->arena,
			  (struct span){ (const char *)text->data, text->size });
}

static const char *
say_unknown_issuer(const struct chain *chain)
{
	gnutls_x509_crt_t last;
	gnutls_datum_t name = { 0 };
	const char *said;

	if (chain->count == 0)
		return _("its issuer is not known");
	last = chain->items[chain->count - 1];
	if (chain->count == 1 && gnutls.x509_crt_check_issuer(last, last))
		return _("it is signed by itself, not by an authority that is trusted");
	if (gnutls.x509_crt_get_issuer_dn3(last, &name, 0) < 0)
		return _("its issuer is not known");
	said = arena_printf(chain->arena, _("its issuer \"%s\" is not known"),
			    clean_datum(chain, &name));
	(*gnutls.free)(name.data);
	return said;
}

static const char *
name_text(const struct chain *chain, unsigned type, const char *at, size_t len)
{
	char text[INET6_ADDRSTRLEN];

	if (type == GNUTLS_SAN_DNSNAME)
		return clean_text(chain->arena, (struct span){ at, len });
	if (type != GNUTLS_SAN_IPADDRESS || (len != 4 && len != 16))
		return NULL;
	return inet_ntop(len == 4 ? AF_INET : AF_INET6, at, text, sizeof(text))
		       ? arena_string(chain->arena, text)
		       : NULL;
}

/* The host names and addresses in the certificate. */
static void
list_names(const struct chain *chain, struct buf *out)
{
	unsigned shown = 0;

	for (unsigned i = 0; shown < NAMES_SHOWN; i++) {
		char at[512];
		size_t len = sizeof(at);
		int type = gnutls.x509_crt_get_subject_alt_name(chain->items[0], i, at,
								&len, NULL);
		const char *name;

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return;
		name = type < 0 ? NULL : name_text(chain, (unsigned)type, at, len);
		if (!name)
			continue;
		buf_printf(out, "%s%s", out->len ? ", " : "", name);
		shown++;
	}
	buf_add_string(out, ", …");
}

static const char *
say_other_names(const struct chain *chain)
{
	CLEANUP(release_buf) struct buf names = { 0 };
	gnutls_datum_t subject = { 0 };

	if (chain->count == 0)
		return _("it is for another name");
	list_names(chain, &names);
	/* Without alternative names the subject says more than nothing. */
	if (!names.len && gnutls.x509_crt_get_dn3(chain->items[0], &subject, 0) >= 0) {
		buf_add_string(&names, clean_datum(chain, &subject));
		(*gnutls.free)(subject.data);
	}
	if (!names.len)
		return _("it has no name");
	return arena_printf(chain->arena, _("it is for another name: %s"), names.at);
}

/* ---- strength ---- */

/* Which part of a certificate is too weak, or NULL. A root's own signature does not
 * count. */
static const char *
weak_part(const struct chain *chain, gnutls_x509_crt_t certificate)
{
	unsigned bits = 0;
	int key = gnutls.x509_crt_get_pk_algorithm(certificate, &bits);
	int signature = gnutls.x509_crt_get_signature_algorithm(certificate);

	if (key >= 0 && gnutls.pk_bits_to_sec_param((gnutls_pk_algorithm_t)key, bits) <
				GNUTLS_SEC_PARAM_MEDIUM)
		return arena_printf(chain->arena, _("key: %s with %u bits"),
				    gnutls.pk_get_name((gnutls_pk_algorithm_t)key), bits);
	if (signature >= 0 && !gnutls.x509_crt_check_issuer(certificate, certificate) &&
	    !gnutls.sign_is_secure2((gnutls_sign_algorithm_t)signature,
				    GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS))
		return arena_printf(
			chain->arena, _("signature: %s"),
			gnutls.sign_get_name((gnutls_sign_algorithm_t)signature));
	return NULL;
}

static const char *
say_weak(const struct chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++) {
		const char *part = weak_part(chain, chain->items[i]);

		if (part)
			return arena_printf(
				chain->arena,
				i ? _("a certificate above it is too weak (%s)")
				  : _("it is too weak (%s)"),
				part);
	}
	return _("it, or one above it, uses an algorithm that is too weak");
}

/* ---- all reasons ---- */

/* A reason that needs to look at the chain has a function, else a text is enough. In
 * the order in which they are told; the hint is the first one's. */
/* clang-format off */
static const struct reason {
	unsigned flag;
	const char *(*say)(const struct chain *chain);
	const char *text;
	const char *hint;
} reasons[] = {
	{ GNUTLS_CERT_REVOKED, NULL,
	  N_("it has been revoked"), NULL },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, say_unknown_issuer, NULL,
	  N_("If you know its issuer, name the issuer's certificate in tls_trust_file; "
	     "`postrider info` shows the certificate") },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, say_other_names, NULL,
	  N_("Use one of these names as host, or as tls_host_override if you know that it is the "
	     "same server") },
	{ GNUTLS_CERT_EXPIRED, say_expired, NULL,
	  N_("If the clock of this machine is right, the server needs a new certificate") },
	{ GNUTLS_CERT_NOT_ACTIVATED, say_not_yet, NULL,
	  N_("Look whether the clock of this machine is right") },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, say_weak, NULL, NULL },
	{ GNUTLS_CERT_SIGNER_NOT_CA, NULL,
	  N_("its issuer is not allowed to issue certificates"), NULL },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, NULL,
	  N_("its issuer is not allowed to issue certificates for such names"), NULL },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, NULL,
	  N_("it is not meant for servers"), NULL },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, NULL,
	  N_("its signature is wrong"), NULL },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, NULL,
	  N_("it has a critical extension that is not known"), NULL },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS, NULL,
	  N_("it demands a proof that it is not revoked (OCSP), and the server gave none"), NULL },
	{ GNUTLS_CERT_INVALID_OCSP_STATUS, NULL,
	  N_("the server's proof that it is not revoked (OCSP) is not valid"), NULL },
	{ GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, NULL,
	  N_("the revocation data is out of date"), NULL },
	{ GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE, NULL,
	  N_("the revocation data is from the future"), NULL },
	{ GNUTLS_CERT_MISMATCH, NULL,
	  N_("it does not match the known one"), NULL },
};
/* clang-format on */

static void
add_reason(struct buf *out, const char *text)
{
	buf_printf(out, "%s%s", out->len ? "; " : "", text);
}

bool
verdict_refused(gnutls_session_t session, unsigned status, const char *host,
		struct error *err)
{
	CLEANUP(release_chain) struct chain chain = { .arena = err->arena };
	CLEANUP(release_buf) struct buf said = { 0 };
	const char *hint = NULL;

	read_chain(session, &chain);
	status &= ~(unsigned)GNUTLS_CERT_INVALID;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		const struct reason *reason = &reasons[i];

		if (!(status & reason->flag))
			continue;
		status &= ~reason->flag;
		add_reason(&said, reason->say ? reason->say(&chain) : _(reason->text));
		if (!hint && reason->hint)
			hint = _(reason->hint);
	}
	if (status)
		add_reason(&said,
			   arena_printf(err->arena,
					_("it has a fault that has no name yet (%#x)"),
					status));
	if (!said.len)
		add_reason(&said, _("it is not valid"));
	fail(err, FAULT_TRUST, _("The certificate of %s cannot be trusted: %s"), host,
	     said.at);
	return fail_hint(err, hint);
}
