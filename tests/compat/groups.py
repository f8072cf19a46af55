# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of all groups, the place in which they are played, and the list of differences."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import accounts
import logins
import messages
import nameserver
import options
import outputs
import pki
import play as one
import recorder
import replies
import settings
import submission
import traps

GROUPS = {"settings": settings.cases, "options": options.cases, "messages": messages.cases,
          "replies": replies.cases, "logins": logins.cases, "accounts": accounts.cases,
          "outputs": outputs.cases}
HERE = pathlib.Path(__file__).resolve().parent


def select(chosen):
    """The cases of the groups that were asked for, in order; each name once."""
    cases = [case for name in chosen.groups or GROUPS for case in GROUPS[name]()]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit(f"two cases have the same name: {', '.join(sorted(twice))}")
    return [case for case in cases if chosen.only in case.name]


# ---- differences

@dataclasses.dataclass
class Listed:
    """A line of the list, below the trap that it belongs to."""

    name: str
    aspects: tuple
    trap: str
    used: bool = False


def read_differences():
    """Each aspect is a word of play.ASPECTS; `status` tells both sides: status=74>75."""
    listed, trap = [], ""
    for number, line in enumerate((HERE / "differences").read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if re.match(r"T\d+ \S", line):
            trap = line.partition(" ")[0]
            continue
        name, _, aspects = line.strip().rpartition(" | ")
        if not name or not trap or line[0] != " ":
            raise SystemExit(f"differences:{number}: neither TRAP REASON nor NAME | ASPECTS")
        listed.append(Listed(name, tuple(aspects.split()), trap))
    return listed


def sample(cases, listed, checks, chosen):
    """All that differ or show a trap, and every third of the others; or all."""
    if chosen.full or chosen.only or chosen.groups:
        return cases
    names = {line.name for line in listed} | traps.cases(checks)
    return [case for number, case in enumerate(cases) if number % 3 == 0 or case.name in names]


def told(pair):
    """A difference as an aspect of the list tells it."""
    aspect, (msmtp, postrider) = pair
    return f"status={msmtp}>{postrider}" if aspect == "status" else aspect


def allowed(case, listed):
    """The aspects that may, and so must, differ."""
    aspects = set()
    for line in listed:
        if line.name == case.name:
            line.used = True
            aspects |= set(line.aspects)
    return aspects


def verdict(case, differs, listed):
    """(whether all is as it should be, what to say)"""
    got, want = set(map(told, differs.items())), allowed(case, listed)
    if got == want:
        return True, ""
    unlike = "; ".join(f"{aspect}: msmtp {differs[aspect][0]!r} postrider {differs[aspect][1]!r}"
                       for aspect in differs if told((aspect, differs[aspect])) not in want)
    same = ", ".join(sorted(want - got))
    return False, ": got " + (unlike or "none") + (
        f": listed, and does not differ: {same}" if same else "") + ", want no other difference"


# ---- the place

@dataclasses.dataclass
class Program:
    path: str
    environment: dict


class Place:
    """Where a case is played."""

    def __init__(self, folder):
        self.home = f"{folder}/home"

    @staticmethod
    def system(text, mode):
        path = pathlib.Path("/etc/msmtprc")
        if text:
            path.write_text(text, "utf-8")
            path.chmod(mode)
        else:
            path.unlink(missing_ok=True)


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def private_etc(folder, binary):
    """/etc becomes our own, and the program's folder for the system's files leads there."""
    shutil.copytree("/etc", f"{folder}/etc", symlinks=True, ignore_dangling_symlinks=True)
    mount("--bind", f"{folder}/etc", "/etc")
    for name, text in (("hosts", "127.0.0.1 localhost mail.example.org\n::1 localhost\n"
                        "127.0.0.1 host.example.org host\n"),
                       ("mailname", "mailname.example.org\n"),
                       ("resolv.conf", "nameserver 127.0.0.1\n"),
                       ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")):
        pathlib.Path(f"/etc/{name}").unlink(missing_ok=True)
        pathlib.Path(f"/etc/{name}").write_text(text, "ascii")
    said = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, text=True,
                          env={"LANG": "C"}, check=True).stdout
    system = re.search(r"(/\S+)/postrider/config", said)[1]
    if system != "/etc":
        os.makedirs(system, exist_ok=True)
        mount("-t", "tmpfs", "tmpfs", system)
        for name in ("msmtprc", "netrc", "mailname"):
            os.symlink(f"/etc/{name}", f"{system}/{name}")


def certificates(folder):
    made = pki.make(f"{folder}/pki")
    subprocess.run(["chmod", "-R", "a+rX", f"{folder}/pki"], check=True)
    shown = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
                            made.server.cert], stdout=subprocess.PIPE, text=True, check=True)
    sha1 = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha1", "-in",
                           made.server.cert], stdout=subprocess.PIPE, text=True, check=True)
    return made, {"trust": made.trust, "fingerprint": shown.stdout.strip().partition("=")[2],
                  "sha1": sha1.stdout.strip().partition("=")[2], "crl": made.crl,
                  "revoked": made.crl_revoked, "stranger": made.untrusted.cert,
                  "cert": made.client.cert, "key": made.client.key}


