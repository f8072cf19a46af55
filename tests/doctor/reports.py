# SPDX-License-Identifier: GPL-3.0-or-later
"""The report itself: what it looks like, what is never in it, and what the doctor never does."""
import os
import pty
import re
import subprocess

from questions import (
    CONFIG, DATA, GOOD, NO_PERMISSION, USAGE, Case, doctor, ordinary, server, tells, want)
from room import PROGRAM
from scripted import Server

ALL = []
SECRET = "correct-horse-battery"
ORDER = ("program", "links", "files", "account", "root", "name", "connect", "server", "tls", "auth",
         "secret", "login", "sender", "copies", "domain", "queue", "log")


def case(function):
    ALL.append(Case(function.__name__, f"doctor: {function.__doc__}", function))
    return function


def on_terminal(room, *words, keys=b"", **environment):
    """What it shows to a terminal, at which somebody types KEYS."""
    leader, follower = pty.openpty()
    os.write(leader, keys)
    with subprocess.Popen([PROGRAM, *words], stdin=follower if keys else subprocess.DEVNULL,
                          stdout=follower, stderr=subprocess.STDOUT, start_new_session=True,
                          env={**room.environment, **environment}):
        os.close(follower)
        text = b""
        while True:
            try:
                more = os.read(leader, 65536)
            except OSError:
                break
            text += more
            if not more:
                break
    os.close(leader)
    return text.decode()


@case
def afresh(room):
    """a certificate that was good before is looked at again"""
    with server(room) as there:
        room.account(port=there.port, password=SECRET)
        sent = [room.send("-v", "you@example.net") for _ in range(2)]
        report = room.doctor()
        sent.append(room.send("-v", "you@example.net"))
    want(room, "want a session that is resumed, twice",
         [", resumed" in outcome.said for outcome in sent] == [False, True, True],
         [outcome.said for outcome in sent])
    doctor(room, report, GOOD, None)
    want(room, "want a full handshake", "TLS1" in report.texts("tls") and
         "resumed" not in report.texts("tls"), report.texts("tls"))


@case
def good(room):
    """every check has its turn, and nothing is sent"""
    with server(room) as there:
        room.account(port=there.port, password=SECRET)
        report, text = room.doctor(), room.run("doctor")
    doctor(room, report, GOOD, None)
    checks = list(dict.fromkeys(f["check"] for f in report.report["findings"]))
    want(room, f"want {ORDER}", checks == list(ORDER), checks)
    want(room, "want nothing sent", not there.mails, there.mails)
    said = [line.split(" ")[0] for line in there.lines]
    want(room, "want MAIL, RCPT, RSET", [v for v in said if v in ("MAIL", "RCPT", "RSET", "DATA")]
         == ["MAIL", "RCPT", "RSET"] * 2, said)
    want(room, "want QUIT", said.count("QUIT") == 2, said)
    want(room, "want the verdict last", text.out.endswith(
        "\n\nNothing is wrong: mail can be sent.\n"), text.out)
    want(room, "want silence on standard error", text.said + report.said == "", text.said)


@case
def secret(room):
    """no secret is in the report, masked or not, right or wrong"""
    for replies in ({}, {"AUTH": "535 5.7.8 no"}):
        with server(room, replies) as there:
            room.account(port=there.port, password=SECRET)
            for words in ((), ("--json",), ("--mask",), ("-v",), ("--debug",)):
                outcome = room.run("doctor", *words)
                want(room, f"want no secret with {words}", SECRET not in outcome.out + outcome.said,
                     outcome.out + outcome.said)


@case
def wrong(room):
    """the first thing that is wrong is the verdict, with one next step"""
    with server(room, {"AUTH": "535 5.7.8 no"}) as there:
        room.account(port=there.port)
        outcome = room.run("doctor")
    want(room, "want status 77", outcome.status == NO_PERMISSION, outcome.status)
    end = outcome.out.split("\n\n")[-1].splitlines()
    want(room, "want a verdict and a next step",
         end[0].startswith("What is wrong: localhost refused the login")
         and sum(line.startswith("What to do next: ") for line in end) == 1, end)
    want(room, "want it told once", outcome.said == "", outcome.said)


