# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the configuration afterwards, and that it works."""
import concurrent.futures
import fcntl
import json
import os
import re
import subprocess

from room import PASSWORD, check, has, same
from secrets_lib import keyring

PLACE = "{home}/.config/postrider"
BLOCK = """account {name}
from me@srv.example
host mail.srv.example
port 465
user me@srv.example
password_file {place}/me@srv.example.password
"""


def block(home, name="default"):
    return BLOCK.format(name=name, place=PLACE.format(home=home.folder))


def send(home, room, *words):
    """Whether a mail goes by what was written."""
    before = len(room.mails())
    done = home.run(*words, "to@x.example", text="Subject: x\n\nhello\n")
    return done.returncode == 0 and len(room.mails()) == before + 1, done.stderr


def first_account(room):
    home = room.home()
    done = home.setup("--yes", "me@srv.example")
    same("a first account: the exit status", (done.returncode, done.stderr), (0, ""))
    same("a first account: the file", home.config.read_text(), block(home))
    has("a first account: it is shown before", done.stdout, block(home).rstrip())
    same("a first account: the files and their modes", home.files(), {
        ".config/postrider/config": "0o600",
        ".config/postrider/me@srv.example.password": "0o600"})
    same("the password is in its file, and nowhere else",
         ((home.config.parent / "me@srv.example.password").read_text(),
          PASSWORD in done.stdout + home.config.read_text()), (PASSWORD + "\n", False))
    sent, why = send(home, room)
    check("a first account: a mail goes by it", sent, why)
    home = room.home()
    done = home.setup("--yes", "me@srv.example", text="only\0for mail\n")
    same("a password with a NUL byte: the exit status", done.returncode, 65)
    has("a password with a NUL byte: why", done.stderr, "has a NUL byte")
    same("a password with a NUL byte: nothing is written", home.files(), {})


def other_accounts(room):
    """What is there stays as it is, byte for byte."""
    home = room.home()
    old = "# mine\nfrom a@b.example\nhost mail.b.example\npassword x # not a comment\n\n" \
          "account work\n\thost w.example"
    home.write(".config/postrider/config", old)
    done = home.setup("--yes", "me@srv.example")
    same("another account: the exit status", done.returncode, 0)
    same("another account: what was there stays", home.config.read_text(),
         old + "\n\n" + block(home, "me@srv.example"))
    sent, why = send(home, room, "-f", "me@srv.example")
    check("another account: a mail goes by it", sent, why)
    again = home.setup("--yes", "me@srv.example")
    same("the same again changes nothing", (again.returncode, home.config.read_text()),
         (0, old + "\n\n" + block(home, "me@srv.example")))
    done = home.setup("--yes", "-a", "third", "me@starttls.example")
    same("an account of a chosen name", home.config.read_text().count("account third\n"), 1)


def behind_a_pattern(room):
    """The first account that fits the sender is chosen."""
    for before, other in (("account all\nfrom *@srv.example\nhost h.example\n", True),
                          ("account all\nfrom *@else.example\nhost h.example\n", False)):
        home = room.home()
        home.write(".config/postrider/config", before)
        done = home.setup("--yes", "me@srv.example")
        same(f"behind {before!r}: the exit status", done.returncode, 0)
        same(f"behind {before!r}: what goes by another account is told",
             "goes by the account all, which stands before" in " ".join(done.stdout.split()), other)


def former_account(room):
    """An account of that address is changed, not doubled; its other settings stay."""
    home = room.home()
    home.write(".config/postrider/config",
               "account a\nhost h.example\n\naccount b\nlogfile ~/log\nfrom me@srv.example\n"
               "host old.example\nport 25\ntls off\nauth off\npassword old\n# why\n\n"
               "account c : b\nhost c.example\n")
    done = home.setup("--yes", "me@srv.example")
    same("a former account: the exit status", done.returncode, 0)
    same("a former account: it has the new values, and keeps the others",
         home.config.read_text(),
         "account a\nhost h.example\n\n" + block(home, "b") +
         "logfile ~/log\n# why\n\naccount c : b\nhost c.example\n")
    same("a broken configuration stays as it is",
         (home.write(".config/postrider/config", "account a\nhsot x\n").read_text(),
          home.setup("--yes", "me@srv.example").returncode, home.config.read_text()),
         ("account a\nhsot x\n", 78, "account a\nhsot x\n"))


