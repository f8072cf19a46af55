# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal that nobody sees: a program runs in tmux, somebody types, and the screen is read."""

import subprocess
import time

LONG = 60    # seconds until a wait is a failure
STEP = 0.02
# Runs a command with the file $0 as its input. The end is told in the title of the window, which
# tmux reads behind everything that the command has said.
SHELL = r"""
"$@" <"$0"
printf '\033]2;ended\007'
exec sleep 600
"""


class Silent(Exception):
    """What is awaited does not come."""


class Terminal:
    """A tmux server of our own, whose one window is made anew for each program."""

    def __init__(self, folder, environment, columns=80, rows=24):
        self.columns, self.rows = columns, rows
        self.environment = {**environment, "TMUX_TMPDIR": str(folder)}

    def __enter__(self):
        # It goes on without a window.
        self._tmux("start-server", ";", "set", "-g", "exit-empty", "off", ";",
                   "set", "-g", "status", "off")
        return self

    def __exit__(self, *_):
        self._tmux("kill-server")

    def _tmux(self, *words):
        done = subprocess.run(["tmux", "-u", "-L", "screens", "-f", "/dev/null", *words],
                              env=self.environment, capture_output=True, check=False, timeout=LONG)
        if done.returncode:
            raise Silent(f"tmux {words}: {done.stderr!r}")
        return done.stdout.decode()

    def start(self, *command, stdin="/dev/tty"):
        """Runs the command on an empty screen; its input is the file STDIN, or the keys."""
        self._tmux("new-session", "-d", "-s", "now", "-x", str(self.columns), "-y",
                   str(self.rows), "sh", "-c", SHELL, *map(str, (stdin, *command)))

    def type(self, text):
        self._tmux("send-keys", "-t", "now", "-l", "--", text)
        self._tmux("send-keys", "-t", "now", "Enter")

    def screen(self, joined=False):
        """Its lines, also those that went out at the top, without blank ones at the end. JOINED:
        those that the terminal has broken are whole."""
        text = self._tmux("capture-pane", "-p", "-t", "now", "-S", "-", *(["-J"] if joined else []))
        return [line.rstrip() for line in text.rstrip().split("\n")]

    def _ended(self):
        return self._tmux("display-message", "-p", "-t", "now", "#{pane_title}").strip() == "ended"

    def _wait(self, come, what):
        end = time.monotonic() + LONG
        while not come():
            if time.monotonic() > end:
                raise Silent(f"got {self.screen()}, want {what}")
            time.sleep(STEP)

    def expect(self, text, times=1):
        """Waits until the text has come so many times, wherever its lines are broken."""
        bare = "".join(text.split())
        self._wait(lambda: "".join("".join(self.screen()).split()).count(bare) >= times, text)

    def end(self):
        """Waits for the end of the program."""
        self._wait(self._ended, "the end")

    def close(self):
        self._tmux("kill-session", "-t", "now")
