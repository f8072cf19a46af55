# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases for what only one of the servers has, or only one of them tells in its log."""
import base64
import os
import re
import tempfile

from checks import (BAD_CONFIG, NO_PERMISSION, NO_USER, OK, PROTOCOL, REFUSED, TEMPORARY, Case,
                    Skip, Wrong, arrived, equal, failed, nothing, sent)
from common import SHORT, login
from letters import LETTERS, canonical, difference
from server import PASSWORDS
from tap import Tap

# What Dovecot's LMTP puts on top of a message, in this order.
DELIVERED = re.compile(rb"Return-Path: <alice@test\.example>\n"
                       rb"Delivered-To: alice@test\.example\n"
                       rb"Received: .*\n(?:[ \t].*\n)*")


def case(server, name, function, *arguments):
    def run(lab):
        function(lab, lab.servers[server], *arguments)
    return Case(f"{server}: {name}", run)


def postfix():
    return [
        case("postfix", "an account of three lines, system trust, no port", three_lines),
        case("postfix", "one flight with BDAT from MAIL to QUIT", one_flight, 1),
        case("postfix", "one flight with BDAT, forty recipients", one_flight, 40),
        case("postfix", "CHUNKING and AUTH as Postfix counts them", counted),
        case("postfix", "auth on, a password of no use for SCRAM: two tries", two_tries),
        case("postfix", "auth on, a wrong password: two tries at most", two_tries_at_most),
        case("postfix", "STARTTLS wanted and not offered: nothing said", no_starttls),
        case("postfix", "client certificate by file", client_certificate),
        case("postfix", "tls_min_version 1.3", version, {"tls_min_version": "1.3"}, "TLSv1.3"),
        case("postfix", "tls_priorities for TLS 1.2 only", version,
             {"tls_priorities": "NORMAL:-VERS-ALL:+VERS-TLS1.2"}, "TLSv1.2"),
        *tickets("postfix", ("tls", "starttls"), postfix_resumes),
        case("postfix", "BODY=8BITMIME for 8-bit text only", body_parameter),
        case("postfix", "a recipient in an IDN domain", idn_domain),
        case("postfix", "a long token in AUTH XOAUTH2", long_token, "xoauth2"),
        case("postfix", "ip 4 and ip 6", families),
        case("postfix", "source_ip", source_address),
        case("postfix", "the second address of a host, where the first refuses", second_address),
        case("postfix", "through a SOCKS5 proxy, which resolves the name", proxied, {}),
        case("postfix", "through a SOCKS5 proxy with a login", proxied,
             {"proxy_user": "vera", "proxy_password": "letmein"}),
        case("postfix", "a SOCKS5 proxy with a wrong password: no way", not_proxied),
        case("postfix", "info --vrfy", verify),
        case("postfix", "--rmqs says ETRN", etrn),
    ]


def dovecot():
    return [
        *[case("dovecot", f"a long token in AUTH {name.upper()}", long_token, name)
          for name in ("xoauth2", "oauthbearer")],
        *[case("dovecot", f"{name.upper()} with {token}: exit 77, the server's answer",
               bad_token, name, token)
          for name in ("xoauth2", "oauthbearer") for token in ("scopeless-token", "bobs-token")],
        *tickets("dovecot", ("tls", "starttls"), resumes, host="127.0.0.2",
                 tls_host_override="localhost"),
        *tickets("dovecot", ("tls",), fails_once),
        case("dovecot", "EXTERNAL with a stranger's certificate: no login", stranger),
        case("dovecot", "EXTERNAL with the key on a PKCS#11 token, by its PIN", by_token, "1234"),
        case("dovecot", "EXTERNAL with a PKCS#11 token and a wrong PIN", by_token, "4321"),
        case("dovecot", "EXTERNAL with an encrypted key file", encrypted_key),
        *[case("dovecot", f"--debug shows no secret of {name.upper()}", masked, name)
          for name in ("plain", "login", "cram-md5", "scram-sha-256", "oauthbearer", "xoauth2")],
        *[case("dovecot", f"LMTP on a socket: {name}", lmtp, *LETTERS[name])
          for name in ("a short one", "leading dots", "1 MiB")],
        case("dovecot", "LMTP: one of two recipients is unknown", lmtp_verdicts),
    ]


def exim():
    return [
        *tickets("exim", ("tls",), never_resumes),
        case("exim", "auth external, offered for a verified certificate only", exim_external),
    ]


def resumes(_version, number):
    """resumed from the second on"""
    return 1, int(number > 0)


def postfix_resumes(version, number):
    """resumed, each second one of TLS 1.3, since Postfix gives no new ticket for a used one"""
    return 1, int(number > 0 and (version == "1.2" or number % 2))


