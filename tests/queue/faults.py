# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays one scenario under one fault, recovers, and holds the result against I1 to I6.

I1  exit 0: each recipient is accepted by the server or waits in the queue
I2  another exit, not killed: not queued, or the text says who waits or is in doubt
I3  nothing partial is sent as complete or listed as valid
I4  duplicates only where `dot-sent` was written and no answer
I5  after recovery no old litter, no stuck lock, and nothing that waits for ever
I6  no secret in the queue or the output
"""

import argparse
import collections
import fcntl
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import scenarios
from room import CANARY, ME, Fault, Room, become_reaper, secured
from tools import Tools

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Of GMP and of the C library, which end a program that has no memory for them.
LAST_WORDS = ("GNU MP: ", "postrider: nss_database.c:", "Unexpected error.\n")
SAYS_SO = ("wait", "queue", "kept", "doubt")
RECOVERIES = 4
LATER = 48 * 3600    # seconds


class Play:
    """One run of one scenario; `problems` is what broke."""

    def __init__(self, room, scenario, ids):
        self.room, self.scenario, self.ids = room, scenario, ids
        self.problems, self.doubts, self.runs, self.found = [], {}, [], []

    def wrong(self, text):
        self.problems.append(text)

    # ---- the steps

    def __call__(self, fault=None, second=None):
        room, scenario = self.room, self.scenario
        room.restore(scenario.name)
        room.main.begin(scenario.main)
        room.other.begin(scenario.other)
        room.safe.begin("up")
        self.fault = fault
        words = [w.format(**self.ids) for w in scenario.words]
        self.ended = self.run(*words, given=scenario.input(), fault=fault,
                              follow=scenario.follow, stays=scenario.stays)
        self.look()
        self.after_the_fault()
        self.heal()
        self.second = self.run("queue", "run", fault=second) if second else None
        if second:
            self.look()
        self.recover()
        self.after_recovery()
        return self

    def run(self, *words, **more):
        ended = self.room.run(*words, **more)
        for receiver in self.room.receivers:
            receiver.settle()
        self.runs.append((words, ended))
        if ended.status is None and not more.get("stays"):
            self.wrong(f"I5: {' '.join(words)} hung")
        elif ended.status is not None and ended.status < 0 and not self.excused(
                ended, more.get("fault")):
            self.wrong(f"{' '.join(words)} died of signal {-ended.status} in "
                       f"{ended.crash or 'itself'}: {ended.err}")
        if CANARY in ended.out + ended.err:
            self.wrong("I6: the password is in the output")
        return ended

    @staticmethod
    def excused(ended, fault):
        """Killed by the test, or by a library that cannot do without memory."""
        return (fault and fault.kind == "kill") or (
            ended.crash.startswith(("libtasn1.", "libgmp.", "libnss")) or ended.err.startswith(LAST_WORDS))

    def look(self):
        """The queue as it is after a fault."""
        look = self.room.look()
        self.found = look.good
        self.problems += [f"I3: {w}" for w in look.wrong]
        for message in self.found:
            if message.doubtful():
                key = self.key(message)
                self.doubts[key] = self.doubts.get(key, 0) + 1
        self.problems += [f"I6: the password is in {f}" for f in secrets(look)]
        if any(m.torn for m in self.found) or look.inside("tmp"):
            self.listed(self.found)

    @staticmethod
    def key(message):
        """The letter that it is or, with an exclamation mark, that it is a notice about."""
        return scenarios.key_of(message) if message.one("sender") else "!"

    def waiting(self, letter):
        return [m for m in self.found if self.key(m) == letter.key
                and m.place in ("msg", "hold") and m.pending()]

    def taken(self, letter):
        """{recipient: how often a server took it}"""
        counts = {}
        for receiver in self.room.receivers:
            for (ident, recipient), n in receiver.counts().items():
                if ident == letter.ident:
                    counts[recipient] = counts.get(recipient, 0) + n
        return counts

    def after_the_fault(self):
        letter, ended, target = self.scenario.letter, self.ended, self.scenario.leads_to
        places = {self.key(m): m.place for m in self.found}
        if target and ended.status == 0:
            place = places.get(self.scenario.before[0].key, "none")
            # A runner may be quicker than this look.
            if place != target and (target, place) != ("msg", "none"):
                self.wrong(f"I1: exit 0, but it is in {place}, not in {target}")
        if not letter or ended.status is None or ended.status < 0:
            return
        waits, taken = self.waiting(letter), self.taken(letter)
        pending = {a for m in waits for a in m.pending()}
        if self.scenario.accepted(ended):
            for recipient in letter.to:
                if not taken.get(recipient) and recipient not in pending:
                    self.wrong(f"I1: exit 0, and {recipient} has not got it, nor is it kept")
                if not taken.get(recipient) and self.unsynced():
                    self.wrong(f"I1: exit 0, and {recipient} waits in what was not synced")
        elif pending and self.scenario.given is None and not ended.mute:
            if not any(word in ended.err for word in SAYS_SO):
                self.wrong(f"I2: exit {ended.status}, but kept for {sorted(pending)}; "
                           f"the text: {ended.err!r}")

    def unsynced(self):
        return (self.fault and self.fault.call == "fsync" and self.fault.kind == "error"
                and self.ended.fired)

    def heal(self):
        for receiver in self.room.receivers:
            receiver.set("up")
            receiver.well = True

    def recover(self):
        for again in range(RECOVERIES):
            look = self.room.look()
            retry = self.to_retry(look.good)
            if not (retry or look.inside("tmp", "msg", "hold")):
                return
            held = [m.one("id") for m in look.good if m.place == "hold"]
            if held:
                self.run("queue", "release", *held)
            if retry:
                self.run("queue", "retry", *retry)
            # By then litter is old, and no rate limit remembers anything.
            self.run("queue", "run", ahead=LATER + 60 * again)

    def to_retry(self, found):
        """Those in failed/ that will succeed: the kill came before the retry was written."""
        sent = {x.key for x in self.scenario.letters()
                if x.fate == "sent" and not any(a.startswith("reject@") for a in x.to)}
        return [m.one("id") for m in found if m.place == "failed" and self.key(m) in sent]

    # ---- the end

    def after_recovery(self):
        room = self.room
        look = room.look()
        self.problems += [f"I3: after recovery: {w}" for w in look.wrong]
        for message in look.good:
            if message.place in ("msg", "hold"):
                self.wrong(f"I5: still in {message.place} after recovery: {self.key(message)}")
        litter = look.inside("tmp")
        # A queue that was never ready is made ready by its next use.
        if litter and (room.queue / "VERSION").exists():
            self.wrong(f"I5: litter in tmp after recovery: {[p.name for p in litter]}")
        self.problems += [f"I5: {f} is still locked" for f in look.files if is_locked(f)]
        self.problems += [f"I6: after recovery the password is in {f}" for f in secrets(look)]
        if look.good or not self.fault:
            self.listed(look.good)
        for letter in self.scenario.letters():
            self.arrived(letter, look.good)
        for receiver in room.receivers:
            for mail in receiver.mails:
                self.whole(mail)

    def listed(self, left):
        """The program's own list names what the reader found, and nothing else."""
        ended = self.run("queue", "list", "--json", "--all")
        try:
            listed = sorted(m["id"] for m in json.loads(ended.out))
        except (ValueError, KeyError, TypeError):
            return self.wrong(f"I3: the list cannot be read: {ended.out[:200]!r} {ended.err!r}")
        there = sorted(m.one("id") for m in left)
        if listed != there:
            self.wrong(f"I3: listed {listed}, there are {there}")
        return None

    def arrived(self, letter, left):
        taken, limit = self.taken(letter), 1 + self.doubts.get(letter.key, 0)
        if self.is_known(letter):
            limit = 1
        owed = (letter in self.scenario.before or self.scenario.accepted(self.ended)
                or any(self.key(m) == letter.key for m in self.found))
        refused = [a for a in letter.to if letter.fate == "expired" or a.startswith("reject@")]
        gone = letter.fate == "removed"
        for recipient in letter.to:
            n = taken.get(recipient, 0)
            if n > limit:
                self.wrong(f"I4: {recipient} got {letter.key} {n} times, at most {limit}")
            if recipient in refused and n:
                self.wrong(f"I1: {recipient} got {letter.key} and should not")
            if gone and n and self.ended.status == 0:
                self.wrong(f"I1: {recipient} got {letter.key} that was removed")
            if owed and not gone and recipient not in refused and not n:
                self.wrong(f"I1: {recipient} never got {letter.key}")
        kept = letter in self.scenario.before or self.waited_for(letter, refused)
        if refused and kept:
            self.notices(letter, left)
        elif not refused and self.told(letter) and not self.scenario.expired:
            self.wrong(f"I1: a notice says that {letter.key} failed")

    def is_known(self, letter):
        """Whether only the disk failed, so that what everybody has can be removed unnoted."""
        return (self.fault and self.fault.kind == "error" and self.scenario.main == "up"
                and self.fault.call in ("pwrite64", "fdatasync")
                and not any(a.startswith(("reject@", "busy@")) for a in letter.to))

    def waited_for(self, letter, refused):
        """Whether a refused recipient was in the queue, so that the sender must be told."""
        return any(self.key(m) == letter.key and set(m.pending()) & set(refused)
                   for m in self.found)

    def told(self, letter):
        """{Message-ID of a notice about the letter: [its recipients, each time]}"""
        told = {}
        for receiver in self.room.receivers:
            for mail in receiver.mails:
                if not mail.sender and letter.ident.encode() in mail.content:
                    told.setdefault(mail.ident, []).append(mail.recipients)
        return told

    def notices(self, letter, left):
        told = self.told(letter)
        if len(told) != 1:
            self.wrong(f"I1: {len(told)} notices about {letter.key}, want 1")
        for ident, copies in told.items():
            if len(copies) > 1 + self.doubts.get("!", 0) or copies[0] != [ME]:
                self.wrong(f"I4: notice {ident} about {letter.key} went to {copies}")
        if not any(self.key(m) == letter.key and m.place == "failed" for m in left):
            self.wrong(f"I1: {letter.key} is not in failed/")

    def whole(self, mail):
        if not mail.sender:
            good = mail.content.endswith(b"--\r\n")
        else:
            letter = next((x for x in self.scenario.letters() if x.ident == mail.ident), None)
            good = letter and mail.content.endswith(letter.ending)
        if not good:
            self.wrong(f"I3: sent in part: {mail.ident!r}, ends with {mail.content[-60:]!r}")

    def story(self):
        """All that a person needs to see what happened."""
        lines = [f"    {' '.join(words)}: {e.status} {e.out!r} {e.err!r}"
                 for words, e in self.runs]
        for receiver in self.room.receivers:
            lines += [f"    taken: {m.ident} from <{m.sender}> for {m.recipients}"
                      for m in receiver.mails]
        lines += [f"    after the fault: {m.place}/{m.name} {m.journal}" for m in self.found]
        return lines


