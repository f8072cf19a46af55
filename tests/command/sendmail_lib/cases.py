# SPDX-License-Identifier: GPL-3.0-or-later
"""The callers: what cron, mutt, PHP and the others really say. Numbers are those of the reference."""

import codecs
import contextlib
import email
import email.header
import email.policy
import pathlib
import re

from sendmail_lib.rows import BOTH, HELD, Row, VALID, split

EMPTY_QUEUE = rb"[ \t]*Total requests: 0\nMail queue is empty\n"
CRON_HEADER = """From: root (Cron Daemon)
To: {to}
Subject: Cron <{user}@vm> {command}
MIME-Version: 1.0
Content-Type: text/plain; charset=US-ASCII
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=/home/{user}>
X-Cron-Env: <PATH=/usr/bin:/bin>
X-Cron-Env: <LOGNAME={user}>

"""
CRON = "-FCronDaemon -i -B8BITMIME -oem "
CRON_KEPT = {
    "From": "root@example.com (Cron Daemon)", "Date": VALID, "Message-ID": VALID,
    "X-Cron-Env": ["<SHELL=/bin/sh>", "<HOME=/home/$ME>", "<PATH=/usr/bin:/bin>",
                   "<LOGNAME=$ME>"],
}
FULL_MAIL = (b"Date: Mon, 23 Nov 2026 10:00:00 +0000\nFrom: Me <me@x.org>\nTo: bob@x.org\n"
             b"Subject: hi\nMessage-ID: <1@x.org>\n")
PATCH = (b"From: me@x.org\nTo: bob@x.org\nCc: c@x.org,\n\t=?UTF-8?q?M=C3=A9=20User?= <me@x.org>\n"
         b"Subject: [PATCH] x\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-Id: <1@x.org>\n"
         b"X-Mailer: git-send-email 2.39.5\nMIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n\n"
         b"---\nFrom abc Mon Sep 17\n.\n-- \n2.39.5\n\n")
FRENCH = "Déjà copié: 3 fichiers.\nRien d'autre à faire.".encode()
ATD = {"PATH": "/usr/bin:/bin", "HOME": "/root", "LOGNAME": "root", "USER": "root"}

# What Python loads only when it is needed: its place may soon be out of reach.
email.header.decode_header("=?utf-8?q?x?=")
email.message_from_bytes(b"Content-Transfer-Encoding: base64\n\neA==\n",
                         policy=email.policy.SMTP).get_payload(decode=True)
for codec in ("raw-unicode-escape", "latin-1", "ascii", "utf-8", "unknown-8bit", "idna"):
    with contextlib.suppress(LookupError):
        codecs.lookup(codec)


def cron(to="root", command="rootjob", body=b"rootjob\n", user="$ME"):
    return CRON_HEADER.format(to=to, user=user, command=command).encode() + body


def subject_is(text):
    """Encoded by RFC 2047, and no byte of the header has 8 bits."""
    def check(result):
        head = result.content.split(b"\r\n\r\n")[0]
        value = next(v for n, v in split(result.content)[0] if n == "Subject")
        got = str(email.header.make_header(email.header.decode_header(value)))
        want = result.fill(text)
        found = [] if got == want else [f"Subject: got {got!r}, want {want!r}"]
        return found + ([] if head.isascii() else [f"header: got {head!r}, want ASCII"])
    return check


def decodes_to(body):
    def check(result):
        mail = email.message_from_bytes(result.content, policy=email.policy.SMTP)
        got = mail.get_payload(decode=True).replace(b"\r\n", b"\n")
        found = [] if got == body else [f"decoded body: got {got!r}, want {body!r}"]
        wire = result.content.split(b"\r\n\r\n", 1)[1]
        return found + ([] if wire.isascii() else [f"wire: got {wire!r}, want ASCII"])
    return check


