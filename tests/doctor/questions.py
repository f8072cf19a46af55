# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of users, each with the situation that makes one ask it.

A function is one question; its first line says which. It makes the situation and looks whether the
ordinary error and the doctor give the answer: by words, exit statuses, and the doctor's stable words.
"""
import base64
import contextlib
import dataclasses
import http.server
import os
import pathlib
import signal
import socket
import threading
import time
import typing

import submission
from room import LETTER
from scripted import Server, context, plain, silent

GOOD, USAGE, DATA, NO_USER, NO_HOST, REFUSED, LATER, PROTOCOL, NO_PERMISSION, CONFIG = \
    0, 64, 65, 67, 68, 69, 75, 76, 77, 78
ALL = []


@dataclasses.dataclass
class Case:
    number: str
    name: str
    play: typing.Callable


def question(function):
    number = function.__name__.removeprefix("q")
    ALL.append(Case(number, f"question {number}: {function.__doc__}", function))
    return function


# ---- what is looked at

def want(room, what, good, got):
    if not good:
        room.problems.append(f"{what}: got {got!r}")


def ordinary(room, outcome, status, *words):
    """The exit status, and words that the error has to have."""
    want(room, f"want status {status}", outcome.status == status, (outcome.status, outcome.said))
    for word in words:
        want(room, f"want {word!r}", word in outcome.said, outcome.said)


def doctor(room, outcome, status, word, *remedies):
    """The exit status, the stable word, and what the next step has to name."""
    report = outcome.report
    want(room, f"the doctor: want status {status}, {word}",
         (outcome.status, report.get("status"), report.get("word")) == (status, status, word),
         (outcome.status, report.get("word"), outcome.out, outcome.said))
    for remedy in remedies:
        want(room, f"the doctor: want {remedy!r} next", remedy in (report.get("next") or ""),
             report.get("next"))


def tells(room, outcome, check, *words):
    for word in words:
        want(room, f"the doctor, {check}: want {word!r}", word in outcome.texts(check),
             outcome.texts(check))


def server(room, replies=None, **more):
    return Server(replies, tls=context(room.certificates.server), **more)


def refused_login(room, reply, word, *parts, status=NO_PERMISSION, **settings):
    """One server that refuses the login with REPLY."""
    with server(room, {"AUTH": reply}) as there:
        room.account(port=there.port, **settings)
        sent, report = room.send(), room.doctor()
    ordinary(room, sent, status, reply.split("\n")[-1], *parts)
    doctor(room, report, status, word)
    tells(room, report, "login", *parts)


def refused_mail(room, replies, status, word, *parts, to=("you@example.net",), **settings):
    """One server that refuses at MAIL, RCPT or the content; what the doctor sees is up to the
    caller."""
    with server(room, replies) as there:
        room.account(port=there.port, **settings)
        sent, report = room.send(*to), room.doctor()
    ordinary(room, sent, status, *parts)
    if word:
        doctor(room, report, status, word)
    return report


# ---- configuration

@question
def q1(room):
    """there is no configuration"""
    ordinary(room, room.send(), CONFIG, "for the user root", f"{room.home}/.config/postrider/config",
             "/etc/msmtprc", "postrider setup")
    doctor(room, room.doctor(), CONFIG, "config", "postrider setup")


@question
def q2(room):
    """there are accounts, but no default"""
    path = room.write(room.home / ".config/postrider/config",
                      "account work\nhost localhost\nport 9\n\naccount home\nhost localhost\n")
    ordinary(room, room.send(), CONFIG, "work, home", "-a", "account default : work", str(path))
    doctor(room, room.doctor(), CONFIG, "config", "account default : work")
    room.account(port=9)
    ordinary(room, room.send(), LATER, "Cannot connect to localhost")


@question
def q3(room):
    """no sender is set"""
    with server(room, {"MAIL": "550 5.1.8 sender domain does not exist"}) as there:
        room.account(port=there.port, **{"from": None, "user": "me"})
        sent, report = room.send(), room.doctor()
    ordinary(room, sent, REFUSED, "No sender was given, and root@", "Set from")
    doctor(room, report, REFUSED, "no-sender", "Set from")
    tells(room, report, "account", "No from is set")


# ---- logging in

@question
def q4(room):
    """Google refuses the password of the account"""
    refused_login(room, "535 5.7.8 Username and Password not accepted.", "app-password",
                  "only an app password", "https://myaccount.google.com/apppasswords",
                  host="smtp.gmail.com")
    refused_login(room, "535 5.7.8 Username and Password not accepted.", "app-password-unknown",
                  "it was revoked", host="smtp.gmail.com", password="abcdefghijklmnop")


@question
def q5(room):
    """Google says 534-5.7.9"""
    refused_login(room, "534 5.7.9 Application-specific password required.", "app-password",
                  "only an app password", "https://myaccount.google.com/apppasswords",
                  host="smtp.gmail.com")


@question
def q6(room):
    """an app password with the blanks with which it is shown"""
    replies = {"AUTH": lambda line: "235 2.7.0 ok" if plain(line)[1] == "abcdefghijklmnop"
               else "535 5.7.8 Username and Password not accepted."}
    with server(room, replies) as there:
        room.account(port=there.port, host="smtp.gmail.com", password='"abcd efgh ijkl mnop"')
        ordinary(room, room.send(), GOOD)
        report = room.doctor()
    doctor(room, report, GOOD, None)
    tells(room, report, "secret", "16 characters")


@question
def q7(room):
    """Microsoft takes no passwords any more"""
    refused_login(room, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
                  "password-not-taken", "only tokens", "postrider login",
                  host="smtp-mail.outlook.com")
    refused_login(room, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
                  "disabled for the Mailbox.", "smtp-login-disabled",
                  "Set-CASMailbox me@example.org -SmtpClientAuthenticationDisabled $false",
                  host="smtp.office365.com")


class Issuer(http.server.BaseHTTPRequestHandler):
    """A provider to which the login has ended."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        text = b'{"error":"invalid_grant","error_description":"Token has been revoked."}'
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def issuer(room):
    made = http.server.HTTPServer(("127.0.0.1", 0), Issuer)
    made.socket = context(room.certificates.server).wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield made.server_address[1]
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


