# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the command line, alone and together."""
from play import LETTER, TLS, Case

HEADLESS = b"Subject: no more\n\nText.\n"
TO = "bob@example.net"
WITH_BCC = b"Bcc: carol@example.net\n" + LETTER
ALL = {"capabilities": ("PIPELINING", "DSN", "SIZE", "8BITMIME")}

# The command line (blanks part its words), and what else the case needs.
LINES = [
    (f"-f x@example.org {TO}", {}), (f"-fx@example.org {TO}", {}),
    (f"--from=x@example.org {TO}", {}),
    (f"--from x@example.org {TO}", {}), (f"-f <> {TO}", {}), (f"-f  {TO}", {}),
    (f"-f MAILER-DAEMON {TO}", {}),
    (f"-f x {TO}", {}), (f"-f <x@example.org> {TO}", {}), (f"{TO} -f x@example.org", {}),
    (f"-f x@example.org -f y@example.org {TO}", {}), ("-f", {}),
    (f"-f user%Host@example.org {TO}", {}), (f"-t {TO} -- carol@example.net", {}),
    (f"-a default {TO}", {}), (f"-a none {TO}", {}), (f"--account=default {TO}", {}),
    (f"--acc default {TO}", {}), (f"-a default -f x@example.org {TO}", {}),
    (f"-C {{dir}}/.msmtprc {TO}", {}), (f"-C {{dir}}/none {TO}", {}),
    (f"--file={{dir}}/.msmtprc {TO}", {}), (f"-C {{dir}} {TO}", {}),
    (f"-C {{dir}}/mail.conf {TO}", {"files": {"mail.conf": "host 127.0.0.1\nport {port}\nfrom "
                                                       "z@example.org\nlogfile {dir}/log\n"}}),
    ("-t", {}), (f"-t {TO}", {}), ("-t carol@example.net", {}), ("-ti", {}), ("-t -oi", {}),
    ("--read-recipients", {}), ("-t --", {}), ("-t -- -odd@example.net", {}),
    ("", {}), (f"-- {TO}", {}), ("-- -dash@example.net", {}), (f"{TO} -- -t", {}),
    (f"{TO} {TO}", {}), (f"{TO} -t", {}), (f"{TO} -i", {}), (f"-i {TO} -oi", {}),
    (f"--read-envelope-from {TO}", {}), (f"--read-envelope-from {TO}", {"mail": HEADLESS}),
    (f"--read-envelope-from -f x@example.org {TO}", {}),
    (f"-f x@example.org --read-envelope-from {TO}", {}),
    (f"--read-envelope-from {TO}", {"mail": b"From: <zoe@example.org>, x@example.org\n\n"}),
    (f"-F Alice {TO}", {"mail": HEADLESS}), (f"-FAlice {TO}", {"mail": HEADLESS}),
    (f"-F Alice {TO}", {}), (f"-N never {TO}", {"server": ALL}),
    (f"-N failure,delay {TO}", {"server": ALL}),
    (f"-N success {TO}", {"server": {"capabilities": ("PIPELINING",)}}),
    (f"-N FAILURE {TO}", {"server": ALL}), (f"-N nonsense {TO}", {"server": ALL}),
    (f"-N off {TO}", {"server": ALL}),
    (f"--dsn-notify=failure {TO}", {"server": ALL}), (f"--dsn-notify=x {TO}", {"server": ALL}),
    (f"-R hdrs {TO}", {"server": ALL}), (f"-R full {TO}", {"server": ALL}),
    (f"-R headers {TO}", {"server": ALL}),
    (f"-R x {TO}", {"server": ALL}), (f"--dsn-return=full {TO}", {"server": ALL}),
    (f"--dsn-return=off {TO}", {"server": ALL}),
    (f"-X {{dir}}/other {TO}", {}), (f"-X - {TO}", {}), (f"--logfile={{dir}}/log {TO}", {}),
    (f"--logfile= {TO}", {}),
    (f"--logfile-time-format=none {TO}", {}), (f"--syslog=off {TO}", {}), (f"--syslog=x {TO}", {}),
    (f"-B 8BITMIME {TO}", {}), (f"-B8BITMIME {TO}", {}), (f"-A x {TO}", {}), (f"-G {TO}", {}),
    (f"-h 3 {TO}", {}), (f"-i {TO}", {}), (f"-L tag {TO}", {}), (f"-m {TO}", {}), (f"-n {TO}", {}),
    (f"-O opt=x {TO}", {}), (f"-oi {TO}", {}), (f"-oem {TO}", {}), (f"-o i {TO}", {}),
    (f"-odb {TO}", {}),
    (f"-bm {TO}", {}), (f"-b m {TO}", {}), ("-bd", {}), ("-bz", {}), (f"-r x@example.org {TO}", {}),
    (f"-V id {TO}", {"server": ALL}), (f"-U {TO}", {}), (f"-s {TO}", {}), (f"-x {TO}", {}),
    (f"-eq {TO}", {}),
    (f"-K {TO}", {}), (f"--nonsense {TO}", {}), (f"--tls-trust {TO}", {}), (f"--t {TO}", {}),
    (f"--host=127.0.0.1 --port={{port}} -f x@example.org {TO}", {}),
    (f"--host=127.0.0.1 --port={{port}} --from=x@example.org {TO}", {}),
    (f"--host=127.0.0.1 --port={{port}} {TO}", {}),
    (f"--host=127.0.0.1 --port=1 --from=x@example.org {TO}", {}),
    (f"--host=127.0.0.1 -a default {TO}", {}), (f"-a default --host=127.0.0.1 {TO}", {}),
    (f"--host=no.such.host.invalid --port=25 --from=x@example.org {TO}", {}),
    (f"--port=1 {TO}", {}), (f"--port=x {TO}", {}), (f"--port= {TO}", {}),
    (f"--timeout=5 {TO}", {}),
    (f"--timeout=x {TO}", {}), (f"--connect-timeout=5 {TO}", {}), (f"--protocol=smtp {TO}", {}),
    (f"--protocol=x {TO}", {}), (f"--domain=mx.example.org {TO}", {}),
    (f"--domain=mx.example.org {TO}", {"mail": HEADLESS}),
    (f"--source-ip=127.0.0.1 {TO}", {}), (f"--source-ip= {TO}", {}), (f"--proxy-host= {TO}", {}),
    (f"--proxy-host=127.0.0.1 --proxy-port=1 {TO}", {}), (f"--socket={{dir}}/none {TO}", {}),
    (f"--socket= {TO}", {}),
    (f"--auth=off {TO}", {}), (f"--auth=x {TO}", {}), (f"--user=u {TO}", {}),
    (f"--password=x {TO}", {}),
    (f"--passwordeval=echo {TO}", {}), (f"--tls=off {TO}", {}), (f"--tls=x {TO}", {}),
    (f"--tls --tls-trust-file={{trust}} {TO}", {"server": {"tls": "starttls"}}),
    (f"--tls=on --tls-trust-file={{trust}} {TO}", {"server": {"tls": "starttls"}}),
    (f"--tls --tls-starttls=off --tls-trust-file={{trust}} {TO}", {"server": {"tls": "implicit"}}),
    (f"--tls --tls-certcheck=off {TO}", {"server": {"tls": "untrusted"}}),
    (f"--tls --tls-fingerprint={{fingerprint}} {TO}", {"server": {"tls": "starttls"}}),
    (f"--tls --tls-trust-file={{trust}} --tls-host-override=mx.example.org {TO}",
     {"server": {"tls": "starttls"}}),
    (f"--tls-force-sslv3 {TO}", {}), (f"--tls-min-dh-prime-bits=1024 {TO}", {}),
    (f"--tls-priorities=NORMAL {TO}", {}), (f"--tls-crl-file= {TO}", {}),
    (f"--set-from-header=on {TO}", {}), (f"--set-from-header {TO}", {}),
    (f"--set-from-header=off {TO}", {"mail": HEADLESS}),
    (f"--set-date-header=off {TO}", {"mail": HEADLESS}),
    (f"--set-msgid-header=off {TO}", {"mail": HEADLESS}),
    (f"--set-to-header=on {TO} carol@example.net", {}),
    (f"--set-to-header=undisclosed_recipients {TO}", {}),
    (f"--set-to-header {TO}", {}), (f"--remove-bcc-headers=off {TO}", {"mail": WITH_BCC}),
    (f"--remove-bcc-headers {TO}", {"mail": WITH_BCC}), (f"--aliases={{dir}}/none {TO}", {}),
    (f"--auto-from {TO}", {}), (f"--auto-from --maildomain=example.com {TO}", {}),
    (f"--auto-from=off {TO}", {}),
    (f"--auto-from -f x@example.org {TO}", {}), (f"--maildomain=example.com {TO}", {}),
    (f"--add-missing-from-header=off {TO}", {"mail": HEADLESS}),
    (f"--add-missing-date-header=off {TO}", {"mail": HEADLESS}),
    (f"--undisclosed-recipients {TO}", {}), (f"--keepbcc {TO}", {"mail": WITH_BCC}),
    (f"--keepbcc=x {TO}", {}),
    ("--serverinfo x", {}), ("-S --rmqs=x", {}), ("--rmqs=host.example.org", {"more": ("ETRN",)}),
    ("--rmqs=@example.org", {"more": ("ETRN",)}), ("--rmqs=#queue", {"more": ("ETRN",)}),
    ("--rmqs=x", {}),
    ("--rmqs=x y", {"more": ("ETRN",)}), ("--rmqs=x", {"more": ("ETRN",),
                                                       "answers": {"ETRN": "458 no"}}),
    ("--rmqs=x", {"more": ("ETRN",), "answers": {"ETRN": "459 not allowed"}}),
    ("--rmqs=x", {"more": ("ETRN",), "answers": {"ETRN": "501 what"}}),
    ("--rmqs=x", {"more": ("ETRN",), "answers": {"ETRN": "252 pending"}}),
]