@case
def widths(room):
    """nothing is wider than the terminal"""
    room.account(host="gone.example.org")
    for columns in ("40", "60", "80", "200"):
        for language in ("C.UTF-8", "ja_JP.UTF-8"):
            text = room.run("doctor", COLUMNS=columns, LC_ALL=language).out
            widest = max(text.splitlines(), key=len)
            want(room, f"want at most {columns} columns", len(widest) <= int(columns), widest)
    text = room.run("doctor", COLUMNS="").out
    want(room, "want 80 columns where nothing is known",
         60 < max(map(len, text.splitlines())) <= 80, text)
    lines = [line for line in text.split("\n\n")[0].splitlines() if not line.startswith("     ")]
    want(room, "want a mark before each line",
         lines and all(re.match(r"(ok   |note |wrong) ", line) for line in lines), lines)


@case
def colors(room):
    """colours are for terminals that want them"""
    room.account(host="gone.example.org")
    for environment, colored in (({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({}, False),
                                 ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                                 ({"TERM": "xterm", "NO_COLOR": ""}, True)):
        text = on_terminal(room, "doctor", **environment)
        want(room, f"want colours {colored} with {environment}", ("\033[31m" in text) == colored,
             text)
    want(room, "want none in a file", "\033" not in room.run("doctor", TERM="xterm").out, "some")


@case
def mask(room):
    """a masked report names neither person, user nor machine"""
    with server(room, {"RCPT": "550 5.1.1 <me.private@example.org> unknown"}) as there:
        path = room.account(room.home / "private/config", port=there.port, user="private-login",
                            **{"from": "me.private@example.org"})
        shown = room.doctor("-C", str(path))
        hidden = room.doctor("--mask", "-C", str(path))
        text = room.run("doctor", "--mask", "-C", str(path))
    for word in ("me.private", "private-login", str(room.home)):
        want(room, f"want {word} when it is not masked", word in shown.out, shown.out)
        want(room, f"want no {word}", word not in hidden.out + text.out, hidden.out)
    want(room, "want the server's words", "550 5.1.1 <***@example.org> unknown" in hidden.out,
         hidden.out)
    want(room, "want the same verdict", hidden.report["word"] == shown.report["word"],
         hidden.report["word"])


@case
def english(room):
    """what programs read is English"""
    room.account(host="gone.example.org")
    plain, other = room.doctor(), room.doctor(LC_ALL="de_DE.UTF-8", LANGUAGE="de:ja")
    want(room, "want the same report", plain.out == other.out, other.out)


@case
def another_user(room):
    """only root looks as another user, and is that user for good"""
    room.account(port=9)
    outcome = room.run("doctor", "--as-user", "no-such-user")
    ordinary(room, outcome, USAGE, "There is no user no-such-user")
    path = room.write(room.home / "open", "account work\nhost 127.0.0.1\nport 9\nfrom a@example.org\n"
                      "passwordeval id -u >&2; id -g >&2; id -G >&2; exit 1\ntls off\nauth plain\n"
                      "cleartext_auth loopback\n", 0o644)
    with Server() as there:
        path.write_text(path.read_text().replace("port 9", f"port {there.port}"))
        outcome = room.run("doctor", "--as-user", "nobody", "-C", str(path))
    ids = re.findall(r"^\d+(?: \d+)*$", outcome.said, re.MULTILINE)
    want(room, "want nobody, its group, and no other", len(ids) == 3 and "0" not in
         " ".join(ids).split(), outcome.said)
    done = subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", PROGRAM, "doctor",
                           "--as-user", "root"], capture_output=True, text=True, check=False,
                          env=room.environment, stdin=subprocess.DEVNULL)
    want(room, "want a refusal", done.returncode == USAGE and "Only root" in done.stderr,
         (done.returncode, done.stderr))


