# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedulers, daemons and filters that report to people or forward what comes."""
import contextlib
import email.header
import glob
import os
import signal
import subprocess

import late
from checks import equal
from letter import body, envelope, header, matches
from room import ALICE, BOB, PATIENCE

PACKAGES = ["cron", "anacron", "at", "sudo", "procmail", "maildrop", "logwatch", "fail2ban"]
NPM = []
SECURITY = "*** SECURITY information for vm.example.com ***"
BARE = {"PATH": "/usr/bin:/bin"}
INCOMING = b"""From friend@x.org Mon Jan  5 10:00:00 2026
Return-Path: <friend@x.org>
Received: from x.org by y.org; Mon, 5 Jan 2026 10:00:00 +0000
Date: Mon, 5 Jan 2026 10:00:00 +0000
From: A Friend <friend@x.org>
To: alice@example.com
Subject: forwarded
Message-ID: <1@x.org>

first
.
From here on, the last
"""
# Programs that are not postrider hand this on to the screen, or wherever their output goes.
REFUSAL = (b'sendmail: 127.0.0.1 refused the recipient reject@x.org\n'
           b'sendmail: The server said: "550 5.1.1 no such user"\n'
           b'sendmail: There is no mailbox of that name.\n'
           b'sendmail: Look whether the address of the recipient is spelt right.\n')
FORWARDED = "first\n.\nFrom here on, the last\n"


def cases(_full):
    named = {
        "cron: a job of a user": cron_user,
        "cron: a job of root, MAILTO with two addresses": cron_mailto,
        "cron: 8-bit output, long Subject": cron_long,
        "cron: the same for a server with neither 8BITMIME nor SMTPUTF8": cron_seven,
        "cron: a refusal is told to cron": cron_refused,
        "anacron: a job": anacron,
        "at: a job of a user": at,
        "sudo: mail_always": sudo_always,
        "sudo: mail_no_user": sudo_no_user,
        "procmail: forwarding": procmail,
        "procmail: a refusal keeps the mail": procmail_refused,
        "formail: an automatic reply": formail,
        "maildrop: forwarding": maildrop,
        "maildrop: a refusal is told to maildrop": maildrop_refused,
        "logwatch: a report to two": logwatch,
        "fail2ban: the sendmail action": fail2ban,
    }
    return late.cases(named)


def furnish(room, _debs):
    room.write("etc/pam.d/other", "auth sufficient pam_permit.so\naccount sufficient "
                                  "pam_permit.so\nsession sufficient pam_permit.so\n")
    for folder in ("var/mail", "var/cache/logwatch"):
        os.makedirs(f"{room.path}/{folder}", exist_ok=True)
    os.chmod(f"{room.path}/var/mail", 0o1777)
    own(room, "var/spool/cron/atjobs/.SEQ", "", room.owner("daemon")[0])


@contextlib.contextmanager
def daemon(room, *argv, env=None, words=b""):
    """Run it in the foreground for as long as the `with` lasts; it must have said these words."""
    started = subprocess.Popen(["/usr/sbin/chroot", room.path, *argv], stdin=subprocess.DEVNULL,
                               env=env or BARE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        said = started.communicate(timeout=PATIENCE)[0]
    equal(said, words, f"output of {argv[0]}")


def own(room, name, text, owner, mode=0o600):
    room.write(name, text)
    os.chmod(f"{room.path}/{name}", mode)
    os.chown(f"{room.path}/{name}", owner, owner)


@contextlib.contextmanager
def cron(room, user, owner, table, words=b""):
    """cron at the moment when the machine starts: the jobs that are due then need no minute."""
    folder = f"{room.path}/var/spool/cron/crontabs"
    for old in glob.glob(f"{folder}/*") + glob.glob(f"{room.path}/run/crond.*"):
        os.unlink(old)
    own(room, f"var/spool/cron/crontabs/{user}", table, owner)
    with daemon(room, "/usr/sbin/cron", "-f", "-L", "5", words=words):
        yield


def cron_user(room):
    with cron(room, "alice", ALICE, "@reboot echo hello; echo .; printf last\n"):
        mail = room.mail()
        room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "alice@example.com")
    header(mail, From="root@example.com (Cron Daemon)", To="alice@example.com",
           Subject="Cron <alice@vm> echo hello; echo .; printf last", MIME_Version="1.0",
           Content_Type="text/plain; charset=US-ASCII")
    equal("<HOME=/home/alice>" in mail.fields("X-Cron-Env"), True, "X-Cron-Env kept")
    body(mail, "hello\n.\nlast\n")


def cron_mailto(room):
    table = "MAILTO=alice,bob@x.org\n@reboot echo rootjob\n"
    with cron(room, "root", 0, table):
        mail = room.mail()
        room.logged("sendmail", 0)
    envelope(mail, "root@example.com", "alice@example.com", "bob@x.org")
    header(mail, From="root@example.com (Cron Daemon)", Subject="Cron <root@vm> echo rootjob")
    body(mail, "rootjob\n")