def nothing_in(folder):
    def check(result):
        made = [str(p) for p in pathlib.Path(result.fill(folder)).rglob("*")]
        return [f"files: got {made}, want none"] if made else []
    return check


def short_header_lines(result):
    head = result.content.split(b"\r\n\r\n")[0]
    longest = max(map(len, head.split(b"\r\n")))
    return [] if longest <= 998 else [f"longest header line: got {longest}, want at most 998"]


SCHEDULERS = [
    Row("1 Debian cron", CRON + "root", cron(), sender="root@example.com",
        to=("root@example.com",), header={**CRON_KEPT, "To": "root@example.com"},
        body=b"rootjob\n", who=("root",), param={"BODY": None}),
    Row("1 Debian cron, a user's job", CRON + "$ME", cron("$ME"), to=("$ME@example.com",),
        header={**CRON_KEPT, "To": "$ME@example.com"}, body=b"rootjob\n", env={}),
    Row("2 Debian cron, MAILTO with two names, 8 bits, no newline at the end",
        CRON + "alice,bob@x.org", cron("alice,bob@x.org", body=FRENCH),
        to=("alice@example.com", "bob@x.org"), body=FRENCH + b"\n",
        param={"BODY": "8BITMIME"}, header={**CRON_KEPT, "To": lambda v: [re.sub(
            r"\s", "", one) for one in v] == ["alice@example.com,bob@x.org"]}),
    Row("3 Debian cron, a relay without 8BITMIME", CRON + "alice,bob@x.org",
        cron("alice,bob@x.org", body=FRENCH), relay="seven",
        to=("alice@example.com", "bob@x.org"), param={"BODY": None},
        header={**CRON_KEPT, "Content-Transfer-Encoding": "quoted-printable"},
        also=decodes_to(FRENCH + b"\n")),
    Row("5 Debian cron, 8 bits in Subject", CRON + "root", cron(command="café"),
        to=("root@example.com",), body=b"rootjob\n", header=CRON_KEPT,
        also=subject_is("Cron <$ME@vm> café")),
    Row("5 Debian cron, a command of a thousand bytes", CRON + "root",
        cron(command="word " * 300), to=("root@example.com",), body=b"rootjob\n",
        header=CRON_KEPT, also=short_header_lines),
    Row("6 cronie", "-FCronDaemon -i -odi -oem -oi -t -f alice",
        b"From: \"(Cron Daemon)\" <root>\nTo: root\nSubject: s\n\nout\n",
        sender="alice@example.com", to=("root@example.com",),
        header={"From": '"(Cron Daemon)" <root@example.com>', "To": "root@example.com",
                "Date": VALID, "Message-ID": VALID}, body=b"out\n"),
    Row("7 Debian cron, root has an alias", CRON + "root", cron(), who=("root",),
        aliases="root: admin@corp.example\n", sender="root@example.com",
        to=("admin@corp.example",), header={**CRON_KEPT, "To": "root@example.com"}),
    Row("7 Debian cron, root_address", CRON + "root", cron(), who=("root",),
        config="root_address admin@corp.example\n", sender="root@example.com",
        to=("admin@corp.example",), header={**CRON_KEPT, "To": "root@example.com"}),
    Row("10 anacron", "-FAnacron -odi root",
        ("file", b"From: Anacron <root>\nTo: root\nSubject: Anacron job\n"
                 b"Content-Type: text/plain; charset=US-ASCII\n\nout\n.\ntail\n"),
        to=("root@example.com",), header={"From": "Anacron <root@example.com>"}, body=b"out\n"),
    Row("10 anacron, a file that was read in part", "-FAnacron -odi root",
        ("file in the middle", b"someone else's\nFrom: Anacron <root>\nTo: root\n\nout\n"),
        to=("root@example.com",), header={"From": "Anacron <root@example.com>"}, body=b"out\n"),
    Row("11 atd", "-i alice",
        ("file", b"Subject: Output from your job        1\nTo: alice\n\nout\n.\n"),
        to=("alice@example.com",), argv0="sendmail", env=ATD, gid=1, null_output=True,
        header={"From": "$FULL <$ME@example.com>", "To": "alice@example.com", "Date": VALID,
                "Message-ID": VALID}, body=b"out\n.\n"),
    Row("12 mdadm", command=("/bin/sh", "-c", "$BIN/sendmail -t"),
        stdin=b"From: mdadm monitoring <root@vm>\nTo: root\nSubject: s\n\nout\n", who=("root",),
        sender="root@example.com", to=("root@example.com",),
        header={"From": "mdadm monitoring <root@example.com>"}, body=b"out\n"),
    Row("13 sudo", "-t", b"To: root\nFrom: alice\nAuto-Submitted: auto-generated\n"
        b"Subject: *** SECURITY information for vm ***\n\nvm : alice : user NOT in sudoers\n",
        argv0="sendmail", to=("root@example.com",), null_output=True,
        env={"HOME": "/", "PATH": "/usr/bin:/bin", "LOGNAME": "root", "USER": "root"},
        header={"From": "alice@example.com", "To": "root@example.com",
                "Auto-Submitted": "auto-generated", "Date": VALID, "Message-ID": VALID}),
    Row("14 fail2ban", "-f root@vm root@localhost",
        b"Subject: [Fail2Ban] sshd: banned 192.0.2.1\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n"
        b"From: Fail2Ban <root@vm>\nTo: root@localhost\n\nwhois \xe9\xff\nRegards",
        sender="root@example.com", to=("root@example.com",), body=b"whois \xe9\xff\nRegards\n",
        header={"Date": "Mon, 23 Nov 2026 10:00:00 +0000", "Message-ID": VALID,
                "From": "Fail2Ban <root@example.com>"}),
    Row("15 logwatch", "-t", b"To: root\nTo: a@x.org\nFrom: Logwatch <root>\nSubject: s\n"
        b"Precedence: bulk\n\nout\n", to=("root@example.com", "a@x.org"),
        header={"Precedence": "bulk", "From": "Logwatch <root@example.com>"}),
    Row("16 zfs-zed without @SUBJECT@", "root", b"Subject: pool\nZFS has finished a scrub:\n\nx\n",
        to=("root@example.com",), header={"Subject": "pool"},
        body=b"ZFS has finished a scrub:\n\nx\n"),
    Row("17 rkhunter", "root", b"Subject: s\nTo: root\n\nbody\n.\ntail\n",
        to=("root@example.com",), body=b"body\n"),
    Row("18 apt-listchanges", "-oi -t", "To: root\nSubject: s\n"
        "Content-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\n"
        "Content-Transfer-Encoding: 8bit\n\nné\n".encode(), to=("root@example.com",),
        who=("root",), header={"From": "root <root@example.com>", "Content-Transfer-Encoding":
                               "8bit"}, param={"BODY": "8BITMIME"}, body="né\n".encode()),
]

