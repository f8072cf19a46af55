# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of behaviour share: one user with a queue, a clock that can be moved, checks."""

import contextlib
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import spool
import tools
from receiver import Receiver
from room import addresses, become_reaper, end_strays

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("PLAIN_POSTRIDER", str(ROOT / "build/plain/src/postrider"))
FULL = "--full" in sys.argv[1:]
PORT = 2525
ME = "me@example.org"
HANGS = 1200     # seconds: a whole queue takes minutes on a busy machine
HEAD = f"defaults\nfrom {ME}\ntls off\nauth off\nqueue on\nport {PORT}\n"
LETTER = b"Message-ID: <%s@test>\nSubject: hello\n\nhello\n"

failures = 0


def equal(name, got, want):
    """One line of the result."""
    global failures
    if got == want:
        print(f"ok - {name}", flush=True)
    else:
        failures += 1
        print(f"not ok - {name}: got {got!r}, want {want!r}", flush=True)
    return got == want


def true(name, holds, got):
    return equal(name, got if not holds else "that", "that")


def play(cases):
    """Plays each; one that breaks has failed. Ends the program."""
    global failures
    become_reaper()
    chosen = [w for w in sys.argv[1:] if not w.startswith("-")]
    for case in cases:
        if chosen and case.__name__ not in chosen:
            continue
        began = time.monotonic()
        try:
            case()
        except (OSError, ValueError, KeyError, IndexError, AssertionError, TimeoutError,
                subprocess.SubprocessError) as problem:
            failures += 1
            print(f"not ok - {case.__name__}: got {problem!r}, want no exception")
        finally:
            end_strays()
        print(f"# {case.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(1 if failures else 0)


def wait_until(holds, seconds=30):
    """What HOLDS returned, as soon as that is true; else the last of it."""
    end = time.monotonic() + seconds
    while not (value := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def server(number=0, kind=Receiver, **more):
    """A receiver at an address of its own, which nobody listens at yet."""
    return kind(addresses(os.getpid(), 1 + number // 3)[number % 3], PORT, **more)


def memory():
    """Where folders are that need no disk, which is slow."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextlib.contextmanager
def user(accounts, base=None):
    """A User in a folder that goes away, after all that was started has ended."""
    with tempfile.TemporaryDirectory(prefix="postrider-queue-", dir=base or memory()) as folder:
        try:
            yield User(folder, accounts)
        finally:
            end_strays()


class User:
    """Somebody with a configuration and a queue; `ahead` is how far his clock is, in seconds."""

    def __init__(self, folder, accounts):
        self.home = pathlib.Path(folder)
        self.queue, self.log = self.home / "queue", self.home / "log"
        self.config = self.home / ".config/postrider/config"
        self.config.parent.mkdir(parents=True)
        self.ahead = 0
        self.configure(accounts)

    def configure(self, accounts):
        self.config.write_text(f"{HEAD}queue_dir {self.queue}\nlogfile {self.log}\n{accounts}\n")
        self.config.chmod(0o600)

    def environment(self, ahead=None):
        found = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LC_ALL": "C", "TZ": "UTC",
                 "XDG_RUNTIME_DIR": str(self.home)}
        ahead = self.ahead if ahead is None else ahead
        if ahead:
            found.update(LD_PRELOAD=shim(), SHIM_AHEAD=str(ahead))
        return found

    def start(self, *words, program=PROGRAM, **more):
        files = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                 "stderr": subprocess.PIPE}
        return subprocess.Popen([program, *words], env=self.environment(), cwd=self.home,
                                start_new_session=True, **{**files, **more})

    def run(self, *words, given=b"", seconds=HANGS):
        """(status, standard output, standard error)"""
        with self.start(*words, stdin=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(given, seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def send(self, ident, *words, to=("bob@example.net",), mode="-odq"):
        """Hands a message over; returns the exit status."""
        return self.run(*([mode] if mode else []), *words, "--", *to,
                        given=LETTER % ident.encode())[0]

    def list(self, state=None):
        """The messages of a state, as the program lists them."""
        status, out, err = self.run("queue", "list", "--json", "--all")
        assert status == 0, (status, err)
        return [m for m in json.loads(out) if state in (None, m["state"])]

    def count(self):
        """{state: number of messages}"""
        found = {}
        for message in self.list():
            found[message["state"]] = found.get(message["state"], 0) + 1
        return found

    def standing(self):
        """{word: value} of the account's file; empty when there is none."""
        found, at = {}, 0
        for path in spool.files(self.queue, "account"):
            data = path.read_bytes()
            while record := spool.record(data, at):
                found[record[0]] = record[1].decode()
                at = record[2]
        return found

    def runner(self):
        """The pid of the resident runner, or 0."""
        for path in glob.glob("/proc/[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                words = pathlib.Path(path, "cmdline").read_bytes().split(b"\0")
                state = pathlib.Path(path, "stat").read_text().rpartition(")")[2].split()[0]
                if words[1] == b"-qp" and words[2].endswith(bytes(self.queue)) and state != "Z":
                    return int(path[6:])
        return 0


workshop, workshop_lock = None, threading.Lock()


def shim():
    """The library that moves a program's clock; its folder lives as long as this program."""
    global workshop
    with workshop_lock:
        if not workshop:
            workshop = tempfile.TemporaryDirectory(prefix="postrider-shim-", dir=memory())
            tools.make_shim(workshop.name)
    return f"{workshop.name}/shim.so"
