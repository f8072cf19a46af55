# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue, a configuration and two receivers for one worker; runs postrider there under faults."""

import contextlib
import ctypes
import dataclasses
import errno
import mmap
import os
import pathlib
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import time

import spool
from receiver import Receiver
import pki    # of tests/lib, as the receiver has it

CANARY = "canary-7d1f-secret"
ME = "me@example.org"
SECONDS = 40
GRACE = 0.4          # seconds at most for a runner that was started
NAP = 15             # looks, 1 ms apart or more: who only sleeps then waits for a later time
CONFIG = """defaults
from {me}
tls off
auth off
queue on
queue_dir {queue}
account main
host {main}
port 2525
account other
host {other}
port 2525
account both : main
fallback other
account slow : main
rate_limit 1/1
account safe
host {safe}
port 2525
tls on
tls_starttls off
tls_trust_file {trust}
auth plain
user {me}
password {canary}
account default : main
"""
# strace does not come between these and the kernel.
UNKILLABLE = ("rt_sigreturn", "restart_syscall")
CONTROL = struct.Struct("7i64s")    # struct plan of shim.c
NUMBERS = re.compile(rb"\b(0x[0-9a-f]+|[0-9A-F]{2}|[0-9]+)\b|\[{.*")
ENOUGH = 6
CALL = re.compile(rb"^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed)")


@dataclasses.dataclass
class Fault:
    """What goes wrong: `kind` is kill, error, cut or memory."""

    kind: str
    call: str = ""
    when: int = 0
    error: str = ""

    def __str__(self):
        return ":".join(str(x) for x in (self.kind, self.call, self.when, self.error) if x)

    @staticmethod
    def read(text):
        kind, call, when, error = (text.split(":") + [""] * 4)[:4]
        return Fault(kind, call, int(when), error)


@dataclasses.dataclass
class Ended:
    """How a run ended; `status` is negative for a signal, None for a run that hung."""

    status: int
    out: str
    err: str
    fired: bool = False
    crash: str = ""       # the library whose code crashed
    mute: bool = False    # the fault hit what was to be said


def become_reaper():
    """Runners that lose their parent become children of this process."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def end_strays(grace=0.0, idle=lambda: True):
    """Ends what postrider left running, runners above all: at the end of the grace, or when all
    of it waits for a later time, and nobody else is about to wake it."""
    watch, deadline = Watch(idle), time.monotonic() + grace
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        if time.monotonic() >= deadline or watch.quiet():
            for child in children():
                with contextlib.suppress(OSError):
                    os.kill(child, signal.SIGKILL)
        time.sleep(0.001)


class Watch:
    """Whether all children have only slept for a while.

    A while is a number of looks: on a busy machine a server gets its turn as late as this does.
    """

    def __init__(self, idle):
        self.idle, self.looks, self.seen = idle, 0, None

    def quiet(self):
        seen = [switches(c) for c in children()]
        same = seen == self.seen and b"" not in seen and self.idle()
        self.looks, self.seen = self.looks + 1 if same else 0, seen
        return self.looks >= NAP


def switches(pid):
    """How often the process has slept and was woken; nothing if it does not sleep."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
        return file.read().partition(b"\nState:\tS")[2]
    return b""


def children():
    found = []
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children", "rb") as file:
            found += map(int, file.read().split())
    return found


def addresses(pid, number):
    """Three that nobody else on this machine uses."""
    return [f"127.{2 + pid // 250 % 250}.{1 + pid % 250}.{3 * number + n}" for n in range(3)]


def secured(folder, workers):
    """(authority, pair of certificate and key) for the receivers of so many workers."""
    authority = pki.Authority(pathlib.Path(folder, "authority"), "postrider tests")
    names = [f"IP:{addresses(os.getpid(), n)[2]}" for n in range(1, workers + 1)]
    return authority.cert, authority.certificate("receivers", names=names)