USERS = [
    Row("19 mutt", "-oem -oi -- bob@example.net carol@example.net bcc@x.org",
        ("file", FULL_MAIL + b"\nbody\n.\nend\n"), umask=0o077, body=b"body\n.\nend\n",
        to=("bob@example.net", "carol@example.net", "bcc@x.org"),
        also=lambda r: [] if split(r.content)[0] == split(FULL_MAIL + b"\n")[0]
        else [f"header: got {split(r.content)[0]}, want it as it was"]),
    Row("20 mutt with DSN", "-oem -oi -f me@x.org -N failure,delay -R hdrs -- b@x.org", same=True,
        umask=0o077, sender="me@x.org", param={"RET": "HDRS"},
        also=lambda r: [] if sorted(r.mails[0][0]["to"][0]["parameters"]["NOTIFY"].upper().split(
            ",")) == ["DELAY", "FAILURE"] else ["NOTIFY"]),
    Row("21 mutt write_bcc", "-oem -oi -- b@x.org z@x.org",
        FULL_MAIL + b"Bcc: z@x.org,\n\ty@x.org\n\nbody\n", to=("b@x.org", "z@x.org"),
        header={"Bcc": None, "Subject": "hi"}, body=b"body\n"),
    Row("23 -- protects a recipient", "-i -- -dash@x.org", same=True, to=("-dash@x.org",)),
    Row("23 a recipient with - and no --", "-i bob@x.org -dash@x.org", exit=64, drained=True),
    Row("23 a lone -", "-i bob@x.org -", exit=64, drained=True),
    Row("24 bsd-mailx", "-i -t", ("file", b"To: bob@example.com, carol\nSubject: caf\xe9\n"
                                  b"Bcc: z@x.org\nMIME-Version: 1.0\nContent-Type: text/plain; "
                                  b"charset=\"ANSI_X3.4-1968\"\n\nbody\n.\n"), umask=0o077,
        to=("bob@example.com", "carol@example.com", "z@x.org"), body=b"body\n.\n",
        header={"Bcc": None, "To": "bob@example.com, carol@example.com", "Date": VALID,
                "From": "$FULL <$ME@example.com>", "Message-ID": VALID},
        also=lambda r: [] if r.content.split(b"\r\n\r\n")[0].isascii() else ["8 bits in header"]),
    Row("25 s-nail", ["-i", "-F", "Full Name", "-f", "me@x.org", "--", "bob@x.org", "bcc@x.org"],
        b"Date: Mon, 23 Nov 2026 10:00:00 +0000\nTo: bob@x.org\nSubject: s\n\nbody\n", umask=0o077,
        sender="me@x.org", to=("bob@x.org", "bcc@x.org"),
        header={"From": "Full Name <me@x.org>", "Message-ID": VALID}),
    Row("25 s-nail with From", ["-i", "-F", "Full Name", "-f", "me@x.org", "--", "bob@x.org"],
        FULL_MAIL + b"\nbody\n", sender="me@x.org", to=("bob@x.org",), same=True),
    Row("26 s-nail by default", "-i -- bob@x.org",
        b"Date: Mon, 23 Nov 2026 10:00:00 +0000\nTo: bob@x.org\nSubject: s\n\nbody\n",
        to=("bob@x.org",), header={"From": "$FULL <$ME@example.com>", "Message-ID": VALID,
                                   "Date": "Mon, 23 Nov 2026 10:00:00 +0000"}),
    Row("27 mailutils", "-oi -f $ME@vm -t", b"To: <bob@example.com>,<carol@vm>\nSubject: s\n"
        b"X-Mailer: mail (GNU Mailutils 3.15)\n\nbody\n",
        to=("bob@example.com", "carol@example.com"),
        header={"From": "$FULL <$ME@example.com>", "To": "<bob@example.com>,<carol@vm>"}),
    Row("28 Emacs", "-oi -oep -odi -t",
        ("file", b"To: bob@x.org\nBcc: z@x.org\nSubject: s\nFrom: me@x.org\n\nbody\n"),
        to=("bob@x.org", "z@x.org"), header={"Bcc": None, "From": "me@x.org"}),
    Row("29 Emacs sends again", ["-oi", "-f", "me@x.org", "New <new@x.org>, b@x.org"], same=True,
        sender="me@x.org", to=("new@x.org", "b@x.org")),
    Row("33 git", "-i bob@x.org c@x.org", PATCH, to=("bob@x.org", "c@x.org"), same=True,
        body=PATCH.split(b"\n\n", 1)[1],
        also=lambda r: [] if b"Cc: c@x.org,\r\n\t=?UTF-8?q?M=C3=A9=20User?= <me@x.org>\r\n"
        in r.content else ["Cc is not what it was"]),
    Row("34 git with a command that cannot be run",
        command=("/bin/sh", "-c", "$BIN/sendmail -oi -C /nonexistent \"$@\"", "-", "-f", "me@x.org",
                 "-i", "bob@x.org"), stdin=PATCH, exit=78, drained=True),
    Row("35 Mercurial", "-f me@x.org b@x.org", PATCH, sender="me@x.org",
        body=b"---\nFrom abc Mon Sep 17\n"),
]