def where_files_lie(room):
    """A link is followed, a mode is kept, a file may be named, folders are made."""
    home = room.home()
    real = home.write("dotfiles/postrider", "# mine\n", 0o640)
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(real)
    home.setup("--yes", "me@srv.example")
    check("a link stays a link", home.config.is_symlink() and "host mail" in real.read_text(),
          real.read_text())
    same("a mode stays", oct(real.stat().st_mode & 0o777), "0o640")
    home = room.home()
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to("../../dotfiles/new")
    home.setup("--yes", "me@srv.example")
    check("a link to a file that is not there yet stays a link, too", home.config.is_symlink() and
          "host mail" in home.folder.joinpath("dotfiles/new").read_text(), list(home.files()))
    home = room.home()
    named = home.folder / "a folder/my config"
    done = home.setup("--yes", "-C", str(named), "me@srv.example")
    check("a file that is named", done.returncode == 0 and "account default" in named.read_text(),
          done.stderr)
    sent, why = send(home, room, "-C", str(named))
    check("a file that is named: a mail goes by it", sent, why)
    home = room.home()
    home.folder.joinpath(".config").write_text("no folder\n")
    done = home.setup("--yes", "me@srv.example")
    same("where no file can be made: the exit status", done.returncode, 73)
    same("where no file can be made: nothing is left", list(home.files()), [".config"])


def evaluated(room):
    """A password of a pinentry is asked for as seldom as can be."""
    home = room.home()
    home.config.parent.mkdir(parents=True)
    home.write(".config/postrider/config", f"eval echo x >>{home.folder}/asked; echo timeout 30\n"
               "account other\nhost h.example\n")
    home.setup("--yes", "me@srv.example")
    same("how often eval runs in a setup", len((home.folder / "asked").read_text()) // 2, 3)


def file_of_msmtp(room):
    """Who has a file of msmtp's goes on with it, in its words."""
    home = room.home()
    file = home.write(".msmtprc", "defaults\nlogfile ~/log\n\naccount default\nhost h.example\n"
                      "from a@b.example\n")
    old = file.read_text()
    done = home.setup("--yes", "me@srv.example")
    password = f"{home.folder}/me@srv.example.password"
    same("a file of msmtp's: the exit status", done.returncode, 0)
    same("a file of msmtp's: its words", file.read_text(),
         old + "\naccount me@srv.example\nfrom me@srv.example\nhost mail.srv.example\nport 465\n"
         "tls on\ntls_starttls off\nauth on\nuser me@srv.example\n"
         f"passwordeval cat '{password}'\n")
    sent, why = send(home, room, "-a", "me@srv.example")
    check("a file of msmtp's: a mail goes by it", sent, why)
    check("no other file is made", not home.config.exists())


def former_words(room):
    """What msmtp once called otherwise goes, too."""
    home = room.home()
    home.write(".msmtprc", "account default\nfrom me@starttls.example\nhost old.example\ntls on\n"
               "tls_nostarttls\nauto_from\nkeepbcc\n")
    done = home.setup("--yes", "-a", "default", "me@starttls.example")
    same("former words: the exit status", (done.returncode, done.stderr), (0, ""))
    text = (home.folder / ".msmtprc").read_text()
    check("former words: those that contradict are gone", "nostarttls" not in text and
          "auto_from" not in text and "keepbcc\n" in text, text)
    sent, why = send(home, room)
    check("former words: a mail goes", sent, why)


def at_the_same_time(room):
    """Nobody's account is lost, nor anybody's password."""
    home = room.home()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda domain: home.setup("--yes", f"me@{domain}"),
                             ("srv.example", "starttls.example")))
    same("two first setups at once: the exit statuses", [one.returncode for one in done], [0, 0])
    for domain in ("srv.example", "starttls.example"):
        sent, why = send(home, room, "-f", f"me@{domain}")
        check(f"two first setups at once: a mail of {domain} goes", sent, why)
    home = room.home()
    real = home.write("dotfiles/config", "account other\nhost h.example\n")
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(real)
    names = [f"n{number}" for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda name: home.setup("--yes", "-a", name, "me@srv.example"), names))
    same("six setups at once: the exit statuses", [one.returncode for one in done], [0] * 6)
    text = real.read_text()
    same("six setups at once: all accounts are there",
         sorted(re.findall("^account (.*)$", text, re.M)), [*names, "other"])
    same("six setups at once: each has a password of its own",
         len(set(re.findall("^password_file (.*)$", text, re.M))), 6)
    same("six setups at once: nothing else stays behind", len(home.files()), 2 + 6)


