/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into Debian 12's OpenSMTPD 6.8, whose TLS server does not work with
 * OpenSSL 3. */

#include <dlfcn.h>
#include <stddef.h>

/* OpenSSL's own headers would need a package more. */
struct evp_pkey_st;
struct rsa_st;
int EVP_PKEY_set1_RSA(struct evp_pkey_st *key, struct rsa_st *rsa);
struct rsa_st *EVP_PKEY_get1_RSA(struct evp_pkey_st *key);

/*
 * OpenSMTPD marks the key that it takes out of a certificate, so that its engine asks the process
 * that has the private half. Since OpenSSL 3 what it gets is a copy, and the mark is lost, unless
 * the copy is put back (as later releases of OpenSMTPD do). */
struct rsa_st *
EVP_PKEY_get1_RSA(struct evp_pkey_st *key)
{
	struct rsa_st *(*original)(struct evp_pkey_st *);
	struct rsa_st *rsa;

	*(void **)&original = dlsym(RTLD_NEXT, "EVP_PKEY_get1_RSA");
	rsa = original(key);
	if (rsa != NULL)
		(void)EVP_PKEY_set1_RSA(key, rsa);
	return rsa;
}
