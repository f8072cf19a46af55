# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory: namespaces, certificates, sink and servers of one run of the suite."""
import concurrent.futures
import fcntl
import itertools
import os
import socket
import struct
import subprocess
import sys
import tempfile

import pki
from server import HOSTS, PASSWORDS, SINK_PORT, TOKENS_PORT
from sink import Sink
from tokens import Tokens
from tree import CannotRun, Tree, command, download

NAMESPACES = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


SIOCSIFFLAGS, UP_AND_RUNNING = 0x8914, 0x41


def raise_loopback():
    """In a new network namespace there is lo and nothing else, and it is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", UP_AND_RUNNING))


class Outcome:
    """What one run of postrider said."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def __str__(self):
        return f"exit {self.status}, stderr {self.err[-1500:]!r}"


class Lab:
    def __init__(self, binary, build, source):
        self.binary, self.build = binary, build
        self.shared = self.hide_a_folder([binary, build, source])
        self.servers, self.kerberos, self.numbers = {}, None, itertools.count(1)
        self.unwanted = []
        self.hosts()
        raise_loopback()
        self.pki = pki.Certificates(f"{self.shared}/pki")
        self.system_trust = self.trust_system_wide()
        self.sink, self.tokens = Sink(SINK_PORT), Tokens(TOKENS_PORT)
        os.makedirs(f"{self.shared}/home")

    @staticmethod
    def hide_a_folder(needed):
        """A tmpfs over a folder that nothing here needs: its path is short, for unix sockets."""
        for folder in ("/mnt", "/srv", "/media"):
            if os.path.isdir(folder) and not any(p.startswith(folder + "/") for p in needed):
                command("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
                os.makedirs(f"{folder}/lab-trees")
                os.makedirs(f"{folder}/lab")
                return f"{folder}/lab"
        raise CannotRun("/mnt, /srv and /media are all in use or missing")

    def hosts(self):
        """Names of our own, seen in this mount namespace only."""
        with open(f"{self.shared}/hosts", "w", encoding="ascii") as out:
            out.write(HOSTS)
        command("mount", "--bind", f"{self.shared}/hosts", "/etc/hosts")

    def trust_system_wide(self):
        """Make our authority the only one that the system trusts, in this mount namespace."""
        bundle = "/etc/ssl/certs/ca-certificates.crt"
        if not os.path.exists(bundle):
            return False
        command("mount", "--bind", self.pki.authority, bundle)
        return True

    def compile(self, source, *flags):
        """Make a program or library of a C file that lies beside this one; returns its path."""
        made = f"{self.shared}/{source.removesuffix('.c')}"
        here = os.path.dirname(os.path.realpath(__file__))
        command(*os.environ.get("CC", "cc").split(), "-std=gnu17", "-g", "-Wall", "-Wextra",
                "-o", made, f"{here}/{source}", *flags)
        return made

    def tree(self, server):
        debs = download(f"{self.build}/debs", server.name, server.packages)
        made = Tree(server.name, debs, server.users, self.shared)
        made.check(*server.programs)
        return made

    def start(self, classes):
        """Start servers in the order given; those that need no other one first."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            made = list(pool.map(lambda server: server(self), classes))
        self.servers = {server.name: server for server in made}
        self.kerberos = self.servers.get("kerberos")
        for server in made:
            server.start()
            if server.name == "kerberos":
                server.ready()
        for server in made:
            server.ready()

    def keep_logs(self):
        """The namespace and all in it are about to vanish; the logs are for who has to look."""
        folder = f"{self.build}/servers"
        os.makedirs(folder, exist_ok=True)
        for server in self.servers.values():
            with open(f"{folder}/{server.name}.log", "w", encoding="utf-8") as out:
                out.write(server.words())
        print(f"the servers' logs are in {folder}", file=sys.stderr)

    def account(self, server, kind, **changes):
        """The settings of alice's account on `server`; None in `changes` leaves one out."""
        settings = {
            "from": "alice@test.example", "host": "localhost", "port": server.ports[kind],
            "tls": "on", "tls_starttls": "on" if kind == "starttls" else "off",
            "tls_trust_file": self.pki.authority, "timeout": "20", "queue": "off",
            "auth": "plain", "user": "alice@test.example",
            "password": PASSWORDS["alice@test.example"],
        }
        settings.update(changes)
        return {name: value for name, value in settings.items() if value is not None}

    def submit(self, settings, recipients, letter, options=(), environment=()):
        """Run postrider with an account of its own; the letter is its standard input."""
        with tempfile.TemporaryDirectory(dir=self.shared) as folder:
            config = f"{folder}/config"
            with open(config, "w", encoding="utf-8") as out:
                os.fchmod(out.fileno(), 0o600)
                out.write("account default\n")
                out.writelines(f"{name} {value}\n" for name, value in settings.items())
            names = ["--", *recipients] if recipients else []
            return self.run([*options, "-C", config, *names], letter, environment)

    def run(self, arguments, letter=b"", environment=()):
        kept = {name: value for name, value in os.environ.items()
                if name.endswith("SAN_OPTIONS") or name == "PATH"}
        kept.update(HOME=f"{self.shared}/home", XDG_RUNTIME_DIR=self.shared, LANG="C.UTF-8")
        kept.update(environment)
        done = subprocess.run([self.binary, *arguments], input=letter, env=kept, timeout=90,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              cwd=self.shared)
        return Outcome(done)

    def recipient(self, local="to"):
        """An address that no other case uses, so that what arrives can be told apart."""
        return f"{local}{next(self.numbers)}@y.example"
