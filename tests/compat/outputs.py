# SPDX-License-Identifier: GPL-3.0-or-later
"""What is printed: -P, --serverinfo, --version, --configure."""
from play import LOGIN, TLS, Case

LONG = TLS + LOGIN + "timeout 30\ndsn_notify failure\ndsn_return full\naliases {dir}/aliases\n" \
    "set_from_header on\nremove_bcc_headers off\n" \
    "tls_fingerprint {fingerprint}\ntls_crl_file {crl}\ntls_priorities NORMAL\nsyslog on\n" \
    "tls_host_override x.example\nlogfile_time_format none\nproxy_host p.example\nproxy_port 9\n" \
    "source_ip 127.0.0.1\nallow_from_override off\nset_date_header off\n"
ALL = {"capabilities": ("PIPELINING", "SIZE", "DSN", "8BITMIME")}
EVERYTHING = {"users": {"alice": "secret"}, "capabilities": (
    "PIPELINING", "SIZE", "DSN", "8BITMIME")}


def cases():
    for name, config, args in (
            ("as it is", "", ()), ("a login", LOGIN, ()), ("everything", LONG, ()),
            ("with recipients", "", ("bob@example.net",)),
            ("with -t", "", ("-t",)), ("with -f", "", ("-f", "x@example.org")),
            ("with an option", "", ("--tls", "--port=99")),
            ("LMTP", "protocol lmtp\n", ()), ("a socket", "socket /x\n", ()),
            ("TLS from the start", TLS + "tls_starttls off\n", ()),
            ("no certcheck", TLS + "tls_certcheck off\n", ()),
            ("a pattern", "from *@example.org\n", ()), ("%U", "from %U@%H\n", ()),
            ("passwordeval", "auth on\nuser a\npasswordeval echo secret\n", ()),
            ("undisclosed", "undisclosed_recipients\n", ()),
            ("-a", "account other : default\n", ("-a", "other")),
            ("--host", "", ("--host=h.example",)), ("no timeout", "timeout off\n", ()),
            ("default port", "port\n", ()), ("logfile -", "logfile -\n", ()),
            ("auto_from", "auto_from\nmaildomain example.org\n", ()),
            ("null sender", "from\n", ()), ("a certificate",
                                            TLS + "tls_cert_file {cert}\ntls_key_file {key}\n",
                                            ())):
        yield Case(f"-P: {name}", config, ("-P", *args))
    for name, config, more in (
            ("plain", "", {"server": ALL}), ("SMTPUTF8", "", {}),
            ("login offered", "", {"server": {**EVERYTHING, "clear_auth": True}}),
            ("TLS", TLS, {"server": {**EVERYTHING, "tls": "starttls"}}),
            ("TLS offered", "", {"server": {**ALL, "tls": "starttls"}}),
            ("implicit TLS", TLS + "tls_starttls off\n",
             {"server": {**EVERYTHING, "tls": "implicit"}}),
            ("nothing", "", {"answers": {"EHLO": "500 no"}}),
            ("no capabilities", "", {"server": {"capabilities": ()}}),
            ("ETRN", "", {"server": ALL, "more": ("ETRN", "X-NONSENSE")}),
            ("a large SIZE", "", {"server": {**ALL, "size": 104857600}}),
            ("no SIZE", "", {"more": ("SIZE 0",), "server": {"capabilities": ()}}),
            ("LMTP", "protocol lmtp\n", {"server": {**ALL, "lmtp": True}}),
            ("a name", "host localhost\n", {"server": ALL}),
            ("refused", "", {"answers": {"greeting": "554 no"}})):
        yield Case(f"serverinfo: {name}", config, ("--serverinfo",), **more)
    yield Case("serverinfo: -S with an account", "", ("-S", "-a", "default"), server=ALL)
    yield Case("serverinfo: by --host", None, ("-S", "--host=127.0.0.1", "--port={port}"),
               server=ALL)
    yield Case("serverinfo: by SMTPSERVER", None, ("-S", "--port={port}"),
               env={"SMTPSERVER": "127.0.0.1"},
               server=ALL)
    for domain in ("example.org", "starttls.example", "both.example", "several.example",
                   "elsewhere.example", "odd.example", "none.example", "nothing.example"):
        yield Case(f"configure: {domain}", None, (f"--configure=me@{domain}",))
    for address in ("me", "@example.org", "me@", "Me+x@Example.ORG", "a@b@example.org", ""):
        yield Case(f"configure: address {address!r}", None, (f"--configure={address}",))
    yield Case("configure: a file is there", "", ("--configure=me@example.org",))
    yield Case("configure: with operands", None, ("--configure=me@example.org", "x"))
    yield Case("--version", None, ("--version",))
    yield Case("--help", None, ("--help",))
    yield Case("-d0.1", None, ("-d0.1",))
    yield Case("-v", "", ("-v", "bob@example.net"))
    yield Case("--debug", TLS + LOGIN, ("--debug", "bob@example.net"),
               server={"users": {"alice": "secret"}, "tls": "starttls"})
    yield Case("logfile -", "logfile -\n")
    yield Case("logfile -, none", "logfile -\nlogfile_time_format none\n")
