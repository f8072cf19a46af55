# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no single run: SMTP on standard input and output, slow callers, callers that are killed."""

import dataclasses
import os
import re
import resource
import select
import signal
import subprocess
import tempfile

from sendmail_lib import fixture
from sendmail_lib.later import files, run_now
from sendmail_lib.rows import BOTH, CRON, differ, split

HELLO = [("EHLO vm", "250"), ("MAIL FROM:<me@x.org>", "250"), ("RCPT TO:<b@x.org>", "250")]
TEXT = "From: me@x.org\r\nTo: b@x.org\r\nSubject: s\r\n\r\n..x\r\nend\r\n."
TAKEN = {"sender": "me@x.org", "to": ["b@x.org"], "body": b".x\nend\n"}
QUIT = [("QUIT", "221")]


def lines(process, timeout=30):
    """One reply, with all its lines; what has come when the line is cut."""
    reply = b""
    while not re.search(rb"(?m)^\d{3}( [^\n]*)?\r?\n\Z", reply):
        if not select.select([process.stdout], [], [], timeout)[0]:
            return reply + b"(silence)"
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece:
            return reply + b"(end)"
        reply += piece
    return reply


def start(host, user, words, **more):
    uid = fixture.UIDS[user]
    host.prepare(more.pop("relay", "plain"), "", more.pop("aliases", None), None)
    host.heard()
    host.relays["plain"].forget()
    return subprocess.Popen([str(host.bin / "sendmail"), *words], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", env=CRON,
                            user=uid, group=uid, extra_groups=[], **more)


def finish(process):
    """(status, the rest of standard output, standard error)"""
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        return ("killed", *process.communicate())
    return process.returncode, out, err


@dataclasses.dataclass
class Dialogue:
    """Commands and the beginnings of their replies, one by one; then what has arrived."""

    name: str
    steps: list
    words: str = "-bs"
    end: str = "\r\n"
    mails: tuple = ()          # (sender, to, body)
    rest: bytes = b""          # of standard output, after the last step
    aliases: object = None
    who: tuple = BOTH

    def run(self, host, user):
        process = start(host, user, self.words.split(), aliases=self.aliases)
        found = []
        greeting = lines(process)
        if not re.match(rb"220 \S+ ESMTP", greeting):
            found.append(f"greeting: got {greeting!r}, want 220 <host> ESMTP")
        for said, want in self.steps:
            if found:
                break
            found += self.step(process, said, want)
        status, out, err = finish(process)
        found += differ("status", status, 0) + differ("standard error", err, b"")
        found += differ("standard output at the end", out, self.rest)
        mails = host.relays["plain"].after(0)
        got = [{"sender": e["from"], "to": sorted(r["address"] for r in e["to"]),
                "body": split(c)[1]} for e, c in mails]
        return found + differ("mails", got, list(self.mails))

    def step(self, process, said, want):
        text = said.replace("\r\n", self.end) + self.end
        process.stdin.write(text.encode())
        process.stdin.flush()
        reply = lines(process) if want else b""
        good = re.match((want or "").encode(), reply)
        return [] if good else [f"reply to {said!r}: got {reply!r}, want {want}"]


def both(result, *more):
    return [*HELLO, ("DATA", "354"), (TEXT, result), *more]


