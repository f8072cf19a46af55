# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases that every server goes through."""
import concurrent.futures
import hashlib
import itertools
import ssl

from checks import (DATA_ERROR, NO_PERMISSION, NO_USER, OK, REFUSED, TEMPORARY, Case, Wrong,
                    arrived, equal, failed, nothing, sent)
from letters import LETTERS, letter
from server import LIMIT, PASSWORDS
from tap import Tap

SHORT = LETTERS["a short one"][0]
KINDS = {"tls": "implicit TLS", "starttls": "STARTTLS"}
# What automatic choice has to come to, best first; the others only when they are asked for.
AUTOMATIC = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]
BY_TOKEN = ["OAUTHBEARER", "XOAUTH2"]
SETTING = {"EXTERNAL": {"user": None, "password": None},
           "GSSAPI": {"password": None},
           "NTLM": {"user": "alice"}}


class Common:
    """The cases for one class of server; each method that makes cases returns a list."""

    def __init__(self, server):
        self.kind = server

    def case(self, name, function, *arguments):
        def run(lab):
            function(lab, lab.servers[self.kind.name], *arguments)
        return Case(f"{self.kind.name}: {name}", run)

    def all(self, full):
        return [*self.addresses(), *self.letters(full), *self.mechanisms(), *self.automatic(),
                *self.refusals(), *self.trust(), *self.parameters(), *self.information(),
                self.case("nothing that was refused has arrived after all", nothing_late)]

    def addresses(self):
        return [self.case(f"{KINDS[kind]}, host {host}", deliver, kind, {"host": host})
                for kind, host in itertools.product(KINDS, ("127.0.0.1", "::1", "localhost"))]

    def letters(self, full):
        found = [self.case(f"byte for byte over {KINDS[kind]}: {name}", deliver, kind, {},
                           *LETTERS[name])
                 for kind, name in itertools.product(KINDS, LETTERS)]
        if full:
            found += [self.case(f"byte for byte, PLAIN as {user}", deliver, "tls", login(user))
                      for user in PASSWORDS]
        return found

    def mechanisms(self):
        found = []
        for mechanism in self.kind.mechanisms:
            found.append(self.case(f"auth {mechanism.lower()}", mechanism_works, mechanism))
            if mechanism not in ("EXTERNAL", "GSSAPI"):
                found.append(self.case(f"auth {mechanism.lower()} with a wrong secret: exit 77",
                                       mechanism_fails, mechanism))
        return found

    def automatic(self):
        return [*[self.case(f"auth on as {user}, {KINDS[kind]}", automatic_works, kind, user)
                  for kind, user in itertools.product(KINDS, PASSWORDS)],
                self.case("auth on with a wrong password: exit 77", automatic_fails)]

    def refusals(self):
        return [
            self.case("a refused recipient: exit 67 or 69, the server's words", refused),
            self.case("one of two refused, partial delivery: the other has it", partly, "on"),
            self.case("one of two refused, all or none: nobody has it", partly, "off"),
            *self.postponed(),
            self.case("thirty recipients", thirty),
            self.case("twelve at the same time", together),
            self.case("no login: the server's refusal is told", no_login),
            self.case("too large for the announced SIZE: exit 65, nothing sent", too_large),
        ]

    def postponed(self):
        if not self.kind.postpones:
            return []
        return [self.case("a recipient refused for now: exit 75", later),
                self.case("one of two refused for now: exit 75, the other has it", partly_later)]

    def trust(self):
        found = []
        for kind in KINDS:
            found += [
                self.case(f"unknown authority, {KINDS[kind]}: exit 77, nothing said",
                          distrusted, kind, "stranger"),
                self.case(f"certificate for another name, {KINDS[kind]}: exit 77, nothing said",
                          distrusted, kind, "name"),
                self.case(f"fingerprint, {KINDS[kind]}", fingerprint, kind, True),
                self.case(f"wrong fingerprint, {KINDS[kind]}: exit 77, nothing said",
                          fingerprint, kind, False),
            ]
        return [*found, self.case("tls_host_override names the certificate's host", overridden)]

    def parameters(self):
        found = [self.case("an empty sender", empty_sender),
                 self.case("-t: To, Cc and Bcc have it, and Bcc is gone", from_header)]
        if "DSN" in self.kind.offers:
            found.append(self.case("DSN: -N, -R and -V reach the next hop", notifications))
        if "SMTPUTF8" in self.kind.offers:
            found.append(self.case("SMTPUTF8 addresses", utf8_addresses))
        return found

    def information(self):
        return [self.case("info tells what the server offers", information)]


def cases(server, full):
    return Common(server).all(full)


def login(user):
    return {"user": user, "password": PASSWORDS[user]}