def fails_once(_version, number):
    """one that fails over a ticket, and none with a ticket after that"""
    return 1 + (number == 1), 0


def never_resumes(_version, _number):
    """never resumed, since each connection has a process with keys of its own"""
    return 1, 0


def tickets(server, kinds, pattern, **changes):
    """Sessions that are taken up again: whether that is told, and the letters arrive."""
    return [case(server, f"sessions of TLS {version} on port {kind}: {pattern.__doc__}", resumed,
                 version, kind, pattern, changes)
            for version in ("1.2", "1.3") for kind in kinds]


def resumed(lab, server, version, kind, pattern, changes):
    account = lab.account(server, kind, **changes,
                          tls_priorities=f"NORMAL:-VERS-ALL:+VERS-TLS{version}")
    with tempfile.TemporaryDirectory(dir=lab.shared) as state:
        for number in range(4):
            recipient = lab.recipient()
            outcome = lab.submit(account, [recipient], SHORT, ["-v"], {"XDG_STATE_HOME": state})
            equal(outcome.status, OK, "exit status")
            arrived(lab, server, recipient, SHORT)
            equal((outcome.err.count("connect to"), outcome.err.count(", resumed")),
                  pattern(version, number), f"connections and resumed sessions of mail {number}")


def three_lines(lab, server):
    if not lab.system_trust:
        raise Skip("there is no bundle of system certificates to put another one over")
    since, recipient = server.log_size(), lab.recipient()
    with open(f"{lab.shared}/three-lines", "w", encoding="ascii") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write("from alice@test.example\nhost localhost\npassword secret\n")
    sent(lab.run(["-C", out.name, recipient], SHORT))
    arrived(lab, server, recipient, SHORT)
    equal(server.login_of(since), ("SCRAM-SHA-256", "alice@test.example"), "login")
    received = lab.sink.wait(recipient).content.split(b"\r\nDate:")[0]
    equal(b"with ESMTPSA" in received, True, f"ESMTPSA in {received!r}")


def bare(lab, server, **changes):
    """Neither TLS nor login: Postfix's open port, or what `changes` name."""
    bared = {"host": "127.0.0.1", "tls": "off", "tls_starttls": None, "tls_trust_file": None,
             "auth": "off", "user": None, "password": None}
    if "port" not in changes:
        bared["port"] = server.plain_port
    return lab.account(server, "starttls", **{**bared, **changes})


def one_flight(lab, server, count):
    """The tap keeps all answers back until all has been said: who waits for one is stuck. To more
    than ten QUIT does not go along, since a server may have others in another transaction."""
    tap = Tap(server.plain_port,
              hold=b"\r\nQUIT\r\n" if count <= 10 else canonical(SHORT)[-40:])
    recipients = [lab.recipient() for _ in range(count)]
    sent(lab.submit(bare(lab, server, port=tap.port, timeout="10"), recipients, SHORT))
    for recipient in recipients:
        arrived(lab, server, recipient, SHORT)
    equal(b"\r\nBDAT %d LAST\r\n" % len(canonical(SHORT)) in tap.done(), True,
          f"BDAT with the exact size in {tap.said[:300]!r}")


def counted(lab, server):
    since, recipient = server.log_size(), lab.recipient()
    sent(lab.submit(lab.account(server, "starttls"), [recipient], SHORT))
    said = server.session(since, "auth")
    equal(said, {"ehlo": "2", "starttls": "1", "auth": "1", "mail": "1", "rcpt": "1", "bdat": "1",
                 "quit": "1", "commands": "8"}, "commands in Postfix's log")


def two_tries(lab, server):
    since, recipient = server.log_size(), lab.recipient()
    sent(lab.submit(lab.account(server, "starttls", auth="on", **login("carol@test.example")),
                    [recipient], SHORT))
    equal(server.session(since, "auth")["auth"], "1/2", "AUTH commands, accepted/said")


def two_tries_at_most(lab, server):
    since, recipient = server.log_size(), lab.recipient()
    failed(lab.submit(lab.account(server, "starttls", auth="on", password="wrong"), [recipient],
                      SHORT), NO_PERMISSION)
    count = server.session(since, "auth")["auth"]
    equal(count in ("0/1", "0/2"), True, f"{count} as one of 0/1 and 0/2")


def no_starttls(lab, server):
    tap, recipient = Tap(server.plain_port), lab.recipient()
    settings = lab.account(server, "starttls", host="127.0.0.1", port=tap.port)
    failed(lab.submit(settings, [recipient], SHORT), (REFUSED, PROTOCOL, NO_PERMISSION))
    said = tap.done()
    match = re.fullmatch(rb"EHLO [^\r\n]+\r\n(QUIT\r\n)?", said)
    equal(match is not None, True, f"EHLO and perhaps QUIT alone in {said[:300]!r}")
    nothing(lab, recipient)


