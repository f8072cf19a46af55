# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers that misbehave: they close pipes, die, hang, and send for ages."""
import os
import re
import signal
import socket
import subprocess
import threading

import late
import submission
from checks import Wrong, equal
from letter import body, envelope
from room import PATIENCE, Server

PACKAGES = []
NPM = []
HEAD = b"Subject: x\n\n"
LINE = b"x" * 71 + b"\n"
MEGABYTE = LINE * 14564          # 72 bytes each
LEEWAY = 8192                    # kB between the memory for a small mail and for a large one
OF_THE_QUEUE = ("VERSION", "wake", "runner", "account", "limits")    # when it is empty
ENV = {"PATH": "/usr/bin:/bin", "TMPDIR": "/var/tmp"}


def cases(full):
    size = 1024 if full else 200
    named = {
        f"{size} MB in small pieces need no memory": lambda room: giant(room, size),
        "a message larger than the server takes is read to its end: exit 65": too_large,
        "a usage error is told after the message was read": usage,
        "no recipient is told after the message was read": no_recipient,
        "stdout and stderr whose reader is gone": nobody_reads,
        "a refusal with nobody to read it: still exit 67": nobody_reads_refusal,
        "a parent that dies when it has written": orphan,
        "-bs: a caller that ends within DATA sends nothing": smtp_cut,
        "-bs: a caller that ends before DATA sends nothing": smtp_early,
        "stdin that was a folder: exit 74, nothing sent": folder,
        "stdin that was closed: exit 66, nothing sent": closed,
        "stdin, stdout and stderr from /dev/null": null,
        "a mail in single bytes": drip,
        "killed while it sends: the server has no part of a mail": killed_sending,
    }
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"):
        named[f"a caller that hangs, and {name}: nothing is sent or left behind"] = \
            lambda room, name=name: hangs(room, getattr(signal, name))
    named = {f"pipes: {name}": run for name, run in named.items()}
    return late.cases(named, *(name for name, run in named.items()
                               if run in (too_large, killed_sending) or "MB" in name))


def furnish(_room, _debs):
    """Nothing is missing."""


def start(room, *options, **more):
    more = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
            "env": ENV, **more}
    return subprocess.Popen(["/usr/sbin/chroot", room.path, "/usr/sbin/sendmail", *options], **more)


def silent(process, data=b""):
    out, err = process.communicate(data, timeout=PATIENCE)
    equal((process.returncode, out, err), (0, b"", b""), "exit, output")


def left_behind(room):
    """Files that have no name any more count as well, as long as somebody holds them open."""
    return [name for folder in ("tmp", "var/tmp", "var/spool")
            for where, _, names in os.walk(f"{room.path}/{folder}") for name in names
            if not os.path.basename(where) in OF_THE_QUEUE and name not in OF_THE_QUEUE]


class Drain(submission.Session):
    """Counts what comes instead of keeping it, and lets the client be measured at the end."""

    def do_DATA(self, argument):
        if argument or not self.recipients:
            return self.say("503 5.5.1 not now")
        self.say("354 go on")
        count, tail = 0, b""
        while not (tail + self.line.pending).endswith(b"\r\n.\r\n"):
            count += len(self.line.pending)
            tail = (tail + self.line.pending)[-4:]
            self.line.pending = b""
            self.line._more()
        self.server.counted = count + len(self.line.pending)
        self.line.pending = b""
        self.server.peaks.append(peak(self.server.client))
        self.reset()
        return self.say("250 2.0.0 counted")

    def do_BDAT(self, argument):
        size, _, last = argument.partition(" ")
        left = int(size)
        while left:
            if not self.line.pending:
                self.line._more()
            taken = min(left, len(self.line.pending))
            self.line.pending, left = self.line.pending[taken:], left - taken
        self.server.counted += int(size)
        if last:
            self.server.peaks.append(peak(self.server.client))
            self.reset()
        return self.say("250 2.0.0 counted")


def peak(process):
    """The most memory that a process has had so far, kB."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])


def giant(room, size):
    server = Server(submission.Settings(folder=f"{room.path}/giant", size=2 ** 40))
    server.RequestHandlerClass, server.counted, server.peaks = Drain, 0, []
    with server:
        threading.Thread(target=server.serve_forever, args=(0.05,),
                                    daemon=True).start()
        room.configure(server.port)
        try:
            for megabytes in (1, size):
                server.counted = 0
                pour(room, server, megabytes)
                if server.counted < megabytes * len(MEGABYTE):
                    raise Wrong(f"got {server.counted} bytes, want {megabytes} MB of them")
        finally:
            room.configure()
            server.shutdown()
    small, large = server.peaks
    if large - small > LEEWAY:
        raise Wrong(f"got a peak of {large} kB for {size} MB and {small} kB for one, want no "
                    f"more than {LEEWAY} kB between them")


def pour(room, server, megabytes):
    """A pipe holds 64 kB: what is written in larger pieces arrives in small ones."""
    process = start(room, "-i", "bob@x.org")
    server.client = process.pid
    process.stdin.write(HEAD)
    for _ in range(megabytes):
        process.stdin.write(MEGABYTE)
    out, err = process.communicate(timeout=300)
    equal((process.returncode, out, err), (0, b"", b""), "exit, output")


def drained(room, status, *options, megabytes):
    """All of it can be written: the caller sees an exit status instead of dying of SIGPIPE."""
    process = start(room, *options)
    try:
        process.stdin.write(HEAD)
        for _ in range(megabytes):
            process.stdin.write(MEGABYTE)
        process.stdin.flush()
    except BrokenPipeError as error:
        process.communicate()
        raise Wrong("got a broken pipe, want the message to be read to its end") from error
    out, err = process.communicate(timeout=PATIENCE)
    equal((process.returncode, out), (status, b""), f"exit, output; it said {err!r}")
    equal(err.startswith(b"sendmail: "), True, "words on stderr")
    room.nothing()


def too_large(room):
    drained(room, 65, "-i", "bob@x.org", megabytes=30)


def usage(room):
    drained(room, 64, "-Qreason", "bob@x.org", megabytes=2)


def no_recipient(room):
    drained(room, 64, "-t", megabytes=2)


def without_reader(room, *options):
    """Run it with stdout and stderr that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    process = start(room, *options, stdout=writing, stderr=writing)
    os.close(writing)
    process.communicate(HEAD + b"body\n", timeout=PATIENCE)
    return process.returncode