class Room:
    def __init__(self, folder, number, program, tools, secured):
        self.folder = pathlib.Path(folder, f"room-{number}")
        self.queue, self.home = self.folder / "queue", self.folder / "home"
        self.state = self.home / ".local"     # with tickets of TLS sessions
        self.home.mkdir(parents=True)
        self.program, self.tools, self.templates, self.looked = program, tools, {}, None
        places = addresses(os.getppid(), number)
        trust, pair = secured
        self.main, self.other = (Receiver(a, 2525) for a in places[:2])
        self.safe = Receiver(places[2], 2525, pair, {ME: CANARY})
        self.receivers = (self.main, self.other, self.safe)
        self.config = self.home / ".config/postrider/config"
        self.config.parent.mkdir(parents=True)
        self.config.write_text(CONFIG.format(
            me=ME, queue=self.queue, main=places[0], other=places[1], safe=places[2],
            trust=trust, canary=CANARY))
        self.config.chmod(0o600)
        self.trace, self.report = self.folder / "trace", self.folder / "report"
        control = self.folder / "control"
        control.write_bytes(bytes(CONTROL.size))
        with open(control, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), CONTROL.size)
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LC_ALL": "C",
                            "TZ": "UTC", "XDG_RUNTIME_DIR": str(self.folder)}
        self.preloaded = {**self.environment, "LD_PRELOAD": str(tools.shim), "SHIM": str(control)}

    # ---- the state of the queue

    def save(self, name):
        """Remembers the queue, and what else there is, under a name."""
        folders, kept = [], []
        for place in filter(os.path.exists, (self.queue, self.state)):
            more = spool.tree(place)
            folders += [str(place), *more[0]]
            kept += more[1]
        self.templates[name] = folders, {
            path: (os.stat(path).st_mtime_ns, stat.S_ISFIFO(os.stat(path).st_mode)
                   or pathlib.Path(path).read_bytes()) for path in kept}

    def clear(self):
        end_strays()
        self.looked = None
        for place in (self.queue, self.state):
            shutil.rmtree(place, ignore_errors=True)

    def restore(self, name):
        """All as it was saved; folders of the queue that are there already stay."""
        end_strays()
        folders, kept = self.templates[name]
        if str(self.queue) not in folders or not self.look().folders:
            self.clear()
        shutil.rmtree(self.state, ignore_errors=True)
        look, self.looked = self.look(), None
        for path in look.paths:
            os.unlink(path)
        there = {str(self.queue), *look.folders} if look.folders else set()
        for folder in folders:
            if folder not in there:
                os.mkdir(folder, 0o700)
        for path, (changed, data) in kept.items():
            if data is True:
                os.mkfifo(path, 0o600)
                continue
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(data)
            os.utime(path, ns=(changed, changed))

    def look(self):
        """The spool.Look of now: without postrider, nothing changes."""
        if not self.looked:
            self.looked = spool.Look(self.queue)
        return self.looked

    # ---- running postrider

    def run(self, *words, given=b"", fault=None, follow=True, ahead=0, stays=False):
        """postrider WORDS, perhaps under a fault; ends what it leaves running."""
        command = [str(self.program), *words]
        if fault and fault.kind in ("kill", "error"):
            command = self.injected(fault, follow) + command
        environment = self.environment
        if ahead or fault and fault.kind in ("cut", "memory"):
            environment = self.preloaded
            self.plan(fault, ahead)
        ended = self.finished(command, given, environment, stays)
        if fault:
            ended.fired = self.has_fired(fault, ended)
        return ended

    def injected(self, fault, follow):
        how = getattr(errno, fault.error) if fault.kind == "error" else 0
        return [str(self.tools.inject), str(self.tools.numbers[fault.call]), str(fault.when),
                str(how), str(int(follow)), str(self.report)]

    def has_fired(self, fault, ended):
        if fault.kind in ("cut", "memory"):
            plan = CONTROL.unpack(self.control[:])
            ended.crash = os.path.basename(plan[7].rstrip(b"\0").decode())
            return plan[5] > 0
        report = self.report.read_bytes()
        ended.mute = fault.kind == "error" and b"m" in report
        return bool(report)

    def finished(self, command, given, environment, stays=False):
        """Files take what is said: a pipe would stay open as long as a runner lives."""
        self.looked = None
        said = [self.folder / "stdout", self.folder / "stderr"]
        with open(said[0], "wb") as out, open(said[1], "wb") as err:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err,
                                       env=environment, cwd="/")
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(given)
            process.stdin.close()
        status = self.status(process, stays)
        end_strays(GRACE, self.idle)
        return Ended(status, *(p.read_text("utf-8", "replace") for p in said))

    def status(self, process, stays):
        """None when it did not come to its end: one that stays may sleep for ever."""
        watch, deadline = Watch(self.idle), time.monotonic() + SECONDS
        end = os.pidfd_open(process.pid)
        nap = 0.001 if stays else SECONDS
        while not (ended := select.select([end], [], [], nap)[0]):
            if time.monotonic() >= deadline or watch.quiet():
                process.kill()
                break
        os.close(end)
        status = process.wait()
        return status if ended else None

    def idle(self):
        """No server has something to do, by which a runner may be woken."""
        return not any(r.busy for r in self.receivers)

    def plan(self, fault=None, ahead=0):
        """Tells the shim what to do."""
        kind, when = (fault.kind, fault.when) if fault else ("", 0)
        self.control[:] = CONTROL.pack(
            when if kind == "memory" else 0, when if kind == "cut" else 0,
            int(fault.error) if kind == "cut" else 0, 0, 0, 0, ahead, b"")

    def counted(self, *words, given=b""):
        """(allocations, writes) of a run, as the shim sees them."""
        self.plan()
        self.finished([str(self.program), *words], given, self.preloaded)
        return CONTROL.unpack(self.control[:])[3:5]

    def calls(self, *words, given=b"", follow=True):
        """[(system call, n)] of a run, in order, without those of the dynamic loader."""
        more = ["-f"] if follow else []
        strace = ["strace", "-D", *more, "-qq", "-o", str(self.trace), "--"]
        self.finished([*strace, str(self.program), *words], given, self.environment)
        return enumerated(self.trace.read_bytes(), follow)


def enumerated(data, follow):
    """The counters of strace are per process; the loader ends where main() looks at its fds.

    A call that looks like an earlier one, numbers aside, in the same surroundings is left out
    when there were ENOUGH of those: a walk through 256 folders is 256 times the same.
    """
    counts, in_main, points, before, seen = {}, {}, {}, {}, {}
    for line in data.splitlines():
        found = CALL.match(line if follow else b"1 " + line)
        if not found:
            continue
        pid, call = found[1], found[2].decode()
        if call == "execve" and b" = 0" in line:
            in_main[pid] = False
        if found[3] == b" resumed":
            continue
        counts[pid, call] = counts.get((pid, call), 0) + 1
        if b"fcntl(0, F_GETFD" in line or pid not in in_main:
            in_main[pid] = True
        before[pid] = (*before.get(pid, ())[-2:], NUMBERS.sub(b"#", line))
        seen[before[pid]] = seen.get(before[pid], 0) + 1
        if in_main[pid] and call not in UNKILLABLE and seen[before[pid]] <= ENOUGH:
            points[call, counts[pid, call]] = None
    return list(points)