def is_locked(path):
    """Whether somebody still has a lock on the file."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def secrets(look):
    """The files in which the password is."""
    return [path for path, data in look.files.items() if CANARY.encode() in data]


# ---- many plays, in as many processes as there are processors

here = None    # the Room of this worker


def enter(folder, counter, *more):
    global here
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    become_reaper()
    with counter.get_lock():
        counter.value += 1
        number = counter.value
    here = Room(folder, number, *more)


def prepared(scenario):
    """The ids of the scenario's letters in this worker's room."""
    if scenario.name not in here.templates:
        here.templates[scenario.name + " ids"] = scenario.prepare(here)
    return here.templates[scenario.name + " ids"]


def play(task):
    """(name, did the fault happen, did a library crash, the faults, problems, story)"""
    name, fault, second = task
    scenario = next(s for s in scenarios.SCENARIOS if s.name == name)
    try:
        done = Play(here, scenario, prepared(scenario))(fault, second)
    except (OSError, RuntimeError, KeyError, IndexError) as problem:
        return name, True, False, (fault, second), [f"the test itself: {problem!r}"], []
    fired = (not fault or done.ended.fired) and (not second or done.second.fired)
    crashed = bool(fault) and fault.kind != "kill" and (done.ended.status or 0) < 0
    return (name, fired, crashed, (fault, second), done.problems,
            done.story() if done.problems else [])


def survey(task):
    """What there is to fail: the calls, or (allocations, writes), of the run or a recovery."""
    name, what = task
    scenario = next(s for s in scenarios.SCENARIOS if s.name == name)
    ids = prepared(scenario)
    here.restore(name)
    here.main.begin(scenario.main)
    here.other.begin(scenario.other)
    here.safe.begin("up")
    words = [w.format(**ids) for w in scenario.words]
    if what == "counts":
        return name, here.counted(*words, given=scenario.input())
    calls = here.calls(*words, given=scenario.input(), follow=scenario.follow)
    if what == "recovery":
        for receiver in here.receivers:
            receiver.set("up")
            receiver.well = True
        calls = here.calls("queue", "run")
    return name, calls


class Matrix:
    """The frame of a matrix: options, workers, and the lines of the report."""

    def __init__(self, what):
        self.what = what
        parser = argparse.ArgumentParser(description=what)
        parser.add_argument("--full", action="store_true", help="every point, not a sample")
        parser.add_argument("--slice", metavar="K/N", help="with --full, every N-th from the K-th")
        parser.add_argument("--scenario", help="only this one")
        parser.add_argument("--fault", type=Fault.read, help="only this one: KIND:CALL:N[:ERROR]")
        parser.add_argument("--second", type=Fault.read, help="and this during the recovery")
        self.given = parser.parse_args()
        self.full, (k, n) = self.given.full, map(int, (self.given.slice or "1/1").split("/"))
        self.slice = slice(k - 1, None, n)
        self.names = [s.name for s in scenarios.SCENARIOS
                      if self.given.scenario in (None, s.name)]
        self.totals, self.bad, self.crashes, self.begun = {}, 0, 0, time.monotonic()

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        self.folder = tempfile.mkdtemp(prefix="postrider-",
                                       dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        counter, workers = multiprocessing.Value("i", 0), os.cpu_count()
        self.pool = multiprocessing.Pool(workers, enter, (
            self.folder, counter, program(), Tools(self.folder), secured(self.folder, workers)))
        return self

    def __exit__(self, *_):
        self.pool.terminate()
        self.pool.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def surveyed(self, what):
        return dict(self.pool.imap(survey, [(n, what) for n in self.names]))

    def chosen(self, points, size):
        """SIZE of them, evenly; with --full all of them, or a slice."""
        if self.full:
            return points[self.slice]
        if len(points) <= size:
            return points
        return [points[i * len(points) // size] for i in range(size)]

    def clean(self):
        """Without a fault nothing may be wrong; a scenario that fails here is left out."""
        bad = self.report("no fault", [(n, None, None) for n in self.names])
        self.names = [n for n in self.names if not bad[n]]
        return bool(self.names)

    def report(self, kind, tasks):
        """Plays the tasks; one line for each scenario. {scenario: what was bad}"""
        count, bad = dict.fromkeys(self.names, 0), {n: [] for n in self.names}
        left = collections.Counter(n for n, _, _ in tasks)
        for name, fired, crashed, points, problems, story in self.pool.imap(play, tasks, 2):
            count[name] += fired
            self.crashes += crashed
            left[name] -= 1
            if problems:
                bad[name].append((*points, problems, story))
            if not left[name]:
                self.line(kind, name, count[name], bad[name])
        self.totals[kind] = self.totals.get(kind, 0) + sum(count.values())
        return bad

    def line(self, kind, name, count, bad):
        title = f"{self.what}: {name}: {kind}, {count} points"
        if not bad:
            print(f"ok - {title}", flush=True)
            return
        self.bad += 1
        print(f"not ok - {title}: got {len(bad)} that broke something, want 0", flush=True)
        for fault, second, problems, story in bad[:20 if self.full else 6]:
            again = f"{sys.argv[0]} --scenario '{name}'"
            again += f" --fault {fault}" if fault else ""
            again += f" --second {second}" if second else ""
            print(f"  {again}", *(f"    {p}" for p in problems), *story, sep="\n", flush=True)

    def one(self):
        """The point of the command line; true if there is one."""
        if not self.given.fault:
            return False
        for name, fired, _, _, problems, story in self.pool.map(
                play, [(n, self.given.fault, self.given.second) for n in self.names]):
            print(f"{name}: {'happened' if fired else 'did not happen'}", *problems, *story,
                  sep="\n")
            self.bad += bool(problems)
        return True

    def finish(self):
        seconds = round(time.monotonic() - self.begun)
        for kind, count in self.totals.items():
            print(f"# {self.what}: {count} points: {kind}")
        if self.crashes:
            print(f"# {self.what}: {self.crashes} of them ended in a crash; libtasn1, GMP and the "
                  "C library's NSS cannot do without memory")
        print(f"# {self.what}: {seconds} s")
        return 1 if self.bad else 0


def program():
    """An optimised build: a sanitizer would be slow, and fails allocations in its own way."""
    given = os.environ.get("PLAIN_POSTRIDER")
    return given or str(ROOT / "build/plain/src/postrider")


def available():
    """False, with a line, where the matrices cannot run."""
    if not os.access(program(), os.X_OK):
        print(f"not ok - the faults of the queue: got no {program()}, want it built")
        return False
    for need in ("strace", "cc"):
        if not shutil.which(need):
            print(f"skip - the faults of the queue: no {need} here")
            return False
    return True