DIALOGUES = [
    Dialogue("30 nmh and alpine speak SMTP", both("250", *QUIT), "-bs -odi -oem -om -ov",
             mails=(TAKEN,)),
    Dialogue("-bs: bare LF", both("250", *QUIT), end="\n", mails=(TAKEN,)),
    Dialogue("-bs: a bare CR in the header", [*HELLO, ("DATA", "354"),
                                              (TEXT.replace(": s", ": s\r\rx"), "250"), *QUIT],
             mails=(TAKEN,)),
    Dialogue("-bs: two mails, RSET between", [*HELLO, ("RSET", "250"), *HELLO[1:], ("DATA", "354"),
                                            (TEXT, "250"), *both("250", *QUIT)],
             mails=(TAKEN, TAKEN)),
    Dialogue("-bs: every verb", [
        ("HELO vm", "250"), ("NOOP", "250"), ("VRFY bob", "252"), ("HELP", "214"),
        ("ONEX", "250|500"), ("VERB", "250|500"), ("FOO", "500"), ("RCPT TO:<b@x.org>", "503"),
        ("DATA", "503"), ("MAIL FROM:<foo@@bar>", "50[13]|553"), *QUIT]),
    Dialogue("-bs: the parameters of MAIL and RCPT", [
        ("EHLO vm", "250"),
        ("MAIL FROM:<me@x.org> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=id1", "250"),
        ("RCPT TO:<b@x.org> NOTIFY=NEVER ORCPT=rfc822;b@x.org", "250"),
        ("DATA", "354"), (TEXT, "250"), *QUIT], mails=(TAKEN,)),
    Dialogue("-bs: the null sender", [HELLO[0], ("MAIL FROM:<>", "250"), HELLO[2], ("DATA", "354"),
                                      (TEXT, "250"), *QUIT], mails=({**TAKEN, "sender": ""},)),
    Dialogue("-bs: local names and aliases", [
        HELLO[0], ("MAIL FROM:<root@vm>", "250"), ("RCPT TO:<team>", "250"),
        ("RCPT TO:<bob@localhost>", "250"), ("DATA", "354"), (TEXT, "250"), *QUIT],
             aliases="team: x@x.org\n",
             mails=({**TAKEN, "sender": "root@example.com",
                     "to": ["bob@example.com", "x@x.org"]},)),
    Dialogue("-bs: the relay refuses the recipient", [
        *HELLO[:2], ("RCPT TO:<reject@x.org>", "250"), ("DATA", "354"), (TEXT, "5"), *QUIT]),
    Dialogue("-bs: EOF before QUIT", both("250"), mails=(TAKEN,)),
    Dialogue("-bs: EOF in the middle of a mail", [*HELLO, ("DATA", "354"),
                                                  ("From: me@x.org\r\n\r\nx", None)]),
    Dialogue("-bs: a program or a file is no recipient", [
        *HELLO[:2], ("RCPT TO:<|touch>", "5"), ("RCPT TO:</etc/passwd>", "5"), *QUIT]),
]


def taken(host, user, relay):
    """The lengths of the bodies that have come, if need be once the relay is back."""
    if not relay:
        host.prepare("plain", "", None, None)
        if found := run_now(host, user):
            raise ValueError(found)
    return [len(split(c)[1]) for _, c in host.relays["plain"].after(0)]


def from_slow_caller(host, user, relay="plain"):
    """82: 50 MiB, piece by piece. Memory is that of a small message."""
    peaks = []
    for size in (1, 50):
        process = start(host, user, ["-i", "b@x.org"], relay=relay)
        process.stdin.write(b"From: a@x.org\nTo: b@x.org\n\n")
        for _ in range(size * 16):
            process.stdin.write((b"x" * 63 + b"\n") * 1024)
            process.stdin.flush()
        process.stdin.close()
        said = process.stdout.read() + process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peaks.append(usage.ru_maxrss)
        got = taken(host, user, relay)
        if (process.returncode, said, got) != (0, b"", [size << 20]):
            return [f"{size} MiB: got {(process.returncode, said, got)}, want {(0, b'', [size << 20])}"]
    more = (peaks[1] - peaks[0]) // 1024
    return [] if more < 24 else [f"memory for 50 MiB: got {more} MiB more, want less than 24"]


def killed_half_way(host, user, relay="plain", number=signal.SIGTERM):
    """82: nothing is sent and nothing is left."""
    before = set(os.listdir("/tmp"))
    process = start(host, user, ["-i", "b@x.org"], relay=relay)
    process.stdin.write(b"From: a@x.org\nTo: b@x.org\n\n" + b"text\n" * 200000)
    process.stdin.flush()
    process.send_signal(number)
    status = process.wait(timeout=60)
    for pipe in (process.stdin, process.stdout, process.stderr):
        try:
            pipe.close()
        except BrokenPipeError:
            pass
    mails = len(host.relays["plain"].after(0))
    left = {n for n in set(os.listdir("/tmp")) - before if "postrider" in n}
    left |= set(files(host, user))
    return differ("status, mails, files", (status, mails, left), (-number, 0, set()))