# ---- playing

class Stage:
    """Everything that the cases share."""

    def __init__(self, folder, binary, msmtp):
        self.folder = folder
        os.chmod(folder, 0o755)
        private_etc(folder, binary)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["hostname", "host.example.org"], check=True)
        nameserver.start()
        self.pki, self.words = certificates(folder)
        subprocess.run(["chown", "-R", f"{one.NOBODY}", f"{folder}/pki"], check=True)
        os.makedirs(f"{folder}/bin")
        shutil.copy2(binary, f"{folder}/bin/postrider")
        os.symlink("postrider", f"{folder}/bin/msmtp")
        kept = {n: v for n, v in os.environ.items() if n.endswith("SAN_OPTIONS")}
        self.programs = (Program(msmtp.program, msmtp.environment()),
                         Program(f"{folder}/bin/msmtp", kept))

    def settings(self, case, place):
        given = dict(case.server)
        which = given.pop("tls", "")
        pair = getattr(self.pki, "server" if which in ("starttls", "implicit") else which, None) \
            if which else None
        if pair:
            given.update(cert=pair.cert, key=pair.key, implicit_tls=which == "implicit")
        return submission.Settings(folder=f"{place.home}-mail", **given)

    def both(self, case, place):
        """What msmtp did and what postrider did, with the same server."""
        with recorder.running(self.settings(case, place), case.answers, case.more) as server:
            words = {**self.words, "port": server.port, "dir": place.home}
            return [one.play(program, case, place, server, words) for program in self.programs]


def show(seen):
    for name, side in zip(("msmtp", "postrider"), seen):
        print(f"# {name}: {side}")


def judge(case, seen, listed, chosen):
    differs = one.difference(case, *seen)
    right, text = verdict(case, differs, listed)
    print(f"ok - compat {case.name}" if right else f"not ok - compat {case.name}{text}")
    if chosen.show and (differs or chosen.only):
        show(seen)
    return right


def play(chosen, binary, msmtp):
    """Inside: returns 0 when there is no difference but those of the list."""
    listed = read_differences()
    checks = traps.read()
    cases, right = sample(select(chosen), listed, checks, chosen), set()
    with tempfile.TemporaryDirectory(prefix="compat-", dir="/tmp") as folder:
        stage = Stage(folder, binary, msmtp)
        place = Place(folder)
        for case in cases:
            try:
                if judge(case, stage.both(case, place), listed, chosen):
                    right.add(case.name)
            except Exception as problem:    # the other cases still count
                print(f"not ok - compat {case.name}: got {problem!r}, want both programs played")
        subprocess.run(["umount", "-l", "/etc"], check=True)
        good = len(right) == len(cases)
    everything = not chosen.groups and not chosen.only
    if everything:
        good &= traps.judge(checks, right, binary)
    for line in listed:
        if everything and not line.used:
            print(f"not ok - compat difference {line.name}: got no such case, want one")
            good = False
    sys.stdout.flush()
    return 0 if good else 1
