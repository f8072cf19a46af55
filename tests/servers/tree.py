# SPDX-License-Identifier: GPL-3.0-or-later
"""Private root folders in which servers run that are not installed on this machine.

A tree is a tmpfs that holds the unpacked Debian packages of one server; everything that these
packages do not bring is a symbolic link into a read-only view of the machine's own root. It needs
no overlayfs (which cannot be stacked in many containers), and nothing in it outlives the mount
namespace in which it was made.
"""
import glob
import os
import shutil
import subprocess

# Drawn in by dependency only, and not needed to run a server in the foreground.
NEEDLESS = {
    "bind9-host", "bind9-libs", "exim4-config", "krb5-config", "krb5-locales", "libfstrm0",
    "libjemalloc2", "libmaxminddb0", "libprotobuf-c1", "mariadb-common", "mysql-common",
}
OWN = {"tmp", "run", "var", "proc", "sys", "dev", "host", "lost+found"}


class CannotRun(Exception):
    """The servers cannot be run here; the text says what stood in the way."""


def command(*argv, **options):
    """Run argv to its end and return what it said; a failure is an exception with its words."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        raise CannotRun(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def download(folder, name, packages):
    """The .deb files for `packages` and what they need here, from `folder` or the archive."""
    os.makedirs(folder, exist_ok=True)
    manifest = f"{folder}/{name}.packages"
    if os.path.exists(manifest):
        asked, *debs = open(manifest, encoding="utf-8").read().splitlines()
        known = all(os.path.exists(f"{folder}/{deb}") for deb in debs)
        if known and asked == " ".join(packages):
            return [f"{folder}/{deb}" for deb in debs]
    if shutil.which("apt-get") is None:
        raise CannotRun("the servers are taken from Debian packages, and there is no apt-get")
    plan = command("apt-get", "install", "-s", "-y", "--no-install-recommends", "--reinstall",
                   "-o", "Debug::NoLocking=1", *packages)
    wanted = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    wanted = sorted({*wanted, *packages} - NEEDLESS)
    fresh = f"{folder}/{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(fresh)
    command("apt-get", "download", "-qq", *wanted, cwd=fresh)
    debs = sorted(os.listdir(fresh))
    for deb in debs:
        os.replace(f"{fresh}/{deb}", f"{folder}/{deb}")
    os.rmdir(fresh)
    with open(manifest, "w", encoding="utf-8") as out:
        out.write("\n".join([" ".join(packages), *debs]) + "\n")
    return [f"{folder}/{deb}" for deb in debs]


def fill(own, machine):
    """Make symbolic links in folder `own` for all that `machine` has and `own` has not."""
    for entry in os.scandir(f"/{machine}"):
        here = f"{own}/{entry.name}"
        there = f"{machine}/{entry.name}"
        if not os.path.lexists(here):
            os.symlink(f"/host/{there}", here)
        elif (entry.is_dir(follow_symlinks=False) and os.path.isdir(here)
              and not os.path.islink(here)):
            fill(here, there)


class Tree:
    """One private root. `users` are (name, uid) pairs; each gets a group of the same name."""

    def __init__(self, name, debs, users, shared):
        self.path = f"{shared}-trees/{name}"
        os.makedirs(self.path)
        self.links()
        for deb in debs:
            self.unpack(deb)
        self.look_through()
        self.people(users)
        self.mount(shared)

    def links(self):
        """bin -> usr/bin and the like, before any package could make a folder of that name."""
        for entry in os.scandir("/"):
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), f"{self.path}/{entry.name}")
        for folder in ("usr/bin", "usr/sbin", "usr/lib", "etc"):
            os.makedirs(f"{self.path}/{folder}")

    def unpack(self, deb):
        opened = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
        untar = subprocess.run(
            ["tar", "-x", "-C", self.path, "--keep-directory-symlink", "--exclude=./usr/share/doc",
             "--exclude=./usr/share/man", "--exclude=./usr/share/locale"],
            stdin=opened.stdout, stderr=subprocess.PIPE, text=True, check=False)
        opened.stdout.close()
        if opened.wait() != 0 or untar.returncode != 0:
            raise CannotRun(f"cannot unpack {deb}: {untar.stderr.strip()}")

    def look_through(self):
        """Show the machine's own files, read only, wherever the packages bring none."""
        os.makedirs(f"{self.path}/host")
        for folder in ("", "usr", "etc"):
            if folder == "" or os.path.ismount(f"/{folder}"):
                view = f"{self.path}/host/{folder}"
                command("mount", "--bind", f"/{folder}", view)
                command("mount", "-o", "remount,bind,ro", view)
        for entry in os.scandir("/"):
            if not entry.is_dir(follow_symlinks=False) or entry.name in OWN:
                continue
            os.makedirs(f"{self.path}/{entry.name}", exist_ok=True)
            if entry.name in ("usr", "etc", "opt"):
                fill(f"{self.path}/{entry.name}", entry.name)

    def people(self, users):
        for file, line in (("passwd", "{n}:x:{i}:{i}::/nonexistent:/usr/sbin/nologin\n"),
                           ("group", "{n}:x:{i}:\n")):
            known = open(f"/etc/{file}", encoding="utf-8").read()
            names = {entry.split(":")[0] for entry in known.splitlines()}
            known += "".join(line.format(n=n, i=i) for n, i in users if n not in names)
            self.write(f"etc/{file}", known)
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"
                                        "services: files\nprotocols: files\n")
        # `lookup` is for the resolver of OpenSMTPD: ask nobody, there is nobody to ask.
        self.write("etc/resolv.conf", "lookup file\nnameserver 127.0.0.1\n")
        self.write("etc/hosts", open("/etc/hosts", encoding="utf-8").read())

    def write(self, name, text):
        path = f"{self.path}/{name}"
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def mount(self, shared):
        for folder in ("proc", "sys", "dev"):
            os.makedirs(f"{self.path}/{folder}", exist_ok=True)
            command("mount", "--rbind", f"/{folder}", f"{self.path}/{folder}")
        for folder in ("tmp", "run", "var/tmp", "var/lib", "var/log", "var/spool"):
            os.makedirs(f"{self.path}/{folder}", exist_ok=True)
        for folder in ("tmp", "var/tmp"):
            os.chmod(f"{self.path}/{folder}", 0o1777)
        os.symlink("/run", f"{self.path}/var/run")
        os.makedirs(f"{self.path}{shared}", exist_ok=True)
        command("mount", "--bind", shared, f"{self.path}{shared}")

    def owner(self, name):
        """(uid, gid) of a user inside this tree."""
        for line in open(f"{self.path}/etc/passwd", encoding="utf-8"):
            fields = line.split(":")
            if fields[0] == name:
                return int(fields[2]), int(fields[3])
        raise KeyError(name)

    def choose(self, program):
        """Make the link that a package leaves to update-alternatives."""
        made = f"{self.path}{program}"
        if not os.path.lexists(made):
            for found in glob.glob(f"{made}[.0-9]*")[:1]:
                os.symlink(os.path.basename(found), made)

    def check(self, *programs):
        """Fail, with the names, when a program of a package lacks a library here."""
        for program in programs:
            self.choose(program)
            missing = [line.strip() for line in self.run("ldd", program).splitlines()
                       if "not found" in line]
            if missing:
                raise CannotRun(f"{program}: {'; '.join(missing)}")

    def run(self, *argv):
        return command("chroot", self.path, *argv)

    def start(self, *argv, log):
        """Start a server in the tree. It ends with the pid namespace of the tests."""
        return subprocess.Popen(["chroot", self.path, *argv], stdin=subprocess.DEVNULL,
                                stdout=open(log, "ab"), stderr=subprocess.STDOUT,
                                start_new_session=True)
