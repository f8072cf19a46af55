# SPDX-License-Identifier: GPL-3.0-or-later
"""Which states of a folder a power cut can leave behind, from a trace of what was done to it.

The model is pessimistic. Only fsync orders anything: of a file for its bytes and its length, of a
folder for its names. Whatever was not synced before the cut may be on the disk or not, in any
combination; each sector of a write is by itself, may be there in part, or as a length without the
bytes. What holds: within one sector nothing is there that was written behind something that is
not; and a rename is done as a whole or not at all, as the journals of file systems promise.
"""

import collections
import dataclasses
import itertools
import os
import pathlib
import random
import re
import stat

import calls

ROOT = 0
SECTOR = 512
TRIES = 150
FOLDER, FIFO = "folder", "fifo"


@dataclasses.dataclass(eq=False)
class Change:
    """One change that can be lost by itself."""

    touches: frozenset           # the inodes of which an fsync makes it certain
    adds: tuple = ()             # ((folder, name, inode), ...)
    removes: tuple = ()          # ((folder, name), ...)
    inode: int = 0
    offset: int = 0
    data: bytes = b""
    length: int = -1             # a truncation
    label: str = ""

    def is_write(self):
        return bool(self.data)


@dataclasses.dataclass(eq=False)
class Synced:
    inode: int                   # None: everything


@dataclasses.dataclass
class Mark:
    """Something that others have seen: ("ended", status), ("heard", bytes) or ("said", bytes)."""

    kind: str
    what: object
    pid: int


class State:
    """Names and bytes; made from what was there, and from changes."""

    def __init__(self, names=None, bodies=None):
        self.names = names if names is not None else {}       # (folder, name): inode
        self.bodies = bodies if bodies is not None else {ROOT: FOLDER}

    def copy(self):
        return State(dict(self.names), dict(self.bodies))

    def apply(self, change, how=True):
        """`how`: True, the number of bytes of a write that came through, or "length"."""
        for place in change.removes:
            self.names.pop(place, None)
        for folder, name, inode in change.adds:
            self.names[folder, name] = inode
        if change.is_write():
            data = change.data
            if how == "length":
                data = bytes(len(data))
            elif how is not True:
                data = data[:how]
            old = self.bodies[change.inode]
            old = old.ljust(change.offset, b"\0")
            self.bodies[change.inode] = (old[:change.offset] + data
                                         + old[change.offset + len(data):])
        elif change.length >= 0:
            old = self.bodies[change.inode]
            self.bodies[change.inode] = old[:change.length].ljust(change.length, b"\0")

    def paths(self):
        """{path: inode}, of what can be reached."""
        inside = collections.defaultdict(list)
        for (folder, name), inode in self.names.items():
            inside[folder].append((name, inode))
        found, todo = {}, [(ROOT, "")]
        while todo:
            folder, prefix = todo.pop()
            for name, inode in inside[folder]:
                found[prefix + name] = inode
                if self.bodies[inode] is FOLDER:
                    todo.append((inode, prefix + name + "/"))
        return found

    def files(self):
        """{path: bytes}; empty folders cost next to nothing here."""
        above, found = {}, {}
        for (folder, name), inode in self.names.items():
            if self.bodies[inode] is FOLDER:
                above[inode] = folder, name
        for (folder, name), inode in self.names.items():
            if isinstance(self.bodies[inode], bytes):
                path = name
                while folder in above:
                    folder, name = above[folder]
                    path = f"{name}/{path}"
                if folder == ROOT:
                    found[path] = self.bodies[inode]
        return found

    def key(self):
        return hash((frozenset(self.names.items()), frozenset(self.files().items())))

    def build(self, place):
        """Make it real."""
        made = {}
        place = pathlib.Path(place)
        place.mkdir(mode=0o700, exist_ok=True)
        for path, inode in sorted(self.paths().items()):
            body, target = self.bodies[inode], place / path
            if inode in made:
                os.link(made[inode], target)
            elif body is FOLDER:
                target.mkdir(mode=0o700)
            elif body is FIFO:
                os.mkfifo(target, 0o600)
            else:
                target.write_bytes(body)
                target.chmod(0o600)
                made[inode] = target