LIBRARIES = [
    Row("37 PHP", command=("/bin/sh", "-c", "$BIN/sendmail -t -i "), who=("www-data", "alice"),
        stdin=b"To: me@x.org\r\nSubject: s\r\nX-PHP-Originating-Script: 0:a.php\r\n\r\na\nb\r\nc\r\n",
        env={}, to=("me@x.org",), body=b"a\nb\nc\n",
        header={"From": "$FULL <$ME@example.com>", "Date": VALID, "Message-ID": VALID,
                "X-PHP-Originating-Script": "0:a.php"}),
    Row("38 PHP, an attack by the fifth argument", "-t -i -X$DIR/shell.php -OQueueDirectory=$DIR "
        "me@x.org", b"To: me@x.org\nSubject: <?php system($_GET[1]) ?>\n\nbody\n",
        who=("www-data", "alice", "root"), exit=(0, 77), mails=None, stderr=b".*",
        also=nothing_in("$DIR")),
    *(Row(f"38 PHP, the same by {word}", f"-t -i {word} me@x.org",
          b"To: me@x.org\nSubject: <?php system($_GET[1]) ?>\n\nbody\n",
          who=("www-data", "alice"), to=("me@x.org",), log="was ignored",
          also=nothing_in("$DIR"))
      for word in ("--logfile=$DIR/shell.php", "--passwordeval=touch${IFS}$DIR/shell.php",
                   "-X$DIR/shell.php")),
    Row("39 PHP with a sender", "-t -i -fbounce@x.org", b"To: b@x.org\r\nFrom: me@x.org\r\n\r\nx\r\n",
        who=("www-data", "alice"), env={}, sender="bounce@x.org", header={"From": "me@x.org"}),
    Row("40 MIME::Lite", "-t -oi -oem -fme@x.org", FULL_MAIL + b"Bcc: z@x.org\n\nbody\n",
        program="../lib/sendmail", sender="me@x.org", to=("bob@x.org", "z@x.org"),
        header={"Bcc": None}),
    Row("41 Email::Sender", "-i -f env@x.org -- bob@x.org c@x.org", FULL_MAIL + b"\nbody\n",
        sender="env@x.org", to=("bob@x.org", "c@x.org"), same=True),
    Row("42 Ruby mail", command=("/bin/sh", "-c", "$BIN/sendmail -i -f me@x.org -- a@x.org b@x.org"),
        stdin=b"From: me@x.org\nTo: a@x.org, \n b@x.org\nSubject: s\n\nbody\n", sender="me@x.org",
        to=("a@x.org", "b@x.org"), header={"To": "a@x.org, \n b@x.org"}),
    Row("43 Mail::Mailer", "-t", b"To: b@x.org\nSubject: s\n\nhi\n.\n", body=b"hi\n"),
    Row("44 nodemailer", "-i -f me@x.org b@x.org z@x.org",
        ("socket", b"From: me@x.org\r\nTo: b@x.org\r\nBcc: z@x.org\r\nSubject: s\r\n"
                   b"Message-ID: <1@x.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\na\nb\r\n.\r\n"),
        sender="me@x.org", to=("b@x.org", "z@x.org"), header={"Bcc": None}, body=b"a\nb\n.\n"),
    Row("45 PHPMailer", "-oi -fme@x.org -t", (FULL_MAIL + b"\nbody\n.\n").replace(b"\n", b"\r\n"),
        sender="me@x.org", to=("bob@x.org",), same=True, body=b"body\n.\n"),
    Row("46 RT: a bounce", "-oi -t -f '<>'", FULL_MAIL + b"\nbody\n", sender="", to=("bob@x.org",),
        same=True),
    Row("47 procmail", "-oi fwd@x.org", b"Return-Path: <a@x.org>\nReceived: by x; Mon, 23 Nov 2026 "
        b"10:00:00 +0000\n" + FULL_MAIL + b"\nbody\n", to=("fwd@x.org",), umask=0o077,
        header={"Return-Path": None},
        also=lambda r: [] if [f for f in split(r.content)[0] if f[0] != "Received"] ==
        split(FULL_MAIL + b"\n")[0] and b"Received: by x; Mon" in r.content
        else [f"header: got {split(r.content)[0]}, want it as it was"]),
    Row("49 maildrop", ["-oi", "-f", "", "fwd@x.org"],
        b"From a@x Mon Jan  1 00:00:00 2026\n" + FULL_MAIL + b"\nbody\n", sender="", umask=0o007,
        to=("fwd@x.org",),
        also=lambda r: [] if split(r.content)[0] == split(FULL_MAIL + b"\n")[0]
        else [f"header: got {split(r.content)[0]}, want it as it was"]),
    Row("50 vacation of old", "-eq -f'<>' a@x.org", b"Subject: away\n\nbody\n", sender="",
        to=("a@x.org",), header={"From": "$FULL <$ME@example.com>"}),
    Row("50 vacation", "-oi -f '<>' -- a@x.org", FULL_MAIL + b"\nbody\n", sender="",
        to=("a@x.org",), same=True),
    Row("50 nodemailer with the null sender", "-i b@x.org", FULL_MAIL + b"\nbody\n", same=True),
    Row("50 Dovecot", "-i -f <> -- a@x.org b@x.org".split(), (FULL_MAIL + b"\nx\n").replace(
        b"\n", b"\r\n"), sender="", to=("a@x.org", "b@x.org"), same=True, body=b"x\n"),
]

