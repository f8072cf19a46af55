# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody at a terminal: what is asked, and what the answers do."""
import os
import pty
import select
import signal
import time

from room import APP_PASSWORD, LONG, PASSWORD, PROGRAM, check, has, same
from secrets_lib import keyring


class Person:
    """The program on a terminal of its own."""

    def __init__(self, home, *words, **environment):
        self.seen = b""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execve(PROGRAM, [PROGRAM, *words], {**home.environment, **environment})

    def expect(self, text):
        """Reads until the text has come; everything up to it, or None."""
        text, end = text.encode(), time.monotonic() + LONG
        while text not in self.seen:
            ready = select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]
            try:
                more = os.read(self.terminal, 4096) if ready else b""
            except OSError:
                more = b""
            if not more:
                return None
            self.seen += more
        before, self.seen = self.seen.split(text, 1)
        return before.decode() + text.decode()

    def type(self, text):
        os.write(self.terminal, text.encode() + b"\n")

    def end(self):
        """(exit status, what was still said)"""
        said = b""
        while True:
            try:
                more = os.read(self.terminal, 4096)
            except OSError:
                break
            if not more:
                break
            said += more
        status = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        os.close(self.terminal)
        return status, (self.seen + said).decode()

    def stop(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.terminal)


def talk(name, person, *steps):
    """Each step: what is awaited, what is typed then. (status or None, all that was said in one
    line). Every line must fit a screen of 80 columns, but for names of files and pages."""
    said = ""
    for awaited, typed in steps:
        heard = person.expect(awaited)
        if heard is None:
            check(f"{name}: it asks {awaited!r}", False, repr(said + person.seen.decode()))
            person.stop()
            return None, said
        said += heard
        person.type(typed)
    status, rest = person.end()
    wide = [line for line in (said + rest).splitlines() if len(line) > 80 and "/" not in line
            and not line.startswith("postrider: ")]
    same(f"{name}: what is wider than the screen", wide, [])
    return status, " ".join((said + rest).split())


def whole(room):
    """From nothing to a message that was sent, with Enter for every answer that can be."""
    home = room.home()
    before = room.mails()
    status, said = talk("the whole", Person(home, "setup"),
                        ("Your mail address:", "me@srv.example"),
                        ("Password for me@srv.example (it is not shown):", PASSWORD),
                        ("Write it? [Y/n]", ""),
                        ("Send a test message to me@srv.example? [Y/n]", ""))
    same("the whole: the exit status", status, 0)
    has("the whole: what is said", said, "Looking for the mail server of srv.example",
        "Found mail.srv.example, port 465: the domain says so in the DNS (SRV).",
        "The login works.", "host mail.srv.example", "Written to", "Sent.")
    same("the whole: the password is not shown", PASSWORD in said, False)
    mails = [mail for mail in room.mails() if mail not in before]
    check("the whole: the message has come",
          any(b"Subject: postrider works" in content and b"To: <me@srv.example>" in content
              for _, content in mails), repr(mails))


def second_thoughts(room):
    home = room.home()
    status, said = talk("second thoughts", Person(home, "setup", "me@srv.example"),
                        ("Password", "wrong"),
                        ("Once more. User name: [me@srv.example]", "me"),
                        ("Password for me (", PASSWORD),
                        ("Write it? [Y/n]", ""),
                        ("test message", "n"))
    same("a wrong password may be mended", status, 0)
    has("a wrong password: it is told", said, "The server said", "535")
    check("a user name may be mended", "user me\n" in home.config.read_text(),
          home.config.read_text())
    home = room.home()
    status, said = talk("no", Person(home, "setup", "me@srv.example"),
                        ("Password", PASSWORD),
                        ("Write it? [Y/n]", "what?"), ("Write it? [Y/n]", "NO"))
    same("who says no: the exit status", status, 0)
    has("who says no: what is said", said, "Nothing was written.")
    same("who says no gets no file", home.files(), {})
    person = Person(home, "setup", "me@srv.example")
    person.expect("Password")
    person.type("\x04")
    status, _ = person.end()
    same("no answer: the exit status", status, 64)
    # A terminal gives so many octets of a line, and loses the others.
    status, said = talk("a password too long for a terminal",
                        Person(home, "setup", "me@srv.example"), ("Password", "x" * 4096))
    same("a password too long for a terminal: the exit status", status, 77)
    has("a password too long for a terminal: what is said", said,
        "it gives no more than 4094 octets")


