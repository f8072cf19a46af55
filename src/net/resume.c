/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says what a session was made by, and for how long it is good. */
#include "net/resume.h"

#include "net/store.h"
#include "net/trust.h"

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- what must be the same ---- */

static void
add_text(struct digest *digest, const char *text)
{
	/* With the NUL, so that the next one begins where it does. */
	digest_add(digest, text ? (struct span){ text, strlen(text) + 1 }
				: (struct span){ "", 1 });
}

static void
add_number(struct digest *digest, intmax_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIdMAX, number);
	add_text(digest, text);
}

/* The name and which file that is now: the time of a change cannot be set by hand. */
static void
add_file(struct digest *digest, const char *path)
{
	struct stat info = { 0 };

	add_text(digest, path);
	if (!path || stat(path, &info) != 0)
		return;
	add_number(digest, (intmax_t)info.st_dev);
	add_number(digest, (intmax_t)info.st_ino);
	add_number(digest, (intmax_t)info.st_size);
	add_number(digest, (intmax_t)info.st_ctim.tv_sec);
	add_number(digest, (intmax_t)info.st_ctim.tv_nsec);
}

static void
add_trust(struct digest *digest, const struct tls_policy *policy)
{
	add_number(digest, policy->check);
	add_text(digest, policy->fingerprint);
	add_text(digest, policy->trust_file);
	if (trust_asks_authorities(policy))
		add_file(digest, store_file(policy->trust_file));
	add_file(digest, policy->crl_file);
	add_file(digest, policy->cert_file);
	add_file(digest, policy->key_file);
	add_text(digest, policy->priorities);
	add_text(digest, policy->min_version);
	add_number(digest, policy->min_dh_prime_bits);
}

static void
make_key(struct ticket_key *key, const struct tls_policy *policy,
	 const struct tls_peer *peer, const char *name)
{
	struct digest *place = digest_begin(), *whole = digest_begin();

	add_text(place, peer->host);
	add_number(place, peer->port);
	add_text(place, name);
	add_text(place, peer->account);
	digest_end(&place, key->place);
	add_text(whole, key->place);
	add_number(whole, getuid());
	add_trust(whole, policy);
	/* Another version may judge by other rules, and write sessions in another way. */
	add_text(whole, PACKAGE_VERSION);
	add_text(whole, gnutls.check_version(NULL));
	add_file(whole, gnutls.get_system_config_file());
	digest_end(&whole, key->whole);
}

static bool
can_see_changes(const struct tls_policy *policy)
{
	return !trust_asks_authorities(policy) || store_file(policy->trust_file);
}

void
resume_find(struct resume *resume, const struct tls_policy *policy,
	    const struct tls_peer *peer, const char *name)
{
	resume->on = policy->resume && peer->account && can_see_changes(policy);
	if (!resume->on)
		return;
	make_key(&resume->key, policy, peer, name);
	resume->failed = peer->ticket_failed && *peer->ticket_failed;
	if (resume->failed || !ticket_take(&resume->key, &resume->ticket))
		return;
	resume->on = resume->ticket.session.len > 0;
}

unsigned
resume_flags(const struct resume *resume)
{
	return resume->ticket.first_group ? GNUTLS_KEY_SHARE_TOP : 0;
}

bool
resume_offer(struct resume *resume, gnutls_session_t session)
{
	struct buf *data = &resume->ticket.session;
	bool found = data->len > 0;

	resume->offered =
		found && gnutls.session_set_data(session, data->at, data->len) >= 0;
	ticket_wipe(&resume->ticket);
	return resume->offered == found;
}

void
resume_see_groups(struct resume *resume, gnutls_priority_t priorities)
{
	const unsigned *groups;

	resume->first = gnutls.priority_group_list(priorities, &groups) > 0
				? (gnutls_group_t)groups[0]
				: GNUTLS_GROUP_INVALID;
}

/* ---- what is kept ---- */

/* Until the first certificate of the chain expires. One that has expired before was not
 * needed. */
static int64_t
good_until(gnutls_session_t session)
{
	int64_t now = time(NULL), until = now + TICKET_LIFE;
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls.certificate_get_peers(session, &count);
	gnutls_x509_crt_t certificate;

	for (unsigned i = 0; chain && i < count; i++) {
		time_t end = 0;

		if (gnutls.x509_crt_init(&certificate) < 0)
			out_of_memory();
		if (gnutls.x509_crt_import(certificate, &chain[i], GNUTLS_X509_FMT_DER) >=
		    0)
			end = gnutls.x509_crt_get_expiration_time(certificate);
		gnutls.x509_crt_deinit(certificate);
		if (end > now && end < until)
			until = end;
	}
	return until;
}

/* A server of TLS 1.3 that wants to be asked again gives a new ticket each time; one of
 * TLS 1.2 goes on with the same. There, without the extended master secret (RFC 7627), a
 * session is not tied to its handshake. */
static bool
is_resumable(gnutls_session_t session)
{
	bool given = gnutls.session_get_flags(session) & GNUTLS_SFLAGS_SESSION_TICKET;

	if (gnutls.protocol_get_version(session) == GNUTLS_TLS1_3)
		return given;
	return (given || gnutls.session_is_resumed(session)) &&
	       gnutls.session_ext_master_secret_status(session);
}

static bool
fill(struct ticket *ticket, const struct resume *resume, gnutls_session_t session)
{
	gnutls_datum_t data;

	if (!is_resumable(session) || gnutls.session_get_data2(session, &data) < 0)
		return false;
	/* From ticket to ticket, the certificate is the one that was judged at first. */
	ticket->until = gnutls.session_is_resumed(session) ? resume->ticket.until
							   : good_until(session);
	ticket->first_group = gnutls.group_get(session) == resume->first;
	buf_add(&ticket->session, (const char *)data.data, data.size);
	gnutls.memset(data.data, 0, data.size);
	(*gnutls.free)(data.data);
	return true;
}

void
resume_keep(const struct resume *resume, gnutls_session_t session)
{
	struct ticket ticket = { .until = time(NULL) + TICKET_LIFE };

	if (resume->on && (resume->failed || fill(&ticket, resume, session)))
		ticket_keep(&resume->key, &ticket);
	ticket_wipe(&ticket);
}