@question
def q8(room):
    """a token is refused, or has ended for good"""
    json = base64.b64encode(b'{"status":"400","scope":"https://mail.google.com/"}').decode()
    replies = {"AUTH": f"334 {json}\n535 5.7.8 Username and Password not accepted."}
    with server(room, replies, caps=("AUTH XOAUTH2 PLAIN",)) as there:
        room.account(port=there.port, auth="xoauth2", password=None, passwordeval="echo a-token")
        sent, report = room.send(), room.doctor()
        ordinary(room, sent, NO_PERMISSION, '"scope":"https://mail.google.com/"',
                 "does not take the token", "oauth_scope")
        doctor(room, report, NO_PERMISSION, "token-refused", "postrider login")
        with issuer(room) as port:
            room.account(port=there.port, password=None, oauth_issuer="https://localhost/",
                         tls_host_override=None)
            room.write(room.home / ".local/state/postrider/tokens/me@example.org@localhost",
                       "postrider token 1\naccess old\nexpires 1\nrefresh r\nclient-id c\n"
                       f"endpoint https://localhost:{port}/token\n")
            sent, report = room.send(), room.doctor()
    ordinary(room, sent, NO_PERMISSION, "invalid_grant", "The login has ended", "postrider login")
    doctor(room, report, NO_PERMISSION, "login", "The login has ended")


@question
def q9(room):
    """the name or the password is wrong"""
    path = room.home / ".config/postrider/config"
    refused_login(room, "535 5.7.8 Error: authentication failed", "wrong-password",
                  "The name was me@example.org", f"came from password ({path}:")
    refused_login(room, "535 Authentication failed: Bad username / password", "fixed-user",
                  "Set user to apikey", host="smtp.sendgrid.net")
    refused_login(room, "535 Error: authentication failed", "app-password", "authorization code",
                  "https://help.mail.163.com/", host="smtp.163.com")


@question
def q10(room):
    """SCRAM is refused, and PLAIN would do"""
    replies = {"AUTH": lambda line: "535 5.7.8 no verifier" if "SCRAM" in line else "235 2.7.0 ok"}
    with server(room, replies, caps=("AUTH SCRAM-SHA-256 PLAIN",)) as there:
        room.account(port=there.port)
        ordinary(room, room.send(), GOOD)
        report = room.doctor()
    doctor(room, report, GOOD, None)
    tells(room, report, "login", "note", "PLAIN worked, after another login was refused")


@question
def q11(room):
    """the server wants a login"""
    refused_mail(room, {"MAIL": "530 5.7.0 Authentication Required."}, REFUSED, "login-wanted",
                 "only after a login", "Set auth to on", auth="off", password=None)


