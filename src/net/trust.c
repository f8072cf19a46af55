/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads what the user trusts, and holds a server's certificate against it. */
#include "net/trust.h"

#include "base/file.h"
#include "base/text.h"
#include "net/dns.h"
#include "net/revocation.h"
#include "net/verdict.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	HASH_MAX = 32 /* SHA-256 */
};

/* ---- versions and ciphers ---- */

static bool
least_version(const struct tls_policy *policy, gnutls_protocol_t *least,
	      struct error *err)
{
	const char *version = policy->min_version ? policy->min_version : "1.2";

	*least = GNUTLS_TLS1_2;
	if (strcmp(version, "1.2") == 0)
		return true;
	*least = GNUTLS_TLS1_3;
	if (strcmp(version, "1.3") == 0)
		return true;
	return fail(err, FAULT_CONFIG,
		    _("The TLS version \"%s\" cannot be asked for, only 1.2 or 1.3"),
		    version);
}

/* The default follows what the system's administrator set for all programs, without
 * the versions that RFC 8996 forbids and keys that RFC 9325 calls too short. */
bool
trust_priorities(const struct tls_policy *policy, gnutls_protocol_t *least,
		 gnutls_priority_t *priorities, struct error *err)
{
	const char *wrong = NULL;
	int problem;

	if (!least_version(policy, least, err))
		return false;
	if (policy->priorities)
		problem = gnutls.priority_init(priorities, policy->priorities, &wrong);
	else
		problem = gnutls.priority_init2(
			priorities,
			*least == GNUTLS_TLS1_3
				? "-VERS-TLS1.0:-VERS-TLS1.1:-VERS-TLS1.2:%PROFILE_MEDIUM"
				: "-VERS-TLS1.0:-VERS-TLS1.1:%PROFILE_MEDIUM",
			&wrong, GNUTLS_PRIORITY_INIT_DEF_APPEND);
	if (problem >= 0)
		return true;
	if (policy->priorities && wrong && *wrong)
		return fail(
			err, FAULT_CONFIG,
			_("The TLS priorities \"%s\" are not understood from \"%s\" on"),
			policy->priorities, wrong);
	return fail(err, FAULT_CONFIG, _("The TLS priorities cannot be used: %s"),
		    gnutls.strerror(problem));
}

/* ---- fingerprints ---- */

struct fingerprint {
	gnutls_digest_algorithm_t algorithm;
	unsigned char hash[HASH_MAX];
	size_t len;
};

/* Pairs of digits, with at most one colon or blank between two pairs. */
static bool
parse_hex(struct span text, struct fingerprint *out)
{
	for (out->len = 0; text.len; out->len++) {
		int high, low;

		if (out->len && (text.at[0] == ':' || is_blank(text.at[0])))
			text = span_part(text, 1, text.len);
		if (text.len < 2 || out->len == HASH_MAX)
			return false;
		high = hex_value(text.at[0]);
		low = hex_value(text.at[1]);
		if (high < 0 || low < 0)
			return false;
		out->hash[out->len] = (unsigned char)(high << 4 | low);
		text = span_part(text, 2, text.len);
	}
	return true;
}

static bool
parse_fingerprint(const char *text, struct fingerprint *out, struct error *err)
{
	bool good = parse_hex(span_trim(span_of(text)), out);

	out->algorithm = out->len == 32	  ? GNUTLS_DIG_SHA256
			 : out->len == 20 ? GNUTLS_DIG_SHA1
			 : out->len == 16 ? GNUTLS_DIG_MD5
					  : GNUTLS_DIG_UNKNOWN;
	if (good && out->algorithm != GNUTLS_DIG_UNKNOWN)
		return true;
	return fail(err, FAULT_CONFIG,
		    _("The fingerprint \"%s\" is not a SHA-256, SHA-1 or MD5 hash in "
		      "hexadecimal digits"),
		    text);
}

const char *
trust_fingerprint(const gnutls_datum_t *der, gnutls_digest_algorithm_t algorithm,
		  struct arena *arena)
{
	unsigned char hash[HASH_MAX];
	size_t len = sizeof(hash);
	char *text;

