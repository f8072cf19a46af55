# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the files that were there, and whose the new ones are."""
import json
import os
import pwd
import subprocess

from room import PASSWORD, check, has, same
from writing import send


def behind_a_link(room):
    """What the file includes is looked for where a run looks: from where the link is."""
    home = room.home()
    real = home.write("dotfiles/postrider", "include more\n")
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(real)
    home.write(".config/postrider/more", "account other\nhost h.example\n")
    done = home.setup("--yes", "me@srv.example")
    same("an include beside a link: the exit status", (done.returncode, done.stderr), (0, ""))
    sent, why = send(home, room, "-f", "me@srv.example")
    check("an include beside a link: a mail goes", sent, why)


def open_to_others(room):
    """A line that a run would refuse there is not written; nor is anything else changed."""
    home = room.home()
    file = home.write(".msmtprc", "account other\nhost h.example\n", 0o666)
    old = file.read_text()
    done = home.setup("--yes", "me@srv.example")
    same("a file that others may write: the exit status", done.returncode, 78)
    check("a file that others may write: why, and what to do",
          "passwordeval is refused" in done.stderr and f"chmod go-w {file}" in done.stderr,
          done.stderr)
    same("a file that others may write: nothing is changed",
         (file.read_text(), list(home.files())), (old, [".msmtprc"]))


def passwords_stay(room):
    """What setup did not write for this account it does not write over."""
    for name, file, text in (
            ("in msmtp's words", ".msmtprc",
             "account one\nhost h.example\n"
             "passwordeval cat '{place}/me@srv.example.password'\n"),
            ("by another path", "real/a", "account one\nhost h.example\n"
             "password_file {home}/other/me@srv.example.password\n"),
            ("nobody speaks of", "config", "account one\nhost h.example\n")):
        home = room.home()
        config = home.write(file, text.format(
            place=(home.folder / file).parent, home=home.folder))
        os.symlink("real", f"{home.folder}/other")
        kept = config.parent / "me@srv.example.password"
        kept.write_text("other\n")
        kept.chmod(0o600)
        done = home.setup("--yes", "-C", str(config), "-a", "two", "me@srv.example")
        same(f"a password {name}: the exit status", (done.returncode, done.stderr), (0, ""))
        same(f"a password {name}: it stays", kept.read_text(), "other\n")
        same(f"a password {name}: the new one is beside it",
             (config.parent / "me@srv.example.2.password").read_text(), PASSWORD + "\n")
        home.setup("--yes", "-C", str(config), "-a", "two", "me@srv.example")
        same(f"a password {name}: the same account has the same file again",
             sorted(path.name for path in config.parent.glob("*.password*")),
             ["me@srv.example.2.password", "me@srv.example.password"])


def config_is_busy(room):
    """A setup that fails changes nothing: here the configuration is a mount, as in a container."""
    home = room.home()
    home.setup("--yes", "me@srv.example")
    kept = home.config.parent / "me@srv.example.password"
    kept.write_text("before\n")
    subprocess.run(["mount", "--bind", home.config, home.config], check=True)
    try:
        done = home.setup("--yes", "me@srv.example")
    finally:
        subprocess.run(["umount", home.config], check=True)
    same("a file that cannot be replaced: the exit status", done.returncode, 73)
    same("a file that cannot be replaced: the old password is there", kept.read_text(), "before\n")
    same("a file that cannot be replaced: nothing is left", sorted(home.files()), [
        ".config/postrider/config", ".config/postrider/me@srv.example.password"])
    home = room.home()
    home.setup("--yes", "me@srv.example")
    (home.config.parent / "me@srv.example.password").unlink()
    subprocess.run(["mount", "--bind", home.config, home.config], check=True)
    try:
        home.setup("--yes", "me@srv.example")
    finally:
        subprocess.run(["umount", home.config], check=True)
    same("a file that cannot be replaced: no new password either", sorted(home.files()),
         [".config/postrider/config"])


def no_file(room):
    """What cannot be replaced by a file is not even read: that might wait for ever."""
    home = room.home()
    pipe = f"{home.folder}/pipe"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/null", home.folder):
        done = home.setup("--yes", "-C", str(path), "me@srv.example")
        same(f"{path}: the exit status", done.returncode, 78)
        has(f"{path}: what is said", done.stderr, f"{path} is not a regular file")


def state(path):
    """Whose it is, and who may read it."""
    status = path.stat()
    return status.st_uid, status.st_gid, oct(status.st_mode & 0o777)


def first_line(room):
    """The password is there with its line, whatever comes behind it, or does not end."""
    for name, tail in (("goes on", "cat /dev/zero"), ("stays open", "sleep 600")):
        home = room.home()
        with subprocess.Popen(["sh", "-c", f'echo "$1"; exec {tail}', "", PASSWORD],
                              stdout=subprocess.PIPE) as writer:
            done = home.run("setup", "--yes", "me@srv.example", stdin=writer.stdout)
            writer.kill()
        same(f"a password from what {name}: the exit status", (done.returncode, done.stderr),
             (0, ""))
    done = room.home().setup("--yes", "me@srv.example", text="")
    same("no password at all: the exit status", done.returncode, 77)
    has("no password at all: where it was looked for", done.stderr, "standard input gave none")
    done = room.home().setup("--yes", "me@srv.example", text="x" * 70000)
    same("a password of 70,000 octets: the exit status", done.returncode, 65)
    has("a password of 70,000 octets: what is said", done.stderr, "is too long")


