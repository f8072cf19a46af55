# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees at a terminal: the scenes of screens.py and those that need somebody who types.

The screens are compared with those in data/screens.en and data/screens.ja, and are looked at for what
no screen may have.
"""

import pathlib
import re
import threading

import catalog
import screens
import submission
from screens import CLOSED, LETTER, PLAIN

DATA = pathlib.Path(__file__).resolve().parent / "data"
ADDRESS, PASSWORD = "me@srv.example", "only for mail"
# What the doctor wants to know of the domain.
NAMES = """
MX   srv.example                 10 mail.srv.example
TXT  srv.example                 v=spf1 ip4:127.0.0.1 -all
TXT  _dmarc.srv.example          v=DMARC1; p=none
TXT  default._domainkey.srv.example  v=DKIM1; k=rsa; p=MIGf
"""
LARGE = LETTER + ("0123456789abcdef" * 4 + "\n") * 285_000    # too much for the buffers on the way
SLOW = 0.05    # seconds before each piece that the server takes
# What programs read may be as wide as it is.
FOR_PROGRAMS = "--json"
# What has a form of its own: sendmail's of the queue, and a line of the configuration.
FIXED = re.compile(r"-Queue ID-|[0-9A-F]{24} |password_file ")
# What a desktop has, and what its keyring is asked by.
DESKTOP = ("env", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere")
# Texts that change with every option, or with the machine, are only looked at.
NOT_KEPT = ("help", "the settings")


class Person(screens.Stage):
    """Somebody at a terminal. LANGUAGE is "en" or that of a catalogue."""

    terminal = None

    def __init__(self, language, *stage):
        super().__init__(*stage)
        self.seen, self.problems = {}, []
        self.words = {} if language == "en" else {
            m.id: m.texts[0] for m in catalog.catalogue(language)}

    def says(self, message):
        """The message as the program says it."""
        return self.words.get(message, message)

    def look(self, title):
        """The screen of now, which is looked at."""
        lines, whole = self.terminal.screen(), self.terminal.screen(joined=True)
        self.problems += [f"{title}: {p}" for p in problems(lines, whole, self.terminal.columns)]
        return self.steady("\n".join(lines) + "\n")

    def play(self, *words, stdin):
        """See Stage.play()."""
        if FOR_PROGRAMS in words:
            return b""
        title = " ".join(("$ postrider", *words))
        letter = self.home / "letter"
        letter.write_text(stdin)
        self.terminal.start(self.program, *words, stdin=letter)
        self.terminal.end()
        screen = self.look(title)
        self.terminal.close()
        return f"{title}\n{screen}".encode()

    def talk(self, name, words, *steps, place=()):
        """Each step: what the program asks, and what is typed then."""
        title = " ".join(("$ postrider", *words))
        self.terminal.start(*place, self.program, *words)
        for message, typed in steps:
            asked = self.says(message).split("%s")
            self.terminal.expect(asked[-1])
            self.terminal.type(typed)
        self.terminal.end()
        self.seen[name] = f"{title}\n{self.look(title)}"
        self.terminal.close()

    def send_slowly(self, name, *words, lost=False):
        """Two screens: while a large message is on its way, and when that has ended, perhaps with
        the connection."""
        free, title = threading.Event(), " ".join(("$ postrider", *words))
        letter = self.home / "large"
        letter.write_text(LARGE)

        def pace():
            if free.wait(SLOW) and lost:
                raise submission.Gone

        with screens.serve(self, PLAIN, pace=pace):
            self.terminal.start(self.program, *words, stdin=letter)
            self.terminal.expect(self.says("%.1f of %.1f MB, %.1f MB/s").split("%.1f")[-1])
            self.seen[name] = re.sub(r"\d+\.\d", "0.0", f"{title}\n{self.look(title)}")
            free.set()
            self.terminal.end()
        self.seen[f"{name}: the end"] = f"{title}\n{self.look(title)}"
        self.terminal.close()


# ---- scenes

def _set_up(person):
    person.clear()
    question = (("Your mail address:", ADDRESS),)
    password = ("Password for %s (it is not shown):", PASSWORD)
    rest = (("Write it?", ""), ("Send a test message to %s?", ""))
    person.talk("setup", ("setup",), *question, password, *rest)
    person.talk("the accounts", ("accounts",))
    person.talk("the doctor: all is well", ("doctor",))
    (person.config.parent / f"{ADDRESS}.password").write_text("wrong\n")
    person.talk("the doctor: something is wrong", ("doctor",))
    person.clear()
    person.talk("setup: a wrong password", ("setup", ADDRESS),
                (password[0], "wrong"), ("Once more. User name:", ""), password, *rest)
    person.clear()
    no = person.says("no")
    person.talk("setup: answers in words", ("setup", ADDRESS), password,
                ("Keep the password in the keyring?", no), ("Write it?", "x"), ("Write it?", no),
                place=DESKTOP)


def _send(person):
    account = f"from me@example.org\nhost 127.0.0.1\ntls off\nport {{}}\n" \
              f"queue_dir {person.home}/queue\nqueue {{}}\n"
    person.configure(account.format(PLAIN, "off"))
    person.send_slowly("a large message", "bob@example.net")
    person.send_slowly("a large message is refused", "full@example.net")
    person.send_slowly("a large message is interrupted", "bob@example.net", lost=True)
    person.configure(account.format(CLOSED, "on"))
    person.seen["kept, as there is no server"] = \
        person.play("bob@example.net", stdin=LETTER).decode()


def play(person, room):
    """{name: text} of all scenes."""
    person.talk("nothing is asked", ())
    for name, screen in screens.play(person, room.wrong).items():
        if screen and name != "the log":
            person.seen[name] = screen.decode()
    _set_up(person)
    _send(person)
    return {name: screen for name, screen in person.seen.items() if name not in NOT_KEPT}


# ---- what no screen may have

def _broken(lines, whole, columns):
    """What the terminal had to break."""
    kept = set(lines)
    return [f"{line!r} is broken by the terminal, which has {columns} columns" for line in whole
            if line not in kept and not FIXED.match(line)]


def problems(lines, whole, columns):
    yield from _broken(lines, whole, columns)
    for line in lines:
        if screens.width(line) > columns:
            yield f"{line!r} has {screens.width(line)} columns"
        if re.search("[\ufffd\x00-\x1f\x7f]|\\\\x", line):
            yield f"{line!r} has characters that are none"


# ---- what is kept

def record(language, seen):
    text = "".join(f"== {name}\n{screen}" for name, screen in seen.items())
    (DATA / f"screens.{language}").write_text(text, encoding="utf-8")


def kept(language):
    text = (DATA / f"screens.{language}").read_text(encoding="utf-8")
    parts = re.split(r"^== (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))
