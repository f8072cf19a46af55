# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSMTPD as a submission server; it relays to the sink."""
import os
import re

from server import LIMIT, PASSWORDS, SINK_PORT, Server

CONFIG = """pki lab cert "{cert}"
pki lab key "{key}"
table users file:{dir}/users
mta limit conn-delay-route 0 conn-delay-relay 0 reconn-delay-route 0
smtp max-message-size "{limit}"
{listeners}
action "sink" relay host smtp://127.0.0.1:{sink}
match from any auth for rcpt-to "reject@y.example" reject
match from any auth for any action "sink"
"""


class OpenSMTPD(Server):
    name = "opensmtpd"
    packages = ["opensmtpd"]
    users = [("opensmtpd", 941), ("opensmtpq", 942)]
    programs = ["/usr/sbin/smtpd"]
    ports = {"starttls": 5874, "tls": 4654}
    mechanisms = ["PLAIN", "LOGIN"]
    offers = {"DSN"}
    postpones = False
    refused = ("reject@y.example", "Invalid recipient")

    def login_of(self, since):
        """Its log does not tell the mechanism."""
        line = self.log_line(r"authentication user=\S+ .*result=ok", since)
        return None, re.search(r"user=(\S+)", line).group(1)

    @property
    def certificate(self):
        """Its key process, as Debian builds it, signs with RSA only."""
        return self.lab.pki.rsa_server

    def start(self):
        self.log_file = f"{self.folder}/out"
        repair = self.lab.compile("opensmtpd-openssl3.c", "-D_GNU_SOURCE", "-shared",
                                  "-fPIC")
        cert, private = self.certificate
        # It insists on a key that only root can read.
        with open(private, encoding="ascii") as original:
            key = self.file("server.key", original.read(), 0o600)
        hashes = {user: self.tree.run("openssl", "passwd", "-6", word).strip()
                  for user, word in PASSWORDS.items()}
        self.file("users", "".join(f"{user}\t{stored}\n" for user, stored in hashes.items()))
        listeners = "\n".join(
            f"listen on {address} port {self.ports[kind]} {secure} pki lab auth <users>"
            f" hostname mail.test.example"
            for address in ("127.0.0.1", "::1")
            for kind, secure in (("starttls", "tls-require"), ("tls", "smtps")))
        config = self.file("smtpd.conf", CONFIG.format(
            dir=self.folder, cert=cert, key=key, limit=LIMIT, sink=SINK_PORT,
            listeners=listeners))
        for folder in ("var/spool/smtpd", "var/lib/opensmtpd/empty", "var/empty"):
            os.makedirs(f"{self.tree.path}/{folder}", mode=0o711, exist_ok=True)
        self.process = self.tree.start("env", f"LD_PRELOAD={repair}", "smtpd", "-d", "-f", config,
                                       log=f"{self.folder}/out")
