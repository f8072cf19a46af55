/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads published settings of mail programs. */
#include "config.h"

#include "conf/autoconfig.h"

#if HAVE_EXPAT

#include "base/file.h"
#include "base/lazy.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

#define SONAME "libexpat.so.1"

LAZY_NOTE("setup", "Settings that mail providers publish", "suggested", SONAME);

static struct {
	__typeof__(&XML_ParserCreate) create;
	__typeof__(&XML_ParserFree) free;
	__typeof__(&XML_SetUserData) set_data;
	__typeof__(&XML_SetElementHandler) on_element;
	__typeof__(&XML_SetCharacterDataHandler) on_text;
	__typeof__(&XML_SetStartDoctypeDeclHandler) on_doctype;
	__typeof__(&XML_StopParser) stop;
	__typeof__(&XML_Parse) parse;
} library;

static const struct lazy_symbol symbols[] = {
	{ "XML_ParserCreate", &library.create },
	{ "XML_ParserFree", &library.free },
	{ "XML_SetUserData", &library.set_data },
	{ "XML_SetElementHandler", &library.on_element },
	{ "XML_SetCharacterDataHandler", &library.on_text },
	{ "XML_SetStartDoctypeDeclHandler", &library.on_doctype },
	{ "XML_StopParser", &library.stop },
	{ "XML_Parse", &library.parse },
};

/* Where in the tree the words stand that matter. */
enum { DEPTH_ROOT = 1, DEPTH_PROVIDER, DEPTH_SERVER, DEPTH_WORD };

/* A document that is being read. */
struct reading {
	XML_Parser parser;
	struct arena *arena;
	const char *address;
	struct autoconfig *found;
	unsigned depth;
	bool known_root, in_provider, in_server, refused;
	struct buf text; /* of the element, so far */

	/* Of the server, so far. */
	const char *host, *port, *socket, *user;
};

static void
refuse(struct reading *reading)
{
	reading->refused = true;
	library.stop(reading->parser, XML_FALSE);
}

static bool
is_outgoing(const XML_Char **attributes)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], "type") == 0)
			return strcmp(attributes[1], "smtp") == 0;
	return false;
}

static void XMLCALL
begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *reading = context;

	reading->text.len = 0;
	switch (++reading->depth) {
	case DEPTH_ROOT:
		reading->known_root = strcmp(name, "clientConfig") == 0;
		break;
	case DEPTH_PROVIDER:
		reading->in_provider =
			reading->known_root && strcmp(name, "emailProvider") == 0;
		break;
	case DEPTH_SERVER:
		reading->in_server = reading->in_provider &&
				     strcmp(name, "outgoingServer") == 0 &&
				     is_outgoing(attributes);
		reading->host = reading->port = reading->socket = reading->user = NULL;
		break;
	default:
		if (reading->depth > AUTOCONFIG_DEPTH_MAX)
			refuse(reading);
	}
}

static void XMLCALL
take_text(void *context, const XML_Char *at, int len)
{
	struct reading *reading = context;

	if (!reading->in_server || reading->depth != DEPTH_WORD)
		return;
	if (reading->text.len + (size_t)len > AUTOCONFIG_TEXT_MAX)
		refuse(reading);
	else
		buf_add(&reading->text, at, (size_t)len);
}

/* What the names between "%" stand for. */
static struct span
value_of(const struct reading *reading, struct span name)
{
	struct span address = span_of(reading->address);
	size_t at = (size_t)(strrchr(reading->address, '@') - reading->address);

	if (span_equal(name, SPAN("EMAILADDRESS")))
		return address;
	if (span_equal(name, SPAN("EMAILLOCALPART")))
		return span_part(address, 0, at);
	if (span_equal(name, SPAN("EMAILDOMAIN")))
		return span_part(address, at + 1, address.len);
	return (struct span){ NULL, 0 };
}

/* NULL when a name is unknown, or when what comes of it cannot stand in a file. */
static const char *
fill_in(const struct reading *reading, struct span text)
{
	CLEANUP(release_buf) struct buf out = { 0 };
	const char *clean;

	while (text.len) {
		size_t first = span_find(text, '%');
		struct span rest = span_part(text, first + 1, text.len);
		struct span name = span_part(rest, 0, span_find(rest, '%'));
		struct span value = value_of(reading, name);

		buf_add_span(&out, span_part(text, 0, first));
		if (first < text.len && !value.at)
			return NULL;
		buf_add_span(&out, value);
		text = span_part(rest, name.len + 1, rest.len);
	}
	/* What would look different on a terminal is no name either. */
	clean = clean_text(reading->arena, buf_span(&out));
	return *clean && span_equal(span_of(clean), buf_span(&out)) ? clean : NULL;
}