def deliver(lab, server, kind, changes, text=SHORT, options=()):
    recipient = lab.recipient()
    sent(lab.submit(lab.account(server, kind, **changes), [recipient], text, options))
    message = arrived(lab, server, recipient, text)
    equal(message.sender, "alice@test.example", "envelope sender")


def for_mechanism(lab, mechanism):
    """(changed settings, environment) for a login by this mechanism that must work."""
    changes = {"auth": mechanism.lower(), **SETTING.get(mechanism, {})}
    if mechanism in BY_TOKEN:
        changes["password"] = "good-token"
    if mechanism == "EXTERNAL":
        changes["tls_cert_file"], changes["tls_key_file"] = lab.pki.alice
    return changes, lab.kerberos.ticket() if mechanism == "GSSAPI" else {}


def mechanism_works(lab, server, mechanism):
    changes, environment = for_mechanism(lab, mechanism)
    since, recipient = server.log_size(), lab.recipient()
    sent(lab.submit(lab.account(server, "starttls", **changes), [recipient], SHORT, (),
                    environment))
    arrived(lab, server, recipient, SHORT)
    used, user = server.login_of(since)
    equal(used or mechanism, mechanism, "mechanism in the server's log")
    equal(user, "alice" if mechanism == "NTLM" else "alice@test.example", "user in its log")


def mechanism_fails(lab, server, mechanism):
    changes, environment = for_mechanism(lab, mechanism)
    recipient = lab.recipient()
    changes["password"] = "not-the-secret"
    failed(lab.submit(lab.account(server, "starttls", **changes), [recipient], SHORT, (),
                      environment), NO_PERMISSION)
    nothing(lab, recipient)


def automatic_works(lab, server, kind, user):
    since, recipient = server.log_size(), lab.recipient()
    sent(lab.submit(lab.account(server, kind, auth="on", **login(user)), [recipient], SHORT))
    arrived(lab, server, recipient, SHORT)
    used, logged = server.login_of(since)
    equal(logged, user, "user in the server's log")
    # carol's password is kept in a form that serves no SCRAM: PLAIN has to be tried then.
    best = [name for name in AUTOMATIC if name in server.mechanisms]
    best = "PLAIN" if user.startswith("carol") else best[0]
    # bob's is kept for SCRAM-SHA-256 alone, which all servers here that know SCRAM prefer.
    equal(used or best, best, "mechanism in the server's log")


def automatic_fails(lab, server):
    recipient = lab.recipient()
    failed(lab.submit(lab.account(server, "starttls", auth="on", password="wrong"), [recipient],
                      SHORT), NO_PERMISSION)
    nothing(lab, recipient)


def refused(lab, server):
    recipient, words = server.refused
    failed(lab.submit(lab.account(server, "starttls"), [recipient], SHORT), (NO_USER, REFUSED),
           words)


def partly(lab, server, partial):
    recipient = lab.recipient()
    outcome = lab.submit(lab.account(server, "starttls", partial_delivery=partial),
                         [recipient, server.refused[0]], SHORT)
    failed(outcome, (NO_USER, REFUSED), server.refused[1])
    if server.refused[0] not in outcome.err:
        raise Wrong(f"got {outcome}, want the refused address in it")
    if partial == "on":
        arrived(lab, server, recipient, SHORT)
    else:
        nothing(lab, recipient)


def later(lab, server):
    failed(lab.submit(lab.account(server, "starttls"), ["later@y.example"], SHORT), TEMPORARY,
           "try again later")


def partly_later(lab, server):
    recipient = lab.recipient()
    failed(lab.submit(lab.account(server, "starttls"), ["later@y.example", recipient], SHORT),
           TEMPORARY, "later@y.example")
    arrived(lab, server, recipient, SHORT)


def together(lab, server):
    def one(kind):
        recipient = lab.recipient()
        return recipient, lab.submit(lab.account(server, kind), [recipient], SHORT)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for recipient, outcome in pool.map(one, ["tls", "starttls"] * 6):
            sent(outcome)
            arrived(lab, server, recipient, SHORT)


def thirty(lab, server):
    recipients = [lab.recipient() for _ in range(30)]
    sent(lab.submit(lab.account(server, "tls"), recipients, SHORT))
    for recipient in recipients:
        arrived(lab, server, recipient, SHORT)
        equal(lab.sink.count(recipient), 1, f"messages for {recipient}")


def no_login(lab, server):
    recipient = lab.recipient()
    outcome = lab.submit(lab.account(server, "starttls", auth="off", user=None, password=None),
                         [recipient], SHORT)
    failed(outcome, (NO_USER, REFUSED, NO_PERMISSION))
    nothing(lab, recipient)


