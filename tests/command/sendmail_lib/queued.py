# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes later: the ways to ask for it, what cannot be kept, what is refused when it goes."""

import contextlib
import os
import re
import resource
import subprocess

from sendmail_lib import fixture
from sendmail_lib.dialogues import HELLO, QUIT, TEXT, Scene, finish, lines, start
from sendmail_lib.later import call, files, listed, private, run_now
from sendmail_lib.rows import MAIL, differ, split

EVERYBODY = ("root", "alice", "www-data")
SILENT = (0, b"", b"")
BARE = b"From: a@x.org\nTo: b@x.org\nSubject: s\n\nbody\n"


def begin(host, relay="plain", config=""):
    host.prepare(relay, config, None, None)
    host.heard()
    host.relays["plain"].forget()
    return host.relays["plain"]


def send(host, user, words, stdin=MAIL, **more):
    return call(host, user, "sendmail", *words.split(), stdin=stdin, **more)


def told(server, number, wanted=1):
    """[(sender, recipients)] of the mails after that number."""
    return [(e["from"], sorted(r["address"] for r in e["to"]))
            for e, _ in server.after(number, wanted)]


def me(user):
    return f"{user}@example.com"


# ---- ways to ask for it

def background(words):
    """Kept first, exit 0, and a runner sends it and leaves."""
    def act(host, user):
        server = begin(host)
        found = differ("sendmail", send(host, user, f"{words} b@x.org"), SILENT)
        found += differ("mails", told(server, 0), [(me(user), ["b@x.org"])])
        found += differ("runner has left", host.runners_end(), True)
        return found + differ("queue", files(host, user), []) + private(host, user)
    return Scene(f"in the background: {words}", act, EVERYBODY)


def put_off(words, flush, program="sendmail"):
    """Kept, and nobody sends it before it is asked for."""
    def act(host, user):
        server = begin(host)
        found = differ("sendmail", send(host, user, f"{words} b@x.org"), SILENT)
        found += differ("runners, mails", (host.runners(), told(server, 0, 0)), ([], []))
        found += differ("queue", [one["sender"] for one in listed(host, user)], [me(user)])
        found += differ(f"{program} {flush}", call(host, user, program, *flush.split()), SILENT)
        found += differ("mails", told(server, 0), [(me(user), ["b@x.org"])])
        found += differ("runner has left", host.runners_end(), True)
        return found + differ("queue afterwards", files(host, user), [])
    return Scene(f"put off: {words}, then {program} {flush}", act, EVERYBODY)


def in_the_foreground(words):
    """One attempt, and no queue for what goes; kept when the relay is down."""
    def act(host, user):
        server = begin(host)
        found = differ("sendmail", send(host, user, f"{words} b@x.org"), SILENT)
        found += differ("mails", told(server, 0, 0), [(me(user), ["b@x.org"])])
        found += differ("a queue was made", host.queue(user).exists(), False)
        begin(host, None)
        found += differ("relay down", send(host, user, f"{words} b@x.org"), SILENT)
        return found + differ("queue", len(listed(host, user)), 1)
    return Scene(f"in the foreground: {words}", act)


def every_option(host, user):
    """56, with the queue."""
    server = begin(host)
    words = ("-ODeliveryMode=q -O ErrorMode=m -O FooBar=1 -or0s -oT5d -om -o7 -o8 -e m -eq -U -G -n "
             "-m -s -x -c -T -h25 -L tag -V id1 -Ac -pX:y -B8BITMIME -M rfoo b@x.org")
    found = differ("sendmail", send(host, user, words), SILENT)
    found += differ("runners, mails", (host.runners(), told(server, 0, 0)), ([], []))
    found += run_now(host, user)
    mails = server.after(0)
    found += differ("mails", [(e["from"], e["parameters"].get("ENVID")) for e, _ in mails],
                    [(me(user), "id1")])
    return found + differ("header", split(mails[0][1]), split(MAIL))