	if (gnutls.fingerprint(algorithm, der, hash, &len) < 0)
		return NULL;
	text = arena_take(arena, 3 * len);
	for (size_t i = 0; i < len; i++) {
		text[3 * i] = "0123456789ABCDEF"[hash[i] >> 4];
		text[3 * i + 1] = "0123456789ABCDEF"[hash[i] & 15];
		text[3 * i + 2] = i + 1 < len ? ':' : '\0';
	}
	return text;
}

static bool
check_fingerprint(const gnutls_datum_t *der, const char *wanted, const char *host,
		  struct error *err)
{
	struct fingerprint want;
	unsigned char hash[HASH_MAX];
	size_t len = sizeof(hash);

	if (!parse_fingerprint(wanted, &want, err))
		return false;
	if (gnutls.fingerprint(want.algorithm, der, hash, &len) < 0)
		return fail(err, FAULT_TRUST,
			    _("Cannot compute the fingerprint of the certificate of %s"),
			    host);
	if (len == want.len && memcmp(hash, want.hash, len) == 0)
		return true;
	fail(err, FAULT_TRUST,
	     _("The certificate of %s has the fingerprint %s, not that of the setting"),
	     host, trust_fingerprint(der, want.algorithm, err->arena));
	return fail_hint(
		err, _("If the server has a new certificate for a good reason, change "
		       "tls_fingerprint; else somebody else may be answering"));
}

/* ---- files ---- */

static bool
load_anchors(gnutls_certificate_credentials_t credentials,
	     const struct tls_policy *policy, struct store *store, struct error *err)
{
	const char *path = policy->trust_file;

	if (!path || !*path)
		return fail(
			err, FAULT_CONFIG,
			_("TLS is on, but neither tls_trust_file nor tls_fingerprint says "
			  "which certificates to trust"));
	return store ? store_open(store, credentials, path, err)
		     : store_load(credentials, path, err);
}

/* A wrong PIN is given once only: a token locks itself after a few. */
static int
give_pin(void *context, int attempt, const char *url, const char *label, unsigned flags,
	 char *pin, size_t pin_max)
{
	const struct tls_peer *peer = context;
	const char *answer;

	(void)url;
	(void)label;
	if (attempt > 0 || flags & (GNUTLS_PIN_WRONG | GNUTLS_PIN_FINAL_TRY))
		return GNUTLS_E_PKCS11_PIN_ERROR;
	answer = peer->pin ? peer->pin(peer->pin_context) : NULL;
	if (!answer || strlen(answer) >= pin_max)
		return GNUTLS_E_PKCS11_PIN_ERROR;
	memcpy(pin, answer, strlen(answer) + 1);
	return 0;
}

