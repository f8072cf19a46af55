# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of system calls by which mail programs accept a message, for testing the testers.

    orders.py ORDER FOLDER      does it once; 0: the program would have said "accepted"

Only the order is that of the peers; names and contents are simple. A rig that looks for lost mail
must find what this table says, else it proves nothing about postrider.
"""

import os
import pathlib
import sys

CONTENT = b"Subject: order\r\n\r\n" + b"All that was accepted must be there.\r\n" * 520
FOLDERS = ("tmp", "q", "pid", "mess", "intd", "todo", "incoming", "queue", "queue/xx", "msg")


def prepare(folder):
    """What an installation has already, all of it on the disk."""
    for name in FOLDERS:
        pathlib.Path(folder, name).mkdir()


def create(path, data=CONTENT, sync=True):
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.write(fd, data[:12000])
    os.write(fd, data[12000:])
    if sync:
        os.fsync(fd)
    os.close(fd)


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)


def msmtpq():
    create("q/1.mail", sync=False)
    create("q/1.msmtp", sync=False)


def dma():
    create("q/tmp_1")
    create("q/Q1")
    os.link("q/tmp_1", "q/M1")
    os.unlink("q/tmp_1")


def qmail():
    fd = os.open("pid/1", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.link("pid/1", "mess/1")
    os.unlink("pid/1")
    os.write(fd, CONTENT)
    os.fsync(fd)
    create("intd/1")
    os.link("intd/1", "todo/1")


def opensmtpd():
    os.mkdir("incoming/1")
    create("incoming/1/message", sync=False)
    create("incoming/1/envelope", sync=False)
    os.rename("incoming/1", "queue/xx/1")


def rename_only():
    create("tmp/1")
    os.rename("tmp/1", "msg/1")


def no_file_sync():
    create("tmp/1", sync=False)
    os.rename("tmp/1", "msg/1")
    sync_folder("msg")


def postfix():
    fd = os.open("tmp/1", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.rename("tmp/1", "msg/1")
    os.write(fd, CONTENT)
    os.fchmod(fd, 0o700)
    os.fsync(fd)


def nullmailer():
    create("tmp/1")
    os.link("tmp/1", "msg/1")
    sync_folder("msg")
    os.unlink("tmp/1")


def postrider():
    create("tmp/1")
    os.rename("tmp/1", "msg/1")
    sync_folder("msg")


def nameless():
    fd = os.open("tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(fd, CONTENT)
    os.fsync(fd)
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)    # given, linkat is told to follow
    os.link(f"/proc/self/fd/{fd}", "msg/1", src_dir_fd=here, follow_symlinks=True)
    sync_folder("msg")


# What must be there afterwards; the verdict where nothing is ordered but by fsync of that very
# file or folder; and the verdict of ext4, xfs and btrfs, which all three agree.
ORDERS = {
    msmtpq: (("q/1.mail", "q/1.msmtp"), "LOST", "LOST"),
    dma: (("q/M1", "q/Q1"), "LOST", "LOST"),
    qmail: (("mess/1", "intd/1", "todo/1"), "LOST", "LOST"),
    opensmtpd: (("queue/xx/1/message", "queue/xx/1/envelope"), "LOST", "LOST"),
    rename_only: (("msg/1",), "LOST", "LOST"),
    no_file_sync: (("msg/1",), "DAMAGED", "DAMAGED"),
    postfix: (("msg/1",), "LOST", "ok"),
    nullmailer: (("msg/1",), "ok", "ok"),
    postrider: (("msg/1",), "ok", "ok"),
    nameless: (("msg/1",), "ok", "ok"),
}

# On ext2 the first thing at boot is e2fsck, which drops names whose inode was not written.
AFTER_FSCK = {no_file_sync: "LOST", nameless: "LOST"}


def verdict(wanted, read):
    """read(path) returns the bytes of a file, or None."""
    found = [read(path) for path in wanted]
    if None in found:
        return "LOST"
    return "ok" if all(data == CONTENT for data in found) else "DAMAGED"


def command(order, folder):
    return [sys.executable, __file__, order.__name__, str(folder)]


if __name__ == "__main__":
    os.chdir(sys.argv[2])
    next(o for o in ORDERS if o.__name__ == sys.argv[1])()
