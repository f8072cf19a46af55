# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of a table: how sendmail is called, and what must then have happened."""

import contextlib
import dataclasses
import email.utils
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading

from sendmail_lib import fixture

BOTH = ("root", "alice")
CRON = {"PATH": "/usr/bin:/bin"}
VALID = "valid"       # header: one field, as postrider adds it
HELD = "a pipe that is never closed"
MAIL = (b"From: a@x.org\nTo: b@x.org\nSubject: s\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n"
        b"Message-ID: <1@x.org>\n\nbody\n")


@dataclasses.dataclass
class Row:
    """`$ME` is the user's login name, `$FULL` his name, `$DIR` a folder of his."""

    name: str
    argv: object = ""                  # words; a string is split as a shell does
    stdin: object = MAIL               # bytes: through a pipe
    exit: object = 0                   # or several
    sender: object = "$ME@example.com"
    to: tuple = ("b@x.org",)
    header: dict = dataclasses.field(default_factory=dict)
    same: bool = False                 # the header has arrived as it was
    body: object = None                # after dot-unstuffing, LF
    param: dict = dataclasses.field(default_factory=dict)    # of MAIL
    rcpt: dict = dataclasses.field(default_factory=dict)     # of every RCPT
    mails: object = 1                  # None: not asked. With an exit status not 0: none
    stdout: bytes = b""                # a pattern for all of it
    stderr: object = None              # None: nothing if the status is 0, else a sentence
    log: str = ""                      # a pattern in what syslog has got
    logged: bool = True                # uid and argv[0] must be in the log
    who: tuple = BOTH
    program: str = "sendmail"          # relative to the folder of the links
    argv0: str = ""
    command: tuple = ()                # instead: the whole command
    env: dict = dataclasses.field(default_factory=lambda: CRON)
    umask: int = 0o022
    gid: object = None
    cwd: str = "/"
    closed: tuple = ()                 # descriptors
    null_output: bool = False
    drained: bool = False              # the caller can write all of a large message
    relay: str = "plain"
    config: str = ""
    aliases: object = None
    mailname: object = None
    also: object = None                # a function of the Result: a list of problems


@dataclasses.dataclass
class Result:
    host: fixture.Host
    row: Row
    user: str
    scratch: str
    status: int = None
    stdout: bytes = b""
    stderr: bytes = b""
    broken: bool = False               # the caller's pipe broke
    mails: list = None
    log: list = None

    def fill(self, text):
        """The row's text with its placeholders filled."""
        for name, value in (("$ME", self.user), ("$FULL", fixture.FULL[self.user]),
                            ("$DIR", self.scratch), ("$BIN", str(self.host.bin))):
            text = text.replace(name, value) if isinstance(text, str) else \
                text.replace(name.encode(), value.encode())
        return text

    @property
    def content(self):
        return self.mails[0][1]


def split(content):
    """(fields as [(name, raw value)], body), LF."""
    content = content.replace(b"\r\n", b"\n")
    head, separator, body = content.partition(b"\n\n")
    if content.startswith(b"\n"):
        head, separator, body = b"", b"\n", content[1:]
    fields = []
    for line in head.split(b"\n") if head else []:
        if line[:1] in b" \t" and fields:
            fields[-1][1] += b"\n" + line
        else:
            name, _, value = line.partition(b":")
            fields.append([name.decode("latin-1"), value])
    values = [(n, v[1:] if v[:1] == b" " else v) for n, v in fields]
    return [(n, v.decode("utf-8", "surrogateescape")) for n, v in values], body


def added(name, value):
    """Whether postrider can have made this value of the field."""
    if name == "Date":
        form = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
        return bool(re.fullmatch(form, value)) and \
            email.utils.parsedate_to_datetime(value).timestamp() > 1_500_000_000
    if name == "Message-ID":
        return bool(re.fullmatch(r"<[^<>@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+>", value)) and \
            "localhost" not in value
    return bool(value)


# ---- what was read and what was not

def feeder(stdin, process, result):
    """Writes as callers do; one whose pipe breaks sees no exit status."""
    def feed():
        try:
            process.stdin.write(stdin)
            process.stdin.close()
        except BrokenPipeError:
            result.broken = True
    thread = threading.Thread(target=feed)
    thread.start()
    return thread


def stand_in(stdin, scratch):
    """What is not a pipe."""
    kind, content = stdin
    if kind == "null":
        return open("/dev/null", "rb")
    if kind == "directory":
        return os.open(scratch, os.O_RDONLY)
    if kind == "socket":
        ours, theirs = socket.socketpair()
        ours.sendall(content)
        ours.close()
        return theirs
    file = tempfile.TemporaryFile(dir=scratch)
    file.write(content)
    file.flush()
    file.seek(content.index(b"From: ") if kind == "file in the middle" else 0)
    return file


@contextlib.contextmanager
def stage(host, row, user):
    """A folder for a row; syslog and relay have heard nothing."""
    scratch = tempfile.mkdtemp(dir=host.folder)
    uid = fixture.UIDS[user]
    os.chown(scratch, uid, uid)
    host.heard()
    host.relays[row.relay].forget()
    try:
        yield Result(host, row, user, scratch)
    finally:
        shutil.rmtree(scratch)


def furnish(result, relay):
    """The row's configuration, for this relay."""
    row, scratch = result.row, result.scratch
    result.host.prepare(relay, row.config.replace("$DIR", scratch),
                        row.aliases and row.aliases.replace("$DIR", scratch), row.mailname)


