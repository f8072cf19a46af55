# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads (and, for scenarios, writes) the files of the queue by the record grammar, on its own.

    TYPE LEN:BYTES CRC\\n        CRC: CRC32C of all before its blank, eight hex digits

It shares no code with postrider: what it finds good is good by the format, not by the program.
"""

import dataclasses
import functools
import hashlib
import os
import pathlib
import re

HEAD = re.compile(rb"([a-z][a-z-]*) (\d+):")
NAME = re.compile(r"[0-9A-F]{24}-[0-9A-F]{8}-\d+")
ONCE = ("id", "account", "uid", "arrival", "expires", "sender")
PLACES = ("msg", "hold", "failed", "corrupt")


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 255] ^ (value >> 8)
    return b"%08x" % (value ^ 0xFFFFFFFF)


class Bad(Exception):
    """The file is not a message of the queue."""


@dataclasses.dataclass
class Message:
    """What a file says."""

    records: list                 # (type, value) before `end`
    journal: list                 # (type, words of the value behind SEQ and MS)
    torn: bytes                   # what follows the last good record of the journal
    end: int                      # where the journal begins
    place: str = ""               # folder
    name: str = ""

    def all(self, kind):
        return [value for k, value in self.records if k == kind]

    def one(self, kind):
        return self.all(kind)[0].decode("utf-8", "surrogateescape")

    @property
    def recipients(self):
        return [v.decode("utf-8", "surrogateescape") for v in self.all("to")]

    @property
    def content(self):
        return self.all("content")[0]

    def pending(self):
        """The addresses that still wait."""
        settled, done = {}, False
        for kind, words in self.journal:
            if kind == "rcpt":
                settled[int(words[0])] = words[1]
            elif kind == "retry":
                settled = {i: what for i, what in settled.items() if what == "ok"}
            done = kind == "done" or (done and kind != "retry")
        return [] if done else [a for i, a in enumerate(self.recipients) if i not in settled]

    def doubtful(self):
        """The final dot may have gone out, and no answer to it is written down."""
        dot = False
        for kind, _ in self.journal:
            if kind == "doubt":
                return True
            dot = kind == "dot-sent" or (dot and kind not in ("rcpt", "defer", "done"))
        return dot


def record(data, at):
    """(type, value, where the next one begins), or None if there is no good record at `at`."""
    head = HEAD.match(data, at)
    if not head:
        return None
    end = head.end() + int(head[2])
    tail = data[end:end + 10]
    if len(tail) < 10 or tail[:1] != b" " or tail[9:] != b"\n" or tail[1:9] != crc(data[at:end]):
        return None
    return head[1].decode(), data[head.end():end], end + 10


@functools.lru_cache(256)
def parsed(data):
    """A Message or what is wrong: the same file is looked at again and again."""
    try:
        return parse(data)
    except (Bad, IndexError, ValueError) as problem:
        return str(problem)


def parse(data):
    """The Message in DATA; raises Bad."""
    at, records = 0, []
    while True:
        found = record(data, at)
        if not found:
            raise Bad(f"no good record at {at}: {data[at:at + 40]!r}")
        start, (kind, value, at) = at, found
        if kind == "end":
            break
        records.append((kind, value))
    size, _, digest = value.partition(b" ")
    if int(size) != start or digest.decode() != hashlib.sha256(data[:start]).hexdigest():
        raise Bad("`end` does not fit what it ends")
    if records[0] != ("postrider-message", b"1"):
        raise Bad(f"begins with {records[0]}")
    kinds = [k for k, _ in records]
    if kinds.count("content") != 1 or kinds[-1] != "content" or "to" not in kinds:
        raise Bad(f"has {kinds}")
    wrong = [k for k in ONCE if kinds.count(k) > 1]
    if wrong:
        raise Bad(f"says {wrong} more than once")
    end = at
    journal, at = read_journal(data, at)
    return Message(records, journal, data[at:], end)


def read_journal(data, at):
    """(records, where a torn end begins). Where a power cut has left a hole, the next line goes
    on, with a doubt about what stood there."""
    journal, end = [], at
    while at < len(data):
        found = record(data, at)
        if not found:
            at = data.find(b"\n", at) + 1 or len(data)
            continue
        if at != end:
            journal.append(("doubt", []))
        journal.append((found[0], found[1].decode("utf-8", "replace").split(" ")[2:]))
        at = end = found[2]
    return journal, end


def tree(folder):
    """(folders, files) below FOLDER, as paths; a folder stands before what is in it."""
    folders, found, todo = [], [], [os.fspath(folder)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    todo.append(entry.path)
                else:
                    found.append(entry.path)
    return folders, found


def files(queue, place):
    folder = pathlib.Path(queue, place)
    return sorted(map(pathlib.Path, tree(folder)[1])) if folder.is_dir() else []


def read(path, place, data):
    message = parsed(data)
    if isinstance(message, str):
        raise Bad(message)
    message = dataclasses.replace(message, place=place, name=path.name)
    if not NAME.fullmatch(path.name):
        raise Bad(f"the name {path.name} has not the form ID-TAG-SIZE")
    ident, _, size = path.name.split("-")
    if place == "msg" and path.parent.name != ident[-2:]:
        raise Bad(f"{path.name} lies in {path.parent.name}")
    if message.one("id") != ident or len(message.content) != int(size):
        raise Bad(f"{path.name}: id {message.one('id')}, {len(message.content)} octets")
    return message


class Look:
    """A whole queue at one moment, read once.

    `good` has each Message, `wrong` what is no message where one should be; corrupt/ counts as
    wrong. `files` has the bytes of all that is there, by path.
    """

    def __init__(self, queue):
        self.folders, self.paths = tree(queue) if os.path.exists(queue) else ([], [])
        self.files = {p: p.read_bytes() for p in map(pathlib.Path, sorted(self.paths))
                      if p.is_file()}
        depth = len(pathlib.Path(queue).parts)
        self.place = {p: p.parts[depth] for p in self.files}
        self.good, self.wrong = [], []
        for place in PLACES:
            for path in self.inside(place):
                self.judge(place, path)

    def inside(self, *places):
        """The paths of the files there."""
        return [p for p, place in self.place.items() if place in places]

    def judge(self, place, path):
        try:
            self.good.append(read(path, place, self.files[path]))
        except (Bad, IndexError, ValueError) as problem:
            self.wrong.append(f"{place}/{path.name}: {problem}")
        if place == "corrupt":
            self.wrong.append(f"{path.name} was set aside as corrupt")


def scan(queue):
    """([Message], [what is wrong]) of a whole queue."""
    look = Look(queue)
    return look.good, look.wrong


def written(kind, value):
    data = b"%s %d:%s" % (kind.encode(), len(value), value)
    return data + b" " + crc(data) + b"\n"


def rewrite(path, **changes):
    """Give records before `end` other values; the journal stays."""
    data = path.read_bytes()
    message = parse(data)
    body = b"".join(written(k, changes[k].encode() if k in changes else v)
                    for k, v in message.records)
    end = written("end", b"%d %s" % (len(body), hashlib.sha256(body).hexdigest().encode()))
    path.write_bytes(body + end + data[message.end:])
