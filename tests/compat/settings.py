# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the configuration file, with good values and bad ones."""
from play import LETTER, TLS, Case

HEADLESS = b"Subject: no more\n\nText.\n"
DSN = ("DSN",)

# Lines behind those of a complete account, and what else the case needs.
LINES = [
    ("host localhost", {}), ("host", {}), ("host [127.0.0.1]", {}),
    ("host no.such.host.invalid", {}),
    ("port 0", {}), ("port 65536", {}), ("port x", {}), ("port", {}), ("port 0x19", {}),
    ("port 1", {}), ("port -1", {}), ("port 25 ", {}),
    ("timeout 5", {}), ("timeout off", {}), ("timeout 0", {}), ("timeout -1", {}),
    ("timeout x", {}),
    ("timeout", {}), ("connect_timeout 7", {}), ("connect_timeout off", {}),
    ("protocol smtp", {}), ("protocol", {}), ("protocol uucp", {}), ("protocol SMTP", {}),
    ("source_ip 127.0.0.1", {}), ("source_ip", {}), ("source_ip x", {}),
    ("source_ip 192.0.2.1", {}),
    ("proxy_host", {}), ("proxy_port 99", {}), ("proxy_port 0", {}), ("proxy_port", {}),
    ("proxy_host 127.0.0.1\nproxy_port 1", {}),
    ("socket", {}), ("socket {dir}/no-socket", {}),
    ("domain mx.example.org", {}), ("domain", {}), ("domain %H", {}), ("domain %M", {}),
    ("domain a b", {}), ("domain [127.0.0.1]", {}),
    ("auth off", {}), ("auth OFF", {}), ("auth kerberos", {}), ("auth ON", {}),
    ("user", {}), ("user somebody", {}), ("password secret", {}), ("password", {}),
    ("passwordeval echo x", {}), ("passwordeval", {}), ("ntlmdomain d", {}), ("ntlmdomain", {}),
    ("tls off", {}), ("tls maybe", {}), ("tls On", {}), ("tls_starttls off", {}),
    ("tls_starttls maybe", {}), ("tls_trust_file", {}), ("tls_trust_file system", {}),
    ("tls_certcheck off", {}), ("tls_certcheck maybe", {}), ("tls_crl_file", {}),
    ("tls_crl_file {crl}", {}), ("tls_fingerprint", {}), ("tls_fingerprint 00:11", {}),
    ("tls_fingerprint {fingerprint}", {}), ("tls_priorities", {}), ("tls_priorities NORMAL", {}),
    ("tls_host_override", {}), ("tls_host_override mx.example.org", {}),
    ("tls_min_dh_prime_bits", {}), ("tls_min_dh_prime_bits 1024", {}),
    ("tls_min_dh_prime_bits x", {}), ("tls_key_file {key}", {}), ("tls_cert_file {cert}", {}),
    ("tls_force_sslv3", {}), ("tls_force_sslv3 off", {}), ("tls_force_sslv3 x", {}),
    ("from carol@example.org", {}), ("from", {}), ("from <carol@example.org>", {}),
    ("from MAILER-DAEMON", {}), ("from %U@example.org", {}), ("from %U@%H", {}),
    ("from %U@%M", {}), ("from carol@example.org # x", {}), ("from \"carol@example.org\"", {}),
    ("from *@example.org", {}), ("from %F", {}), ("from carol", {}),
    ("from carol@ex%Mple.org", {}),
    ("from_full_name Alice", {"mail": HEADLESS}), ("from_full_name", {"mail": HEADLESS}),
    ("from_full_name Alice A. Liddell", {"mail": HEADLESS}),
    ("from_full_name Doe, John", {"mail": HEADLESS}),
    ("from_full_name J\u00f6rg", {"mail": HEADLESS}), ("from_full_name Alice ", {}),
    ("allow_from_override on", {}), ("allow_from_override", {}), ("allow_from_override x", {}),
    ("allow_from_override off", {"args": ("-f", "x@example.org", "bob@example.net")}),
    ("set_from_header on", {}), ("set_from_header off", {"mail": HEADLESS}),
    ("set_from_header auto", {"mail": HEADLESS}), ("set_from_header", {}),
    ("set_from_header x", {}),
    ("set_from_header on\nfrom_full_name Alice", {}),
    ("set_date_header auto", {"mail": HEADLESS}), ("set_date_header off", {"mail": HEADLESS}),
    ("set_date_header on", {}), ("set_date_header", {"mail": HEADLESS}),
    ("set_msgid_header auto", {"mail": HEADLESS}), ("set_msgid_header off", {"mail": HEADLESS}),
    ("set_msgid_header on", {}), ("set_msgid_header\ndomain mx.example.org", {"mail": HEADLESS}),
    ("set_to_header on", {"args": ("bob@example.net", "carol@example.net")}),
    ("set_to_header off", {"mail": HEADLESS}), ("set_to_header undisclosed_recipients", {}),
    ("set_to_header", {}), ("set_to_header auto", {}),
    ("remove_bcc_headers off", {"mail": b"Bcc: carol@example.net\n" + LETTER}),
    ("remove_bcc_headers on", {"mail": b"Bcc: carol@example.net\n" + LETTER}),
    ("remove_bcc_headers", {"mail": b"Bcc: carol@example.net\n" + LETTER}),
    ("remove_bcc_headers x", {}),
    ("dsn_notify failure", {"more": DSN}), ("dsn_notify success,failure", {"more": DSN}),
    ("dsn_notify delay,failure,success", {"more": DSN}), ("dsn_notify never", {"more": DSN}),
    ("dsn_notify off", {"more": DSN}), ("dsn_notify never,failure", {"more": DSN}),
    ("dsn_notify FAILURE", {"more": DSN}), ("dsn_notify x", {"more": DSN}), ("dsn_notify", {}),
    ("dsn_notify failure # none", {}), ("dsn_notify failure, delay", {"more": DSN}),
    ("dsn_return headers", {"more": DSN}), ("dsn_return full", {"more": DSN}),
    ("dsn_return off", {"more": DSN}), ("dsn_return hdrs", {"more": DSN}), ("dsn_return", {}),
    ("dsn_return full\ndsn_notify delay", {"more": DSN}), ("dsn_return x", {}),
    ("aliases", {}), ("aliases {dir}/none", {}),
    ("logfile", {}), ("logfile -", {}), ("logfile {dir}/no/folder", {}),
    ("logfile_time_format none", {}), ("logfile_time_format", {}), ("logfile_time_format %Y", {}),
    ("logfile_time_format %%", {}), ("logfile_time_format x", {}),
    ("syslog off", {}), ("syslog LOG_LOCAL9", {}), ("syslog x", {}), ("syslog LOG_MAIL", {}),
    ("undisclosed_recipients", {}), ("undisclosed_recipients off", {}),
    ("undisclosed_recipients x", {}), ("add_missing_from_header", {"mail": HEADLESS}),
    ("add_missing_from_header off", {"mail": HEADLESS}),
    ("add_missing_date_header off", {"mail": HEADLESS}), ("add_missing_date_header x", {}),
    ("auto_from", {}), ("auto_from on\nmaildomain example.com", {}), ("auto_from off", {}),
    ("maildomain example.com", {}), ("maildomain example.com\nauto_from", {}), ("auto_from x", {}),
    ("keepbcc", {"mail": b"Bcc: carol@example.net\n" + LETTER}),
    ("keepbcc off", {"mail": b"Bcc: carol@example.net\n" + LETTER}), ("keepbcc x", {}),
    ("tls_nocertcheck", {}), ("tls_nostarttls", {}), ("tls_nocertcheck on", {}),
    ("nonsense 1", {}), ("FROM carol@example.org", {}), ("=", {}), ("# only a comment", {}),
    ("  # a comment behind blanks", {}), ("\tfrom\tcarol@example.org\t", {}),
    ("from   carol@example.org\r", {}), ("", {}), ("\n\n", {}), ("tls off off", {}),
    ("from \"\"carol@example.org\"\"", {}), ("domain \"a\"", {}), ("set_to_header \"on\"", {}),
    ("defaults", {}), ("defaults x", {}), ("defaults\nfrom zoe@example.org", {}),
    ("account", {}), ("account default", {}), ("account other : default", {}),
    ("account other:", {}), ("account other : nobody", {}), ("account a,b", {}),
    ("eval echo from eve@example.org", {}), ("eval printf 'from eve@example.org'", {}),
    ("eval echo", {}), ("eval true", {}), ("eval", {}), ("eval false", {}),
    ("eval echo from eve@example.org; exit 3", {}), ("eval echo eval echo from x@example.org", {}),
    ("eval printf 'from a@example.org\\nfrom b@example.org\\n'", {}),
    ("eval printf 'from a@example.org\\r\\n'", {}),
]