def refused_but_kept(room):
    """Who agreed to the keyring and not to the file is told where the password is."""
    home = room.home()
    with keyring.session(home.environment), keyring.keyring(home, home.environment):
        keyring.store(home.environment, "x", "just", "ready")
        status, said = talk("no, but yes", Person(home, "setup", "me@srv.example"),
                            ("Password", PASSWORD), ("keyring? [Y/n]", ""), ("Write it?", "n"))
    same("no, but yes: the exit status", status, 0)
    has("no, but yes: what is said", said,
        "No configuration was written. The password is in the keyring.")


def doubtful(room):
    """A server that only the DNS names must be confirmed (RFC 6186 6)."""
    home = room.home()
    question = "Is it a server of your provider? [y/N]"
    status, said = talk("doubtful", Person(home, "setup", "me@abroad.example"), (question, ""))
    same("a server of somebody else: nobody goes on by Enter", status, 77)
    has("a server of somebody else: why", said, "nothing shows that it belongs to abroad.example")
    status, said = talk("doubtful", Person(home, "setup", "me@abroad.example"),
                        (question, "y"), ("Password", PASSWORD),
                        ("Write it?", ""), ("test message", "n"))
    same("a server of somebody else: who says yes goes on", status, 0)


def thunderbird(room):
    """It is asked when a person agrees, and hears the domain only."""
    home = room.home()
    room.web.asked.clear()
    status, said = talk("the list of the Thunderbird project",
                        Person(home, "setup", "me@unlisted.example"),
                        ("Ask there? [y/N]", "y"), ("Password", PASSWORD),
                        ("Write it?", ""), ("test message", "n"))
    same("the list: the exit status", status, 0)
    same("the list: what it is asked", room.web.asked,
         [("autoconfig.thunderbird.net", "/v1.1/unlisted.example")])
    has("the list: what is said before", said, "It would learn the domain unlisted.example")
    room.web.asked.clear()
    status, said = talk("the list", Person(home, "setup", "me@nowhere.example"),
                        ("Ask there? [y/N]", ""))
    same("the list: who says nothing says no", (status, room.web.asked), (68, []))


def provider_words(room):
    """What is peculiar at a provider is told before the password is asked for."""
    home = room.home()
    status, said = talk("an app password", Person(home, "setup", "me@gmail.com"),
                        ("Password", APP_PASSWORD), ("Write it?", ""),
                        ("test message", "n"))
    same("an app password: the exit status", status, 0)
    before = said.partition("Password for")[0]
    has("an app password: what it is, and where", before, "Gmail wants an app password here.",
        "Make one at https://myaccount.google.com/apppasswords", "from your own addresses only")
    person = Person(room.home(), "setup", "me@gmail.com")
    person.expect("Password")
    person.type("ponmlkjihgfedcba")
    said = " ".join((person.expect("Once more.") or "").split())
    has("a wrong app password: why, and what to do", said, "535",
        "https://myaccount.google.com/apppasswords")
    person.stop()
    status, said = talk("a user that cannot be known", Person(home, "setup", "me@nifty.com"),
                        ("User name at smtp.nifty.com: [me@nifty.com]", "nif"),
                        ("Password for nif", PASSWORD), ("Write it?", ""),
                        ("test message", "n"))
    same("a user that cannot be known is asked for", status, 0)
    status, said = talk("a token", Person(home, "setup", "me@outlook.com"),
                        ("Write it?", ""), ("Log in now? [Y/n]", "n"))
    same("a token: the exit status", status, 0)
    has("a token: what to do next", said, "postrider login me@outlook.com")


TALKING = [whole, second_thoughts, refused_but_kept, doubtful, thunderbird, provider_words]
