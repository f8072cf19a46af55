/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks web servers, through libcurl in a child process.
 *
 * Why a child: it keeps libcurl, its two dozen libraries and its threads out of this
 * process, it is ended when its time is over, wherever it hangs, and whatever copies of a
 * secret the libraries leave behind are gone with it. */
#include "config.h"

#include "net/https.h"

#if HAVE_CURL

#include "base/clock.h"
#include "base/file.h"
#include "base/lazy.h"
#include "base/process.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Debian has libcurl with GnuTLS under a name of its own. */
static const char *const sonames[] = { "libcurl-gnutls.so.4", "libcurl.so.4" };

LAZY_NOTE_JSON("[{\"feature\":\"oauth\",\"description\":\"Logins with OAuth2 tokens\","
	       "\"priority\":\"recommended\","
	       "\"soname\":[\"libcurl-gnutls.so.4\",\"libcurl.so.4\"]}]");

static struct {
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_setopt) set;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_getinfo) get;
	__typeof__(&curl_easy_strerror) words;
	__typeof__(&curl_slist_append) append;
} library;

static const struct lazy_symbol symbols[] = {
	{ "curl_easy_init", &library.init },
	{ "curl_easy_setopt", &library.set },
	{ "curl_easy_perform", &library.perform },
	{ "curl_easy_getinfo", &library.get },
	{ "curl_easy_strerror", &library.words },
	{ "curl_slist_append", &library.append },
};

/* What the child says first: HEADER_FORM, whose numbers are a CURLcode and a status; then
 * the body, or libcurl's words. */
#define HEADER_FORM "%03u %03lu\n"
enum { HEADER_LEN = 8, NO_LIBRARY = 999 };

/* ---- in the child ---- */

static size_t
keep(char *at, size_t size, size_t count, void *context)
{
	struct buf *body = context;

	if (body->len + size * count > HTTPS_BODY_MAX)
		return 0;
	buf_add(body, at, size * count);
	return size * count;
}

static bool
load(void)
{
	for (size_t i = 0; i < sizeof(sonames) / sizeof(sonames[0]); i++)
		if (lazy_load(sonames[i], symbols, sizeof(symbols) / sizeof(symbols[0])))
			return true;
	return false;
}