PARSING = [
    *[Row(f"51 {words}", words, b"To: b@x.org\n\nx\n.\ny\n", sender=sender, body=b"x\n.\ny\n")
      for words, sender in (("-tifme@x.org", "me@x.org"), ("-it", "$ME@example.com"),
                            ("-ti", "$ME@example.com"))],
    Row("52 RT with VERP", "-f me@x.org -f you@x.org b@x.org", sender="you@x.org", same=True),
    Row("54 one operand, two addresses", ["d@x.org e@x.org"], to=("d@x.org", "e@x.org")),
    Row("56 every option there is",
        "-ODeliveryMode=q -O ErrorMode=m -O FooBar=1 -or0s -oT5d -om -o7 -o8 -e m -eq -U -G -n -m -s "
        "-x -c -T -h25 -L tag -V id1 -Ac -pX:y -B8BITMIME -M rfoo b@x.org", mails=None),
    Row("56 every option there is, but for the queue",
        "-O ErrorMode=m -O FooBar=1 -or0s -oT5d -om -o7 -o8 -e m -eq -U -G -n -m -s "
        "-x -c -T -h25 -L tag -V id1 -Ac -pX:y -B8BITMIME -M rfoo b@x.org", same=True,
        body=b"body\n", param={"ENVID": "id1"}),
    Row("57 -BFOO", "-BFOO b@x.org", same=True, log="FOO"),
    Row("57 -N bogus", "-N bogus b@x.org", same=True, rcpt={"NOTIFY": None}, log="-N"),
    Row("57 -R bogus", "-R bogus b@x.org", same=True, param={"RET": None}, log="-R"),
    Row("59 -f as the last word", "-f", exit=64, drained=True),
    Row("59 -d takes no detached argument", "-d b@x.org", same=True, stderr=b".*"),
    Row("59 -q followed by -v", "-q -v", HELD, mails=0, logged=False, stderr=b".*"),
    Row("60 no operands, no -t", "", exit=64, drained=True, stderr=rb"[^\n]*[Nn]o recipients.*"),
    Row("61 -t without recipients", "-t", b"From: me@x.org\nSubject: s\n\nbody\n", exit=64,
        drained=True),
    Row("61 -t and nothing to read", "-t", b"", exit=64),
    Row("61 -t and an empty group only", "-t", b"To: undisclosed-recipients:;\n\nbody\n", exit=64),
    Row("65 -t with an empty To", "-t", b"To:\nCc: b@x.org\n\nbody\n"),
    Row("66 foo@@bar", ["foo@@bar"], exit=65, drained=True),
    Row("66 foo@@bar among good ones", ["b@x.org", "foo@@bar"], exit=65, drained=True),
    Row("66 -f foo@@bar", ["-f", "foo@@bar", "b@x.org"], exit=65, drained=True),
    *[Row(f"68 {words[0]}", words, exit=65, drained=True, also=nothing_in("$DIR"))
      for words in (["|/bin/touch $DIR/pwned"], ["/etc/passwd"], [":include:/etc/shadow"],
                    ["/$DIR/made"])],
    *[Row(f"68 -t and To: {to}", "-t", f"To: {to}\nSubject: s\n\nbody\n".encode(), exit=65,
          also=nothing_in("$DIR"))
      for to in ("|/bin/touch $DIR/pwned", "\"|/bin/touch $DIR/pwned\"", "/etc/passwd",
                 ":include:/etc/shadow")],
    *[Row(f"70 {program} {words}", words, HELD, mails=0, logged=False, program=program)
      for program, words in (("newaliases", ""), ("sendmail", "-bi"), ("sendmail", "-I"))],
    *[Row(f"70 {program} {words} and aliases that are wrong", words, HELD, exit=65, logged=False,
          program=program, aliases="root: me@x.org\n\n# c\nbroken line\n",
          stderr=rb"[^\n]*/etc/aliases:4[^\n]*\n.*")
      for program, words in (("newaliases", ""), ("sendmail", "-bi"), ("sendmail", "-I"))],
    Row("71 -q", "-q", HELD, mails=0, logged=False),
    Row("71 -q30m", "-q30m", HELD, mails=0, logged=False),
    Row("71 -bd", "-bd", HELD, exit=64, logged=False),
    Row("71 -bh", "-bh", HELD, mails=0, logged=False),
    Row("71 hoststat", "", HELD, mails=0, logged=False, program="hoststat"),
    Row("71 purgestat", "", HELD, mails=0, logged=False, program="purgestat"),
    Row("72 mailq", "", HELD, mails=0, logged=False, program="mailq", stdout=EMPTY_QUEUE),
    Row("73 --version", "--version", HELD, mails=0, logged=False, stdout=rb"postrider [\d.]+.*"),
    Row("73 -d0.1 -bv root", "-d0.1 -bv root", HELD, mails=0, logged=False,
        stdout=rb"postrider [\d.]+.*"),
    Row("73 -bV", "-bV", exit=64, logged=False),
]

