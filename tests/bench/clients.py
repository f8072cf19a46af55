# SPDX-License-Identifier: GPL-3.0-or-later
"""How postrider and its peers are called: for one message, and to fill and to drain a queue."""
import contextlib
import os
import shutil

from rig import USER
from server import PASSWORDS

FRIEND = "friend@y.example"


class Client:
    """A program that sends one message, which it gets on standard input, and ends."""
    tree = "clients"

    def __init__(self, name, lab):
        self.name, self.lab = name, lab
        self.program = f"/usr/bin/{name}"

    def send(self, door, _letter, _recipients):
        """The command line; recipients are found in the letter by those who can."""
        return [self.name, "-C", f"{self.lab.folder}/{door.name}.conf", "-t"]


class Postrider(Client):
    """The program under test; `kept`: with the ticket of the session before."""

    def __init__(self, name, lab, kept=False):
        super().__init__(name, lab)
        self.program, self.kind = "/usr/bin/postrider", "kept" if kept else "first"

    def send(self, door, _letter, _recipients):
        return ["postrider", "-C", f"{self.lab.folder}/{door.name}.{self.kind}.conf", "-t"]


class Curl(Client):
    def send(self, door, letter, recipients):
        kind = "smtp" if door.starttls else "smtps"
        asked = [word for address in recipients for word in ("--mail-rcpt", address)]
        return ["curl", "-q", "-s", "-S", "--crlf", "--sasl-ir", "--login-options", "AUTH=PLAIN",
                "--user", f"{USER}:{PASSWORDS[USER]}", "--cacert", self.lab.trust,
                "--ssl-reqd", "--mail-from", USER, *asked, "-T", letter,
                f"{kind}://{door.host}:{door.port}/client.example"]


class Snail(Client):
    def send(self, door, _letter, _recipients):
        user = USER.replace("@", "%40")
        host = door.host.replace("127.0.0.1", "localhost")
        kind = "smtp" if door.starttls else "smtps"
        settings = ["v15-compat", f"mta={kind}://{user}:{PASSWORDS[USER]}@{host}:{door.port}",
                    "smtp-auth=plain", "smtp-hostname=test.example", "hostname=client.example",
                    f"from={USER}", "sendwait", "nosave", "tls-verify=strict",
                    f"tls-ca-file={self.lab.trust}", "tls-ca-no-defaults"]
        if door.starttls:
            settings.append("smtp-use-starttls")
        return ["s-nail", "-:/", *(w for one in settings for w in ("-S", one)), "-t"]


class Floor(Client):
    """What GnuTLS and the kernel take in any case; `kept`: with the ticket of the session before."""

    def __init__(self, name, lab, kept=False, times=1):
        super().__init__(name, lab)
        self.program, self.kept, self.times = "/usr/bin/floor", kept, times

    def send(self, door, _letter, recipients):
        ticket = f"{self.lab.folder}/floor-{door.name}.ticket" if self.kept else "-"
        return ["floor", door.host, str(door.port), "localhost", self.lab.pki.authority, ticket,
                str(self.times), USER, PASSWORDS[USER], *recipients]


def one_shot(lab):
    return {"postrider": Postrider("postrider", lab), "msmtp": Client("msmtp", lab),
            "curl": Curl("curl", lab), "s-nail": Snail("s-nail", lab)}


KEPT = "postrider, kept ticket"


def with_tickets(lab):
    """The same, and postrider a second time, if it keeps tickets."""
    more = {KEPT: Postrider(KEPT, lab, kept=True)} if lab.keeps_tickets else {}
    return {**one_shot(lab), **more}


FLOOR, FLOOR_KEPT = "the floor", "the floor, kept ticket"


def with_floor(lab, door, clients):
    """Those, and what no client can do without; it knows no STARTTLS."""
    if door.starttls:
        return clients
    kept = {FLOOR_KEPT: Floor(FLOOR_KEPT, lab, kept=True)} if KEPT in clients else {}
    return {**clients, FLOOR: Floor(FLOOR, lab), **kept}