def cron_long(room):
    mail = cron_eight(room)
    equal(mail.parameters["BODY"], "8BITMIME", "BODY")
    body(mail, "café\n")


def cron_seven(room):
    settings = room.server.settings
    offered = settings.capabilities
    settings.capabilities = ("PIPELINING", "SIZE", "DSN")
    try:
        mail = cron_eight(room)
    finally:
        settings.capabilities = offered
    equal((mail.content.isascii(), list(mail.parameters)), (True, ["SIZE"]), "ASCII, parameters")
    header(mail, Content_Transfer_Encoding="quoted-printable")
    equal(mail.message.get_payload(decode=True), "café\r\n".encode(), "body")


def cron_eight(room):
    command = f"printf 'caf\\303\\251\\n' # é {'word ' * 180}".strip()
    # Debian 13's cron would encode it.
    table = f"CONTENT_TRANSFER_ENCODING=8bit\n@reboot {command}\n"
    with cron(room, "alice", ALICE, table):
        mail = room.mail()
        room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "alice@example.com")
    header(mail)
    equal(max(map(len, mail.content.split(b"\r\n"))) <= 998, True, "lines of at most 998 bytes")
    subject = str(email.header.make_header(email.header.decode_header(mail.fields("Subject")[0])))
    subject = subject.encode("utf-8", "surrogateescape").decode()
    equal(subject, f"Cron <alice@vm> {command}", "Subject, decoded")
    return mail


def cron_refused(room):
    with cron(room, "alice", ALICE, "MAILTO=reject@x.org\n@reboot echo lost\n", REFUSAL):
        match = room.syslog.wait(r"got status 0x([0-9a-f]+) from MTA", "cron's own line")
        equal(int(match[1], 16), 67, "status as cron saw it")
        room.logged("sendmail", ALICE, "EX_NOUSER")
    room.nothing()


def anacron(room):
    room.write("etc/anacrontab", "SHELL=/bin/sh\n1 0 report echo out; echo .; echo tail\n")
    os.makedirs(f"{room.path}/var/spool/anacron", exist_ok=True)
    room.silent("/usr/sbin/anacron", "-f", "-n", env=BARE)
    mail = room.mail()
    room.logged("sendmail", 0)
    room.syslog.wait("Job `report' terminated", "anacron's end")
    equal([line for line in room.syslog.lines() if "exited with status" in line], [],
          "complaints of anacron")
    envelope(mail, "root@example.com", "root@example.com")
    header(mail, From="Anacron <root@example.com>", To="root@example.com",
           Subject="Anacron job 'report' on vm")
    body(mail, "out\n")


def at(room):
    done = room.call("/usr/bin/at", "now", user="alice", stdin=b"echo from at\nprintf .\n")
    equal(done.returncode, 0, f"exit of at, which said {done.stderr!r}")
    with daemon(room, "/usr/sbin/atd", "-f", env={**BARE, "HOME": "/root", "USER": "root"}):
        mail = room.mail()
        room.logged("sendmail", ALICE)
    envelope(mail, "alice@example.com", "alice@example.com")
    header(mail, From='"Alice A. User" <alice@example.com>', To="alice@example.com")
    matches(mail.fields("Subject")[0], r"^Output from your job +\d+$", "Subject")
    body(mail, "from at\n.\n")


def sudoers(room, text):
    own(room, "etc/sudoers", f"Defaults !use_pty\n{text}", 0, 0o440)


def sudo_always(room):
    sudoers(room, "Defaults mail_always\nalice ALL=(ALL) NOPASSWD: ALL\n")
    room.silent("/usr/bin/sudo", "/bin/true", user="alice")
    # One before the command and one after it, which nobody keeps in this order.
    mails = sorted(room.mails(2), key=lambda mail: mail.content.count(b"EXIT=0"))
    room.logged("sendmail", ALICE, count=2)
    for mail, ending in zip(mails, ("", " ; EXIT=0")):
        envelope(mail, "alice@example.com", "root@example.com")
        header(mail, From="alice@example.com", To="root@example.com", Subject=SECURITY,
               Auto_Submitted="auto-generated")
        matches(mail.body.decode(), rf"alice : .*COMMAND=/bin/true{ending}\r\n", "body")


def sudo_no_user(room):
    sudoers(room, "Defaults !authenticate\nalice ALL=(ALL) ALL\n")
    done = room.call("/usr/bin/sudo", "-n", "/bin/true", user="bob")
    equal(done.returncode, 1, "exit of sudo")
    equal(b"postrider" in done.stderr + done.stdout, False, "anything of ours on the screen")
    mail = room.mail()
    room.logged("sendmail", BOB)
    envelope(mail, "bob@example.com", "root@example.com")
    header(mail, From="bob@example.com", To="root@example.com", Subject=SECURITY)
    matches(mail.body.decode(), "bob : user NOT in sudoers", "body")