def snapshot(place):
    """The State of a real folder."""
    state, numbers = State(), itertools.count(1)
    inodes = {os.stat(place).st_ino: ROOT}
    for folder, folders, files in os.walk(place):
        here = inodes[os.stat(folder).st_ino]
        for name in folders + files:
            path = os.path.join(folder, name)
            found = os.lstat(path)
            inode = inodes.setdefault(found.st_ino, None)
            if inode is None:
                inode = inodes[found.st_ino] = next(numbers)
                state.bodies[inode] = body_of(path, found)
            state.names[here, name] = inode
    return state


def body_of(path, found):
    if stat.S_ISDIR(found.st_mode):
        return FOLDER
    if stat.S_ISFIFO(found.st_mode):
        return FIFO
    return pathlib.Path(path).read_bytes()


@dataclasses.dataclass(eq=False)
class Opened:
    inode: int
    offset: int = 0
    append: bool = False


class Recorder:
    """Follows a trace: which changes, syncs and marks there were below one folder."""

    def __init__(self, place, before):
        self.place = os.fsencode(os.path.realpath(place))
        self.before = before
        self.now = before.copy()
        self.steps = []
        self.opened = {}          # (pid, descriptor): Opened
        self.new = itertools.count(max(before.bodies) + 1)
        self.first = None         # the process that was traced

    def follow(self, path):
        for call in calls.read(path):
            self.first = self.first or call.pid
            handler = getattr(self, "on_" + call.name, None)
            if handler:
                handler(call)
        return self.steps

    # Names

    def find(self, path):
        """(folder, name, inode or None) of a path; None when it is elsewhere."""
        path = os.path.normpath(os.path.join(self.place, path))
        if path == self.place:
            return None, "", ROOT
        if not path.startswith(self.place + b"/"):
            return None
        folder = ROOT
        *above, name = os.fsdecode(path[len(self.place) + 1:]).split("/")
        for piece in above:
            folder = self.now.names.get((folder, piece))
            if folder is None:
                return None
        return folder, name, self.now.names.get((folder, name))

    def at(self, call, fd=0, path=1):
        return self.find(os.path.join(call.fd(fd)[1], call.text(path)))

    def change(self, touches, **more):
        made = Change(frozenset(touches), **more)
        self.now.apply(made)
        self.steps.append(made)

    def add(self, where, body, label):
        inode = next(self.new)
        self.before.bodies[inode] = self.now.bodies[inode] = body
        if where:
            self.change({where[0]}, adds=((where[0], where[1], inode),), label=label)
        return inode

    def on_openat(self, call, fd=0, path=1):
        where = self.at(call, fd, path) if fd is not None else self.find(call.text(path))
        flags = call.arguments[path + 1]
        if where is None:
            return
        inode = where[2]
        if "O_TMPFILE" in flags:
            inode = self.add(None, b"", "")
        elif inode is None:
            inode = self.add(where, b"", f"create {where[1]}")
        elif "O_TRUNC" in flags and self.now.bodies[inode]:
            self.change({inode}, inode=inode, length=0, label=f"empty {where[1]}")
        self.opened[call.pid, call.result] = Opened(inode, append="O_APPEND" in flags)

    def on_open(self, call):
        self.on_openat(call, None, 0)

    def on_mkdirat(self, call):
        where = self.at(call)
        if where:
            self.add(where, FOLDER, f"mkdir {where[1]}")

    def on_mkdir(self, call):
        where = self.find(call.text(0))
        if where:
            self.add(where, FOLDER, f"mkdir {where[1]}")

    def on_mknodat(self, call):
        where = self.at(call)
        if where:
            self.add(where, FIFO if "S_IFIFO" in call.whole else b"", f"mknod {where[1]}")

    def on_mknod(self, call):
        where = self.find(call.text(0))
        if where:
            self.add(where, FIFO if "S_IFIFO" in call.whole else b"", f"mknod {where[1]}")

    def remove(self, where):
        if where:
            self.change({where[0]}, removes=((where[0], where[1]),), label=f"unlink {where[1]}")

    def on_unlinkat(self, call):
        self.remove(self.at(call))

    def on_unlink(self, call):
        self.remove(self.find(call.text(0)))

    on_rmdir = on_unlink

    def rename(self, old, new):
        if old and new:
            self.change({old[0], new[0]}, removes=((old[0], old[1]),),
                        adds=((new[0], new[1], old[2]),), label=f"rename {old[1]}")
        elif old or new:
            raise ValueError("a name was carried over the edge of the folder")

    def on_renameat2(self, call):
        if "RENAME_EXCHANGE" in call.whole:
            raise ValueError("an exchange of names is not modelled")
        self.rename(self.at(call), self.at(call, 2, 3))

    on_renameat = on_renameat2

    def on_rename(self, call):
        self.rename(self.find(call.text(0)), self.find(call.text(1)))

    def on_link(self, call):
        old, new = self.find(call.text(0)), self.find(call.text(1))
        if new:
            self.change({new[0]}, adds=((new[0], new[1], old[2]),), label=f"link {new[1]}")

    def on_linkat(self, call):
        source, new = os.path.join(call.fd()[1], call.text(1)), self.at(call, 2, 3)
        by_descriptor = re.fullmatch(rb"/proc/self/fd/(\d+)", source)
        if by_descriptor:
            inode = self.opened[call.pid, int(by_descriptor[1])].inode
        else:
            old = self.find(source)
            inode = old and old[2]
        if new:
            self.change({new[0]}, adds=((new[0], new[1], inode),), label=f"link {new[1]}")

    # Bytes

    def of(self, call):
        """The Opened of the first argument, or None when it is no file of the folder."""
        number, path = call.fd()
        known = self.opened.get((call.pid, number))
        where = self.find(path)
        if known is None and where and where[2] is not None:
            # Inherited from another process.
            same = [o for (_, n), o in self.opened.items() if n == number and o.inode == where[2]]
            known = self.opened[call.pid, number] = same[-1] if same else Opened(where[2])
        return known

    def put(self, file, offset, data):
        if not isinstance(self.now.bodies[file.inode], bytes):
            return
        while data:
            size = SECTOR - offset % SECTOR
            self.change({file.inode}, inode=file.inode, offset=offset, data=data[:size],
                        label=f"write {len(data[:size])} at {offset}")
            offset, data = offset + size, data[size:]

    def on_write(self, call):
        file = self.of(call)
        if file is None:
            if call.fd()[1].startswith(b"socket:"):
                self.steps.append(Mark("said", call.data(), call.pid))
            return
        if file.append:
            file.offset = len(self.now.bodies[file.inode])
        self.put(file, file.offset, call.data()[:call.result])
        file.offset += call.result

    on_writev = on_write

    def on_pwrite64(self, call):
        file = self.of(call)
        if file:
            self.put(file, int(call.arguments[3]), call.data()[:call.result])

    def on_pwritev(self, call):
        if self.of(call):
            raise ValueError("pwritev is not modelled")

    on_pwritev2 = on_sendfile = on_copy_file_range = on_pwritev

    def on_ftruncate(self, call):
        file = self.of(call)
        if file:
            self.change({file.inode}, inode=file.inode, length=int(call.arguments[1]),
                        label=f"cut to {call.arguments[1]}")

    def on_fallocate(self, call):
        file = self.of(call)
        if file and "KEEP_SIZE" not in call.whole:
            raise ValueError("fallocate that changes the length is not modelled")

    def on_lseek(self, call):
        file = self.of(call)
        if file:
            file.offset = call.result

    def on_read(self, call):
        file = self.of(call)
        if file:
            file.offset += call.result
        elif call.fd()[1].startswith(b"socket:"):
            self.steps.append(Mark("heard", call.data(), call.pid))

    on_readv = on_recvfrom = on_recvmsg = on_read

    def on_sendto(self, call):
        self.steps.append(Mark("said", call.data(), call.pid))

    on_sendmsg = on_sendto

    # Descriptors

    def on_dup(self, call):
        file = self.of(call)
        if file:
            self.opened[call.pid, call.result] = file
        else:
            self.opened.pop((call.pid, call.result), None)

    on_dup2 = on_dup3 = on_dup

    def on_fcntl(self, call):
        if "F_DUPFD" in call.whole:
            self.on_dup(call)

    def on_close(self, call):
        self.opened.pop((call.pid, call.fd()[0]), None)

    # Certainty, and the end

    def on_fsync(self, call):
        file = self.of(call)
        if file:
            self.steps.append(Synced(file.inode))

    on_fdatasync = on_fsync

    def on_sync(self, _call):
        self.steps.append(Synced(None))

    on_syncfs = on_sync

    def on_exit_group(self, call):
        self.steps.append(Mark("ended", call.result, call.pid))