class Queue:
    """A program that keeps messages and sends them later."""
    tree, keep, drain = "", [], []
    # Where it keeps them, below the root of its tree; None when that is not on the disk yet.
    spool = None
    # Whether it is slow, so that fewer messages have to do.
    slow = True
    # The name of the program whose only work it is to keep a message, if it has one.
    keep_with = None

    def __init__(self, lab, door):
        self.lab, self.door = lab, door
        self.path = lab.trees[self.tree].path
        if self.spool:
            self.empty_spool()
        self.configure()

    def empty_spool(self):
        folder = f"{self.path}/{self.spool}"
        if not os.path.ismount(folder):
            self.lab.disk(self.lab.trees[self.tree], self.spool)
        for entry in os.scandir(folder):
            # What has been started may still be clearing up itself.
            with contextlib.suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)

    def configure(self):
        """Write its configuration for the door."""

    def forget(self):
        """Throw away what is kept, if it could leave when nobody expects it."""

    def file(self, name, text, owner=(0, 0), mode=0o644):
        path = f"{self.path}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chown(path, *owner)
        os.chmod(path, mode)


class Spool(Queue):
    tree, slow, keep_with, kind = "clients", False, "postrider -odq", "first"

    @property
    def keep(self):
        return ["postrider", "-C", f"{self.lab.folder}/{self.door.name}.{self.kind}.conf", "-odq",
                FRIEND]

    @property
    def drain(self):
        return ["postrider", "-C", f"{self.lab.folder}/{self.door.name}.{self.kind}.conf", "-qf"]

    def forget(self):
        """The next message that is sent would take the others with it."""
        shutil.rmtree(f"{self.path}/var/spool/postrider")


class InMemory(Spool):
    """The same where syncing is free, which tells how much of the time is the disk's."""
    keep_with, kind = None, "memory"


class Loop(Queue):
    """msmtp has no queue; what comes with it calls it once for each message."""
    tree = "clients"
    keep = ["sh", "-c", 'mkdir -p /var/spool/loop; cat > "/var/spool/loop/$$"']

    @property
    def drain(self):
        call = f"msmtp -C {self.lab.folder}/{self.door.name}.conf {FRIEND}"
        return ["sh", "-c", f'for f in /var/spool/loop/*; do {call} < "$f" && rm "$f"; done']


class Nullmailer(Queue):
    tree, spool, keep_with = "nullmailer", "var/spool/nullmailer", "nullmailer-inject"
    keep, drain = ["nullmailer-inject", "-f", USER, FRIEND], ["nullmailer-send"]

    def configure(self):
        mail = self.lab.trees[self.tree].owner("mail")
        for name in ("queue", "tmp", "failed"):
            os.makedirs(f"{self.path}/{self.spool}/{name}")
            os.chown(f"{self.path}/{self.spool}/{name}", *mail)
        os.chown(f"{self.path}/{self.spool}", *mail)
        os.mkfifo(f"{self.path}/{self.spool}/trigger", 0o622)
        os.chown(f"{self.path}/{self.spool}/trigger", *mail)
        door = self.door
        for name, text in (
                ("me", "client.example"), ("defaultdomain", "test.example"), ("pausetime", "0"),
                ("remotes", f"{door.host} smtp port={door.port} ssl user={USER} "
                            f"pass={PASSWORDS[USER]} x509cafile={self.lab.trust}")):
            self.file(f"etc/nullmailer/{name}", f"{text}\n", mail, 0o600)


class Dma(Queue):
    """It starts a process for each message, all at once, and checks no certificate."""
    tree, spool, keep_with = "dma", "var/spool/dma", "dma"
    keep, drain = ["dma", "-f", USER, FRIEND], ["dma", "-q"]

    def configure(self):
        _, group = self.lab.trees[self.tree].owner("mail")
        os.chown(f"{self.path}/{self.spool}", 0, group)
        os.chmod(f"{self.path}/{self.spool}", 0o2775)
        door = self.door
        self.file("etc/dma/dma.conf", f"SMARTHOST {door.host}\nPORT {door.port}\nDEFER\n"
                  "SECURETRANSFER\nAUTHPATH /etc/dma/auth.conf\nMAILNAME client.example\n",
                  (0, group), 0o640)
        self.file("etc/dma/auth.conf", f"{USER}|{door.host}:{PASSWORDS[USER]}\n", (0, group), 0o640)


IN_MEMORY = "postrider, queue in memory"
QUEUES = {"postrider": Spool, IN_MEMORY: InMemory, "dma": Dma, "nullmailer": Nullmailer, "msmtp, in a loop": Loop}