# TLS that is on, with what the server has.
TLS_LINES = [
    ("as it should be", "", "starttls"), ("from the first byte", "tls_starttls off", "implicit"),
    ("the server speaks none", "", ""), ("starttls off against a plain server",
                                         "tls_starttls off\ntimeout 3", ""),
    ("a wrong name", "", "wrong_name"), ("expired", "", "expired"),
    ("an unknown authority", "", "untrusted"),
    ("a wrong name, certcheck off", "tls_certcheck off", "wrong_name"),
    ("an unknown authority, certcheck off", "tls_certcheck off", "untrusted"),
    ("the fingerprint", "tls_fingerprint {fingerprint}", "starttls"),
    ("the SHA-1 fingerprint", "tls_fingerprint {sha1}", "starttls"),
    ("another fingerprint", "tls_fingerprint {fingerprint}", "expired"),
    ("certcheck off goes before a fingerprint",
     "tls_certcheck off\ntls_fingerprint {fingerprint}", "expired"),
    ("nobody to trust", "tls_trust_file", "starttls"),
    ("no trust file, but a fingerprint", "tls_trust_file\ntls_fingerprint {fingerprint}",
     "starttls"),
    ("no such trust file", "tls_trust_file {dir}/none", "starttls"),
    ("an empty trust file", "tls_trust_file /dev/null", "starttls"),
    ("the system's trust", "tls_trust_file system", "starttls"),
    ("a revocation list", "tls_crl_file {crl}", "starttls"),
    ("revoked", "tls_crl_file {revoked}", "starttls"),
    ("no such revocation list", "tls_crl_file {dir}/none", "starttls"),
    ("a host override that is right", "tls_host_override localhost", "starttls"),
    ("a host override that is wrong", "tls_host_override mx.example.org", "starttls"),
    ("a host override for another name", "tls_host_override elsewhere.example", "wrong_name"),
    ("priorities", "tls_priorities NORMAL:-VERS-ALL:+VERS-TLS1.2", "starttls"),
    ("wrong priorities", "tls_priorities nonsense", "starttls"),
    ("a certificate without its key", "tls_cert_file {cert}", "starttls"),
    ("a client certificate", "tls_cert_file {cert}\ntls_key_file {key}", "starttls"),
    ("no such key", "tls_cert_file {cert}\ntls_key_file {dir}/none", "starttls"),
    ("tls off, and the server insists", "tls off", "starttls"),
    ("nocertcheck", "tls_nocertcheck", "untrusted"),
    ("nostarttls", "tls_nostarttls", "implicit"),
]


def name_of(lines):
    return lines.replace("\n", "; ").replace("\r", "\\r").replace("\t", "\\t")


def cases():
    for lines, more in LINES:
        more = dict(more)
        if more.get("more") == DSN:
            more["server"] = {"capabilities": ("PIPELINING", "DSN", "SIZE")}
            del more["more"]
        elif "dsn" in lines:
            more["server"] = {"capabilities": ("PIPELINING", "SIZE")}
        yield Case(f"setting: {name_of(lines)}", lines + "\n", **more)
    for name, lines, which in TLS_LINES:
        yield Case(f"tls: {name}", TLS + lines + "\n", server={"tls": which})
