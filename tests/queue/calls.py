# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what strace -f -y -xx wrote: one Call for each system call that succeeded."""

import dataclasses
import re

# What changes a folder of files, what tells the place in a file, and what is said to a server.
CALLS = """
    open openat creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
    symlink symlinkat mknod mknodat write pwrite64 writev pwritev pwritev2 ftruncate truncate
    fallocate sendfile copy_file_range fsync fdatasync sync syncfs lseek read pread64 readv dup
    dup2 dup3 fcntl close recvfrom recvmsg sendto sendmsg exit_group
""".split()
# Without what a program starts, and thus without numbers of processes.
ALONE = ["-y", "-xx", "-s", "1000000", "-e", "signal=none", "-e", "trace=" + ",".join(CALLS)]
OPTIONS = ["-f", "--seccomp-bpf", *ALONE]

LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<([^>]*)>)?(?:\(deleted\))?( .*)?$")
UNFINISHED = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)$")
ENDED = re.compile(r"(\d+) +exit_group\((\d+)\)")
QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclasses.dataclass
class Call:
    pid: int
    name: str
    arguments: list       # as strace writes them
    result: int
    whole: str            # all arguments

    def fd(self, at=0):
        """(number, path) of an argument like 3</var/x>; the number of AT_FDCWD is None."""
        found = re.match(r"(AT_FDCWD|\d+)(?:<([^>]*)>)?", self.arguments[at])
        number = None if found[1] == "AT_FDCWD" else int(found[1])
        return number, plain(found[2] or "")

    def text(self, at):
        return plain(self.arguments[at].strip('"'))

    def data(self):
        """The bytes of all strings of the call, in order."""
        return b"".join(plain(q) for q in QUOTED.findall(self.whole))


def plain(escaped):
    """The bytes of a name or string in which every byte is written as \\x2f."""
    if "\\x" not in escaped:
        return escaped.encode()
    return bytes.fromhex(escaped.replace("\\x", ""))


def split(arguments):
    """Arguments at commas that are outside of brackets; strings have only hexadecimal digits."""
    pieces, depth, start = [], 0, 0
    for at, char in enumerate(arguments):
        if char in "[{(":
            depth += 1
        elif char in "]})":
            depth -= 1
        elif char == "," and depth == 0:
            pieces.append(arguments[start:at].strip())
            start = at + 1
    return [*pieces, arguments[start:].strip()]


def lines(path):
    """Whole lines: a call that was interrupted by another process stands where it ended."""
    waiting = {}
    with open(path, encoding="latin-1") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line[:1].isdigit():
                line = "1 " + line
            begun, resumed = UNFINISHED.match(line), RESUMED.match(line)
            if begun:
                waiting[begun[1]] = f"{begun[1]} {begun[2]}({begun[3]}"
            elif resumed and resumed[1] in waiting:
                yield waiting.pop(resumed[1]) + resumed[3]
            else:
                yield line


def read(path):
    for line in lines(path):
        ended = ENDED.match(line)
        if ended:
            yield Call(int(ended[1]), "exit_group", [ended[2]], int(ended[2]), "")
            continue
        found = LINE.match(line)
        if found and int(found[4]) >= 0:
            # Only these have lists of buffers; to look for commas in a megabyte would be slow.
            short = found[2] in ("write", "read", "pwrite64", "pread64")
            pieces = found[3].split(", ") if short else split(found[3])
            yield Call(int(found[1]), found[2], pieces, int(found[4]), found[3])