NUL = b"From: a@x.org\nTo: b@x.org\nSubject: a\0b\n\nx\0y\n"
BYTES = [
    Row("74 no header", "b@x.org", b"hello world\nsecond\n", body=b"hello world\nsecond\n",
        header={"From": "$FULL <$ME@example.com>", "Date": VALID, "Message-ID": VALID,
                "To": "undisclosed-recipients:;"}),
    Row("77 a bare CR", "b@x.org", b"From: a@x.org\nTo: b@x.org\n\na\rb\n", body=b"a\nb\n"),
    *[Row(f"77 a bare CR in the header, {name}", "-t -i",
          ("file", end.join((b"Subject: Q\rBcc: z@x.org", b"To: b@x.org", b"X-A: a\r\rb",
                             b"From: a@x.org", b"", b"a\rb", lines))),
          to=("b@x.org",), body=b"a\nb\n" + lines.replace(end, b"\n"),
          header={"Subject": "Q Bcc: z@x.org", "X-A": "a b", "From": "a@x.org"})
      for name, end, lines in (("LF", b"\n", b""), ("CRLF", b"\r\n", b""),
                               ("a large file", b"\n", b"0123456789\n" * 200000))],
    Row("77 no line end but bare CR", "-t -i", b"Subject: Q\rTo: b@x.org\r\ra\rb\r",
        to=("b@x.org",), header={"Subject": "Q"}, body=b"a\nb\n"),
    Row("81 NULs", "b@x.org", NUL, header={"Subject": "ab"}, log="NUL",
        also=lambda r: decodes_to(b"x\0y\n")(r) if b"base64" in r.content
        else decodes_to(b"xy\n")(r)),
    Row("83 standard input is not open", "b@x.org", ("null", b""), closed=(0,), exit=66),
    Row("83 standard input is a folder", "b@x.org", ("directory", b""), exit=74),
    Row("83 standard input is /dev/null", "b@x.org", ("null", b""), body=b"",
        header={"From": "$FULL <$ME@example.com>", "Date": VALID, "Message-ID": VALID}),
    Row("84 the other descriptors are closed", "-i b@x.org", same=True, closed=(1, 2),
        null_output=True),
    Row("84 all descriptors are closed", "-i b@x.org", ("null", b""), closed=(0, 1, 2), exit=66,
        null_output=True),
    Row("86 the relay refuses the sender, -odi", "-odi -f refused@x.org b@x.org", exit=69,
        stderr=rb".*550.*5\.7\.1 not from you.*"),
    Row("86 the relay refuses the sender, -v", "-v -f refused@x.org b@x.org", exit=69,
        stderr=rb".*5\.7\.1 not from you.*"),
    Row("86 the relay refuses the recipient", "reject@x.org", exit=67,
        stderr=rb".*5\.1\.1 no such user.*", log="5.1.1"),
    Row("89 -t and Bcc only", "-t", b"Bcc: b@x.org\nSubject: s\n\nbody\n",
        header={"To": "undisclosed-recipients:;", "Bcc": None}),
]