# ---- the way there

@question
def q12(room):
    """STARTTLS at a port for TLS from the first byte"""
    with server(room, port=465):
        room.account(port=465, tls_starttls="on", timeout=4)
        ordinary(room, room.send(), LATER, "tls_starttls off")
        room.account(port=465, tls_starttls="on", timeout=4, queue="on")
        ordinary(room, room.send("-v", "you@example.net"), GOOD, "tls_starttls off")
    with server(room, port=4650):
        room.account(port=4650, tls_starttls="on", timeout=4)
        doctor(room, room.doctor(), LATER, "tls-from-the-start", "tls_starttls to off")


@question
def q13(room):
    """TLS at a port for STARTTLS"""
    with Server() as there:
        room.account(port=there.port)
        ordinary(room, room.send(), PROTOCOL, "plain text", "tls_starttls on")
        doctor(room, room.doctor(), PROTOCOL, "protocol", "tls_starttls on")


@question
def q14(room):
    """the certificate is not trusted"""
    made = room.certificates
    for pair, words in ((made.untrusted, ("unknown authority", "tls_trust_file")),
                        (made.expired, ("expired on 2021-01-01", "clock")),
                        (made.wrong_name, ("elsewhere.example", "as host"))):
        with Server(tls=context(pair)) as there:
            room.account(port=there.port)
            ordinary(room, room.send(), NO_PERMISSION, *words)
            report = room.doctor()
        doctor(room, report, NO_PERMISSION, "trust")
        tells(room, report, "tls", *words, "tls_fingerprint ")


@question
def q15(room):
    """the server is too old for TLS 1.2"""
    with Server(tls=context(room.certificates.server, old=True)) as there:
        room.account(port=there.port)
        ordinary(room, room.send(), PROTOCOL, "does not speak TLS 1.2", "has to be renewed")
        doctor(room, room.doctor(), PROTOCOL, "protocol", "has to be renewed")


@question
def q16(room):
    """the connection is refused, and another port would do"""
    with server(room, address="127.0.0.5", port=465):
        room.account(host="127.0.0.5", port=587, tls_starttls="on")
        ordinary(room, room.send(), LATER, "Connection refused", "at that port")
        doctor(room, room.doctor(), LATER, "not-listening", "Port 465 takes connections")
        # It may go later, but somebody who looks is told all the same.
        room.account(host="127.0.0.5", port=587, tls_starttls="on", queue="on")
        ordinary(room, room.send("-v", "you@example.net"), GOOD, "waits in the queue",
                 "at that port")
        want(room, "want silence for programs", room.send().said == "", "words")


@question
def q17(room):
    """port 25 is blocked"""
    with silent("127.0.0.6", 25), server(room, address="127.0.0.6", port=465):
        room.account(host="127.0.0.6", port=25, tls_starttls="on", timeout=4)
        ordinary(room, room.send(), LATER, "OP25B", "Use port 465, or 587")
        report = room.doctor()
    doctor(room, report, LATER, "port-25-blocked", "Port 465 takes connections")
    tells(room, report, "connect", "OP25B")


@question
def q18(room):
    """the name of the server is wrong, or cannot be looked up"""
    room.account(host="smpt.gmail.com")
    ordinary(room, room.send(), NO_HOST, "Set host to smtp.gmail.com")
    doctor(room, room.doctor(), NO_HOST, "host-misspelt", "Set host to smtp.gmail.com")
    room.account(host="gone.example.org")
    ordinary(room, room.send(), NO_HOST, "they know no gone.example.org")
    doctor(room, room.doctor(), NO_HOST, "no-host")
    room.account(host="mail.example.org")
    with room.without_name_server():
        ordinary(room, room.send(), LATER, "No name server could tell", "network")
        doctor(room, room.doctor(), LATER, "no-name-server", "network")


@question
def q19(room):
    """IPv6 is broken, IPv4 works"""
    with server(room) as there, silent("2001:db8::1", there.port):
        room.account(host="half.example.org", port=there.port, password="any")
        ordinary(room, room.send(), GOOD)
        report = room.doctor()
    doctor(room, report, GOOD, None)
    tells(room, report, "connect", "note IPv6 fails, but IPv4 works", "ok IPv4: 127.0.0.1")


# ---- sender and recipients

