# SPDX-License-Identifier: GPL-3.0-or-later
"""An account with a home of its own, and the program that works for it."""
import contextlib
import os
import re
import subprocess
import tempfile

from checks import Wrong, arrived, equal, sent
from idp import ISSUER
from letters import LETTERS

SHORT = LETTERS["a short one"][0]
PATIENCE = 90


class Home:
    """An account with a place of its own for tokens and queue."""

    def __init__(self, lab, server="dovecot", **changes):
        self.lab, self.server = lab, lab.servers[server]
        self.folder = tempfile.mkdtemp(dir=lab.shared)
        self.settings = lab.account(self.server, "starttls", auth="on", password=None,
                                    oauth_issuer=ISSUER, oauth_client_id="public",
                                    oauth_scope="openid offline_access smtp", queue="off")
        self.set(**changes)

    def set(self, **changes):
        """Change settings; None takes one away."""
        self.settings.update(changes)
        self.config = f"{self.folder}/config"
        with open(self.config, "w", encoding="utf-8") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write("account default\n")
            out.writelines(f"{name} {value}\n" for name, value in self.settings.items()
                           if value is not None)

    def environment(self):
        return {"XDG_STATE_HOME": f"{self.folder}/state", "HOME": self.folder,
                "XDG_RUNTIME_DIR": self.folder}

    def run(self, *words, letter=b"", environment=()):
        return self.lab.run([*words, "-C", self.config], letter,
                            {**self.environment(), **dict(environment)})

    def send(self, recipient, *options):
        return self.lab.run([*options, "-C", self.config, "--", recipient], SHORT,
                            self.environment())

    def delivers(self):
        recipient = self.lab.recipient()
        sent(self.send(recipient))
        arrived(self.lab, self.server, recipient, SHORT)

    @contextlib.contextmanager
    def start(self, *words, **environment):
        """A login under way, whose standard output and input are pipes."""
        kept = {name: value for name, value in os.environ.items()
                if name.endswith("SAN_OPTIONS") or name == "PATH"}
        process = subprocess.Popen(
            [self.lab.binary, *words, "-C", self.config], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**kept, "LANG": "C.UTF-8", **self.environment(), **environment})
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @property
    def token_file(self):
        return f"{self.folder}/state/postrider/tokens/alice@test.example@localhost"

    def token(self):
        """What is kept, as a dictionary."""
        with open(self.token_file, encoding="ascii") as kept:
            return dict(line.rstrip("\n").split(" ", 1) for line in kept)

    def change_token(self, **changes):
        """Write the file anew, as if time had passed or somebody had changed it."""
        kept = {**self.token(), **changes}
        with open(self.token_file, "w", encoding="ascii") as out:
            out.writelines(f"{name} {value}\n" for name, value in kept.items())

    def log_in(self, **person):
        """With a browser; returns what the browser shows in the end."""
        with self.start("login") as process:
            url = address(process)
            page = self.lab.provider.browse(url, **person)
            finished(process)
        return page


def address(process):
    """The address that a login tells to open."""
    for line in process.stdout:
        if found := re.search(rb"https://\S+", line):
            return found.group(0).decode()
    raise Wrong(f"got {process.stderr.read()!r}, want an address")


def finished(process, status=0):
    """The login ends like this; returns what else it said."""
    out, err = process.communicate(timeout=PATIENCE)
    text = (out + err).decode()
    if process.returncode != status:
        raise Wrong(f"login: got exit {process.returncode}, {text!r}, want exit {status}")
    return text


def under_strace(home, fault, *words):
    """The outcome with a fault injected into a system call: see -e inject in strace(1)."""
    done = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "-e", f"inject={fault}", home.lab.binary, *words],
        input=SHORT, capture_output=True, check=False, timeout=PATIENCE,
        env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0", **home.environment()})
    return done.returncode, done.stderr.decode()


def kill_at(home, number, *words):
    """Run the program until it asks for the fsync of that number, and no further."""
    status, said = under_strace(home, f"fsync:signal=KILL:when={number}", *words)
    equal(status in (-9, 137), True, f"killed ({status}, {said[-300:]})")