static void
take_word(struct reading *reading, const char *name)
{
	const char *value = fill_in(reading, span_trim(buf_span(&reading->text)));

	/* The first of several counts. */
	if (strcmp(name, "hostname") == 0 && !reading->host)
		reading->host = value;
	else if (strcmp(name, "port") == 0 && !reading->port)
		reading->port = value;
	else if (strcmp(name, "socketType") == 0 && !reading->socket)
		reading->socket = value;
	else if (strcmp(name, "username") == 0 && !reading->user)
		reading->user = value;
}

static bool
is_host(const char *host)
{
	if (!host || !strchr(host, '.'))
		return false;
	for (; *host; host++)
		if (!is_digit(*host) && !is_letter(*host) && *host != '-' && *host != '.')
			return false;
	return true;
}

static void
take_server(struct reading *reading)
{
	struct autoconfig *found = reading->found;
	struct autoconfig_server server = {
		.host = reading->host,
		.user = reading->user ? reading->user : reading->address,
	};
	uint64_t port;

	if (found->count == AUTOCONFIG_SERVERS_MAX || !is_host(reading->host) ||
	    !span_number(span_of(reading->port), &port) || !port || port > UINT16_MAX ||
	    !reading->socket)
		return;
	server.port = (unsigned)port;
	if (strcasecmp(reading->socket, "SSL") == 0)
		server.starttls = STARTTLS_OFF;
	else if (strcasecmp(reading->socket, "STARTTLS") == 0)
		server.starttls = STARTTLS_ON;
	else
		return;
	found->items[found->count++] = server;
}

static void XMLCALL
end(void *context, const XML_Char *name)
{
	struct reading *reading = context;

	if (reading->in_server && reading->depth == DEPTH_WORD)
		take_word(reading, name);
	else if (reading->in_server && reading->depth == DEPTH_SERVER)
		take_server(reading);
	if (reading->depth == DEPTH_SERVER)
		reading->in_server = false;
	reading->text.len = 0;
	reading->depth--;
}

static void XMLCALL
doctype(void *context, const XML_Char *name, const XML_Char *system,
	const XML_Char *public, int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	refuse(context);
}

static bool
parse(struct reading *reading, struct span xml)
{
	XML_Parser parser = library.create(NULL);
	bool ok;

	if (!parser)
		out_of_memory();
	reading->parser = parser;
	library.set_data(parser, reading);
	library.on_element(parser, begin, end);
	library.on_text(parser, take_text);
	library.on_doctype(parser, doctype);
	ok = library.parse(parser, xml.at, (int)xml.len, true) == XML_STATUS_OK;
	library.free(parser);
	buf_release(&reading->text);
	return ok && !reading->refused && reading->known_root;
}

bool
autoconfig_read(struct span xml, const char *address, struct autoconfig *found,
		struct error *err)
{
	struct reading reading = {
		.arena = err->arena,
		.address = address,
		.found = found,
	};

	*found = (struct autoconfig){ 0 };
	if (!lazy_load(SONAME, symbols, sizeof(symbols) / sizeof(symbols[0])))
		return fail(
			err, FAULT_UNSUPPORTED,
			_("Published settings need the library %s, which is not here"),
			SONAME);
	if (xml.len > INT_MAX || !parse(&reading, xml)) {
		found->count = 0;
		return fail(err, FAULT_PROTOCOL,
			    _("The published settings are not of the form that they "
			      "should have"));
	}
	return found->count || fail(err, FAULT_NO_HOST,
				    _("The published settings name no server with TLS "
				      "for sending"));
}

#else

bool
autoconfig_read(struct span xml, const char *address, struct autoconfig *found,
		struct error *err)
{
	(void)xml;
	(void)address;
	*found = (struct autoconfig){ 0 };
	return fail(err, FAULT_UNSUPPORTED,
		    _("This build cannot read published settings: it was made without "
		      "expat"));
}

#endif
