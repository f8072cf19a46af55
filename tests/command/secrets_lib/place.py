# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that keeps every login, a scratch home, and the program between them."""

import base64
import contextlib
import os
import pathlib
import select
import socket
import subprocess
import threading

PROGRAM = os.environ.get("POSTRIDER", "postrider")
USER = "me@example.org"
CANARY = "canary-Zu9/+x4QpW7"
MESSAGE = b"Subject: hello\n\nA message for the other side.\n"
LONG = 60    # seconds until a wait is a failure
failures = []


def check(name, good, got="no", want="yes"):
    """One line; a failing check never stops the others."""
    if good:
        print(f"ok - {name}", flush=True)
    else:
        failures.append(name)
        print(f"not ok - {name}: got {got}, want {want}", flush=True)


def same(name, got, want):
    check(name, got == want, repr(got), repr(want))


def skip(name, why):
    print(f"skip - {name}: {why}", flush=True)


# ---- a server that takes every login and keeps it ----------------------------

class Server:
    """Serves on a loopback port until the end of the `with`. What happens is in `logins`, `mails`;
    `connected`, `greeted`, `login_came` and `mail_came` are set when somebody has come, and has
    said EHLO, AUTH and MAIL. Clearing `greet`, `answer` or `take` makes it wait before the
    greeting, or before the reply to a login or to MAIL. With `proxied` it is behind a SOCKS proxy, which
    keeps logins as well; both are on the one port."""

    def __init__(self, refuse=False, proxied=False):
        self.no, self.proxied = "535 5.7.8 no" if refuse else None, proxied
        self.logins, self.mails = [], []
        self.connected, self.greeted = threading.Event(), threading.Event()
        self.login_came, self.mail_came = threading.Event(), threading.Event()
        self.greet, self.answer, self.take = (threading.Event() for _ in range(3))
        self.go_on()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.go_on()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(LONG)

    def go_on(self):
        for event in (self.greet, self.answer, self.take):
            event.set()

    def accept(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError, ValueError):
                line.settimeout(LONG)
                stream = line.makefile("rwb")
                if self.proxied:
                    self.be_proxy(stream)
                self.serve(stream)

    def be_proxy(self, line):
        """RFC 1928 with a login of RFC 1929; then the server speaks for itself."""
        def text():
            return line.read(line.read(1)[0])

        def say(answer):
            line.write(answer)
            line.flush()

        line.read(1)
        text()
        say(b"\5\2")
        line.read(1)
        self.logins.append((text(), text()))
        say(b"\1\0")
        line.read(4 + 4 + 2)    # the request: an IPv4 address
        say(b"\5\0\0\1\0\0\0\0\0\0")

    def serve(self, line):
        def say(*replies):
            line.write("".join(reply + "\r\n" for reply in replies).encode())
            line.flush()

        def hear():
            return line.readline().rstrip(b"\r\n")

        self.connected.set()
        self.greet.wait(LONG)
        say("220 ready")
        while command := hear():
            verb = command.split()[0].upper()
            if verb == b"EHLO":
                self.greeted.set()
                say("250-loopback", "250 AUTH PLAIN LOGIN")
            elif verb == b"AUTH":
                self.login(command, say, hear)
            elif verb == b"MAIL":
                self.mail_came.set()
                self.take.wait(LONG)
                say("250 ok")
            elif verb == b"DATA":
                say("354 go on")
                lines = []
                while (text := line.readline()) not in (b".\r\n", b""):
                    lines.append(text)
                self.mails.append(b"".join(lines))
                say("250 taken")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def login(self, command, say, hear):
        words = command.split()
        if words[1].upper() == b"PLAIN":
            if len(words) == 2:
                say("334 ")
                words.append(hear())
            _, user, password = base64.b64decode(words[2]).split(b"\0")
        else:
            if len(words) == 2:
                say("334 VXNlcm5hbWU6")
                words.append(hear())
            user = base64.b64decode(words[2])
            say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(hear())
        self.logins.append((user, password))
        self.login_came.set()
        self.answer.wait(LONG)
        say(self.no or "235 welcome")


# ---- running the program ----------------------------

class Place:
    """A scratch folder with a home."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.config = self.folder / "account"
        self.program = PROGRAM
        self.environment = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS",
                            "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH")
                            if name in os.environ}
        self.environment.update(HOME=str(self.home), LC_ALL="C", TMPDIR=str(self.folder),
                                XDG_RUNTIME_DIR=str(self.folder))

    def as_msmtp(self):
        """From now on the program is called so."""
        self.program = str(self.folder / "msmtp")
        os.symlink(os.path.realpath(PROGRAM), self.program)

    def account(self, port, lines, auth="plain", mode=0o600):
        text = (f"host 127.0.0.1\nport {port}\ntls off\nauth {auth}\ncleartext_auth loopback\n"
                f"from {USER}\nuser {USER}\nqueue off\n").encode()
        self.config.unlink(missing_ok=True)
        self.config.write_bytes(text + (lines if isinstance(lines, bytes) else lines.encode()))
        self.config.chmod(mode)

    def netrc(self, text, mode=0o600):
        path = self.home / ".netrc"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            path.chmod(mode)
        return path

    def fifo(self, name):
        path = self.folder / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        return path

    def command(self, *options):
        return [self.program, "-C", str(self.config), *options, "you@example.net"]

    def start(self, *options, **more):
        """Without a terminal: a session of its own has none."""
        environment = {**self.environment, **more.pop("environment", {})}
        process = subprocess.Popen(self.command(*options), env=environment, cwd=self.folder,
                                   start_new_session=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(MESSAGE)
        process.stdin = None
        return process

    def send(self, *options, **more):
        return finish(self.start(*options, **more))


class Finished:
    def __init__(self, process, output, errors):
        self.status = process.returncode
        self.output = output
        self.errors = errors
        self.text = errors.decode(errors="replace")


def finish(process):
    try:
        output, errors = process.communicate(timeout=LONG)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
    return Finished(process, output, errors)


def sends(place, server, name, password):
    """The program succeeds, silently, and the server has seen the password."""
    server.logins.clear()
    server.mails.clear()
    done = place.send()
    wanted = password if isinstance(password, bytes) else password.encode()
    same(name, (done.status, done.text, server.logins, len(server.mails)),
         (0, "", [(USER.encode(), wanted)], 1))


def refuses(place, server, name, status, *words, **more):
    """The program fails with that status and says all of the words; no mail is taken."""
    server.logins.clear()
    server.mails.clear()
    done = place.send(**more)
    same(name + ": exit status", done.status, status)
    for word in words:
        check(f"{name}: says {word!r}", word in done.text, repr(done.text), repr(word))
    same(name + ": no login, no mail", (server.logins, server.mails), ([], []))
    return done


def read_fifo(path):
    """One line, as soon as somebody writes it; None after a long time."""
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    text = b""
    try:
        while not text.endswith(b"\n"):
            if not select.select([reader], [], [], LONG)[0]:
                return None
            piece = os.read(reader, 100)
            if not piece:
                # No writer, yet or any more.
                if text:
                    return text
                threading.Event().wait(0.01)
            text += piece
    finally:
        os.close(reader)
    return text