@case
def cron(room):
    """with --as-cron nothing of the environment is left, and no terminal"""
    path = room.account(port=9, password=None, tls="off", auth="plain", cleartext_auth="loopback",
                        passwordeval="env >&2; tty >&2; exit 1")
    with Server() as there:
        path.write_text(path.read_text().replace("port 9", f"port {there.port}"))
        outcome = room.run("doctor", "--as-cron", "-C", str(path), DISPLAY=":0", SSH_AUTH_SOCK="/x",
                           DBUS_SESSION_BUS_ADDRESS="unix:path=/x", XDG_RUNTIME_DIR="/x")
    names = set(re.findall(r"^(\w+)=", outcome.said, re.MULTILINE))
    want(room, "want cron's environment", {"HOME", "LOGNAME", "PATH", "SHELL"} <= names and
         not names & {"DISPLAY", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"},
         outcome.said)
    want(room, "want no terminal", "not a tty" in outcome.said, outcome.said)
    want(room, "want status 78", outcome.status == CONFIG, outcome.out)


@case
def files(room):
    """which file is read, what is wrong in it, and what goes before what"""
    first = room.account(port=9)
    second = room.write(room.home / ".msmtprc", "account default\nhost localhost\n")
    third = room.account(room.etc / "postrider/config", port=9)
    report = room.doctor()
    tells(room, report, "files", f"ok {first} is read (mode 0600)",
          f"note {second} is there, but another file goes before it", f"ok {third} is read")
    tells(room, report, "account", "ok work: localhost, port 9")
    first.unlink()
    report = room.doctor()
    tells(room, report, "files", f"ok {second} is read")
    tells(room, report, "account", "ok default: localhost, port 25, tls off")
    room.write(first, "account work\nhost localhost\npasword x\n")
    report = room.doctor()
    doctor(room, report, CONFIG, "config")
    tells(room, report, "files", f"{first}:3:", "password")
    want(room, "want it told once", report.out.count("pasword") == 1, report.out)
    report = room.doctor("-C", str(first), "no-such-account")
    doctor(room, report, CONFIG, "config")
    room.account(port=9)
    report = room.doctor("wrok")
    tells(room, report, "account", 'did you mean "work"')
    with server(room) as there:
        report = room.doctor("--host=localhost", f"--port={there.port}", "--tls-starttls=off",
                             f"--tls-trust-file={room.trust}", "--auth=plain", "--user=me",
                             "--passwordeval=echo secret", "-f", "you@example.org")
    doctor(room, report, GOOD, None)
    tells(room, report, "files", "None is read")
    tells(room, report, "sender", "takes mail from you@example.org")


@case
def ways(room):
    """unix sockets, literals, and servers without TLS or login"""
    with Server(caps=("8BITMIME",)) as there:
        room.account(host="127.0.0.1", port=there.port, tls="off", auth="off", password=None)
        report = room.doctor()
    doctor(room, report, GOOD, None)
    tells(room, report, "tls", "note There is none")
    tells(room, report, "auth", "The server offers no login")
    with server(room, address="::1") as there:
        room.account(host="::1", port=there.port)
        tells(room, room.doctor(), "connect", "ok IPv6: ::1")
    room.account(socket=str(room.home / "none"), tls="off")
    report = room.doctor()
    want(room, "want the socket to be missed", report.report["verdict"] == "wrong", report.out)
    tells(room, report, "connect", "No such file or directory")


@case
def no_fallback(room):
    """an account to fall back to that is not there"""
    with server(room) as there:
        room.account(port=there.port, fallback="nosuch")
        doctor(room, report := room.doctor(), GOOD, None)
    tells(room, report, "account", 'note fallback: There is no account "nosuch"')


@case
def aliases(room):
    """a mistake in an alias that is not root's"""
    room.write(room.etc / "aliases", "root: me@example.org\nspam: :blackhole:\n", 0o644)
    with server(room) as there:
        room.account(port=there.port)
        doctor(room, report := room.doctor(), GOOD, None)
    (room.etc / "aliases").unlink()
    tells(room, report, "root", "ok Mail to root goes to me@example.org", "note /etc/aliases:2:")


@case
def held(room):
    """mail that waits until something is mended"""
    with server(room, {"AUTH": "535 5.7.8 no"}) as there:
        room.account(port=there.port, queue="on")
        # As cron calls it: nobody is there to be told.
        done = subprocess.run(["/usr/sbin/sendmail", "you@example.net"], input=b"Subject: x\n\nx\n",
                              env=room.environment, start_new_session=True, capture_output=True,
                              check=False)
        want(room, "want the mail kept", done.returncode == GOOD, (done.returncode, done.stderr))
        report = room.doctor()
    doctor(room, report, NO_PERMISSION, "wrong-password")
    tells(room, report, "queue", "1 message waits", "waits until this is mended")
    told = on_terminal(room, "-odq", "you@example.net", keys=b"\x04")
    want(room, "want the way to the doctor", "until this is mended" in told and
         '"postrider doctor work"' in told, told)
    with server(room, port=there.port):
        tells(room, room.doctor(), "queue", "note Mail of the account work waits although",
              "postrider queue run")


@case
def international(room):
    """senders with letters beyond ASCII"""
    for sender, caps, said, status in (
            ("me@b\u00fccher.example", ("AUTH PLAIN",), "<me@xn--bcher-kva.example>", GOOD),
            ("j\u00f6rg@example.org", ("AUTH PLAIN", "SMTPUTF8"), "<j\u00f6rg@example.org> SMTPUTF8",
             GOOD),
            ("j\u00f6rg@example.org", ("AUTH PLAIN",), None, DATA)):
        with server(room, caps=caps) as there:
            room.account(port=there.port, user="me", **{"from": sender})
            report = room.doctor()
        mails = [line for line in there.lines if line.startswith("MAIL")]
        want(room, f"want status {status} for {sender}", report.status == status, report.out)
        want(room, f"want {said}", mails == ([f"MAIL FROM:{said}"] if said else []), mails)


@case
def typing(room):
    """a mistyped command is told to whoever is at the terminal"""
    room.account(port=9)
    for word, near in (("docter", "doctor"), ("quue", "queue"), ("hlep", "help")):
        text = on_terminal(room, word, keys=b"\x04")
        want(room, f"want {near} for {word}", f'did you mean the command "{near}"' in text, text)
    for words in (("bob",), ("doctor@example.org",), ("--", "doctor"), ("you@example.org", "quue")):
        text = on_terminal(room, *words, keys=b"\x04")
        want(room, f"want nothing for {words}", "did you mean" not in text, text)
    want(room, "want nothing without a terminal", "did you mean" not in room.send("docter").said,
         "a guess")
    want(room, "want help with nothing to read", "Examples:" in on_terminal(room, keys=b"\x04"),
         "none")


SPF = {
    "pass.spf": ("v=spf1 ip4:198.51.100.7 -all", "lets 198.51.100.7 send"),
    "network.spf": ("v=spf1 ip4:198.51.100.0/29 -all", "lets"),
    "other.spf": ("v=spf1 ip4:198.51.100.8/29 -all", "does not name"),
    "minus.spf": ("v=spf1 -ip4:198.51.100.7 +all", "does not name"),
    "name.spf": ("v=spf1 a:public.example.org ~all", "lets"),
    "mx.spf": ("v=spf1 mx/24 -all", "lets"),
    "mx32.spf": ("v=spf1 mx/32 -all", "does not name"),
    "redirect.spf": ("v=spf1 redirect=example.org", "lets"),
    "nowhere.spf": ("v=spf1 redirect=none.example", "is broken"),
    "exp.spf": ("v=spf1 exp=why.example ip6:2001:db8::/32 include:example.org ?all", "lets"),
    "macro.spf": ("v=spf1 exists:%{i}.example -all", "cannot be known"),
    "circle.spf": ("v=spf1 include:circle.spf -all", "is broken"),
    "unknown.spf": ("v=spf1 ipv4:198.51.100.7 -all", "is broken"),
    "nobody.spf": ("v=spf1 include:none.example -all", "is broken"),
    "odd.spf": ("v=spf1 ip4: ip6:/ -ip4:1.2.3.4/99999999999999999999 a:/// mx:/ -ip4:x = + all",
                "is broken"),
    "empty.spf": ("v=spf1 ip4: ip6:/ -ip4:1.2.3.4/99999999999999999999 a:/// mx:/ -ip4:x all",
                  "lets"),
    "none.spf": ("v=spf10 all", "has no SPF record"),
    "neutral.spf": ("v=spf1", "does not name"),
}


NAMES = "".join(f"TXT  {domain}  {record}\n" for domain, (record, _) in SPF.items()) + """
MX   mx.spf    10 near.spf
MX   mx32.spf  10 near.spf
A    near.spf  198.51.100.200
"""


@case
def senders(room):
    """what SPF records say of an address (RFC 7208)"""
    with server(room, address="198.51.100.7") as there:
        for domain, (record, words) in SPF.items():
            room.account(host="public.example.org", port=there.port, **{"from": f"me@{domain}"})
            report = room.doctor()
            want(room, f"{record}: want {words!r}", words in report.texts("domain").split("\n")[0],
                 report.texts("domain"))
    for address, inner in (("172.20.0.1", True), ("127.0.0.1", True), ("198.51.100.7", False)):
        with server(room, address=address) as there:
            room.account(host=address, port=there.port)
            text = room.doctor().texts("domain")
        want(room, f"want {address} to be inside: {inner}", ("inner network" in text) == inner, text)