def selected(option):
    """-qI, -qR, -qS: only messages with that text, or with ! those without; the others stay."""
    def act(host, user):
        server = begin(host)
        for sender, to in (("one@x.org", "first@y.org"), ("two@z.org", "second@y.org")):
            send(host, user, f"-odq -f {sender} {to}")
        chosen = next(one["id"] for one in listed(host, user) if one["sender"] == "two@z.org")
        text = {"I": chosen[8:], "R": "second@", "S": "@z.org", "!I": chosen[8:],
                "!R": "second@", "!S": "@z.org"}[option]
        ways = [("one@x.org", ["first@y.org"]), ("two@z.org", ["second@y.org"])]
        sent, stays = ways if option[0] == "!" else reversed(ways)
        found = differ(f"-q{option}", call(host, user, "sendmail", f"-q{option}{text}"), SILENT)
        found += differ("mails", told(server, 0, 0), [sent])
        return found + differ("queue", [one["sender"] for one in listed(host, user)],
                              [stays[0]])
    return Scene(f"only some: -q{option}", act)


def resident(host, user):
    """One runner for all, which ends when it is told to."""
    begin(host, None)
    found = []
    for _ in range(3):
        found += differ("sendmail", send(host, user, "-odb b@x.org"), SILENT)
    found += differ("-q beside it", call(host, user, "sendmail", "-q"), SILENT)
    found += differ("queue", len(listed(host, user)), 3)
    host.stop_runners()
    return found


# ---- what cannot be kept

@contextlib.contextmanager
def full_disk(host, user, options="size=64k"):
    """In the way of the queue."""
    path, uid = host.above_queue(user), fixture.UIDS[user]
    path.mkdir(exist_ok=True)
    fixture.mount("-t", "tmpfs", "-o", f"{options},uid={uid},gid={uid},mode=0700", "tmpfs", path)
    try:
        yield
    finally:
        host.stop_runners()
        subprocess.run(["umount", "-l", path], check=True)
        path.rmdir()


def read_only(host, user):
    return full_disk(host, user, "ro")


def no_room_for_names(host, user):
    return full_disk(host, user, "nr_inodes=9")


@contextlib.contextmanager
def in_the_way(host, user, make):
    path = host.above_queue(user)
    make(path)
    try:
        yield
    finally:
        path.rmdir() if path.is_dir() else path.unlink()


def a_file(host, user):
    return in_the_way(host, user, lambda path: path.write_bytes(b""))


def another_users(host, user):
    return in_the_way(host, user, lambda path: path.mkdir())


def no_large_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


LINES = (b"x" * 63 + b"\n") * 1024     # 64 KiB
LARGE = BARE + b"text and more text\n" * 10000


def not_kept(hindrance, statuses, words="b@x.org", **more):
    """Never 0, never a part of it, and one line that names the cause."""
    def act(host, user):
        begin(host, None)
        with hindrance(host, user):
            status, out, err = send(host, user, words, LARGE, **more)
            left = files(host, user)
        text = "\n".join(host.heard())
        found = differ("status is one of these", status if status not in statuses else statuses,
                       statuses)
        found += differ("stdout, files", (out, left), (b"", []))
        if not re.fullmatch(rb"sendmail: [^\n]+\n", err):
            found += [f"stderr: got {err!r}, want one line"]
        if f"uid={fixture.UIDS[user]} " not in text or "exitcode=EX_" not in text:
            found += [f"syslog: got {text!r}, want uid and status"]
        begin(host)
        with hindrance(host, user):
            found += differ("relay up, sendmail", send(host, user, "b@x.org", BARE, **more),
                            SILENT)
        return found
    return act


def not_kept_by_smtp(hindrance):
    """-bs says 4yz: the client has the mail still."""
    def act(host, user):
        begin(host, None)
        with hindrance(host, user):
            process = start(host, user, ["-bs"], relay=None)
            found = dialogue(process, [*HELLO, ("DATA", "354"), (TEXT, "4"), *QUIT])
            found += differ("end", finish(process), SILENT)
            return found + differ("files", files(host, user), [])
    return act