static bool
cannot_use_key(const struct tls_policy *policy, const struct tls_peer *peer, int problem,
	       struct error *err)
{
	if (problem == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return fail(err, FAULT_CONFIG,
			    _("The key %s does not belong to the client certificate %s"),
			    policy->key_file, policy->cert_file);
	fail(err, FAULT_CONFIG,
	     _("Cannot use the client certificate %s with the key %s: %s"),
	     policy->cert_file, policy->key_file, gnutls.strerror(problem));
	if (problem != GNUTLS_E_DECRYPTION_FAILED && problem != GNUTLS_E_PKCS11_PIN_ERROR)
		return false;
	return fail_hint(
		err,
		peer->pin
			? _("The password setting is used as PIN or passphrase; it may be wrong")
			: _("The key needs a PIN or passphrase: set password or passwordeval"));
}

static bool
load_key(gnutls_certificate_credentials_t credentials, const struct tls_policy *policy,
	 const struct tls_peer *peer, struct error *err)
{
	int problem;

	if (!policy->key_file && !policy->cert_file)
		return true;
	if (!policy->key_file || !policy->cert_file)
		return fail(
			err, FAULT_CONFIG,
			_("A client certificate needs both tls_key_file and tls_cert_file"));
	if (!store_can_read(policy->cert_file, _("Cannot read the client certificate %s"),
			    err) ||
	    !store_can_read(policy->key_file, _("Cannot read the key %s"), err))
		return false;
	if (!peer && (gnutls.url_is_supported(policy->key_file) ||
		      gnutls.url_is_supported(policy->cert_file)))
		return true;
	/* The library takes a context that it could change, and give_pin does not. */
	if (peer)
		gnutls.certificate_set_pin_function(credentials, give_pin,
						    (void *)(uintptr_t)peer);
	problem = gnutls.certificate_set_x509_key_file2(credentials, policy->cert_file,
							policy->key_file,
							GNUTLS_X509_FMT_PEM, NULL, 0);
	if (problem >= 0 || (!peer && problem == GNUTLS_E_DECRYPTION_FAILED))
		return true;
	return cannot_use_key(policy, peer ? peer : &(struct tls_peer){ 0 }, problem,
			      err);
}

/* Nobody does when the chain is not looked at. */
bool
trust_asks_authorities(const struct tls_policy *policy)
{
	return policy->check && !policy->fingerprint;
}

bool
trust_load(gnutls_certificate_credentials_t credentials, const struct tls_policy *policy,
	   const struct tls_peer *peer, struct store *store, struct error *err)
{
	struct fingerprint fingerprint;

	if (policy->fingerprint &&
	    !parse_fingerprint(policy->fingerprint, &fingerprint, err))
		return false;
	if (trust_asks_authorities(policy) &&
	    (!load_anchors(credentials, policy, store, err) ||
	     !revocation_load(credentials, policy->crl_file, err)))
		return false;
	return load_key(credentials, policy, peer, err);
}

/* ---- the name --------------------------------------------------------------------------- */

bool
trust_name(const struct tls_policy *policy, const char *host,
	   char name[TRUST_NAME_MAX + 1], struct error *err)
{
	const char *from = policy->host_override ? policy->host_override : host;
	size_t len = from ? strlen(from) : 0;
	struct sockaddr_in6 six;
	struct target literal;

	if (len && from[len - 1] == '.')
		len--;
	if (len == 0)
		return fail(
			err, FAULT_CONFIG,
			_("No server name is known that a certificate could be checked for"));
	if (len > TRUST_NAME_MAX)
		return fail(err, FAULT_CONFIG, _("The server name %s is too long"), from);
	memcpy(name, from, len);
	name[len] = '\0';
	if (dns_literal(name, &literal) && literal.at.ss_family == AF_INET6) {
		memcpy(&six, &literal.at, sizeof(six));
		inet_ntop(AF_INET6, &six.sin6_addr, name, TRUST_NAME_MAX);
	}
	return true;
}

/* ---- the server's certificate ---- */

static bool
is_partial_wildcard(const char *name, size_t len)
{
	return len > 1 && name[0] == '*' && name[1] != '.';
}

/* Whether the certificate has a name such as "*l.example.org". */
static bool
has_partial_wildcard(gnutls_x509_crt_t certificate)
{
	char name[TRUST_NAME_MAX + 1];
	size_t len = sizeof(name);
	int type = 0;

	if (gnutls.x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
					  name, &len) >= 0 &&
	    is_partial_wildcard(name, len))
		return true;
	for (unsigned i = 0; type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
		len = sizeof(name);
		type = gnutls.x509_crt_get_subject_alt_name(certificate, i, name, &len,
							    NULL);
		if (type == GNUTLS_SAN_DNSNAME && is_partial_wildcard(name, len))
			return true;
	}
	return false;
}

/* The library takes "*l.example.org" for a name of mail.example.org, and RFC 9525
 * section 6.3 says that a wildcard is a whole label or nothing. */
