# SPDX-License-Identifier: GPL-3.0-or-later
"""What users see, in their language.

The same scenes are played in Japanese; in EUC-JP, which must show the same; and in a language of
brackets, in which what is not translated stands outside of them.
"""

import re
import shutil
import subprocess
import sys
import unicodedata

import catalog
import installed

sys.path.insert(0, str(catalog.ROOT / "tests" / "lib"))

import submission  # noqa: E402

CLOSED, PLAIN, TLS = 1, 2, 3    # ports in a namespace of our own
LETTER = "From: Me <me@example.org>\nTo: bob@example.net\nSubject: hi\n\nhello\n"


# ---- scenes

class Stage:
    """A new home folder; plays scenes in one language."""

    def __init__(self, folder, certificates, environment):
        self.folder, self.home, self.certificates = folder, folder / "me", certificates
        self.program = installed.PROGRAM
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "TZ": "UTC",
                            "XDG_RUNTIME_DIR": str(self.home),
                            **environment}
        self.config = self.home / ".config" / "postrider" / "config"
        self.clear()

    def clear(self):
        """Nothing is left of what was."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.config.parent.mkdir(parents=True)

    def configure(self, text, mode=0o600):
        self.config.write_text(text)
        self.config.chmod(mode)

    def play(self, *words, stdin):
        done = subprocess.run([self.program, *words], input=stdin.encode(), timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=self.environment, check=False)
        return done.stdout

    def steady(self, text):
        """Without what differs from one run to the next."""
        text = re.sub(r"\b[0-9A-F]{24}\b", "0" * 24, text)
        text = re.sub(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d", "Tue Mar 17 19:08:03",
                      text)
        text = re.sub(r"\d+ (?=ms\n|ミリ秒)", "0 ", text)
        text = re.sub(r"TLS1\.\d, .*", "TLS1.3, ...", text)
        text = re.sub(r" *\d+\.\d (?=ms)", lambda m: "0.0 ".rjust(len(m[0])), text)
        text = re.sub(r"(?<=ms  ) *([#█])+", r"\1", text)
        text = re.sub(r"\b17\d{8}\b", "1800000000", text)
        return re.sub(r"^(Date|Message-ID): .*", r"\1: ...", text, flags=re.MULTILINE)


ACCOUNT = ("from me@example.org\nhost 127.0.0.1\naliases /nowhere/aliases\n"
           "logfile ~/log\nlogfile_time_format none\nqueue {}\nport {}\n")


def _without_server(stage):
    yield "no configuration", ("bob@example.net",)
    yield "unknown option", ("--hots=mail.example.org", "bob@example.net")
    yield "wrong value", ("--tls=maybe", "bob@example.net")
    yield "help", ("--help",)
    yield "help on a status", ("help", "75")
    yield "help on a setting", ("help", "port")
    yield "help on nothing", ("help", "prot")
    stage.configure("from me@example.org\nhots mail.example.org\n")
    yield "unknown setting", ("bob@example.net",)
    stage.configure("from me@example.org\nhost localhost\npassword x\n", 0o644)
    yield "a password for everybody", ("bob@example.net",)
    stage.configure(ACCOUNT.format("off", CLOSED) + "tls off\n")
    yield "no server", ("bob@example.net",)
    # What comes behind a server would be asked for in the DNS.
    yield "the diagnosis", ("doctor",)
    yield "the diagnosis for programs", ("doctor", "--json")
    yield "no recipient", ("-t",), "Subject: hi\n\nhello\n"
    yield "not an address", ("bob@@example.net",)
    yield "a dry run", ("--dry-run", "bob@example.net")
    yield "the settings", ("--pretend",)
    yield "no such account", ("-a", "work", "bob@example.net")
    yield "no command of the queue", ("queue", "shoe")
    yield "no message of the queue", ("queue", "show", "1234")
    # Not the queue of the machine, which root would have.
    stage.configure(ACCOUNT.format("on", CLOSED) +
                    f"tls off\nqueue_dir {stage.home}/queue\n")
    yield "kept", ("-v", "-odq", "bob@example.net")
    yield "the queue", ("queue",)
    yield "the queue is tried", ("queue", "run")
    yield "why it waits", ("queue",)
    yield "... for programs", ("queue", "--json")


def _with_server(stage):
    plain = ACCOUNT.format("off", PLAIN) + "tls off\n"
    login = "auth plain\nuser me\ncleartext_auth loopback\n"
    stage.configure(plain + login + "password wrong\n")
    yield "the login is refused", ("bob@example.net",)
    stage.configure(plain + login + "password secret\n")
    yield "the steps", ("-v", "bob@example.net")
    yield "the time", ("--timeline", "bob@example.net")
    yield "one is refused", ("bob@example.net", "reject@example.net", "later@example.net")
    yield "all are refused", ("reject@example.net",)
    yield "what the server can do", ("info",)
    stage.configure(plain + "auth plain\nuser me\npassword secret\n")
    yield "a password in clear", ("bob@example.net",)
    stage.configure(ACCOUNT.format("off", PLAIN) + "tls_starttls on\n")
    yield "no TLS", ("bob@example.net",)


def _with_tls(stage):
    trust = f"tls_starttls on\ntls_trust_file {stage.certificates}/"
    stage.configure(ACCOUNT.format("off", TLS) + trust + "stranger/ca.pem\n")
    yield "the authority is not known", ("bob@example.net",)
    stage.configure(ACCOUNT.format("off", TLS) + trust + "trusted/ca.pem\n")
    yield "the certificate is for another name", ("bob@example.net",)


def serve(stage, port, **settings):
    return submission.running(submission.Settings(
        **{"folder": str(stage.home / "mails"), "port": port, **settings}))


def play(stage, wrong_name):
    """{name: bytes} of all scenes. WRONG_NAME: a certificate for another host."""
    found = {}

    def take(scenes):
        for name, words, *stdin in scenes:
            found[name] = stage.play(*words, stdin=stdin[0] if stdin else LETTER)

    take(_without_server(stage))
    with serve(stage, PLAIN, users={"me": "secret"}, clear_auth=True):
        take(_with_server(stage))
    with serve(stage, TLS, cert=wrong_name.cert, key=wrong_name.key):
        take(_with_tls(stage))
    found["the log"] = (stage.home / "log").read_bytes()
    return found


# ---- what is seen

ENGLISH = ("the log", "... for programs", "the diagnosis for programs")
LAID_OUT = ("help", "the diagnosis", "help on a status", "help on a setting", "the queue", "the time")

# What is the same in every language: labels and examples of the help, names and values, what goes
# over the line, sendmail's form of the queue.
SAME = re.compile(
    r"^(?:ok|note|wrong)\b|^postrider: (?:[\w./]+:\d+: )?|^ *-.*|^  postrider .*|^[a-z_\d]+ .*\S +\(.*\)$|"
    r"(?:EHLO|AUTH|MAIL|RCPT|QUIT)\b.*|^[A-Z][A-Za-z-]+: .*|\"?\d{3} .*|"
    r"^    [a-z.]+ ready$|^    [A-Z0-9]+\b.*|^port PORT$|^-Queue ID-.*|^0{24}.*|^ +bob@example.net$|"
    r"^ +Total requests: \d$|^-- \d Kbytes in \d Request\.$|[\d.]+ ms\b", re.MULTILINE)


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def too_wide(screens):
    return [f"{name}: {line!r} has {width(line)} columns" for name in LAID_OUT
            for line in screens[name].splitlines() if width(line) > 80]


def outside_brackets(text):
    """What is left without what stands in brackets, which may be in brackets."""
    before = None
    while text != before:
        before = text
        text = re.sub(r"\[\[(?:(?!\[\[|\]\]).)*\]\]", "", text, flags=re.DOTALL)
    return text


def not_translated(screens):
    return [f"{name}: {line!r}" for name, screen in screens.items() if name not in ENGLISH
            for line in SAME.sub("", outside_brackets(screen)).splitlines()
            if re.search("[A-Za-z]{2}", line)]
