# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine of one's own: its /etc, its network, its home folders; and the program in it."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import time

import names
import pki

PROGRAM = os.path.realpath(os.environ.get("POSTRIDER", "postrider"))
KEPT = ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
LETTER = b"From: me@example.org\nTo: you@example.net\nSubject: a question\n\nHello.\n"
SETTINGS = {"host": "localhost", "from": "me@example.org", "password": "a wrong one",
            "tls_starttls": "off", "tls_host_override": "localhost", "queue": "off",
            "timeout": "20"}
# Where names lead.
NAMES = """
A    localhost                127.0.0.1
A    smtp.gmail.com           127.0.0.1
A    smtp-mail.outlook.com    127.0.0.1
A    smtp.office365.com       127.0.0.1
A    smtp.sendgrid.net        127.0.0.1
A    smtp.163.com             127.0.0.1
A    mail.example.org         127.0.0.1
A    public.example.org       198.51.100.7
A    half.example.org         127.0.0.1
AAAA half.example.org         2001:db8::1
MX   example.org              10 mail.example.org
TXT  example.org              v=spf1 include:_spf.example.net -all
TXT  _spf.example.net         v=spf1 ip4:198.51.100.0/28 ~all
TXT  _dmarc.example.org       v=DMARC1; p=none
TXT  default._domainkey.example.org  v=DKIM1; k=rsa; p=MIGf
TXT  elsewhere.example        v=spf1 ip4:192.0.2.1 -all
"""


class Outcome:
    def __init__(self, done):
        self.status = done.returncode
        self.said = done.stderr.decode("utf-8", "replace")
        self.out = done.stdout.decode("utf-8", "replace")
        self.report = json.loads(self.out) if self.out.startswith("{") else {}

    def texts(self, check):
        return "\n".join(" ".join(filter(None, (f["mark"], f["text"], f["reply"], f["cause"],
                                               f["remedy"])))
                         for f in self.report.get("findings", ()) if f["check"] == check)


class Room:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "home"
        self.etc = pathlib.Path("/etc")
        self.certificates = pki.make(self.folder / "pki")
        self.trust = self.certificates.trust
        self.environment = {key: os.environ[key] for key in KEPT if key in os.environ}
        self.environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home),
                             "XDG_RUNTIME_DIR": str(self.home),
                             "LC_ALL": "C.UTF-8", "COLUMNS": "80"}

    def clean(self):
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.etc / "postrider", ignore_errors=True)
        shutil.rmtree("/var/spool/postrider", ignore_errors=True)
        self.home.mkdir(mode=0o755)

    def write(self, path, text, mode=0o600):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def account(self, path=None, mode=0o600, **changes):
        """One account; a setting that is None is left out."""
        settings = {"tls_trust_file": self.trust, **SETTINGS, **changes}
        lines = [f"{key} {value}" for key, value in settings.items() if value is not None]
        return self.write(path or self.home / ".config/postrider/config",
                          "account work\n" + "\n".join(lines) + "\n", mode)

    def own_file_of(self, user, text, mode):
        path = self.write(self.home / "own", text, mode)
        shutil.chown(path, user)
        return path

    @contextlib.contextmanager
    def without_name_server(self):
        file = self.etc / "resolv.conf"
        before = file.read_text()
        file.write_text("nameserver 127.0.0.99\noptions timeout:1 attempts:1\n")
        try:
            yield
        finally:
            file.write_text(before)

    def run(self, *words, letter=b"", **environment):
        """Without a terminal: /dev/tty cannot be opened."""
        return Outcome(subprocess.run(
            [PROGRAM, *words], input=letter, capture_output=True, start_new_session=True,
            cwd="/", env={**self.environment, **environment}, timeout=300, check=False))

    def send(self, *words, letter=LETTER, **environment):
        return self.run(*(words or ("you@example.net",)), letter=letter, **environment)

    def runner(self):
        """The process that has the queue; waits for it."""
        while not (text := pathlib.Path("/var/spool/postrider/runner").read_text()):
            time.sleep(0.01)
        return int(text)

    def doctor(self, *words, **environment):
        return self.run("doctor", "--json", *words, **environment)


def command(*words):
    subprocess.run(words, check=True, capture_output=True)


def take_network():
    command("ip", "link", "set", "lo", "up")
    for address in ("198.51.100.7/32", "172.20.0.1/32"):
        command("ip", "address", "add", address, "dev", "lo")
    command("ip", "address", "add", "2001:db8::1/128", "dev", "lo", "nodad")


def take_spool(folder):
    """Of root's queue, which is none of ours."""
    (folder / "spool").mkdir()
    command("mount", "--bind", str(folder / "spool"), "/var/spool")


def take_etc(folder):
    etc = folder / "etc"
    command("cp", "-a", "/etc", str(etc))
    shutil.rmtree(etc / "postrider", ignore_errors=True)
    for name in ("msmtprc", "mailname", "aliases", "resolv.conf"):
        with contextlib.suppress(FileNotFoundError):
            (etc / name).unlink()
    (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    command("mount", "--bind", str(etc), "/etc")


def take_sendmail(folder):
    """/usr/sbin with a sendmail that is the program. Copies, so that whoever tidies the folder up
    cannot reach the machine's own files."""
    copy = folder / "sbin"
    command("cp", "-a", "/usr/sbin", str(copy))
    with contextlib.suppress(FileNotFoundError):
        (copy / "sendmail").unlink()
    (copy / "sendmail").symlink_to(PROGRAM)
    command("mount", "--bind", str(copy), "/usr/sbin")


@contextlib.contextmanager
def opened(folder, more_names=""):
    folder = pathlib.Path(folder)
    folder.chmod(0o755)
    take_network()
    take_etc(folder)
    take_spool(folder)
    take_sendmail(folder)
    room = Room(folder)
    with names.running(NAMES + more_names):
        yield room