@question
def q20(room):
    """the provider lets one send only as oneself"""
    for reply in ("553 5.7.1 Sender address rejected: not owned by auth user.",
                  "501 Mail from must equal authorized user"):
        refused_mail(room, {"MAIL": reply}, REFUSED, "sender-not-yours", "only as itself",
                     "allow_from_override", user="other@example.org")
    for reply in ("554 5.2.252 SendAsDenied; other not allowed to send as me",
                  "550 The from address does not match a verified Sender Identity."):
        refused_mail(room, {"content": reply}, REFUSED, None, "only as itself",
                     "allow_from_override", user="other@example.org")


@question
def q21(room):
    """what works by hand does not from cron"""
    with server(room) as there:
        path = room.account(port=there.port, password=None,
                            passwordeval='echo "gpg: no terminal: $GPG_TTY" >&2; echo "$GPG_TTY" | '
                            "grep /dev")
        ordinary(room, room.send(GPG_TTY=""), CONFIG, "exit status 1", "gpg: no terminal",
                 "nobody could be asked")
        doctor(room, room.doctor(GPG_TTY="/dev/pts/1"), GOOD, None)
        report = room.doctor("--as-cron", "-C", str(path), GPG_TTY="/dev/pts/1")
    doctor(room, report, CONFIG, "helper-needs-person", "without a question")
    tells(room, report, "links", "ok /usr/sbin/sendmail is this program")
    tells(room, report, "root", "note Mail to root, as from cron, goes to root@example.org")


@question
def q22(room):
    """mail to a local name"""
    no_root = {"RCPT": lambda line: "550 5.1.1 no such user" if "root@" in line else "250 2.1.5 ok"}
    report = refused_mail(room, no_root, NO_USER, None, "root@example.org", "root_address",
                          "root: you@example.org", to=("root",))
    tells(room, report, "root", "note", "root_address")
    report = refused_mail(room, no_root, GOOD, None, to=("root",), root_address="me@example.org")
    tells(room, report, "root", "ok Mail to root goes to me@example.org")


@question
def q23(room):
    """the file can be read by others, or not by this user"""
    path = room.account(port=9, mode=0o644)
    room.folder.joinpath("home").chmod(0o755)
    for part in (path.parent.parent, path.parent):
        part.chmod(0o755)
    report = room.doctor("--as-user", "nobody", "-C", str(path))
    doctor(room, report, CONFIG, "config")
    tells(room, report, "files", "others may use the file (mode 0644)")
    path.unlink()
    system = room.account(room.etc / "postrider/config", 0o600, port=9)
    report = room.doctor("--as-user", "nobody")
    doctor(room, report, CONFIG, "config")
    tells(room, report, "files", f"{system} is there, but this user may not read it (mode 0600)")
    tells(room, report, "account", "for the user nobody", "not for this user")
    room.own_file_of("nobody", "account work\nhost localhost\npassword x\n", 0o644)
    report = room.doctor("--as-user", "nobody", "-C", str(room.home / "own"))
    doctor(room, report, CONFIG, "config", f"chmod 600 {room.home / 'own'}")


@question
def q24(room):
    """the command that prints the password fails"""
    with server(room) as there:
        for command, words in (("echo 'gpg: decryption failed: No secret key' >&2; exit 2",
                                ("gpg: decryption failed", "exit status 2")),
                               ("kill -9 $$", ("signal 9",)),
                               ("no-such-program", ("status 127", "PATH")),
                               ("true", ("printed nothing",))):
            room.account(port=there.port, password=None, passwordeval=command)
            sent, report = room.send(), room.doctor()
            ordinary(room, sent, CONFIG, *words)
            want(room, "the doctor: want status 78", report.status == CONFIG, report.out)
            tells(room, report, "secret", words[-1])


@question
def q25(room):
    """the log cannot be written"""
    with server(room) as there:
        room.account(port=there.port, logfile="/proc/nothing/log")
        sent, report = room.send(), room.doctor()
    ordinary(room, sent, GOOD, "/proc/nothing/log cannot be written")
    want(room, "want the message sent", len(there.mails) == 1, there.lines)
    room.account(port=9, logfile="/dev/full/log")
    report = room.doctor()
    tells(room, report, "log", "note /dev/full/log cannot be written", "goes all the same")
    room.account(port=9, logfile="/nowhere/log")
    tells(room, room.doctor(), "log", "note /nowhere/log cannot be written by this user (No such file")
    room.account(port=9, logfile=str(room.home / "new-log"))
    tells(room, room.doctor(), "log", "ok Written to")