@dataclasses.dataclass
class Point:
    """A moment at which the power may go."""

    number: int
    certain: list            # changes that are on the disk, whatever happens
    loose: list              # changes that may be there or not
    done: list               # all of them, in order
    marks: list


def points(steps):
    """Every moment at which something differs from the moment before."""
    done, certain, marks = [], set(), []
    yield Point(0, [], [], [], [])
    for number, step in enumerate(steps, 1):
        if isinstance(step, Mark):
            marks.append(step)
        elif isinstance(step, Synced):
            certain |= {c for c in done if step.inode is None or step.inode in c.touches}
        else:
            done.append(step)
        yield Point(number, [c for c in done if c in certain],
                    [c for c in done if c not in certain], list(done), list(marks))


def parts(change):
    """How a write may have come through without being whole."""
    return ["length", len(change.data) // 2] if len(change.data) > 1 else ["length"]


def choices(loose, limit, seed):
    """Dictionaries {change: how} of what came through, the most telling ones first."""
    everything = {c: True for c in loose}
    yield everything
    yield {}
    for one in loose:
        yield {c: True for c in loose if c is not one}
        yield {one: True}
    for at in range(1, len(loose)):
        yield {c: True for c in loose[:at]}
        yield {c: True for c in loose[at:]}
    yield {c: "length" if c.is_write() else True for c in loose}
    for one in loose:
        if one.is_write():
            for how in parts(one):
                yield {**everything, one: how}
                yield {one: how}
    if len(loose) <= 9:
        for size in range(2, len(loose) - 1):
            for some in itertools.combinations(loose, size):
                yield {c: True for c in some}
    dice = random.Random(seed)
    for _ in range(2 * limit if len(loose) > 2 else 0):
        yield dict(thrown(loose, dice))


def thrown(loose, dice):
    likely = dice.choice((0.2, 0.5, 0.8, 0.95))
    for change in loose:
        if dice.random() < likely:
            torn = change.is_write() and dice.random() < 0.2
            yield change, dice.choice(parts(change)) if torn else True


def cut(before, point, picked):
    """The State, or None when no disk can be in it."""
    state, certain, holes = before.copy(), set(point.certain), set()
    for change in point.done:
        how = True if change in certain else picked.get(change)
        sector = (change.inode, change.offset // SECTOR)
        if change.is_write():
            if how is not None and sector in holes:
                return None
            if how is not True:
                holes.add(sector)
        if how is not None:
            state.apply(change, how)
    return state


def states(before, point, limit, seen=None):
    """At most `limit` States that a cut at this point can leave behind, each new to `seen`."""
    seen, found, repeated = set() if seen is None else seen, 0, 0
    for picked in choices(point.loose, limit, point.number):
        state = cut(before, point, picked)
        key = state and state.key()
        if state and key not in seen:
            seen.add(key)
            yield state, picked
            found, repeated = found + 1, 0
        else:
            repeated += 1
        # There is hardly anything new to come.
        if found >= limit or repeated > TRIES:
            return