def procmail(room):
    own(room, "home/alice/.procmailrc", ":0\n! fwd@x.org other@x.org\n", ALICE)
    room.silent("/usr/bin/procmail", user="alice", stdin=INCOMING)
    forwarded(room.mail(), f"{FORWARDED}\n", "fwd@x.org", "other@x.org")
    room.logged("sendmail", ALICE)


def forwarded(mail, tail, *recipients):
    equal(sorted(mail.recipients), sorted(recipients), "recipients")
    header(mail, From="A Friend <friend@x.org>", Message_ID="<1@x.org>", Subject="forwarded",
           Date="Mon, 5 Jan 2026 10:00:00 +0000", To="alice@example.com")
    equal("from x.org by y.org; Mon, 5 Jan 2026 10:00:00 +0000" in mail.fields("Received"), True,
          "the old Received kept")
    body(mail, tail)


def procmail_refused(room):
    own(room, "home/alice/.procmailrc", "DEFAULT=/home/alice/kept\n:0 w\n! reject@x.org\n", ALICE)
    done = room.call("/usr/bin/procmail", user="alice", stdin=INCOMING)
    equal(done.returncode, 0, "exit of procmail")
    room.logged("sendmail", ALICE, "EX_NOUSER")
    room.nothing()
    kept = open(f"{room.path}/home/alice/kept", "rb").read()
    equal(b"Message-ID: <1@x.org>" in kept, True, "the mail in procmail's DEFAULT")


def formail(room):
    room.silent("/bin/sh", "-c", "(formail -r; echo I am away) | sendmail -oi -t", user="alice",
                stdin=INCOMING)
    mail = room.mail()
    envelope(mail, "alice@example.com", "friend@x.org")
    header(mail, From='"Alice A. User" <alice@example.com>', Subject="Re: forwarded",
           In_Reply_To="<1@x.org>")
    matches(mail.body.decode(), "I am away\r\n$", "body")


def maildrop(room):
    own(room, "home/alice/.mailfilter", 'to "!fwd@x.org"\n', ALICE)
    room.silent("/usr/bin/maildrop", user="alice", stdin=INCOMING)
    mail = room.mail()
    equal(mail.sender, "", "envelope sender")
    forwarded(mail, FORWARDED, "fwd@x.org")
    room.logged("sendmail", ALICE)


def maildrop_refused(room):
    own(room, "home/alice/.mailfilter", 'to "!reject@x.org"\n', ALICE)
    done = room.call("/usr/bin/maildrop", user="alice", stdin=INCOMING)
    equal((done.returncode, done.stderr), (67, REFUSAL), "exit of maildrop, what it passed on")
    room.nothing()


def logwatch(room):
    room.write("var/log/auth.log", "Nov 22 10:00:00 vm sshd[7]: Accepted password for alice from "
                                   "192.0.2.7 port 22 ssh2\n")
    room.silent("/usr/sbin/logwatch", "--output", "mail", "--mailto", "root a@x.org", "--service",
                "sshd", "--range", "all")
    mail = room.mail()
    room.logged("sendmail", 0)
    envelope(mail, "root@example.com", "root@example.com", "a@x.org")
    header(mail, Precedence="bulk", MIME_Version="1.0")
    # In Debian 13 they are in one field, the last one first.
    equal(sorted(" , ".join(mail.fields("To")).split(" , ")), ["a@x.org", "root@example.com"], "To")
    matches(mail.fields("Subject")[0], "^Logwatch for vm", "Subject")
    matches(mail.body.decode(), "(?s)alice:.*Logwatch End", "body")


def fail2ban(room):
    room.write("etc/fail2ban/fail2ban.local", "[Definition]\nlogtarget = SYSLOG\ndbfile = None\n"
                                          "allowipv6 = auto\n")
    room.write("etc/fail2ban/jail.d/defaults-debian.conf", "")
    room.write("etc/fail2ban/jail.local", "[door]\nenabled = true\nbackend = polling\n"
               "filter = sshd\nlogpath = /var/log/door\nbantime = 60\n"
               "action = sendmail[name=door, dest=root@localhost, sender=root@vm]\n")
    room.write("var/log/door", "")
    # The machine's python3 looks for modules beside itself, which is outside this room.
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
           "PYTHONPATH": "/usr/lib/python3/dist-packages"}
    with daemon(room, "/usr/bin/fail2ban-server", "-f", "start", env=env, words=b"Server ready\n"):
        started = room.mail()
        ban = room.call("/usr/bin/fail2ban-client", "set", "door", "banip", "192.0.2.7", env=env)
        equal((ban.returncode, ban.stdout), (0, b"1\n"), "fail2ban-client")
        banned = room.mail()
    equal([line for line in room.syslog.lines() if " ERROR " in line], [], "errors of fail2ban")
    for mail, words in ((started, "started successfully"), (banned, "192.0.2.7")):
        envelope(mail, "root@example.com", "root@example.com")
        header(mail, From="Fail2Ban <root@example.com>")
        matches(mail.body.decode(), words, "body")
    matches(banned.fields("Subject")[0], r"\[Fail2Ban\] door: banned 192.0.2.7 from vm", "Subject")