# The same mail, with what callers leave in the environment.
SURROUNDINGS = [
    Row(f"environment: {name}", "-t", b"To: root\nSubject: s\n\nbody\n", to=("root@example.com",),
        header={"From": "$FULL <$ME@example.com>", "To": "root@example.com"}, body=b"body\n",
        who=(*BOTH, "www-data"), **more)
    for name, more in {
        "empty": {"env": {}},
        "root's home and name": {"env": ATD},
        "another's name": {"env": {"USER": "eve", "LOGNAME": "eve", "NAME": "Eve", "HOME": "/root",
                                   "MAILHOST": "eve.example", "EMAIL": "eve@eve.example",
                                   "HOSTNAME": "eve.example", "MAILNAME": "eve.example"}},
        "a home that is not there": {"env": {"HOME": "/nonexistent/home", "PATH": "/bin"}},
        "a home that is a file": {"env": {"HOME": "/etc/passwd", "XDG_CONFIG_HOME": "/dev/null"}},
        "a home that is empty": {"env": {"HOME": "", "PATH": "", "TZ": ":/dev/zero"}},
        "gid 1": {"gid": 1, "env": ATD},
        "umask 0077": {"umask": 0o077},
        "umask 0777": {"umask": 0o777},
        "standard output and error are /dev/null": {"null_output": True},
        "standard output and error are closed": {"null_output": True, "closed": (1, 2)},
        "a locale that is not there": {"env": {"LANG": "xx_YY", "LC_ALL": "zz"}},
    }.items()]

ROWS = SCHEDULERS + USERS + LIBRARIES + PARSING + BYTES + SURROUNDINGS
