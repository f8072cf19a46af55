# SPDX-License-Identifier: GPL-3.0-or-later
"""A private root in which postrider is sendmail, with the server it submits to and a syslog."""
import email
import email.policy
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

import submission
from checks import Wrong, equal
from tree import Tree, command, fill

NAMES = ("usr/sbin/sendmail", "usr/lib/sendmail", "usr/bin/mailq", "usr/bin/newaliases")
PATIENCE = 60    # seconds; only what has failed takes them
LOGGED = r"exitcode=(\w+)\b.* uid=(\d+) argv0="
ALICE, BOB = 1001, 1002
PEOPLE = (("alice", ALICE, "Alice A. User,Room 5,,"), ("bob", BOB, ""))
# A link to the machine's /dev would show its syslog, or make one there.
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


class Server(submission.Server):
    """The submission server, with an end to waiting."""

    def __init__(self, settings):
        self.news = threading.Condition()
        super().__init__(settings)

    def keep(self, content, envelope):
        number = super().keep(content, envelope)
        with self.news:
            self.news.notify_all()
        return number

    def wait(self, count):
        """The mails so far, at least so many."""
        with self.news:
            enough = self.news.wait_for(lambda: len(self.mails()) >= count, PATIENCE)
        if not enough:
            raise Wrong(f"got {len(self.mails())} mails at the server, want {count}")
        return self.mails()


class Syslog:
    """What programs say to /dev/log."""

    def __init__(self, path):
        self.heard, self.news = [], threading.Condition()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            line = self.socket.recv(65536).decode("utf-8", "replace")
            with self.news:
                self.heard.append(line)
                self.news.notify_all()

    def lines(self):
        with self.news:
            return list(self.heard)

    def forget(self):
        """What was said before does not count, even what nobody has read yet."""
        mark = f"from here on {time.monotonic()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            ours.sendto(mark.encode(), self.socket.getsockname())
        self.wait(mark, "our own mark")
        with self.news:
            self.heard.clear()

    def wait(self, pattern, what, count=1):
        """The match of the first line that has this regular expression in it, of so many."""
        def found():
            matches = [m for m in (re.search(pattern, line) for line in self.heard) if m]
            return matches if len(matches) >= count else []
        with self.news:
            matches = self.news.wait_for(found, PATIENCE)
        if not matches:
            raise Wrong(f"{what}: got syslog {self.lines()!r}, want {pattern!r} in {count} lines")
        return matches[0]


class Mail:
    """One mail as the server took it."""

    def __init__(self, envelope, content):
        self.sender = envelope["from"]
        self.recipients = [r["address"] for r in envelope["to"]]
        self.recipient_parameters = [r["parameters"] for r in envelope["to"]]
        self.parameters, self.content = envelope["parameters"], content
        head, _, self.body = content.partition(b"\r\n\r\n")
        self.head = head + b"\r\n"
        self.message = email.message_from_bytes(content, policy=email.policy.compat32)

    def fields(self, name):
        """Bodies of all header fields of that name, unfolded."""
        pattern = rb"(?im)^" + name.encode() + rb":[ \t]*((?:.*\r\n(?:[ \t].*\r\n)*))"
        return [re.sub(rb"\r\n(?=[ \t])", b"", found).strip().decode("utf-8", "surrogateescape")
                for found in re.findall(pattern, self.head)]


