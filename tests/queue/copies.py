# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a queue fast: copies of one message that the program has kept, each with its own ID."""

import hashlib
import os

import spool


def crc(data, value=0xFFFFFFFF):
    """The inner state of CRC32C, so that a common beginning is counted once."""
    table = spool.TABLE
    for byte in data:
        value = table[(value ^ byte) & 255] ^ (value >> 8)
    return value


class Copies:
    """Copies the only message that waits in QUEUE. With `to` each has recipients of its own."""

    def __init__(self, queue):
        self.queue = str(queue)
        (path,) = spool.files(queue, "msg")
        self.name, self.stat = path.name, path.stat()
        message = spool.parse(path.read_bytes())
        head = [spool.written(k, v) for k, v in message.records]
        kinds = [k for k, _ in message.records]
        self.before = b"".join(head[:kinds.index("id")])
        self.after = b"".join(head[kinds.index("id") + 1:])
        self.start = crc(b"id 24:")
        self.size = len(self.before) + len(spool.written("id", b"0" * 24)) + len(self.after)

    def record(self, ident):
        return b"id 24:%s %08x\n" % (ident, crc(ident, self.start) ^ 0xFFFFFFFF)

    def text(self, ident):
        data = self.before + self.record(ident) + self.after
        end = b"%d %s" % (len(data), hashlib.sha256(data).hexdigest().encode())
        return data + spool.written("end", end)

    def make(self, count):
        """So many more, evenly over the 256 folders; their due time is that of the first."""
        when = self.name[:12]
        due = (self.stat.st_atime_ns, self.stat.st_mtime_ns)
        for number in range(count):
            ident = f"{when}{number:010X}{number & 255:02X}"
            path = f"{self.queue}/msg/{ident[-2:]}/{ident}{self.name[24:]}"
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, self.text(ident.encode()))
            os.utime(file, ns=due)
            os.close(file)