def too_large(lab, server):
    """The tap shows that the message stayed at home."""
    tap, recipient = Tap(server.ports["starttls"]), lab.recipient()
    text = letter("too large", b"0123456789abcde\n" * (LIMIT // 16))
    outcome = lab.submit(lab.account(server, "starttls", host="127.0.0.1", port=tap.port),
                         [recipient], text)
    failed(outcome, DATA_ERROR)
    said = tap.done()
    if not 0 < len(said) < 16384:
        raise Wrong(f"got {len(said)} bytes said to the server, want a login and little more")
    nothing(lab, recipient)


def distrusted(lab, server, kind, why):
    tap, recipient = Tap(server.ports[kind]), lab.recipient()
    changes = {"host": "127.0.0.1", "tls_trust_file": lab.pki.stranger}
    if why == "name":
        changes = {"host": "wrong.test.example"}
    outcome = lab.submit(lab.account(server, kind, port=tap.port, **changes), [recipient], SHORT)
    failed(outcome, NO_PERMISSION)
    equal(tap.complaint(kind == "starttls"), None, "what postrider did")
    nothing(lab, recipient)


def fingerprint(lab, server, kind, right):
    tap, recipient = Tap(server.ports[kind]), lab.recipient()
    with open(server.certificate[0], encoding="ascii") as pem:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).digest()
    digest = digest if right else digest[::-1]
    outcome = lab.submit(lab.account(server, kind, host="wrong.test.example", port=tap.port,
                                     tls_trust_file=None, tls_fingerprint=digest.hex(":")),
                         [recipient], SHORT)
    if right:
        sent(outcome)
        arrived(lab, server, recipient, SHORT)
        tap.done()
    else:
        failed(outcome, NO_PERMISSION)
        equal(tap.complaint(kind == "starttls"), None, "what postrider did")
        nothing(lab, recipient)


def overridden(lab, server):
    deliver(lab, server, "tls", {"host": "wrong.test.example",
                                 "tls_host_override": "mail.test.example"})


def empty_sender(lab, server):
    recipient = lab.recipient()
    sent(lab.submit(lab.account(server, "starttls"), [recipient], SHORT, ("-f", "<>")))
    equal(arrived(lab, server, recipient, SHORT).sender, "", "envelope sender")


def from_header(lab, server):
    to, copied, blind = lab.recipient(), lab.recipient(), lab.recipient()
    shown = SHORT.replace(b"someone@y.example", f"{to}\nCc: <{copied}>".encode())
    hidden = shown.replace(b"Subject:", f"Bcc: Blind <{blind}>,\n {to}\nSubject:".encode())
    sent(lab.submit(lab.account(server, "starttls"), [], hidden, ("-t",)))
    for recipient in (to, copied, blind):
        arrived(lab, server, recipient, shown)
    equal(lab.sink.count(to), 1, f"messages for {to}")


def notifications(lab, server):
    recipient = lab.recipient()
    sent(lab.submit(lab.account(server, "starttls"), [recipient], SHORT,
                    ("-N", "failure,delay", "-R", "hdrs", "-V", "env+1=x")))
    message = arrived(lab, server, recipient, SHORT)
    words = message.parameters.upper().split()
    equal("RET=HDRS" in words, True, f"RET=HDRS in {message.parameters!r}")
    equal("ENVID=ENV+2B1+3DX" in words, True, f"ENVID=env+2B1+3Dx in {message.parameters!r}")
    notify = [word for word in message.recipients[recipient].upper().split()
              if word.startswith("NOTIFY=")]
    equal([sorted(word[7:].split(",")) for word in notify], [["DELAY", "FAILURE"]], "NOTIFY")


def utf8_addresses(lab, server):
    recipient = lab.recipient("jürgen")
    text = letter("eai", b"text\n").replace(b"someone@y.example", recipient.encode())
    sent(lab.submit(lab.account(server, "starttls"), [recipient], text))
    message = arrived(lab, server, recipient, text)
    equal("SMTPUTF8" in message.parameters, True, f"SMTPUTF8 in {message.parameters!r}")


def information(lab, server):
    settings = lab.account(server, "starttls")
    outcome = lab.submit(settings, [], b"", ("--serverinfo",))
    equal((outcome.status, outcome.err), (OK, ""), "exit and stderr")
    told = outcome.out.upper()
    missing = [word for word in ["SIZE", "8BITMIME", *server.mechanisms] if word not in told]
    equal(missing, [], f"what is not told in {outcome.out!r}")


def nothing_late(lab, server):
    """One more message goes through; all that was to be kept away has had time to come, too."""
    deliver(lab, server, "tls", {})
    late = [recipient for recipient in lab.unwanted if lab.sink.count(recipient)]
    equal(late, [], "recipients")