def whose(room):
    """Root sets up for somebody, or for a group: they can still read what is new."""
    nobody = pwd.getpwnam("nobody")
    home = room.home()
    home.setup("--yes", "me@srv.example")
    kept = home.config.parent / "me@srv.example.password"
    os.chown(kept, 0, nobody.pw_gid)
    kept.chmod(0o640)
    home.setup("--yes", "me@srv.example")
    same("a password that a group reads: it still does", state(kept), (0, nobody.pw_gid, "0o640"))
    # Who is not root has it for himself, whatever group the old one had.
    home = room.home()
    kept = home.write("mine/me@srv.example.password", "old\n", 0o640)
    config = home.write("mine/config", f"account two\nhost h.example\npassword_file {kept}\n")
    for path in (config.parent, config):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    os.chown(kept, nobody.pw_uid, 0)
    for path in (room.folder, home.folder):
        path.chmod(0o711)
    done = home.run("setup", "--yes", "-C", str(config), "-a", "two", "me@srv.example",
                    text=PASSWORD + "\n", before=("setpriv", "--reuid=nobody", "--regid=nogroup",
                                                  "--clear-groups"))
    same("a password of somebody with a foreign group: the exit status",
         (done.returncode, done.stderr), (0, ""))
    same("a password of somebody with a foreign group: he still has it", state(kept),
         (nobody.pw_uid, nobody.pw_gid, "0o600"))
    home = room.home()
    config = home.write("config", "account other\nhost h.example\n", 0o644)
    os.chown(config, nobody.pw_uid, nobody.pw_gid)
    home.setup("--yes", "-C", str(config), "me@srv.example")
    same("a configuration of somebody else: it is still his", state(config),
         (nobody.pw_uid, nobody.pw_gid, "0o644"))
    same("a configuration of somebody else: so is the password",
         state(config.parent / "me@srv.example.password"),
         (nobody.pw_uid, nobody.pw_gid, "0o600"))


def links(room):
    """Links stay, wherever they lead, and what they lead to is changed."""
    home = room.home()
    for name, target in (("a", "b"), ("b", "sub/c"), ("sub/c", "../d")):
        path = home.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    done = home.setup("--yes", "-C", str(home.folder / "a"), "me@srv.example")
    same("links that lead nowhere: the exit status", (done.returncode, done.stderr), (0, ""))
    same("links that lead nowhere: they stay",
         [os.readlink(home.folder / name) for name in ("a", "b", "sub/c")],
         ["b", "sub/c", "../d"])
    has("links that lead nowhere: the file is there", (home.folder / "d").read_text(), "host")
    home = room.home()
    home.setup("--yes", "me@srv.example")
    kept, store = home.config.parent / "me@srv.example.password", home.folder / "store"
    kept.rename(store)
    store.write_text("before\n")
    kept.symlink_to(store)
    home.setup("--yes", "me@srv.example")
    same("a link to the password: it stays, and leads to the new one",
         (kept.is_symlink(), store.read_text()), (True, PASSWORD + "\n"))
    same("a link to the password: nothing is left", sorted(home.files()), [
        ".config/postrider/config", ".config/postrider/me@srv.example.password", "store"])
    (home.folder / "loop").symlink_to("loop")
    done = home.setup("--yes", "-C", str(home.folder / "loop"), "me@srv.example")
    same("a link to itself: the exit status", done.returncode, 78)


def nothing_is_claimed(room):
    """JSON says no password is kept when none is."""
    home = room.home()
    home.write(".config/postrider/config", "defaults\nproxy_host p.example\n")
    done = home.setup("--yes", "--json", "me@srv.example")
    said = json.loads(done.stdout)
    same("JSON of a failure: nothing is written, nor kept",
         (done.returncode, said["written"], said["password"]), (78, False, None))
    for address in (("bad",), ("me@",), ()):
        done = home.setup("--yes", "--json", *address)
        said = json.loads(done.stdout)
        same("JSON of an address that is none", (said["written"], said["servers"]), (False, []))
        has("JSON of an address that is none: why", done.stderr, said["error"])
    done = home.setup("--yes", "--json", "-C", str(home.folder), "--host=h.example", "me@srv.example")
    said = json.loads(done.stdout)
    same("JSON of a server that was not tried: nothing is said of it",
         ([server.get("fault") for server in said["servers"]], said["fault"] != "ok"),
         ([None] * len(said["servers"]), True))
    for words in (("--yes", "-C", "", "me@srv.example"), ("--print", "-C", "", "me@srv.example")):
        done = home.setup(*words)
        same("a configuration without a name: the exit status", done.returncode, 64)
        has("a configuration without a name: what is said", done.stderr, "-C")
        same("a configuration without a name: no login", done.stdout, "")


FILES = [behind_a_link, open_to_others, passwords_stay, config_is_busy, no_file, first_line, whose,
         links, nothing_is_claimed]