@question
def q26(room):
    """a web server's user cannot send"""
    with server(room) as there:
        room.account(room.etc / "postrider/config", 0o644, port=there.port, password=None,
                     queue="on", passwordeval="test $(id -u) = 0 && echo secret")
        doctor(room, room.doctor(), GOOD, None)
        report = room.doctor("--as-user", "www-data")
    doctor(room, report, CONFIG, "helper-needs-person")
    tells(room, report, "program", "the user www-data")
    tells(room, report, "queue", "install -d -o www-data -m 700 /var/lib/postrider/www-data")


@question
def q27(room):
    """a recipient is refused, the others are not"""
    for reply, status, word in (
            ("550 5.1.1 no such user", REFUSED, "no mailbox of that name"),
            ("552 5.2.2 mailbox full", REFUSED, "The mailbox of the recipient is full"),
            ("550 5.7.1 not you", REFUSED, "by a rule of its own")):
        with server(room, {"RCPT": lambda line, reply=reply: reply if "<gone@" in line
                           else "250 2.1.5 ok"}) as there:
            room.account(port=there.port)
            sent = room.send("you@example.net", "gone@example.net")
        ordinary(room, sent, status, "gone@example.net", reply, word)
        want(room, "want the other one to have it", len(there.mails) == 1, there.lines)
    with server(room, {"RCPT": "550 5.1.1 no such user"}) as there:
        room.account(port=there.port)
        ordinary(room, room.send(), NO_USER, "no mailbox of that name")
        doctor(room, room.doctor(), REFUSED, "unknown-user")


@question
def q28(room):
    """the receiver does not believe the sender's domain"""
    refused_mail(room, {"content": "550 5.7.26 This mail has been blocked because the sender is "
                        "unauthenticated."}, REFUSED, None, "does not believe", "SPF record")
    with server(room, address="198.51.100.7") as there:
        room.account(host="public.example.org", port=there.port)
        report = room.doctor()
        tells(room, report, "domain", "ok SPF lets 198.51.100.7 send for example.org",
              "ok example.org has a DKIM key, selector default", "ok DMARC of example.org")
        room.account(host="public.example.org", port=there.port, **{"from": "me@elsewhere.example"})
        report = room.doctor()
    tells(room, report, "domain", "note SPF does not name 198.51.100.7", "provider's include",
          "note elsewhere.example has no DMARC record")


@question
def q29(room):
    """the provider allows no more for now"""
    quota = "550 5.4.5 Daily user sending limit exceeded."
    refused_mail(room, {"content": quota}, REFUSED, None, "no more mail for now", "rate_limit")
    refused_login(room, "454 4.7.0 Too many login attempts, please try again later.",
                  "too-many-logins", "Wait an hour", status=LATER)
    slow = {"MAIL": "450 4.7.1 Rate limit exceeded"}
    refused_mail(room, slow, LATER, "quota", "rate_limit")
    with server(room, slow) as there:
        room.account(port=there.port, queue="on")
        ordinary(room, room.send("-odi", "you@example.net"), GOOD)
    tells(room, room.doctor(), "queue", "1 message waits")


# ---- the message

@question
def q30(room):
    """the message is too large"""
    letter = LETTER + b"x" * 70 + b"\n" + b"y" * 900 + b"\n"
    with server(room, caps=("AUTH PLAIN", "SIZE 1000")) as there:
        room.account(port=there.port)
        sent = room.send(letter=letter)
        ordinary(room, sent, DATA, "takes 1000", "grow by a third")
        want(room, "want it not begun", not any(l.startswith("MAIL") for l in there.lines),
             there.lines)
    with server(room, {"content": "552 5.3.4 Message size exceeds fixed limit"}) as there:
        room.account(port=there.port)
        ordinary(room, room.send(letter=letter), DATA, "grow by a third")
    with server(room, caps=("AUTH PLAIN", "SIZE 25000000")) as there:
        room.account(port=there.port)
        tells(room, room.doctor(), "server", "up to 25 megabytes")


