# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays one case with one program, and notes everything that can be seen from outside."""
import dataclasses
import os
import re
import shutil
import subprocess

import recorder
import submission

LETTER = b"From: Alice <alice@example.org>\nTo: bob@example.net\nSubject: eight\n" \
         b"Date: Mon, 02 Jan 2023 03:04:05 +0000\nMessage-ID: <1@example.org>\n\nSee you.\n"
ACCOUNT = "account default\nhost 127.0.0.1\nport {port}\nfrom alice@example.org\n" \
          "logfile {dir}/log\n"
LOGIN = "auth plain\nuser alice\npassword secret\n"
TLS = "tls on\ntls_trust_file {trust}\n"
ASPECTS = ("wire", "rcpt", "stdout", "stderr", "log", "status")
NOBODY = 65534
SECONDS = 20


@dataclasses.dataclass
class Case:
    """What both programs get. {port}, {dir} and the like are filled in everywhere."""

    name: str
    config: str = ""               # behind ACCOUNT, if that is wanted
    args: tuple = ("bob@example.net",)
    mail: bytes = LETTER
    whole: bool = False            # `config` is the whole file; None in it: there is no file
    env: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)    # in {dir}; the modes are below
    server: dict = dataclasses.field(default_factory=dict)   # of submission.Settings
    answers: dict = dataclasses.field(default_factory=dict)
    more: tuple = ()               # further capabilities
    system: str = ""               # /etc/msmtprc
    system_mode: int = 0o644
    mode: int = 0o600              # of the configuration file
    files_mode: int = 0o600        # of the others


@dataclasses.dataclass
class Seen:
    """What one program did. `status` is "hangs" for one that had to be ended."""

    status: object
    stdout: bytes
    stderr: bytes
    log: str
    spoken: list


def fill(text, words):
    for word, value in words.items():
        text = text.replace("{" + word + "}", str(value))
    return text


def prepare(place, case, words):
    """A fresh home folder with the files of the case, which belongs to nobody."""
    shutil.rmtree(place.home, ignore_errors=True)
    os.makedirs(place.home)
    files = dict(case.files)
    if case.config is not None:
        files.setdefault(".msmtprc", case.config if case.whole else ACCOUNT + case.config)
    for name, text in files.items():
        path = f"{place.home}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            out.write(fill(text, words))
        os.chmod(path, case.mode if "msmtprc" in name or "config" in name else case.files_mode)
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", place.home], check=True)
    place.system(fill(case.system, words), case.system_mode)


def run(program, case, place, words):
    """(status, output, errors) of the program, called as msmtp."""
    env = {"HOME": place.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC",
           "USER": "nobody", "LOGNAME": "nobody", "HOSTNAME": "host.example.org"}
    env.update(program.environment)
    env.update({name: fill(value, words) for name, value in case.env.items()})
    arguments = [fill(a, words) for a in case.args]
    try:
        done = subprocess.run([program.path, *arguments], input=case.mail, cwd=place.home,
                              env={n: v for n, v in env.items() if v != "{unset}"},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              user=NOBODY, group=NOBODY, extra_groups=[], timeout=SECONDS,
                              start_new_session=True)
    except subprocess.TimeoutExpired as late:
        return "hangs", late.stdout or b"", late.stderr or b""
    return done.returncode, done.stdout, done.stderr


def play(program, case, place, server, words):
    prepare(place, case, words)
    status, out, err = run(program, case, place, words)
    log = f"{place.home}/log"
    text = open(log, encoding="utf-8", errors="replace").read() if os.path.exists(log) else ""
    return Seen(status, out, err, text, server.take())


# ---- what may be compared

TIME = re.compile(rb"^\w{3} [ \d]\d \d\d:\d\d:\d\d host=")
COMMON = {"SIZE", "BODY"}    # parameters of MAIL that a program may know how to use


def envelope(line):
    """MAIL without what says how large the mail is, which needs to be known beforehand."""
    command, *parameters = line.split(" ")
    kept = [p for p in parameters if p.partition("=")[0].upper() not in COMMON]
    return " ".join([command, *kept])


def content(given, data):
    """Date and Message-ID that the program made: their form, and the domain."""
    text = data
    if not re.search(rb"(?im)^Date:", given):
        date = rb"(?m)^Date: \w{3}, [0-3]\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r$"
        text = re.sub(date, b"Date: *\r", text, count=1)
    if not re.search(rb"(?im)^Message-ID:", given):
        text = re.sub(rb"(?m)^Message-ID: <[^@>\r\n]+@", b"Message-ID: <*@", text, count=1)
    return text


def wire(case, seen):
    """What the server got. How one says goodbye matters only after success."""
    told = []
    for spoken in seen.spoken:
        lines = []
        for word, text in spoken.lines:
            if word == "QUIT" and seen.status != 0:
                continue
            if word == "CONTENT":
                text = content(case.mail, text)
            elif word == "MAIL":
                text = envelope(text)
            lines.append((word, text))
        told.append(lines)
    # A connection on which nothing was said is a look at whether somebody is there.
    return [lines for lines in told if lines]


def recipients(seen):
    """Whom it was sent to, however often that was said, and with whatever parameters."""
    return sorted({text.rpartition(">")[0] for spoken in seen.spoken
                   for word, text in spoken.lines if word == "RCPT"})


FIELD = re.compile(r"(\w+)=('[^']*'|\S*)(?: |$)")


def log(case, seen):
    """[{field: value}] of the lines; the words of errormsg are each program's own."""
    # A Message-ID that was made is as long as each program likes.
    sized = re.search(rb"(?im)^Message-ID:", case.mail)
    told = []
    for line in seen.log.splitlines():
        time, _, rest = line.partition("host=") if "host=" in line else line.partition("socket=")
        fields = [("time", bool(time))] + FIELD.findall(line[len(time):])
        told.append([(name, bool(value) if name == "errormsg" else value)
                     for name, value in fields if name != "mailsize" or sized])
    return told


def difference(case, one, other):
    """{aspect: what is unlike} between msmtp and postrider."""
    sides = {
        "wire": [wire(case, s) for s in (one, other)],
        "rcpt": [recipients(s) if one.status == other.status == 0 else []
                 for s in (one, other)],
        "stdout": [TIME.sub(b"* host=", s.stdout) for s in (one, other)],
        "stderr": [bool(s.stderr) for s in (one, other)],
        "log": [log(case, s) for s in (one, other)],
        "status": [s.status for s in (one, other)],
    }
    return {aspect: pair for aspect, pair in sides.items() if pair[0] != pair[1]}