def nobody_reads(room):
    equal(without_reader(room, "-v", "-i", "bob@x.org"), 0, "exit")
    body(room.mail(), "body\n")


def nobody_reads_refusal(room):
    equal(without_reader(room, "-i", "reject@x.org"), 67, "exit")
    room.logged("sendmail", 0, "EX_NOUSER")


def orphan(room):
    """The caller's shell ends, with its session, before postrider can have ended. It has written
    more than a pipe holds: otherwise it may be dead before it has started postrider."""
    caller = subprocess.Popen(
        ["/usr/sbin/chroot", room.path, "/bin/sh", "-c",
         "{ printf 'Subject: x\\n\\n'; yes whole | head -n 20000; kill -KILL $$; } |"
         "/usr/sbin/sendmail bob@x.org"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV,
        start_new_session=True)
    equal(caller.wait(PATIENCE), -signal.SIGKILL, "end of the caller")
    mail = room.mail()
    envelope(mail, "root@example.com", "bob@x.org")
    body(mail, "whole\n" * 20000)


def dialogue(room, text):
    process = start(room, "-bs")
    out, err = process.communicate(text, timeout=PATIENCE)
    equal(err, b"", "stderr")
    equal(out[:4], b"220 ", "greeting")
    room.nothing()
    equal(left_behind(room), [], "files left behind")


def smtp_cut(room):
    dialogue(room, b"EHLO x\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@x.org>\r\nDATA\r\n"
                   b"Subject: cut\r\n\r\nhalf a mail\r\n.")


def smtp_early(room):
    dialogue(room, b"EHLO x\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@x.org>\r\n")


def folder(room):
    handle = os.open("/", os.O_RDONLY)
    process = start(room, "bob@x.org", stdin=handle)
    os.close(handle)
    process.communicate(timeout=PATIENCE)
    equal(process.returncode, 74, "exit")
    room.nothing()


def closed(room):
    done = subprocess.run(["/usr/sbin/chroot", room.path, "/bin/sh", "-c",
                           "exec /usr/sbin/sendmail bob@x.org <&-"], env=ENV, timeout=PATIENCE,
                          capture_output=True, check=False)
    equal(done.returncode, 66, f"exit, with {done.stderr!r}")
    room.nothing()


def null(room):
    process = start(room, "bob@x.org", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL)
    equal(process.wait(PATIENCE), 0, "exit")
    body(room.mail(), "")


def drip(room):
    process = start(room, "-i", "bob@x.org")
    for byte in HEAD + b"one\n.\ntwo":
        os.write(process.stdin.fileno(), bytes([byte]))
    silent(process)
    body(room.mail(), "one\n.\ntwo\n")


def hangs(room, number):
    """A megabyte does not fit into the pipe: when it is written, postrider has begun to read."""
    process = start(room, "-i", "bob@x.org")
    process.stdin.write(HEAD + MEGABYTE)
    process.stdin.flush()
    process.send_signal(number)
    process.wait(PATIENCE)
    process.communicate()
    equal(process.returncode != 0, True, "exit is not 0")
    room.nothing()
    equal(left_behind(room), [], "files left behind")


def killed_sending(room):
    """The server takes nothing until postrider is dead; then it takes what there is."""
    listener = socket.create_server(("127.0.0.1", 0))
    room.configure(listener.getsockname()[1])
    try:
        process = start(room, "-i", "bob@x.org")
        process.stdin.write(HEAD + MEGABYTE * 15)
        process.stdin.close()
        process.stdin = None
        client, _ = listener.accept()
        with client, socket.create_connection(
                ("127.0.0.1", room.server.port)) as server:
            half(client, server, process)
        process.communicate(timeout=PATIENCE)
    finally:
        room.configure()
        listener.close()
    equal(process.returncode, -signal.SIGKILL, "end of postrider")
    room.nothing()
    equal(left_behind(room), [], "files left behind")


def half(client, server, process):
    """Pass on a million bytes of what the client says, kill it, and let the server see the end."""
    threading.Thread(target=copy, args=(server, client), daemon=True).start()
    passed = 0
    while data := client.recv(65536):
        passed += len(data)
        server.sendall(data)
        if passed > 1000000:
            process.kill()
            break
    server.shutdown(socket.SHUT_WR)
    equal(passed > 1000000, True, "more than a million bytes sent")


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return
