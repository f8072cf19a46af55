# SPDX-License-Identifier: GPL-3.0-or-later
"""Which callers there are, in groups that run beside each other, each in a room of its own."""
import concurrent.futures
import os
import socket
import subprocess
import sys
import threading
import time
import traceback

import editors
import languages
import pipes
import readers
import system
from checks import Wrong
from lab import NAMESPACES as SERVERS_NAMESPACES
from lab import raise_loopback
from room import Room
from tree import CannotRun, command, download

NAMESPACES = [SERVERS_NAMESPACES[0], "--uts", *SERVERS_NAMESPACES[1:]]
GROUPS = {"system": system, "readers": readers, "languages": languages, "emacs": editors,
          "pipes": pipes}
# Drawn in because something has to be sendmail; here that is the program under test.
NOT_WANTED = ("exim4-",)
SHARED = "/mnt"
SPEAKING = threading.Lock()


def select(names, full, text):
    """{group: its cases whose names have this text in them}, without groups that have none"""
    found = {name: [case for case in GROUPS[name].cases(full) if text in case.name]
             for name in names}
    return {name: cases for name, cases in found.items() if cases}


def can_run():
    """Namespaces are refused to root, too, in some containers."""
    try:
        command(*NAMESPACES, "true")
    except (CannotRun, OSError) as error:
        print(f"not ok - callers: namespaces: got {str(error)!r}, want mount, network, pid and "
              "host name namespaces of their own")
        return False
    return True


def packages(name, build):
    """The packages of a group, as files."""
    if not GROUPS[name].PACKAGES:
        return []
    found = download(f"{build}/debs", f"callers-{name}", GROUPS[name].PACKAGES)
    return [deb for deb in found if not os.path.basename(deb).startswith(NOT_WANTED)]


def fetch(names, build):
    """Get all packages while there still is a network; says what failed."""
    try:
        for name in names:
            packages(name, build)
            for module in GROUPS[name].NPM:
                fetch_module(f"{build}/debs", module)
    except (CannotRun, OSError) as error:
        print(f"not ok - callers: packages: got {str(error)[:500]!r}, want them (is the package "
              "list fresh? apt-get update)")
        return False
    return True


def fetch_module(folder, module):
    """A module of npm as FOLDER/NAME-VERSION.tgz."""
    name, _, version = module.partition("@")
    if not os.path.exists(f"{folder}/{name}-{version}.tgz"):
        command("npm", "pack", "--silent", module, cwd=folder)


def play(selected, binary, build, verbose):
    """Run {group: cases}, the groups beside each other; returns 0 when no case is wrong."""
    try:
        socket.sethostname("vm")
        raise_loopback()
        command("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", SHARED)
        os.makedirs(f"{SHARED}/lab")
        # Threads cannot take part: each group changes what it holds open while it starts programs.
        waiting = [begin(name, (selected[name], binary, build, verbose)) for name in selected]
    except (CannotRun, OSError) as error:
        say(f"not ok - callers: started: got {str(error)!r}, want {' '.join(selected)} running")
        return 1
    return max([wait(child) for child in waiting])


def begin(name, arguments):
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        status = play_group(name, *arguments)
    except (CannotRun, OSError) as error:
        say(f"not ok - callers: {name}: got {str(error)!r}, want it started")
    finally:
        sys.stdout.flush()
        os._exit(status)


def wait(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def play_group(name, cases, binary, build, verbose):
    room = Room(f"{name}", packages(name, build), f"{SHARED}/lab", binary)
    GROUPS[name].furnish(room, f"{build}/debs")
    right = [one(room, case, verbose) for case in cases]
    if not all(right):
        keep(room, f"{build}/callers/{name}")
    return 0 if all(right) else 1


def keep(room, folder):
    """The namespace and all in it are about to vanish; what was heard is for who has to look."""
    subprocess.run(["rm", "-rf", folder], check=True)
    os.makedirs(folder)
    subprocess.run(["cp", "-r", room.server.folder, f"{folder}/mail"], check=True)
    with open(f"{folder}/syslog", "w", encoding="utf-8") as out:
        out.write("\n".join(room.syslog.lines()) + "\n")
    print(f"what was heard is in {folder}", file=sys.stderr)


def say(line):
    os.write(1, (line + "\n").encode())


def one(room, case, verbose):
    began, right = time.monotonic(), True
    room.forget()
    try:
        case.run(room)
        line = f"ok - {case.name}"
    except Wrong as what:
        line, right = f"not ok - {case.name}: {what}", False
    except Exception as error:  # a case that breaks is a case that is wrong
        place = traceback.extract_tb(error.__traceback__)[-1]
        line, right = (f"not ok - {case.name}: got {error!r} at {place.filename}:{place.lineno}, "
                       "want no exception"), False
    say(f"{line}\n# {time.monotonic() - began:.2f} s" if verbose else line)
    return right