# ---- SMTP

def dialogue(process, steps):
    found = [] if lines(process).startswith(b"220 ") else ["greeting"]
    for said, want in steps:
        process.stdin.write(f"{said}\r\n".encode())
        process.stdin.flush()
        reply = lines(process)
        if not reply.startswith(want.encode()):
            return found + [f"reply to {said!r}: got {reply!r}, want {want}"]
    return found


def durable_before_250(words):
    """30, with the relay down: at the moment of each 250 the mail is in the queue."""
    def act(host, user):
        process = start(host, user, words.split(), relay=None)
        found = dialogue(process, [*HELLO, ("DATA", "354"), (TEXT, "250")])
        got = [[r["address"] for r in one["recipients"]] for one in listed(host, user)]
        found += differ("queue at the 250", got, [["b@x.org"]])
        for said, want in (*HELLO[1:], ("DATA", "354"), (TEXT, "250")):
            process.stdin.write(f"{said}\r\n".encode())
            process.stdin.flush()
            found += [] if lines(process).startswith(want.encode()) else [said]
        process.kill()
        finish(process)
        found += differ("queue after SIGKILL", len(listed(host, user)), 2)
        begin(host)
        found += run_now(host, user)
        got = [(e["from"], split(c)[1]) for e, c in host.relays["plain"].after(0)]
        return found + differ("mails", got, [("me@x.org", b".x\nend\n")] * 2)
    return Scene(f"30 {words}: in the queue before 250", act, EVERYBODY)


def nothing_without_the_dot(host, user):
    """30: the client goes away in the middle."""
    process = start(host, user, ["-bs"], relay=None)
    found = dialogue(process, [*HELLO, ("DATA", "354")])
    process.stdin.write(b"From: me@x.org\r\n\r\nx")
    found += differ("end", finish(process), SILENT)
    return found + differ("files", files(host, user), [])


# ---- refused when it goes

def is_notice(mail, about):
    envelope, content = mail
    parts = (b"multipart/report", b"Auto-Submitted: auto-replied", b"Action: failed", about)
    return envelope["from"] == "" and all(part in content for part in parts)


def bounced(words, to, about):
    """86: exit 0, and a notice to the sender; the message can still be looked at."""
    def act(host, user):
        server = begin(host)
        found = differ("sendmail", send(host, user, words), SILENT)
        want = (me(user) if to == "$ME" else to)
        mails = [m for m in server.after(0, 1) if m[0]["from"] == ""]
        if not mails:
            mails = server.after(0, 2)[1:]
        found += differ("notice to", [[r["address"] for r in e["to"]] for e, _ in mails], [[want]])
        found += [] if found or is_notice(mails[0], about) else [f"notice: got {mails[0]}"]
        found += differ("runner has left", host.runners_end(), True)
        found += differ("waiting, given up", (listed(host, user), len(files(host, user, "failed"))),
                        ([], 1))
        text = "\n".join(host.heard())
        return found + ([] if about.decode() in text else [f"syslog: got {text!r}, want {about}"])
    return Scene(f"86 in the background: {words}", act)


def no_notice_for_nobody(host, user):
    """The null sender gets none; the log tells."""
    server = begin(host)
    found = differ("sendmail", send(host, user, "-odb -f <> reject@x.org"), SILENT)
    found += differ("runner has left", host.runners_end(), True)
    found += differ("mails, waiting", (told(server, 0, 0), listed(host, user)), ([], []))
    text = "\n".join(host.heard())
    return found + ([] if "5.1.1" in text else [f"syslog: got {text!r}, want 5.1.1"])


def refused_at_once(words):
    """86 in the foreground: the status tells, and nothing is kept."""
    def act(host, user):
        begin(host)
        status, out, err = send(host, user, words)
        found = differ("status, stdout", (status in (67, 69), out), (True, b""))
        found += [] if re.search(rb"5\.[17]\.1", err) else [f"stderr: got {err!r}, want the reply"]
        return found + differ("files", files(host, user), [])
    return Scene(f"86 in the foreground: {words}", act)


