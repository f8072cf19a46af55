# SPDX-License-Identifier: GPL-3.0-or-later
"""Channel binding and EXTERNAL against libgsasl's own server side; TLS that must not be trusted."""
import functools
import itertools
import subprocess
import threading

from checks import NO_PERMISSION, PROTOCOL, REFUSED, Case, Wrong, equal, failed, sent
from common import SHORT
from letters import canonical
from tap import Middle

VERSION = "NORMAL:-VERS-ALL:+VERS-TLS{}"
ALL = "SCRAM-SHA-1 PLAIN SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS CRAM-MD5 LOGIN"


class ScramServer:
    """One run of scram-server; `lines` is what it has told since its port."""

    def __init__(self, lab, mechanisms, certificate=None, priorities="NORMAL", staple=None):
        self.process = subprocess.Popen(
            [program(lab), *(certificate or lab.pki.server), mechanisms, priorities,
             *([staple] if staple else [])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
        first = self.process.stdout.readline().split()
        equal(first[:1], ["port"], "first word of scram-server")
        self.port = int(first[1])
        self.lines, self.news = [], threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def told(self):
        """All lines, once the connection is over."""
        with self.news:
            if not self.news.wait_for(lambda: "end" in self.lines, 30):
                raise Wrong(f"got {self.lines}, want an end of the connection")
            return list(self.lines)

    def settings(self, lab, auth, **changes):
        return lab.account(self, "tls", host="127.0.0.1", auth=auth, **changes)

    @property
    def ports(self):
        return {"tls": self.port}


@functools.cache
def program(lab):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libgsasl", "gnutls"], text=True,
                           stdout=subprocess.PIPE, check=True).stdout.split()
    return lab.compile("scram-server.c", *flags)


def cases():
    plus = [Case(f"scram: {name} over TLS {version}", functools.partial(binds, name, version))
            for name, version in itertools.product(
                ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"), ("1.3", "1.2"))]
    return plus + [
        Case("scram: auth on prefers SCRAM-SHA-256-PLUS", functools.partial(
            chooses, ALL, "SCRAM-SHA-256-PLUS")),
        Case("scram: auth on prefers a binding to a better hash", functools.partial(
            chooses, "PLAIN SCRAM-SHA-256 SCRAM-SHA-1-PLUS", "SCRAM-SHA-1-PLUS")),
        Case("scram: auth on where no -PLUS is offered", functools.partial(
            chooses, "PLAIN SCRAM-SHA-1 SCRAM-SHA-256", "SCRAM-SHA-256")),
        Case("scram: auth on over TLS 1.2 without extended master secret", no_exporter),
        Case("scram: -PLUS asked for and not offered: nothing said", not_offered),
        Case("scram: -PLUS with a wrong password: exit 77", wrong_password),
        Case("scram: a man in the middle, auth scram-sha-256-plus: exit 77", functools.partial(
            intercepted, "scram-sha-256-plus")),
        Case("scram: a man in the middle, auth on: exit 77, no password, no retreat",
             functools.partial(intercepted, "on")),
        Case("scram: EXTERNAL sends an empty identity as =", external),
        Case("scram: EXTERNAL without a certificate: exit 77", external_without),
        Case("scram: certificate of an unknown authority: nothing said", functools.partial(
            distrusted, "authority")),
        Case("scram: expired certificate: nothing said", functools.partial(
            distrusted, "expired")),
        Case("scram: a certificate on the list of revoked ones: nothing said", revoked_by_list),
        Case("scram: a staple that says revoked: nothing said", revoked_by_staple),
        Case("scram: a staple that must be there and is not: nothing said", no_staple),
        Case("scram: a staple that must be there and is", good_staple),
        Case("scram: tls_certcheck off takes an expired certificate", unchecked),
        Case("scram: tls_min_version 1.3 and a server of 1.2: nothing said", too_old),
    ]


def logs_in(lab, server, auth, mechanism):
    """Sends a letter and returns what the server told."""
    sent(lab.submit(server.settings(lab, auth), ["to@y.example"], SHORT))
    told = server.told()
    tries = [line.split()[2] for line in told if line.startswith("C: AUTH")]
    if mechanism is not None:
        equal(tries, [mechanism], "AUTH commands")
    equal([line for line in told if line.startswith("content")],
          [f"content {len(canonical(SHORT))}"], "content")
    return told


def binds(mechanism, version, lab):
    with ScramServer(lab, ALL, priorities=VERSION.format(version)) as server:
        told = logs_in(lab, server, mechanism.lower(), mechanism)
        equal(f"tls TLS{version}" in told, True, f"TLS{version} in {told}")
        first = [line for line in told if line.startswith("sasl ")][0]
        equal(first.startswith("sasl p=tls-exporter,,n=alice@test.example,"), True,
              f"p=tls-exporter at the beginning of {first!r}")


def chooses(offered, mechanism, lab):
    with ScramServer(lab, offered) as server:
        told = logs_in(lab, server, "on", mechanism)
        first = [line for line in told if line.startswith("sasl ")][0]
        equal(first.startswith("sasl p="), mechanism.endswith("-PLUS"),
              f"a binding in {first!r}")


def no_exporter(lab):
    """RFC 9266 forbids tls-exporter there; tls-unique or SCRAM without binding are both right."""
    priorities = VERSION.format("1.2") + ":%NO_SESSION_HASH"
    with ScramServer(lab, ALL, priorities=priorities) as server:
        told = logs_in(lab, server, "on", None)
        equal([line for line in told if "p=tls-exporter" in line], [], "use of tls-exporter")


def not_offered(lab):
    with ScramServer(lab, "PLAIN SCRAM-SHA-256") as server:
        failed(lab.submit(server.settings(lab, "scram-sha-256-plus"), ["to@y.example"], SHORT),
               (REFUSED, PROTOCOL, NO_PERMISSION))
        only_greets(server.told())


def only_greets(told):
    """No login and no mail; a polite end is fine."""
    said = [line for line in told if line.startswith("C: ")
            and not line.startswith(("C: EHLO ", "C: QUIT"))]
    equal(said, [], "commands")


def wrong_password(lab):
    with ScramServer(lab, ALL) as server:
        failed(lab.submit(server.settings(lab, "scram-sha-256-plus", password="wrong"),
                          ["to@y.example"], SHORT), NO_PERMISSION)
        equal([line for line in server.told() if line.startswith("C: MAIL")], [], "MAIL")


def intercepted(auth, lab):
    """The binding betrays the man in the middle, and he must not get something easier instead."""
    with ScramServer(lab, ALL) as server:
        middle = Middle(server.port, lab.pki.middle)
        failed(lab.submit(server.settings(lab, auth, port=middle.port), ["to@y.example"], SHORT),
               NO_PERMISSION)
        said = middle.done().decode()
        tries = [line.split()[1] for line in said.splitlines() if line.startswith("AUTH ")]
        if not tries or not all(name.endswith("-PLUS") for name in tries):
            raise Wrong(f"got AUTH {tries}, want SCRAM with channel binding and no other")
        equal("MAIL FROM" in said, False, "MAIL FROM in what was said")


def external(lab):
    cert, key = lab.pki.alice
    with ScramServer(lab, "EXTERNAL PLAIN") as server:
        settings = server.settings(lab, "external", tls_cert_file=cert, tls_key_file=key,
                                   user=None, password=None)
        sent(lab.submit(settings, ["to@y.example"], SHORT))
        equal("C: AUTH EXTERNAL =" in server.told(), True, f"AUTH EXTERNAL = in {server.lines}")


def external_without(lab):
    with ScramServer(lab, "EXTERNAL PLAIN") as server:
        settings = server.settings(lab, "external", user=None, password=None)
        failed(lab.submit(settings, ["to@y.example"], SHORT), (NO_PERMISSION, 78))
        equal([line for line in server.lines if line.startswith("C: MAIL")], [], "MAIL")


def distrusted(why, lab):
    certificate = lab.pki.expired if why == "expired" else lab.pki.server
    trusted = lab.pki.authority if why == "expired" else lab.pki.stranger
    with ScramServer(lab, ALL, certificate) as server:
        not_a_word(lab, server, tls_trust_file=trusted)


def not_a_word(lab, server, **changes):
    failed(lab.submit(server.settings(lab, "plain", **changes), ["to@y.example"], SHORT),
           NO_PERMISSION)
    equal([line for line in server.told() if line.startswith("C: ")], [], "commands")


def revoked_by_list(lab):
    with ScramServer(lab, ALL, lab.pki.revoked) as server:
        not_a_word(lab, server, tls_crl_file=lab.pki.crl)


def revoked_by_staple(lab):
    with ScramServer(lab, ALL, lab.pki.revoked, staple=lab.pki.revoked_staple) as server:
        not_a_word(lab, server)


def no_staple(lab):
    with ScramServer(lab, ALL, lab.pki.stapled) as server:
        not_a_word(lab, server)


def good_staple(lab):
    with ScramServer(lab, ALL, lab.pki.stapled, staple=lab.pki.staple) as server:
        logs_in(lab, server, "plain", "PLAIN")


def unchecked(lab):
    with ScramServer(lab, ALL, lab.pki.expired) as server:
        settings = server.settings(lab, "plain", tls_trust_file=None, tls_certcheck="off")
        sent(lab.submit(settings, ["to@y.example"], SHORT))


def too_old(lab):
    with ScramServer(lab, ALL, priorities=VERSION.format("1.2")) as server:
        outcome = lab.submit(server.settings(lab, "plain", tls_min_version="1.3"),
                             ["to@y.example"], SHORT)
        failed(outcome, (REFUSED, PROTOCOL, NO_PERMISSION))
        equal([line for line in server.told() if line.startswith("C: ")], [], "commands")
