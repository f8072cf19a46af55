# SPDX-License-Identifier: GPL-3.0-or-later
"""From nothing to a sent message with a token: postrider setup, at a terminal."""
import os
import pty
import re
import select
import time

from checks import Wrong, equal
from home import PATIENCE, Home

SECRET_WORDS = ("oauth_issuer", "oauth_client_id", "oauth_scope", "oauth_flow")


class Terminal:
    """The program, and a person before it."""

    def __init__(self, program, words, environment):
        self.said = ""
        self.child, self.line = pty.fork()
        if self.child == 0:
            os.execve(program, [program, *words], environment)

    def expect(self, pattern):
        """Reads until this regular expression has come; the match."""
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.line], [], [], max(0, end - time.monotonic()))
            if not ready or not self.read():
                raise Wrong(f"got {self.said!r}, want {pattern!r} in it")
        self.said = self.said[found.end():]
        return found

    def read(self):
        try:
            more = os.read(self.line, 4096)
        except OSError:
            return False
        self.said += more.decode("utf-8", "replace")
        return bool(more)

    def answer(self, text):
        os.write(self.line, text.encode() + b"\n")

    def end(self):
        """The exit status."""
        while self.read():
            pass
        os.close(self.line)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def set_up(lab):
    home = Home(lab, oauth_flow="browser")
    given = [f"--{name.replace('_', '-')}={home.settings[name]}" for name in (
        "host", "port", "tls_starttls", "tls_trust_file", *SECRET_WORDS)]
    os.unlink(home.config)
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    person = Terminal(lab.binary, ["setup", "alice@test.example", *given, "-C", home.config],
                      {**kept, **home.environment(), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    person.expect(r"Write .*\?")
    person.answer("y")
    person.expect(r"Log in now\?")
    person.answer("y")
    url = person.expect(r"(https://\S+)\r\n")[1]
    lab.provider.browse(url)
    person.expect(r"Logged in\.")
    person.expect(r"Send a test message to alice@test\.example\?")
    person.answer("y")
    person.expect(r"Sent\.")
    equal(person.end(), 0, "exit status")
    home.delivers()
