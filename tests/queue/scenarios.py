# SPDX-License-Identifier: GPL-3.0-or-later
"""What postrider is doing when the fault comes: its words, its queue before, its servers."""

import dataclasses
import re

import spool

ANNA, BERT, BUSY, NEVER, REJECT = (
    f"{n}@example.net" for n in ("anna", "bert", "busy", "never", "reject"))
# ms since 1970
EARLIER, GIVEN_UP = "1500000000000", "1500432000000"


@dataclasses.dataclass
class Letter:
    """A message that can be told from others; `fate`: sent, removed or expired."""

    key: str
    to: tuple = (ANNA,)
    fate: str = "sent"

    @property
    def ident(self):
        return f"{self.key}@letters.test"

    @property
    def body(self):
        lines = [f"Line {n} of the letter {self.key}." for n in range(12)]
        return "\n".join([*lines, f"The end of the letter {self.key}.", ""])

    @property
    def text(self):
        return (f"From: <me@example.org>\nTo: <anna@example.net>\nSubject: {self.key}\n"
                f"Date: Sat, 01 Jan 2022 10:00:00 +0000\nMessage-ID: <{self.ident}>\n\n"
                + self.body).encode()

    @property
    def ending(self):
        """What content on the wire must end with, to be whole."""
        return self.body.replace("\n", "\r\n").encode()


@dataclasses.dataclass
class Scenario:
    name: str
    words: tuple                     # {KEY} becomes the id of that letter
    letter: Letter = None            # handed over by this very run
    before: tuple = ()               # letters that wait already
    account: str = "main"            # of those
    then: tuple = ()                 # words of further runs that prepare
    expired: tuple = ()              # keys of those whose time is over
    leads_to: str = ""               # exit 0: the first of them is there; none: nowhere
    main: str = "up"                 # mood of the receiver
    other: str = "up"
    follow: bool = True              # processes that it starts are part of it
    stays: bool = False              # lives as long as something waits
    given: bytes = None
    fresh: bool = False              # the queue is not made yet

    def letters(self):
        return (*self.before, *((self.letter,) if self.letter else ()))

    def input(self):
        if self.given is not None:
            return self.given
        return self.letter.text if self.letter else b""

    def accepted(self, ended):
        """Whether the caller was told that the letter is in good hands."""
        if self.given is not None:
            return bool(re.search(r"^354[^\n]*\n250", ended.out, re.MULTILINE))
        return ended.status == 0

    def prepare(self, room):
        """Makes the queue as it is before, and remembers the ids."""
        room.clear()
        for receiver in room.receivers:
            receiver.begin("up")
        if not self.fresh:
            must(room.run("-odq", "-i", ANNA, given=ONE.text))
            must(room.run("queue", "remove", *identities(room).values()))
        for letter in self.before:
            must(room.run("-a", self.account, "-odq", "-i", *letter.to, given=letter.text))
        ids = identities(room)
        for key in self.expired:
            path = next(p for p in spool.files(room.queue, "msg") if ids[key] in p.name)
            spool.rewrite(path, arrival=EARLIER, expires=GIVEN_UP)
            # The day that it had when nobody had tried for a day is over, too.
            with path.open("ab") as file:
                file.write(spool.written("expires", f"1 {GIVEN_UP} {GIVEN_UP} prolonged".encode()))
        for words in self.then:
            must(room.run(*[w.format(**ids) for w in words]))
        room.save(self.name)
        return ids


def must(ended):
    if ended.status != 0:
        raise RuntimeError(f"preparation ended with {ended.status}: {ended.err}{ended.out}")


def identities(room):
    good, wrong = spool.scan(room.queue)
    if wrong:
        raise RuntimeError(f"preparation left {wrong}")
    return {key_of(m): m.one("id") for m in good}


def key_of(message):
    found = re.search(rb"^Message-ID: <([^@>]*)@letters.test>", message.content, re.MULTILINE)
    return found[1].decode() if found else ""


