# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured with: servers, a folder for each peer, letters, and a stop-watch."""
import dataclasses
import os
import re
import shutil
import socket
import subprocess
import time

from dovecot import Dovecot
from lab import Lab
from postfix import Postfix
from server import PASSWORDS, wait_until
from tree import CannotRun, Tree, command, download

USER = "alice@test.example"
# Each lives in a folder of its own: two of them want to be /usr/sbin/sendmail.
FOLDERS = {"clients": ["msmtp", "s-nail", "curl"], "nullmailer": ["nullmailer"], "dma": ["dma"]}
HERE = os.path.dirname(os.path.realpath(__file__))
FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"]
FAR_HOSTS = "127.0.0.1 localhost\n10.77.0.1 mail.test.example\n"
DELAY = 25
LINE = "The quick brown fox jumps over the lazy dog, line {:06d} of a body of many lines.\n"


class Fast(Postfix):
    """Postfix that takes what comes, and throws it away where it would be delivered."""
    changes = {
        "inet_interfaces": "all", "queue_directory": "/var/spool/postfix", "relayhost": "",
        "default_transport": "discard:", "relay_transport": "discard:",
        "default_process_limit": 200, "message_size_limit": 0,
        "smtpd_recipient_limit": 200000, "smtpd_recipient_restrictions": "",
        "smtpd_tls_ask_ccert": "no", "smtpd_tls_loglevel": 0,
    }

    def main(self):
        entries = re.split(r"\n(?=\w)", super().main().rstrip())
        entries = [entry for entry in entries if entry.split(" ")[0] not in self.changes]
        entries += [f"{name} = {value}" for name, value in self.changes.items()]
        return "\n".join(entries) + "\n"

    def start(self):
        self.lab.disk(self.tree, "var/spool/postfix")
        super().start()

    def ready(self):
        """Return when the connections that found that out are over, and not counted later."""
        super().ready()
        probes = len(self.ports) * len(self.addresses)
        wait_until(lambda: self.log(0).count(" disconnect from ") >= probes
                   and self.log(0).count(" disconnect from ") == self.log(0).count(": connect from "),
                   "end of the first connections")


@dataclasses.dataclass(frozen=True)
class Door:
    """A port with TLS and a login, and how many ms a packet needs to get there."""
    server: str
    port: int
    delay: int = 0
    starttls: bool = False

    @property
    def name(self):
        return (f"{self.server}{', STARTTLS' if self.starttls else ''}"
                f"{f', {2 * self.delay} ms away' if self.delay else ''}")

    @property
    def host(self):
        """The one is an address of every machine, the other a name that the trees know."""
        return "mail.test.example" if self.delay else "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a program: µs, µs, KiB."""
    wall: int
    processor: int
    memory: int
    status: int


@dataclasses.dataclass
class Taken:
    """What a server has taken; recipients, octets and round trips only the sink can tell."""
    connections: int = 0
    messages: int = 0
    recipients: int = 0
    octets: int = 0
    trips: int = 0
    resumed: int = 0
    steps: str = ""


def prepare(build):
    """All that needs the network or a compiler."""
    os.makedirs(f"{build}/bench", exist_ok=True)
    compiler = os.environ.get("CC", "cc").split()
    command(*compiler, *FLAGS, "-o", f"{build}/bench/sink", f"{HERE}/sink.c", "-lssl", "-lcrypto",
            "-lpthread")
    command(*compiler, *FLAGS, "-static", "-o", f"{build}/bench/timer", f"{HERE}/timer.c")
    command(*compiler, *FLAGS, "-o", f"{build}/bench/delay", f"{HERE}/delay.c")
    command(*compiler, *FLAGS, "-o", f"{build}/bench/floor", f"{HERE}/floor.c", "-lgnutls")
    for name, packages in FOLDERS.items():
        download(f"{build}/debs", f"bench-{name}", packages)
    for server in (Dovecot, Fast):
        download(f"{build}/debs", server.name, server.packages)