def one_waits(host, user):
    """4yz for one: the others have it, that one waits alone."""
    server = begin(host)
    found = differ("sendmail", send(host, user, "b@x.org later@x.org"), SILENT)
    found += differ("mails", told(server, 0), [(me(user), ["b@x.org"])])
    waiting = [[(r["address"], r["state"]) for r in one["recipients"]]
               for one in listed(host, user)]
    return found + differ("queue", waiting, [[("later@x.org", "waiting")]])


def one_is_refused_one_waits(host, user):
    """The refusal is told, and who waits."""
    server = begin(host)
    status, out, err = send(host, user, "b@x.org later@x.org reject@x.org")
    found = differ("status, stdout", (status, out), (69, b""))
    found += [] if b"5.1.1" in err and b"later@x.org" in err else [f"stderr: got {err!r}"]
    found += differ("mails", told(server, 0), [(me(user), ["b@x.org"])])
    waiting = [[r["address"] for r in one["recipients"]] for one in listed(host, user)]
    return found + differ("queue", waiting, [["later@x.org"]])


def in_doubt(host, user):
    """The line is lost behind the final dot: kept, shown as such, and the same mail again."""
    server = begin(host)
    server.losses = 1
    found = differ("sendmail", send(host, user, "b@x.org", BARE), SILENT)
    found += differ("in doubt", [one["in_doubt"] for one in listed(host, user)], [True])
    listing = call(host, user, "mailq")[1]
    found += [] if b"        (may have been delivered already)\n" in listing else [f"{listing}"]
    found += run_now(host, user)
    mails = [split(c)[0] for _, c in server.after(0)]
    found += differ("mails", len(mails), 2)
    return found + (differ("the second mail", mails[1], mails[0]) if not found else [])


def unattended(host, user):
    """What somebody has to mend is told to whoever hears; where nobody does, the mail is kept."""
    begin(host, config="tls on\n")
    found = differ("sendmail", send(host, user, "b@x.org"), SILENT)
    for words in ("-odi b@x.org", "-v b@x.org"):
        found += differ(words, send(host, user, words)[0], 77)
    found += differ("reasons", [bool(one["reason"]) for one in listed(host, user)], [True])
    server = begin(host)
    found += run_now(host, user)
    return found + differ("mails", told(server, 0, 0), [(me(user), ["b@x.org"])])


def broken_configuration(host, user):
    """Where there is a queue, it keeps the mail until the configuration is mended."""
    begin(host, config="nonsense\n")
    found = differ("no queue yet", send(host, user, "b@x.org")[0], 78)
    begin(host)
    found += differ("a queue", send(host, user, "-odq a@x.org"), SILENT)
    begin(host, config="nonsense\n")
    found += differ("sendmail", send(host, user, "b@x.org"), SILENT)
    found += differ("somebody is there", send(host, user, "-odi c@x.org")[0], 78)
    server = begin(host)
    found += run_now(host, user)
    return found + differ("mails", sorted(told(server, 0, 0)),
                          [(me(user), ["a@x.org"]), (me(user), ["b@x.org"])])


def large_from_the_queue(host, user):
    """50 MiB need no more memory on their way than one."""
    peaks, uid = [], fixture.UIDS[user]
    for size in (1, 50):
        begin(host)
        found = differ("sendmail", send(host, user, "-odq b@x.org", BARE + LINES * size * 16),
                       SILENT)
        process = subprocess.Popen([str(host.folder / "postrider"), "queue", "run"], cwd="/",
                                   env={}, user=uid, group=uid, extra_groups=[])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peaks.append(usage.ru_maxrss)
        got = [len(split(c)[1]) for _, c in host.relays["plain"].after(0)]
        found += differ("status, mails", (process.returncode, got), (0, [(size << 20) + 5]))
        if found:
            return found
    more = (peaks[1] - peaks[0]) // 1024
    return [] if more < 24 else [f"memory for 50 MiB: got {more} MiB more, want less than 24"]