def beside_another(room):
    """Who has to wait too long changes nothing."""
    home = room.home()
    old = home.write(".config/postrider/config", "account other\nhost h.example\n").read_text()
    folder = os.open(home.config.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    done = home.setup("--yes", "me@srv.example")
    os.close(folder)
    same("another setup goes on and on: the exit status", done.returncode, 75)
    has("another setup goes on and on: what is said", done.stderr, "another setup", str(home.config))
    same("another setup goes on and on: nothing has changed",
         (home.config.read_text(), list(home.files())), (old, [".config/postrider/config"]))


def by_token(room):
    """Where only a token is taken no password is asked for."""
    home = room.home()
    done = home.setup("--yes", "me@outlook.com")
    same("a token is needed: the exit status", done.returncode, 0)
    has("a token is needed: what to do next", done.stdout, "postrider login default")
    same("a token is needed: the account", home.config.read_text(),
         "account default\nfrom me@outlook.com\nhost smtp-mail.outlook.com\nport 587\n"
         "user me@outlook.com\n")


def printed(room):
    home = room.home()
    done = home.setup("--print", "me@published.example", text="")
    same("--print shows the account and nothing else on standard output", done.stdout,
         "account default\nfrom me@published.example\nhost out.published.example\nport 465\n"
         "user me\n")
    same("--print writes nothing", home.files(), {})


def as_json(room):
    home = room.home()
    done = home.setup("--yes", "--json", "me@srv.example")
    said = json.loads(done.stdout)
    same("JSON: what was done",
         (said["logged_in"], said["written"], said["password"], said["file"], said["name"]),
         (True, True, "file", str(home.config), "default"))
    same("JSON: no secret in it", PASSWORD in done.stdout, False)


def kept_elsewhere(room):
    """With nothing on standard input the password is where it was."""
    home = room.home()
    home.write(".netrc", f"machine mail.srv.example login me@srv.example password \"{PASSWORD}\"\n")
    done = home.setup("--yes", "me@srv.example", text="")
    same("a password in netrc: the exit status", (done.returncode, done.stderr), (0, ""))
    check("a password in netrc: no other copy", "password" not in home.config.read_text(),
          home.config.read_text())
    home = room.home()
    home.write(".config/postrider/config",
               f"from me@srv.example\nhost old.example\npasswordeval echo '{PASSWORD}'\n")
    done = home.setup("--yes", "me@srv.example", text="")
    same("a password of a former account: the exit status", (done.returncode, done.stderr), (0, ""))
    has("a password of a former account: it stays", home.config.read_text(), "passwordeval echo",
        "host mail.srv.example")


def copied(room):
    """An app password of Gmail's, as it is shown there."""
    home = room.home()
    done = home.setup("--yes", "me@gmail.com", text="abcd efgh ijkl mnop\r\n")
    same("a password in groups: the exit status", (done.returncode, done.stderr), (0, ""))
    same("a password in groups: it is kept without blanks",
         (home.config.parent / "me@gmail.com.password").read_text(), "abcdefghijklmnop\n")


def in_the_keyring(room):
    """A real secret service keeps it, and gives it for the next mail."""
    home = room.home()
    if any(not os.path.exists(f"/usr/bin/{name}") for name in keyring.PROGRAMS):
        print("skip - setup: no keyring is installed", flush=True)
        return
    with keyring.session(home.environment), keyring.keyring(home, home.environment):
        if not keyring.store(home.environment, "x", "just", "ready"):
            check("the keyring is there", False)
            return
        done = home.setup("--yes", "me@srv.example")
        same("the keyring: the exit status", (done.returncode, done.stderr), (0, ""))
        check("the keyring: no copy in a file", "password" not in home.config.read_text(),
              home.config.read_text())
        found = keyring.secret_tool(home.environment, "lookup", "host", "mail.srv.example",
                                    "service", "smtp", "user", "me@srv.example").stdout.decode()
        same("the keyring: the password is in it", found, PASSWORD)
        sent, why = send(home, room)
        check("the keyring: a mail goes by it", sent, why)


def other_defaults(room):
    """Where the file says otherwise, or hands something on, the account says what was tried."""
    former = "from me@srv.example\nhost h.example\n"
    for lines, *added in (
            ("defaults\ntls off\nauth off\n", "tls on\n", "auth on\n"),
            ("defaults\ntls_certcheck off\n", "tls_certcheck on\n"),
            ("defaults\ntls_starttls on\n", "tls_starttls off\n"),
            ("defaults\nauth plain\nprotocol lmtp\n", "auth on\n", "protocol smtp\n"),
            ("defaults\npassword old\n", "password\n"),
            ("defaults\npasswordeval echo old\npassword_git\n", "passwordeval\n",
             "password_git off\n"),
            (f"account default\n{former}socket {room.folder}/no\n", "socket\n"),
            ("account p\ntls off\n\naccount default : p\n" + former, "tls on\n")):
        home = room.home()
        home.write(".config/postrider/config", lines)
        done = home.setup("--yes", "me@srv.example")
        same(f"{lines!r} says otherwise: the exit status", (done.returncode, done.stderr), (0, ""))
        has(f"{lines!r} says otherwise: the account says it", home.config.read_text(),
            *("\n" + line for line in added))
        sent, why = send(home, room, "-f", "me@srv.example")
        check(f"{lines!r} says otherwise: a mail goes", sent, why)
    home = room.home()
    home.write(".msmtprc", "defaults\ntls on\ntls_starttls off\nauth on\n")
    done = home.setup("--yes", "me@srv.example")
    text = (home.folder / ".msmtprc").read_text()
    same("what the defaults say is not said again: the exit status, the words",
         (done.returncode, re.findall("^(?:auth|tls).*$", text, re.M)),
         (0, ["tls on", "tls_starttls off", "auth on"]))
    sent, why = send(home, room, "-f", "me@srv.example")
    check("what the defaults say is not said again: a mail goes", sent, why)
    home = room.home()
    home.write(".config/postrider/config", "defaults\ntls off\n")
    has("--print has it, too", home.setup("--print", "me@srv.example").stdout, "\ntls on\n")


def not_as_tried(room):
    """What the file makes of the account has to be what was tried."""
    former = "account default\nfrom me@srv.example\nhost h.example\n"
    for lines in ("defaults\nproxy_host no.example\n", former + "proxy_host no.example\n",
                  former + "tls_fingerprint " + 16 * "00:11" + "\n", former + "include more\n"):
        home = room.home()
        home.write(".config/postrider/more", "tls off\n")
        old = home.write(".config/postrider/config", lines).read_text()
        files = home.files()
        done = home.setup("--yes", "me@srv.example")
        same(f"{lines!r} stays otherwise: the exit status, the files",
             (done.returncode, home.config.read_text(), home.files()), (78, old, files))
        has(f"{lines!r} stays otherwise: it is told", done.stderr, "Other lines there")


def tried_as_read(room):
    """What the file says of every account is true when the server is tried, too."""
    for line, status, why in (
            ("tls_host_override other.example", 77, "other.example"),
            ("tls_trust_file {home}/nobody", 66, "nobody"),
            ("source_ip 192.0.2.9", 78, "192.0.2.9")):
        home = room.home()
        old = home.write(".config/postrider/config",
                         f"defaults\n{line.format(home=home.folder)}\n").read_text()
        done = home.setup("--yes", "me@srv.example")
        same(f"defaults with {line}: the exit status, the file",
             (done.returncode, home.config.read_text()), (status, old))
        has(f"defaults with {line}: it is told", done.stdout, why)


def passwords_of_two(room):
    """The password of another account with the same address stays where it is."""
    home = room.home()
    home.write(".config/postrider/me@srv.example.password", "other\n")
    old = home.write(".config/postrider/config", "account one\nhost h.example\npassword_file "
                     f"{home.config.parent}/me@srv.example.password\n").read_text()
    done = home.setup("--yes", "-a", "two", "me@srv.example")
    same("two passwords: the exit status", (done.returncode, done.stderr), (0, ""))
    same("two passwords: both are there", [(home.config.parent / f"me@srv.example{n}.password")
                                           .read_text() for n in ("", ".2")],
         ["other\n", PASSWORD + "\n"])
    check("two passwords: the other account stays", home.config.read_text().startswith(old),
          home.config.read_text())
    sent, why = send(home, room, "-a", "two")
    check("two passwords: a mail goes", sent, why)


def options_are_written(room):
    """All of them, and an option says where the password is, whatever a former account says."""
    home = room.home()
    many = ["--domain=me.example", "--timeout=30", "--logfile=/dev/null", "--trace-header",
            "--from-full-name=Me", "--queue-dir=/nowhere/q", "--patience=5", "--syslog=off",
            "--tls-min-version=1.2", "--rate-limit=100/60", "--max-connections=2"]
    done = home.setup("--yes", *many, "me@srv.example")
    same("many options: the exit status", (done.returncode, done.stderr), (0, ""))
    has("many options: all lines", home.config.read_text(), "max_connections 2", "password_file /")
    home = room.home()
    home.write(".config/postrider/config", "from me@srv.example\nhost old.example\npassword old\n")
    done = home.setup("--yes", "--passwordeval", f"echo '{PASSWORD}'", "me@srv.example", text="")
    same("where the password is: the exit status", (done.returncode, done.stderr), (0, ""))
    has("where the password is: the option", home.config.read_text(), "passwordeval echo")
    sent, why = send(home, room)
    check("where the password is: a mail goes", sent, why)
    home = room.home()
    done = home.run("setup", "--yes", "-C", "new/config", "me@srv.example", text=PASSWORD + "\n",
                    before=("env", "-C", str(home.folder)))
    same("a relative file: the exit status", done.returncode, 0)
    has("a relative file: the whole path of the password", (home.folder / "new/config").read_text(),
        f"password_file {home.folder}/new/me@srv.example.password")


WRITING = [other_defaults, not_as_tried, tried_as_read, passwords_of_two, options_are_written,
           first_account, other_accounts, behind_a_pattern, former_account, where_files_lie,
           evaluated, file_of_msmtp, former_words, at_the_same_time, beside_another, by_token,
           printed, as_json, kept_elsewhere, copied, in_the_keyring]
