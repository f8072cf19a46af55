# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal that the program is run on, and somebody who types."""

import json
import os
import select
import signal
import subprocess
import termios

from .place import LONG, MESSAGE


class Terminal:
    """A terminal with a process that leads its session, as a shell does, and runs the program there
    in the foreground. The leader tells on a pipe how it went; it stays until the end, since a
    terminal is reset when its leader ends."""

    def __init__(self, place):
        self.master, slave = os.openpty()
        self.report, tell = os.pipe()
        self.seen = b""
        self.leader = os.fork()
        if self.leader == 0:
            status = 1
            try:
                os.close(self.master)
                lead(place, slave, tell)
                status = 0
            finally:
                os._exit(status)
        os.close(slave)
        os.close(tell)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.report)
        os.kill(self.leader, signal.SIGKILL)
        os.waitpid(self.leader, 0)

    def wait_for(self, text):
        """Everything up to that text; the terminal may still show more."""
        while text not in self.seen:
            if not select.select([self.master], [], [], LONG)[0]:
                return False
            self.seen += os.read(self.master, 1000)
        before, self.seen = self.seen.split(text, 1)
        return before + text

    def type(self, text):
        os.write(self.master, text)

    def hear(self):
        """The next report of the leader."""
        text = b""
        while not text.endswith(b"\n"):
            if not select.select([self.report], [], [], LONG)[0]:
                return {}
            piece = os.read(self.report, 1)
            if not piece:
                return {}
            text += piece
        return json.loads(text)

    def rest(self):
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 1000)
        return self.seen


def lead(place, slave, tell):
    """In the leader: run the program, tell of each stop and of the end, and whether the terminal
    shows what is typed."""
    os.setsid()
    os.close(os.open(os.ttyname(slave), os.O_RDWR))    # becomes the controlling terminal
    mails, errors = (place.folder / name for name in ("mail", "errors"))
    mails.write_bytes(MESSAGE)

    def foreground():
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(slave, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)

    with mails.open("rb") as mail, errors.open("wb") as error:
        process = subprocess.Popen(place.command(), env=place.environment, stdin=mail,
                                   stdout=error, stderr=error, preexec_fn=foreground)
    while True:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        told = {"stopped": os.WIFSTOPPED(status),
                "status": os.waitstatus_to_exitcode(status) if not os.WIFSTOPPED(status) else None,
                "errors": errors.read_text(errors="replace"),
                "echo": bool(termios.tcgetattr(slave)[3] & termios.ECHO)}
        os.write(tell, json.dumps(told).encode() + b"\n")
        if not told["stopped"]:
            break
        os.kill(process.pid, signal.SIGCONT)
    while True:
        signal.pause()
