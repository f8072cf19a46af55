# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk whose power can be cut: an image in memory, mounted by a loop device.

What is written to the mounted file system and not synced is only in the page cache; a copy of the
image, made without a sync, is what the disk would have after the power went. The write-back that
the kernel does by itself begins after vm.dirty_expire_centisecs (30 s), and the journals are told
to wait; nothing of the machine's settings needs to be changed.
"""

import contextlib
import os
import pathlib
import subprocess
import sys

KINDS = {
    # name: (size in MiB, command of mkfs, options of mount)
    "ext4": (64, ["mkfs.ext4", "-q", "-F"], "commit=300"),
    "xfs": (320, ["mkfs.xfs", "-q"], "nouuid"),
    "btrfs": (128, ["mkfs.btrfs", "-q"], "commit=300"),
    "ext2": (64, ["mkfs.ext2", "-q", "-F"], "noatime"),
}


class Impossible(Exception):
    """This machine cannot do that; the text says why."""


def own_namespace():
    """Start this program again where its mounts are its own, and vanish with it."""
    if os.environ.get("POWERCUT_NAMESPACE") == "1":
        return
    if os.geteuid() != 0:
        raise Impossible("needs root")
    if not os.path.exists("/dev/loop-control"):
        raise Impossible("no loop devices here")
    os.environ["POWERCUT_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable,
                          *sys.argv])


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Impossible(f"{command[0]}: {done.stdout.strip()[-200:]}")


def room():
    """A folder in memory for the images."""
    place = pathlib.Path("/mnt")
    run("mount", "-t", "tmpfs", "-o", "size=6g,mode=0700", "tmpfs", place)
    return place


class Disk:
    """The disks of one kind of file system, made from one empty image."""

    def __init__(self, kind, place):
        size, command, self.options = KINDS[kind]
        self.kind = kind
        self.place = pathlib.Path(place)
        self.empty = self.place / f"{kind}.empty"
        self.image = self.place / f"{kind}.image"
        self.cut = self.place / f"{kind}.cut"
        self.folder = self.place / f"{kind}.mounted"
        self.folder.mkdir()
        with open(self.empty, "wb") as file:
            file.truncate(size << 20)
        try:
            run(*command, self.empty)
        except FileNotFoundError as missing:
            raise Impossible(f"no {missing.filename} here") from missing
        with self.mounted(self.empty):
            pass

    @contextlib.contextmanager
    def mounted(self, image):
        run("mount", "-o", f"loop,{self.options}", "-t", self.kind, image, self.folder)
        try:
            yield self.folder
        finally:
            run("umount", self.folder)

    @contextlib.contextmanager
    def working(self, prepare):
        """Mounted, with what prepare(folder) has made already on the disk."""
        run("cp", "--sparse=always", self.empty, self.image)
        with self.mounted(self.image) as folder:
            prepare(folder)
            run("sync", "-f", folder)
            yield folder

    def cut_power(self):
        """Keep what the disk has now."""
        run("cp", "--sparse=always", self.image, self.cut)

    def after(self):
        """The file system as the next boot finds it."""
        if self.kind == "ext2":
            subprocess.run(["e2fsck", "-fy", self.cut], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
        return self.mounted(self.cut)
