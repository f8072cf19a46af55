# SPDX-License-Identifier: GPL-3.0-or-later
"""What the power cuts interrupt: the scenarios of the fault matrices, and some that need no kill.

A Play of faults.py does the rest: it recovers, and holds what came of it against I1 to I6.
"""

import dataclasses
import os
import pathlib
import shlex

import faults
import scenarios
from room import CANARY, Room, addresses, pki
from scenarios import ANNA, BERT, REJECT, Letter, Scenario
from tools import Tools

NUMBER = 60      # of the room; the matrices have the small ones
# Nothing is written there, or what is said cannot be read in a trace.
LEFT_OUT = ("direct send over TLS with a login", "direct send with a ticket",
            "flush over TLS with a login", "mailq", "list", "rate limit", "session")


class Long(Letter):
    """Several pages, so that many writes of it can be lost."""

    @property
    def body(self):
        return "\n".join([*(f"Line {n} of the long letter {self.key}." for n in range(180)),
                          f"The end of the letter {self.key}.", ""])


@dataclasses.dataclass
class Import(Scenario):
    """A queue of msmtpq is taken over."""

    def prepare(self, room):
        folder = pathlib.Path(room.home, "msmtpq")
        folder.mkdir(exist_ok=True)
        (folder / "1.mail").write_bytes(self.letter.text)
        (folder / "1.msmtp").write_text(shlex.join(["-a", "main", "--", *self.letter.to]) + "\n")
        return {**super().prepare(room), "folder": str(folder)}


LONG = Long("long", (ANNA, BERT))
DOZEN = tuple(Letter(f"dozen{n}") for n in range(12))
MORE = (
    Scenario("flush of a dozen", ("-qf",), before=DOZEN),
    Scenario("release of a dozen", ("queue", "release", *("{%s}" % x.key for x in DOZEN)),
             before=DOZEN, then=(("queue", "hold", *("{%s}" % x.key for x in DOZEN)),)),
    Scenario("long notice, refused", ("-qf",), before=(Long("bad", (REJECT, ANNA)), LONG)),
    Scenario("a long one, relay down", ("-i", ANNA, BERT), LONG, before=(scenarios.TWO,),
             main="down", follow=False),
    Scenario("flush of a long one", ("-qf",), before=(LONG,)),
    Scenario("flush while the login is refused", ("-qf",), before=(scenarios.ONE,),
             account="denied"),
    Import("import", ("queue", "import", "{folder}"), scenarios.ONE),
)
ALL = (*(s for s in scenarios.SCENARIOS if s.name not in LEFT_OUT), *MORE)
DENIED = "account denied : safe\npassword wrong\n"


def make_room(folder):
    authority = pki.Authority(pathlib.Path(folder, "authority"), "postrider tests")
    pair = authority.certificate("receiver", names=[f"IP:{addresses(os.getppid(), NUMBER)[2]}"])
    room = Room(folder, NUMBER, faults.program(), Tools(folder), (authority.cert, pair))
    with open(room.config, "a", encoding="utf-8") as config:
        config.write(DENIED)
    return room


def move(room, queue):
    """The queue, and what was saved of it, is to be elsewhere."""
    old, new = str(room.queue), str(queue)
    text = room.config.read_text()
    room.config.write_text(text.replace(f"queue_dir {old}\n", f"queue_dir {new}\n"))
    for name, (folders, kept) in room.templates.items():
        room.templates[name] = ([p.replace(old, new, 1) for p in folders],
                                {p.replace(old, new, 1): what for p, what in kept.items()})
    room.queue = queue


class Play(faults.Play):
    """Not the program ends too early, but the machine."""

    def begin(self):
        self.fault = self.second = None
        text = self.room.config.read_text()
        self.room.config.write_text(text.replace(DENIED.replace("wrong", CANARY), DENIED))
        self.room.main.begin(self.scenario.main)
        self.room.other.begin(self.scenario.other)
        self.room.safe.begin("up")

    def heal(self):
        super().heal()
        # The user has corrected the password.
        text = self.room.config.read_text()
        self.room.config.write_text(text.replace(DENIED, DENIED.replace("wrong", CANARY)))

    def words(self):
        return [w.format(**self.ids) for w in self.scenario.words]

    def next_boot(self):
        self.look()
        self.after_the_fault()
        self.heal()
        self.recover()
        self.after_recovery()