@question
def q31(room):
    """bare line ends, long lines and eight bits"""
    letter = LETTER + b"bare\rreturn\n" + b"z" * 3000 + b"\nM\xc3\xbcnchen\n.\n.\n"
    folder = room.home / "mail"
    folder.mkdir()
    pair = room.certificates.server
    settings = submission.Settings(folder=str(folder), cert=pair.cert, key=pair.key,
                                   implicit_tls=True, users={"me@example.org": "a wrong one"})
    with submission.running(settings) as there:
        room.account(port=there.port)
        ordinary(room, room.send("-i", "you@example.net", letter=letter), GOOD)
        doctor(room, room.doctor(), GOOD, None)
    kept = next(folder.glob("*.eml")).read_bytes()
    want(room, "want lines of at most 998", max(map(len, kept.split(b"\r\n"))) <= 998, kept)


# ---- where it went

@question
def q32(room):
    """there is no copy in the folder Sent"""
    with server(room) as there:
        room.account(port=there.port)
        tells(room, room.doctor(), "copies", "no copy into the folder Sent", "Gmail")


def runner_lives(process):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@question
def q33(room):
    """the message seems to be sent, but did not arrive"""
    log = room.home / "log"
    room.account(port=9, queue="on", logfile=str(log))
    ordinary(room, room.send("-odi", "you@example.net"), GOOD)
    report = room.doctor()
    tells(room, report, "queue", "1 message waits", "The last try of the account work failed",
          "Connection refused")
    runner = room.runner()
    want(room, "no word of a runner that is there", "lets it go on" not in report.out and
         "postrider -q" not in report.out, report.out)
    os.kill(runner, signal.SIGSTOP)
    tells(room, room.doctor(), "queue", "was stopped", f'"kill -CONT {runner}"')
    os.kill(runner, signal.SIGKILL)
    while runner_lives(runner):
        time.sleep(0.01)
    tells(room, room.doctor(), "queue", "Nothing is there to send", '"postrider -q"')
    with server(room, {"RCPT": "550 5.1.1 no such user"}) as there:
        room.account(port=there.port, logfile=str(log))
        ordinary(room, room.send(), NO_USER)
        tells(room, room.doctor(), "log", "The last failure in it", "no such user")


@question
def q34(room):
    """Proton and Tuta"""
    for host in ("smtp.proton.me", "mail.protonmail.com"):
        room.account(host=host)
        ordinary(room, room.send(), NO_HOST, "through its Bridge", "port to 1025")
        doctor(room, room.doctor(), NO_HOST, "proton-bridge", "tls_fingerprint")
    room.account(host="127.0.0.1", port=1025, tls_starttls="on")
    ordinary(room, room.send(), LATER, "where the Proton Mail Bridge would")
    doctor(room, room.doctor(), LATER, "proton-bridge", "Start the Bridge")
    room.account(host="smtp.tuta.com")
    ordinary(room, room.send(), NO_HOST, "Tuta offers no SMTP")
    doctor(room, room.doctor(), NO_HOST, "no-smtp", "another provider")


@question
def q35(room):
    """something else than a mail server answers"""
    for greeting, word, part in (
            (b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", "web-page",
             "A web page answers"),
            (b"* OK [CAPABILITY IMAP4rev1] ready.\r\n", "reading-server", "for reading mail"),
            (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "no-mail-server", "another protocol")):
        with Server(greeting=greeting) as there:
            room.account(port=there.port, tls_starttls="on")
            ordinary(room, room.send(), PROTOCOL, greeting.decode().split("\r")[0], part)
            doctor(room, room.doctor(), PROTOCOL, word)


@contextlib.contextmanager
def proxy(*answers):
    """Gives one answer after the other to each connection, and is silent behind them."""
    def serve():
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                kept.append(peer)
                for answer in answers:
                    peer.recv(512)
                    peer.sendall(answer)

    kept = []
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for peer in kept:
            peer.close()


@question
def q36(room):
    """the proxy does not answer, or does not let the account through"""
    method, forbidden = b"\5\0", b"\5\2\0\1\0\0\0\0\0\0"
    for answers, part in (((), "did not answer in time"),
                          ((method, forbidden), "rules do not allow")):
        with proxy(*answers) as port:
            room.account(host="mail.example.org", proxy_host="127.0.0.1", proxy_port=port, timeout=2)
            ordinary(room, room.send(), LATER, part, "goes by a proxy")
            doctor(room, room.doctor(), LATER, "proxy", "proxy_host and proxy_port")
    room.account(host="mail.example.org", proxy_host="gone.example.org", proxy_port=1080)
    ordinary(room, room.send(), NO_HOST, "gone.example.org does not exist", "goes by a proxy")
