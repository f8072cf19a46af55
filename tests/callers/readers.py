# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs in which people read and write mail, and the mail commands of scripts."""
import os

import late
from checks import equal
from letter import body, envelope, header, matches
from room import ALICE

PACKAGES = ["bsd-mailx", "s-nail", "mutt", "neomutt", "mailutils"]
NPM = []
LETTER = "Grüße\n.\nFrom here on, the last\n"
OURS = '"Alice A. User" <alice@example.com>'


def cases(_full):
    named = {
        "bsd-mailx: To, Cc and Bcc": bsd_mailx,
        "bsd-mailx: a sender of its own": bsd_mailx_sender,
        "bsd-mailx: a refusal is told": bsd_mailx_refused,
        "s-nail: To, Cc and Bcc": s_nail,
        "s-nail: a sender of its own": s_nail_sender,
        "s-nail: a refusal keeps the mail": s_nail_refused,
        "mailutils mail: To, Cc and Bcc": mailutils,
        "mailutils mail: a refusal is told": mailutils_refused,
    }
    for name in ("mutt", "neomutt"):
        named[f"{name}: To, Cc, Bcc and an attachment"] = lambda room, name=name: mutt(room, name)
        named[f"{name}: write_bcc, a sender, DSN"] = lambda room, name=name: mutt_all(room, name)
        named[f"{name}: a refusal is told"] = lambda room, name=name: mutt_refused(room, name)
    return late.cases(named)


def furnish(room, _debs):
    os.makedirs(f"{room.path}/var/mail", exist_ok=True)
    os.chmod(f"{room.path}/var/mail", 0o1777)
    for name in ("mutt", "neomutt"):
        room.write(f"home/alice/.{name}rc", "set copy=no\nset record=/dev/null\n"
                                          "set send_charset=utf-8\n")


def bsd_mailx(room):
    room.silent("/usr/bin/bsd-mailx", "-s", "a subject", "-c", "carol@x.org", "-b", "dave@x.org",
                "bob@example.net", "root", user="alice", stdin=LETTER.encode())
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "bob@example.net", "root@example.com", "carol@x.org",
             "dave@x.org")
    header(mail, From=OURS, To="bob@example.net, root@example.com", Cc="carol@x.org",
           Subject="a subject", MIME_Version="1.0")
    body(mail, LETTER)


def bsd_mailx_sender(room):
    room.silent("/usr/bin/bsd-mailx", "-s", "a subject", "-r", "me@x.org", "bob@example.net",
                user="alice", stdin=b"hi\n")
    mail = room.mail()
    envelope(mail, "me@x.org", "bob@example.net")
    header(mail, To="bob@example.net", Subject="a subject")
    matches(mail.fields("From")[0], "me@x.org", "From")
    body(mail, "hi\n")


def bsd_mailx_refused(room):
    done = room.call("/usr/bin/bsd-mailx", "-s", "kept", "reject@x.org", user="alice",
                     stdin=b"not lost\n")
    equal(done.returncode, 1, f"exit of bsd-mailx, which said {done.stderr!r}")
    matches(done.stderr.decode(), "no such user", "what it said")
    room.logged("sendmail", ALICE, "EX_NOUSER")
    room.nothing()


def kept(room):
    room.nothing()
    name = f"{room.path}/home/alice/dead.letter"
    equal("not lost\n" in open(name, encoding="utf-8").read(), True, "the mail in dead.letter")
    os.unlink(name)


def s_nail(room):
    room.silent("/usr/bin/s-nail", "-s", "a subject", "-c", "carol@x.org", "-b", "dave@x.org",
                "bob@example.net", user="alice", stdin=LETTER.encode())
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "bob@example.net", "carol@x.org", "dave@x.org")
    header(mail, From=OURS, To="bob@example.net", Cc="carol@x.org", Subject="a subject")
    equal(mail.message.get_payload(decode=True).replace(b"\r\n", b"\n").decode(), LETTER, "body")