class Room(Tree):
    """A tree with people, the program under test under all its names, and its configuration."""

    def __init__(self, name, debs, shared, binary):
        self.binary = binary
        super().__init__(name, debs, [(n, i) for n, i, _ in PEOPLE], shared)
        self.population()
        self.server = Server(submission.Settings(folder=f"{self.path}/mail"))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.syslog = Syslog(f"{self.path}/dev/log")
        self.install()
        self.seen = 0
        self.down = None       # else the socket at a port where nobody answers

    def mount(self, shared):
        super().mount(shared)
        machine = f"{self.path}/host/dev"
        command("mount", "--rbind", "/dev", machine)
        command("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", f"{self.path}/dev")
        for device in DEVICES:
            pathlib.Path(f"{self.path}/dev/{device}").touch()
            command("mount", "--bind", f"{machine}/{device}", f"{self.path}/dev/{device}")
        for link, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            os.symlink(f"/proc/self/fd{target}", f"{self.path}/dev/{link}")
        os.mkdir(f"{self.path}/dev/shm", 0o1777)
        os.mkdir(f"{self.path}/dev/pts")
        command("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts",
                f"{self.path}/dev/pts")
        os.symlink("pts/ptmx", f"{self.path}/dev/ptmx")

    def population(self):
        people = "".join(f"{n}:x:{i}:{i}:{full}:/home/{n}:/bin/sh\n" for n, i, full in PEOPLE)
        known = open(f"{self.path}/etc/passwd", encoding="utf-8").read()
        others = [line for line in known.splitlines(True)
                  if line.split(":")[0] not in [n for n, _, _ in PEOPLE]]
        self.write("etc/passwd", "".join(others) + people)
        self.write("etc/shadow", "".join(f"{line.split(':')[0]}:*:19000:0:99999:7:::\n"
                                         for line in [*others, *people.splitlines(True)]))
        os.chmod(f"{self.path}/etc/shadow", 0o600)
        os.makedirs(f"{self.path}/root", mode=0o700, exist_ok=True)
        for name, number, _ in PEOPLE:
            os.makedirs(f"{self.path}/home/{name}")
            os.chown(f"{self.path}/home/{name}", number, number)
        self.write("etc/hostname", "vm\n")
        self.write("etc/mailname", "vm.example.com\n")
        self.write("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 vm.example.com vm\n")

    def install(self):
        shutil.copy(self.binary, f"{self.path}/usr/bin/postrider")
        for name in NAMES:
            if os.path.lexists(f"{self.path}/{name}"):
                os.unlink(f"{self.path}/{name}")
            os.symlink("/usr/bin/postrider", f"{self.path}/{name}")
        # This machine may have a configuration of its own.
        if os.path.islink(f"{self.path}/etc/postrider"):
            os.unlink(f"{self.path}/etc/postrider")
        os.makedirs(f"{self.path}/etc/postrider")
        # A program that was built to be installed in /usr/local looks there.
        if os.path.islink(f"{self.path}/usr/local"):
            os.unlink(f"{self.path}/usr/local")
            os.mkdir(f"{self.path}/usr/local")
        fill(f"{self.path}/usr/local", "usr/local")
        if os.path.islink(f"{self.path}/usr/local/etc"):
            os.unlink(f"{self.path}/usr/local/etc")
        os.symlink("/etc", f"{self.path}/usr/local/etc")
        self.configure()

    def configure(self, port=0, **changes):
        settings = {"host": "127.0.0.1", "port": port or self.server.port, "tls": "off",
                    "auth": "off", "qualify_domain": "example.com", "syslog": "on"}
        settings.update(changes)
        self.write("etc/postrider/config", "".join(f"{name} {value}\n"
                                                   for name, value in settings.items()))

    def go_down(self):
        """Nobody answers at the server's port, until somebody asks for mails."""
        self.down = socket.socket()
        self.down.bind(("127.0.0.1", 0))
        self.configure(self.down.getsockname()[1])

    def come_back(self, count=0):
        """So many mails wait, and none has come; then all queues are sent."""
        end = time.monotonic() + PATIENCE
        while len(self.waiting()) < count and time.monotonic() < end:
            time.sleep(0.02)
        equal((len(self.waiting()), len(self.server.mails()) - self.seen), (count, 0),
              "mails in the queues, mails at the server")
        self.down.close()
        self.down = None
        self.configure()
        for user in {owner for owner, _ in self.waiting()}:
            done = self.call("/usr/bin/postrider", "queue", "run", user=user)
            equal((done.returncode, done.stdout, done.stderr), (0, b"", b""), "queue run")
        equal(self.waiting(), [], "the queues afterwards")

    def waiting(self):
        """[(owner, file)] of the mails in the queues of root, people, and who has no home."""
        queues = {"root": "var/spool/postrider",
                  **{name: f"home/{name}/.local/state/postrider/queue" for name, _, _ in PEOPLE},
                  "www-data": "var/lib/postrider/www-data/postrider/queue"}
        return [(user, path) for user, queue in queues.items()
                for path in pathlib.Path(self.path, queue).glob("msg/??/*")]

    def call(self, *argv, user="root", stdin=b"", env=None, cwd=None, **options):
        """Run a program as a user who has just logged in; returns what has become of it."""
        home = "/root" if user == "root" else f"/home/{user}"
        if user == "www-data":
            home = "/var/www"
        whole = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home,
                 "USER": user, "LOGNAME": user, "LANG": "C.UTF-8", "SHELL": "/bin/sh"}
        whole = whole if env is None else env
        inside = ["/usr/sbin/chroot", f"--userspec={user}:", self.path, "/usr/bin/env", "-C",
                  cwd or home, *argv]
        return subprocess.run(inside, input=stdin, env=whole, timeout=PATIENCE,
                              capture_output=True, check=False, **options)

    def silent(self, *argv, **options):
        """Run a program that has to end well and to print nothing."""
        done = self.call(*argv, **options)
        if done.returncode != 0 or done.stdout or done.stderr:
            raise Wrong(f"got exit {done.returncode}, stdout {done.stdout[-1500:]!r}, stderr "
                        f"{done.stderr[-3000:]!r}, want exit 0 and silence")
        return done

    def forget(self):
        """From here on only new mail and new lines count."""
        self.seen = len(self.server.mails())
        self.syslog.forget()

    def mails(self, count=1):
        """So many new mails, and no more."""
        if self.down:
            self.come_back(count)
        found = self.server.wait(self.seen + count)[self.seen:]
        equal(len(found), count, "mails at the server")
        self.seen += count
        return [Mail(*one) for one in found]

    def mail(self):
        return self.mails()[0]

    def nothing(self):
        equal(len(self.server.mails()) - self.seen, 0, "mails at the server")

    def logged(self, name, uid, status="EX_OK", count=1):
        """postrider has written to syslog who called it, under which name, and how it ended. A
        runner that delivers in the background has lines of its own, maybe late ones."""
        match = self.syslog.wait(LOGGED + re.escape(name) + r"\b", f"the line of {name}", count)
        equal((match[1], int(match[2])), (status, uid), "exitcode, uid in syslog")