def hung_up(host, user):
    """The caller's session ends while the server thinks about the message."""
    process = start(host, user, ["b@x.org"])
    server = host.relays["plain"]
    server.reached.clear()
    server.open.clear()
    try:
        process.stdin.write(b"Subject: s\n\nbody\n")
        process.stdin.close()
        reached = server.reached.wait(30)
        process.send_signal(signal.SIGHUP)
    finally:
        server.open.set()
    status = process.wait(timeout=60)
    said = process.stdout.read() + process.stderr.read()
    return differ("content came, status, output, mails",
                  (reached, status, said, len(server.after(0))), (True, 0, b"", 1))


def signals_ignored(host, user, relay="plain"):
    """Callers leave signals ignored and blocked."""
    def hostile():
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.setitimer(signal.ITIMER_REAL, 0.001)
    process = start(host, user, ["-t"], preexec_fn=hostile, relay=relay)
    out, err = process.communicate(b"To: b@x.org\n\nbody\n", timeout=60)
    return differ("status, output, mails",
                  (process.returncode, out, err, taken(host, user, relay)), (0, b"", b"", [5]))


def unread_output(host, user, relay="plain"):
    """RT and others never read our standard output, or have closed its other end."""
    process = start(host, user, ["-v", "-t"], relay=relay)
    process.stdout.close()
    process.stderr.close()
    process.stdin.write(b"To: b@x.org\n\nbody\n")
    process.stdin.close()
    status = process.wait(timeout=60)
    return differ("status, mails", (status, taken(host, user, relay)), (0, [5]))


def caller_without_passwd(host, user):
    """A uid that nobody knows: there is still an envelope sender."""
    process = start(host, user, ["b@x.org"], preexec_fn=lambda: os.setuid(4242))
    out, err = process.communicate(b"Subject: s\n\nbody\n", timeout=60)
    mails = host.relays["plain"].after(0)
    senders = [e["from"].rpartition("@")[2] for e, _ in mails]
    return differ("status, output, domain of the sender", (process.returncode, out, err, senders),
                  (0, b"", b"", ["example.com"]))


@dataclasses.dataclass
class Scene:
    name: str
    act: object
    who: tuple = BOTH

    def run(self, host, user):
        return self.act(host, user)


def spooled_nothing(host, user):
    """A file on standard input: its offset is the caller's, and it is only read."""
    with tempfile.TemporaryFile() as file:
        file.write(b"To: b@x.org\n\nbody\n")
        file.seek(0)
        uid = fixture.UIDS[user]
        host.prepare("plain", "", None, None)
        host.relays["plain"].forget()
        done = subprocess.run([str(host.bin / "sendmail"), "-t"], stdin=file, capture_output=True,
                              env=CRON, user=uid, group=uid, extra_groups=[], timeout=60)
        file.seek(0)
        return differ("status, output, file, mails",
                      (done.returncode, done.stdout + done.stderr, file.read(),
                       len(host.relays["plain"].after(0))),
                      (0, b"", b"To: b@x.org\n\nbody\n", 1))


def twice(name, act):
    """Once with the relay up, once with the relay down."""
    return [Scene(name, act),
            Scene(f"relay down: {name}", lambda host, user: act(host, user, relay=None))]


ROWS = DIALOGUES + [
    *twice("82 50 MiB from a slow pipe", from_slow_caller),
    *twice("82 SIGTERM half-way", killed_half_way),
    *twice("signals that the caller has left ignored and blocked", signals_ignored),
    Scene("SIGHUP when the message is complete", hung_up),
    *twice("output that nobody reads", unread_output),
    Scene("a uid that nobody knows", caller_without_passwd, ("root",)),
    Scene("a file on standard input is only read", spooled_nothing),
]