def run(host, row, user):
    with stage(host, row, user) as result:
        furnish(result, row.relay)
        execute(result, fixture.UIDS[user])
        wanted = row.mails if row.mails and row.exit == 0 else 0
        result.mails = host.relays[row.relay].after(0, wanted if result.status == 0 else 0)
        result.log = host.heard()
        return problems(result)


def execute(result, uid):
    row = result.row
    words = row.argv if isinstance(row.argv, (list, tuple)) else shlex.split(row.argv)
    path = str(result.host.bin / row.program)
    words = [row.argv0 or path, *map(result.fill, words)]
    if row.command:
        words, path = [result.fill(w) for w in row.command], None
    piped = isinstance(row.stdin, bytes) or row.stdin is HELD
    stdin = subprocess.PIPE if piped else stand_in(row.stdin, result.scratch)
    out = subprocess.DEVNULL if row.null_output else subprocess.PIPE
    group = uid if row.gid is None else row.gid
    process = subprocess.Popen(
        words, executable=path, stdin=stdin, stdout=out, stderr=out, cwd=row.cwd,
        env={k: result.fill(v) for k, v in row.env.items()}, user=uid, group=group,
        extra_groups=[], umask=row.umask,
        preexec_fn=(lambda: [os.close(fd) for fd in row.closed]) if row.closed else None)
    if not piped:
        os.close(stdin) if isinstance(stdin, int) else stdin.close()
    feeding = None
    if isinstance(row.stdin, bytes):
        padding = b"padding padding padding\n" * 20000 if row.drained else b""
        feeding = feeder(result.fill(row.stdin) + padding, process, result)
    # Whoever waits for the end of a pipe that is never closed, waits for ever.
    watch = threading.Timer(5 if row.stdin is HELD else 60, process.kill)
    watch.start()
    readers = [threading.Thread(target=lambda name=name, pipe=pipe: setattr(
        result, name, pipe.read())) for name, pipe in
        (("stdout", process.stdout), ("stderr", process.stderr)) if pipe]
    for reader in readers:
        reader.start()
    result.status = process.wait()
    for thread in (*readers, *([feeding] if feeding else [])):
        thread.join()
    watch.cancel()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe and not pipe.closed:
            pipe.close()


# ---- what is wrong with it

def differ(what, got, want):
    return [] if got == want else [f"{what}: got {got!r}, want {want!r}"]


def problems(result):
    row = result.row
    exits = row.exit if isinstance(row.exit, tuple) else (row.exit,)
    found = []
    if result.status not in exits:
        found += [f"status: got {result.status}, want {row.exit}, said {result.stderr[-300:]!r}"]
    found += spoken(result)
    if row.drained and result.broken:
        found += ["the caller's pipe: got broken, want all taken"]
    wanted = 0 if row.exit != 0 else row.mails
    if row.mails is not None:
        found += differ("mails", len(result.mails), wanted)
        if result.mails and wanted:
            found += arrived(result)
    found += logged(result)
    if row.also and not found:
        found += row.also(result)
    return found


def spoken(result):
    row = result.row
    if row.null_output:
        return []
    found = []
    if not re.fullmatch(row.stdout, result.stdout, re.DOTALL):
        found += [f"stdout: got {result.stdout!r}, want {row.stdout!r}"]
    pattern = row.stderr
    if pattern is None:
        pattern = b"" if result.status == 0 else rb"([\w-]+: [^\n]+\n){1,4}"
    if not re.fullmatch(pattern, result.stderr, re.DOTALL):
        found += [f"stderr: got {result.stderr[-600:]!r}, want {pattern!r}"]
    return found


def arrived(result):
    row = result.row
    envelope, content = result.mails[0]
    found = differ("sender", envelope["from"], result.fill(row.sender))
    found += differ("recipients", sorted(r["address"] for r in envelope["to"]),
                    sorted(map(result.fill, row.to)))
    for name, want in row.param.items():
        found += differ(f"{name} of MAIL", envelope["parameters"].get(name), want)
    for name, want in row.rcpt.items():
        for one in envelope["to"]:
            found += differ(f"{name} of RCPT", one["parameters"].get(name), want)
    fields, body = split(content)
    if row.same:
        found += differ("header", fields, split(result.fill(row.stdin))[0])
    for name, want in row.header.items():
        found += header(result, name, [v for n, v in fields if n.lower() == name.lower()], want)
    if row.body is not None:
        found += differ("body", body, result.fill(row.body))
    if b"\0" in content:
        found += ["content: got a NUL, want none"]
    if not content.endswith(b"\r\n"):
        found += [f"content: got the end {content[-10:]!r}, want CRLF"]
    return found


def header(result, name, got, want):
    if want is VALID:
        good = len(got) == 1 and added(name, got[0])
        return [] if good else [f"{name}: got {got!r}, want one that is valid"]
    if want is None:
        return differ(name, got, [])
    if callable(want):
        return [] if want(got) else [f"{name}: got {got!r}, want something else"]
    want = [want] if isinstance(want, str) else want
    return differ(name, got, [result.fill(w) for w in want])


def logged(result):
    row, text = result.row, "\n".join(result.log)
    found = []
    if row.logged and not (f"uid={fixture.UIDS[result.user]}" in text and "argv0=" in text):
        found += [f"syslog: got {text!r}, want uid and argv0"]
    if row.log and not re.search(row.log, text):
        found += [f"syslog: got {text!r}, want {row.log!r}"]
    return found
