# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of our own: hostname vm, its users, its /etc, a syslog that is heard, and relays."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import submission

NAMES = ("sendmail", "send-mail", "mailq", "newaliases", "runq", "hoststat", "purgestat")
UIDS = {"root": 0, "alice": 1001, "www-data": 33}
FULL = {"root": "root", "alice": '"Alice A. User"', "www-data": "www-data"}
PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
www-data:x:33:33:www-data:{folder}/home/www-data:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
alice:x:1001:1001:Alice A. User,Room 5,,:{folder}/home/alice:/bin/sh
"""
GROUP = "root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\nalice:x:1001:\n"
HOSTS = "127.0.0.1 localhost\n127.0.1.1 vm.example.com vm\n"
MAILNAME = "example.com\n"
OWN = ("passwd", "group", "hosts", "mailname", "aliases", "postrider", "msmtprc", "resolv.conf",
       "nsswitch.conf")
DEVICES = ("null", "zero", "full", "random", "urandom")
# The relay of the reference, and its variants.
RELAYS = {
    "plain": ("8BITMIME", "SIZE", "DSN", "PIPELINING"),
    "seven": ("SIZE", "DSN", "PIPELINING"),
    "modern": submission.CAPABILITIES,
    "nodsn": ("8BITMIME", "SIZE"),
}


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def system_file(program):
    """Where this build looks for the system's account."""
    done = subprocess.run([program, "--version"], capture_output=True, check=True)
    return pathlib.Path(re.search(rb"^Configuration of the system: (.*)$", done.stdout,
                                  re.MULTILINE)[1].decode())


def private_etc(folder):
    """Links to the real files, but for those that say who this host and its users are."""
    real, etc = folder / "etc.real", folder / "etc"
    real.mkdir()
    etc.mkdir()
    mount("--bind", "/etc", real)
    for name in os.listdir(real):
        if name not in OWN:
            (etc / name).symlink_to(real / name)
    (etc / "passwd").write_text(PASSWD.format(folder=folder))
    (etc / "group").write_text(GROUP)
    (etc / "hosts").write_text(HOSTS)
    (etc / "resolv.conf").write_text("")
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
    (etc / "postrider").mkdir()
    mount("--bind", etc, "/etc")


def private_dev(folder):
    """A /dev with a log that we hear."""
    for name in DEVICES:
        if os.path.exists(f"/dev/{name}"):
            (folder / name).touch()
            mount("--bind", f"/dev/{name}", folder / name)
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/dev")
    for name in DEVICES:
        if (folder / name).exists():
            pathlib.Path("/dev", name).touch()
            mount("--bind", folder / name, f"/dev/{name}")
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    daemon.setblocking(False)
    return daemon


class Particular(submission.Session):
    """Besides the recipients that it refuses, it refuses the sender refused@…; to odd@… it says
    what could be taken for a listing. It can lose the line when a mail has come, and be slow."""

    def do_MAIL(self, argument):
        if argument.startswith("FROM:<refused@"):
            return self.say("550 5.7.1 not from you")
        return super().do_MAIL(argument)

    def do_RCPT(self, argument):
        if argument.startswith("TO:<odd@"):
            return self.say("450 4.2.0 ABCDEF012345* 12 mqueue (99 requests)",
                            "450 \tTotal requests: 99", "450 Mail queue is empty")
        return super().do_RCPT(argument)

    def keep(self, content):
        self.server.reached.set()
        self.server.open.wait(60)
        if not self.server.losses:
            return super().keep(content)
        self.server.losses -= 1
        self.server.keep(content, self.envelope())
        raise submission.Gone


