# SPDX-License-Identifier: GPL-3.0-or-later
"""What others may see of the program while it runs, and what lies in its memory."""

import base64
import contextlib
import pathlib

from .place import CANARY, LONG, USER, check, finish, same, skip


# ---- nobody else gets it ----------------------------

def forms(secret):
    """How a careless program would show it."""
    plain = secret.encode()
    return {"plain": plain, "base64": base64.b64encode(plain),
            "PLAIN's base64": base64.b64encode(b"\0" + USER.encode() + b"\0" + plain)}


def processes(root):
    """A process and all that it has started."""
    found = [root]
    for process in found:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{process}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def told_of(process):
    """What the system tells others of a process; a careful one can keep some of it to itself."""
    told = {}
    for file in ("cmdline", "environ"):
        with contextlib.suppress(OSError):
            told[f"{file} of {process}"] = pathlib.Path(f"/proc/{process}/{file}").read_bytes()
    return told


def hidden(place, server, name, secret, *options):
    """Sends while we look at everything that others may read."""
    log = place.folder / "log"
    log.unlink(missing_ok=True)
    server.logins.clear()
    server.login_came.clear()
    server.answer.clear()
    process = place.start(*options, "-X", str(log))
    check(f"{name}: the login comes", server.login_came.wait(LONG))
    places = {}
    for number in processes(process.pid):
        places.update(told_of(number))
    server.answer.set()
    done = finish(process)
    same(f"{name}: the server got it", [login[1] for login in server.logins], [secret.encode()])
    places.update({"standard output": done.output, "standard error": done.errors})
    for path in place.folder.iterdir():
        if path.is_file() and path not in (place.config, place.folder / "canary"):
            places[path.name] = path.read_bytes()
    check(f"{name}: there is a log", log.exists() and log.stat().st_size)
    shown = [f"{form} in {where}" for where, text in places.items()
             for form, bytes_ in forms(secret).items() if bytes_ in text]
    same(f"{name}: nobody else did", shown, [])
    return done


# ---- where it lies ----------------------------

def mappings(process):
    """(start, end, flags) of what a process may read, but for the sanitizers' huge ones."""
    start = end = 0
    for line in pathlib.Path(f"/proc/{process}/smaps").read_text().splitlines():
        words = line.split()
        if words[0] == "VmFlags:" and end - start < 1 << 28:
            if "rd" in words and "io" not in words:
                yield start, end, words[1:]
        elif not words[0].endswith(":"):
            start, end = (int(number, 16) for number in words[0].split("-"))


def copies(process, secret):
    """How many pages of its own the secret has, and where else it lies."""
    own, others = 0, []
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for start, end, flags in mappings(process):
            try:
                memory.seek(start)
                seen = memory.read(end - start)
            except (OSError, OverflowError):
                continue
            for form, text in forms(secret).items():
                # The last bytes of base64 depend on what follows.
                if text.rstrip(b"=")[:-1] not in seen:
                    continue
                if form == "plain" and "dd" in flags:
                    own += 1
                else:
                    others.append(f"{form} at {start:x}")
    return own, others


def in_memory(place, server, name):
    """Looks at the program while it waits for the reply to MAIL."""
    server.take.clear()
    server.mail_came.clear()
    process = place.start("--debug")
    check(f"{name}: the login is over", server.mail_came.wait(LONG))
    try:
        own, others = copies(process.pid, CANARY)
    except PermissionError:
        skip(name, "the memory may not be read")
    else:
        same(f"{name}: nowhere but in its own pages", (own > 0, others), (True, []))
    server.go_on()
    finish(process)