# Recipients as single words, so that they may have blanks.
OPERANDS = [
    ("Bob <bob@example.net>",), ("\"Doe, John\" <john@example.net>",), ("bob@example.net (Bob)",),
    ("bob@example.net,carol@example.net",), ("bob@example.net, carol@example.net",),
    ("bob@example.net; carol@example.net",), ("friends: bob@example.net, carol@example.net;",),
    ("foo bob@example.net",), ("",), ("", "bob@example.net"), (" bob@example.net ",),
    ("<bob@example.net>",), ("bob@example.net\ncarol@example.net",),
    ("bob@example.net\nTo: eve@example.net",), ("bob\x01@example.net",), ("bob",),
    ("@example.net",),
    ("\"a b\"@example.net",), ("<\"c d\"@example.net>",), ("bob@[192.0.2.1]",),
    ("b\u00f6b@example.net",),
    ("bob@ex\u00e4mple.net",), ("bob@example.net.",), ("bob@@example.net",), ("<bob@example.net",),
    ("a" * 300 + "@example.net",), ("(only a comment)",), ("bob@example.net", "carol@example.net"),
    ("BOB@EXAMPLE.NET", "bob@example.net"), ("bob+tag@example.net",), ("bob@example.net\r",),
    ("<@relay.example.net:bob@example.net>",), ("b'ob@example.net",), ("undisclosed-recipients:;",),
]


def cases():
    names = []
    for line, more in LINES:
        name = f"option: {line}"
        names.append(name)
        turn = names.count(name)
        yield Case(name if turn == 1 else f"{name} ({turn})", args=tuple(line.split(" ")) if line
                   else (), **more)
    for words in OPERANDS:
        yield Case("operand: " + ascii(words[0] if len(words) == 1 else words)[:80], args=words)