class Relay(submission.Server):
    def __init__(self, folder, capabilities):
        super().__init__(submission.Settings(folder=str(folder), capabilities=capabilities,
                                             size=200 * 1024 * 1024))
        self.RequestHandlerClass = Particular
        self.losses = 0                # so many mails get no reply
        self.open, self.reached = threading.Event(), threading.Event()
        self.open.set()                # else content gets no reply yet
        self.kept = threading.Condition()

    def keep(self, content, envelope):
        with self.kept:
            number = super().keep(content, envelope)
            self.kept.notify_all()
        return number

    def after(self, number, wanted=0):
        """The mails after that number; with `wanted` it waits until there are so many."""
        with self.kept:
            self.kept.wait_for(lambda: self.count >= number + wanted, timeout=30)
            return self.mails()[number:]

    def forget(self):
        for path in self.folder.iterdir():
            path.unlink()
        self.count = 0


class Host:
    """Everything that a row may look at."""

    def __init__(self, folder, program):
        self.folder = folder = pathlib.Path(folder)
        folder.chmod(0o755)
        subprocess.run(["hostname", "vm"], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.bin = folder / "bin"
        self.links(program)
        self.config = system_file(folder / "postrider")
        private_etc(folder)
        if self.config.parts[1] != "etc":
            mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", self.config.parents[1])
            self.config.parent.mkdir()
        self.syslog = private_dev(folder)
        mount("-t", "tmpfs", "-o", "mode=0700", "tmpfs", "/root")
        for path in ("/var/spool", "/run"):
            mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", path)
        (folder / "home").mkdir()
        mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", folder / "home")
        for name in ("alice", "www-data"):
            home = folder / "home" / name
            home.mkdir(parents=True)
            os.chown(home, UIDS[name], UIDS[name])
        # A port at which nobody answers, and which nobody else gets.
        self.down = socket.socket()
        self.down.bind(("127.0.0.1", 0))
        self.relays = {}
        for name, capabilities in RELAYS.items():
            relay = self.relays[name] = Relay(folder / f"mail-{name}", capabilities)
            threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True).start()

    def links(self, program):
        """A copy that every user can reach, and the names that it is called by."""
        (self.folder / "lib").mkdir()
        self.bin.mkdir()
        copy = self.folder / "postrider"
        shutil.copyfile(program, copy)
        copy.chmod(0o755)
        (self.folder / "lib" / "sendmail").symlink_to(copy)
        for name in NAMES:
            (self.bin / name).symlink_to(copy)

    def queue(self, user):
        """The folder of this user's queue."""
        if user == "root":
            return pathlib.Path("/var/spool/postrider")
        return self.folder / "home" / user / ".local/state/postrider/queue"

    def above_queue(self, user):
        """What is made for the queue, at the top."""
        return self.queue(user) if user == "root" else self.folder / "home" / user / ".local"

    def runners(self):
        """The processes of this host's postrider; those of others have other paths."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/exe") == str(self.folder / "postrider"):
                    found.append(int(pid))
            except OSError:    # it has ended
                pass
        return found

    def runners_end(self):
        """Whether they leave by themselves."""
        end = time.monotonic() + 30
        while self.runners() and time.monotonic() < end:
            time.sleep(0.02)
        return not self.runners()

    def stop_runners(self):
        while found := self.runners():
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def sweep(self):
        """Neither a runner nor mail of another row."""
        self.stop_runners()
        for user in UIDS:
            if self.above_queue(user).exists():
                shutil.rmtree(self.above_queue(user))

    def port(self, relay):
        return self.relays[relay].port if relay else self.down.getsockname()[1]

    def prepare(self, relay, config, aliases, mailname):
        """The files of /etc for one row. Without a relay nobody answers."""
        text = f"host 127.0.0.1\nport {self.port(relay)}\ntls off\nauth off\n{config}"
        for name, content in ((self.config, text), ("aliases", aliases),
                              ("mailname", MAILNAME if mailname is None else mailname)):
            path = pathlib.Path("/etc", name)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(content)
                path.chmod(0o644)

    def heard(self):
        """What syslog has got since the last time."""
        lines = []
        try:
            while True:
                lines.append(self.syslog.recv(65536).decode("utf-8", "replace"))
        except BlockingIOError:
            return lines