def small(words, **more):
    """RLIMIT_FSIZE 0."""
    return Scene(f"85 RLIMIT_FSIZE 0: {words}",
                 not_kept(lambda *_: contextlib.nullcontext(), (73, 74, 75), words,
                          preexec_fn=no_large_files, **more), EVERYBODY)


ROWS = [
    *[background(words) for words in
      ("-odb", "-oee", "-ee", "-e e", "-O DeliveryMode=b", "-ODeliveryMode=background",
       "-O ErrorMode=e", "-oi -odb -oem")],
    *[put_off(words, *flush) for words, flush in
      (("-odq", ("-q",)), ("-odd", ("-qf",)), ("-O DeliveryMode=q", ("", "runq")),
       ("-ODeliveryMode=deferred", ("queue run", "postrider")), ("-oi -oee -odq", ("-q -v",)))],
    *[in_the_foreground(words) for words in ("-odi", "-odf", "-O DeliveryMode=i", "-oep -odi")],
    *[selected(option) for option in ("I", "R", "S", "!I", "!R", "!S")],
    Scene("56 every option there is, kept", every_option, EVERYBODY),
    Scene("one runner for several", resident),
    Scene("8 the disk is full", not_kept(full_disk, (75,)), EVERYBODY),
    Scene("8 the disk is full, -odq", not_kept(full_disk, (75,), "-odq b@x.org"), EVERYBODY),
    Scene("8 the disk is full, as cron calls", not_kept(
        full_disk, (75,), "-FCronDaemon -i -B8BITMIME -oem b@x.org"), EVERYBODY),
    Scene("8 the disk has no room for names", not_kept(no_room_for_names, (75,)), EVERYBODY),
    Scene("48 the spool is read-only", not_kept(read_only, (73,)), EVERYBODY),
    Scene("48 the spool is read-only, -odb", not_kept(read_only, (73,), "-odb b@x.org"), EVERYBODY),
    Scene("48 a file is in the way", not_kept(a_file, (73,)), EVERYBODY),
    Scene("48 the folder is another user's", not_kept(another_users, (73,)),
          ("alice", "www-data")),
    *[Scene(f"-bs when {name}", not_kept_by_smtp(hindrance), EVERYBODY) for name, hindrance in
      (("the disk is full", no_room_for_names), ("the spool is read-only", read_only))],
    small("b@x.org"), small("-odq b@x.org"),
    durable_before_250("-bs"), durable_before_250("-bs -odi -oem -om -ov"),
    durable_before_250("-bs -odb -oem"), durable_before_250("-bs -odq"),
    Scene("30 -bs: the client leaves before the dot", nothing_without_the_dot, EVERYBODY),
    bounced("-odb reject@x.org", "$ME", b"5.1.1 no such user"),
    bounced("-oee reject@x.org", "$ME", b"5.1.1 no such user"),
    bounced("-odb -f refused@x.org b@x.org", "refused@x.org", b"5.7.1 not from you"),
    bounced("-odb b@x.org reject@x.org", "$ME", b"5.1.1 no such user"),
    Scene("86 in the background: the null sender", no_notice_for_nobody),
    *[refused_at_once(words) for words in
      ("reject@x.org", "-odi reject@x.org", "-odi -f refused@x.org b@x.org", "-v reject@x.org")],
    Scene("later@x.org waits alone", one_waits, EVERYBODY),
    Scene("one is refused and one waits", one_is_refused_one_waits),
    Scene("in doubt", in_doubt, EVERYBODY),
    Scene("a server that cannot be trusted", unattended, EVERYBODY),
    Scene("a broken configuration", broken_configuration, EVERYBODY),
    Scene("82 50 MiB from the queue", large_from_the_queue),
]
