# SPDX-License-Identifier: GPL-3.0-or-later
"""What every server under test has in common: ports, a log, and how it is waited for."""
import os
import re
import socket
import time

PASSWORDS = {
    "alice@test.example": "secret",
    "bob@test.example": "b0b's \"pass\\word\" = ,%",
    "carol@test.example": "crypted",
    "dora@test.example": "pässwörd",
}
SINK_PORT, TOKENS_PORT, KDC_PORT = 2500, 8080, 8800
LIMIT = 2 * 1024 * 1024
HOSTS = "127.0.0.1 localhost mail.test.example wrong.test.example\n::1 localhost\n"


def wait_until(true, what, seconds=30):
    """Wait for something that gives no event of its own; `what` is told when it never comes."""
    end = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} within {seconds} s")
        time.sleep(0.01)
    return value


class Server:
    """A running server; subclasses say how it is configured and started.

    name        as given on the command line of the suite
    ports       {"starttls": n, "tls": n}
    mechanisms  what its EHLO must offer inside TLS
    offers      of DSN, SMTPUTF8, CHUNKING: what it passes on to the next hop
    received    how many Received fields it adds
    refused     a recipient that it refuses for good, and words of its answer
    postpones   whether it can be told to refuse a recipient for now
    """
    name, packages, users, programs = "", [], [], []
    ports, mechanisms, offers, received = {}, [], set(), 1
    refused = ("reject@y.example", "")
    postpones = True
    addresses = ["127.0.0.1", "::1"]

    def __init__(self, lab):
        self.lab = lab
        self.folder = f"{lab.shared}/{self.name}"
        self.log_file = f"{self.folder}/log"
        self.tree = lab.tree(self)
        self.process = None
        os.makedirs(self.folder, mode=0o755)

    @property
    def certificate(self):
        """(certificate, key), the names of their files."""
        return self.lab.pki.server

    def file(self, name, text, mode=0o644):
        path = f"{self.folder}/{name}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def give(self, path, user):
        os.chown(path, *self.tree.owner(user))

    def ready(self):
        """Returns once every port answers; a server that has died is an error with its log."""
        for port in self.ports.values():
            wait_until(lambda port=port: self.answers(port), f"{self.name} on port {port}")

    def answers(self, port):
        if self.process is not None and self.process.poll() is not None:
            raise ChildProcessError(f"{self.name} ended at its start: {self.words()[-2000:]}")
        for address in self.addresses:
            try:
                socket.create_connection((address, port), 5).close()
            except OSError:
                return False
        return True

    def words(self):
        """All that the server wrote while it had no log, and its log."""
        with open(f"{self.folder}/out", encoding="utf-8", errors="replace") as out:
            return out.read() + (self.log(0) if self.log_file != out.name else "")

    def log(self, since):
        try:
            with open(self.log_file, "rb") as log:
                log.seek(since)
                return log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def log_size(self):
        return os.path.getsize(self.log_file) if os.path.exists(self.log_file) else 0

    def log_line(self, pattern, since):
        """The first line since that offset which matches."""
        found = wait_until(lambda: re.search(f"(?m)^.*{pattern}.*$", self.log(since)),
                           f"'{pattern}' in the log of {self.name}")
        return found.group(0)