def trace(lab, server, changes):
    recipient = lab.recipient()
    sent(lab.submit(lab.account(server, "starttls", **changes), [recipient], SHORT))
    return arrived(lab, server, recipient, SHORT).content.decode()


def client_certificate(lab, server):
    cert, key = lab.pki.alice
    text = trace(lab, server, {"tls_cert_file": cert, "tls_key_file": key})
    match = re.search(r'\(Client CN "alice@test.example", Issuer "[^"]+" \(([^)]+)\)\)', text)
    equal(match and match.group(1), "verified OK", f"Postfix's verdict in {text[:600]!r}")


def version(lab, server, changes, words):
    text = trace(lab, server, changes)
    equal(f"(using {words} with cipher" in text, True, f"{words} in {text[:600]!r}")


def body_parameter(lab, server):
    for name, wanted in (("UTF-8, 8 bit", True), ("a short one", False)):
        text, recipient = LETTERS[name][0], lab.recipient()
        sent(lab.submit(lab.account(server, "starttls"), [recipient], text))
        message = arrived(lab, server, recipient, text)
        equal("BODY=8BITMIME" in message.parameters, wanted,
              f"BODY=8BITMIME in {message.parameters!r} for {name}")


def idn_domain(lab, server):
    local = lab.recipient().split("@", maxsplit=1)[0]
    sent(lab.submit(lab.account(server, "starttls"), [f"{local}@bücher.example"], SHORT))
    message = arrived(lab, server, f"{local}@xn--bcher-kva.example", SHORT)
    equal("SMTPUTF8" in message.parameters, False, f"SMTPUTF8 in {message.parameters!r}")


def long_token(lab, server, mechanism):
    recipient = lab.recipient()
    settings = lab.account(server, "starttls", auth=mechanism, password="long-token-" + "x" * 3000)
    sent(lab.submit(settings, [recipient], SHORT))
    arrived(lab, server, recipient, SHORT)


def bad_token(lab, server, mechanism, token):
    recipient = lab.recipient()
    outcome = lab.submit(lab.account(server, "starttls", auth=mechanism, password=token),
                         [recipient], SHORT)
    failed(outcome, NO_PERMISSION, server.complaint(mechanism, token == "bobs-token"))
    equal(token in outcome.err, False, f"the token in {outcome.err!r}")
    nothing(lab, recipient)


def families(lab, server):
    for setting, address in (("4", "[127.0.0.1]"), ("6", "[IPv6:::1]")):
        text = trace(lab, server, {"ip": setting})
        equal(address in text, True, f"{address} in {text[:200]!r}")


def source_address(lab, server):
    text = trace(lab, server, {"host": "127.0.0.1", "source_ip": "127.0.0.5"})
    equal("[127.0.0.5]" in text, True, f"[127.0.0.5] in {text[:200]!r}")


def second_address(lab, server):
    """The tap listens on 127.0.0.1 alone; localhost is ::1, too."""
    tap = Tap(server.ports["starttls"])
    trace(lab, server, {"host": "localhost", "port": tap.port})
    equal(tap.done() != b"", True, "something said over the tap")


def proxied(lab, server, user):
    """Only the proxy knows this name: were it resolved here, there would be no way."""
    proxy = lab.servers["socks"]
    since = proxy.log_size()
    port = proxy.ports["login"] if user else proxy.ports["open"]
    trace(lab, server, {"host": "beyond.test.example", "proxy_host": "127.0.0.1",
                        "proxy_port": port, "tls_host_override": "mail.test.example", **user})
    proxy.log_line("connected to beyond.test.example", since)


def not_proxied(lab, server):
    recipient = lab.recipient()
    settings = lab.account(server, "starttls", proxy_host="127.0.0.1",
                           proxy_port=lab.servers["socks"].ports["login"], proxy_user="vera",
                           proxy_password="wrong")
    failed(lab.submit(settings, [recipient], SHORT), (REFUSED, TEMPORARY, NO_PERMISSION))
    nothing(lab, recipient)


def verify(lab, server):
    outcome = lab.submit(bare(lab, server), [], b"", ("info", "--vrfy", "someone@y.example"))
    equal((outcome.status, outcome.err), (OK, ""), "exit and stderr")
    equal("someone@y.example" in outcome.out, True, f"the address in {outcome.out!r}")