def session(letter):
    lines = ["EHLO here", "MAIL FROM:<me@example.org>", *[f"RCPT TO:<{a}>" for a in letter.to],
             "DATA", letter.text.decode().replace("\n", "\r\n") + ".", "QUIT", ""]
    return "\r\n".join(lines).encode()


ONE, TWO, BOTH = Letter("one"), Letter("two"), Letter("both", (ANNA, BERT))
MIXED = Letter("mixed", (ANNA, BUSY, REJECT))
ROW = Letter("row", (ANNA, BUSY, BERT, REJECT))
LATE, GONE = Letter("late", (NEVER,), "expired"), Letter("gone", fate="removed")
MANY = tuple(Letter(f"many{n}") for n in range(5))

SCENARIOS = (
    Scenario("direct send", ("-i", ANNA, BERT), BOTH),
    Scenario("direct send over TLS with a login", ("-a", "safe", "-i", ANNA), ONE),
    Scenario("direct send with a ticket", ("-a", "safe", "-i", ANNA), ONE,
             then=(("-a", "safe", "-i", ANNA),)),
    Scenario("relay down", ("-i", ANNA, BERT), BOTH, main="down", follow=False),
    Scenario("relay full", ("-i", ANNA), ONE, main="full", follow=False),
    Scenario("first use", ("-odq", "-i", ANNA), ONE, fresh=True),
    Scenario("kept first", ("-odb", "-i", ANNA), ONE),
    Scenario("kept only", ("-odq", "-i", ANNA, BERT), BOTH, before=(TWO,)),
    Scenario("flush of one", ("-qf",), before=(BOTH,)),
    Scenario("flush of five", ("-qf",), before=MANY),
    Scenario("flush over TLS with a login", ("-qf",), before=(ONE,), account="safe"),
    Scenario("flush while the relay is down", ("-qf",), before=(ONE, TWO), main="down"),
    Scenario("resident runner", ("-qp",), before=(ONE, TWO), stays=True),
    Scenario("partly refused", ("-i", ANNA, BUSY, REJECT), MIXED, follow=False),
    Scenario("flush, partly refused", ("-qf",), before=(MIXED,)),
    Scenario("flush in several transactions", ("-qf",), before=(ROW,), main="one"),
    Scenario("refused with notice", ("-qf",), before=(Letter("bad", (REJECT,)), ONE)),
    Scenario("expired with notice", ("-qf",), before=(LATE, ONE), expired=("late",)),
    Scenario("mailq", ("-bp",), before=(ONE, BOTH)),
    Scenario("list", ("queue", "list", "--json"), before=(ONE, BOTH)),
    Scenario("remove", ("queue", "remove", "{gone}"), before=(GONE, ONE),
             leads_to="none"),
    Scenario("hold", ("queue", "hold", "{one}"), before=(ONE, TWO), leads_to="hold"),
    Scenario("release", ("queue", "release", "{one}"), before=(ONE, TWO),
             then=(("queue", "hold", "{one}"),), leads_to="msg"),
    Scenario("retry of a failed one", ("queue", "retry", "{again}"),
             before=(Letter("again", (BUSY,)), TWO), expired=("again",),
             then=(("-qI{again}",),), leads_to="msg"),
    Scenario("retry by another account", ("queue", "retry", "{one}", "-a", "other"),
             before=(ONE, TWO), leads_to="msg"),
    Scenario("fallback", ("-a", "both", "-i", ANNA), ONE, main="down"),
    Scenario("flush with fallback", ("-qf",), before=(ONE,), account="both", main="down"),
    Scenario("in doubt", ("-i", ANNA), ONE, main="vanish", follow=False),
    Scenario("flush in doubt", ("-qf",), before=(ONE,), main="vanish"),
    Scenario("session", ("-bs",), BOTH, given=session(BOTH)),
    Scenario("session while the relay is down", ("-bs",), BOTH, given=session(BOTH), main="down",
             follow=False),
    Scenario("rate limit", ("-qf",), before=(ONE, TWO), account="slow"),
)