/* What each request must have or must not do. */
static bool
set_rules(CURL *handle, const struct https_request *request)
{
	return !library.set(handle, CURLOPT_PROTOCOLS_STR, "https") &&
	       !library.set(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !library.set(handle, CURLOPT_SSL_VERIFYPEER, 1L) &&
	       !library.set(handle, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !library.set(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https") &&
	       !library.set(handle, CURLOPT_MAXREDIRS, (long)request->redirects) &&
	       !library.set(handle, CURLOPT_FOLLOWLOCATION,
			    request->redirects ? 1L : 0L) &&
	       !library.set(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       !library.set(handle, CURLOPT_NOSIGNAL, 1L) &&
	       !library.set(handle, CURLOPT_TIMEOUT, (long)request->patience) &&
	       !library.set(handle, CURLOPT_USERAGENT, "postrider/" PACKAGE_VERSION) &&
	       (!request->trust_file || strcmp(request->trust_file, "system") == 0 ||
		/* Else the folder of the system would be trusted besides. */
		(!library.set(handle, CURLOPT_CAPATH, (char *)NULL) &&
		 !library.set(handle, CURLOPT_CAINFO, request->trust_file)));
}

static bool
set_content(CURL *handle, const struct https_request *request, struct buf *body)
{
	struct curl_slist *fields = library.append(
		NULL, request->accept ? request->accept : "Accept: application/json");

	if (request->type)
		fields = library.append(fields, request->type);
	if (request->body.at &&
	    (library.set(handle, CURLOPT_POSTFIELDS, request->body.at) ||
	     library.set(handle, CURLOPT_POSTFIELDSIZE, (long)request->body.len)))
		return false;
	return fields && !library.set(handle, CURLOPT_HTTPHEADER, fields) &&
	       !library.set(handle, CURLOPT_URL, request->url) &&
	       !library.set(handle, CURLOPT_WRITEFUNCTION, keep) &&
	       !library.set(handle, CURLOPT_WRITEDATA, body);
}

static _Noreturn void
tell(unsigned code, unsigned long status, struct span text, int to_parent)
{
	char header[HEADER_LEN + 1];

	snprintf(header, sizeof(header), HEADER_FORM, code % 1000, status % 1000);
	_exit(write_all(to_parent, header, HEADER_LEN) &&
			      write_all(to_parent, text.at, text.len)
		      ? EXIT_SUCCESS
		      : EXIT_FAILURE);
}

static _Noreturn void
ask_and_tell(const struct https_request *request, int to_parent)
{
	char words[CURL_ERROR_SIZE] = "";
	struct buf body = { 0 };
	CURL *handle = NULL;
	CURLcode code = CURLE_FAILED_INIT;
	long status = 0;

	prctl(PR_SET_DUMPABLE, 0);
	/* Ctrl-C is for the one who asks, and who may have to hear the answer. */
	setpgid(0, 0);
	if (!load())
		tell(NO_LIBRARY, 0, SPAN(""), to_parent);
	handle = library.init();
	if (handle && !library.set(handle, CURLOPT_ERRORBUFFER, words) &&
	    set_rules(handle, request) && set_content(handle, request, &body))
		code = library.perform(handle);
	if (code == CURLE_OK)
		code = library.get(handle, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK)
		tell(0, (unsigned long)status, buf_span(&body), to_parent);
	tell((unsigned)code, 0, span_of(*words ? words : library.words(code)), to_parent);
}

/* ---- in the parent ---- */

/* The server of the URL, for sentences. */
static const char *
host_of(struct arena *arena, const char *url)
{
	struct span host = span_of(url);
	const char *at = strstr(url, "://");

	if (at)
		host = span_of(at + 3);
	return clean_text(arena, span_part(host, 0, strcspn(host.at, "/?#")));
}

static bool
fail_by_code(unsigned code, struct span words, const char *host, struct error *err)
{
	enum fault fault = FAULT_CONNECT;

	if (code == NO_LIBRARY) {
		fail(err, FAULT_UNSUPPORTED,
		     _("A login with tokens needs the library %s, which is not here"),
		     sonames[1]);
		return fail_hint(err, _("Install the package that has it"));
	}
	/* The names of hosts that a name server does not know now may be known later. */
	if (code == CURLE_OPERATION_TIMEDOUT)
		fault = FAULT_TIMEOUT;
	else if (code == CURLE_PEER_FAILED_VERIFICATION ||
		 code == CURLE_SSL_CACERT_BADFILE)
		fault = FAULT_TRUST;
	else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
		 code == CURLE_WRITE_ERROR || code == CURLE_WEIRD_SERVER_REPLY)
		fault = FAULT_PROTOCOL;
	return fail(err, fault, _("%s cannot be asked over https: %s"), host,
		    clean_text(err->arena, words));
}

static bool
understand(const struct https_request *request, struct https_answer *answer,
	   struct error *err)
{
	struct span heard = buf_span(&answer->body);
	const char *host = host_of(err->arena, request->url);
	uint64_t code, status;

	if (heard.len < HEADER_LEN || !span_number(span_part(heard, 0, 3), &code) ||
	    !span_number(span_part(heard, 4, 3), &status))
		return fail(err, FAULT_BUG, _("The question to %s has got no answer"),
			    host);
	buf_drop(&answer->body, HEADER_LEN);
	answer->status = (unsigned)status;
	return !code || fail_by_code((unsigned)code, buf_span(&answer->body), host, err);
}

static bool
hear(const struct https_request *request, pid_t child, int from_child,
     struct https_answer *answer, struct error *err)
{
	/* libcurl's own limit comes first, and has better words. */
	int64_t deadline = deadline_in(request->patience + 2);
	int status;

	buf_reserve(&answer->body, HEADER_LEN + HTTPS_BODY_MAX);
	switch (process_hear(child, from_child, deadline, &answer->body, &status)) {
	case PROCESS_ENDED:
	case PROCESS_LOST:
	case PROCESS_FULL:
		break;
	case PROCESS_LATE:
		return fail(err, FAULT_TIMEOUT,
			    NUMBER_("%s has not answered in %u second",
				    "%s has not answered in %u seconds",
				    request->patience),
			    host_of(err->arena, request->url), request->patience);
	}
	return understand(request, answer, err);
}

bool
https_ask(const struct https_request *request, struct https_answer *answer,
	  struct error *err)
{
	CLEANUP(close_file) int from_child = -1;
	CLEANUP(close_file) int to_parent = -1;
	int ends[2];
	pid_t child;

	if (!process_pipe(ends))
		return fail_errno(err, FAULT_SYSTEM, _("A pipe cannot be made"));
	from_child = ends[0];
	to_parent = ends[1];
	child = process_fork();
	if (child < 0)
		return fail_errno(err, FAULT_SYSTEM, _("A process cannot be started"));
	if (child == 0)
		ask_and_tell(request, to_parent);
	close_file(&to_parent);
	return hear(request, child, from_child, answer, err);
}

#else

bool
https_ask(const struct https_request *request, struct https_answer *answer,
	  struct error *err)
{
	(void)request;
	(void)answer;
	return fail(err, FAULT_UNSUPPORTED,
		    _("This build cannot get tokens: it was made without libcurl"));
}

#endif