def etrn(lab, server):
    since = server.log_size()
    outcome = lab.submit(bare(lab, server), [], b"", ("--rmqs=queued.example",))
    equal((outcome.status, outcome.err), (OK, ""), "exit and stderr")
    equal(server.session(since, "etrn").get("etrn"), "1", "ETRN commands")


def masked(lab, server, mechanism):
    """Neither the secret nor anything that decodes to it; the rest of the dialogue is there."""
    recipient, secret = lab.recipient(), PASSWORDS["bob@test.example"]
    changes = {"auth": mechanism, **login("bob@test.example")}
    if mechanism in ("oauthbearer", "xoauth2"):
        changes, secret = {"auth": mechanism, "password": "good-token"}, "good-token"
    if mechanism == "cram-md5":
        changes, secret = {"auth": mechanism, **login("dora@test.example")}, "pässwörd"
    outcome = lab.submit(lab.account(server, "starttls", **changes), [recipient], SHORT, ("-d",))
    equal(outcome.status, OK, f"exit with {outcome.err[-500:]!r}")
    arrived(lab, server, recipient, SHORT)
    equal(f"RCPT TO:<{recipient}>" in outcome.err, True, f"RCPT in {outcome.err!r}")
    words = [outcome.err.encode()]
    for word in re.findall(r"[A-Za-z0-9+/]{6,}={0,2}", outcome.err):
        words.append(base64.b64decode(word + "=" * (-len(word) % 4)) if len(word) % 4 != 1 else b"")
    equal([word for word in words if secret.encode() in word], [], "the secret told")


def stranger(lab, server):
    recipient = lab.recipient()
    cert, key = lab.pki.mallory
    settings = lab.account(server, "starttls", auth="external", tls_cert_file=cert,
                           tls_key_file=key, user=None, password=None)
    failed(lab.submit(settings, [recipient], SHORT), (NO_PERMISSION, PROTOCOL))
    nothing(lab, recipient)


def by_token(lab, server, pin):
    token, recipient = lab.servers["token"], lab.recipient()
    if not token.usable:
        raise Skip("p11-kit has no folder for modules here (Debian's softhsm2 makes it)")
    settings = lab.account(server, "starttls", auth="external", tls_cert_file=lab.pki.alice[0],
                           tls_key_file=token.key, user=None, password=pin)
    outcome = lab.submit(settings, [recipient], SHORT, (), token.environment)
    if pin == token.pin:
        sent(outcome)
        arrived(lab, server, recipient, SHORT)
    else:
        failed(outcome, (NO_PERMISSION, BAD_CONFIG))
        nothing(lab, recipient)


def encrypted_key(lab, server):
    recipient = lab.recipient()
    settings = lab.account(server, "starttls", auth="external", tls_cert_file=lab.pki.alice[0],
                           tls_key_file=lab.pki.encrypted("alice", "open sesame"), user=None,
                           password="open sesame")
    sent(lab.submit(settings, [recipient], SHORT))
    arrived(lab, server, recipient, SHORT)


def local(lab, server, recipients, text, options=()):
    settings = bare(lab, server, protocol="lmtp", socket=server.lmtp_socket, port=None, host=None)
    box = f"{server.folder}/home/mail/new"
    before = set(os.listdir(box)) if os.path.isdir(box) else set()
    outcome = lab.submit(settings, recipients, text, options)
    after = set(os.listdir(box)) if os.path.isdir(box) else set()
    return outcome, [f"{box}/{name}" for name in after - before]


def kept(files, text):
    equal(len(files), 1, "new files in the mailbox")
    with open(files[0], "rb") as mail:
        content = mail.read()
    match = DELIVERED.match(content)
    if match is None:
        raise Wrong(f"got {content[:300]!r}, want Dovecot's own fields on top")
    want = canonical(text).replace(b"\r\n", b"\n")
    equal(difference(content[match.end():], want), None, "difference")


def lmtp(lab, server, text, options):
    outcome, files = local(lab, server, ["alice@test.example"], text, options)
    sent(outcome)
    kept(files, text)


def lmtp_verdicts(lab, server):
    outcome, files = local(lab, server, ["alice@test.example", "nobody@test.example"], SHORT)
    failed(outcome, (NO_USER, REFUSED), "nobody@test.example")
    kept(files, SHORT)


def exim_external(lab, server):
    cert, key = lab.pki.alice
    since, recipient = server.log_size(), lab.recipient()
    settings = lab.account(server, "starttls", auth="external", tls_cert_file=cert,
                           tls_key_file=key, user=None, password=None)
    sent(lab.submit(settings, [recipient], SHORT))
    arrived(lab, server, recipient, SHORT)
    equal(server.login_of(since), ("EXTERNAL", "alice@test.example"), "login")