static bool
is_named_well(const gnutls_datum_t *der, const char *name)
{
	gnutls_x509_crt_t certificate;
	bool good;

	if (!memchr(der->data, '*', der->size))
		return true;
	if (gnutls.x509_crt_init(&certificate) < 0)
		out_of_memory();
	good = gnutls.x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) >= 0 &&
	       (!has_partial_wildcard(certificate) ||
		gnutls.x509_crt_check_hostname2(certificate, name,
						GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS));
	gnutls.x509_crt_deinit(certificate);
	return good;
}

/* What the library, with the authorities that it has, finds wrong with the chain. */
static int
examine(gnutls_session_t session, const gnutls_datum_t *der, const char *name,
	unsigned *status)
{
	/* The library takes bytes that it could change, and changes none. */
	gnutls_typed_vdata_st wanted[] = {
		{ .type = GNUTLS_DT_DNS_HOSTNAME,
		  .data = (unsigned char *)(uintptr_t)name },
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID,
		  .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER },
	};
	int problem = gnutls.certificate_verify_peers(session, wanted, 2, status);

	if (problem >= 0 && *status == 0 && !is_named_well(der, name))
		*status = GNUTLS_CERT_UNEXPECTED_OWNER;
	return problem;
}

static bool
check_chain(gnutls_session_t session, const char *name, struct store *store,
	    struct error *err)
{
	unsigned count = 0, status = 0;
	const gnutls_datum_t *chain = gnutls.certificate_get_peers(session, &count);
	int problem;

	if (!store_give(store, chain, count, err))
		return false;
	problem = examine(session, chain, name, &status);
	if ((problem < 0 || status) && store_has_more(store)) {
		if (!store_give_all(store, err))
			return false;
		problem = examine(session, chain, name, &status);
	}
	if (problem < 0)
		return fail(err, FAULT_TRUST,
			    _("The certificate of %s cannot be checked: %s"), name,
			    gnutls.strerror(problem));
	return status == 0 || verdict_refused(session, status, name, err);
}

bool
trust_verify(gnutls_session_t session, const struct tls_policy *policy, const char *name,
	     struct store *store, struct error *err)
{
	const gnutls_datum_t *chain;
	unsigned count = 0;

	if (!policy->check)
		return true;
	chain = gnutls.certificate_type_get(session) == GNUTLS_CRT_X509
			? gnutls.certificate_get_peers(session, &count)
			: NULL;
	if (!chain || count == 0)
		return fail(err, FAULT_TRUST, _("The server %s shows no certificate"),
			    name);
	return policy->fingerprint
		       ? check_fingerprint(&chain[0], policy->fingerprint, name, err)
		       : check_chain(session, name, store, err);
}

static const char *
take_text(gnutls_datum_t *text, struct arena *arena)
{
	const char *copy =
		clean_text(arena, (struct span){ (const char *)text->data, text->size });

	(*gnutls.free)(text->data);
	return copy;
}

bool
trust_describe(gnutls_session_t session, struct arena *arena, struct tls_certificate *out)
{
	unsigned count = 0;
	const gnutls_datum_t *der = gnutls.certificate_get_peers(session, &count);
	gnutls_datum_t subject = { 0 }, issuer = { 0 };
	gnutls_x509_crt_t certificate;

	*out = (struct tls_certificate){ 0 };
	if (!der || count == 0 || gnutls.x509_crt_init(&certificate) < 0)
		return false;
	if (gnutls.x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) < 0) {
		gnutls.x509_crt_deinit(certificate);
		return false;
	}
	gnutls.x509_crt_get_dn3(certificate, &subject, 0);
	gnutls.x509_crt_get_issuer_dn3(certificate, &issuer, 0);
	out->subject = take_text(&subject, arena);
	out->issuer = take_text(&issuer, arena);
	out->sha256 = trust_fingerprint(der, GNUTLS_DIG_SHA256, arena);
	out->sha1 = trust_fingerprint(der, GNUTLS_DIG_SHA1, arena);
	out->activation = gnutls.x509_crt_get_activation_time(certificate);
	out->expiration = gnutls.x509_crt_get_expiration_time(certificate);
	gnutls.x509_crt_deinit(certificate);
	return true;
}