def letter(recipients, size):
    """A plain message of about so many octets; some lines begin with a dot."""
    head = (f"From: {USER}\nTo: " + ",\n ".join(recipients) + "\nSubject: to be measured\n"
            "Date: Sun, 22 Nov 2026 22:00:00 +0000\nMessage-ID: <bench@test.example>\n\n")
    lines = [("." if i % 50 == 17 else "") + LINE.format(i) for i in range(1000)]
    block = "".join(lines)
    wanted = max(size - len(head), len(LINE))
    text = block * (wanted // len(block)) + block[:wanted % len(block)]
    return head + text[:text.rfind("\n") + 1]


class Rig(Lab):
    def __init__(self, binary, build, source):
        with open("/etc/ssl/certs/ca-certificates.crt", encoding="utf-8") as file:
            everybody = file.read()
        super().__init__(binary, build, source)
        self.folder = f"{self.shared}/bench"
        os.makedirs(self.folder)
        self.errors = self.write("errors", "")
        self.disks = f"{build}/bench/disk"
        shutil.rmtree(self.disks, ignore_errors=True)
        with open(self.pki.authority, encoding="utf-8") as file:
            self.trust = self.write("bundle.pem", everybody + file.read())
        self.trees = {name: self.folder_of(name, packages) for name, packages in FOLDERS.items()}
        shutil.copy(binary, f"{self.trees['clients'].path}/usr/bin/postrider")
        shutil.copy(f"{build}/bench/floor", f"{self.trees['clients'].path}/usr/bin/floor")
        self.disk(self.trees["clients"], "var/spool")
        self.trees["clients"].write("etc/hosts", FAR_HOSTS)
        # What is known of a line would be remembered for the next connection over it.
        with open("/proc/sys/net/ipv4/tcp_no_metrics_save", "w", encoding="ascii") as knob:
            knob.write("1")
        self.start([Dovecot, Fast])
        self.keeps_tickets = b"tls_resume" in open(binary, "rb").read()
        self.near = [Door("sink", 4650), Door("postfix", Fast.ports["tls"])]
        self.starttls = [Door("sink", 2526, 0, True), Door("postfix", Fast.ports["starttls"], 0, True)]
        self.far = [dataclasses.replace(door, delay=DELAY) for door in [*self.near, *self.starttls]]
        self.journal = self.write("sink", "")
        self.listen(self.near[0].port, self.starttls[0].port)
        for door in [*self.near, *self.starttls, *self.far]:
            self.configure(door)

    def folder_of(self, name, packages):
        return Tree(f"bench-{name}", download(f"{self.build}/debs", f"bench-{name}", packages),
                    [], self.shared)

    def disk(self, tree, where):
        """Put a folder of the tree onto the disk: syncing is free in memory, and is measured."""
        folder = f"{self.disks}/{os.path.basename(tree.path)}"
        os.makedirs(folder)
        os.makedirs(f"{tree.path}/{where}", exist_ok=True)
        command("mount", "--bind", folder, f"{tree.path}/{where}")

    def configure(self, door):
        """A file for every client, and some for those who know more."""
        text = "".join(f"{name} {value}\n" for name, value in self.settings(door))
        off, on = ("tls_resume off\n", "tls_resume on\n") if self.keeps_tickets else ("", "")
        files = {"": "", ".first": off, ".kept": on,
                 ".memory": f"{off}queue_dir {self.folder}/queue\n"}
        for name, more in files.items():
            os.chmod(self.write(f"{door.name}{name}.conf", text + more), 0o600)

    def listen(self, port, plain_port):
        process = subprocess.Popen([f"{self.build}/bench/sink", *self.pki.server, self.journal,
                                    "0.0.0.0", str(plain_port), str(port)],
                                   stdin=subprocess.DEVNULL)
        wait_until(lambda: process.poll() is not None or self.connects(port), "the sink")
        if process.poll() is not None:
            raise CannotRun("the sink does not run")

    @staticmethod
    def connects(port):
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            return False
        return True

    def settings(self, door):
        return [("defaults", ""), ("account", "default"), ("from", USER), ("host", door.host),
                ("port", door.port), ("tls", "on"),
                ("tls_starttls", "on" if door.starttls else "off"),
                ("tls_trust_file", self.trust), ("domain", "client.example"), ("auth", "plain"),
                ("user", USER), ("password", PASSWORDS[USER])]

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def measure(self, tree, argv, stdin="/dev/null", times=1, delay=0):
        """Run a program, or so many at once; returns their Runs and the µs for all.

        With a delay they run behind a line on which a packet takes so many ms.
        """
        kept = {n: v for n, v in os.environ.items() if n.endswith("SAN_OPTIONS")}
        kept.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME=f"{self.shared}/home",
                    XDG_RUNTIME_DIR=self.shared,
                    LANG="C.UTF-8", MAILRC="/dev/null", HELOHOST="client.example")
        line = [f"{self.build}/bench/delay", str(delay)] if delay else []
        said = command(*line, f"{self.build}/bench/timer", str(times), self.trees[tree].path, stdin,
                       self.errors, *argv, env=kept, timeout=300).splitlines()
        runs = [Run(*map(int, line.split())) for line in said[:-1]]
        return runs, int(said[-1].split()[1])

    def complaints(self):
        """What the programs wrote to standard error since this was asked last."""
        with open(self.errors, "r+", encoding="utf-8", errors="replace") as file:
            said = file.read()
            file.truncate(0)
        return said.strip()[-400:]

    @staticmethod
    def settle(seconds):
        """Wait for what the disk, and a server that throws mail away, have still to do. The disk of
        a virtual machine may be slow for some seconds after much at once."""
        os.sync()
        time.sleep(seconds)

    def mark(self, door):
        """A place in the server's journal, for taken()."""
        if door.server == "sink":
            return os.path.getsize(self.journal)
        return self.servers["postfix"].log_size()

    def taken(self, door, since):
        """What the server has taken since that mark."""
        if door.server == "postfix":
            log = self.servers["postfix"].log(since)
            return Taken(len(re.findall(r"(?m)smtpd\[\d+\]: connect from", log)),
                         len(re.findall(r"cleanup\[\d+\]: \w+: message-id=", log)))
        taken = Taken()
        with open(self.journal, encoding="ascii") as file:
            file.seek(since)
            for line in file:
                told = dict(word.split("=") for word in line.split()[1:])
                taken.connections += 1
                taken.messages += int(told["messages"])
                taken.recipients += int(told["recipients"])
                taken.octets += int(told["octets"])
                taken.resumed += int(told["resumed"])
                taken.steps = told["steps"]
                # The handshakes: TCP, and TLS, which takes one more before version 1.3.
                taken.trips += int(told["flights"]) + (2 if told["tls"] == "TLSv1.3" else 3)
        return taken

    def wait(self, door, since, messages, seconds=20):
        """The same, once so many messages are taken and every connection is over."""
        def complete():
            taken = self.taken(door, since)
            return taken if taken.messages >= messages and taken.connections else None
        try:
            return wait_until(complete, "mail", seconds)
        except TimeoutError:
            return self.taken(door, since)

    def libraries(self, tree, argv, stdin):
        """How many libraries a command loads, at its start or later."""
        self.measure(tree, ["env", "LD_DEBUG=files", *argv], stdin)
        with open(self.errors, "r+", encoding="utf-8", errors="replace") as file:
            said = file.read()
            file.truncate(0)
        return len(set(re.findall(r"calling init: .*/([^/\n]+\.so[^/\n]*)$", said, re.MULTILINE)))
