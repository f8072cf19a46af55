# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers that send at the same time, the server that holds them up, and the place they meet at."""

import array
import contextlib
import fcntl
import os
import pathlib
import re
import signal
import socket
import threading

import moods
import room
import spool
import stage
from stage import wait_until

PASSWORD = "right"


class Session(moods.Session):
    """Counts logins; waits at a recipient hold…@, and closes without a word behind `mute`."""

    def do_AUTH(self, argument):
        self.server.logins += 1
        return super().do_AUTH(argument)

    def do_RCPT(self, argument):
        if "<hold" in argument and not self.server.hold.is_set():
            self.server.held.set()
            self.server.hold.wait()
        self.server.pause.wait(self.server.lag)
        return super().do_RCPT(argument)

    def keep(self, content):
        super().keep(content)
        return self.transactions < self.server.mute


class Counting(moods.Moody):
    """`logins` that were tried.

    At a recipient hold…@ it waits for `hold`, and `held` tells. Each needs `lag` seconds.
    """

    logins, mute, lag = 0, 1 << 30, 0
    session = Session

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, users={stage.ME: PASSWORD}, **more)
        self.settings.clear_auth = True
        self.hold, self.held = threading.Event(), threading.Event()
        self.watch = None

    def keep(self, content, envelope):
        if self.watch:
            self.watch()
        return super().keep(content, envelope)


@contextlib.contextmanager
def place(more="", accounts="", **settings):
    """(server, user): the server lets nobody in before its gate is set."""
    server = stage.server(0, Counting)
    for name, value in settings.items():
        setattr(server.settings, name, value)
    login = f"auth plain\nuser {stage.ME}\npassword {PASSWORD}\ncleartext_auth loopback\n"
    account = f"account default\nhost {server.place[0]}\n{login}queue off\n{more}\n{accounts}"
    server.begin("up")
    server.gate.clear()
    try:
        with stage.user(account) as user:
            try:
                yield server, user
            finally:
                for event in (server.gate, server.content, server.hold):
                    event.set()
    finally:
        server.close()


class Caller:
    """One that sends; `result` waits for (status, standard error)."""

    def __init__(self, user, ident, to=None, *, words=("-odi",), body=b"hello\n", **more):
        self.ident, self.to = f"{ident}@test", to or [f"{ident}@example.net"]
        self.process = user.start(*words, "--", *self.to, stdin=-1, **more)
        letter = b"Message-ID: <%s>\nSubject: hello\n\n" % self.ident.encode() + body
        self.writer = threading.Thread(target=self.write, args=(letter,), daemon=True)
        self.writer.start()

    def write(self, letter):
        with contextlib.suppress(OSError):
            self.process.stdin.write(letter)
            self.process.stdin.close()

    def result(self):
        self.writer.join()
        self.process.stdin = None
        err = self.process.communicate(timeout=120)[1].decode()
        return self.process.returncode, err

    def kill(self):
        self.process.kill()
        self.process.wait()


def folder(user):
    return user.home / "postrider"


def names(user):
    """Of the accounts that somebody has sent by."""
    return sorted(p.stem for p in folder(user).glob("*.lock"))


def present(user):
    """How many have come to the one that leads, and itself."""
    if not names(user):
        return 0
    with open("/proc/net/unix", encoding="utf-8") as lines:
        return sum(any(f"/{n}.sock" in line for n in names(user)) for line in lines)


def gather(user, server, *callers):
    """Starts them, each (ident) or (ident, to …), when the one before has come; then opens."""
    started = []
    for caller in callers:
        started.append(caller if isinstance(caller, Caller) else Caller(user, *caller))
        wait_until(lambda: present(user) >= len(started))
    server.gate.set()
    return started


def leader(*callers):
    """The process that goes on with the connection of one of them; 0 when there is none."""
    known = {c.process.pid for c in callers}
    return next((pid for pid in room.children() if pid not in known and is_sender(pid)), 0)


def is_sender(pid):
    """A process that was forked, and no runner of the queue."""
    with contextlib.suppress(OSError):
        path = pathlib.Path(f"/proc/{pid}")
        return b"-odi" in (path / "cmdline").read_bytes().split(b"\0")
    return False


def memory(pid):
    """Its resident memory in kB."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s*(\d+)", text)[1])


def end(pid, number=signal.SIGKILL):
    os.kill(pid, number)


# ---- strangers

def come(user, uid=None):
    """A socket to the one that leads, as another user if one is given."""
    one = socket.socket(socket.AF_UNIX)
    door = str(folder(user) / f"{names(user)[0]}.sock")
    if uid is not None:
        os.seteuid(uid)
    try:
        one.connect(door)
    finally:
        if uid is not None:
            os.seteuid(0)
    return one


def handover(text, sealed=True):
    """A descriptor of what somebody hands over."""
    fd = os.memfd_create("handover", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, text)
    if sealed:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS,
                    fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    return fd


def good_handover(ident):
    header = b"Message-ID: <%s@test>\r\n\r\n" % ident
    records = [("postrider-handover", b"1"), ("sender", stage.ME.encode()),
               ("to", b"%s@example.net" % ident), ("needs", b"0"), ("facts", b"0 0 0 0 78"),
               ("header", b"%d" % len(header)), ("partial", b"")]
    return b"".join(spool.written(*r) for r in records) + b"content %d:%s" % (len(header), header)


def hand_over(one, fd, word=None):
    word = spool.written("handover", b"") if word is None else word
    one.sendmsg([word], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])


def heard(one):
    """All that is said, to the end."""
    text = b""
    one.settimeout(60)
    with contextlib.suppress(ConnectionError):
        while piece := one.recv(65536):
            text += piece
    return text


class Impostor:
    """Leads for an account, and says TEXT to each who comes once it has gone on."""

    def __init__(self, user, text, stays=False):
        self.text, self.stays, self.guests = text, stays, []
        name = names(user)[0]
        self.lock = os.open(folder(user) / f"{name}.lock", os.O_RDWR)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.path = folder(user) / f"{name}.sock"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.path))
        self.socket.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                guest = self.socket.accept()[0]
                with contextlib.suppress(OSError):
                    guest.recv(65536)
                    guest.sendall(self.text)
                    if b"started" in self.text:
                        guest.recv(65536)
                self.guests.append(guest)
                if not self.stays:
                    guest.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        for one in (self.socket, *self.guests):
            one.close()
        self.path.unlink(missing_ok=True)
        os.close(self.lock)
