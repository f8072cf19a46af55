/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GnuTLS, loaded when the first connection wants it: what only keeps a message, lists or
 * explains does not pay for it. */
#ifndef NET_GNUTLS_H
#define NET_GNUTLS_H

#include "base/error.h"

#include <gnutls/gnutls.h>
#include <gnutls/urls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

/* All that is used of it, without the gnutls_ in front. */
/* clang-format off */
#define GNUTLS_FUNCTIONS(X)                                                             \
	X(alert_get) X(alert_get_name) X(alert_send) X(alert_send_appropriate)          \
	X(bye) X(certificate_allocate_credentials)                                      \
	X(certificate_client_get_request_status) X(certificate_free_credentials)        \
	X(certificate_get_peers) X(certificate_set_pin_function)                        \
	X(certificate_set_verify_function) X(certificate_set_x509_crl)                  \
	X(certificate_set_x509_key_file2) X(certificate_set_x509_system_trust)          \
	X(certificate_set_x509_trust_file) X(certificate_set_x509_trust_mem)            \
	X(certificate_type_get) X(certificate_verify_peers) X(check_version)            \
	X(cipher_get) X(cipher_get_name) X(credentials_set) X(deinit)                   \
	X(dh_set_prime_bits) X(error_is_fatal) X(fingerprint) X(free)                   \
	X(get_system_config_file) X(group_get) X(group_get_name) X(handshake)           \
	X(init) X(load_file) X(memset) X(pk_bits_to_sec_param) X(pk_get_name)           \
	X(priority_deinit) X(priority_group_list) X(priority_init)                      \
	X(priority_init2) X(priority_set) X(protocol_get_name)                          \
	X(protocol_get_version) X(record_check_pending) X(record_get_direction)         \
	X(record_get_max_size) X(record_recv) X(record_send) X(server_name_set)         \
	X(session_channel_binding) X(session_ext_master_secret_status)                  \
	X(session_get_data2) X(session_get_desc) X(session_get_flags)                   \
	X(session_get_ptr) X(session_is_resumed) X(session_set_data)                    \
	X(session_set_ptr) X(sign_get_name) X(sign_is_secure2) X(strerror)              \
	X(transport_set_ptr) X(transport_set_pull_function)                             \
	X(transport_set_vec_push_function) X(url_is_supported) X(x509_crl_deinit)       \
	X(x509_crl_get_issuer_dn3) X(x509_crl_get_next_update)                          \
	X(x509_crl_list_import2)                                                        \
	X(x509_crt_check_hostname2) X(x509_crt_check_issuer) X(x509_crt_deinit)         \
	X(x509_crt_get_activation_time) X(x509_crt_get_dn3)                             \
	X(x509_crt_get_dn_by_oid) X(x509_crt_get_expiration_time)                       \
	X(x509_crt_get_issuer_dn3) X(x509_crt_get_pk_algorithm)                         \
	X(x509_crt_get_signature_algorithm) X(x509_crt_get_subject_alt_name)            \
	X(x509_crt_import) X(x509_crt_init)
/* clang-format on */

/* gnutls.init is gnutls_init, and so on; gnutls.free, a variable there, is its place. */
struct gnutls {
#define GNUTLS_MEMBER(name) __typeof__(&gnutls_##name) name;
	GNUTLS_FUNCTIONS(GNUTLS_MEMBER)
#undef GNUTLS_MEMBER
};
extern struct gnutls gnutls;

/* To be called before anything of it is; once it was true it stays so. FAULT_SYSTEM when the
 * library is not there. */
bool gnutls_load(struct error *err) MUST_CHECK;

#endif