def s_nail_sender(room):
    room.silent("/usr/bin/s-nail", "-s", "a subject", "-r", "Full Name <me@x.org>",
                "bob@example.net", user="alice", stdin=b"hi\n")
    mail = room.mail()
    envelope(mail, "me@x.org", "bob@example.net")
    header(mail, From="Full Name <me@x.org>", To="bob@example.net", Subject="a subject")
    body(mail, "hi\n")


def s_nail_refused(room):
    done = room.call("/usr/bin/s-nail", "-s", "kept", "reject@x.org", user="alice",
                     stdin=b"not lost\n")
    equal(done.returncode, 4, f"exit of s-nail, which said {done.stderr!r}")
    matches(done.stderr.decode(), "no such user", "what it said")
    kept(room)


def mailutils(room):
    room.silent("/usr/bin/mail.mailutils", "-s", "a subject", "-a", "Cc: carol@x.org", "-a",
                "Bcc: dave@x.org", "bob@example.net", "root", user="alice",
                stdin=LETTER.encode())
    mail = room.mail()
    room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "bob@example.net", "root@example.com", "carol@x.org",
             "dave@x.org")
    header(mail, From=OURS, To="<bob@example.net>,<root@vm.example.com>", Cc="<carol@x.org>",
           Subject="a subject")
    # The program reads no further than the dot; it would need `set nodot`.
    body(mail, LETTER.partition(".\n")[0])


def mailutils_refused(room):
    done = room.call("/usr/bin/mail.mailutils", "-s", "a subject", "reject@x.org", user="alice",
                     stdin=b"lost\n")
    equal(done.returncode, 1, f"exit of mail, which said {done.stderr!r}")
    room.logged("sendmail", ALICE, "EX_NOUSER")
    room.nothing()


def mutt(room, name):
    room.write("home/alice/leaf", "leaf\n")
    room.silent(f"/usr/bin/{name}", "-s", "Grüße", "-c", "carol@x.org", "-b", "dave@x.org",
                "-a", "leaf", "--", "bob@example.net", "root", user="alice",
                stdin=LETTER.encode())
    mail = room.mail()
    room.logged("sendmail", ALICE)
    equal(sorted(mail.recipients), sorted(["bob@example.net", "carol@x.org", "dave@x.org",
                                           mail.recipients[1]]), "recipients")
    matches(mail.recipients[1], r"^root@(vm\.)?example\.com$", "the recipient root")
    header(mail, From=OURS, Cc="carol@x.org", Subject="=?utf-8?B?R3LDvMOfZQ==?=")
    text, leaf = mail.message.get_payload()
    equal(text.get_payload(decode=True).replace(b"\r\n", b"\n").decode(), LETTER, "text")
    equal((leaf.get_filename(), leaf.get_payload(decode=True)), ("leaf", b"leaf\r\n"), "attached")


def mutt_all(room, name):
    room.silent(f"/usr/bin/{name}", "-e", "set write_bcc=yes use_envelope_from=yes "
                'from="Me <me@x.org>" dsn_notify=failure,delay dsn_return=hdrs use_8bitmime=yes '
                "allow_8bit=yes", "-s", "a subject", "-b", "dave@x.org", "--", "bob@example.net",
                user="alice", stdin=LETTER.encode())
    mail = room.mail()
    envelope(mail, "me@x.org", "bob@example.net", "dave@x.org")
    equal((mail.parameters["BODY"], mail.parameters["RET"]), ("8BITMIME", "HDRS"), "parameters")
    for found in mail.recipient_parameters:
        equal(found["NOTIFY"].upper(), "FAILURE,DELAY", "NOTIFY")
    header(mail, From="Me <me@x.org>", To="bob@example.net", Subject="a subject")
    body(mail, LETTER)


def mutt_refused(room, name):
    done = room.call(f"/usr/bin/{name}", "-s", "a subject", "--", "reject@x.org", user="alice",
                     stdin=b"lost\n")
    equal(done.returncode, 1, f"exit of {name}, which said {done.stderr!r}")
    matches((done.stdout + done.stderr).decode(), r"child exited 67 \(User unknown", "words")
    room.logged("sendmail", ALICE, "EX_NOUSER")
    room.nothing()
